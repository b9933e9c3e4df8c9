"""What `scclint explain` and `scclint suggest` answer about the workloads that a text names: for programs, and for both commands."""

import os
import re
from collections.abc import Callable, Iterable, Sequence

from scclint.admission.verdict import Candidate, Verdict
from scclint.config.model import Config, check_one_cluster
from scclint.deploy.unit import Unit
from scclint.errors import UsageError
from scclint.files.sources import Paths, StrPath
from scclint.linting import opened_run
from scclint.objects.types import Workload
from scclint.outcome.rows import WorkloadRow
from scclint.outcome.world import World
from scclint.platform.terms import UNSPECIFIED_NAMESPACE
from scclint.record import record, replace
from scclint.remedy import least_privilege
from scclint.remedy.least_privilege import Suggestion
from scclint.run.check import subject_of
from scclint.run.judge import OpenUnit, judge
from scclint.run.listed import LISTED, ListedWorkload
from scclint.run.named_workloads import Named, named_with, names
from scclint.run.shared import Run
from scclint.run.views import Viewed, viewed
from scclint.text import and_more
from scclint.yaml.untyped import several

_ACCOUNT = re.compile(r"(?:(?:serviceaccounts?|sa)/|system:serviceaccount:)([^/:]+)[/:]([^/:]+)")
"""A service account with its namespace, as `who-can --subject` takes it."""

_ACCOUNTS = ("serviceaccount", "serviceaccounts", "sa")

ListedUnits = Sequence[Viewed[tuple[ListedWorkload, ...]]]
"""The units of a run, with their workloads by name and place."""


@record
class ExplainedWorkload:
    """Why the pods of a workload get what they get, in one unit on one release.

    `row` is what `Report.rows` has of the workload, and `verdict` that of SCC admission with the candidates that it tried; None if it
    is not known, and `row.unknown` then says why. `candidates` are all SCCs in their order, each with what it would do with the pod if
    it were tried.
    """

    row: WorkloadRow
    verdict: Verdict | None
    candidates: tuple[Candidate, ...]

    def __repr__(self) -> str:
        row = self.row
        return f"ExplainedWorkload({row.kind} {row.name}, OpenShift {row.release}: scc={row.scc!r}, result={row.result!r})"


def explain(
    workload: StrPath, paths: Paths = (), config: Config | None = None, *, release: str | Iterable[str] = ()
) -> tuple[ExplainedWorkload, ...]:
    """Return why the workloads that a text names get their SCCs and profiles, as `scclint explain` does.

    `workload` is FILE, FILE:LINE or KIND/NAME. `paths` are more manifests that affect the verdict, and if `workload` names no file,
    those that have it; empty for the working directory. For `config` and `release`, see `lint`. A workload is returned once for each of
    its units and releases. Raises the errors of `lint`, and UsageError if there is no such workload.
    """
    what = os.fspath(workload)
    meant, named_paths = named_with(what, [os.fspath(path) for path in several(paths)])
    run = opened_run(named_paths, config, release)
    found = viewed(run, LISTED)
    opened, is_meant = meant_units(meant, found, run)
    answers = tuple(
        ExplainedWorkload(unit.row(world, one), world.outcome(one).verdict, world.outcomes.explain(one))
        for unit in opened
        for one in filter(is_meant, unit.workloads)
        for world in unit.worlds.values()
    )
    if not answers:
        raise no_such_workload(what, meant, found, run)
    return answers


def meant_units(meant: Named, found: ListedUnits, run: Run) -> tuple[list[OpenUnit], Callable[[Workload], bool]]:
    """Return the units that have a workload that an argument names, opened, and what says of a workload whether it is one of them."""
    if run.options.changes is None:
        return [one.open(run) for one in found if any(map(meant.is_meant, one.value))], meant.is_meant
    opened = [one.open(run) for one in found]
    of_part = {id(workload) for unit in opened for workload in _of_part(unit, run, meant)}
    return opened, lambda workload: id(workload) in of_part


def no_such_workload(what: str, meant: Named, found: ListedUnits, run: Run) -> UsageError:
    """Return the error for an argument that names no workload, with those that there are."""
    is_file = run.options.changes is None
    workloads = [workload for one in found for workload in one.value if is_file and meant.is_there(workload)]
    there = f"There are: {names(workloads)}." if workloads else "There are no workloads in the input."
    return UsageError(f"{_as_asked(what, meant)}: no such workload. {there}")


def _as_asked(what: str, meant: Named) -> str:
    """What an argument asks for: `web x` names the workload `web/x`."""
    return what if meant.path or "/" in what or not meant.kind else f"{meant.kind}/{meant.name}"


def _of_part(unit: OpenUnit, run: Run, meant: Named) -> list[Workload]:
    """The workloads of a unit that a part of its chart is about: those with a finding at the line, or that the template makes.

    All workloads of the unit for values, where no line is named or no finding is at it.
    """
    path = os.path.normpath(meant.path)
    named = [workload for workload in unit.workloads if replace(meant, path="", line=0).is_meant(workload)]
    findings = judge(unit, run).findings if meant.line else ()
    subjects = {
        (finding.subject.kind, finding.subject.name, finding.subject.part)
        for finding in findings
        for span in (finding.span, *(place.span for place in finding.related))
        if (os.path.normpath(span.file), span.line) == (path, meant.line)
    }
    if subjects:
        return [workload for workload in named if (workload.kind, workload.name, subject_of(workload).part) in subjects]
    made = [workload for workload in named if os.path.normpath(unit.edited(workload.place.span).file) == path]
    return made or named


