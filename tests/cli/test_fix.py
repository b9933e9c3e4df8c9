"""`scclint fix`, and --fix and --fixes of `scclint check`."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scclint.cli import fix as fix_command
from scclint.errors import LoadError
from scclint.files import SourceFile
from scclint.finding import Finding
from scclint.remedy import fixes
from scclint.remedy.apply import write_file
from tests.deploy.tools import needs_helm, needs_kustomize
from tests.running import facts_of, write_below, write_files

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      # Two of them.
      containers:
        - name: web
          image: registry.example/web:1
          securityContext:
            runAsUser: 1001  # the image's
            allowPrivilegeEscalation: no
        - name: log
          image: registry.example/log:1
          securityContext:
            runAsUser: 1001
            runAsNonRoot: true
"""
SAFE = WEB.replace(": no\n", ": false\n")
UNSAFE = SAFE.replace("            runAsUser: 1001  # the image's\n", "").replace("            runAsUser: 1001\n", "")


def test_a_diff_cannot_control_a_terminal_and_can_be_applied_elsewhere(
    cli: Cli, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "web.yaml").write_text(
        WEB.replace("the image's", "\u202e\u2066").replace("\n", "\r\n"), encoding="utf-8", newline=""
    )
    applied_elsewhere = cli("fix", "--diff", "web.yaml").out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    shown = cli("fix", "--diff", "web.yaml").out
    assert "\u202e\u2066" in applied_elsewhere
    assert "\\u202e\\u2066" in shown
    assert all(character.isprintable() for line in shown.split("\n") for character in line)


def test_safe_fixes_are_applied_and_the_rest_is_told(here: Path, cli: Cli) -> None:
    (here / "web.yaml").write_text(WEB)
    run = cli("fix")
    assert (here / "web.yaml").read_text() == SAFE
    assert run.status == 1
    assert run.out == ""
    assert "web.yaml:14:13: SCC101 is left: the fix changes a pod, and --unsafe applies it: Remove runAsUser: 1001." in run.err
    assert run.err.endswith("scclint: fixed 1 finding in 1 file; 1 left; --unsafe fixes 1 of them\n")


def test_unsafe_fixes_are_applied_if_asked_for(here: Path, cli: Cli) -> None:
    (here / "web.yaml").write_text(WEB)
    assert cli("fix", "--unsafe") == (0, "", "scclint: fixed 2 findings in 1 file; 0 left\n"), "as many as check reports"
    assert (here / "web.yaml").read_text() == UNSAFE
    again = cli("fix", "--unsafe")
    assert again == (0, "", "scclint: fixed 0 findings in 0 files; 0 left\n")
    assert (here / "web.yaml").read_text() == UNSAFE
    assert cli("check").status == 0


def test_a_diff_is_one_that_git_applies(here: Path, cli: Cli) -> None:
    (here / "web.yaml").write_text(WEB)
    run = cli("fix", "--unsafe", "--diff")
    assert (here / "web.yaml").read_text() == WEB
    subprocess.run(["git", "apply", "-"], input=run.out, text=True, cwd=here, check=True)
    assert (here / "web.yaml").read_text() == UNSAFE


def test_check_tells_what_would_change(here: Path, cli: Cli) -> None:
    (here / "web.yaml").write_text(WEB)
    run = cli("fix", "--unsafe", "--check")
    assert run.status == 1
    assert "scclint: would change web.yaml" in run.err
    assert (here / "web.yaml").read_text() == WEB
    (here / "web.yaml").write_text(UNSAFE)
    assert cli("fix", "--unsafe", "--check").status == 0


def test_only_selected_rules_are_fixed(here: Path, cli: Cli) -> None:
    (here / "web.yaml").write_text(WEB)
    assert cli("fix", "--select", "MAN007").status == 0
    assert (here / "web.yaml").read_text() == SAFE


