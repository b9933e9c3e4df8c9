"""The manifests of one folder, judged with the unsaved texts of an editor in place of files.

The folder is split into units when something is saved. A changed text is judged in two steps: at once its changed documents, or all of its
objects if one of those describes the cluster, and later, when the typing pauses, everything else in its units. Units that kustomize or helm
renders are judged as saved.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from scclint.apps.lsp.document_edit import DocumentEdit, document_edit
from scclint.apps.lsp.places import LineColumn, LineMap, path_at
from scclint.causes.consequences import related_places
from scclint.causes.join import joined
from scclint.config.discover import discover_config
from scclint.config.model import Config
from scclint.config.selection import selects_advice
from scclint.deploy.origins.tracer import with_places_moved
from scclint.deploy.outline import Outline
from scclint.deploy.unit import Unit
from scclint.files import SUFFIXES, SourceFile
from scclint.files.sources import find_sources
from scclint.finding import Crash, Finding, Notice, Path, Related
from scclint.objects.documents.document import Document
from scclint.objects.types import ApiObject, Workload
from scclint.outcome.world import World
from scclint.record import EMPTY, record, replace
from scclint.registry import Registry
from scclint.remedy.proofs import with_fixes
from scclint.run.changed import touched
from scclint.run.judge import OpenUnit, judge, open_unit
from scclint.run.merge import merge
from scclint.run.options import Progress, RunOptions, silent
from scclint.run.report import Report, UnitResult
from scclint.run.rule_set import load_config, rules_of
from scclint.run.run import prepare
from scclint.run.shared import Run
from scclint.source import Span

MAX_HOVERED_WORKLOADS = 3
"""Workloads of a chart or kustomization that a hover over a line describes that none of their findings is at."""


@record
class WorkloadInFile:
    """A workload of a unit with its worlds, by release. `name` is where its name is in the file, and `lines` its first and last line."""

    workload: Workload
    worlds: Mapping[str, World]
    unit: str
    name: Span
    lines: tuple[int, int]


@record
class Cursor:
    """A place in a file. `path` leads from the root of `document` to the field there; without a document that can be read it is empty."""

    file: str
    place: LineColumn
    document: Document | None = None
    path: Path = ()


def document_at(documents: Iterable[Document], line: int) -> Document | None:
    """Return the document that can be read at a line; None if there is none."""
    return next((d for d in documents if d.root is not None and d.root.line <= line <= d.root.end_line), None)


class Project:
    """A folder, or a file that lies in no folder of the editor. `progress` may raise an exception to end a step early.

    Raises ScclintError if the settings are wrong. Paths are those that people see, relative to the working directory.
    """

    def __init__(self, path: str, config_file: str = "", progress: Progress = silent) -> None:
        self.path = path
        self._config_file = config_file
        self._progress = progress
        self.refresh(EMPTY)

    def refresh(self, texts: Mapping[str, str]) -> None:
        """Read the settings and the saved files again, and split them into units. `texts` are the unsaved ones, by path."""
        file = self._config_file or discover_config(self.path)
        self.config = load_config(file, found=not self._config_file) if file else Config()
        self.registry: Registry = rules_of(self.config)
        self._advice = selects_advice(self.config, self.registry.rules)
        sources = find_sources([self.path], self.config)
        there = {item.display for item in sources.targets if isinstance(item, SourceFile)}
        others = [name for name in texts if name not in there]
        new = [SourceFile(name, name) for name in others if self._may_have(name) and not os.path.exists(name)]
        self._left_out = {*others} - {file.display for file in new}
        targets = (*(item for item in sources.targets if isinstance(item, SourceFile)), *new)
        self._saved = prepare(
            sources._replace(targets=targets), self.config, self.registry, RunOptions(progress=self._progress)
        )
        self._now = self._saved.with_overlay(self._unsaved(texts))
        self._texts = dict(texts)
        self._parts: dict[str, UnitResult] = {}
        self._judged: dict[tuple[str, str], list[Document]] = {}
        self._fresh: set[str] = set()
        self._opened: dict[str, OpenUnit] = {}

    def edit(self, texts: Mapping[str, str]) -> None:
        """Take other unsaved texts."""
        changed = {file for file in {*self._texts, *texts} if self._texts.get(file) != texts.get(file)}
        if not changed:
            return
        # One that another program has written may be opened before anything tells that it is there.
        if any(file not in self.outline.files and file not in self._left_out and self._may_have(file) for file in changed):
            self.refresh(texts)
            return
        self._texts = dict(texts)
        judged = [
            unit for unit in self._now.units if not unit.rendered and unit.name in (self._parts.keys() | self._opened.keys())
        ]
        # An object of a changed file may be taken only before the edit, or only after it.
        before = touched(self._now, changed, judged)
        self._now = self._now.with_overlay(self._unsaved(texts))
        for unit in (*before, *touched(self._now, changed, judged)):
            self._fresh.discard(unit.name)
            self._opened.pop(unit.name, None)
            # What an edit of another file changes may concern all of this one.
            self._judged = {
                key: documents for key, documents in self._judged.items() if key[0] != unit.name or changed == {key[1]}
            }
        # A unit without an open file is not asked for.
        self._opened = {name: opened for name, opened in self._opened.items() if not texts.keys().isdisjoint(opened.unit.files)}

    def _unsaved(self, texts: Mapping[str, str]) -> dict[str, str]:
        """The texts that differ from the saved ones: kustomize and helm read saved files only."""
        saved = self._saved.outline
        return {file: text for file, text in texts.items() if file not in saved.files or saved.text(file) != text}

    def judge_file(self, file: str) -> None:
        """Judge the objects of one file in each of its units. A unit that was not judged before is judged as a whole."""
        for unit in self._units_of(file):
            result = self._parts.get(unit.name)
            if result is None:
                self._judge(unit)
            if result is None or unit.name in self._fresh:
                continue
            opened = self.open(unit)
            documents = self.outline.documents(file)
            edit = self._edit(self._judged.get((unit.name, file), []), documents)
            changed = {document.line for document in edit.changed} if edit is not None else None

            def is_judged(subject: Document | ApiObject, changed: set[int] | None = changed) -> bool:
                document = subject if isinstance(subject, Document) else subject.document
                return subject.file == file and (changed is None or document.line in changed)

            still = partial(_still, file, edit)
            part = judge(replace(opened, subjects=[*filter(is_judged, opened.subjects)]), self._now)
            findings = [
                with_places_moved(replace(finding, span=span), partial(_near, still))
                for finding in result.findings
                if (span := still(finding.span)) is not None
            ]
            ignores = [
                replace(ignore, span=span, region=ignore.region and still(ignore.region))
                for ignore in result.ignores
                if (span := still(ignore.span)) is not None
            ]
            self._parts[unit.name] = replace(part, findings=(*part.findings, *findings), ignores=(*part.ignores, *ignores))
            self._judged[unit.name, file] = documents

    def _edit(self, before: Sequence[Document], now: Sequence[Document]) -> DocumentEdit | None:
        """What changed in a file, if the changed documents say nothing about the cluster in which the others are judged; else None."""
        edit = document_edit(before, now) if before else None
        objects = self.outline.objects([*edit.changed, *edit.removed]) if edit is not None else []
        return edit if all(isinstance(obj, Workload) for obj in objects) else None

    def judge_units(self, file: str) -> None:
        """Judge the units of a file as a whole, those that are not up to date."""
        for unit in self._units_of(file):
            if unit.name not in self._fresh:
                self._judge(unit)

    def findings(self, file: str) -> list[Finding]:
        """The findings in a file, as far as its units are judged. Those of rendered units are at the lines of the unsaved text."""
        units = [unit for unit in self._units_of(file) if unit.name in self._parts]
        if not units:
            return []
        report = joined(merge([self._parts[unit.name] for unit in units], units, self._now))
        rendered = {unit.name for unit in units if unit.rendered}
        # To compare the lines of a long file takes longer than to judge one of its documents.
        lines = self._lines(file) if rendered else None
        live = [finding for finding in report.live if finding.kind != "advice" or self._advice]
        here = [finding for finding in live if finding.span.file == file]
        here += filter(None, (_in_file(finding, file) for finding in live if finding.span.file != file))
        spans = ((f, f.span if lines is None or rendered.isdisjoint(f.units) else lines.now(f.span)) for f in here)
        return [replace(finding, span=span) for finding, span in spans if span is not None]

    def with_fixes(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        """The findings, each with its proved fix if it has one."""
        return with_fixes(self._now, Report(findings=tuple(findings)), findings).findings

    @property
    def notices(self) -> Sequence[Notice]:
        """What the user must know about the files and their rendering."""
        return self._saved.notices

    @property
    def crashes(self) -> Iterator[Crash]:
        """The rules that failed in the units judged so far."""
        return (crash for part in list(self._parts.values()) for crash in part.crashes)

    @property
    def outline(self) -> Outline:
        """The files with the texts that the editor has."""
        return self._now.outline

    def units(self, file: str) -> list[OpenUnit]:
        """The units that a file is part of, with their worlds."""
        return [self.open(unit) for unit in self._units_of(file)]

    def open(self, unit: Unit) -> OpenUnit:
        """A unit with its objects and worlds."""
        if unit.name not in self._opened:
            self._opened[unit.name] = open_unit(unit, self._run_of(unit))
        return self._opened[unit.name]

    def workloads(self, file: str) -> list[WorkloadInFile]:
        """The workloads in a file, once for each unit that has them, in the order of their lines."""
        placed = (placed for opened in self.units(file) for placed in self._placed(opened, file))
        return sorted(placed, key=lambda workload: (workload.name, workload.unit))

    def workloads_at(self, cursor: Cursor) -> list[WorkloadInFile]:
        """The workloads around a place, once for each unit."""
        return [w for w in self.workloads(cursor.file) if w.lines[0] <= cursor.place.line <= w.lines[1]]

    def workloads_made_with(self, cursor: Cursor) -> list[WorkloadInFile]:
        """The workloads that a line of values, a patch or a kustomization is about, once for each unit.

        These are the workloads of the findings at the line, or all of the units if they are few.
        """
        if not cursor.path:
            return []
        line = cursor.place.line
        places = [
            (f.subject, span) for f in self.findings(cursor.file) for span in (f.span, *(p.span for p in related_places(f)))
        ]
        meant = {(s.kind, s.name) for s, span in places if span.file == cursor.file and span.line <= line <= span.end_line}
        made = [
            WorkloadInFile(workload, opened.worlds, opened.unit.name, Span(cursor.file, line, 1, line, 1), (line, line))
            for opened in self.units(cursor.file)
            if opened.unit.rendered
            for workload in opened.workloads
        ]
        chosen = [placed for placed in made if (placed.workload.kind, placed.workload.name) in meant]
        return chosen or (made if len(made) <= MAX_HOVERED_WORKLOADS else [])

    def cursor(self, file: str, place: LineColumn) -> Cursor:
        """What is at a place of a file."""
        document = document_at(self.outline.documents(file), place.line)
        return Cursor(
            file, place, document, path_at(document.root, place) if document is not None and document.root is not None else ()
        )

    def in_file(self, opened: OpenUnit, span: Span) -> Span | None:
        """A span of an opened unit in the file that people edit; None if its line was changed since the unit was rendered."""
        source = opened.tracer().span(span)
        return source if source == span else self._lines(source.file).now(source)

    def _placed(self, opened: OpenUnit, file: str) -> Iterator[WorkloadInFile]:
        rendered = opened.unit.rendered
        for workload in opened.workloads:
            if not rendered and workload.file != file:
                continue
            name = self.in_file(opened, workload.place.span) if rendered else workload.place.span
            if name is None or name.file != file:
                continue
            lines = self._lines_around(file, name.line) if rendered else workload.lines
            yield WorkloadInFile(workload, opened.worlds, opened.unit.name, name, lines)

    def _lines_around(self, file: str, line: int) -> tuple[int, int]:
        """The first and last line of the document at a line; the line alone in a template that is no YAML."""
        document = document_at(self.outline.documents(file), line)
        return (
            (document.root.line, document.root.end_line) if document is not None and document.root is not None else (line, line)
        )

    def _judge(self, unit: Unit) -> None:
        self._parts[unit.name] = judge(self.open(unit), self._run_of(unit))
        self._judged |= {(unit.name, file): self.outline.documents(file) for file in self._texts if file in unit.files}
        self._fresh.add(unit.name)

    def _units_of(self, file: str) -> list[Unit]:
        return [unit for unit in self._now.units if file in unit.files]

    def _run_of(self, unit: Unit) -> Run:
        return self._saved if unit.rendered else self._now

    def _lines(self, file: str) -> LineMap:
        now = self._texts.get(file)
        saved = self._saved.outline.text(file)
        return LineMap(saved, saved if now is None else now)

    def _may_have(self, file: str) -> bool:
        """Whether a file belongs here by its name."""
        return not os.path.relpath(file, self.path).startswith(os.pardir) and file.endswith(SUFFIXES)


def _in_file(winner: Finding, file: str) -> Finding | None:
    """Return what a file has of a problem of several objects whose one cause is in another file, at the first of its objects.

    None if the problem is not about objects of the file. Who opens the file must not take it for one without problems.
    """
    same = [other.span for other in winner.others if other.rule_id == winner.rule_id]
    first = [related.span for related in winner.related[:1] if same and related.message == winner.subject.label]
    here = sorted(span for span in (*first, *same) if span.file == file)
    if not here:
        return None
    others = tuple(related for related in winner.related if related.span not in first)
    return replace(winner, span=here[0], related=(Related("the cause is here", winner.span), *others), others=())


def _still(file: str, edit: DocumentEdit | None, span: Span) -> Span | None:
    """Where a place is after an edit of a file; None in what is judged again: what the edit changed, or all of the file."""
    if span.file != file:
        return span
    return edit.moved(span) if edit is not None else None


def _near(still: Callable[[Span], Span | None], span: Span) -> Span:
    return still(span) or span
