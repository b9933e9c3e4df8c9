"""The graph of a page that shows who may use which SCC: subjects, the object that grants, and the SCCs."""

from collections.abc import Mapping, Sequence

from scclint.admission.verdict import ObjectRef
from scclint.model.terms import UNSPECIFIED_NAMESPACE, members_of
from scclint.outcome.rows import GrantRow
from scclint.record import record
from scclint.report.html_page import Choice
from scclint.report.sanitize import visible_line
from scclint.report.summary import place
from scclint.run.report import Report
from scclint.text import and_more, counted, full_name, listed

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


def graphs(report: Report, units: Choice) -> list[dict[str, object]]:
    """Return a graph for each set of SCCs, those that can take over the node first; none if the input grants no SCC."""
    dangerous = {grant.scc for some in report.grants.values() for grant in some if grant.takes_node}
    runs = _workloads(report)
    paths: dict[tuple[str, ...], list[dict[str, object]]] = {}
    for path, where in _paths(report).items():
        paths.setdefault(path.sccs, []).append(_shown(path, where, report, runs, units))
    return [
        {
            "sccs": visible_line(
                f"{counted(len(sccs), 'SCC') + ':' if len(sccs) > 1 else 'SCC'} {and_more(sccs, _SCCS_SHOWN)}"
            ),
            "dangerous": not dangerous.isdisjoint(sccs),
            "paths": paths[sccs],
        }
        for sccs in sorted(paths, key=lambda sccs: (dangerous.isdisjoint(sccs), sccs))
    ]


def _paths(report: Report) -> Mapping[_Path, set[tuple[str, str]]]:
    """Each path with the units and releases that it exists in."""
    grouped: dict[tuple[str, str, tuple[str, ...], str], list[GrantRow]] = {}
    for release, some in report.grants.items():
        for grant in some:
            key = (release, grant.unit, _through(grant), place(grant.place) if grant.place else "")
            grouped.setdefault(key, []).append(grant)
    paths: dict[_Path, set[tuple[str, str]]] = {}
    for (release, unit, through, at), same in grouped.items():
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
            workload = row.outcome.workload
            account = (row.outcome.namespace, workload.pod.service_account)
            by_account.setdefault(account, {})[f"{workload.kind} {workload.name}"] = None
    return {account: list(names) for account, names in by_account.items()}


def _shown(
    path: _Path, where: set[tuple[str, str]], report: Report, runs: Mapping[tuple[str, str], Sequence[str]], units: Choice
) -> dict[str, object]:
    """Return the texts of a path."""
    # Groups come first, and service accounts that run no workload come last.
    subjects = sorted(path.subjects, key=lambda subject: (subject[0] == "ServiceAccount", subject[1:] not in runs))
    texts = [(visible_line(_named(*subject)), visible_line(_about(*subject, runs))) for subject in subjects]
    names = sorted({unit for unit, _ in where})
    releases = [release for release in report.grants if any(name == release for _, name in where)]
    places = [f"in {visible_line(and_more(names, 2))}"] if len(report.units) > 1 else []
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
