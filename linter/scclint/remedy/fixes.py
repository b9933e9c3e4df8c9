"""The proved fix of each finding, over all units that have its file."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scclint.finding import Crash, Finding, Fix, Ignore, Safety, TextEdit
from scclint.judge import OpenUnit
from scclint.judge.guard import guard
from scclint.judge.session import Session
from scclint.record import record, replace
from scclint.remedy.draft import Remedy
from scclint.remedy.edits import edits_of, edits_of_overlays
from scclint.remedy.generated import generator_of
from scclint.remedy.propose import LADDERS, remedies, why_none
from scclint.remedy.prove import Disproved, prove
from scclint.remedy.suppressions import fix_of_suppression
from scclint.remedy.text_edits import text_edits
from scclint.remedy.workbench import Basis, Edit, Workbench
from scclint.text import listed
from scclint.units.unit import Unit
from scclint.yaml.edit import EditRefused

_SAFETY: tuple[Safety, ...] = ("safe", "unsafe", "advice")


@record
class FixOutcome:
    """The proved fix of a finding; without one, `why` says as a clause why there is none."""

    fix: Fix | None = None
    why: str = ""

    def stamped(self, finding: Finding) -> Finding:
        """The finding with its fix, or the reason why it has none."""
        return replace(finding, fix=self.fix, no_fix=self.why)


class SharedFiles:
    """The units of a run by their files, for the question which of them a proof may judge."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self._order = {unit.name: index for index, unit in enumerate(units)}
        self._named = {unit.name: unit for unit in units}
        self._of_file: dict[str, list[Unit]] = {}
        for unit in units:
            for file in (*unit.files, *unit.shared):
                self._of_file.setdefault(file, []).append(unit)

    def concerned(self, finding: Finding) -> list[Unit]:
        """Return the units that have a finding or its file, and those that share a file with them."""
        own = [*self._of_file.get(finding.span.file, ()), *(self._named[name] for name in finding.units if name in self._named)]
        files = {file for unit in own for file in (*unit.files, *unit.shared)}
        found = {unit.name: unit for file in files for unit in self._of_file[file]}
        return sorted(found.values(), key=lambda unit: self._order[unit.name])


def prove_all(
    shown: Sequence[Finding],
    findings: Sequence[Finding],
    units: Sequence[Unit],
    open_unit: Callable[[Unit], OpenUnit],
    session: Session,
) -> tuple[list[FixOutcome], list[Crash], dict[str, list[Any]]]:
    """Return the fix of each of the `shown` findings, the rules that failed on edited units, and what was asked about other units, by
    unit. `findings` are those of the whole run.
    """
    fixes = _Fixes(findings, units, open_unit, session)
    crashes: list[Crash] = []
    found = []
    for number, finding in enumerate(shown, 1):
        session.options.progress("looked for fixes:", number, len(shown))
        fix: Fix | Disproved = Disproved("")
        with guard("fix", f"{finding.rule_id} of {finding.subject}", crashes):
            fix = fixes.fix(finding)
        found.append(FixOutcome(fix) if isinstance(fix, Fix) else FixOutcome(why=fix.why))
    return found, crashes, fixes.asked


def _units_of(finding: Finding, units: Sequence[Unit]) -> list[Unit]:
    """The units that have a finding, or its file."""
    file = finding.span.file
    own = [unit for unit in units if file in unit.files or unit.name in finding.units]
    return own + [unit for unit in units if file in unit.shared and unit not in own]


