"""What fixtures and page examples are run with: the command line a person would use, one rule selected."""

import contextlib
import io
import os
import re
import shlex
from pathlib import Path

from scclint.cli import main
from scclint.registry import builtin

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"

ARGS = re.compile(r"^# (?:args:|Run with) (.*)$", re.MULTILINE)
"""The options of a fixture, `# args: --openshift 4.12`, or of an example on a page, `# Run with --openshift 4.12`."""


def run(rule_id: str, path: str, *, folder: Path, alone: bool = True) -> str:
    """The full report of one rule, or of this rule and those on by default, on one file, as printed from within its folder."""
    found = ARGS.search((folder / path).read_text(encoding="utf-8", errors="replace"))
    options = shlex.split(found.group(1)) if found else []
    out = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        selection = "--select" if alone else "--extend-select"
        # A line of access says little of its rule.
        found_rule = builtin().find(rule_id)
        verbose = ["--verbose"] if found_rule is not None and found_rule.kind == "access" else []
        status = main(["check", "--isolated", selection, rule_id, *verbose, *options, path])
    assert status in (0, 1, 2, 4), f"{path}: exit status {status}\n{out.getvalue()}"
    return out.getvalue()


def fires(rule_id: str, report: str) -> bool:
    return f"[{rule_id}]" in report


def writing() -> bool:
    """Whether golden files are to be written rather than compared."""
    return bool(os.environ.get("SCCLINT_WRITE_GOLDEN"))