def test_suppressed_findings_are_not_fixed(here: Path, cli: Cli) -> None:
    text = WEB.replace(": no\n", ": no  # scclint: ignore[MAN007] the tool reads it so\n")
    (here / "web.yaml").write_text(text)
    cli("fix")
    assert (here / "web.yaml").read_text() == text


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_encoding_line_ends_and_mode_are_kept(mark: bytes, here: Path, cli: Cli) -> None:
    file = here / "web.yaml"
    file.write_bytes(mark + WEB.replace("\n", "\r\n").encode())
    file.chmod(0o640)
    cli("fix", "--unsafe")
    assert file.read_bytes() == mark + UNSAFE.replace("\n", "\r\n").encode()
    assert file.stat().st_mode & 0o777 == 0o640
    assert os.listdir(here) == ["web.yaml"]


def test_utf_16_is_kept(here: Path, cli: Cli) -> None:
    (here / "web.yaml").write_bytes(b"\xff\xfe" + WEB.encode("utf-16-le"))
    cli("fix", "--unsafe")
    assert (here / "web.yaml").read_bytes() == b"\xff\xfe" + UNSAFE.encode("utf-16-le")


def test_generated_files_are_left(here: Path, cli: Cli) -> None:
    text = f"# This file was generated. DO NOT EDIT.\n{WEB}"
    (here / "web.yaml").write_text(text)
    run = cli("fix", "--unsafe")
    assert (here / "web.yaml").read_text() == text
    assert "web.yaml is generated: change what it is generated from, or use --force-generated" in run.err
    cli("fix", "--unsafe", "--force-generated")
    assert (here / "web.yaml").read_text() == f"# This file was generated. DO NOT EDIT.\n{UNSAFE}"


def test_links_within_the_folder_are_followed_and_kept(here: Path, cli: Cli) -> None:
    (here / "real").mkdir()
    (here / "real" / "web.txt").write_text(WEB)
    (here / "web.yaml").symlink_to("real/web.txt")
    cli("fix", "--unsafe", ".")
    assert (here / "web.yaml").is_symlink()
    assert (here / "real" / "web.txt").read_text() == UNSAFE


def test_links_that_lead_out_are_refused(here: Path, cli: Cli) -> None:
    (here / "out.yaml").write_text(WEB)
    (here / "in").mkdir()
    (here / "in" / "web.yaml").symlink_to("../out.yaml")
    run = cli("fix", "--unsafe", "in/web.yaml")
    assert (here / "out.yaml").read_text() == WEB
    assert "is left: it is a link that leads out of the folder" in run.err


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write to every file")
def test_files_that_cannot_be_written_are_left(here: Path, cli: Cli) -> None:
    (here / "web.yaml").write_text(WEB)
    (here / "web.yaml").chmod(0o400)
    assert "is left: it cannot be written to" in cli("fix", "--unsafe").err


def test_a_file_that_changed_meanwhile_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    file.write_text("b: 1\n")
    with pytest.raises(LoadError, match="changed while it was fixed"):
        write_file(SourceFile(str(file), "web.yaml"), "a: 1\n", "a: 2\n")
    assert file.read_text() == "b: 1\n"
    assert os.listdir(tmp_path) == ["web.yaml"]


def test_sccs_are_never_changed(here: Path, cli: Cli) -> None:
    scc = "apiVersion: security.openshift.io/v1\nkind: SecurityContextConstraints\nmetadata: {name: own}\n"
    (here / "scc.yaml").write_text(scc)
    run = cli("fix", "--unsafe")
    assert (here / "scc.yaml").read_text() == scc
    assert "SCC301 is left: it needs a decision of yours; `scclint check --fixes always` shows a proved change: Add" in run.err


def test_standard_input_is_no_file(cli: Cli) -> None:
    run = cli("fix", "-")
    assert run.status == 2
    assert "standard input" in run.err


def test_several_documents_of_one_file(here: Path, cli: Cli) -> None:
    """Fixes in several places go together, and fixes of the same lines one after the other."""
    text = "---\n".join(WEB.replace("name: web,", f"name: web-{number},") for number in range(5))
    (here / "web.yaml").write_text(text)
    assert cli("fix", "--unsafe").status == 0
    assert (here / "web.yaml").read_text() == "---\n".join(
        UNSAFE.replace("name: web,", f"name: web-{number},") for number in range(5)
    )


