"""Stage load: the documents of one unit, with what became of each file."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING

from scclint.config.model import Config
from scclint.errors import LoadError
from scclint.expand import Settings
from scclint.files.discover import SourceFile
from scclint.finding import Crash, Notice, Subject
from scclint.load.document import Document, text_at
from scclint.load.reader import Reader
from scclint.run.unit_result import Unjudged
from scclint.suppress.syntax import MARK
from scclint.units.kustomize import NAMES

if TYPE_CHECKING:
    from scclint.units.helm.chart import TemplateOrigin


SUBSCRIPTION = "Subscription"
"""The kind of OLM that has an operator installed."""


class Inputs:
    """What was read for a unit.

    `targets` are the documents to report on, `context` those that only inform verdicts, and `described` those of the latter that
    all units of the run have in common. `passed` counts, by file and kind, the
    documents that are not needed any more. `read` are the files of the targets. `notices` are on what could not be read,
    `crashes` on documents that are left out because of a bug. `origins` are the Helm templates of what was rendered; `texts` has
    the texts of files that are not on the disk. `unjudged` is what was seen and is not judged. `first_of` has the first of the
    passed documents of each API group.
    """

    def __init__(self) -> None:
        self.targets: list[Document] = []
        self.context: list[Document] = []
        self.described: Sequence[Document] = ()
        self.passed: dict[str, dict[str, int]] = {}
        self.first_of: dict[str, Document] = {}
        self.notices: list[Notice] = []
        self.crashes: list[Crash] = []
        self.texts: dict[str, str] = {}
        self.unjudged: list[Unjudged] = []
        self.read: dict[str, None] = {}
        self.origins: Mapping[tuple[str, str], TemplateOrigin] = {}

    @property
    def documents(self) -> Iterator[Document]:
        """All of them, the targets last: what they say of an object goes before what a dump of the cluster has."""
        yield from self.described
        yield from self.context
        yield from self.targets

    @property
    def nothing(self) -> bool:
        """Whether nothing was read that might be a manifest."""
        return not self.holders

    @property
    def holders(self) -> set[str]:
        """The files that hold something that might be a manifest."""
        passed = {file for file, kinds in self.passed.items() if any(kinds)}
        return passed.union(document.file for document in self.targets if _may_be_manifest(document))

    def take_file(self, file: SourceFile, reader: Reader, *, keep: bool = True, reading: int = 0) -> None:
        """Read a file to report on, and let the reader `keep` it for others. One that cannot be read is a notice.

        `reading` is that of a template.
        """
        try:
            documents = reader.documents(file, keep=keep, reading=reading)
        except LoadError as error:
            self.notices.append(Notice("error", error.message, error.file, error.line))
            return
        except Exception as error:  # a bug that one file brings out must not take the others with it
            self.read[file.display] = None
            self.crashes.append(Crash("load", Subject(), f"{file.display}: {type(error).__name__}: {error}"))
            return
        self.read[file.display] = None
        if reader.is_overlaid(file):
            self.texts[file.display] = reader.text(file)
        self.take(documents)

    def take(self, documents: Iterable[Document]) -> None:
        """Add documents to the targets, or count those that are not needed any more, which are most of them."""
        for document in documents:
            if is_settled(document):
                kinds = self.passed.setdefault(document.file, {})
                kinds[document.kind] = kinds.get(document.kind, 0) + 1
                self.first_of.setdefault(document.api_version.partition("/")[0], document)
            else:
                self.targets.append(document)


def is_settled(document: Document) -> bool:
    """Whether a document is only counted, because neither its kind nor its text has an effect on findings."""
    if document.status != "other" or document.source or os.path.basename(document.file) in NAMES:
        return False
    if document.kind == SUBSCRIPTION:
        return False
    return MARK not in document.text


def left_out(why: str, file: str, line: int) -> Notice:
    """Says why something that would inform verdicts does not."""
    return Notice("warning", f"not taken into account: {why}", file, line)


def unread(error: LoadError, named: Set[str]) -> Notice:
    """Says why a file that would inform verdicts does not.

    That is an error for a file that the user `named`. What lies in folders is beyond the user's control, and gives a warning.
    """
    if error.file in named:
        return Notice("error", error.message, error.file, error.line)
    return left_out(error.message, error.file, error.line)


def _may_be_manifest(document: Document) -> bool:
    """Whether a document is a manifest or a profile, or may be one: values files and workflows are YAML as well."""
    return bool(document.kind or text_at(document.root, "defaultAction")) or document.status in ("template", "unparsable")


def expand_settings(config: Config) -> Settings:
    """What the configuration adds to the kinds that scclint knows."""
    return Settings({(t.api_version, t.kind): t.path for t in config.pod_templates}, config.params, config.namespace)
