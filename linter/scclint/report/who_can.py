"""`scclint who-can`: who may use an SCC or which SCCs a subject may use, by which grants, and who can get an SCC in another way."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from scclint.admission.verdict import Grant, ObjectRef, User
from scclint.cluster import Cluster
from scclint.cluster.escalation import Account, Escalation
from scclint.cluster.who_can import SubjectKind, acting_as
from scclint.finding import Related
from scclint.model.namespaces import ServiceAccount
from scclint.model.terms import UNSPECIFIED_NAMESPACE, members_of
from scclint.model.workload import Workload
from scclint.outcome.world import World
from scclint.record import record
from scclint.report.json_text import dump
from scclint.report.sanitize import visible_line
from scclint.report.summary import line_place
from scclint.report.table import table_with_remarks
from scclint.report.terminal import prose_width
from scclint.run.judge import OpenUnit
from scclint.source import Span
from scclint.text import and_more, counted, wrap

Json = dict[str, Any]
Subject = tuple[SubjectKind, str, str]
"""Kind, namespace (empty except for a service account) and name."""

_MOST_OWN = 8
"""How many subjects or SCCs of the release's own grants the text names. JSON has all of them."""

_MADE_BY_OPENSHIFT = frozenset(("default", "builder", "deployer"))
"""The service accounts of every project."""


@record
class Input:
    """What the input as a whole says of service accounts: those that it defines, and how many workloads run as each."""

    defined: Set[Account]
    workloads: Mapping[Account, int]


def read_input(opened: Iterable[OpenUnit]) -> Input:
    """Return what the units say of service accounts."""
    defined: set[Account] = set()
    workloads: dict[Account, set[tuple[str, int]]] = {}
    for unit in opened:
        world = next(iter(unit.worlds.values()))
        defined.update((world.namespace_of(account), account.name) for account in world.of(ServiceAccount))
        for workload in world.of(Workload):
            account = (world.namespace_of(workload), workload.pod.service_account)
            # Units may share a file.
            workloads.setdefault(account, set()).add((workload.file, workload.place.span.line))
    return Input(defined, {account: len(found) for account, found in workloads.items()})


@record
class PlacedWorld:
    """A world with the name of its unit. `trace` moves a place to the file that people edit."""

    unit: str
    world: World
    trace: Callable[[Span], Span]


Worlds = Sequence[PlacedWorld]


def of_scc(worlds: Worlds, known: Input, scc: str, namespace: str) -> Json:
    """Return who may use an SCC, as JSON values that schemas/who-can.json describes.

    `namespace` limits the answer to grants that count there; empty for all. Units with the same answer for a subject are one entry.
    Raises UsageError for an SCC that no unit knows.
    """
    there = [one for one in worlds if scc in one.world.cluster.sccs] or worlds[:1]
    subjects, ways = _Entries(), _Entries()
    for one in there:
        unit, world = one.unit, one.world
        for holder in world.cluster.who_can_use(scc, namespace or None):
            grants = [_grant(grant, scc, one) for grant in holder.grants]
            own = all(grant["installed"] for grant in grants)
            subjects.add({**_subject(holder.kind, holder.namespace, holder.name, known, own=own), "grants": grants}, unit)
        for subject in _subjects(world.cluster):
            for way in world.escalations(*subject, scc=scc):
                if not namespace or way.namespace in ("", namespace):
                    ways.add({**_named(*subject), **_way(way, one)}, unit)
    return {**_about(worlds, namespace), "scc": visible_line(scc), "subjects": subjects.found, "escalations": ways.found}


def of_subject(worlds: Worlds, subject: Subject, namespace: str) -> Json:
    """Return which SCCs a subject may use, by its name or a group that Kubernetes puts it in, and its ways to those that take the node."""
    user = acting_as(*subject)
    sccs, ways = _Entries(), _Entries()
    for one in worlds:
        unit, world = one.unit, one.world
        for scc in world.cluster.sccs:
            grants = [
                _grant(grant, scc, one)
                for holder in world.cluster.who_can_use(scc, namespace or None)
                if (holder.user_name and holder.user_name == user.name)
                or (holder.kind == "Group" and holder.name in user.groups)
                for grant in holder.grants
            ]
            if grants:
                sccs.add({"scc": visible_line(scc), "grants": grants}, unit)
        for way in world.escalations(*subject):
            if not namespace or way.namespace in ("", namespace):
                ways.add(_way(way, one), unit)
    return {**_about(worlds, namespace), "subject": _named(*subject), "sccs": sccs.found, "escalations": ways.found}


class _Entries:
    """Entries, each once, with the names of the units that it holds in."""

    def __init__(self) -> None:
        self._by_text: dict[str, Json] = {}

    def add(self, entry: Json, unit: str) -> None:
        self._by_text.setdefault(dump(entry), {**entry, "units": []})["units"].append(visible_line(unit))

    @property
    def found(self) -> list[Json]:
        return list(self._by_text.values())


def _about(worlds: Worlds, namespace: str) -> Json:
    return {"version": 1, "release": worlds[0].world.cluster.release, "namespace": visible_line(namespace)}


def _subjects(cluster: Cluster) -> Iterator[Subject]:
    """The subjects of all bindings, sorted."""
    for kind, name in sorted(cluster.grants.rights.subjects()):
        account = User(name).service_account if kind == "User" else None
        if account is not None:
            yield ("ServiceAccount", *account)
        else:
            yield ("Group" if kind == "Group" else "User", "", name)


