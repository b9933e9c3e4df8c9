"""Which consequences of findings are the same, which are new, and the fingerprints that are made of them."""

from collections import Counter
from collections.abc import Sequence

import pytest

from scclint.deploy.unit import Deployment, Unit, chart_views
from scclint.finding import Applied, Finding, Opening, Severity, Subject
from scclint.record import replace
from scclint.source import Span
from scclint.suppress.consequences import Consequence, Slot, fingerprints, new_among, slots


def finding(*opens: str, name: str = "web", units: Sequence[str] = (".",), applied: Applied = "unknown") -> Finding:
    """A finding of SCC102 that opens the same in each unit."""
    openings = tuple(Opening(unit, opens, applied) for unit in units)
    subject = Subject("apps/v1", "Deployment", "shop", name)
    return Finding("SCC102", "x", Severity.WARNING, "m", Span("a.yaml", 1, 1, 1, 2), subject, openings=openings)


def new(before: Sequence[Finding], after: Sequence[Finding], units: Sequence[Unit] = ()) -> list[str]:
    """The new consequences in words."""
    recorded = Counter((slot.consequence, slot.applied) for slot in slots(before, chart_views(units)))

    def is_known(slot: Slot) -> bool:
        return False

    return sorted(str(slot.consequence) for slot in new_among(slots(after, chart_views(units)), recorded, is_known)[0])


@pytest.mark.parametrize(
    ("before", "after", "more"),
    [
        (["hostPID", "privileged"], ["privileged"], []),
        (["privileged"], ["privileged", "privileged"], ["privileged"]),
        (["privileged"], ["hostPID"], ["hostPID"]),
        (["privileged"], ["capability SYS_ADMIN", "capability NET_ADMIN"], []),
        (["privileged"], ["privileged", "capability SYS_ADMIN"], ["capability SYS_ADMIN"]),
        (["capability *"], ["capability SYS_ADMIN"], []),
        (["capability SYS_ADMIN"], ["capability *"], ["capability *"]),
        (["hostPath /"], ["hostPath /var/log"], []),
        (["hostPath /var"], ["hostPath /var/log"], []),
        (["hostPath /var"], ["hostPath /variable"], ["hostPath /variable"]),
        (["hostPath /var/log"], ["hostPath /"], ["hostPath /"]),
        (["hostPath /var to write"], ["hostPath /var to read"], []),
        (["hostPath /var to read"], ["hostPath /var to write"], ["hostPath /var to write"]),
        (["hostPath /var to write"], ["hostPath /var/log to read"], []),
        (["hostPath /var"], ["hostPath /var to write"], ["hostPath /var to write"]),
        (["SCC privileged"], ["SCC hostaccess"], []),
        (["SCC hostaccess"], ["SCC privileged"], ["SCC privileged"]),
        (["hostPID"], ["hostPID on 4.18"], []),
        (["hostPID on 4.18"], ["hostPID"], ["hostPID"]),
    ],
)
def test_what_opens_more_is_new(before: list[str], after: list[str], more: list[str]) -> None:
    assert new([finding(*before)], [finding(*after)]) == more


@pytest.mark.parametrize(
    ("before", "after", "is_new"),
    [
        (("service account shop/a",), ("service account shop/b",), True),
        (("service account shop/a", "service account shop/b"), ("service account shop/b",), False),
        (("group system:authenticated",), ("service account shop/a",), False),
        (("group system:serviceaccounts:shop",), ("service account shop/a",), False),
        (("group system:serviceaccounts:shop",), ("service account dev/a",), True),
        (("group system:serviceaccounts",), ("service account dev/a",), False),
        (("service account shop/a",), ("group system:serviceaccounts:shop",), True),
        (("service account shop/a",), (), False),
        ((), ("service account shop/a",), True),
    ],
)
def test_another_subject_is_new(before: tuple[str, ...], after: tuple[str, ...], is_new: bool) -> None:
    old, now = (replace(finding("SCC privileged"), subjects=subjects) for subjects in (before, after))
    assert bool(new([old], [now])) is is_new


