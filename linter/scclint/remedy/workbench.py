"""One unit, judged as it is, on which edits are tried out: the edited unit is judged by the same rules."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn, cast

from scclint.config import Selection
from scclint.finding import Finding, Operation, Remove
from scclint.objects.documents import load_file
from scclint.objects.documents.document import Document
from scclint.objects.expand import Settings, expand, with_references
from scclint.objects.kinds import TEKTON, TEKTON_GROUP
from scclint.objects.types import ApiObject, Workload
from scclint.outcome.world import World
from scclint.record import Memo, record, replace
from scclint.rule import AnyRule, Checked
from scclint.run.check import apply_rules, subject_of
from scclint.run.judge import OpenUnit
from scclint.run.load import Inputs, expand_settings
from scclint.run.shared import Run
from scclint.run.worlds import make_worlds
from scclint.suppress.syntax import MARK
from scclint.yaml.edit import EditRefused
from scclint.yaml.nodes import ScalarNode, node_at, to_data
from scclint.yaml.untyped import value_at


@record
class Occurrence:
    """A finding of a unit as its rules see it: its subject, and the place and operations in the document of the subject, which can be
    rendered.
    """

    subject: Checked
    finding: Finding

    @property
    def document(self) -> Document:
        return self.subject.document if isinstance(self.subject, ApiObject) else cast("Document", self.subject)


@record
class FileEdit:
    """Texts in place of files, by path as displayed. `needs_review`: what was removed may tell a reader something.
    `where` says, as a clause, how the edit is made where that is not in the object itself. `before` says what to do rather than that, and
    ends where the words for the edit follow.
    """

    texts: Mapping[str, str]
    needs_review: bool = False
    where: str = ""
    before: str = ""


@record
class EditTrial:
    """An edited unit. `documents` are those that differ, before and after, and `pairs` their objects. `before` and `after` are the
    findings of every rule on all subjects that the edit can change. `only_workloads`: SCCs, RBAC and namespaces are the same.
    """

    documents: tuple[tuple[Document, Document], ...]
    pairs: tuple[tuple[ApiObject, ApiObject], ...]
    worlds: Mapping[str, World]
    before: tuple[Finding, ...]
    after: tuple[Finding, ...]
    only_workloads: bool


class Workbench:
    """A unit with its worlds, and the findings of its subjects as they are."""

    def __init__(self, opened: OpenUnit, session: Run) -> None:
        self.opened = opened
        self.worlds = opened.worlds
        self.session = session
        self._memo = Memo()

    @property
    def findings(self) -> list[Finding]:
        """The findings of every rule on all subjects of the unit."""
        return [finding for subject in self.opened.subjects for finding in self._findings(subject)]

    def text(self, file: str) -> str:
        """The text of a file of the run."""
        return self.session.outline.text(file)

    def document(self, file: str) -> Document | None:
        """The first document of a file that can be read, as of a values file or a kustomization; None if there is none."""
        return next((document for document in self.session.outline.documents(file) if document.root is not None), None)

    def rule(self, finding: Finding) -> AnyRule:
        """The rule of a finding."""
        return next(rule for rule in self.session.registry.rules if rule.id == finding.rule_id)

    def occurrence(self, finding: Finding) -> Occurrence | None:
        """A finding as it is in the unit; None if the unit does not have it, or if it points to another file."""
        rendered, kind = self.opened.unit.rendered, self.rule(finding).on
        about = replace(finding.subject, container="", namespace="", api_version="")
        same = (
            Occurrence(subject, candidate)
            for subject in self.opened.subjects
            if isinstance(subject, kind)
            and (rendered or subject.file == finding.span.file)
            and replace(subject_of(subject), namespace="", api_version="") == about
            for candidate in self._findings(subject)
            if place_of(candidate) == place_of(finding) and (rendered or candidate.span == finding.span)
        )

        def differs(occurrence: Occurrence) -> tuple[bool, bool]:
            other = occurrence.finding
            return other.message != finding.message, other.subject.container != finding.subject.container

        return min(same, key=differs, default=None)

    def check_editable(self, document: Document, operations: Sequence[Operation]) -> None:
        """Raises EditRefused if edits of a document count elsewhere, or not at all."""
        if self._shares_fields(document) and not _has_its_steps(document):
            raise EditRefused("other tasks and runs may take their fields from this object")
        if document.kind == "Template" and any(_sets_parameter(document, operation) for operation in operations):
            raise EditRefused("a parameter of the Template sets the value")

    def _shares_fields(self, document: Document) -> bool:
        """Whether a document has an object of Tekton that may take fields from others, or give them its own."""
        if document.kind in TEKTON:
            return sum(other.kind in TEKTON for other in self.opened.inputs.documents) > 1
        return document.text.count(f"{TEKTON_GROUP}/") > 1

    def try_out(self, edit: FileEdit) -> EditTrial:
        """Judge the unit with other texts in place of files. Raises EditRefused if they cannot be read or rendered as the unit is."""
        key = Workbench.try_out, tuple(sorted(edit.texts.items()))
        return self._memo(key, lambda: self._tried(edit.texts))

    def _tried(self, texts: Mapping[str, str]) -> EditTrial:
        if any(text.count(MARK) < self.text(file).count(MARK) for file, text in texts.items()):
            raise EditRefused("the edit would remove a suppression")
        changed = list(self._rendered(texts) if self.opened.unit.rendered else self._read(texts))
        pairs = tuple(pair for old, new in changed for pair in self._pairs(old, new))
        replaced = {id(old): new for old, new in pairs}
        only_workloads = all(isinstance(new, Workload) or old.manifest == new.manifest for old, new in pairs)
        worlds = self._worlds(replaced, only_workloads=only_workloads)
        reported = {id(obj) for obj in self.opened.ours}
        unaffected = (Document, Workload) if only_workloads else Document
        other_subjects = [s for s in self.opened.subjects if id(s) not in replaced and not isinstance(s, unaffected)]
        ours = [pair for pair in pairs if id(pair[0]) in reported]
        before: list[Checked] = [*(old for old, _ in changed), *(old for old, _ in ours if _is_subject(old))]
        after: list[Checked] = [*(new for _, new in changed), *(new for _, new in ours if _is_subject(new))]
        return EditTrial(
            tuple(changed),
            pairs,
            worlds,
            tuple(finding for subject in (*before, *other_subjects) for finding in self._findings(subject)),
            tuple(self._check(worlds, [*after, *other_subjects])),
            only_workloads,
        )

    def _read(self, texts: Mapping[str, str]) -> Iterator[tuple[Document, Document]]:
        """The documents of the unit's files that differ, before and after."""
        for file, text in texts.items():
            new = list(load_file(file, text, self.session.outline.kinds))
            for old in self.opened.inputs.targets:
                if old.file != file:
                    continue
                if old.index >= len(new) or new[old.index].status != old.status:
                    raise EditRefused("the edited document would be read as another kind of text")
                if new[old.index].text != old.text:
                    yield old, new[old.index]

    def _rendered(self, texts: Mapping[str, str]) -> Iterator[tuple[Document, Document]]:
        """The documents that differ in what the unit renders to, before and after."""
        made = self.session.edited_rendering(self.opened.unit, texts)
        if made.error:
            raise EditRefused(f"the edited files do not render: {made.error}")
        inputs, old = Inputs(), self.opened.inputs
        inputs.take(self.session.documents(made))
        kinds, old_kinds = ([(document.kind, document.status) for document in part.targets] for part in (inputs, old))
        if inputs.passed != old.passed or kinds != old_kinds:
            raise EditRefused("the edited files would render to other objects")
        yield from ((was, now) for was, now in zip(old.targets, inputs.targets, strict=True) if was.text != now.text)

    def _pairs(self, document: Document, new: Document) -> tuple[tuple[ApiObject, ApiObject], ...]:
        """The objects of a document, before and after the edit. What the unit adds to their provenance holds for both."""
        settings = self._settings()
        old = [obj for obj in self.opened.objects if obj.document is document]
        fresh, edited = list(expand(document, settings)), list(expand(new, settings))
        if not len(old) == len(fresh) == len(edited):
            raise EditRefused("the edited document would define other objects")
        return tuple((was, _with_added(now, was, alone)) for was, alone, now in zip(old, fresh, edited, strict=True))

    def _settings(self) -> Settings:
        config, unit = self.session.config, self.opened.unit
        return with_references(replace(expand_settings(config), namespace=unit.namespace), self.opened.inputs.documents)

    def _worlds(self, replaced: Mapping[int, ApiObject], *, only_workloads: bool) -> Mapping[str, World]:
        first = next(iter(self.worlds.values()))
        if not only_workloads:
            objects = [replaced.get(id(obj), obj) for obj in first.objects]
            namespace = first.namespace_asked
            return make_worlds(
                objects,
                self.session.config,
                self.session.described(namespace)[0],
                namespace=namespace,
                other_units=first.other_units,
                creator=first.creator if first.creator_given else None,
            )
        worlds: dict[str, World] = {}
        others = worlds if len(self.worlds) > 1 else None
        worlds.update({name: world.with_objects(replaced, others) for name, world in self.worlds.items()})
        return worlds

    def _findings(self, subject: Checked) -> list[Finding]:
        return self._memo(id(subject), lambda: self._check(self.worlds, [subject]))

    def _check(self, worlds: Mapping[str, World], subjects: Sequence[Checked]) -> list[Finding]:
        """The findings of all rules, each with its own severity, also of those that the run does not select."""
        all_rules: Selection = {rule.id: None for rule in self.session.registry.rules}
        findings, crashes = apply_rules(worlds, subjects, self.session.registry.rules, lambda file: all_rules)
        if crashes:
            raise EditRefused(f"rule {crashes[0].rule_id} failed on the edited document")
        return findings


