"""What `check` stores of each unit, other commands show: they open only units that changed since, or whose view was not made."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scclint.cli.main import main
from scclint.deploy.unit import Unit
from scclint.run.judge import OpenUnit, open_unit
from scclint.run.shared import Run
from tests.running import write_below

POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: shop}}
spec: {{{spec}containers: [{{name: web, image: example/web}}]}}
"""
NAMES = ("a", "b", "c")
Command = Callable[..., str]


@pytest.fixture
def run_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("scclint.run.views.MIN_CACHED", 0)
    (tmp_path / "tree").mkdir()
    monkeypatch.chdir(tmp_path / "tree")
    for name in NAMES:
        write_below(Path(name), {"kustomization.yaml": "resources: [pod.yaml]\n", "pod.yaml": POD.format(name=name, spec="")})

    def run(*words: str) -> str:
        main([*words, "--isolated", "--render", "never"])
        return capsys.readouterr().out

    return run


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the units that are opened from now on."""
    names: list[str] = []

    def counted(unit: Unit, run: Run) -> OpenUnit:
        names.append(unit.name)
        return open_unit(unit, run)

    monkeypatch.setattr("scclint.run.views.open_unit", counted)
    return names


@pytest.mark.parametrize("view", ["review", "units"])
def test_a_view_of_what_was_checked_opens_no_unit(run_command: Command, opened: list[str], view: str) -> None:
    run_command("check", ".")
    assert opened == [*NAMES]
    shown = run_command(view, ".", "--format", "json")
    assert opened == [*NAMES]
    assert shown == run_command(view, ".", "--format", "json", "--no-cache")
    assert opened == [*NAMES, *NAMES]


def test_a_unit_that_changed_is_opened_for_all_views_once(run_command: Command, opened: list[str]) -> None:
    run_command("check", ".")
    write_below(Path("b"), {"pod.yaml": POD.format(name="b", spec="hostPID: true, ")})
    del opened[:]
    run_command("check", ".")
    shown = run_command("review", ".", "--format", "json")
    assert opened == ["b"]
    assert shown == run_command("review", ".", "--format", "json", "--no-cache")


def test_a_change_is_seen_without_another_check(run_command: Command, opened: list[str]) -> None:
    run_command("check", ".")
    write_below(Path("b"), {"pod.yaml": POD.format(name="b", spec="hostPID: true, ")})
    del opened[:]
    assert run_command("review", ".", "--format", "json") == run_command("review", ".", "--format", "json", "--no-cache")
    assert opened == ["b", *NAMES]


def test_a_check_of_a_part_keeps_what_is_stored_of_the_others(run_command: Command, opened: list[str]) -> None:
    run_command("check", ".")
    write_below(Path("b"), {"pod.yaml": POD.format(name="b", spec="hostPID: true, ")})
    run_command("check", ".", "--unit", "b")
    del opened[:]
    run_command("review", ".")
    assert not opened


def test_the_format_of_a_report_decides_no_finding(run_command: Command, opened: list[str]) -> None:
    run_command("check", ".")
    del opened[:]
    written = run_command("check", ".", "--format", "json", "--fail-on", "never")
    assert not opened
    assert written == run_command("check", ".", "--format", "json", "--fail-on", "never", "--no-cache")


@pytest.mark.parametrize("options", [("--ignore", "SEC201"), ("--select", "advice")])
def test_other_rules_make_other_findings_and_the_same_rows(
    run_command: Command, opened: list[str], options: tuple[str, ...]
) -> None:
    run_command("check", ".")
    del opened[:]
    found = run_command("check", ".", "--format", "json", *options)
    assert opened == [*NAMES]
    assert found == run_command("check", ".", "--format", "json", "--no-cache", *options)
    del opened[:]
    run_command("review", ".")
    assert not opened


def test_what_depends_on_the_cluster_is_made_again(run_command: Command, opened: list[str]) -> None:
    run_command("check", ".")
    del opened[:]
    run_command("review", ".", "--openshift", "4.14")
    assert opened == [*NAMES]
