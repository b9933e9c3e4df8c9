"""docs/errors.md: the messages are real, and the rules it names report the pods that get them."""

import gzip
import importlib.util
import json
import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import scclint
from scclint.message.incidents import kinds
from tests.browser import dom, needs_chromium

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "errors.md"
TEXT = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
RULE_LINK = re.compile(r"\[([A-Z]+\d+)\]\(rules/([a-z0-9-]+)\.md\)")


def test_the_page_shows_the_table_of_scclint_explain() -> None:
    """With SCCLINT_WRITE_GOLDEN=1, write the page again."""
    spec = importlib.util.spec_from_file_location("docs_errors_page", ROOT / "docs" / "_site" / "errors_page.py")
    assert spec is not None and spec.loader is not None
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    written = TEXT.partition(page.FIRST)[0] + page.entries_of_the_page()
    if os.environ.get("SCCLINT_WRITE_GOLDEN"):
        PAGE.write_text(written, encoding="utf-8")
    assert written == PAGE.read_text(encoding="utf-8")


def test_the_attributes_of_headings_hold_the_messages() -> None:
    """A backquote or quotation mark in a message would end the attribute of its heading."""
    assert not [message for kind in kinds() for message in kind.messages if {"`", '"'} & {*message}]


def sections(title: str) -> dict[str, str]:
    """The text below each third-level heading of a second-level section."""
    section = TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    _, *parts = re.split(r"^### (.+?)(?: \{ .*\})?\n", section, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def looked_up(error: str) -> bool:
    """Whether the box of the page (docs/errors.js) finds an entry for the message."""
    return any(message.lower() in error.lower() for message in MESSAGES)


SCC_ERRORS = sections("SCC errors")
HEADING = re.compile(r'^### (.+?)(?: \{ data-(?:message|common)="(.*)" \})?$', re.MULTILINE)
MESSAGES = [
    message for title, listed in HEADING.findall(TEXT) for message in ([title] if listed in ("", "true") else listed.split("|"))
]
"""What the headings of the page find in a pasted message."""
REASON = re.compile(r", (?=provider |\.|spec\.|pod\.|no access)")


def quoted(section: str) -> list[str]:
    """The messages that a section quotes, one per line."""
    return [line for block in re.findall(r"```text\n(.*?)```", section, re.DOTALL) for line in block.splitlines()]


def workload(
    spec: Mapping[str, Any] | None = None,
    container: Mapping[str, Any] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """A Deployment whose pod has these fields."""
    app = {"name": "web", "image": "registry.example/web:1", **(container or {})}
    template = {
        "metadata": {"labels": {"app": "web"}, "annotations": annotations or {}},
        "spec": {"containers": [app], **(spec or {})},
    }
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template},
        }
    ]


def security_context(**fields: Any) -> dict[str, Any]:
    return {"securityContext": fields}


def open_scc(name: str, **fields: Any) -> list[dict[str, Any]]:
    """An SCC that every user may use, with these fields."""
    return [
        {
            "apiVersion": "security.openshift.io/v1",
            "kind": "SecurityContextConstraints",
            "metadata": {"name": name},
            "groups": ["system:authenticated"],
            "runAsUser": {"type": "RunAsAny"},
            "seLinuxContext": {"type": "RunAsAny"},
            **fields,
        }
    ]


NAMESPACE = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {
        "name": "shop",
        "annotations": {"openshift.io/sa.scc.uid-range": "none", "openshift.io/sa.scc.mcs": "s0:c26,c15"},
    },
}
ROOT_USER = {"runAsUser": 0}
CASES: dict[str, list[dict[str, Any]]] = {
    "not usable by user or serviceaccount": workload(container=security_context(**ROOT_USER)),
    "must be in the ranges": workload(container=security_context(runAsUser=1001)),
    "is not an allowed group": workload(spec=security_context(fsGroup=65534)),
    "running with the root UID is forbidden": workload(container=security_context(**ROOT_USER))
    + open_scc("unprivileged", runAsUser={"type": "MustRunAsNonRoot"}),
    "seLinuxOptions": workload(spec=security_context(seLinuxOptions={"level": "s0:c1,c2"})),
    "Privileged containers are not allowed": workload(container=security_context(privileged=True)),
    "Allowing privilege escalation for containers is not allowed": workload(
        container=security_context(allowPrivilegeEscalation=True)
    ),
    "capability may not be added": workload(container=security_context(capabilities={"add": ["MKNOD"]})),
    "Host network is not allowed to be used": workload(spec={"hostNetwork": True}),
    "Host ports are not allowed to be used": workload(container={"ports": [{"containerPort": 80, "hostPort": 80}]}),
    "Host Users must be set to false": workload(container=security_context(**ROOT_USER)),
    "volumes are not allowed to be used": workload(spec={"volumes": [{"name": "host", "hostPath": {"path": "/"}}]}),
    "ReadOnlyRootFilesystem must be set to true": workload(
        container=security_context(readOnlyRootFilesystem=False, **ROOT_USER)
    )
    + open_scc("read-only", readOnlyRootFilesystem=True),
    "unsafe sysctl": workload(spec=security_context(sysctls=[{"name": "kernel.sem", "value": "1"}])),
    "seccomp may not be set": workload(container=security_context(seccompProfile={"type": "RuntimeDefault"}, **ROOT_USER))
    + open_scc("no-profiles"),
    "is not an allowed seccomp profile": workload(spec=security_context(seccompProfile={"type": "Unconfined"})),
    "failed to retrieve the required SCC": workload(annotations={"openshift.io/required-scc": "missing"}),
    "no access to scc/restricted": workload(container=security_context(allowPrivilegeEscalation=True)),
    "unable to find pre-allocated": [*workload(), NAMESPACE],
    "error creating provider for SCC": workload() + open_scc("odd", runAsUser={"type": "MustRunAs"}),
}
"""For each section on SCC errors, an input whose pod gets the message."""


