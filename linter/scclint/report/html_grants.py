"""The graph of the `html` format: who may use which SCC, and what grants it."""

from collections.abc import Mapping, Sequence

from scclint.admission.verdict import ObjectRef
from scclint.outcome.rows import GrantRow
from scclint.platform.terms import UNSPECIFIED_NAMESPACE, members_of
from scclint.record import grouped, record
from scclint.report.html_page import Choice
from scclint.report.html_workloads import plain_units
from scclint.report.text import place, visible_line
from scclint.run.report import Report
from scclint.text import and_more, counted, full_name, listed

_SHOWN = 8
"""Subjects of a grant that are shown without a click. A binding in a large cluster has hundreds."""

_SCCS_SHOWN = 6
_WORKLOADS_SHOWN = 2

_FEW_PATHS = 12
"""Paths of the graphs that are shown without a click, of all SCCs together."""


@record
class _Path:
    """A way from subjects to SCCs: what grants it, where, and the units and releases in which it exists."""

    through: tuple[str, ...]
    at: str
    subjects: tuple[tuple[str, str, str], ...]
    sccs: tuple[str, ...]


def graphs(report: Report, units: Choice) -> list[dict[str, object]]:
    """Return a graph for each set of SCCs, those that can take over the node first; none if the input grants no SCC."""
    dangerous = {grant.scc for some in report.grants.values() for grant in some if grant.takes_node}
    runs = _workloads(report)
    paths = grouped((path.sccs, _shown(path, where, report, runs, units)) for path, where in _paths(report).items())
    few = sum(map(len, paths.values())) <= _FEW_PATHS
    return [
        {
            "sccs": visible_line(
                f"{counted(len(sccs), 'SCC') + ':' if len(sccs) > 1 else 'SCC'} {and_more(sccs, _SCCS_SHOWN)}"
            ),
            "dangerous": not dangerous.isdisjoint(sccs),
            "number": counted(len(paths[sccs]), "grant"),
            "open": few,
            "paths": paths[sccs],
        }
        for sccs in sorted(paths, key=lambda sccs: (dangerous.isdisjoint(sccs), sccs))
    ]


def _paths(report: Report) -> Mapping[_Path, set[tuple[str, str]]]:
    """Each path with the units and releases that it exists in."""
    alike = grouped(
        ((release, grant.unit, _through(grant), place(grant.place) if grant.place else ""), grant)
        for release, some in report.grants.items()
        for grant in some
    )
    paths: dict[_Path, set[tuple[str, str]]] = {}
    for (release, unit, through, at), same in alike.items():
        subjects = tuple(sorted({(grant.kind, grant.namespace, grant.name) for grant in same}))
        path = _Path(through, at, subjects, tuple(sorted({grant.scc for grant in same})))
        paths.setdefault(path, set()).add((unit, release))
    return paths


def _through(row: GrantRow) -> tuple[str, ...]:
    """What grants the SCC, in lines."""
    grant = row.grant
    if grant.binding is None:
        return (f"field {grant.via} of the SCC",)
    refs = [_named(ref.kind, ref.namespace, ref.name) for ref in (grant.binding, grant.role) if ref]
    return *refs, *((f"for pods in {_where(grant.binding)}",) if grant.binding.namespace else ())


def _where(binding: ObjectRef) -> str:
    return "its own namespace" if binding.namespace == UNSPECIFIED_NAMESPACE else f"namespace {binding.namespace}"


def _named(kind: str, namespace: str, name: str) -> str:
    return full_name(kind, "" if namespace == UNSPECIFIED_NAMESPACE else namespace, name)


def _workloads(report: Report) -> Mapping[tuple[str, str], Sequence[str]]:
    """The workloads that run as each service account, by its namespace and name."""
    by_account: dict[tuple[str, str], dict[str, None]] = {}
    for some in report.outcomes.values():
        for row in some:
            by_account.setdefault(row.account, {})[f"{row.kind} {row.name}"] = None
    return {account: list(names) for account, names in by_account.items()}


def _shown(
    path: _Path, where: set[tuple[str, str]], report: Report, runs: Mapping[tuple[str, str], Sequence[str]], units: Choice
) -> dict[str, object]:
    """Return the texts of a path."""
    # Groups come first, and service accounts that run no workload come last.
    subjects = sorted(path.subjects, key=lambda subject: (subject[0] == "ServiceAccount", subject[1:] not in runs))
    texts = [(visible_line(_named(*subject)), visible_line(_about(*subject, runs))) for subject in subjects]
    names = sorted({unit for unit, _ in where})
    titles = [units.titles[name] for name in names if name in units.titles and name not in plain_units(report)]
    releases = [release for release in report.grants if any(name == release for _, name in where)]
    places = [f"in {visible_line(and_more(titles, 2))}"] if titles and units.useful else []
    places += [f"on {visible_line(listed(releases))}"] if len(releases) < len(report.grants) else []
    return {
        "subjects": texts[:_SHOWN],
        "more": texts[_SHOWN:],
        "through": list(map(visible_line, path.through)),
        "at": path.at,
        "where": places,
        "classes": f"path {units.classes(names)}".strip(),
    }


def _about(kind: str, namespace: str, name: str, runs: Mapping[tuple[str, str], Sequence[str]]) -> str:
    """Return who the members of a group are, or the workloads of a service account."""
    if kind != "ServiceAccount":
        return members_of(name) if kind == "Group" else ""
    workloads = and_more(runs.get((namespace, name), ()), _WORKLOADS_SHOWN)
    return f"runs {workloads}" if workloads else "runs no workload of the input"
