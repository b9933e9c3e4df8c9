"""Prove a remedy: judge the edited unit, and check what a fix must never do.

The finding must go because the pods change, not because the rule no longer looks. Nothing new may appear that weighs as much. Every
pod that was admitted stays admitted, with a profile and without more of the node, and no other workload changes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import chain
from typing import Any, NamedTuple

from scclint.advice.draft import OFF_BY_DEFAULT, OPTIONAL
from scclint.deploy.unit import Unit
from scclint.finding import Finding, Remedy, Safety, Severity
from scclint.record import replace
from scclint.remedy.edit_effects import effect, elsewhere, outcomes_disprove
from scclint.remedy.workbench import EditTrial, FileEdit, Occurrence, Workbench, place_of
from scclint.text import listed
from scclint.yaml.edit import EditRefused, changed_data
from scclint.yaml.nodes import to_data

NEEDLESS_GRANT = "RBA403"
"""The rule about grants that no workload needs."""


class Proof(NamedTuple):
    """How far the pods differ after admission, that in words, and sentences on what becomes of them on platforms without SCCs."""

    safety: Safety
    effect: str
    elsewhere: Sequence[str] = ()


def prove(bench: Workbench, finding: Finding, result: Occurrence | None, remedy: Remedy, edit: FileEdit) -> Proof:
    """Judge the unit with the edit that carries a remedy out.

    Without a result, the unit does not have the finding, and the edit must only do no harm there. Raises EditRefused if the remedy is
    not to be shown.
    """
    trial = bench.try_out(edit)
    if not trial.documents:
        if result is not None:
            raise EditRefused("the edit changes nothing")
        return Proof("safe", "The pods are the same after admission.")
    checks = chain(
        _intention_disproves(result, remedy, trial, bench.opened.unit) if result else (),
        _findings_disprove(finding, result, trial),
        outcomes_disprove(bench, result, trial),
    )
    for why in checks:
        raise EditRefused(why)
    if bench.opened.unit.kind == "chart" and result is not None:
        # The trial may be one of the edits for several findings.
        trial = replace(trial, pairs=tuple(pair for pair in trial.pairs if pair[0] is result.subject) or trial.pairs)
    safety, words = effect(bench, trial, needs_review=edit.needs_review)
    words = " ".join([words, *_needless_in_words(_needless_grants(finding, trial))])
    if reported := _new_warnings(finding, trial):
        words += f" With it, {listed(reported)} {'is' if len(reported) == 1 else 'are'} reported."
    return Proof(safety, words, elsewhere(bench, trial))


def _needless_in_words(grants: Mapping[str, Finding]) -> Iterator[str]:
    """Say what of grants is needless afterwards: bindings, or a subject of one that has others. A rule of a role may give other rights."""
    needless = [grant for grant, told in grants.items() if _removes(told, "the binding")]
    if needless:
        yield f"Afterwards, {listed(needless)} {'is' if len(needless) == 1 else 'are'} not needed."
    for grant, told in grants.items():
        if not _removes(told, "the binding") and not _removes(told, "the rule"):
            yield f"Afterwards, {grant} need not name {listed(told.subjects)}."


def _removes(needless: Finding, what: str) -> bool:
    return any(remedy.words.startswith(f"remove {what}") for remedy in needless.remedies[:1])


def _new_warnings(finding: Finding, trial: EditTrial) -> list[str]:
    """The rules with a warning about the object of a finding that is new with an edit, each with its name."""
    before, after = (Counter(map(identity, findings)) for findings in (trial.before, trial.after))
    return sorted(
        {
            f"{new.rule_id} ({new.rule_name})"
            for new in trial.after
            if new.severity is Severity.WARNING
            and (new.subject.kind, new.subject.name) == (finding.subject.kind, finding.subject.name)
            and after[identity(new)] > before[identity(new)]
        }
    )


def _intention_disproves(result: Occurrence, remedy: Remedy, trial: EditTrial, unit: Unit) -> Iterator[str]:
    """Whether the document of the finding is not as the remedy means it. Several fields of an object may come from one value of a chart."""
    new = next((new for old, new in trial.documents if old is result.document), None)
    if new is None:
        yield "the edit does not change the object"
    elif unit.rendered and unit.kind != "chart":
        intended = reduce(changed_data, remedy.operations, to_data(result.document.root))
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
    fields = {key: _comparable(value) for key, value in data.items() if not str(key).startswith("checksum/")}
    return {
        key: value
        for key, value in fields.items()
        if not (value is None or (key in OPTIONAL and not value) or (key in OFF_BY_DEFAULT and value is False))
    }


def _findings_disprove(finding: Finding, result: Occurrence | None, trial: EditTrial) -> Iterator[str]:
    same = [other for other in trial.before if place_of(other) == place_of(finding)]
    before = Counter(map(identity, trial.before))
    after = Counter(map(identity, trial.after))
    if result is not None:
        if not same:
            yield "the finding is not in the edited document"
            return
        # Findings about two fields that an object lacks have one place, that of the object.
        messages = [other.message for other in trial.after if place_of(other) == place_of(finding)]
        stays = finding.message in messages or len(messages) >= len(same)
        if stays or after[identity(same[0])] >= before[identity(same[0])]:
            yield "the problem would stay"
    worst = same[0].rank if same else finding.rank
    needless = _needless_grants(finding, trial)
    for new in trial.after:
        weighs = new.kind == "access" or new.severity is Severity.ERROR or new.rank <= worst
        if (
            new.kind != "advice"
            and weighs
            and after[identity(new)] > before[identity(new)]
            and str(new.subject) not in needless
        ):
            yield f"{new.rule_id} ({new.rule_name}) would be reported for {new.subject}"


def _needless_grants(finding: Finding, trial: EditTrial) -> Mapping[str, Finding]:
    """The grants that nothing needs once the pods are admitted without them. The fix names them, and their author removes them."""
    if not trial.only_workloads or finding.rule_id == NEEDLESS_GRANT:
        return {}
    before, after = (
        {str(other.subject): other for other in findings if other.rule_id == NEEDLESS_GRANT}
        for findings in (trial.before, trial.after)
    )
    return {grant: after[grant] for grant in sorted(after.keys() - before.keys())}


def identity(finding: Finding) -> tuple[object, ...]:
    """What findings about the same subject have in common, whatever field they point to."""
    return finding.rule_id, finding.heading, finding.span.file, finding.subject
