"""What there is to split into units: the files of a run, and what each defines, found out when it is asked for."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from copy import copy
from typing import TYPE_CHECKING, Any, TypeVar

from scclint.deploy.facts import NO_FACTS, Facts, facts_of, plain, restored
from scclint.errors import LoadError
from scclint.files import SCRIPT_SUFFIXES, TEMPLATE_SUFFIXES, RealPaths, SourceFile, display, is_below, read
from scclint.objects.documents import load_text
from scclint.objects.documents.document import Document
from scclint.objects.documents.reader import Reader
from scclint.objects.expand.ansible import applied, files_of_tasks, other_files_of_tasks
from scclint.objects.types import ApiObject
from scclint.other_units import Question
from scclint.record import EMPTY, replace

if TYPE_CHECKING:
    from scclint.deploy.kustomize.kustomization import Kustomization

T = TypeVar("T")


_APPLIED = ("{{", "{%", "${", "k8s", "set_fact:", "shell:", "copy:")
"""Marks of texts that may be templates or tasks of Ansible."""


class Outline:
    """The files to report on, by the path that people see.

    `root` is the deepest folder in which everything lies that the run was asked for; units are named from there. `folders` are
    the folders that it was asked for. A file is read and parsed when its documents or facts are asked for: of bundles and charts
    nobody asks. `kinds` are those whose documents are parsed. `answers` returns what earlier runs found out about a file, by
    path, to read and to add to. `settings` identifies the settings on which `objects` depends. `told` are the answers that code and
    documentation give to questions of rules (see `scclint.other_units`). `texts` are scripts, code and documentation, and `named` the paths
    that the user named, as displayed.
    """

    def __init__(
        self,
        files: Iterable[SourceFile],
        root: str,
        folders: Iterable[str],
        reader: Reader,
        kinds: Set[str],
        objects: Callable[[Iterable[Document]], list[ApiObject]],
        answers: Callable[[str], dict[str, Any]] = lambda path: {},
        settings: str = "",
    ) -> None:
        self.files: Mapping[str, SourceFile] = {file.display: file for file in files}
        self.root = root
        self.paths = RealPaths()
        self._tops = [os.path.join(os.path.abspath(folder), "") for folder in folders]
        self._folders = list(map(self.paths.of, self._tops))
        self.reader = reader
        self.kinds = kinds
        self.objects = objects
        self._answers = answers
        self.told: Mapping[Question, list[Any]] = EMPTY
        self.texts: Sequence[SourceFile] = ()
        self.named: Set[str] = frozenset()
        self._settings = settings
        self._facts: dict[str, Facts] = {}
        self._kustomizations: dict[str, Kustomization | None] = {}
        self._absolute = any(os.path.isabs(file) for file in self.files)
        self._by_path = {self.paths.of(file.path): shown for shown, file in self.files.items() if file.path != "-"}

    def with_overlay(self, overlay: Mapping[str, str | LoadError]) -> "Outline":
        """Return the outline of the same files with these texts in place of some, by path as displayed."""
        made = copy(self)
        made.reader = self.reader.with_overlay(overlay)
        changed = {*overlay, *(file for file in self._facts if self.reader.is_overlaid(self.source(file)))}
        made._facts = {file: facts for file, facts in self._facts.items() if file not in changed}
        return made

    def has(self, path: str) -> bool:
        """Whether the run was asked for a file on the disk, also for one that is not read for its name."""
        # Most paths asked for lead nowhere.
        if not os.path.isfile(path):
            return False
        real = self.paths.of(path)
        return real in self._by_path or any(is_below(real, folder) for folder in self._folders)

    def text(self, file: str) -> str:
        """The text of a file; empty where it cannot be read, which the unit that it is part of reports."""
        try:
            return self.reader.text(self.source(file))
        except LoadError:
            return ""

    def documents(self, file: str) -> list[Document]:
        """The documents of a file; none where it cannot be read."""
        try:
            return self.reader.documents(self.source(file))
        except Exception:  # whatever is wrong with it is reported where it is judged
            return []

    def is_template(self, file: str) -> bool:
        """Whether a document of a file is read as a template with objects, or a task of Ansible creates objects or names files."""
        likely = file.endswith(TEMPLATE_SUFFIXES) or self.tells(
            file, "template", lambda text: any(mark in text for mark in _APPLIED)
        )
        documents = self.documents(file) if likely and not file.endswith(SCRIPT_SUFFIXES) else []
        has_objects = (
            any(document.is_template or any(applied(document)) for document in documents) and self.facts(file) != NO_FACTS
        )
        return has_objects or any(
            any(other_files_of_tasks(document))
            or any(namespace or state == "absent" for _, namespace, state in files_of_tasks(document))
            for document in documents
        )

    def inside(self, path: str) -> str:
        """The path of a file or folder below the folder that the user named, whose own name says nothing; empty if there is none."""
        path = os.path.abspath(self.source(path).path)
        top = max((len(top) for top in self._tops if os.path.join(path, "").startswith(top)), default=len(path))
        return path[top:].replace(os.sep, "/")

    def holds_manifest(self, file: str) -> bool:
        """Whether a file that may be a template holds a manifest."""
        from scclint.objects.documents.templates import holds_manifest

        return self.tells(file, "manifest", holds_manifest)

    def readings(self, file: str) -> int:
        """How many readings a template has that each judge a document which those before do not have."""
        from scclint.objects.documents.templates import readings

        reader, source = self.reader, self.source(file)
        earlier_texts: set[str] = set()
        number = 1
        for reading in range(len(readings(file, self.text(file)))):
            texts = {document.text for document in reader.documents(source, reading=reading) if document.status == "parsed"}
            if not earlier_texts.issuperset(texts):
                number = reading + 1
            earlier_texts |= texts
        return number

    def kustomization(self, file: str) -> "Kustomization | None":
        """The kustomization in a file; None if it holds something else or cannot be read."""
        from scclint.deploy.kustomize.kustomization import content_of, read_kustomization

        source = self.source(file)
        try:
            if self.reader.is_overlaid(source):
                return read_kustomization(file, *content_of(self.documents(file)))
            kustomization = self.kustomization_on_disk(os.path.abspath(source.path), file)
        except LoadError:
            return None
        return kustomization and replace(kustomization, file=file)

    def kustomization_on_disk(self, path: str, name: str) -> "Kustomization | None":
        """The kustomization that a renderer finds in a file, whatever an editor holds in its place; None if it holds something else.

        Raises LoadError. `name` is how errors call the file.
        """
        if path not in self._kustomizations:
            from scclint.deploy.kustomize.kustomization import content_of, read_kustomization

            source = self.source(self.shown(path))
            if self.reader.is_overlaid(source):
                content = content_of(load_text(name, read(path, name), frozenset()))
            else:
                answers = self._document_answers(source.display)
                content = _answer(answers, "kustomization", lambda: content_of(self.reader.documents(source)))
            # Read once, for closures and for the objects beside the file.
            self._kustomizations[path] = read_kustomization(path, *content)
        return self._kustomizations[path]

    def answers(self, file: str) -> dict[str, Any]:
        """What is known about a file, by question, to read and to add to. Each answer depends on nothing but the text of the file."""
        source = self.source(file)
        return {} if self.reader.is_overlaid(source) else self._answers(source.path)

    def _document_answers(self, file: str) -> dict[str, Any]:
        """The same, for answers that depend on how the documents are read: a Chart.yaml makes a file below `templates` a template."""
        return {} if "templates" in file else self.answers(file)

    def tells(self, file: str, question: str, test: Callable[[str], T]) -> T:
        """What `test` says of the text of a file, or of an empty text where it cannot be read. `question` is its name among answers."""
        try:
            return _answer(self.answers(file), question, lambda: test(self.reader.text(self.source(file))))
        except LoadError:
            return test("")

    def digest(self, file: str) -> str:
        """The hash of the text of a file. Raises LoadError."""
        from scclint.files.store import digest

        return _answer(self.answers(file), "digest", lambda: digest(self.reader.text(self.source(file))))

    def facts(self, file: str) -> Facts:
        """What a file defines."""
        if file not in self._facts:
            answers, question = self._document_answers(file), f"facts {self._settings}"
            facts = restored(answers.get(question))
            if facts is None:
                documents = self.documents(file)
                facts = facts_of(self.objects(documents))
                if documents:
                    answers[question] = plain(facts)
            self._facts[file] = facts
        return self._facts[file]

    def tells_of_objects(self, file: str, question: str, find: Callable[[list[ApiObject]], T]) -> T:
        """What `find` says of the objects in a file, as JSON can express it (see `tells`)."""
        answers = self._document_answers(file)
        return _answer(answers, f"{question} {self._settings}", lambda: find(self.objects(self.documents(file))))

    def name(self, path: str) -> str:
        """The name of a unit at a path: from the root, with `/`; `.` for the root itself."""
        return os.path.relpath(os.path.abspath(path or os.curdir), self.root).replace(os.sep, "/")

    def shown(self, path: str) -> str:
        """A path as the run displays it: as the file is known, or else like those that are."""
        name = self._by_path.get(self.paths.of(path))
        if name is not None:
            return name
        return display(os.path.abspath(path) if self._absolute else os.path.relpath(path))

    def source(self, shown: str) -> SourceFile:
        """The file to read for a path as displayed, also for one that the run was not asked for."""
        return self.files.get(shown) or SourceFile(shown, shown)


def _answer(answers: dict[str, Any], question: str, find: Callable[[], T]) -> T:
    """Return the answer to a question; the first time, what `find` returns."""
    if question not in answers:
        answers[question] = find()
    answer: T = answers[question]
    return answer
