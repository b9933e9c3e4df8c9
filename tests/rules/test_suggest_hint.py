"""The command that a finding names prints the SCC that the finding describes."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from scclint.cli import main

FIXTURES = Path(__file__).parents[2] / "fixtures"
NAMED = re.compile(r"`scclint\s+suggest\s+([^`]+)`\s+prints\s+it")
CASES = [
    (file.with_suffix(".yaml"), word)
    for file in sorted(FIXTURES.glob("*/bad*.out"))
    for word in dict.fromkeys(NAMED.findall(file.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize(("manifest", "workload"), CASES, ids=[f"{file.parent.name}-{file.stem}" for file, _ in CASES])
def test_the_command_prints_an_scc(manifest: Path, workload: str) -> None:
    text = manifest.read_text(encoding="utf-8")
    options = re.findall(r"(?m)^# args: (.*)$", text)
    words = workload.replace("NAMESPACE", "shop").split()
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = main(["suggest", "--isolated", *(options[0].split() if options else ()), *words, str(manifest)])
    assert status == 0
    assert "kind: SecurityContextConstraints\n" in out.getvalue()
