"""Switches in the values of a chart: those for OpenShift, and those of helpers that need privileges.

No chart is known by its name. The name of a switch makes it worth a try, and only rendering the chart with it shows what it does.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from scclint.finding import Finding, Path, Safety, Scalar, Set, Severity
from scclint.limits import MAX_SWITCHES_TRIED
from scclint.load.document import Document
from scclint.model.terms import SERVICE_ACCOUNT_PREFIX
from scclint.record import replace
from scclint.remedy.chart import as_values
from scclint.remedy.edit_effects import effect, outcomes_disprove, rights
from scclint.remedy.prove import identity
from scclint.remedy.workbench import EditTrial, FileEdit, Occurrence, Workbench
from scclint.run.check import subject_of
from scclint.run.judge import open_unit
from scclint.text import and_more, listed
from scclint.yaml.edit import EditRefused, edit
from scclint.yaml.nodes import locate

_OPENSHIFT = re.compile(r"openshift|scc\b|securitycontextconstraint", re.IGNORECASE)
_PLATFORM = re.compile(r"(?:platform|distribution|distro|flavou?r|clustertype)$", re.IGNORECASE)
_HELPER = re.compile(
    r"securitycontext\.enabled$|sysctl|permission|chown|privileged|maxmapcount|host(?:network|path|pid|ipc)", re.IGNORECASE
)
_UNDECIDED = frozenset(("auto", "detect", "disable", "disabled", "false", "no", "none", "off"))
_ON = ("force", "enabled", "true")


class Switch(NamedTuple):
    """A value to set in a values file, with the path of its key."""

    file: str
    path: Path
    value: Scalar


def switches(bench: Workbench, document: Document, *, for_openshift: bool) -> list[Switch]:
    """Return the switches of a chart to try for a document: those for OpenShift, or else those of helpers, which are to be switched off.

    Those that the template of the document reads come first.
    """
    values = bench.session.values(bench.opened.unit)
    found = [(path, value) for path, value in _named(values.data) if (value is not False) is for_openshift]
    origin = bench.opened.inputs.origins.get((document.file, document.source))
    template = bench.text(origin.file) if origin is not None and origin.entry is None else ""
    found.sort(key=lambda switch: re.search(rf"\.Values\.{re.escape('.'.join(map(str, switch[0])))}\b", template) is None)
    return [Switch(values.files[0], path, value) for path, value in found[:MAX_SWITCHES_TRIED]] if values.files else []


def _named(values: Any, path: Path = ()) -> Iterator[tuple[Path, Scalar]]:
    for key, value in values.items() if isinstance(values, Mapping) else ():
        at = (*path, str(key))
        name = ".".join(map(str, at))
        if isinstance(value, Mapping):
            yield from _named(value, at)
        elif isinstance(value, str):
            on = _ON if _OPENSHIFT.search(name) and value.casefold() in _UNDECIDED else ()
            yield from ((at, word) for word in (*on, *(["openshift"] if _PLATFORM.search(name) and value else [])))
        elif (value is False and _OPENSHIFT.search(name)) or (value is True and _HELPER.search(name)):
            yield at, not value


def with_switch(bench: Workbench, switch: Switch) -> tuple[FileEdit, Workbench] | None:
    """Return the edit that sets a switch, and the unit that then comes out; None if that is what comes out without it, or nothing."""
    session, unit = bench.session, bench.opened.unit
    document = bench.document(switch.file)
    if document is None:
        return None
    setting = Set(switch.path, switch.value)
    with suppress(EditRefused):
        edited = edit(bench.text(switch.file), document.index, [setting])
        made = session.edited_rendering(unit, {switch.file: edited.text})
        if not made.error and made.text != session.rendered.renderings[unit.name].text:
            after = session.with_rendering(unit, made)
            where = f"{'.'.join(map(str, switch.path))} in {switch.file}{_line(document, switch.path)}{as_values([setting])}"
            return FileEdit({switch.file: edited.text}, edited.needs_review, where), Workbench(open_unit(unit, after), after)
    return None


def _line(document: Document, path: Path) -> str:
    span, written = locate(document.root, path) if document.root is not None else (None, False)
    return f", line {span.line}" if span is not None and written else ""


def prove_switch(before: Workbench, after: Workbench, finding: Finding, result: Occurrence | None) -> tuple[Safety, str]:
    """Return how far the pods differ with a switch, and that in words. Raises EditRefused if the finding stays or harm is done.

    A switch may add objects, also such that grant SCCs. It is then advice, and the words name the grants and what is wrong with them.
    """
    was, now = (Counter(map(identity, bench.findings)) for bench in (before, after))
    if result is not None and now[identity(result.finding)] >= was[identity(result.finding)]:
        raise EditRefused("the problem would stay")
    kept = {subject_of(workload): workload for workload in after.opened.workloads}
    pairs = [(workload, kept.get(subject_of(workload))) for workload in before.opened.workloads]
    granted: dict[str, dict[str, None]] = {}
    for release, world in after.worlds.items():
        for user, _, scc in sorted(rights(world.cluster) - rights(before.worlds[release].cluster)):
            granted.setdefault(user.removeprefix(SERVICE_ACCOUNT_PREFIX).rpartition(":")[2], {})[scc] = None
        for old, new in pairs:
            must_run = before.worlds[release].outcome(old).created is not False or (result and old is result.subject)
            if new is None or (must_run and world.outcome(new).created is False):
                raise EditRefused(f"{old.named} would be gone, or its pod rejected")
    found = tuple((old, new) for old, new in pairs if new is not None)
    # The grants are named by themselves.
    trial = EditTrial((), found, after.worlds, (), (), only_workloads=bool(granted))
    reported = {str(rule) for rule, severity, *_ in now - was if severity is not Severity.INFO}
    harm = [*outcomes_disprove(before, result, trial), *(f"{rule} would be reported" for rule in sorted(reported))]
    if harm and not granted:
        raise EditRefused(harm[0])
    safety, words = effect(before, replace(trial, only_workloads=not granted), needs_review=False)
    grants = [f"{user} may use SCC {listed(sccs)}" for user, sccs in granted.items()]
    return safety, f"{words} With it, {and_more([*grants, *harm], 6)}." if granted else words
