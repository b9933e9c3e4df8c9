"""`scclint who-can`: who may use an SCC or which SCCs a subject may use, by which grants, and who can get an SCC in another way."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from scclint.admission.verdict import Grant, ObjectRef, User
from scclint.cluster import Cluster
from scclint.cluster.escalation import Account, Escalation
from scclint.cluster.who_can import SubjectKind, acting_as
from scclint.files.store import digest
from scclint.finding import Related
from scclint.objects.types import ServiceAccount, Workload
from scclint.platform.terms import UNSPECIFIED_NAMESPACE, members_of, shown_name
from scclint.report.table import table_with_remarks
from scclint.report.text import Json, line_place, visible_line, with_units
from scclint.run.judge import OpenUnit, UnitView
from scclint.run.shared import Run
from scclint.run.views import Viewed
from scclint.text import and_more, counted, full_name

Subject = tuple[SubjectKind, str, str]
"""Kind, namespace (empty except for a service account) and name."""

Entries = list[tuple[Json, str]]
"""Entries, each with the name of the unit that it holds in."""

_MOST_OWN = 8
"""How many subjects or SCCs of the release's own grants the text names. JSON has all of them."""

_MADE_BY_OPENSHIFT = frozenset(("default", "builder", "deployer"))
"""The service accounts of every project."""


def scc_view(scc: str, namespace: str) -> UnitView[Json]:
    """Return the view of who may use an SCC in a unit. `namespace` limits it to grants that count there; empty for all."""

    def make(unit: OpenUnit, run: Run) -> Json:
        world, cluster = unit.world, unit.world.cluster
        known = scc in cluster.sccs
        ways = [
            {**_named(*subject), **_way(way, unit)}
            for subject in (_subjects(cluster) if known else ())
            for way in world.escalations(*subject, scc=scc)
            if not namespace or way.namespace in ("", namespace)
        ]
        return {
            "release": cluster.release,
            "known": known,
            "holders": [
                [holder.kind, holder.namespace, holder.name, [_grant(grant, scc, unit) for grant in holder.grants]]
                for holder in (cluster.who_can_use(scc, namespace or None) if known else ())
            ],
            "ways": ways,
            "accounts": [[world.namespace_of(account), account.name] for account in world.of(ServiceAccount)],
            "workloads": [
                [world.namespace_of(workload), workload.pod.service_account, workload.file, workload.place.span.line]
                for workload in world.of(Workload)
            ],
        }

    return _view(f"{scc} in {namespace}", make)


def subject_view(subject: Subject, namespace: str) -> UnitView[Json]:
    """Return the view of which SCCs a subject may use in a unit, by its name or a group that Kubernetes puts it in."""
    user = acting_as(*subject)

    def make(unit: OpenUnit, run: Run) -> Json:
        cluster = unit.world.cluster
        sccs = []
        for scc in cluster.sccs:
            grants = [
                _grant(grant, scc, unit)
                for holder in cluster.who_can_use(scc, namespace or None)
                if (holder.user_name and holder.user_name == user.name)
                or (holder.kind == "Group" and holder.name in user.groups)
                for grant in holder.grants
            ]
            if grants:
                sccs.append({"scc": visible_line(scc), "grants": grants})
        ways = unit.world.escalations(*subject)
        in_force = [_way(way, unit) for way in ways if not namespace or way.namespace in ("", namespace)]
        return {"release": cluster.release, "sccs": sccs, "ways": in_force}

    return _view(f"{'/'.join(subject)} in {namespace}", make)


def _view(question: str, make: Callable[[OpenUnit, Run], Json]) -> UnitView[Json]:
    """Return the view of a question. Its answer is made of values that JSON has, by key."""

    def restore(value: Json) -> Json:
        return {**value}

    return UnitView(f"who-can {digest(question)[:16]}", make, restore, lambda unit, notice: {})