@cache
def recorded() -> str:
    """The denials of all recordings, one per line."""
    denials = []
    for path in sorted((ROOT / "fixtures" / "conformance").glob("scc-admission*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            denials += [json.loads(line)["expect"].get("error", "") for line in lines]
    return "\n".join(denials)


def denials(documents: list[dict[str, Any]]) -> str:
    """What the simulated cluster answers to the pod of the first document."""
    deployment, *objects = documents
    template = deployment["spec"]["template"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", **template["metadata"]}, "spec": template["spec"]}
    cluster = scclint.Cluster.openshift("4.20", objects=objects)
    return cluster.admit(pod, namespace="shop").message or ""


def test_every_section_has_a_case() -> None:
    assert list(SCC_ERRORS) == list(CASES)


@pytest.mark.parametrize("heading", SCC_ERRORS)
def test_messages_are_real(heading: str) -> None:
    messages = quoted(SCC_ERRORS[heading])
    assert messages, heading
    for message in messages:
        assert message in recorded() or message in denials(CASES[heading]), message


@pytest.mark.parametrize("heading", SCC_ERRORS)
def test_the_rules_report_the_pod(heading: str) -> None:
    documents = CASES[heading]
    assert heading in denials(documents)
    report = scclint.lint_text("\n---\n".join(map(json.dumps, documents)))
    named = {id for id, _ in RULE_LINK.findall(SCC_ERRORS[heading])}
    assert named & {finding.rule_id for finding in report.live}, heading


def test_every_recorded_denial_has_an_entry() -> None:
    """Also each reason of a denial: it names one SCC, and the reader may want another one."""
    for denial in filter(None, recorded().split("\n")):
        assert looked_up(denial), denial
        _, brackets, reasons = denial.partition("security context constraint: [")
        for reason in REASON.split(reasons) if brackets else ():
            assert looked_up(reason), reason


BOX = """\
<!DOCTYPE html><article>
<div class="find" hidden><textarea id="message"></textarea><div id="entries"></div></div>
<h2 id="read" data-message="no SCC" data-common="true">Read</h2><h3 id="usable" data-common="true">not usable</h3>
<h3 id="ranges" data-message="in the ranges|must be: ">in the ranges<a>#</a></h3><h3 id="group">is not an allowed group</h3>
<table><tbody><tr><td><code>unable to load "/x.json"</code></td><td><code>unable</code></td></tr></tbody></table>
</article><script>%s</script><script>
document.addEventListener("DOMContentLoaded", () => {
  const box = document.getElementById("message")
  const links = (text) => {
    box.value = text
    box.dispatchEvent(new Event("input"))
    return [...document.querySelectorAll("#entries a")].map((link) => link.hash).join() || document.getElementById("entries").textContent
  }
  document.title = [links("No SCC: not usable, must  be: 1"), links('Unable to load "/y"'), links("else"), box.parentNode.hidden].join(" ")
})
</script>"""


@needs_chromium
def test_the_box_lists_the_entries_of_a_message(tmp_path: Path) -> None:
    html = dom(BOX % (ROOT / "docs" / "errors.js").read_text(encoding="utf-8"), tmp_path)
    assert re.findall("<title>(.*)</title>", html) == ["#ranges #message-0 No entry has this message. false"]


FACTS = """\
<!DOCTYPE html><article>
<div class="find" hidden><textarea id="message"></textarea><div id="entries"></div></div>
<h3 id="ranges">must be in the ranges</h3><p>Fix: remove it.</p>
<h3 id="mkdir" data-message="permission denied" data-pattern="%s">mkdir</h3>
<p>Fix, one of these:</p><ul><li>Mount DIR, not DIRECTORY.</li><li>Write PATH.</li></ul>
</article><script>%s</script><script>
document.addEventListener("DOMContentLoaded", () => {
  const box = document.getElementById("message")
  const shown = (text) => {
    box.value = text
    box.dispatchEvent(new Event("input"))
    return document.getElementById("entries").innerText.replace(/\\s+/g, " ").trim()
  }
  const denial = "x constraint: [provider a: .runAsUser: 7: must be in the ranges: [1, 2]] and more"
  document.title = [shown(denial), shown("mkdir /a/b: Permission denied")].join(" | ")
})
</script>"""


@needs_chromium
def test_the_box_shows_the_facts_of_a_message_and_what_to_do(tmp_path: Path) -> None:
    html = dom(FACTS % (quote("mkdir (?<path>[^:]+)"), (ROOT / "docs" / "errors.js").read_text(encoding="utf-8")), tmp_path)
    assert re.findall("<title>(.*)</title>", html) == [
        "must be in the ranges provider a: .runAsUser: 7: must be in the ranges: [1, 2] Fix: remove it. | "
        "mkdir: path /a/b Mount /a, not DIRECTORY. Write /a/b."
    ]