class _Fixes:
    """Opens a unit for its first finding, and keeps it for the others."""

    def __init__(
        self, findings: Sequence[Finding], units: Sequence[Unit], open_unit: Callable[[Unit], OpenUnit], session: Session
    ) -> None:
        self._findings = findings
        self._units = units
        self._open = open_unit
        self._session = session
        self._benches: dict[str, Workbench] = {}

    @property
    def asked(self) -> dict[str, list[Any]]:
        """What the rules asked about other units, with the answers, by unit."""
        return {name: list(bench.opened.elsewhere.asked.items()) for name, bench in self._benches.items()}

    def fix(self, finding: Finding) -> Fix | Disproved:
        """The proved fix of a finding, or why there is none."""
        units = _units_of(finding, self._units)
        if (why := self._why_not_judged(finding, units)) is not None:
            return Disproved(why)
        benches = [self._bench(unit) for unit in units]
        if any(rule.id == finding.rule_id and rule.on is Ignore for rule in self._session.registry.rules):
            return fix_of_suppression(finding, self._findings, benches[0], self._session)
        bases = {bench.opened.unit.name: basis for bench in benches if (basis := bench.basis(finding)) is not None}
        if not bases:
            return Disproved("")
        bench = next(bench for bench in benches if bench.opened.unit.name in bases)
        basis = bases[bench.opened.unit.name]
        failed: list[str] = []
        for remedy in remedies(bench, finding, basis):
            for tried in edits_of(bench, basis, remedy):
                found = Disproved(str(tried)) if isinstance(tried, EditRefused) else self._proved(finding, bases, remedy, tried)
                if isinstance(found, Fix):
                    return found
                failed.append(found.why)
            if (several := self._in_each_overlay(finding, bases, remedy)) is not None:
                return several
        return Disproved(failed[0] if failed else why_none(bench, basis))

    def _in_each_overlay(self, finding: Finding, bases: Mapping[str, Basis], remedy: Remedy) -> Fix | None:
        """The remedy as a patch in each overlay that has the finding; None if there is one overlay, or if this is no fix."""
        if len(bases) < 2:
            return None
        benches = [self._benches[name] for name in bases]
        same = [
            next((other for other in remedies(bench, finding, basis) if other.title == remedy.title), remedy)
            for bench, basis in zip(benches, bases.values(), strict=True)
        ]
        proved = (self._proved(finding, bases, remedy, tried) for tried in edits_of_overlays(benches, [*bases.values()], same))
        return next((found for found in proved if isinstance(found, Fix)), None)

    def _why_not_judged(self, finding: Finding, units: Sequence[Unit]) -> str | None:
        """Why the units of a finding cannot be judged with an edit; None if they can."""
        laddered = finding.rule_id in LADDERS
        if raw := next((unit for unit in units if unit.unrendered), None):
            return f"{raw.name} is judged without being rendered: {raw.unrendered}" if laddered else ""
        source = self._session.outline.files.get(finding.span.file)
        built = any(unit.rendered for unit in units)
        if not units or (not built and (source is None or source.path == "-")):
            return "the text is not in a file"
        if not all(self._session.is_saved(unit) for unit in units if unit.rendered):
            return "save the files first: kustomize and Helm read saved files only"
        return None

    def _proved(self, finding: Finding, bases: Mapping[str, Basis], remedy: Remedy, edit: Edit) -> Fix | Disproved:
        """The remedy as a fix, if it is one in every unit that has the finding, and does no harm in the others."""
        for file in edit.texts:
            if why := self._why_not_edited(file):
                return Disproved(why)
        units = [unit for unit in self._units if any(file in unit.files for file in edit.texts)]
        if missed := [name for name in bases if name not in {unit.name for unit in units}]:
            return Disproved(f"the finding would stay in {listed(missed)}")
        proofs = []
        for unit in units:
            if unit.unrendered:
                return Disproved(f"{unit.name} has the file as well, and is judged without being rendered: {unit.unrendered}")
            own_files = {file: text for file, text in edit.texts.items() if file in unit.files}
            found = prove(self._bench(unit), finding, bases.get(unit.name), remedy, replace(edit, texts=own_files))
            if isinstance(found, Disproved):
                return Disproved(f"in {unit.name}: {found.why}") if len(units) > 1 else found
            proofs.append((unit.name in bases, found))
        if not proofs:
            return Disproved("no unit has the file")
        worst = max((proof for _, proof in proofs), key=lambda proof: _SAFETY.index(proof.safety))
        own = next((proof for has, proof in proofs if has), worst)
        title = f"{remedy.title.removesuffix('.')} {edit.where}." if edit.where else remedy.title
        return Fix(title, own.effect, worst.safety, self._text_edits(edit))

    def _text_edits(self, edit: Edit) -> tuple[TextEdit, ...]:
        text = self._session.outline.text
        return tuple(one for file, edited in edit.texts.items() for one in text_edits(file, text(file), edited))

    def _why_not_edited(self, file: str) -> str:
        """Why a file must not be edited, as a clause; empty if it may be."""
        outline = self._session.outline
        if file not in outline.files or outline.files[file].path == "-":
            return f"{file} is not among the files of this run"
        return "" if self._session.options.force_generated else generator_of(outline.text(file), outline.documents(file), file)

    def _bench(self, unit: Unit) -> Workbench:
        if unit.name not in self._benches:
            self._benches[unit.name] = Workbench(self._open(unit), self._session)
        return self._benches[unit.name]
