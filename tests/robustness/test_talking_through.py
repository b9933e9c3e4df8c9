"""Whoever writes a manifest, a file name or a configuration does not get to steer a terminal, a CI runner or a report."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from scclint.about import SITE
from scclint.report import FORMATS

from .conftest import Run, check_in

HOSTILE = "\x1b[31mred\x1b]8;;http://evil.example\x07\x9b2J\u202e\u2028\n::error::pwned\n##[error]pwned [here](http://evil.example)<b>&|`"
NAME = json.dumps(HOSTILE)
FILE = "a\x1b[31m\n::error::pwned##[error][b](c)\u202e.yaml"

MANIFESTS = f"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {NAME}
  namespace: {NAME}
  annotations: {{{NAME}: {NAME}}}
spec:
  selector: {{matchLabels: {{a: b}}}}
  template:
    metadata:
      annotations: {{seccomp.security.alpha.kubernetes.io/pod: {json.dumps("localhost/" + HOSTILE)}}}
    spec:
      serviceAccountName: {NAME}
      {NAME}: 1
      containers:
      - name: {NAME}
        image: x
        securityContext:
          runAsUser: 0
          privileged: true
          seccompProfile: {{type: Localhost, localhostProfile: {NAME}}}
          capabilities: {{add: [{NAME}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: {NAME}, annotations: {{openshift.io/required-scc: {NAME}}}}}
spec: {{containers: [{{name: {NAME}, image: x, securityContext: {{seccompProfile: {{type: {NAME}}}}}}}]}}
---
apiVersion: batch/v1
kind: Job
metadata: {{name: {NAME}}}
spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: {NAME}, image: {NAME}}}]}}}}}}
---
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {{name: {NAME}}}
priority: 50
users: ["*", {NAME}]
groups: ["system:authenticated", {NAME}]
allowPrivilegedContainer: true
allowedCapabilities: ["*"]
runAsUser: {{type: RunAsAny}}
seLinuxContext: {{type: RunAsAny}}
fsGroup: {{type: RunAsAny}}
supplementalGroups: {{type: RunAsAny}}
seccompProfiles: ["*", {NAME}]
volumes: ["*", {NAME}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: {NAME}, namespace: {NAME}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:privileged"}}
subjects: [{{kind: ServiceAccount, name: {NAME}, namespace: {NAME}}}, {{kind: Group, apiGroup: rbac.authorization.k8s.io, name: {NAME}}}]
---
apiVersion: template.openshift.io/v1
kind: Template
objects: [{{apiVersion: v1, kind: Pod, metadata: {{name: "${{X}}"}}, spec: {{containers: [{{name: "${{X}}", image: x}}]}}}}]
parameters: [{{name: X, value: {NAME}}}]
"""
REFUSED = f"""\
apiVersion: v1
kind: Pod
metadata: {{name: {NAME}, namespace: {NAME}}}
spec: {{serviceAccountName: {NAME}, containers: [{{name: {NAME}, image: x}}]}}
---
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {{name: {NAME}}}
runAsUser: {{type: {NAME}}}
seLinuxContext: {{type: {NAME}}}
fsGroup: {{type: {NAME}}}
---
apiVersion: v1
kind: Namespace
metadata: {{name: {NAME}, annotations: {{openshift.io/sa.scc.uid-range: {NAME}, openshift.io/sa.scc.mcs: {NAME}}}}}
---
a: [*nowhere\x1b[31m
"""
BROKEN = "a: &x [*x, '\u2028::error::pwned"


@pytest.fixture
def tree(run: Run, tmp_path: Path) -> Path:
    (tmp_path / FILE).write_text(MANIFESTS, encoding="utf-8")
    (tmp_path / "refused.yaml").write_text(REFUSED, encoding="utf-8")
    (tmp_path / ("broken" + FILE)).write_text(BROKEN, encoding="utf-8")
    (tmp_path / ("link" + FILE)).symlink_to("nowhere")
    (tmp_path / ".scclint.yaml").write_text("select: [ALL]\n", encoding="utf-8")
    return tmp_path


def check_text(text: str, *, commands: bool = False) -> None:
    """Nothing that does not print; no command for a CI runner, unless the format is made of them."""
    strange = sorted({c for c in text if not c.isprintable() and c != "\n"})
    assert not strange, (strange, text)
    assert "##[" not in text
    if commands:
        assert not re.search(r"^\s*::error::", text, re.MULTILINE), text
    else:
        assert not re.search(r"^\s*::", text, re.MULTILINE), text


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def places_of(result: Any) -> list[str]:
    """What links of a message may lead to: the numbers of its related places."""
    return [str(location["id"]) for location in result.get("relatedLocations", ())]


MORE = ["--no-ignores", "--show-suppressed", "--openshift", "4.12,4.22"]


