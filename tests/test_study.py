"""The table of studies is up to date, and names for each rule a study or what else needs it."""

import re

from scclint.registry import builtin
from tools import study_table


def test_the_table_is_up_to_date() -> None:
    assert study_table.PAGE.read_text(encoding="utf-8") == study_table.page(), "run: python tools/study_table.py"


def test_each_rule_has_a_study_or_is_needed_for_something_else() -> None:
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in study_table.page().splitlines()
        if re.match(r"\| [A-Z]+\d+ ", line)
    ]
    assert len(rows) > 50
    assert [row[0] for row in rows if not row[1] and not row[3]] == []
    assert [rule.id for rule in builtin() if rule.study[0] and rule.id in study_table.NEEDED] == []
