"""The proved fix of each finding, over all units that have its file."""

import re
from collections.abc import Callable, Iterable, Sequence

from scclint.files.discover import SourceFile
from scclint.finding import Crash, Finding, Fix
from scclint.judge import OpenUnit
from scclint.judge.guard import guard
from scclint.judge.session import Session
from scclint.load.document import Document
from scclint.record import replace
from scclint.remedy.propose import LADDERS, remedies, why_none
from scclint.remedy.prove import Disproved, Remedy, prove
from scclint.remedy.workbench import Basis, Workbench
from scclint.units.unit import Unit

_GENERATED = re.compile(r"(?i)do not edit|don't edit|@generated|\bauto-?generated\b.*\bnot\b.*\bedit")
_GENERATOR_KEY = "operators.operatorframework.io/builder"
_HEAD = 30
"""Lines at the start of a file whose comments may say that it is generated."""


def with_fixes(
    findings: Sequence[Finding],
    shown: Iterable[Finding],
    units: Sequence[Unit],
    open_unit: Callable[[Unit], OpenUnit],
    session: Session,
    crashes: list[Crash],
) -> list[Finding]:
    """The findings, where each one of `shown` has a proved fix, or the reason why it has none.

    A bug that one finding brings out is added to `crashes`.
    """
    fixes = _Fixes(units, open_unit, session)
    wanted = set(shown)
    found = list(findings)
    done = 0
    for index, finding in enumerate(found):
        if finding in wanted:
            done += 1
            session.options.progress("fixed", done, len(wanted))
            with guard("fix", f"{finding.rule_id} of {finding.subject}", crashes):
                found[index] = fixes.applied(finding)
    return found


class _Fixes:
    """Opens a unit for its first finding, and keeps it for the others."""

    def __init__(self, units: Sequence[Unit], open_unit: Callable[[Unit], OpenUnit], session: Session) -> None:
        self._units = units
        self._open = open_unit
        self._session = session
        self._benches: dict[str, Workbench] = {}

    def applied(self, finding: Finding) -> Finding:
        found = self._fix(finding)
        return replace(finding, fix=found) if isinstance(found, Fix) else replace(finding, no_fix=found.why)

    def _fix(self, finding: Finding) -> Fix | Disproved:
        file = finding.span.file
        units = [unit for unit in self._units if file in unit.files or unit.name in finding.units]
        if any(unit.rendered or unit.unrendered for unit in units):
            why = "kustomize or Helm changes the file before it is deployed"
            return Disproved(why if finding.rule_id in LADDERS else "")
        if any(file in unit.shared for unit in self._units if unit not in units):
            units += [unit for unit in self._units if file in unit.shared and unit not in units]
        source = self._session.outline.files.get(file)
        if not units or source is None or source.path == "-":
            return Disproved("the text lies in no file")
        benches = [self._bench(unit) for unit in units]
        bases = [(bench, basis) for bench in benches if (basis := bench.basis(finding)) is not None]
        if not bases:
            return Disproved("")
        bench, basis = bases[0]
        if why := _not_to_edit(source, bench.text(file), basis.document):
            return Disproved(why if finding.rule_id in LADDERS or basis.problem.edits else "")
        failed: list[str] = []
        for remedy in remedies(bench, finding, basis):
            found = self._proved(finding, bases, remedy)
            if isinstance(found, Fix):
                return found
            failed.append(found.why)
        return Disproved(failed[0] if failed else why_none(bench, basis))

    def _proved(self, finding: Finding, bases: Sequence[tuple[Workbench, Basis]], remedy: Remedy) -> Fix | Disproved:
        """The remedy as a fix, if it is one in every unit that has the finding."""
        found: Fix | Disproved = Disproved("")
        for bench, basis in bases:
            found = prove(bench, finding, basis, remedy)
            if isinstance(found, Disproved):
                return found
        return found

    def _bench(self, unit: Unit) -> Workbench:
        if unit.name not in self._benches:
            self._benches[unit.name] = Workbench(self._open(unit), self._session)
        return self._benches[unit.name]


def _not_to_edit(source: SourceFile, text: str, document: Document) -> str:
    """Why a file must not be edited, as a clause; empty if it may be."""
    if document.source:
        return "Helm rendered the file: change the chart or its values"
    head = [line for line in text.split("\n", _HEAD)[:_HEAD] if line.lstrip().startswith(("#", "//"))]
    if any(_GENERATED.search(line) for line in head):
        return "the file is generated: change what it is generated from"
    if _GENERATOR_KEY in document.text and document.kind == "ClusterServiceVersion":
        return "operator-sdk generates the file: change the manifests in config/"
    return ""