def _subject(kind: SubjectKind, namespace: str, name: str, known: Input, *, own: bool) -> Json:
    account = (namespace, name) if kind == "ServiceAccount" else None
    return {
        **_named(kind, namespace, name),
        "members": visible_line(members_of(name)) if kind == "Group" else "",
        # Users and groups of people are never in manifests.
        "defined": None if account is None else own or name in _MADE_BY_OPENSHIFT or account in known.defined,
        "workloads": None if account is None or own else known.workloads.get(account, 0),
    }


def _named(kind: SubjectKind, namespace: str, name: str) -> Json:
    return {"kind": kind, "namespace": _namespace(namespace), "name": visible_line(name)}


def _namespace(name: str) -> str:
    return "" if name == UNSPECIFIED_NAMESPACE else visible_line(name)


def _reference(ref: ObjectRef | None) -> Json | None:
    return None if ref is None else {"kind": ref.kind, "namespace": _namespace(ref.namespace), "name": visible_line(ref.name)}


def _grant(grant: Grant, scc: str, one: PlacedWorld) -> Json:
    return {
        "via": grant.via,
        "group": visible_line(grant.group),
        "namespace": _namespace(grant.binding.namespace) if grant.binding else "",
        "binding": _reference(grant.binding),
        "role": _reference(grant.role),
        "rule": grant.rule_index,
        "installed": one.world.cluster.grants.brings(grant, scc),
        "places": _places(one.world.steps.of_grant(grant, scc), one.trace),
    }


def _way(way: Escalation, one: PlacedWorld) -> Json:
    return {
        "way": way.route.name,
        "words": visible_line(f"may {way.phrase}"),
        "inNamespace": _namespace(way.namespace),
        "places": _places(one.world.steps.of_escalation(way), one.trace),
    }


def _places(steps: Iterable[Related], trace: Callable[[Span], Span]) -> list[Json]:
    places = []
    for step in steps:
        span = trace(step.span)
        where = {"file": visible_line(span.file), "line": span.line, "column": span.column}
        places.append({"message": visible_line(step.message), **where})
    return places


def render_text(found: Json, columns: int | None = None) -> str:
    """Return the answer as a table of the grants in the input, what the release itself grants, and the other ways to an SCC.

    `columns` is the width of the terminal, None if there is none.
    """
    of_scc = "scc" in found
    title = f"Who may use SCC {found['scc']}" if of_scc else f"SCCs that {shown(found['subject'])} may use"
    entries: list[tuple[str, Json]] = (
        [(shown(entry), entry) for entry in found["subjects"]] if of_scc else [(entry["scc"], entry) for entry in found["sccs"]]
    )
    lines = [f"{title}{_where(found)}:", "", _grants(entries, "SUBJECT" if of_scc else "SCC", columns)]
    if own := [name for name, entry in entries if all(grant["installed"] for grant in entry["grants"])]:
        text = f"OpenShift {found['release']} itself grants {'it to ' if of_scc else ''}{and_more(own, _MOST_OWN)}."
        lines += ["", *(wrap(text, prose_width(columns)) if columns else [text])]
    if found["escalations"]:
        lines += [
            "",
            "Who can get it in another way:" if of_scc else "Ways to an SCC with which a container can take over its node:",
        ]
        for entry in found["escalations"]:
            lines.append(f"  {shown(entry if of_scc else found['subject'])} {entry['words']}")
            lines += [f"    {_place(step)}: {step['message']}" for step in entry["places"]]
    return "\n".join(lines) + "\n"


def _grants(entries: Sequence[tuple[str, Json]], first: str, columns: int | None) -> str:
    """Return the table of the grants that the input makes, each entry with what there is to say about it below its rows."""
    rows: list[tuple[tuple[str, ...], Iterable[str]]] = []
    for name, entry in entries:
        made = [_row(name, grant) for grant in entry["grants"] if not grant["installed"]]
        rows += [(row, _remarks(entry) if number == len(made) else ()) for number, row in enumerate(made, 1)]
    if not rows:
        return f"No object of the input grants it{' an SCC' if first == 'SCC' else ''}."
    return table_with_remarks((first, "PODS IN", "THROUGH", "ROLE", "PLACE"), rows, columns)


def shown(subject: Json) -> str:
    """Return a subject as text: `ServiceAccount shop/web`."""
    return f"{subject['kind']} {_path(subject)}"


def _path(ref: Json) -> str:
    return f"{ref['namespace']}/{ref['name']}" if ref["namespace"] else str(ref["name"])


def _where(found: Json) -> str:
    where = f" for pods in namespace {found['namespace']}" if found["namespace"] else ""
    return f"{where} on OpenShift {found['release']}"


def _row(name: str, grant: Json) -> tuple[str, ...]:
    binding, role = grant["binding"], grant["role"]
    local = binding is not None and binding["kind"] == "RoleBinding"
    where = (grant["namespace"] or "its own namespace") if local else "all namespaces"
    if binding is None:
        through = f"{grant['via']} of the SCC" if grant["via"] != "rbac" else "every right, without a rule"
    else:
        through = f"{binding['kind']} {_path(binding)}"
    if grant["group"]:
        through += f" (group {grant['group']})"
    place = _place(grant["places"][0]) if grant["places"] else "-"
    return name, where, through, f"{role['kind']} {_path(role)}" if role else "-", place


def _place(step: Json) -> str:
    return line_place(step["file"], step["line"])


def _remarks(entry: Json) -> Iterator[str]:
    if entry.get("members"):
        yield f"members: {entry['members']}"
    if entry.get("defined") is False:
        yield "no file of the input defines this service account"
    if entry.get("workloads") == 0:
        yield "no workload of the input runs as this service account"
    elif entry.get("workloads"):
        yield f"{counted(entry['workloads'], 'workload')} of the input run{'s' if entry['workloads'] == 1 else ''} as this service account"
