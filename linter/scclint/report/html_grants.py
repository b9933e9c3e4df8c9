"""The graph of a page that shows who may use which SCC: subjects, the object that grants, and the SCCs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from scclint.admission.verdict import ObjectRef
from scclint.engine.report import Report
from scclint.judge.part import UnitGrant
from scclint.model.terms import UNSPECIFIED_NAMESPACE, members_of
from scclint.record import record
from scclint.report.html_elements import Html, element, literal, section
from scclint.report.html_filters import Filter
from scclint.report.sanitize import visible_line
from scclint.report.summary import place
from scclint.text import and_more, counted, listed

_SHOWN = 8
"""Subjects of a grant that are shown without a click. A binding in a large cluster has hundreds."""

_SCCS_SHOWN = 6
_WORKLOADS_SHOWN = 2


@record
class _Path:
    """A way from subjects to SCCs: what grants it, where, and the units and releases in which it exists."""

    through: tuple[str, ...]
    at: str
    subjects: tuple[tuple[str, str, str], ...]
    sccs: tuple[str, ...]


def grants(report: Report, units: Filter) -> Iterator[Html]:
    """Yield the section about grants; nothing if the input grants no SCC."""
    found = _paths(report)
    if not found:
        return
    dangerous = {one.scc for some in report.grants.values() for one in some if one.takes_node}
    runs = _workloads(report)
    blocks: dict[tuple[str, ...], list[Html]] = {}
    for path, where in found.items():
        blocks.setdefault(path.sccs, []).append(_path(path, where, report, runs, units))
    order = sorted(blocks, key=lambda sccs: (not dangerous.intersection(sccs), sccs))
    text = "Each line shows subjects, what grants them the SCCs, and the SCCs. What OpenShift itself grants is left out."
    graphs = [_graph(sccs, blocks[sccs], bool(dangerous.intersection(sccs))) for sccs in order]
    yield section("grants", "Who may use which SCC", element("p", literal(text)), *graphs)


def _paths(report: Report) -> Mapping[_Path, set[tuple[str, str]]]:
    """Each path with the units and releases that it exists in."""
    grouped: dict[tuple[str, str, tuple[str, ...], str], list[UnitGrant]] = {}
    for release, some in report.grants.items():
        for one in some:
            key = (release, one.unit, _through(one), place(one.place) if one.place else "")
            grouped.setdefault(key, []).append(one)
    found: dict[_Path, set[tuple[str, str]]] = {}
    for (release, unit, through, at), same in grouped.items():
        subjects = tuple(sorted({(one.kind, one.namespace, one.name) for one in same}))
        path = _Path(through, at, subjects, tuple(sorted({one.scc for one in same})))
        found.setdefault(path, set()).add((unit, release))
    return found


def _through(one: UnitGrant) -> tuple[str, ...]:
    """What grants the SCC, in lines."""
    grant = one.grant
    if grant.binding is None:
        return (f"field {grant.via} of the SCC",)
    role = (_name(grant.role),) if grant.role else ()
    return _name(grant.binding), *role, *((f"for pods in {_where(grant.binding)}",) if grant.binding.namespace else ())


def _where(binding: ObjectRef) -> str:
    return "its own namespace" if binding.namespace == UNSPECIFIED_NAMESPACE else f"namespace {binding.namespace}"


def _name(ref: ObjectRef) -> str:
    return _named(ref.kind, ref.namespace, ref.name)


def _named(kind: str, namespace: str, name: str) -> str:
    return f"{kind} {namespace}/{name}" if namespace not in ("", UNSPECIFIED_NAMESPACE) else f"{kind} {name}"


def _workloads(report: Report) -> Mapping[tuple[str, str], Sequence[str]]:
    """The workloads that run as each service account, by its namespace and name."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for some in report.outcomes.values():
        for one in some:
            workload = one.outcome.workload
            account = (one.outcome.namespace, workload.pod.service_account)
            found.setdefault(account, {})[f"{workload.kind} {workload.name}"] = None
    return {account: list(names) for account, names in found.items()}


def _path(
    path: _Path,
    where: set[tuple[str, str]],
    report: Report,
    runs: Mapping[tuple[str, str], Sequence[str]],
    units: Filter,
) -> Html:
    # Groups come first, and service accounts that run no workload come last.
    subjects = sorted(path.subjects, key=lambda subject: (subject[0] == "ServiceAccount", subject[1:] not in runs))
    items = [_subject(*subject, runs) for subject in subjects]
    shown = [element("ul", *items[:_SHOWN])]
    if len(items) > _SHOWN:
        rest = element("summary", literal(f"{len(items) - _SHOWN:,} more"))
        shown.append(element("details", rest, element("ul", *items[_SHOWN:])))
    lines = [element("div", literal(visible_line(line))) for line in path.through]
    if path.at:
        lines.append(element("code", literal(path.at), class_="quiet"))
    names = sorted({unit for unit, _ in where})
    if len(report.units) > 1:
        lines.append(element("div", literal(f"in {visible_line(and_more(names, 2))}"), class_="quiet"))
    releases = [release for release in report.grants if any(known == release for _, known in where)]
    if len(releases) < len(report.grants):
        lines.append(element("div", literal(f"on {visible_line(listed(releases))}"), class_="quiet"))
    return element(
        "li",
        element("div", *shown, class_="node"),
        element("div", *lines, class_="node through"),
        class_=f"path {units.classes(names)}".strip(),
    )


def _subject(kind: str, namespace: str, name: str, runs: Mapping[tuple[str, str], Sequence[str]]) -> Html:
    text = visible_line(_named(kind, namespace, name))
    about = members_of(name) if kind == "Group" else ""
    if kind == "ServiceAccount":
        about = and_more(runs.get((namespace, name), ()), _WORKLOADS_SHOWN)
        about = f"runs {about}" if about else "runs no workload of the input"
    aside = (element("div", literal(visible_line(about)), class_="quiet"),) if about else ()
    return element("li", literal(text), *aside)


def _graph(sccs: Sequence[str], paths: Iterable[Html], dangerous: bool) -> Html:
    word = "SCC" if len(sccs) == 1 else counted(len(sccs), "SCC") + ":"
    title = element("div", literal(f"{word} {visible_line(and_more(sccs, _SCCS_SHOWN))}"))
    aside = (element("div", literal("can take over the node"), class_="danger"),) if dangerous else ()
    return element("div", element("h3", title, *aside, class_="node"), element("ul", *paths, class_="paths"), class_="graph")
