"""`scclint check`: which findings count, and the status."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scclint.console.status import status_of_check
from scclint.finding import Crash, Finding, Notice, Severity, Subject
from scclint.report import FORMATS
from scclint.run.report import Report
from scclint.source import Span
from tests.running import check_in, facts_of

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

SUMMARY = (
    "2 errors, 2 objects with access (3 pieces of advice: --select advice). "
    "OpenShift 4.22; 3 files, 5 documents: 5 linted (3 workloads).\n"
)

GOOD = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
"""


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  securityContext: {seccompProfile: {type: RuntimeDefault}, runAsNonRoot: true}
  containers: [{name: web, image: registry.example/web:1}]
"""


def pipe(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_findings_end_with_1(demo: Path, cli: Cli) -> None:
    run = cli("check", "--format", "concise", "demo")
    assert (run.status, run.err) == (1, "")
    assert run.out.splitlines()[0].startswith("demo/bare-pod.yaml:9:7: SEC201 Pod shell: container shell will run unconfined")
    assert run.out.endswith(SUMMARY)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("--fail-on", "error"), 1),
        (("--fail-on", "error", "--select", "SCC104"), 0),
        (("--fail-on", "error", "--select", "SCC102"), 0),
        (("--fail-on", "access", "--select", "RBA402"), 1),
        (("--select", "MAN002"), 0),
        (
            (
                "--fail-on",
                "never",
            ),
            0,
        ),
        (("--ignore", "ALL"), 0),
    ],
)
def test_status(demo: Path, cli: Cli, words: tuple[str, ...], status: int) -> None:
    assert cli("check", *words, "demo").status == status


def test_select_ignore_and_extend_select(demo: Path, cli: Cli) -> None:
    def rules(*words: str) -> set[str]:
        found = facts_of(json.loads(cli("check", "--format", "json", *words, "demo").out))
        return {finding["rule"] for finding in found}

    assert rules() == {"RBA402", "SCC101", "SCC102", "SEC201", "SEC206"}
    assert rules("--select", "SEC") == {"SEC201", "SEC206", "SEC210"}
    assert rules("--select", "unconfined-by-default,SCC101") == {"SEC201", "SCC101"}
    assert rules("--select", "SEC", "--ignore", "SEC206") == {"SEC201", "SEC210"}
    assert rules("--select", "SEC", "--extend-select", "SCC101") == {"SEC201", "SEC206", "SEC210", "SCC101"}


class TestShowFiles:
    def test_what_would_be_read(self, demo: Path, cli: Cli) -> None:
        Path("demo/notes.txt").write_text("")
        run = cli("check", "--show-files", "demo", "-")
        assert run == (0, "demo/bare-pod.yaml\ndemo/deployment.yaml\ndemo/needs-anyuid.yaml\n<stdin>\n", "")

    def test_exclusion_and_what_cannot_be_read(self, demo: Path, cli: Cli) -> None:
        run = cli("check", "--show-files", "--exclude", "bare*", "demo", "none")
        assert run == (2, "demo/deployment.yaml\ndemo/needs-anyuid.yaml\n", "none: error: no such file or directory\n")
        forced = cli("check", "--show-files", "--force-exclude", "--exclude", "demo/bare*", "demo/bare-pod.yaml")
        assert forced == (0, "", "")


class TestNothing:
    @pytest.mark.parametrize("data", [b"", b"\n# only a comment\n---\n", b"- some\n- list\n", b"replicas: 3\n"])
    def test_standard_input_without_a_manifest(self, cli: Cli, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
        pipe(monkeypatch, data)
        run = cli("check", "-")
        assert (run.status, run.err) == (4, "scclint: no manifest found in standard input\n")

    def test_a_folder_without_a_manifest(self, here: Path, cli: Cli) -> None:
        Path("values.yaml").write_text("image: web\n")
        Path("README.md").write_text("kind: Pod\n")
        run = cli("check")
        assert (run.status, run.err) == (4, "scclint: no manifest found in .\n")

    def test_exit_zero_is_about_findings(self, here: Path, cli: Cli) -> None:
        assert cli("check", "--fail-on", "never").status == 4

    def test_files_named_one_by_one(self, here: Path, cli: Cli) -> None:
        Path("values.yaml").write_text("image: web\n")
        Path("empty.yaml").write_text("")
        run = cli("check", "values.yaml", "empty.yaml")
        assert (run.status, run.err) == (4, "scclint: no manifest found in values.yaml, empty.yaml\n")
        assert run.out.startswith("Nothing judged.")

    @pytest.mark.parametrize(("text", "status"), [("kind: Pod\nmetadata: {{ x }}\n", 4), (GOOD, 0)])
    def test_a_folder_with_what_may_be_one(self, here: Path, cli: Cli, text: str, status: int) -> None:
        Path("a.yaml").write_text(text)
        run = cli("check", ".")
        assert run.status == status
        assert run.out.startswith("Nothing judged." if status else "No problems found.")

    def test_a_path_that_is_not_judged_beside_one_that_is(self, here: Path, cli: Cli) -> None:
        Path("good.yaml").write_text(POD)
        Path("values.yaml").write_text("image: web\n")
        run = cli("check", "good.yaml", "values.yaml")
        assert (run.status, run.err) == (4, "scclint: nothing judged in values.yaml\n")
        assert run.out.startswith("Not everything judged.")
        Path("bad.yaml").write_text(POD.replace("RuntimeDefault", "Unconfined"))
        assert cli("check", "bad.yaml", "values.yaml").status == 1

    def test_a_chart_that_was_not_rendered_is_a_status_unless_rendering_is_off(
        self, here: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", "")
        Path("chart/templates").mkdir(parents=True)
        Path("chart/Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
        Path("chart/templates/web.yaml").write_text(POD.replace("web", "{{ .Release.Name }}"))
        Path("good.yaml").write_text(POD)
        folder = cli("check", ".")
        assert (folder.status, folder.out.partition(".")[0]) == (4, "Not everything judged")
        assert "chart/templates/web.yaml: not judged, because it is a template" in folder.err
        assert cli("check", ".", "--fail-on", "never").status == 0
        assert cli("check", ".", "--render", "never").status == 0
        assert cli("check", "chart", "good.yaml").status == 4
        assert cli("check", ".", "--render", "require").status == 2

    def test_a_file_that_could_not_be_parsed_is_not_clean_without_the_rule_that_says_so(self, here: Path, cli: Cli) -> None:
        Path("a.yaml").write_text("kind: Pod\n  metadata: x\n")
        assert cli("check", ".").status == 2
        run = cli("check", ".", "--ignore", "MAN001")
        assert (run.status, run.out.partition(".")[0]) == (4, "Nothing judged")
        Path("good.yaml").write_text(POD)
        run = cli("check", ".", "--ignore", "MAN001")
        assert (run.status, run.out.partition(".")[0]) == (4, "Not everything judged")

    @pytest.mark.parametrize("how", ["comment", "config"])
    def test_a_file_that_could_not_be_parsed_counts_although_it_suppresses_the_rule(
        self, here: Path, cli: Cli, how: str
    ) -> None:
        comment = "# scclint: ignore-file[MAN001] r\n" if how == "comment" else ""
        Path("a.yaml").write_text(f"{comment}kind: Pod\na: b: c\n")
        Path("good.yaml").write_text(POD)
        if how == "config":
            Path(".scclint.yaml").write_text("ignores: [{rule: MAN001, reason: r}]\n")
        run = cli("check", ".")
        assert (run.status, run.out.partition(".")[0]) == (2, "Not everything judged (1 suppressed)")

    def test_standard_input_is_called_as_asked(self, cli: Cli, monkeypatch: pytest.MonkeyPatch, demo: Path) -> None:
        pipe(monkeypatch, Path("demo/bare-pod.yaml").read_bytes())
        run = cli("check", "--stdin-filename", "web.yaml", "--format", "concise", "-")
        assert run.status == 1
        assert run.out.startswith("web.yaml:9:7: SEC201 ")


def test_context_counts_and_is_not_reported_on(demo: Path, cli: Cli) -> None:
    text = Path("demo/needs-anyuid.yaml").read_text()
    workload, _, grant = text.rpartition("---\n")
    Path("workload.yaml").write_text(workload)
    Path("grant.yaml").write_text(grant)
    alone = cli("check", "--select", "SEC206", "workload.yaml")
    assert "legacy-anyuid" not in alone.out
    both = cli("check", "--select", "SEC206", "--context", "grant.yaml", "workload.yaml")
    assert both.out != alone.out
    assert "1 file," in both.out


def test_context_that_cannot_be_read(demo: Path, cli: Cli) -> None:
    """What is named must be there; what lies in a folder that is named need not be of use."""
    (demo / "state").mkdir()
    (demo / "state" / "gone.yaml").symlink_to("nowhere")
    run = cli("check", "--context", "state", "--select", "MAN002", "demo")
    assert run.status == 0
    assert run.err == "state/gone.yaml: warning: not taken into account: is a link to a file that is not there\n"
    assert cli("check", "--context", "none", "--select", "MAN002", "demo").status == 2


def test_who_creates_the_pods(demo: Path, cli: Cli) -> None:
    """Whoever creates pods has logged in, which need not be said."""
    run = cli("check", "--as", "alice", "demo/bare-pod.yaml")
    assert run.out.startswith("No problems found (1 piece of advice: --select advice).")
    assert cli("check", "--as", "alice", "--as-group", "system:authenticated", "demo/bare-pod.yaml") == run
    assert "SEC201" in cli("check", "--as", "alice", "--as-group", "system:cluster-admins", "demo/bare-pod.yaml").out
    assert "SCC101" in cli("check", "--as", "system:anonymous", "demo/bare-pod.yaml").out
    assert cli("check", "--as-group", "x", "demo").err.startswith("scclint: --as-group says of which group a user is")


def test_the_settings_of_the_configuration_hold(demo: Path, cli: Cli) -> None:
    Path(".scclint.yaml").write_text("select: [SCC104]\nfail-on: error\n")
    assert cli("check", "demo").status == 0
    assert cli("check", "--isolated", "demo").status == 1
    Path("other.yaml").write_text("select: [SEC201]\n")
    assert "SEC201" in cli("check", "--config", "other.yaml", "demo").out


@pytest.mark.parametrize("form", ["json", "sarif", "github", "markdown"])
def test_formats_for_programs_do_not_depend_on_the_terminal(
    form: str, demo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    piped = cli("check", "--format", form, "demo").out
    monkeypatch.setattr("scclint.cli.check.terminal_columns", lambda: 60)
    assert cli("check", "--format", form, "demo").out == piped
    assert max(map(len, cli("check", "--format", "concise", "demo").out.splitlines())) < max(map(len, piped.splitlines()))


def test_crashes_are_one_line_a_rule(demo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from scclint import registry
    from scclint.record import replace

    def broken(subject: object, world: object) -> list[object]:
        raise KeyError("x")

    real = registry.builtin()
    rules = [replace(r, check=broken) if r.id in ("SCC101", "SEC201") else r for r in real.rules]
    monkeypatch.setattr("scclint.run.rule_set.builtin", lambda: registry.registry(rules))
    run = cli("check", "demo")
    assert run.status == 3
    assert sorted(run.err.splitlines()) == [
        "internal error: rule SCC101 failed on Pod shop/shell and 2 more objects: KeyError: 'x'; this is a bug of scclint",
        "internal error: rule SEC201 failed on Pod shop/shell and 2 more objects: KeyError: 'x'; this is a bug of scclint",
    ]
    assert "SEC206" in run.out
    assert cli("check", "-q", "--fail-on", "never", "demo").status == 3


SPAN = Span("a.yaml", 1, 1, 1, 2)
ERROR, WARNING = (Finding("SCC101", "x", "problem", severity, "", SPAN) for severity in (Severity.ERROR, Severity.WARNING))
BROKEN = Finding("MAN001", "unparsable-document", "problem", Severity.ERROR, "", SPAN)


@pytest.mark.parametrize(
    ("report", "nothing", "status"),
    [
        (Report(), False, 0),
        (Report((WARNING,)), False, 0),
        (Report((ERROR, WARNING)), False, 1),
        (Report(), True, 4),
        (Report((ERROR, BROKEN)), False, 2),
        (Report(notices=(Notice("error", "gone"),)), True, 2),
        (Report(notices=(Notice("warning", "odd"),)), False, 0),
        (Report((BROKEN,), (Crash("SCC101", Subject(), "x"),)), True, 3),
    ],
)
def test_status_of_check(report: Report, nothing: bool, status: int) -> None:
    assert status_of_check(report, "error", nothing) == status


def test_exit_status_without_findings() -> None:
    assert status_of_check(Report((ERROR, BROKEN)), "error", findings_count=False) == 0
    assert status_of_check(Report((ERROR,), notices=(Notice("error", "gone"),)), "error", findings_count=False) == 2


def test_releases(demo: Path, cli: Cli) -> None:
    out = cli("check", "--openshift", "4.16,4.20", "demo").out
    assert re.search(r"^OpenShift 4\.16, 4\.20; 3 files", out, re.M)
    kubernetes = cli("check", "--platform", "kubernetes", "--kubernetes", "1.30", "--seccomp-default", "demo").out
    assert "Kubernetes 1.30; 3 files" in kubernetes
    assert "SCC101" not in kubernetes


@pytest.mark.parametrize("text", [b"a: [1", b"kind: [Pod", b"\x00", b"\xff\xfe\xfa", b"", b"hello"])
def test_standard_input_that_cannot_be_read_or_judged(here: Path, text: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, text)
    status, texts = check_in(FORMATS, here, "-")
    assert status == (4 if text in (b"", b"hello") else 2)
    assert not any("No problems found" in written for written in texts.values())


def test_notices_come_between_the_findings_and_the_summary(tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, securityContext: {runAsUser: x}}]}\n"
    )
    (tmp_path / "gone.yaml").symlink_to("nowhere.yaml")
    done = subprocess.run(
        [sys.executable, "-m", "scclint", "check", "--no-cache", "."],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    finding, rest = done.stdout.split("\n\n", 1)
    assert finding.startswith("pod.yaml:4:")
    *notices, counts, summary = rest.splitlines()
    assert notices and counts == "1 error" and summary.startswith("OpenShift ")