@pytest.mark.parametrize(("formats", "options"), [([*FORMATS], MORE), (["github"], MORE), (["full", "sarif"], [])])
def test_every_format_of_check(run: Run, tree: Path, formats: list[str], options: list[str]) -> None:
    ran, texts = check_in(run, formats, *options)
    assert ran.status == 2
    check_text(ran.err)
    for format, text in texts.items():
        check_format(format, text)


def check_format(format: str, text: str) -> None:
    assert "pwned" in text
    check_text(text, commands=format == "github")
    assert "wned" not in "".join(line for line in text.splitlines() if line.startswith("::error::"))
    if format in ("json", "sarif", "gitlab"):
        data = json.loads(text)
        if format == "sarif":
            # The manual pages of the rules are our own, and one of them shows what it is about.
            data["runs"][0]["tool"] = None
        for value in strings(data):
            assert all(c.isprintable() or c == "\n" for c in value), value
    if format == "sarif":
        (log,) = json.loads(text)["runs"]
        for result in log["results"]:
            links = re.findall(r"(?<!\\)\]\(([^)]*)\)", result["message"]["text"])
            assert links == [link for link in places_of(result) if link in links], result
    if format == "junit":
        root = ElementTree.fromstring(text)
        assert {element.tag for element in root.iter()} <= {"testsuites", "testsuite", "testcase", "failure", "error"}
    if format == "html":
        assert not re.search(r"<b>&|src=", text), text
        anchors = set(re.findall(r"<a\b[^>]*>", text))
        allowed = rf'<a (?:class="anchor" )?href="(#[\w-]+|{re.escape(SITE)}[\w/#.-]+)"[^>]*>'
        assert all(re.fullmatch(allowed, link) for link in anchors), anchors
    if format == "markdown":
        assert not re.search(rf"\]\((?!<{re.escape(SITE)}rules/[\w-]+/>\))|<b>|https?://evil", text), text


@pytest.mark.parametrize("command", ["review", "explain"])
@pytest.mark.parametrize("file", [FILE, "refused.yaml"])
def test_tables_and_prose(run: Run, tree: Path, command: str, file: str) -> None:
    ran = run(command, file)
    assert "pwned" in ran.out
    check_text(ran.out)
    check_text(ran.err)
    in_colour = run(command, file, "--color", "always").out
    check_text(re.sub("\x1b\\[[0-9;]*m", "", in_colour))
    assert in_colour.count("\x1b[31mred") == 0
    data = run(command, file, "--format", "json").out
    for text in strings(json.loads(data)):
        assert all(c.isprintable() or c == "\n" for c in text), text


@pytest.mark.parametrize(
    "argv",
    [
        ["check", "--show-files", "."],
        ["check", "nowhere" + HOSTILE],
        ["accept", "--reason", HOSTILE, "."],
        ["check", "-q", "--output", "no/folder" + HOSTILE, "."],
        ["check", "--config", FILE],
        ["check", "--config", "nowhere" + HOSTILE],
        ["check", "--select", HOSTILE, "."],
        ["check", "--openshift", HOSTILE, "."],
        ["check", "--template", "nowhere" + FILE, "."],
        ["check", "--diff-base", HOSTILE, "."],
        ["check", "--" + HOSTILE],
        ["check", "--param", HOSTILE, "."],
        ["check", "--format", HOSTILE],
        ["explain", "deployment/" + HOSTILE],
        ["explain", "pod/none", "."],
        ["explain", FILE + ":1"],
        ["explain", "refused.yaml:9999"],
        ["rule", HOSTILE],
        ["config", FILE],
        [HOSTILE],
    ],
    ids=lambda argv: " ".join(argv).encode("unicode_escape").decode()[:30],
)
def test_names_in_errors_and_lists(run: Run, tree: Path, argv: list[str]) -> None:
    ran = run(*argv)
    check_text(ran.out)
    check_text(ran.err)
    assert "Traceback" not in ran.err
    assert "internal error" not in ran.err


CONFIGURATIONS = {
    "unknown key": {HOSTILE: 1},
    "selector": {"select": [HOSTILE]},
    "enumeration": {"fail-on": HOSTILE},
    "path": {"per-path": [{"path": HOSTILE, "ignore": [HOSTILE]}]},
    "namespace": {"cluster": {"namespaces": {HOSTILE: {"uid-range": HOSTILE}}}},
    "output": {"format": ["json"], "output": ["../" + HOSTILE]},
    "template": {"template": HOSTILE},
    "acceptances": {"acceptances": HOSTILE},
    "state": {"cluster": {"state": [HOSTILE]}},
    "ignore": {"ignores": [{"rule": "SEC201", "reason": HOSTILE, "until": "2000-01-01"}, {"rule": "SCC1", "name": HOSTILE}]},
    "module": {"rule-modules": [HOSTILE]},
    "grant": {"cluster": {"grants": [{"scc": HOSTILE, "group": HOSTILE}], "creator": {"user": HOSTILE}}},
    "category": {"sarif-category": HOSTILE, "exclude": [HOSTILE]},
}