View = tuple[Workbench, Occurrence, Sequence[Operation]]
"""A view of a chart, what it has a finding as, and the operations of a remedy there."""


def refuse(why: str) -> NoReturn:
    """Raise EditRefused with the reason, as a clause."""
    raise EditRefused(why)


def place_of(finding: Finding) -> tuple[object, ...]:
    """What a finding in a source has in common with the one in what is rendered from it. Units that share the source may differ in
    what they say.
    """
    subject = finding.subject
    return finding.rule_id, finding.path, subject.kind, subject.name, subject.part, subject.container


def _has_its_steps(document: Document) -> bool:
    """Whether a document is a Tekton Task that takes no step from another object."""
    steps = value_at(to_data(document.root), ("spec", "steps"))
    has_steps = isinstance(steps, list) and all(isinstance(step, dict) and "ref" not in step for step in steps)
    return has_steps and document.kind in ("Task", "ClusterTask")


def _sets_parameter(document: Document, operation: Operation) -> bool:
    """Whether an operation changes or removes a value that a parameter of a Template fills in."""
    assert document.root is not None
    node = node_at(document.root, operation.path)
    if isinstance(operation, Remove):
        return "${" in str(to_data(node))
    return isinstance(node, ScalarNode) and "${" in node.text


def _is_subject(obj: ApiObject) -> bool:
    return isinstance(obj, Workload) or not obj.partial


def _with_added(changed: ApiObject, old: ApiObject, alone: ApiObject) -> ApiObject:
    """The changed object with what the unit added to the provenance of the old one, which by itself had that of `alone`."""
    names = type(old.provenance).__match_args__
    provenance = {name: getattr(old.provenance, name) for name in names}
    added = {name: value for name, value in provenance.items() if value != getattr(alone.provenance, name)}
    return changed.with_provenance(**added) if added else changed
