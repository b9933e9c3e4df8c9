"""Switches in the values of a chart: those for OpenShift, those of helpers that need privileges, and those of rights in the cluster.

No chart is known by its name. The name of a switch makes it worth a try, and only rendering the chart with it shows what it does.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from scclint.deploy.origins.charts import references
from scclint.deploy.origins.comparisons import Comparisons
from scclint.deploy.origins.template_lines import ACTION
from scclint.files import is_below
from scclint.finding import Append, Finding, Operation, Path, Safety, Set
from scclint.limits import MAX_SWITCHES_TRIED
from scclint.objects.documents import is_helm_template
from scclint.objects.documents.document import Document
from scclint.objects.types import Workload
from scclint.outcome.world import World
from scclint.platform.terms import SERVICE_ACCOUNT_PREFIX, namespace_name
from scclint.record import grouped, replace
from scclint.remedy.edit_effects import effect, elsewhere, outcomes_disprove, rights
from scclint.remedy.prove import identity
from scclint.remedy.template_edits import conditions
from scclint.remedy.workbench import EditTrial, Occurrence, Workbench
from scclint.run.check import subject_of
from scclint.run.judge import open_unit
from scclint.text import and_more, listed, plain
from scclint.yaml.edit import EditRefused
from scclint.yaml.untyped import value_at

_OPENSHIFT = re.compile(r"openshift|scc\b|securitycontextconstraint", re.IGNORECASE)
_PLATFORM = re.compile(r"openshift|^ocp\d?$|^okd$", re.IGNORECASE)
"""The names of platforms with SCCs, with which templates compare values."""
_HELPER = re.compile(
    r"securitycontext\.enabled$|sysctl|permission|chown|privileged|maxmapcount|host(?:network|path|pid|ipc)", re.IGNORECASE
)
_WIDE = re.compile(r"cluster(?:wide|scope|role)|allnamespaces|privileged|hostaccess", re.IGNORECASE)
_NARROW = re.compile(
    r"namespaced$|namespacescope|singlenamespace|ownnamespace|usenamespacedrole|\bscoped?(?:\.enabled)?$", re.IGNORECASE
)
_NAMESPACES = re.compile(r"(?:watch(?:ed)?|scoped?|target)\.?namespaces?$|\bnamespaces$", re.IGNORECASE)
"""The names of values that list the namespaces in which a program works: all, if they are empty."""
_ONE_NAMESPACE = "my-namespace"
"""What is written there if the namespace of the release is not known."""
_READ = re.compile(r"\.Values\)?((?:\.\w+\)?)*)\.openshift\b(?!\.)|\bdig\s+\"openshift\"\s+\w+\s+\(?\.Values((?:\.\w+)*)")
"""What reads a value called `openshift`, also with parentheses for a mapping that may be absent: `((.Values).global).openshift`."""
_GRANT = re.compile(r"\bSecurityContextConstraints\b|\bsystem:openshift:scc:")
_UNDECIDED = frozenset(("auto", "detect", "disable", "disabled", "false", "no", "none", "off"))
_ON = ("force", "enabled", "true")
_GLOBAL = "global"
_BESIDE = 4
"""What a switch does besides that is named."""


class Switch(NamedTuple):
    """Values to set together."""

    settings: tuple[Set | Append, ...]

    @property
    def title(self) -> str:
        """What to do in a file of values."""
        return f"write {listed([f'{value} for {name}' for name, value in self._named])}"

    @property
    def values(self) -> str:
        """The values in short: `global.openshift: true`."""
        return listed([f"{name}: {value}" for name, value in self._named])

    @property
    def _named(self) -> list[tuple[str, str]]:
        written = ((setting, plain(setting.value)) for setting in self.settings)
        return [(".".join(map(str, s.path)), f"[{text}]" if isinstance(s, Append) else text) for s, text in written]


def switches_of_rights(bench: Workbench) -> list[Switch]:
    """Return the switches of a chart to try for a right in the whole cluster: those that limit it to namespaces or leave it out."""
    values, home = bench.session.values(bench.opened.unit).data, bench.opened.unit.deployment.namespace
    leaves = [(path, ".".join(map(str, path)).replace("_", ""), value) for path, value in _leaves(values)]
    limiting: list[Set | Append] = [
        Set(path, not value)
        for path, name, value in leaves
        if isinstance(value, bool) and (_WIDE if value else _NARROW).search(name)
    ]
    named = namespace_name(home) or _ONE_NAMESPACE
    limiting += [
        Append(path, named) if isinstance(value, list) else Set(path, named)
        for path, name, value in leaves
        if value in ("", []) and _NAMESPACES.search(name)
    ]
    return [Switch((setting,)) for setting in limiting[:MAX_SWITCHES_TRIED]]


def _leaves(values: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    for key, value in values.items() if isinstance(values, Mapping) else ():
        at = (*path, str(key))
        if isinstance(value, Mapping):
            yield from _leaves(value, at)
        else:
            yield at, value


def switches(bench: Workbench, document: Document, *, for_openshift: bool) -> list[Switch]:
    """Return the switches of a chart to try for a document: those for OpenShift, or else those of helpers, which are to be switched off.

    Those that the template of the document reads come first.
    """
    values = bench.session.values(bench.opened.unit)
    templates = _templates(bench)
    named, platforms = [*_named(values.data)], [*_platforms(templates, values.data)]
    origin = bench.opened.inputs.origins.get((document.file, document.source))
    template = os.path.relpath(origin.file, bench.opened.unit.path) if origin is not None and origin.entry is None else ""
    read = {_values_path(template, keys) for keys in references(templates.get(template, ""))}
    alone = [*_unwritten(templates, values.data)] if for_openshift else []
    alone += [setting for setting in named if (setting.value is not False) is for_openshift]
    alone += [setting for setting, _ in platforms] if for_openshift else []
    alone.sort(key=lambda setting: setting.path not in read)
    found: list[tuple[Set, ...]] = [(setting,) for setting in alone]
    if for_openshift:
        found += [(setting, more) for setting, file in platforms for more in _granting(file, templates, values.data)]
    else:
        # A helper can be one of several reasons, and the platform settles the others.
        found = [more for one in found for more in (one, *((setting, *one) for setting, _ in platforms[:1]))]
    return [Switch(settings) for settings in found[:MAX_SWITCHES_TRIED]]


def switch_of_conditions(bench: Workbench, result: Occurrence, operations: Sequence[Operation]) -> Switch:
    """Return the switch that turns off what templates write these fields for. Raises EditRefused if they write one without such a value."""
    values = bench.session.values(bench.opened.unit).data
    settings: dict[Set, None] = {}
    for file, around in conditions(bench, result, operations):
        template = os.path.relpath(file, bench.opened.unit.path)
        tested = (match[1].split(".") for action in around if (match := re.fullmatch(_ONE_VALUE, action)))
        on = (path for keys in tested if value_at(values, path := _values_path(template, keys)) is True)
        path = next(on, ())
        if not path:
            raise EditRefused("no value of the chart leaves the field out")
        settings[Set(path, False)] = None
    return Switch(tuple(settings))


_ONE_VALUE = r"\{\{-?\s*if\s+\$?\.Values\.([\w.]+)\s*-?\}\}"
"""A condition that tests one value."""


def _named(values: Any) -> Iterator[Set]:
    """The switches that their names tell."""
    for at, value in _leaves(values):
        name = ".".join(map(str, at)).replace("_", "")
        if isinstance(value, str):
            yield from (Set(at, word) for word in _ON if _OPENSHIFT.search(name) and value.casefold() in _UNDECIDED)
        elif (value is False and _OPENSHIFT.search(name)) or (value is True and _HELPER.search(name)):
            yield Set(at, not value)


def _unwritten(templates: Mapping[str, str], values: Any) -> Iterator[Set]:
    """The switches for OpenShift that templates read, and that the values do not have."""
    read = ((file, match) for file, text in templates.items() for match in _READ.finditer(text))
    paths = (_values_path(file, (*re.findall(r"\w+", match[1] or match[2] or ""), "openshift")) for file, match in read)
    yield from (Set(path, True) for path in dict.fromkeys(paths) if value_at(values, path) is None)


def _platforms(templates: Mapping[str, str], values: Any) -> Iterator[tuple[Set, str]]:
    """The values that templates compare with the name of a platform, each set to that, with the first template that does.

    A template with a grant of an SCC comes before others.
    """
    found: dict[Set, str] = {}
    compared = Comparisons(templates).with_word(_PLATFORM)
    for comparison in sorted(compared, key=lambda comparison: _GRANT.search(templates[comparison.file]) is None):
        path = _values_path(comparison.file, comparison.keys)
        value = value_at(values, path)
        if (value is None or isinstance(value, str)) and value != comparison.word:
            found.setdefault(Set(path, comparison.word), comparison.file)
    yield from found.items()


def _granting(file: str, templates: Mapping[str, str], values: Any) -> Iterator[Set]:
    """The values that are off and that conditions of a template with a grant of an SCC ask for."""
    actions = ACTION.finditer(templates[file]) if _GRANT.search(templates[file]) else ()
    conditions = (action[0] for action in actions if re.match(r"\{\{-?\s*(?:else\s+)?if\b", action[0]))
    paths = dict.fromkeys(_values_path(file, keys) for condition in conditions for keys in references(condition))
    yield from (Set(path, True) for path in paths if value_at(values, path) is False)


def _templates(bench: Workbench) -> Mapping[str, str]:
    """The templates of the chart and of the charts below it, by path from the chart."""
    unit, session = bench.opened.unit, bench.session

    def read() -> Mapping[str, str]:
        files = (file for file in session.outline.files if is_below(file, unit.path) and is_helm_template(file))
        return {os.path.relpath(file, unit.path): session.outline.text(file) for file in files}

    return session.memo((_templates, unit.path), read)


def _values_path(file: str, keys: Sequence[str]) -> Path:
    """Where the values of the chart have what a template calls `.Values` with these keys."""
    folders = file.partition("/templates/")[0].split("/")
    inside = [name for before, name in pairwise(folders) if before == "charts"] if keys[0] != _GLOBAL else []
    return (*inside, *keys)


def with_texts(bench: Workbench, texts: Mapping[str, str]) -> Workbench | None:
    """Return the unit that comes out with texts in place of files; None if that is what comes out without them.

    Raises EditRefused if they do not render.
    """
    session, unit = bench.session, bench.opened.unit
    made = session.edited_rendering(unit, texts)
    if made.error:
        raise EditRefused(f"the edited files do not render: {made.error}")
    if made.text == session.rendered.renderings[unit.name].text:
        return None
    after = session.with_rendering(unit, made)
    return Workbench(open_unit(unit, after), after)


def prove_switch(before: Workbench, after: Workbench, finding: Finding, result: Occurrence | None) -> tuple[Safety, str, str]:
    """Return how far the pods differ with a switch, what becomes of those that the finding is about, and what else the switch does.

    A switch may add objects, also such that grant SCCs. It is then advice, and the words name the grants and what is wrong with them.
    Raises EditRefused if the finding stays or harm is done.
    """
    was, now = (Counter(map(identity, bench.findings)) for bench in (before, after))
    if result is not None and now[identity(result.finding)] >= was[identity(result.finding)]:
        raise EditRefused("the problem would stay")
    kept = {subject_of(workload): workload for workload in after.opened.workloads}
    pairs = [(workload, kept.get(subject_of(workload))) for workload in before.opened.workloads]
    granted = grouped(grant for release, world in after.worlds.items() for grant in _new_grants(before.worlds[release], world))
    _refuse_loss(before, after, pairs, result)
    # What becomes of the pods with the finding is said first.
    pairs.sort(key=lambda pair: result is None or pair[0] is not result.subject)
    found = tuple((old, new) for old, new in pairs if new is not None)
    # The grants are named by themselves.
    trial = EditTrial((), found, after.worlds, (), (), only_workloads=bool(granted))
    # The words name what is granted, so that the access is no other harm.
    harmless = {"advice", "access"} if granted else {"advice"}
    reported = {str(rule) for rule, heading, *_ in now - was if heading not in harmless}
    harm = [*outcomes_disprove(before, result, trial), *(f"{rule} would be reported" for rule in sorted(reported))]
    if harm and not granted:
        raise EditRefused(harm[0])
    safety, words = effect(before, replace(trial, only_workloads=not granted), needs_review=False)
    words = " ".join([words, *elsewhere(before, trial)])
    if result is not None and not isinstance(result.subject, Workload):
        safety, words = "advice", "Decide whether the program works without these rights in the whole cluster."
    grants = [f"{user} may use SCC {listed(dict.fromkeys(sccs))}" for user, sccs in granted.items()]
    return safety, words, f"With it, {and_more([*grants, *harm], _BESIDE)}." if granted else ""


def _refuse_loss(
    before: Workbench, after: Workbench, pairs: Sequence[tuple[Workload, Workload | None]], result: Occurrence | None
) -> None:
    """Raise EditRefused if a switch takes a workload away, or the cluster then rejects a pod that ran, or that the switch is to admit."""
    for release, world in after.worlds.items():
        for old, new in pairs:
            must_run = before.worlds[release].outcome(old).created is not False or (result and old is result.subject)
            if new is None or (must_run and world.outcome(new).created is False):
                raise EditRefused(f"{old.named} would be gone, or its pod rejected")


def _new_grants(before: World, after: World) -> Iterator[tuple[str, str]]:
    """Yield the users that may use an SCC in the second of two worlds alone, each with the SCC. An account is called by its name."""
    was_allowed = rights(before.cluster)
    # Who may use every SCC may also use one that the chart adds.
    sccs = before.cluster.sccs.keys()
    unlimited = {user for user, allowed in grouped((user, scc) for user, _, scc in was_allowed).items() if sccs <= {*allowed}}
    for user, _, scc in sorted(right for right in rights(after.cluster) - was_allowed if right[0] not in unlimited):
        yield user.removeprefix(SERVICE_ACCOUNT_PREFIX).rpartition(":")[2], scc