def of_scc(units: Sequence[Viewed[Json]], scc: str, namespace: str) -> Json:
    """Return who may use an SCC that one of the units knows, as JSON values that schemas/who-can.json describes.

    `units` have the values of `scc_view`. Units with the same answer for a subject are one entry.
    """
    subjects: Entries = []
    ways: Entries = []
    defined = {(home, name) for unit in units for home, name in unit.value["accounts"]}
    # Units may share a file.
    workloads: dict[Account, set[tuple[str, int]]] = {}
    for home, name, file, line in (workload for unit in units for workload in unit.value["workloads"]):
        workloads.setdefault((home, name), set()).add((file, line))
    for unit in units:
        name = visible_line(unit.unit.name)
        for kind, home, holder, grants in unit.value["holders"]:
            installed = all(grant["installed"] for grant in grants)
            account = (home, holder) if kind == "ServiceAccount" else None
            entry = {
                **_named(kind, home, holder),
                "members": visible_line(members_of(holder)) if kind == "Group" else "",
                # Users and groups of people are never in manifests.
                "defined": None if account is None else installed or holder in _MADE_BY_OPENSHIFT or account in defined,
                "workloads": None if account is None or installed else len(workloads.get(account, ())),
            }
            subjects.append(({**entry, "grants": grants}, name))
        ways += ((way, name) for way in unit.value["ways"])
    return {
        **_about(units, namespace),
        "scc": visible_line(scc),
        "subjects": with_units(subjects),
        "escalations": with_units(ways),
    }


def of_subject(units: Sequence[Viewed[Json]], subject: Subject, namespace: str) -> Json:
    """Return which SCCs a subject may use, and its ways to those that take the node. `units` have the values of `subject_view`."""
    sccs: Entries = []
    ways: Entries = []
    for unit in units:
        name = visible_line(unit.unit.name)
        sccs += ((scc, name) for scc in unit.value["sccs"])
        ways += ((way, name) for way in unit.value["ways"])
    return {**_about(units, namespace), "subject": _named(*subject), "sccs": with_units(sccs), "escalations": with_units(ways)}


def _about(units: Sequence[Viewed[Json]], namespace: str) -> Json:
    return {"version": 1, "release": units[0].value["release"], "namespace": visible_line(namespace)}


def _subjects(cluster: Cluster) -> Iterator[Subject]:
    """The subjects of all bindings but those that the release brings, sorted."""
    rights, installed = cluster.grants.rights, cluster.grants.installed.rights
    for kind, name in sorted(rights.subjects()):
        user = User("", (name,)) if kind == "Group" else User(name)
        if rights.bindings_of(user) == installed.bindings_of(user):
            continue
        account = user.service_account
        if account is not None:
            yield ("ServiceAccount", *account)
        else:
            yield ("Group" if kind == "Group" else "User", "", name)


def _named(kind: SubjectKind, namespace: str, name: str) -> Json:
    return {"kind": kind, "namespace": _namespace(namespace), "name": visible_line(shown_name(name))}


def _namespace(name: str) -> str:
    return "" if name == UNSPECIFIED_NAMESPACE else visible_line(name)


def _reference(ref: ObjectRef | None) -> Json | None:
    return None if ref is None else {"kind": ref.kind, "namespace": _namespace(ref.namespace), "name": visible_line(ref.name)}


def _grant(grant: Grant, scc: str, unit: OpenUnit) -> Json:
    return {
        "via": grant.via,
        "group": visible_line(shown_name(grant.group)),
        "namespace": _namespace(grant.binding.namespace) if grant.binding else "",
        "binding": _reference(grant.binding),
        "role": _reference(grant.role),
        "rule": grant.rule_index,
        "installed": unit.world.cluster.grants.brings(grant, scc),
        "places": _places(unit.world.steps.of_grant(grant, scc), unit),
    }


def _way(way: Escalation, unit: OpenUnit) -> Json:
    return {
        "way": way.route.name,
        "words": visible_line(f"may {way.phrase}"),
        "inNamespace": _namespace(way.namespace),
        "places": _places(unit.world.steps.of_escalation(way), unit),
    }


