"""The study counts on the rules are those of docs/corpus.md."""

import re
from pathlib import Path

from scclint.registry import builtin

CORPUS = Path(__file__).parents[1] / "docs" / "corpus.md"
ID = re.compile(r"[A-Z]{3}\d{3}")
CORRECTED = {"MAN008", "PSA502", "PSA504"}
"""Rules whose wrong findings are gone since a correction."""


def studied() -> dict[str, list[int]]:
    """The findings read and right of each rule, over the tables of the page that count them."""
    found: dict[str, list[int]] = {}
    columns: tuple[int, int] | None = None
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] in ("Rule", "Rule, or kind"):
            columns = _columns(cells)
        elif not line.startswith("|"):
            columns = None
        elif columns and (ids := ID.findall(cells[0])):
            for rule in ids:
                counts = found.setdefault(rule, [0, 0])
                for index, column in enumerate(columns):
                    counts[index] += int(cells[column] or 0) // len(ids)
    return found


def _columns(titles: list[str]) -> tuple[int, int] | None:
    """Where a table counts the findings read and right. In the first table of the page, all are read and right."""
    if "Why it is right" in titles:
        return titles.index("Findings"), titles.index("Findings")
    if "Right" not in titles:
        return None
    return titles.index("Read" if "Read" in titles else "Findings read"), titles.index("Right")


def test_rules_have_the_counts_of_the_page() -> None:
    counts = {rule: (read, right) for rule, (read, right) in studied().items() if read and rule not in CORRECTED}
    assert counts == {rule.id: rule.study for rule in builtin() if rule.study != (0, 0) and rule.id not in CORRECTED}
