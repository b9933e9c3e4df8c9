"""`scclint fleet` on the command line."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from scclint.apps.fleet.command import ScanProgress, duration
from tests.apps.fleet.conftest import FIXTURES, targets
from tests.cli.conftest import Cli, cli, here

__all__ = ["cli", "here"]


def test_a_scan(out: Path, tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "targets.csv").write_text(f"target,team\n{FIXTURES / 'demo'},shop\nmissing,pay\n")
    run = cli("fleet", "run", "--out", str(out), "--targets", str(tmp_path / "targets.csv"), str(FIXTURES / "upgrade"))
    assert run.status == 0
    hint = f'scclint fleet sql --out {out} "SELECT * FROM problem_targets"'
    assert run.err.endswith(f": 3 targets: 1 failed; `{hint}` says why\n")
    assert "no such file or directory" in cli(*shlex.split(hint)[1:]).out
    assert [row["team"] for row in targets(out).values()] == ["shop", "", "pay"]
    again = cli("fleet", "run", "--out", str(out), "--targets", str(tmp_path / "targets.csv"), str(FIXTURES / "upgrade"))
    assert ": 3 targets: 2 unchanged, 1 failed; `" in again.err


def test_settings_are_checked_before_the_scan(out: Path, cli: Cli) -> None:
    run = cli("fleet", "run", "--out", str(out), "--openshift", "9.9", str(FIXTURES / "demo"))
    assert run.status == 2
    assert "9.9" in run.err
    assert not out.exists()


def test_no_targets(out: Path, cli: Cli) -> None:
    run = cli("fleet", "run", "--out", str(out))
    assert (run.status, run.err) == (2, "scclint: say which targets to judge: TARGET, or --targets FILE\n")


EXTRA = [
    ("pyarrow", "run --out fleet web"),
    ("distributed", "run --out fleet --scheduler tcp://127.0.0.1:1 web"),
    ("duckdb", "sql --out fleet 1"),
    ("duckdb", "report --out fleet"),
    ("duckdb", "export --out fleet --format ocsf"),
]


@pytest.mark.parametrize(("name", "command"), EXTRA)
def test_a_missing_extra_is_named(tmp_path: Path, name: str, command: str) -> None:
    code = f"import sys; sys.modules[{name!r}] = None; from scclint.cli import main; sys.exit(main())"
    arguments = [sys.executable, "-c", code, "fleet", *command.split()]
    run = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=False)
    how = "pip install 'scclint[fleet]', or in a clone pip install '.[fleet]'"
    assert (run.returncode, run.stderr) == (2, f"scclint: fleet needs {name}: {how}\n")


def test_progress_says_the_rate_and_the_time_left() -> None:
    now, written = [0.0], list[str]()
    progress = ScanProgress(written.append, 60, lambda: now[0])
    progress(Counter(done=5), 100)
    now[0] = 60.0
    progress(Counter(done=30, failed=1), 100)
    now[0] = 61.0
    progress(Counter(done=31, failed=1), 100)
    assert written == ["scclint: 30 of 100 targets, 1 failed, 0.5 a second, 140 s left".replace("140 s", "2 min")]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (99, "99 s"), (100, "2 min"), (5940, "99 min"), (6000, "1 h 40 min")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_answers(out: Path, cli: Cli) -> None:
    assert cli("fleet", "sql", "--out", str(out), "FROM targets").err.startswith(f"scclint: {out} has no finished scan: run")
    cli("fleet", "run", "--out", str(out), str(FIXTURES / "demo"))
    sql = cli("fleet", "sql", "--out", str(out), "--format", "csv", "SELECT status, workloads FROM targets")
    assert (sql.status, sql.out, sql.err) == (0, "status,workloads\njudged,3\n", "")
    assert cli("fleet", "sql", "--out", str(out), "SELEKT").status == 2
    report = cli("fleet", "report", "--out", str(out), "-o", "fleet.html")
    assert (report.status, report.out, report.err) == (0, "", "")
    assert Path("fleet.html").read_text().startswith("<!DOCTYPE html>")
    assert cli("fleet", "export", "--out", str(out), "--format", "ocsf").out.startswith('{"activity_id":1,')


@pytest.mark.parametrize(
    ("names", "status"),
    [(["missing"], 2), (["missing", "other"], 2), (["empty"], 4), (["missing", "empty"], 2), (["missing", "demo"], 0)],
)
def test_a_scan_that_judges_nothing_is_no_success(out: Path, tmp_path: Path, cli: Cli, names: list[str], status: int) -> None:
    (tmp_path / "empty").mkdir()
    paths = {"demo": FIXTURES / "demo"}
    targets = [str(paths.get(name, tmp_path / name)) for name in names]
    for _ in ("first", "again"):
        run = cli("fleet", "run", "--out", str(out), *targets)
        assert (run.status, run.err.endswith("scclint: no target was judged\n")) == (status, status != 0)


def test_a_scan_says_what_it_found(out: Path, tmp_path: Path, cli: Cli) -> None:
    for name in ("demo", "upgrade"):
        shutil.copytree(FIXTURES / name, tmp_path / name)
    (tmp_path / "demo" / ".scclint.yaml").write_text("cluster: {openshift: ['4.22']}\n")
    (tmp_path / "upgrade" / ".scclint.yaml").write_text("cluster: {openshift: ['4.22', '5.0']}\n")
    run = cli("fleet", "run", "--out", str(out), str(tmp_path / "demo"), str(tmp_path / "upgrade"))
    assert run.out == (
        "4.22: 1 of 7 workloads rejected, 3 of 7 containers unconfined\n"
        "5.0 (1 of 2 targets): 2 of 4 workloads rejected (2 admitted on an earlier release), 1 of 4 containers unconfined\n"
        "0 grants of an SCC that opens the node\n"
    )
    assert cli("fleet", "run", "--out", str(out), str(tmp_path / "missing")).out == ""


@pytest.mark.parametrize("openshift", ["4.22", "4.22,5.0", "5.0"])
def test_a_release_that_was_not_judged_has_no_number(out: Path, cli: Cli, openshift: str) -> None:
    releases = openshift.split(",")
    run = cli("fleet", "run", "--out", str(out), "--openshift", openshift, str(FIXTURES / "demo"))
    assert [line.partition(":")[0] for line in run.out.splitlines()[:-1]] == releases
    page = cli("fleet", "report", "--out", str(out)).out
    assert ("Breaks on 5.0" in page) == (len(releases) == 2)
    assert ("--openshift 4.22,4.23" in page) == (releases == ["4.22"])
    assert cli("fleet", "sql", "--out", str(out), "--format", "csv", "SELECT release FROM trend").out.split()[1:] == releases


def test_processes_or_a_cluster(out: Path, cli: Cli) -> None:
    run = cli("fleet", "run", "--out", str(out), "--jobs", "2", "--scheduler", "tcp://127.0.0.1:1", "web")
    assert run.status == 2
    assert run.err.endswith("choose one\n")