def _places(steps: Iterable[Related], unit: OpenUnit) -> list[Json]:
    places = []
    for step in steps:
        span = unit.edited(step.span)
        where = {"file": visible_line(span.file), "line": span.line, "column": span.column}
        places.append({"message": visible_line(step.message), **where})
    return places


def render_text(answer: Json, columns: int | None = None) -> str:
    """Return the answer as a table of the grants in the input, what the release itself grants, and the other ways to an SCC.

    `columns` is the width of the terminal, None if there is none.
    """
    of_scc = "scc" in answer
    title = f"Who may use SCC {answer['scc']}" if of_scc else f"SCCs that {shown(answer['subject'])} may use"
    entries: list[tuple[str, Json]] = (
        [(shown(entry), entry) for entry in answer["subjects"]]
        if of_scc
        else [(entry["scc"], entry) for entry in answer["sccs"]]
    )
    lines = [f"{title}{_where(answer)}:", "", _grants(entries, "SUBJECT" if of_scc else "SCC", columns)]
    if installed := [name for name, entry in entries if all(grant["installed"] for grant in entry["grants"])]:
        text = f"OpenShift {answer['release']} itself grants {'it to ' if of_scc else ''}{and_more(installed, _MOST_OWN)}."
        lines += ["", text]
    if answer["escalations"]:
        lines += [
            "",
            "Who can get it in another way:" if of_scc else "Ways to an SCC with which a container can take over its node:",
        ]
        for entry in answer["escalations"]:
            lines.append(f"  {shown(entry if of_scc else answer['subject'])} {entry['words']}")
            lines += [f"    {_place(step)}: {step['message']}" for step in entry["places"]]
    return "\n".join(lines) + "\n"


def _grants(entries: Sequence[tuple[str, Json]], first: str, columns: int | None) -> str:
    """Return the table of the grants that the input makes, one row for a binding, each subject with what there is to say about it."""
    names: dict[tuple[str, ...], list[str]] = {}
    remarks: dict[tuple[str, ...], Iterable[str]] = {}
    for name, entry in entries:
        # A role may grant an SCC by several rules, and a binding several SCCs to a subject.
        made = dict.fromkeys(_row(name, grant) for grant in entry["grants"] if not grant["installed"])
        keys = [row[1:] if first == "SCC" else row for row in made]
        for key in keys:
            names.setdefault(key, []).append(name)
        remarks |= {key: _remarks(entry) for key in keys[-1:]}
    if not names:
        return f"No object of the input grants it{' an SCC' if first == 'SCC' else ''}."
    rows = [((and_more(same, _MOST_OWN), *key[-4:]), remarks.get(key, ())) for key, same in names.items()]
    return table_with_remarks((first, "PODS IN", "THROUGH", "ROLE", "PLACE"), rows, columns)


def shown(subject: Json) -> str:
    """Return a subject, binding or role as text: `ServiceAccount shop/web`."""
    return full_name(subject["kind"], subject["namespace"], subject["name"])


def _where(answer: Json) -> str:
    where = f" for pods in namespace {answer['namespace']}" if answer["namespace"] else ""
    return f"{where} on OpenShift {answer['release']}"


def _row(name: str, grant: Json) -> tuple[str, ...]:
    binding, role = grant["binding"], grant["role"]
    local = binding is not None and binding["kind"] == "RoleBinding"
    where = (grant["namespace"] or "its own namespace") if local else "all namespaces"
    if binding is None:
        through = f"{grant['via']} of the SCC" if grant["via"] != "rbac" else "every right, without a rule"
    else:
        through = shown(binding)
    if grant["group"]:
        through += f" (group {grant['group']})"
    place = _place(grant["places"][0]) if grant["places"] else "-"
    return name, where, through, shown(role) if role else "-", place


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
