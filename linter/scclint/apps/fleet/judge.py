"""Judges one target, and makes the rows of its tables."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from datetime import UTC, date, datetime
from threading import Lock

from scclint import __version__
from scclint.admission.verdict import ObjectRef
from scclint.apps.fleet.content import content_of, digest_of
from scclint.apps.fleet.place import OpenTarget, open_target, unpacked
from scclint.apps.fleet.settings import OwnSettings, ScanSettings, TargetSettings
from scclint.apps.fleet.tables import RESULTS, TARGETS, ColumnValue, Row
from scclint.apps.fleet.targets import FleetTarget
from scclint.causes.join import joined
from scclint.config.model import Config
from scclint.errors import LoadError, ScclintError
from scclint.facts.keys import fingerprints
from scclint.files.sources import find_sources
from scclint.finding import Crash, Notice
from scclint.objects.types import Role, RoleBinding, SecurityContextConstraints
from scclint.outcome.rows import ContainerRow, GrantRow, WorkloadRow, grant_rows
from scclint.platform.releases import DEFAULT
from scclint.platform.terms import namespace_name
from scclint.record import Memo, record, replace
from scclint.run.judge import OpenUnit, judge, open_unit
from scclint.run.load import guard
from scclint.run.merge import merge
from scclint.run.options import RunOptions
from scclint.run.report import Report, UnitResult
from scclint.run.run import prepare
from scclint.text import full_name

Rows = Mapping[str, list[Row]]
"""Rows by the name of their table."""

_WORKING_DIRECTORY = Lock()
"""A process has one working directory, and a worker of Dask may have several threads."""


@record
class TargetResult:
    """A target with its rows. `rows` has none but that of `targets` if the result was reused."""

    target: FleetTarget
    rows: Rows

    @property
    def row(self) -> Row:
        """The row of the table `targets`."""
        return self.rows["targets"][0]

    @property
    def size(self) -> int:
        """The number of rows."""
        return sum(map(len, self.rows.values()))


class TargetJudge:
    """Judges targets with the settings of a scan. What several targets have in common is worked out once."""

    def __init__(self, settings: ScanSettings) -> None:
        self._settings = TargetSettings(settings)
        self._rules_above = Memo()

    def judge(self, target: FleetTarget, earlier: Mapping[str, Row]) -> TargetResult:
        """Return the rows of a target. `earlier` are its rows of the table `targets` in earlier scans, by key.

        Raises nothing: a target that cannot be judged has a row that says why.
        """
        start = time.monotonic()
        try:
            with open_target(target, self._rules_above) as place:
                judged = self._judged(target, place, earlier)
        except ScclintError as error:
            if isinstance(error, LoadError) and error.file == target.address:
                return failed(target, error.message)
            return failed(target, str(error))
        except (Exception, RecursionError) as error:
            return failed(target, f"internal error: {type(error).__name__}: {error}", crashes=1)
        if not judged.row["reused"]:
            judged.row["seconds"] = round(time.monotonic() - start, 3)
        return judged

    def _judged(self, target: FleetTarget, place: OpenTarget, earlier: Mapping[str, Row]) -> TargetResult:
        base = digest_of(target.address, __version__, place.path, place.content, self._settings.key)
        if place.archive:
            # Its own configuration is part of its content, so it need not be unpacked to know that nothing has changed.
            if row := _still_valid(earlier, base):
                return _reused(target, row)
            with unpacked(place, target.address) as inside, _in_folder(inside.folder):
                return self._judged_here(target, inside, base, self._settings.of_target(copied=True))
        with _in_folder(place.folder):
            settings = self._settings.of_target(copied=place.copied)
            base = digest_of(base, settings.special)
            if row := _still_valid(earlier, base):
                return _reused(target, row)
            return self._judged_here(target, place, base, settings)

    def _judged_here(self, target: FleetTarget, place: OpenTarget, base: str, settings: OwnSettings) -> TargetResult:
        config, registry = settings.config, settings.registry
        run = prepare(find_sources([place.path], config), config, registry, RunOptions())
        parts: list[UnitResult] = []
        rows: dict[str, list[Row]] = {table.name: [] for table in RESULTS}
        for unit in run.units:
            opened, crashes = open_unit(unit, run), list[Crash]()
            part = judge(opened, run)
            for name, more in _unit_rows(opened, crashes).items():
                rows[name] += more
            parts.append(replace(part, crashes=(*part.crashes, *crashes)))
        report = merge(parts, run.units, run)
        report = joined(replace(report, notices=tuple(dict.fromkeys((*run.notices, *report.notices)))))
        rows["findings"] += _finding_rows(report)
        files = sorted({file for unit in run.units for file in (*unit.files, *unit.shared)})
        # The files that are not in the target and that units are made of: the digest and the path of each.
        outside = [f"{content_of(file)} {file}" for file in files if not _is_inside(file, place)]
        key = f"{base}{f'+{digest_of(outside)}' if outside else ''}{_dated(parts, config)}"
        for row in (row for of_table in rows.values() for row in of_table):
            row["key"] = key
        about: Row = {"key": key, "content": place.content, "releases": list(config.openshift) or [DEFAULT], "outside": outside}
        if config.platform == "kubernetes":
            about["releases"] = [config.kubernetes]
        return TargetResult(target, {"targets": [_target_row(target, {**about, **_summary(report, place)})], **rows})


def _reused(target: FleetTarget, row: Row) -> TargetResult:
    return TargetResult(target, {"targets": [{**row, "team": target.team, "reused": True}]})


def failed(target: FleetTarget, error: str, crashes: int = 0) -> TargetResult:
    """Return the row of a target that could not be judged at all."""
    return TargetResult(target, {"targets": [_target_row(target, {"status": "failed", "error": error, "crashes": crashes})]})


@contextmanager
def _in_folder(folder: str) -> Iterator[None]:
    """Work in a folder, so that paths are those that a user sees there."""
    with _WORKING_DIRECTORY, chdir(folder):
        yield


def _target_row(target: FleetTarget, values: Mapping[str, ColumnValue]) -> Row:
    empty: dict[str, ColumnValue] = {"text": "", "texts": [], "number": 0, "decimal": 0.0, "flag": False}
    row: Row = {column.name: empty.get(column.type) for column in TARGETS.columns}
    now = datetime.now(UTC).replace(microsecond=0)
    return {**row, "target": target.address, "team": target.team, "version": __version__, "judged_at": now, **values}


def _summary(report: Report, place: OpenTarget) -> Row:
    """What a report says of its target as a whole."""
    errors = [_words(notice) for notice in report.notices if notice.level == "error"]
    errors += [f"{f.span.file}:{f.span.line}: {f.message}" for f in report.live if f.rule_id == "MAN001"]
    crashes = [f"internal error: {crash.rule_id}: {crash.subject}: {crash.error}" for crash in report.crashes]
    problems = crashes + errors
    nothing = report.judged_nothing or report.unjudged
    status = "nothing" if nothing else "judged"
    return {
        "status": "incomplete" if problems else status,
        "error": problems[0] if problems else "",
        "skipped": [*place.skipped, *map(_words, report.notices)],
        "files": report.tally.files,
        "units": len(report.units),
        "workloads": report.tally.workloads,
        "findings": len(report.live),
        "crashes": len(report.crashes),
    }


def _words(notice: Notice) -> str:
    line = f":{notice.line}" if notice.line else ""
    where = f"{notice.file}{line}: " if notice.file else ""
    return f"{where}{notice.message}"


def _unit_rows(opened: OpenUnit, crashes: list[Crash]) -> dict[str, list[Row]]:
    """Return the rows of a unit by the name of their table, except those of its findings. Bugs of scclint go to `crashes`."""
    unit = opened.unit
    about: Row = {"unit": unit.name, "kind": unit.kind, "files": len(unit.files), "unrendered": unit.unrendered}
    rows: dict[str, list[Row]] = {"units": [about], "workloads": [], "containers": [], "grants": []}
    files = {obj.file for obj in opened.ours if isinstance(obj, Role | RoleBinding | SecurityContextConstraints)}
    for release, world in opened.worlds.items():
        for workload in opened.workloads:
            with guard("check", f"{workload.file}: {workload.named}", crashes):
                row = opened.row(world, workload)
                named: Row = {"release": release, "unit": row.unit, "kind": row.kind}
                named |= {"namespace": row.namespace, "name": row.name, "part": row.part}
                rows["workloads"].append({**named, **_workload(row)})
                rows["containers"] += ({**named, **_container(container, row)} for container in row.containers)
        with guard("check", f"{unit.name}: grants", crashes):
            grants = grant_rows(world, unit.name, opened.edited, files) if files else ()
            rows["grants"] += ({"release": release, **_grant(grant)} for grant in grants)
    return rows


def _workload(row: WorkloadRow) -> Row:
    return {
        "file": row.place.file,
        "line": row.place.line,
        "result": row.result,
        "rejected_by": row.rejected_by or "",
        "why": row.why,
        "scc": row.scc,
        "subject": row.subject,
        "grant": row.grant,
        "unconfined": row.unconfined,
        "access": [access.words for access in row.access],
        "takes_node": any(access.takes for access in row.access),
        "pod_security_enforce": row.security.enforce if row.security and row.security.is_known else "",
        "pod_security_meets": row.pod_security,
    }


def _container(container: ContainerRow, row: WorkloadRow) -> Row:
    return {
        "container": container.name,
        "seccomp": container.seccomp,
        "source": container.effective.source,
        "runs": row.runs,
        "uid": container.uid,
        "root": container.root,
        "privileged": container.privileged,
        "added": list(container.added),
        "dropped": list(container.dropped),
        "selinux": container.selinux,
        "root_filesystem": container.root_filesystem,
    }


def _grant(row: GrantRow) -> Row:
    return {
        "unit": row.unit,
        "subject_kind": row.kind,
        "subject_namespace": namespace_name(row.namespace),
        "subject": row.name,
        "scc": row.scc,
        "opens": [access.words for access in row.opens],
        "takes_node": row.takes_node,
        "scope": row.scope,
        "via": row.grant.via,
        "binding": _reference(row.grant.binding),
        "role": _reference(row.grant.role),
        "file": row.place.file if row.place else "",
        "line": row.place.line if row.place else 0,
    }


def _reference(ref: ObjectRef | None) -> str:
    return "" if ref is None else full_name(ref.kind, namespace_name(ref.namespace), ref.name)


def _finding_rows(report: Report) -> Iterator[Row]:
    """Yield the rows of the findings of a report."""
    for finding, fingerprint in zip(report.findings, fingerprints(report.findings), strict=True):
        subject, suppression = finding.subject, finding.suppression
        yield {
            "rule": finding.rule_id,
            "rule_name": finding.rule_name,
            "severity": finding.heading,
            "reach": finding.reach or "",
            "fact": str(finding.key),
            "message": finding.message,
            "help": finding.help,
            "file": finding.span.file,
            "line": finding.span.line,
            "column": finding.span.column,
            "api_version": subject.api_version,
            "kind": subject.kind,
            "namespace": subject.namespace,
            "name": subject.name,
            "container": subject.container,
            "releases": list(finding.releases),
            "units": list(finding.units),
            "suppressed_by": suppression.by if suppression else "",
            "suppression_reason": suppression.reason if suppression else "",
            "fingerprint": fingerprint,
        }


def _dated(parts: list[UnitResult], config: Config) -> str:
    """What is added to the key of a result that depends on the day: how long it is valid, and when it was judged."""
    today = date.today()
    written = (ignore.until for part in parts for ignore in part.ignores)
    configured = (ignore.until for ignore in config.ignores)
    ends = [until for until in (*written, *configured) if until is not None and until >= today]
    return f"@{min(ends).isoformat()}@{today.isoformat()}" if ends else ""


def _is_inside(file: str, place: OpenTarget) -> bool:
    if place.path != ".":
        return file == place.path
    return not os.path.isabs(file) and file.partition("/")[0] != os.pardir


def _still_valid(earlier: Mapping[str, Row], base: str) -> Row | None:
    """Return the row of an earlier scan whose key starts like that and that a new judgement would only repeat."""
    today = date.today().isoformat()
    for key, row in earlier.items():
        dates = key.partition("@")[2]
        if not key.startswith(base) or (dates and dates.partition("@")[0] < today):
            continue
        outside = row["outside"] if isinstance(row["outside"], list) else []
        if all(content_of(path) == content for content, _, path in (text.partition(" ") for text in outside)):
            return row
    return None
