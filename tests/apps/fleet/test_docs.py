"""The page on fleets is right: its commands run one after the other, and print what it shows."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

from tests.apps.fleet.conftest import FIXTURES, ROOT
from tests.cli.conftest import Cli, cli, here

__all__ = ["cli", "here"]

BLOCK = re.compile(r"^```(bash|text|csv)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_first_ten_minutes(here: Path, cli: Cli) -> None:
    page = (ROOT / "docs" / "fleet.md").read_text(encoding="utf-8")
    for name in ("demo", "upgrade"):
        shutil.copytree(FIXTURES / name, here / "fixtures" / name)
    printed, shown = "", 0
    for language, text in BLOCK.findall(page):
        if language == "csv":
            Path("targets.csv").write_text(text)
        elif language == "text" and not text.startswith("scclint"):
            assert text == printed
            shown += 1
        elif language == "bash" and text.startswith("scclint"):
            for command in text.splitlines():
                run = cli(*shlex.split(command)[1:])
                assert run.status == 0, run.err
                printed = run.out
    assert shown == 3
    assert {"fleet.html", "reports.json", "findings.jsonl"} <= {path.name for path in here.iterdir()}