def suggest(workload: StrPath, paths: Paths = (), config: Config | None = None, *, release: str = "") -> Suggestion:
    """Return the least SCC for the pods of a workload or service account with its grant, as `scclint suggest` does.

    `workload` is FILE, FILE:LINE, KIND/NAME or serviceaccount/NAME. For `paths`, see `explain`; for `config`, see `lint`. Raises the
    errors of `lint`, and UsageError if there is no such workload, if several are meant, or if no SCC can admit the pods.
    """
    asked = AskedWorkloads.of(os.fspath(workload), [os.fspath(path) for path in several(paths)])
    run = opened_run(asked.paths, config, release)
    check_one_cluster(run.config, "suggest")
    return suggested(asked, viewed(run, LISTED), run)


@record
class AskedWorkloads:
    """Whose pods a suggestion is for, as `what` names them, and the `paths` to look in.

    With `by_account` these are all workloads of a service account, in the namespace `home` if that is not empty.
    """

    what: str
    meant: Named
    paths: list[str]
    by_account: bool
    home: str

    @classmethod
    def of(cls, what: str, paths: Sequence[str]) -> "AskedWorkloads":
        """Return what an argument asks for. Raises UsageError if it names no workload and no account."""
        of_account = _ACCOUNT.fullmatch(what)
        meant, named_paths = named_with(f"sa/{of_account[2]}" if of_account else what, paths)
        return cls(what, meant, named_paths, meant.kind in _ACCOUNTS, of_account[1] if of_account else "")

    def numbers(self, one: Viewed[tuple[ListedWorkload, ...]], run: Run) -> list[int]:
        """Return which workloads of a unit the suggestion is for, by their 0-based numbers."""
        if run.options.changes is not None and not self.by_account:
            unit = one.open(run)
            of_part = set(map(id, _of_part(unit, run, self.meant)))
            return [number for number, workload in enumerate(unit.workloads) if id(workload) in of_part]
        return [number for number, workload in enumerate(one.value) if self._includes(workload)]

    def _includes(self, workload: ListedWorkload) -> bool:
        if self.home not in ("", workload.namespace):
            return False
        if self.by_account:
            return self.meant.is_there(workload) and workload.account == self.meant.name
        return self.meant.is_meant(workload)


def suggested(asked: AskedWorkloads, found: ListedUnits, run: Run) -> Suggestion:
    """Return the suggestion for the unit that most surely is applied. Raises UsageError if no single workload or account is meant."""
    chosen = [(one, number, one.value[number]) for one in found for number in asked.numbers(one, run)]
    _check_one_is_meant(asked, [w for _, _, w in chosen], [w for one in found for w in one.value])
    placed = [one for one in chosen if one[2].namespace != UNSPECIFIED_NAMESPACE] or chosen
    # Whoever asks because of a rejection means the unit in which something has to be granted.
    units = {one.unit.name: one.unit for one, _, _ in placed}
    answers: dict[str, Suggestion] = {}
    for one, number, _ in placed:
        if one.unit.name not in answers:
            unit = one.open(run)
            workloads = _of_account(unit.world, unit.workloads, unit.workloads[number], asked.by_account)
            answers[one.unit.name] = least_privilege.suggest(unit.world, *workloads)
    first = min(units, key=lambda name: (answers[name].kind == "usable", _is_unsure(units[name])))
    suggestion = answers[first]
    others = [name for name, other in sorted(answers.items()) if other.allowed != suggestion.allowed]
    if others:
        note = (
            f"this is for unit {first}; with --unit it is for another one, whose pods need another SCC: {and_more(others, 10)}"
        )
        suggestion = replace(suggestion, notes=(*suggestion.notes, note))
    return suggestion


def _is_unsure(unit: Unit) -> tuple[bool, bool]:
    """Whether nothing in the input deploys a unit, and whether no tool builds it: a suggestion is for the surest one."""
    return not unit.deployment.reason, unit.kind == "plain"


def _check_one_is_meant(asked: AskedWorkloads, chosen: Sequence[ListedWorkload], there: Sequence[ListedWorkload]) -> None:
    """Raise UsageError if an argument means no workload of those that are there, or several where it should mean one."""
    if not chosen:
        input_has = f"there are: {names(there)}" if there else "there are no workloads in the input"
        raise UsageError(f"{_as_asked(asked.what, asked.meant)}: no workload of the input is or uses it; {input_has}")
    if not asked.by_account and len({(w.kind, w.name) for w in chosen}) > 1:
        raise UsageError(f"{asked.what} has several workloads, {names(chosen)}: name one of them")


def _of_account(world: World, workloads: list[Workload], meant: Workload, by_account: bool) -> tuple[list[Workload], str, str]:
    """All workloads that run as the account of the one that is meant, with its namespace and name.

    Pods that name no account run as `default`, which they share with pods that nobody knows: a workload that is named gets an
    account of its own, for all of its pods.
    """
    namespace, account = world.namespace_of(meant), meant.pod.service_account
    same = [w for w in workloads if w.pod.service_account == account and world.namespace_of(w) == namespace]
    if account == "default" and not by_account:
        same = [w for w in same if (w.kind, w.name) == (meant.kind, meant.name)]
    return same, namespace, account