def test_one_fix_that_does_not_go_with_the_others_is_left_out(here: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"web{number}" for number in range(5)]
    for name in names:
        (here / f"{name}.yaml").write_text(SAFE.replace("name: web,", f"name: {name},"))
    worse = fix_command._worse
    monkeypatch.setattr(
        fix_command,
        "_worse",
        lambda old, new: worse(old, new) or "web3.yaml" not in {f.span.file for f in new[0].live if f.kind != "advice"},
    )
    run = cli("fix", "--unsafe")
    changed = [name for name in names if (here / f"{name}.yaml").read_text() == UNSAFE.replace("name: web,", f"name: {name},")]
    assert changed == ["web0", "web1", "web2", "web4"]
    assert run.err.endswith("scclint: fixed 4 findings in 4 files; 1 left\n")


def test_a_unit_with_a_privileged_container_gets_all_the_fixes_that_are_promised(here: Path, cli: Cli) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {{name: {0}, namespace: default}}\nspec:\n  containers: [{{name: c, image: i:1}}]\n"
    for name in "abc":
        (here / f"{name}.yaml").write_text(pod.format(name))
    privileged = "  initContainers: [{name: setup, image: i:1, securityContext: {privileged: true}}]\n"
    (here / "a.yaml").write_text(pod.format("a") + privileged)
    assert cli("fix").err.endswith("8 left; --unsafe fixes 3 of them\n")
    run = cli("fix", "--unsafe")
    assert run.err.endswith("scclint: fixed 3 findings in 3 files; 5 left\n")
    left = {line.partition(" is left")[0].rpartition(" ")[2] for line in run.err.splitlines() if " is left" in line}
    assert left == {"SCC102", "SCC109", "SEC203"}


def test_one_cause_gets_one_fix(here: Path, cli: Cli) -> None:
    """The profile makes the SCC independent of the creator as well, so that no annotation is needed."""
    pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  containers:\n  - name: web\n    image: a\n"
    (here / "pod.yaml").write_text(pod)
    assert "SCC104" in cli("check", "--select", "SCC104").out
    assert cli("fix", "--unsafe").status == 0
    assert (here / "pod.yaml").read_text() == pod + "  securityContext:\n    seccompProfile:\n      type: RuntimeDefault\n"


def test_check_can_fix_first(here: Path, cli: Cli) -> None:
    (here / "web.yaml").write_text(WEB)
    run = cli("check", "--fix", "--format", "json")
    assert (here / "web.yaml").read_text() == SAFE
    assert {finding["rule"] for finding in facts_of(json.loads(run.out))} == {"SCC101"}


def test_check_shows_fixes_where_a_format_carries_them(here: Path, cli: Cli) -> None:
    (here / "web.yaml").write_text(WEB)
    assert "unsafe fix" not in cli("check", "--fixes", "never").out
    assert "unsafe fix: Remove runAsUser: 1001." in cli("check").out
    assert '"fixes":' in cli("check", "--format", "sarif").out
    assert '"fixes":' not in cli("check", "--format", "sarif", "--fixes", "never").out


@pytest.mark.parametrize("name", ["a\n::error::b.yaml", "\x1b[31m.yaml", '"\\.yaml', "ä b.yaml", "\u202e.yaml"])
def test_a_file_name_cannot_write_lines_of_a_diff(name: str, here: Path, cli: Cli) -> None:
    (here / name).write_text(WEB)
    run = cli("fix", "--diff")
    assert all(char == "\n" or char.isprintable() for char in run.out)
    assert "\n::error" not in run.out
    subprocess.run(["git", "apply", "-"], input=run.out, text=True, cwd=here, check=True)
    assert (here / name).read_text() == SAFE


