"""However a run over many units goes, in one process or several, with a cache or without, it says the same."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from scclint.cli.main import main
from scclint.run.judge import OpenUnit, judge
from scclint.run.pool import can_fork
from scclint.run.report import UnitResult
from scclint.run.run import report_of
from scclint.run.shared import Run
from tests.deploy.catalog import write_catalog
from tests.running import run_over

BUNDLES = 80

needs_fork = pytest.mark.skipif(not can_fork(), reason="this system has no fork")

Check = Callable[..., tuple[int, str, str]]


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return write_catalog(work, BUNDLES)


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    def run(*options: str) -> tuple[int, str, str]:
        status = main(["check", ".", "--isolated", "--format", "json", *options])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the units that this process judges from now on."""
    names: list[str] = []

    def counted(opened: OpenUnit, session: Run) -> UnitResult:
        names.append(opened.unit.name)
        return judge(opened, session)

    monkeypatch.setattr("scclint.run.views.judge", counted)
    return names


@needs_fork
def test_processes_and_caches_change_no_byte(catalog: list[str], check: Check) -> None:
    one = check("--jobs", "1", "--no-cache")
    assert one[0] == 1 and one[2].startswith("note: in namespace operators, ")
    assert check("--jobs", "2", "--no-cache") == one
    assert check("--jobs", "3") == one, "a cache that is being written"
    assert check("--jobs", "2") == one, "a warm cache"
    assert check() == one


@needs_fork
def test_units_are_judged_in_other_processes(catalog: list[str], check: Check, judged: list[str]) -> None:
    check("--jobs", "2", "--no-cache")
    assert not judged
    check("--no-cache")
    assert sorted(judged) == sorted(catalog), "little input is judged in this process"


def test_after_a_change_only_the_changed_unit_is_judged_again(catalog: list[str], check: Check, judged: list[str]) -> None:
    before = check()
    assert len(judged) == BUNDLES
    judged.clear()
    assert check() == before
    assert not judged
    changed = next(Path(catalog[7], "manifests").glob("*.clusterserviceversion.yaml"))
    changed.write_text(changed.read_text().replace("securityContext: {", "securityContext: {runAsGroup: 0, "))
    after = check()
    assert judged == [catalog[7]]
    assert check("--no-cache") == after


@needs_fork
def test_a_process_that_dies_is_an_error_of_its_unit(catalog: list[str], check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    healthy = report_of(run_over(["."]))

    def dying(opened: OpenUnit, session: Run) -> UnitResult:
        if opened.unit.name == catalog[5]:
            os.kill(os.getpid(), signal.SIGKILL)
        return judge(opened, session)

    monkeypatch.setattr("scclint.run.views.judge", dying)
    status, _, messages = check("--jobs", "2", "--no-cache")
    assert status == 2
    assert f"unit {catalog[5]} is not judged: the process that judged it was killed by signal 9" in messages
    report = report_of(run_over(["."], jobs=2))
    assert report.findings == tuple(f for f in healthy.findings if f.units != (catalog[5],))