@pytest.mark.parametrize(
    ("subject", "is_new"),
    [
        (Subject("apps/v1", "Deployment", "shop", "web", "side"), False),
        (Subject("apps/v1beta1", "Deployment", "shop", "web"), False),
        (Subject("apps/v1", "Deployment", "", "web"), False),
        (Subject("apps/v1", "Deployment", "dev", "web"), True),
        (Subject("apps/v1", "StatefulSet", "shop", "web"), True),
        (Subject("extensions/v1beta1", "Deployment", "shop", "web"), True),
        (Subject("apps/v1", "Deployment", "shop", "api"), True),
    ],
)
def test_another_object_is_new(subject: Subject, is_new: bool) -> None:
    old = finding("hostPID")
    assert bool(new([old], [replace(old, subject=subject)])) is is_new


def test_another_rule_is_new_and_another_place_is_not() -> None:
    old = finding("hostPID")
    assert new([old], [replace(old, rule_id="SCC101")]) == ["hostPID"]
    assert new([old], [replace(old, span=Span("b.yaml", 9, 1, 9, 2), path=("spec",), message="n")]) == []


def test_it_is_counted_over_units_but_once_for_the_views_of_a_chart() -> None:
    views = [Unit(f"c#{view}", "chart", "c", (), "") for view in "abc"]
    one, more = finding("hostPID", units=["c#a"]), finding("hostPID", units=["c#a", "c#b", "c#c"])
    assert new([one], [more], views) == []
    assert new([one], [more]) == ["hostPID", "hostPID"]
    # An object of another view may be reported by itself.
    assert new([one], [finding("hostPID", units=[f"c#{view}"]) for view in "abc"], views) == []
    assert new([one], [finding("hostPID", units=["c#a"])] * 2, views) == ["hostPID"]
    deployed = [replace(view, deployment=Deployment("Application", "web")) for view in views]
    assert new([one], [more], deployed) == ["hostPID", "hostPID"]


@pytest.mark.parametrize("order", [["shown", "unknown", "built", "applied"]])
def test_what_is_applied_more_surely_is_new(order: list[Applied]) -> None:
    for before in order:
        for after in order:
            surer = order.index(after) > order.index(before)
            assert bool(new([finding("hostPID", applied=before)], [finding("hostPID", applied=after)])) is surer
    both = [finding("hostPID", applied="shown"), finding("hostPID", applied="applied")]
    assert new(both, both[::-1]) == []
    assert new(both, [both[1], both[1]]) == ["hostPID"]


def test_an_object_may_open_what_another_one_is_reported_for() -> None:
    namespace = ("Namespace", "", "kube-system")
    web, api = (
        replace(finding("no SCC", name=name), openings=(Opening(".", ("no SCC",), of=namespace),)) for name in ("web", "api")
    )
    assert new([web], [api]) == []


def test_slots_name_the_findings() -> None:
    found = slots([finding("hostPID"), finding("hostPID", "privileged")], {})
    consequence = Consequence("SCC102", "apps", "Deployment", "shop", "web", "hostPID")
    assert [slot.findings for slot in found if slot.consequence == consequence] == [(0,), (1,)]


def test_a_fingerprint_survives_moves_and_new_words_alone() -> None:
    old = [finding("hostPID"), finding("hostPID"), finding("hostPID", name="api"), finding("hostPID", "hostPID")]
    prints = fingerprints(old)
    assert len(set(prints)) == 4
    assert [text.partition(":")[2] for text in prints] == ["1", "2", "1", "3"]
    moved = [replace(one, span=Span("b.yaml", 9, 1, 9, 2), message="n") for one in old]
    assert fingerprints(moved) == prints
    assert fingerprints([finding("hostPID", "privileged")]) != prints[:1]
    assert fingerprints([replace(old[0], subjects=("group a",))]) != prints[:1]
