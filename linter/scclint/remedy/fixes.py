"""The remedies to try for each finding, and the first that is proved over all units that have its file."""

from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain, islice
from typing import Any, NamedTuple

from scclint.advice import advise
from scclint.advice.draft import pruned, written_elsewhere
from scclint.advice.ladders import why_none
from scclint.deploy.unit import Unit
from scclint.files import is_below
from scclint.finding import Crash, Finding, Fix, Ignore, Operation, Remedy, Remove, Safety, help_text
from scclint.objects.types import ApiObject, Role, RoleBinding, Workload
from scclint.record import Memo, grouped, record, replace
from scclint.remedy.apply import generator_of, text_edits
from scclint.remedy.budget import RenderBudget
from scclint.remedy.edit_effects import same_without_pin
from scclint.remedy.prove import Proof, prove
from scclint.remedy.suppressions import fix_of_suppression
from scclint.remedy.workbench import FileEdit, Occurrence, View, Workbench, refuse
from scclint.run.judge import open_unit
from scclint.run.load import guard
from scclint.run.shared import Run
from scclint.text import and_more, capitalized, listed
from scclint.yaml.edit import EditRefused, changed_data, edit
from scclint.yaml.nodes import ScalarNode, node_at, to_data

_SAFETY: tuple[Safety, ...] = ("safe", "unsafe", "advice")


@record
class FixOutcome:
    """The proved fix of a finding; without one, `why` says as a clause why there is none."""

    fix: Fix | None = None
    why: str = ""

    def stamped(self, finding: Finding, *, is_advice: bool = False) -> Finding:
        """The finding with its fix, or the reason why it has none. `is_advice`: the fix takes the place of what the rule advises first."""
        if is_advice and self.fix is None and any(not remedy.operations for remedy in finding.remedies):
            return replace(_with_tried_first(finding), no_fix=self.why)
        first = self.fix if is_advice and self.fix is not None and not self.fix.second else None
        advised = f"{first.title} {first.whole_effect}" if first is not None else finding.help
        return replace(finding, fix=self.fix, no_fix=self.why, help=advised)


def _with_tried_first(finding: Finding) -> Finding:
    """Return a finding of a chart with the remedies last that change a pod: nobody knows where the chart has the fields."""
    ordered = tuple(sorted(finding.remedies, key=lambda remedy: bool(remedy.operations)))
    more = finding.help.removeprefix(help_text(finding.remedies))
    return replace(finding, remedies=ordered, help=f"{help_text(ordered)}{more}")


