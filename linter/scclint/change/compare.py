"""Compares two states of manifests, or two releases: which facts are new, which are gone, and which workloads get something else."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, chdir
from itertools import zip_longest

from scclint.change.sides import open_side
from scclint.config.model import Config
from scclint.errors import UsageError
from scclint.facts.difference import difference
from scclint.finding import Finding
from scclint.outcome.rows import WorkloadRow
from scclint.platform.releases import ORDER
from scclint.record import grouped, record, replace
from scclint.registry import Registry
from scclint.run.diff import OWNED, as_after, mark_old, own_acceptances
from scclint.run.merge import accepted_file, accepted_text
from scclint.run.options import RunOptions
from scclint.run.report import Report
from scclint.run.store import RunStore
from scclint.run.views import results_of_both, unit_results

Identity = tuple[str, str, str, str, str]
"""Kind, namespace, name and part of a workload, and the release."""


@record
class WorkloadChange:
    """A workload that gets something else. `before` is None for a new one, and `after` for one that is gone."""

    before: WorkloadRow | None
    after: WorkloadRow | None

    @property
    def row(self) -> WorkloadRow:
        """The later row, or the earlier one of a workload that is gone."""
        row = self.after or self.before
        assert row is not None
        return row

    def differing(self) -> list[tuple[str, str, str]]:
        """The facts that differ: name, before and after, an empty text for a fact that a side does not have."""
        before, after = (facts(row) if row else {} for row in (self.before, self.after))
        names = dict.fromkeys((*before, *after))
        return [
            (name, before.get(name, ""), after.get(name, "")) for name in names if before.get(name, "") != after.get(name, "")
        ]


@record
class StateDifference:
    """What one state has beyond another. `before` and `after` are their names.

    `report` is that of the later state, in which only the new facts are live. `gone` are the facts that only the earlier one has.
    """

    before: str
    after: str
    report: Report
    gone: tuple[Finding, ...]
    changes: tuple[WorkloadChange, ...]


def facts(row: WorkloadRow) -> dict[str, str]:
    """Return what two states of a workload are compared by, with the names of `--format json`: `scc`, `uid of web`."""
    texts = {"result": row.result, "scc": row.scc, "subject": row.subject, "grant": row.grant, "fsGroup": row.fs_group}
    texts |= {"asks for": ", ".join(row.asks), "pod security": row.pod_security}
    texts |= {"waits for": row.waits} if row.waits else {}
    for container in row.containers if row.admitted else ():
        values = {"uid": container.uid, "selinux": container.selinux, "capabilities": container.capabilities}
        values |= {"seccomp": container.seccomp, "root filesystem": container.root_filesystem}
        texts |= {f"{field} of {container.name}": value for field, value in values.items()}
    return texts


def compare_sides(
    before: str,
    after: str,
    config: Config,
    registry: Registry,
    *,
    merge_base: bool = False,
    scope: Sequence[str] = (),
    jobs: int = 1,
) -> StateDifference:
    """Return what changes between two paths or revisions. With `merge_base`, `before` is where `after` branched off from it.

    `scope` names the cache of what both render to, and `jobs` is the number of programs that render at the same time.
    """
    options = RunOptions(review=True, with_applied=True, jobs=jobs)
    with ExitStack() as stack:
        store = RunStore(scope, registry, shared=True)
        base = after if merge_base else ""
        first = stack.enter_context(open_side(before, config, registry, base, store=store, options=options))
        with chdir(first.folder):
            accepted = accepted_text(options, first.run.config)
        options = replace(options, accepted=None if config.acceptances == OWNED else accepted)
        # Both are judged for the same cluster.
        second = stack.enter_context(open_side(after, config, registry, state=first.state, store=store, options=options))
        store.save()
        with chdir(second.folder):
            results_of_base, results, run = results_of_both(first.run, first.folder, second.run)
            own, file = accepted_text(RunOptions(), run.config), accepted_file(run.config)
        notices = own_acceptances(accepted, own, file, counted=config.acceptances == OWNED)
        earlier, later = first.report(results_of_base), replace(second, run=run).report(results)
        return _comparison(before, after, earlier, replace(later, notices=(*first.notices, *later.notices, *notices)))


def compare_releases(path: str, config: Config, registry: Registry) -> StateDifference:
    """Return what changes for the manifests of a path from the first of the configured releases to the last."""
    if config.platform == "kubernetes" or len(config.openshift) < 2:
        raise UsageError("to compare releases, name at least two with --openshift, as in --openshift 4.22,5.0")
    ordered = sorted(config.openshift, key=ORDER.__getitem__)
    first, last = ordered[0], ordered[-1]
    with open_side(path, config, registry, options=RunOptions(review=True)) as side:
        with chdir(side.folder):
            results = unit_results(side.run)
        report = side.report(results)
    earlier, later = (_on(release, report) for release in (first, last))
    return _comparison(first, last, earlier, later)


def _on(release: str, report: Report) -> Report:
    """Return what a report says of one release."""
    findings = (f for f in report.findings if not f.releases or release in f.releases)
    rows = tuple(replace(row, release="") for row in report.outcomes.get(release, ()))
    return replace(report, findings=tuple(replace(f, releases=()) for f in findings), outcomes={"": rows})


def _comparison(before: str, after: str, earlier: Report, later: Report) -> StateDifference:
    found = difference(earlier.findings, as_after(later.findings))
    notices = dict.fromkeys((*(n for n in earlier.notices if n.level == "error"), *later.notices))
    report = mark_old(replace(later, notices=tuple(notices)), earlier, reason=f"not changed since {before}")
    return StateDifference(before, after, report, found.gone, tuple(_changes(earlier.outcomes, later.outcomes)))


def _changes(
    before: Mapping[str, Sequence[WorkloadRow]], after: Mapping[str, Sequence[WorkloadRow]]
) -> Iterable[WorkloadChange]:
    """Yield the workloads that get something else. Rows of one workload that say the same are one, whatever units have them."""
    was, now = (_by_identity(rows) for rows in (before, after))
    for key in dict.fromkeys((*was, *now)):
        earlier, later = was.get(key, {}), now.get(key, {})
        only_before = [row for said, row in earlier.items() if said not in later]
        only_after = [row for said, row in later.items() if said not in earlier]
        yield from (WorkloadChange(*pair) for pair in zip_longest(only_before, only_after))


def _by_identity(
    rows: Mapping[str, Sequence[WorkloadRow]],
) -> Mapping[Identity, Mapping[tuple[tuple[str, str], ...], WorkloadRow]]:
    """Return the rows of each workload by what they say."""
    every = (row for some in rows.values() for row in some)
    by_key = grouped(((row.kind, row.namespace, row.name, row.part, row.release), row) for row in every)
    return {key: {tuple(facts(row).items()): row for row in same} for key, same in by_key.items()}
