"""Switches in the values of a chart: those for OpenShift, and those of helpers that need privileges.

No chart is known by its name. The name of a switch makes it worth a try, and only rendering the chart with it shows what it does.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from scclint.advice.effects import admission_effect, asked, process_effect
from scclint.finding import Finding, Path, Safety, Scalar, Set, Severity
from scclint.limits import MAX_SWITCHES_TRIED
from scclint.model.object import Workload
from scclint.model.terms import SERVICE_ACCOUNT_PREFIX
from scclint.remedy.chart import in_values
from scclint.remedy.outcomes import outcome_disproves, rights
from scclint.remedy.prove import identity
from scclint.remedy.workbench import FileEdit, Occurrence, Workbench
from scclint.run.judge import open_unit
from scclint.text import and_more, capitalized, listed
from scclint.units.helm.trace import ViewValues
from scclint.yaml.edit import EditRefused, edit

_OPENSHIFT = re.compile(r"openshift|scc\b|securitycontextconstraint", re.IGNORECASE)
_PLATFORM = re.compile(r"(?:platform|distribution|distro|flavou?r|clustertype)$", re.IGNORECASE)
_HELPER = re.compile(r"sysctl|permission|chown|privileged|maxmapcount|host(?:network|path|pid|ipc)", re.IGNORECASE)
_UNDECIDED = frozenset(("auto", "detect", "disable", "disabled", "false", "no", "none", "off"))
_ON = ("force", "enabled", "true")


class Switch(NamedTuple):
    """A value to set in a values file, with the path of its key."""

    file: str
    path: Path
    value: Scalar


def switches(bench: Workbench) -> list[Switch]:
    """Return the switches of a chart that are off, those for OpenShift first."""
    values = ViewValues(bench.opened.unit, bench.session.outline)
    found = sorted(_named(values.data), key=lambda switch: switch[1] is False)
    return [Switch(values.files[0], path, value) for path, value in found[:MAX_SWITCHES_TRIED]]


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
            where = in_values([setting], document)
            return FileEdit({switch.file: edited.text}, edited.needs_review, where), Workbench(open_unit(unit, after), after)
    return None


def prove_switch(before: Workbench, after: Workbench, finding: Finding, result: Occurrence | None) -> tuple[Safety, str]:
    """Return how far the pods differ with a switch, and that in words. Raises EditRefused if the finding stays or harm is done.

    A switch may add objects, also such that grant SCCs. It is then advice, and the words name the grants and what is wrong with them.
    """
    kept = {_key(workload): workload for workload in after.opened.workloads}
    was, now = (Counter(map(identity, bench.findings)) for bench in (before, after))
    if result is not None and now[identity(result.finding)] >= was[identity(result.finding)]:
        raise EditRefused("the problem would stay")
    new = sorted({str(rule) for rule, severity, *_ in now - was if severity is Severity.ERROR})
    harm = dict.fromkeys(f"{rule} would be reported" for rule in new)
    words: dict[str, None] = {}
    lost: dict[str, None] = {}
    granted: dict[str, dict[str, None]] = {}
    for release, world in after.worlds.items():
        for subject, _, scc in sorted(rights(world.cluster) - rights(before.worlds[release].cluster)):
            granted.setdefault(scc, {})[subject.removeprefix(SERVICE_ACCOUNT_PREFIX).rpartition(":")[2]] = None
        for workload in before.opened.workloads:
            if _key(workload) not in kept:
                raise EditRefused(f"{workload.named} would be gone")
            old, then = before.worlds[release].outcome(workload), world.outcome(kept[_key(workload)])
            target = result is not None and workload is result.subject
            if then.created is False and (target or old.created is not False):
                raise EditRefused(f"the pod of {workload.named} would be rejected")
            harm |= dict.fromkeys(outcome_disproves(old, then, world, must_admit=target))
            words |= dict.fromkeys((admission_effect(old, then), process_effect(world, old, then)) if target else ())
            demands = [asked(o.verdict.submitted, world.cluster.kubernetes_minor) for o in (old, then) if o.verdict is not None]
            lost |= dict.fromkeys(demand for demand in demands[0] if demand not in demands[-1]) if demands else {}
    if harm and not granted:
        raise EditRefused(next(iter(harm)))
    clauses = [*words]
    for users in dict.fromkeys(map(tuple, granted.values())):
        sccs = [scc for scc, holders in granted.items() if tuple(holders) == users]
        clauses.append(f"SCC {listed(sccs)} may then be used by {and_more(users, 4)}")
    clauses += [f"also consider: {and_more(harm, 2)}"] if harm else []
    clauses += [f"decide whether the program works without {listed(lost)}"] if lost else []
    effect = " ".join(f"{capitalized(clause)}." for clause in clauses if clause)
    return "advice" if granted or lost else "unsafe", effect or "The pods differ after admission."


def _key(workload: Workload) -> tuple[str, str, str, str]:
    return workload.kind, workload.namespace, workload.name, workload.part