class SharedFiles:
    """The units of a run by their files, for the question which of them a proof may judge."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self._units = {unit.name: unit for unit in units}
        self._of_file = grouped((file, unit) for unit in units for file in (*unit.files, *unit.shared))

    def concerned(self, finding: Finding) -> list[Unit]:
        """Return the units that have a finding or its file, and those that share a file with them."""
        named = (self._units[name] for name in finding.units if name in self._units)
        files = {file for unit in (*self._of_file.get(finding.span.file, ()), *named) for file in (*unit.files, *unit.shared)}
        names = {unit.name for file in files for unit in self._of_file[file]}
        return [unit for name, unit in self._units.items() if name in names]


def prove_all(
    shown: Sequence[Finding],
    findings: Sequence[Finding],
    units: Sequence[Unit],
    session: Run,
    *,
    limited: bool = False,
) -> tuple[list[FixOutcome], list[Crash], dict[str, list[Any]]]:
    """Return the fix of each of the `shown` findings, the rules that failed on edited units, and what was asked about other units, by
    unit. `findings` are those of the whole run. `limited`: a chart is rendered a few times at most.
    """
    fixes = _Fixes(findings, units, session, RenderBudget(shown, units) if limited else None)
    crashes: list[Crash] = []
    outcomes = []
    with guard("fix", "joining the edits of charts", crashes):
        fixes.join(shown)
    for number, finding in enumerate(shown, 1):
        session.options.progress("looked for fixes:", number, len(shown))
        outcome = FixOutcome()
        with guard("fix", f"{finding.rule_id} of {finding.subject}", crashes):
            try:
                outcome = FixOutcome(fixes.fix(finding))
            except EditRefused as refused:
                outcome = FixOutcome(why=str(refused))
        outcomes.append(outcome)
    return outcomes, crashes, fixes.asked


def pins(units: Sequence[Unit], session: Run) -> Iterator[Fix]:
    """Yield the fix of each workload that requires the SCC which admits its pods now, if all pods stay as they are."""
    fixes = _Fixes((), units, session)
    for unit in units:
        if not unit.unrendered:
            for workload in fixes.bench(unit).opened.ours:
                if isinstance(workload, Workload):
                    with suppress(EditRefused):
                        yield from fixes.pin(unit, workload)


class _Joined(NamedTuple):
    """The first edits for the findings of a chart: those of its values, and those of its templates for what no value sets."""

    of_values: FileEdit | None = None
    of_templates: FileEdit | None = None


class _Fixes:
    """Opens a unit for its first finding, and keeps it for the others."""

    def __init__(
        self, findings: Sequence[Finding], units: Sequence[Unit], session: Run, budget: RenderBudget | None = None
    ) -> None:
        self._findings = findings
        self._budget = budget
        self._units = units
        self._session = session
        self._benches: dict[str, Workbench] = {}
        self._memo = Memo()
        self._joined: dict[str, _Joined] = {}

    @property
    def asked(self) -> dict[str, list[Any]]:
        """What the rules asked about other units, with the answers, by unit."""
        return {name: list(bench.opened.others.asked.items()) for name, bench in self._benches.items()}

    def join(self, findings: Iterable[Finding]) -> None:
        """Put the first edits for the findings of each chart together, which are then tried with one rendering of each view."""
        of_chart = grouped(
            (unit.path, (finding, unit))
            for finding in findings
            for unit in self._judged(
                (unit for unit in self._units if unit.name in finding.units and unit.kind == "chart"), finding.units
            )
            if unit.rendered
        )
        for path, pairs in of_chart.items():
            from scclint.remedy.chart import joined_edits

            found = (
                [(bench, result) for bench in map(self.bench, units) if (result := bench.occurrence(finding)) is not None]
                for finding, units in grouped(pairs).items()
            )
            first = (
                [
                    (bench, result, remedy.operations)
                    for bench, result in views
                    for remedy in islice(_remedies(result, pruning=False), 1)
                ]
                for views in found
            )
            self._joined[path] = _Joined(*joined_edits(filter(None, first)))
            for joined in filter(None, self._joined[path]):
                # The budget is for these first: they are what most findings need.
                with suppress(EditRefused):
                    edited = [unit for unit in self._units if any(file in unit.files for file in joined.texts)]
                    self._spend(self._judged(edited, ()), tuple(sorted(joined.texts.items())))

    def fix(self, finding: Finding) -> Fix:
        """The proved fix of a finding. Raises EditRefused with the reason if there is none."""
        file = finding.span.file
        units = [unit for unit in self._units if file in unit.files or unit.name in finding.units]
        units += [unit for unit in self._units if file in unit.shared and unit not in units]
        self._check_judged(finding, units)
        # A chart that has the file itself comes before those that depend on it.
        judged = sorted(
            self._judged(units, finding.units), key=lambda unit: unit.kind == "chart" and not is_below(file, unit.path)
        )
        benches = [self.bench(unit) for unit in judged]
        if any(rule.id == finding.rule_id and rule.on is Ignore for rule in self._session.registry.rules):
            return fix_of_suppression(finding, self._findings, benches[0], self._session)
        results = {
            bench.opened.unit.name: occurrence for bench in benches if (occurrence := bench.occurrence(finding)) is not None
        }
        if not results:
            raise EditRefused("")
        name, result = next(iter(results.items()))
        bench = self._benches[name]
        unplaced: list[str] = []
        disproved: list[str] = []
        if fix := self._switched(finding, results, for_openshift=True):
            return fix
        for remedy in _remedies_of(finding, result, pruning=bench.opened.unit.kind != "chart"):
            for make in chain(self._edits(results, remedy), self._edits_of_overlays(finding, results, remedy)):
                try:
                    edited = make()
                except EditRefused as refused:
                    unplaced.append(str(refused))
                    continue
                try:
                    fix = self._proved_with_others(finding, results, remedy, edited)
                    return _in_its_place(fix, finding)
                except EditRefused as refused:
                    disproved.append(str(refused))
        if fix := self._switched(finding, results, for_openshift=False) or self._in_template(finding, results):
            return fix
        # What was tried says more than what there was no place for.
        why = next(iter((*disproved, *unplaced)), None)
        raise EditRefused(_why_none(bench, result) if why is None else why)

    def _in_template(self, finding: Finding, results: Mapping[str, Occurrence]) -> Fix | None:
        """The finding fixed in the templates of its chart; None if it is in none, or the edit of the templates is not proved.

        Only what the rule prefers is written into templates, which are for all platforms.
        """
        name, result = next(iter(results.items()))
        bench = self._benches[name]
        for remedy in islice(_remedies_of(finding, result, pruning=False), 1 if bench.opened.unit.kind == "chart" else 0):
            from scclint.remedy.chart import edit_of_templates, edit_of_values_and_templates

            for make in (edit_of_values_and_templates, edit_of_templates):
                with suppress(EditRefused):
                    fix = self._proved_with_others(finding, results, remedy, make(self._views(results, remedy)))
                    return _in_its_place(fix, finding)
        return None

    def _views(self, results: Mapping[str, Occurrence], remedy: Remedy) -> list[View]:
        """The rendered views of a chart with a finding, each with the operations of a remedy there."""
        return [
            (self._benches[view], there, _same_remedy(there, remedy, pruning=False).operations)
            for view, there in results.items()
            if self._benches[view].opened.unit.kind == "chart" and self._benches[view].opened.unit.rendered
        ]

    def _switched(self, finding: Finding, results: Mapping[str, Occurrence], *, for_openshift: bool) -> Fix | None:
        """The finding about a workload or a right of a chart fixed by one of the chart's own switches; None if none of them is proved.

        A switch for OpenShift is the chart's own answer. Any other takes away more than single values do.
        """
        name, result = next(iter(results.items()))
        bench = self._benches[name]
        if bench.opened.unit.kind != "chart" or not bench.opened.unit.rendered:
            return None
        from scclint.remedy.chart import switch_edit
        from scclint.remedy.switches import switch_of_conditions, switches, switches_of_rights

        tried = []
        if isinstance(result.subject, Workload):
            for remedy in () if for_openshift else islice(_remedies(result, pruning=False), 1):
                with suppress(EditRefused):
                    tried.append(switch_of_conditions(bench, result, remedy.operations))
            tried += switches(bench, result.document, for_openshift=for_openshift)
        elif isinstance(result.subject, Role | RoleBinding) and not for_openshift:
            tried = switches_of_rights(bench)
        for switch in tried:
            with suppress(EditRefused):
                edit = switch_edit([self._benches[view] for view in results], switch.settings)
                safety, effect, beside = self._proved_switch(finding, results, edit)
                fix = self._as_fix(Remedy(switch.title), edit, safety, effect)
                return replace(fix, switch=switch.values, beside=beside)
        return None

    def _proved_switch(self, finding: Finding, results: Mapping[str, Occurrence], edit: FileEdit) -> tuple[Safety, str, str]:
        """How far the pods differ with the edit of a switch, and what `prove_switch` says of it. Raises EditRefused if it is no fix."""
        from scclint.remedy.switches import prove_switch, with_texts

        for file in edit.texts:
            self._check_editable(file)
        judged = self._judged((unit for unit in self._units if not edit.texts.keys().isdisjoint(unit.files)), results)
        if not results.keys() <= {unit.name for unit in judged}:
            raise EditRefused("a view has the finding and not the file")
        key = tuple(sorted(edit.texts.items()))
        self._spend(judged, key)
        first, proofs = next(iter(results)), []
        for unit in judged:
            texts = {file: text for file, text in edit.texts.items() if file in unit.files}
            after = self._memo((unit.name, key), partial(with_texts, self.bench(unit), texts))
            if after is None and unit.name in results:
                raise EditRefused("the chart renders to the same")
            if after is not None:
                proofs.append((*prove_switch(self.bench(unit), after, finding, results.get(unit.name)), unit.name == first))
        safety, effect, beside, _ = max(proofs, key=lambda proof: (_SAFETY.index(proof[0]), proof[3]))
        return safety, effect, beside

    def pin(self, unit: Unit, workload: Workload) -> Iterator[Fix]:
        """Yield the proved pin of a workload; nothing if there is none. Raises EditRefused if it has no place for the annotation."""
        bench = self.bench(unit)
        advised = advise("pinned", workload, next(iter(bench.worlds.values())))
        result = Occurrence(workload, Finding("", "", "advice", None, "", workload.place.span, remedies=advised))
        for remedy in _remedies(result):
            for make in self._edits({unit.name: result}, remedy):
                with suppress(EditRefused):
                    edit = make()
                    for file in edit.texts:
                        self._check_editable(file)
                    if all(self._stays(other, edit) for other in self._units if not edit.texts.keys().isdisjoint(other.files)):
                        yield self._as_fix(remedy, edit, "safe", "The pods are the same after admission.")
                        return

    def _stays(self, unit: Unit, edit: FileEdit) -> bool:
        bench = self.bench(unit)
        texts = {file: text for file, text in edit.texts.items() if file in unit.files}
        return not unit.unrendered and same_without_pin(bench, bench.try_out(replace(edit, texts=texts)))

    def _judged(self, units: Iterable[Unit], having: Container[str]) -> list[Unit]:
        """The units that an edit is judged in: of those that cannot be rendered only those `having` the finding.

        A view of a chart that does not render is none if another one does.
        """
        rendered = {unit.path for unit in self._units if unit.kind == "chart" and unit.rendered}
        left = [
            unit
            for unit in units
            if not unit.unrendered or (unit.name in having and not (unit.kind == "chart" and unit.path in rendered))
        ]
        return left if self._budget is None else self._budget.within(left)

    def _check_judged(self, finding: Finding, units: Sequence[Unit]) -> None:
        """Raises EditRefused if the units of a finding cannot be judged with an edit."""
        if raw := next((unit for unit in self._judged(units, finding.units) if unit.unrendered), None):
            told = any(rule.id == finding.rule_id and rule.on is Workload for rule in self._session.registry.rules)
            raise EditRefused(f"{raw.name} is judged without being rendered: {raw.unrendered}" if told else "")
        source = self._session.outline.files.get(finding.span.file)
        rendered = [unit for unit in units if unit.rendered]
        if not units or (not rendered and (source is None or source.path == "-")):
            raise EditRefused("the text is not in a file")
        if not all(map(self._session.is_saved, rendered)):
            raise EditRefused("save the files first: kustomize and Helm read saved files only")

    def _edits(self, results: Mapping[str, Occurrence], remedy: Remedy) -> Iterator[Callable[[], FileEdit]]:
        """Yield what makes each edit that carries a remedy out, in the order to try them, or raises EditRefused.

        The edit is one of the file itself, or of what a kustomization or chart is rendered from.
        """
        name, result = next(iter(results.items()))
        bench = self._benches[name]
        document, unit = result.document, bench.opened.unit
        try:
            bench.check_editable(document, remedy.operations)
        except EditRefused as refused:
            yield partial(refuse, str(refused))
            return
        if not unit.rendered:

            def in_file() -> FileEdit:
                edited = edit(bench.text(document.file), document.index, remedy.operations)
                return FileEdit({document.file: edited.text}, edited.needs_review)

            yield in_file
        elif unit.kind != "kustomize":
            from scclint.remedy import chart

            yield from chart.edits(self._views(results, remedy))
        elif isinstance(result.subject, ApiObject):
            from scclint.remedy.kustomize import KustomizationEdits

            yield from KustomizationEdits(bench, result.subject).edits(remedy.operations)

    def _edits_of_overlays(
        self, finding: Finding, results: Mapping[str, Occurrence], remedy: Remedy
    ) -> Iterator[Callable[[], FileEdit]]:
        """Yield what makes the edits that carry a remedy out by one patch in each overlay that has the finding, if there are several."""
        subjects = ((name, result, result.subject) for name, result in results.items())
        overlays = [(self._benches[name], result, obj) for name, result, obj in subjects if isinstance(obj, ApiObject)]
        units = [bench.opened.unit for bench, _, _ in overlays]
        if len(overlays) < max(len(results), 2) or any(unit.kind != "kustomize" or not unit.rendered for unit in units):
            return
        from scclint.remedy.kustomize import KustomizationEdits

        def patches(*, merge: bool) -> FileEdit:
            texts: dict[str, str] = {}
            for bench, result, obj in overlays:
                operations = _same_remedy(result, remedy).operations
                texts |= KustomizationEdits(bench, obj).with_patch(operations, merge=merge).texts
            return FileEdit(texts, where=f"with a patch in each of {and_more(texts, 3)}")

        yield partial(patches, merge=True)
        yield partial(patches, merge=False)

    def _proved_with_others(self, finding: Finding, results: Mapping[str, Occurrence], remedy: Remedy, edit: FileEdit) -> Fix:
        """The remedy as a fix, tried together with the edits for other findings of the chart, or else alone. Raises EditRefused."""
        joined = self._joined.get(self._benches[next(iter(results))].opened.unit.path, _Joined())
        for together in joined:
            if together is not None and edit.texts.keys() <= together.texts.keys():
                if together is joined.of_templates and not self._is_part(edit, together):
                    continue
                with suppress(EditRefused):
                    fix = self._proved(finding, results, remedy, together)
                    return replace(self._as_fix(remedy, edit, fix.safety, fix.effect), elsewhere=fix.elsewhere)
        return self._proved(finding, results, remedy, edit)

    def _is_part(self, edit: FileEdit, whole: FileEdit) -> bool:
        """Whether an edit changes lines that the whole changes in the same way."""
        text = self._session.outline.text
        return all(
            {*text_edits(file, text(file), edited)} <= {*text_edits(file, text(file), whole.texts[file])}
            for file, edited in edit.texts.items()
        )

    def _proved(self, finding: Finding, results: Mapping[str, Occurrence], remedy: Remedy, edit: FileEdit) -> Fix:
        """The remedy as a fix. Raises EditRefused if it is none in a unit that has the finding, or does harm in another."""
        for file in edit.texts:
            self._check_editable(file)
        edited = [unit for unit in self._units if any(file in unit.files for file in edit.texts)]
        units = self._judged(edited, results)
        if missed := [name for name in results if name not in {unit.name for unit in units}]:
            raise EditRefused(f"the finding would stay in {listed(missed)}")
        self._spend(units, tuple(sorted(edit.texts.items())))
        proofs: list[tuple[bool, Proof]] = []
        for unit in units:
            texts = {file: text for file, text in edit.texts.items() if file in unit.files}
            try:
                proof = prove(self.bench(unit), finding, results.get(unit.name), remedy, replace(edit, texts=texts))
            except EditRefused as refused:
                raise EditRefused(f"in {unit.name}: {refused}" if len(units) > 1 else str(refused)) from None
            proofs.append((unit.name in results, proof))
        if not proofs:
            raise EditRefused("no unit has the file")
        worst = max((proof for _, proof in proofs), key=lambda proof: _SAFETY.index(proof.safety))
        having = [proof for has, proof in proofs if has] or [worst]
        effect = " ".join([having[0].effect, *dict.fromkeys(sentence for proof in having for sentence in proof.elsewhere)])
        if raw := [unit.name for unit in edited if unit.unrendered and unit not in units and unit.kind != "chart"]:
            effect += f" It was not tried in {and_more(raw, 2)}, which cannot be rendered."
        fix = self._as_fix(remedy, edit, worst.safety, effect)
        return replace(fix, elsewhere=any(proof.elsewhere for proof in having))

    def _as_fix(self, remedy: Remedy, edit: FileEdit, safety: Safety, effect: str) -> Fix:
        title = f"{capitalized(f'{edit.before}{remedy.words} {edit.where}')}." if edit.where else remedy.title
        text = self._session.outline.text
        edits = (text_edit for file, edited in edit.texts.items() for text_edit in text_edits(file, text(file), edited))
        return Fix(title, effect, safety, tuple(edits), words=remedy.words)

    def _check_editable(self, file: str) -> None:
        """Raises EditRefused if a file must not be edited."""
        outline = self._session.outline
        if file not in outline.files or outline.files[file].path == "-":
            raise EditRefused(f"{file} is not among the files of this run")
        if not self._session.options.force_generated and (
            why := generator_of(outline.text(file), outline.documents(file), file)
        ):
            raise EditRefused(why)

    def _spend(self, units: Sequence[Unit], edit: Hashable) -> None:
        """Raises EditRefused if the trial of an edit in these units renders a chart once too often."""
        if self._budget is not None:
            self._budget.spend(units, edit)

    def bench(self, unit: Unit) -> Workbench:
        if unit.name not in self._benches:
            self._benches[unit.name] = Workbench(open_unit(unit, self._session), self._session)
        return self._benches[unit.name]


def _in_its_place(fix: Fix, finding: Finding) -> Fix:
    """The fix as second where the rule advises something first that is no change of the object, such as a grant."""
    return replace(fix, second=any(not other.operations for other in finding.remedies[:1]))


def _remedies(occurrence: Occurrence, *, pruning: bool = True) -> Iterator[Remedy]:
    """Yield the remedies of a finding that are operations, in order. `pruning`: what a removal leaves empty is removed as well."""
    root = occurrence.document.root
    for remedy in occurrence.finding.remedies if root is not None else ():
        data = to_data(root)
        operations: list[Operation] = []
        with suppress(EditRefused):
            for told in remedy.operations:
                operation = replace(told, path=pruned(data, told.path)) if pruning and isinstance(told, Remove) else told
                data = changed_data(data, operation)
                operations.append(operation)
            if operations:
                yield replace(remedy, operations=tuple(operations))


def _remedies_of(finding: Finding, occurrence: Occurrence, *, pruning: bool) -> Iterator[Remedy]:
    """Yield the remedies to try for a finding. Of what one decision makes, those for each object would change the first of them alone."""
    told = [remedy.words for remedy in finding.remedies]
    for remedy in _remedies(occurrence, pruning=pruning):
        if finding.decision is None or remedy.words in told:
            yield remedy


def _same_remedy(occurrence: Occurrence, remedy: Remedy, *, pruning: bool = True) -> Remedy:
    """A remedy as a finding of another unit has it, with its own paths."""
    return next((other for other in _remedies(occurrence, pruning=pruning) if other.title == remedy.title), remedy)


def _why_none(bench: Workbench, occurrence: Occurrence) -> str:
    """Why there is nothing to try for a workload, as a clause; empty for a finding that only its author can settle."""
    subject, advised = occurrence.subject, occurrence.finding.remedies
    if not isinstance(subject, Workload) or not advised or any(w.outcome(subject).skipped for w in bench.worlds.values()):
        return ""
    if isinstance(node_at(subject.root, subject.path), ScalarNode):
        return "the object is written as text in another one"
    if written_elsewhere(subject):
        return "a pod of this kind is put together from other fields"
    if "pod-security" in bench.rule(occurrence.finding).tags:
        return "the pod asks for something that the level forbids"
    if any(remedy.operations for remedy in advised):
        return "the manifest has no place for the fields"

    return why_none(subject, bench.worlds)
