"""`scclint explain NAME`: a cause by the name that reports give it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

pytestmark = pytest.mark.usefixtures("demo")


def named(cli: Cli) -> dict[str, str]:
    problems = json.loads(cli("check", "demo", "--format", "json").out)["problems"]
    return {problem["rule"]: problem["cause"] for problem in problems}


def test_a_cause_is_shown_whole(cli: Cli) -> None:
    run = cli("explain", named(cli)["SEC206"], "demo")
    assert run.status == 0
    assert run.out.startswith("demo/needs-anyuid.yaml:17:11: error[SEC206]")
    assert "also SCC101 (" in run.out
    assert "fix: Remove runAsUser: 0." in run.out
    assert "SEC201" not in run.out


def test_json(cli: Cli) -> None:
    name = named(cli)["SEC206"]
    document = json.loads(cli("explain", name, "demo", "--format", "json").out)
    assert document["cause"] == name
    assert [fact["rule"] for fact in document["facts"]] == ["SEC206", "SCC101"]
    assert document["facts"][0]["fix"]["title"] == "Remove runAsUser: 0."


def test_the_name_stays_when_lines_move(cli: Cli, demo: Path) -> None:
    name = named(cli)["SEC206"]
    file = demo / "demo" / "needs-anyuid.yaml"
    file.write_text("# one more line\n" + file.read_text())
    assert named(cli)["SEC206"] == name


def test_a_name_that_no_cause_has(cli: Cli, demo: Path) -> None:
    run = cli("explain", "00000000", "demo")
    assert run.status == 2
    assert "00000000: no such cause; there are: " in run.err
    assert named(cli)["SEC206"] in run.err
    # A file may be called like a cause.
    (demo / "00000000").mkdir()
    (demo / "00000000" / "pod.yaml").write_text((demo / "demo" / "bare-pod.yaml").read_text())
    assert "Pod shop/shell" in cli("explain", "00000000").out
