"""What scclint advises on all fixtures and real manifests does what it says."""

from collections import Counter
from pathlib import Path

from scclint.causes.join import joined
from scclint.config.model import Config
from scclint.linting import lint_texts
from scclint.remedy.proofs import with_fixes
from scclint.run.run import report_of
from tests.conftest import shared
from tests.remedy.test_least_privilege import assert_all_admitted
from tests.running import run_over
from tools.check_fixes import check

FIXTURES = Path(__file__).parents[3] / "fixtures"


def test_every_fix_of_the_fixtures_keeps_its_promises() -> None:
    """Checked from outside, by a script that shares nothing with the proof."""
    found = check(sorted(map(str, FIXTURES.glob("*/bad*.yaml"))))
    assert found.broken == []
    proved = {rule for rule, counts in found.counts.items() if counts["safe"] or counts["unsafe"] or counts["advice"]}
    assert proved >= {
        *("MAN003", "MAN007", "SCC101", "SCC102", "SCC103", "SCC104", "SCC107", "SCC112", "SCC301", "SCC303"),
        *("SCC310", "SCC311", "SEC201", "SEC202", "SEC204", "SEC206", "SEC208", "SEC210"),
        *("MAN002", "MAN004", "PSA502", "PSA506", "RBA403", "SCC113", "SUP901"),
    }


def test_one_proved_fix_removes_both() -> None:
    """The table is right if the fix of the winner removes the loser in at least 95 of 100 pairs."""
    pairs: Counter[tuple[str, str, bool]] = Counter()
    for file in sorted(FIXTURES.glob("*/bad*.yaml")):
        text = file.read_text(encoding="utf-8")
        config = Config(render="never")
        run = run_over([str(file)], config)
        # What one decision makes for several objects has no single edit.
        report = joined(report_of(run), each_edit=True)
        if any(f.rule_id == "MAN008" for f in report.findings):
            # Two objects of one name cannot be told apart in what is left.
            continue
        losers = [f for f in report.findings if f.suppression is not None and f.suppression.by == "finding"]
        winners = [finding for finding in report.live if finding.others]
        for winner in with_fixes(run, report, winners).live if losers else ():
            if winner.fix is None:
                continue
            lines = text.splitlines(keepends=True)
            for edit in reversed(winner.fix.edits):
                lines[edit.line - 1 : edit.end_line - 1] = [edit.text]
            left = {(f.rule_id, f.subject) for f in lint_texts({file.name: "".join(lines)}, config).findings}
            for loser in losers:
                if loser.suppression is not None and loser.suppression.span == winner.span:
                    pairs[winner.rule_id, loser.rule_id, (loser.rule_id, loser.subject) not in left] += 1
    removed = sum(number for (_, _, gone), number in pairs.items() if gone)
    assert removed >= 15
    assert removed / pairs.total() >= 0.95, pairs
    assert {(winner, loser) for winner, loser, _ in pairs} >= {("SEC206", "SCC101"), ("SEC201", "SEC201")}


def test_every_account_of_the_corpus_gets_an_scc() -> None:
    assert_all_admitted((shared() / "corpus" / "operators").iterdir(), 40)