@pytest.mark.parametrize("command", [["check", "."], ["config", "."], ["review", FILE], ["explain", FILE]], ids=lambda c: c[0])
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_configuration(run: Run, tree: Path, command: list[str], name: str) -> None:
    (tree / ".scclint.yaml").write_text(json.dumps(CONFIGURATIONS[name]), encoding="utf-8")
    ran = run(*command)
    check_text(ran.out)
    check_text(ran.err)
    assert "Traceback" not in ran.err
    assert "internal error" not in ran.err


@pytest.mark.parametrize(
    "template", ["{{ nothing\x1b[31m }}", "{% for %}\x1b[31m", "{{ findings.\u202e }}", "{% include '" + HOSTILE + "' %}"]
)
def test_template_errors(run: Run, tree: Path, template: str) -> None:
    name = "t" + FILE
    (tree / name).write_text(template, encoding="utf-8")
    ran = run("check", ".", "--template", name)
    assert ran.status == 2
    check_text(ran.err)
    assert "Traceback" not in ran.err


EVIDENCE = {
    "status": {
        "id": "0" * 64,
        "metadata": {"name": HOSTILE},
        "labels": {"io.kubernetes.pod.name": HOSTILE, "io.kubernetes.pod.namespace": HOSTILE},
    },
    "info": {
        "runtimeSpec": {
            "annotations": {"io.kubernetes.cri-o.SeccompProfilePath": HOSTILE},
            "linux": {"seccomp": {"defaultAction": HOSTILE}},
        }
    },
}


@pytest.mark.parametrize(
    "argv",
    [
        ["verify", "--manifests", ".", "--evidence", "evidence" + FILE],
        ["verify", "--manifests", FILE, "--evidence", "evidence" + FILE, "--format", "json"],
        ["verify", "--manifests", FILE, "--evidence", "evidence" + FILE, "--format", "sarif"],
        ["verify", "--manifests", FILE, "--evidence", FILE],
        ["verify", "--manifests", FILE, "--evidence", "nowhere" + FILE],
        ["seccomp", "diff", "profile" + FILE, "4.20"],
        ["seccomp", "diff", "profile" + FILE, "4.20", "--format", "json"],
        ["seccomp", "diff", FILE + "#" + HOSTILE, "4.20"],
        ["seccomp", "diff", HOSTILE, "4.20"],
        ["seccomp", "show", "--cap", HOSTILE],
        ["seccomp", "show", "--arch", HOSTILE],
    ],
    ids=lambda argv: " ".join(argv).encode("unicode_escape").decode()[:40],
)
def test_captures_and_profiles(run: Run, tree: Path, argv: list[str]) -> None:
    profile = {
        "defaultAction": "SCMP_ACT_ERRNO",
        "architectures": [HOSTILE],
        "syscalls": [{"names": [HOSTILE], "action": "SCMP_ACT_ALLOW"}],
    }
    (tree / ("evidence" + FILE)).write_text(json.dumps(EVIDENCE), encoding="utf-8")
    (tree / ("profile" + FILE)).write_text(json.dumps(profile), encoding="utf-8")
    ran = run(*argv)
    check_text(ran.out)
    check_text(ran.err)
    assert ran.out + ran.err
    assert "internal error" not in ran.err
    if ran.status != 2 and "json" in argv:
        for text in strings(json.loads(ran.out)):
            assert text.isprintable(), text


@pytest.mark.parametrize(
    "command", [["rules"], ["rules", "--format", "json"], ["rule", "ORG001"], ["check", "."]], ids=" ".join
)
def test_rules_of_the_configuration(run: Run, tree: Path, command: list[str]) -> None:
    rule = {"id": "ORG001", "message": HOSTILE, "help": HOSTILE, "expr": "true"}
    (tree / ".scclint.yaml").write_text(json.dumps({"rules": [rule]}), encoding="utf-8")
    ran = run(*command)
    check_text(ran.out)
    check_text(ran.err)
    assert "internal error" not in ran.err


def test_templates_of_the_checked_folder(run: Run, tree: Path) -> None:
    (tree / "t.j2").write_text("\x1b[2J\ta\n::warning::b\n ::add-mask::c\n##vso[d]\r\nf a::b {{ '\\x9b' }}", encoding="utf-8")
    (tree / ".scclint.yaml").write_text("template: t.j2", encoding="utf-8")
    ran = run("check", ".", "--fail-on", "never")
    assert ran.out == "\\x1b[2J\ta\n\\::warning::b\n \\::add-mask::c\n##\\vso[d]\nf a::b \\x9b\n"
    # A template that the user names may control their terminal.
    for argv in (["--config", ".scclint.yaml"], ["--template", "t.j2"]):
        assert run("check", ".", "--fail-on", "never", *argv).out.startswith("\x1b[2J\ta\n::warning::b\n")
