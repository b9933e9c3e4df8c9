"""One cause, one finding: which findings yield to which, and that one fix removes both."""

from collections import Counter
from pathlib import Path

import pytest

from scclint.config.model import Config
from scclint.finding import Finding, Severity, Subject, Suppression
from scclint.record import replace
from scclint.remedy.proofs import with_fixes
from scclint.run.grouping import YIELDS, grouped
from scclint.run.lint import lint_texts
from scclint.run.report import Report
from scclint.run.run import report_of
from scclint.source import Span
from tests.running import run_over

FIXTURES = Path(__file__).parents[2] / "fixtures"


def finding(rule: str, severity: Severity = Severity.ERROR, name: str = "web", container: str = "", line: int = 1) -> Finding:
    subject = Subject("apps/v1", "Deployment", "shop", name, container)
    return Finding(rule, f"name-of-{rule}", severity, f"container {container} x", Span("a.yaml", line, 1, line, 2), subject)


TASK = replace(finding("SCC101"), subject=Subject("apps/v1", "Deployment", "shop", "web", part="task build"))


def shown(*findings: Finding) -> list[str]:
    return [f.rule_id for f in grouped(Report(findings)).live]


def test_a_finding_yields_to_one_with_the_same_cause() -> None:
    report = grouped(Report((finding("SCC101"), finding("SCC107", Severity.WARNING, line=3))))
    (winner,) = report.live
    assert [(related.message, related.span.line) for related in winner.related] == [("also SCC107 (name-of-SCC107)", 3)]
    (loser,) = (f for f in report.findings if f.suppression)
    assert loser.suppression is not None
    assert (loser.suppression.by, loser.suppression.reason) == ("finding", "SCC101 in line 1 has the same cause")
    assert report.suppressed == 0


def test_chains_end_at_one_finding() -> None:
    report = grouped(Report((finding("SCC103", Severity.INFO), finding("SCC107", Severity.WARNING), finding("SCC101"))))
    (winner,) = report.live
    assert winner.rule_id == "SCC101"
    assert len(winner.related) == 2


def test_a_refused_profile_is_one_error() -> None:
    """The demo has a pod that anyuid rejects because of its profile, and that no other SCC admits."""
    report = grouped(report_of(run_over([str(FIXTURES / "demo" / "needs-anyuid.yaml")])))
    (winner,) = (f for f in report.live if f.severity is Severity.ERROR)
    assert (winner.rule_id, [r.message for r in winner.related][1:]) == (
        "SEC206",
        ["also SCC101 (no-scc-admits)", "also SCC107 (fixed-id)"],
    )


@pytest.mark.parametrize(
    "findings",
    [
        (finding("SCC101", name="other"), finding("SCC107", Severity.WARNING)),
        (finding("SCC102", Severity.INFO), finding("SCC107", Severity.WARNING)),
        (finding("SCC102", Severity.WARNING), finding("SEC201")),
        (finding("SCC107", Severity.WARNING), finding("MAN003")),
        (replace(finding("SCC101"), suppression=Suppression("comment")), finding("SCC107", Severity.WARNING)),
        (TASK, finding("SCC107", Severity.WARNING)),
    ],
    ids=[
        "another object",
        "a winner that weighs less",
        "one direction only",
        "different causes",
        "a suppressed winner",
        "another part of the object",
    ],
)
def test_what_does_not_yield(findings: tuple[Finding, ...]) -> None:
    assert shown(*findings) == [f.rule_id for f in findings if f.suppression is None]


ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: wide}
rules:
  - {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], verbs: [use]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: wide}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %s}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
"""


def test_a_binding_is_a_line_of_the_finding_on_its_role() -> None:
    (winner,) = grouped(report_of(run_over(text=ROLE % "wide"))).live
    assert winner.rule_id == "RBA401"
    assert [related.message for related in winner.related] == [
        "also RBA402 (privileged-scc-granted): ClusterRoleBinding wide: lets service account shop/web use every SCC"
    ]


@pytest.mark.parametrize(
    "text",
    [ROLE % "cluster-admin", (ROLE % "wide").replace("rules:\n  -", "rules:\n  # scclint: ignore[RBA401] ours\n  -")],
    ids=["another role", "a suppressed finding on the role"],
)
def test_a_binding_stands_by_itself(text: str) -> None:
    live = grouped(report_of(run_over(text=text))).live
    assert [f.rule_id for f in live if f.rule_id == "RBA402"] == ["RBA402"]


def test_containers_with_one_cause_are_one_finding() -> None:
    one, same = (replace(finding("SEC201", container=name), cause="anyuid applies none") for name in "ab")
    report = grouped(Report((one, same, finding("SEC203", container="a"))))
    assert [f.rule_id for f in report.live] == ["SEC201", "SEC203"]
    assert report.live[0].related[0].message == "also SEC201 (name-of-SEC201) for container b"
    assert shown(one, replace(same, cause="")) == ["SEC201", "SEC201"]
    assert shown(one, replace(same, cause="nonroot applies none")) == ["SEC201", "SEC201"]


def test_one_proved_fix_removes_both() -> None:
    """The table is right if the fix of the winner removes the loser in at least 95 of 100 pairs."""
    pairs: Counter[tuple[str, str, bool]] = Counter()
    for file in sorted(FIXTURES.glob("*/bad*.yaml")):
        text = file.read_text(encoding="utf-8")
        config = Config(profile="strict", render="never")
        run = run_over([str(file)], config)
        report = grouped(report_of(run))
        if any(f.rule_id == "MAN008" for f in report.findings):
            # Two objects of one name cannot be told apart in what is left.
            continue
        losers = [f for f in report.findings if f.suppression is not None and f.suppression.by == "finding"]
        winners = [f for f in report.live if any(related.message.startswith("also ") for related in f.related)]
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
    assert removed >= 20
    assert removed / pairs.total() >= 0.95, pairs
    assert {(winner, loser) for winner, loser, _ in pairs} >= {("SCC101", "SCC107"), ("SEC201", "SCC107"), ("SEC201", "SEC201")}


def test_the_table_has_no_circle() -> None:
    for loser in YIELDS:
        seen, pending = set(), [loser]
        while pending:
            rule = pending.pop()
            assert rule not in seen or rule != loser
            seen.add(rule)
            pending += YIELDS.get(rule, ())
        assert loser not in {rule for winner in YIELDS[loser] for rule in YIELDS.get(winner, ())}


def test_what_one_line_makes_of_several_objects_is_one_finding() -> None:
    one, same = (finding("SCC101", name=name) for name in ("web", "example-web"))
    (winner,) = grouped(Report((one, same))).live
    assert winner.related[0].message == "also SCC101 (name-of-SCC101) for Deployment shop/example-web"
    # One object may have two problems in one line.
    assert shown(one, replace(one, message="another")) == ["SCC101", "SCC101"]
    assert shown(one, replace(same, path=("spec", "replicas"))) == ["SCC101", "SCC101"]
    # The containers of one pod are one finding, and those of the pods that the line makes as well.
    pods = [replace(finding("SEC201", name=name), cause="default", path=("spec", part)) for name in ("a", "b") for part in "xy"]
    assert shown(*pods) == ["SEC201"]