def test_many_findings_get_fixes_on_request_only(here: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scclint.remedy.proofs.MAX_FIXED_FINDINGS", 0)
    (here / "web.yaml").write_text(WEB)
    run = cli("check", "--format", "sarif")
    assert '"fixes"' not in run.out
    assert "more than 0 findings: use --fixes always" in run.err
    assert '"fixes"' in cli("check", "--format", "sarif", "--fixes", "always").out


@needs_kustomize
def test_a_report_on_a_terminal_renders_few_units_for_fixes(here: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("scclint.remedy.proofs.MAX_FIXES_RENDERED", 1)
    (here / "pod.yaml").write_text(SAFE.replace("{name: web,", "{name: plain,"))
    kustomization = "resources: [../base]\n"
    write_files({"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": SAFE})
    write_files({"one/kustomization.yaml": kustomization, "two/kustomization.yaml": kustomization})
    run = cli("check", "--color", "never")
    assert run.out.count("unsafe fix: Remove runAsUser: 1001") == 1
    assert run.out.count("help: Remove runAsUser: 1001") == 1
    assert "no fix was looked for of 1 finding, whose proof renders many units: use --fixes always" in run.err
    assert "no fix was looked for" not in cli("check", "--fixes", "always").err
    assert "no fix was looked for" not in cli("check", "--format", "json", "--output", "out.json", "--format", "full").err


@needs_kustomize
def test_a_second_pass_proves_only_fixes_of_units_that_changed(here: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(here.parent / "cache"))
    proved: list[str] = []
    prove_all = fixes.prove_all

    def recorded(findings: Sequence[Finding], *rest: Any, **options: Any) -> object:
        proved.extend(finding.span.file for finding in findings)
        return prove_all(findings, *rest, **options)

    monkeypatch.setattr("scclint.remedy.proofs.prove_all", recorded)
    write_files({"web.yaml": WEB, "two/kustomization.yaml": "resources: [web.yaml]\n", "two/web.yaml": SAFE})
    shown = cli("fix", "--diff")
    assert "allowPrivilegeEscalation: false" in shown.out
    assert (proved.count("web.yaml") > 1, proved.count("two/web.yaml")) == (True, 1)
    proved.clear()
    assert cli("fix", "--diff") == shown
    assert "two/web.yaml" not in proved
    cli("fix", "--diff", "--no-cache")
    assert proved.count("two/web.yaml") > 1


def test_a_grant_that_is_not_needed_afterwards_is_left(here: Path, cli: Cli) -> None:
    binding = (
        "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: web, namespace: shop}\n"
        'roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:nonroot-v2"}\n'
        "subjects: [{kind: ServiceAccount, name: ACCOUNT}]\n"
    )
    account = "web" if "serviceAccountName: web" in WEB else "default"
    (here / "web.yaml").write_text(WEB + binding.replace("ACCOUNT", account))
    run = cli("fix", "--unsafe", "--select", "SCC107,RBA403")
    assert "runAsUser" not in (here / "web.yaml").read_text()
    assert "RBA403 is left" in run.err
    assert "fixed 1 finding in 1 file; 1 left" in run.err


@needs_helm
def test_workloads_that_share_a_value_are_all_fixed(here: Path, cli: Cli) -> None:
    """The first fix leaves the other workload with an ID alone, which another rule reports."""
    template = """apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME, namespace: shop}
spec:
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec:
      securityContext: {{- toYaml .Values.NAME | nindent 8 }}
      containers:
        - name: main
          image: registry.example/web:1
          securityContext: {{- toYaml .Values.securityContext | nindent 12 }}
"""
    context = '{runAsNonRoot: true, runAsUser: 1001, seLinuxOptions: {level: "s0:c1,c2"}}'
    values = f"securityContext: {context}\nweb: {{runAsUser: 1001, runAsNonRoot: true}}\nmail: {{runAsUser: 1001, runAsNonRoot: true}}\n"
    files = {f"shop/templates/{name}.yaml": template.replace("NAME", name) for name in ("web", "mail")}
    write_below(here, {"shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n", "shop/values.yaml": values, **files})
    run = cli("fix", "--unsafe")
    assert (here / "shop/values.yaml").read_text(encoding="utf-8") == (
        "securityContext: {runAsNonRoot: true}\nweb: {runAsNonRoot: true}\nmail: {runAsNonRoot: true}\n"
    ), run.err
