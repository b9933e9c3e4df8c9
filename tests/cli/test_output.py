"""`scclint check`: formats, where they go, and what each shows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scclint.cli.check import destinations
from scclint.config.model import Config
from scclint.errors import UsageError
from scclint.report import FORMATS
from tests.running import facts_of

if TYPE_CHECKING:
    from tests.cli.conftest import Cli


class TestOutput:
    def test_a_format_goes_to_its_file_and_standard_output_stays_silent(self, demo: Path, cli: Cli) -> None:
        run = cli("check", "--format", "sarif", "--output", "x.sarif", "demo")
        assert run == (1, "", "")
        assert json.loads(Path("x.sarif").read_text())["version"] == "2.1.0"

    def test_output_alone_takes_the_default_format(self, demo: Path, cli: Cli) -> None:
        assert cli("check", "-o", "report.txt", "demo").out == ""
        assert (
            Path("report.txt")
            .read_text()
            .startswith("1 of 3 workloads rejected, 1 container unconfined\n\ndemo/needs-anyuid.yaml:")
        )

    def test_several_formats_each_to_its_place(self, demo: Path, cli: Cli) -> None:
        words = ("--format", "concise", "--output", "-", "--format", "sarif", "--output", "x.sarif", "--format", "gitlab")
        run = cli("check", *words, "--output", "sub.json", "demo")
        assert run.out == cli("check", "--format", "concise", "demo").out
        assert len(json.loads(Path("x.sarif").read_text())["runs"][0]["results"]) == 4
        assert len(json.loads(Path("sub.json").read_text())) == 4
        assert not Path("-").exists()

    def test_every_format_says_the_same_alone_and_with_others(self, demo: Path, cli: Cli) -> None:
        words = [word for name in FORMATS for word in ("--format", name, "--output", f"all.{name}")]
        fixes = ("--fixes", "never")
        cli("check", *fixes, *words, "demo")
        for name in FORMATS:
            assert cli("check", *fixes, "--format", name, "demo").out == Path(f"all.{name}").read_text(), name

    def test_files_never_have_colour(self, demo: Path, cli: Cli) -> None:
        words = ("--format", "full", "--output", "-", "--format", "concise", "--output", "x.txt")
        assert "\x1b[" in cli("check", "--color", "always", *words, "demo").out
        assert "\x1b" not in Path("x.txt").read_text()

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (("--format", "json", "--format", "sarif"), "--format: 2 formats need an output each, `-` is standard output"),
            (("--format", "json", "-o", "a", "-o", "b"), "--output: 2 for 1 formats: each format needs one"),
            (("--format", "json", "-o", "-", "--format", "full", "-o", "-"), "2 formats for standard output: give each"),
            (
                ("--format", "json", "-o", "a", "--format", "full", "-o", "a"),
                "2 formats for a: give each an --output of its own",
            ),
        ],
    )
    def test_what_cannot_all_be_had(self, demo: Path, cli: Cli, words: tuple[str, ...], message: str) -> None:
        run = cli("check", *words, "demo")
        assert (run.status, run.out) == (2, "")
        assert run.err.startswith(f"scclint: {message}")
        assert not Path("a").exists()

    def test_a_format_that_fails_leaves_no_other_behind(self, demo: Path, cli: Cli) -> None:
        Path("broken.j2").write_text("{{ nothing }}")
        words = ("--format", "sarif", "-o", "x.sarif", "--format", "full", "-o", "-", "--template", "broken.j2")
        run = cli("check", *words, "demo")
        assert (run.status, run.out) == (2, "")
        assert run.err.startswith("scclint: broken.j2:1: ")
        assert not Path("x.sarif").exists()

    @pytest.mark.parametrize("words", [("--select", "NO-SUCH-RULE"), ("--config", "none.yaml"), ("--unit", "none")])
    def test_a_run_that_fails_before_it_reports_says_so_in_its_sarif(
        self, demo: Path, cli: Cli, words: tuple[str, ...]
    ) -> None:
        failed = cli("check", "--format", "sarif", "-o", "x.sarif", *words, "demo")
        assert (failed.status, failed.out) == (2, "")
        (run,) = json.loads(Path("x.sarif").read_text())["runs"]
        (invocation,) = run["invocations"]
        assert (run["results"], invocation["executionSuccessful"]) == ([], False)
        notification, _ = invocation["toolExecutionNotifications"]
        assert notification["level"] == "error"
        assert notification["message"]["text"].rstrip(".") in failed.err

    def test_a_bug_that_ends_a_run_is_in_its_sarif(self, demo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*given: object) -> None:
            raise KeyError("x")

        monkeypatch.setattr("scclint.cli.check.open_run", broken)
        assert cli("check", "--format", "sarif", "-o", "x.sarif", "demo").status == 3
        (run,) = json.loads(Path("x.sarif").read_text())["runs"]
        notification, _ = run["invocations"][0]["toolExecutionNotifications"]
        assert notification["message"]["text"] == "internal error: KeyError: 'x'"

    def test_a_place_that_cannot_be_written(self, demo: Path, cli: Cli) -> None:
        run = cli("check", "-o", "no/such/folder/x", "demo")
        assert run == (2, "", "scclint: cannot write the report to no/such/folder/x: No such file or directory\n")

    def test_a_format_of_the_command_line_sets_the_places_of_the_file_aside(self, demo: Path, cli: Cli) -> None:
        Path(".scclint.yaml").write_text("format: [full, sarif]\noutput: ['-', x.sarif]\n")
        assert json.loads(cli("check", "--format", "json", "demo").out)["version"] == 1
        assert not Path("x.sarif").exists()
        assert cli("check", "demo").out.startswith("1 of 3 workloads rejected")
        assert Path("x.sarif").exists()

    def test_destinations_of_a_configuration_that_was_not_read_from_anywhere(self) -> None:
        assert destinations(Config()) == [("full", None)]
        with pytest.raises(UsageError, match="2 times --format needs as many times --output"):
            destinations(Config(format=("full", "json")))


class TestTemplate:
    def test_it_lays_out_the_full_format(self, demo: Path, cli: Cli) -> None:
        Path("t.j2").write_text("{% for f in problems %}{{ f.rule }} {% endfor %}")
        assert cli("check", "--template", "t.j2", "demo").out == "SEC201 SCC101 SEC206 \n"

    def test_no_other(self, demo: Path, cli: Cli) -> None:
        Path("t.j2").write_text("")
        run = cli("check", "--template", "t.j2", "--format", "json", "demo")
        assert run == (2, "", "scclint: --template lays out the format full, not json: give --format full\n")

    def test_that_of_the_configuration_does_not_stand_in_the_way(self, demo: Path, cli: Cli) -> None:
        Path("t.j2").write_text("mine")
        Path(".scclint.yaml").write_text("template: t.j2\n")
        assert cli("check", "demo").out == "mine\n"
        assert json.loads(cli("check", "--format", "json", "demo").out)["version"] == 1

    def test_a_mistake_in_it_is_told_in_one_line(self, demo: Path, cli: Cli) -> None:
        Path("t.j2").write_text("line one\n{% for %}\n")
        run = cli("check", "--template", "t.j2", "demo")
        assert (run.status, run.out, run.err.count("\n")) == (2, "", 1)
        assert run.err.startswith("scclint: t.j2:2: ")


def test_markdown_has_the_verdict_of_every_workload(demo: Path, cli: Cli) -> None:
    out = cli("check", "--format", "markdown", "demo").out
    review = out[out.index("<details><summary>SCC and seccomp profile of 3 workloads</summary>") :]
    assert [line for line in review.splitlines() if line.startswith("| ")] == [
        "| Workload | SCC | Granted to | Pod Security | Container | Profile | Source | Seccomp | crictl |",
        "| Pod shop/shell | anyuid | kube:admin | baseline | shell | Unconfined | kubelet default | 0 | null |",
        "| Deployment shop/shell | restricted-v2 | everyone | restricted | shell | RuntimeDefault | SCC default | 2 | RuntimeDefault |",
        "| Deployment shop/legacy | REJECTED |  |  | legacy | RuntimeDefault | rejected | - | - |",
    ]
    two = cli("check", "--format", "markdown", "--openshift", "4.16,4.20", "demo").out
    assert "| Pod shop/shell (4.16, 4.20) | anyuid |" in two


def test_markdown_stays_within_a_comment(here: Path, cli: Cli) -> None:
    ports = "ports: [{{hostPort: {0}, containerPort: 1}}]"
    head = "apiVersion: v1\nkind: Pod\nmetadata: {{name: pod-{0}-{1}}}\n"
    pod = f"{head}spec:\n  containers: [{{{{name: a, image: a, {ports}}}}}]\n  field{{0}}: 1\n"
    Path("a.yaml").write_text("---\n".join(pod.format(number, "x" * 150) for number in range(1, 201)))
    out = cli("check", "--format", "markdown", "a.yaml").out
    assert len(out) < 65_536
    shown = len(re.findall(r"^- .* \*\*Pod pod-\d+-x+: ", out, re.M))
    assert 10 < shown < 200
    assert f"\n{200 - shown} more causes left out for length.\n" in out
    rows = len(re.findall(r"^\| Pod pod-\d+-x+ \| hostnetwork-v2 \|", out, re.M))
    assert 50 < rows < 100
    assert f"\n{200 - rows} more lines left out for length.\n\n</details>\n" in out


class TestQuiet:
    def test_nothing_where_nothing_was_found(self, here: Path, cli: Cli) -> None:
        Path("a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n")
        assert cli("check", "-q", "a.yaml") == (0, "", "")
        assert cli("check", "a.yaml").out.startswith("No problems found.")

    def test_findings_and_their_summary_stay(self, demo: Path, cli: Cli) -> None:
        assert cli("check", "-q", "demo") == cli("check", "demo")

    def test_notes_go_and_errors_stay(self, here: Path, cli: Cli) -> None:
        Path("t.yaml").write_text("kind: Pod\nmetadata: {{ .Values.metadata }}\n")
        assert cli("check", "t.yaml").err.startswith("note: t.yaml: Pod: not judged, because it has no containers")
        run = cli("check", "-q", "t.yaml", "none.yaml")
        assert (run.status, run.err) == (2, "none.yaml: error: no such file or directory\n")

    def test_documents_for_machines_are_written_all_the_same(self, here: Path, cli: Cli) -> None:
        Path("a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n")
        assert facts_of(json.loads(cli("check", "-q", "--format", "json", "a.yaml").out)) == []
        cli("check", "-q", "-o", "x.txt", "a.yaml")
        assert Path("x.txt").read_text().startswith("No problems found.")
