"""Prove a remedy: judge the edited unit, and check what a fix must never do.

The finding must go because the pods change, not because the rule no longer looks. Nothing new may appear that weighs as much. Every
pod that was admitted stays admitted, with a profile and without more of the node, and no other workload changes.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Any

from scclint.finding import Finding, Safety, Severity
from scclint.record import record
from scclint.remedy.draft import OFF_BY_DEFAULT, OPTIONAL, Remedy
from scclint.remedy.effect import effect
from scclint.remedy.obligations import outcomes_disprove
from scclint.remedy.workbench import Basis, Edit, Trial, Workbench, place_of
from scclint.text import listed
from scclint.yaml.edit import EditRefused, changed_data
from scclint.yaml.nodes import to_data

NEEDLESS_GRANT = "RBA403"
"""The rule about grants that no workload needs."""


@record
class Disproved:
    """Why a remedy is not shown, as a clause."""

    why: str


@record
class Proved:
    """A remedy that holds in a unit: how far the pods differ after admission, and that in words."""

    safety: Safety
    effect: str


def prove(bench: Workbench, finding: Finding, basis: Basis | None, remedy: Remedy, edit: Edit) -> Proved | Disproved:
    """Judge the unit with the edit that carries a remedy out.

    Without a basis, the unit does not have the finding, and the edit must only do no harm there.
    """
    try:
        trial = bench.try_out(edit)
    except EditRefused as refused:
        return Disproved(str(refused))
    if not trial.documents:
        return Disproved("the edit changes nothing") if basis else Proved("safe", "The pods are the same after admission.")
    checks = chain(
        _intention_disproves(basis, remedy, trial, built=bench.opened.unit.rendered) if basis else (),
        _findings_disprove(finding, basis, trial),
        outcomes_disprove(bench, basis, trial),
    )
    for why in checks:
        return Disproved(why)
    safety, words = effect(bench, trial, needs_review=edit.needs_review)
    if needless := _needless_grants(finding, trial):
        words += f" Afterwards, {listed(needless)} {'is' if len(needless) == 1 else 'are'} not needed."
    return Proved(safety, words)


def _intention_disproves(basis: Basis, remedy: Remedy, trial: Trial, *, built: bool) -> Iterator[str]:
    """Whether the document of the finding is not as the remedy means it."""
    new = next((new for old, new in trial.documents if old is basis.document), None)
    if new is None:
        yield "the edit does not change the object"
    elif built:
        intended = to_data(basis.document.root)
        for operation in remedy.operations:
            intended = changed_data(intended, operation)
        if _comparable(intended) != _comparable(to_data(new.root)):
            yield "the edit would not have this effect alone on the object"


def _comparable(data: Any) -> Any:
    """The data without what means nothing: nulls, empty holders, switches that are off, and annotations for the content of other
    objects, which Helm may fill with new passwords each time.
    """
    if isinstance(data, list):
        return [_comparable(item) for item in data]
    if not isinstance(data, dict):
        return data
    found = {key: _comparable(value) for key, value in data.items() if not str(key).startswith("checksum/")}
    return {key: value for key, value in found.items() if not _means_nothing(key, value)}


def _means_nothing(key: object, value: Any) -> bool:
    return value is None or (key in OPTIONAL and not value) or (key in OFF_BY_DEFAULT and value is False)


def _findings_disprove(finding: Finding, basis: Basis | None, trial: Trial) -> Iterator[str]:
    own = [other for other in trial.before if place_of(other) == place_of(finding)]
    before = Counter(map(_identity, trial.before))
    after = Counter(map(_identity, trial.after))
    if basis is not None:
        if not own:
            yield "the finding is not in the edited document"
            return
        # Findings about two fields that an object lacks have one place, that of the object.
        left = [other.message for other in trial.after if place_of(other) == place_of(finding)]
        stays = finding.message in left or len(left) >= len(own)
        if stays or after[_identity(own[0])] >= before[_identity(own[0])]:
            yield "the problem would stay"
    worst = own[0].severity.rank if own else finding.severity.rank
    needless = _needless_grants(finding, trial)
    for new in trial.after:
        weighs = new.severity is Severity.ERROR or new.severity.rank <= worst
        if weighs and after[_identity(new)] > before[_identity(new)] and str(new.subject) not in needless:
            yield f"{new.rule_id} ({new.rule_name}) would be reported for {new.subject}"


def _needless_grants(finding: Finding, trial: Trial) -> list[str]:
    """The grants that nothing needs once the pods are admitted without them. The fix names them, and their author removes them."""
    if not trial.only_workloads or finding.rule_id == NEEDLESS_GRANT:
        return []
    before, after = (
        {str(one.subject) for one in found if one.rule_id == NEEDLESS_GRANT} for found in (trial.before, trial.after)
    )
    return sorted(after - before)


def _identity(finding: Finding) -> tuple[object, ...]:
    return finding.rule_id, finding.severity, finding.span.file, finding.subject
