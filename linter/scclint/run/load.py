"""Stages load and model: the documents of a unit, with what became of each file, and the model objects of the documents."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from typing import TYPE_CHECKING

from scclint.config.model import Config
from scclint.deploy.facts import name_of, with_users
from scclint.deploy.kustomize import NAMES
from scclint.deploy.kustomize.surroundings import Surroundings, with_kustomizations, with_origins
from scclint.deploy.placed import FileNamespaces, namespaces_of_tasks, place_objects
from scclint.deploy.unit import Unit
from scclint.errors import LoadError, ScclintError
from scclint.files import SourceFile
from scclint.finding import Crash, Notice, Subject
from scclint.limits import AddedTextCounter, LimitError
from scclint.objects.documents.document import Document, text_at
from scclint.objects.documents.reader import Reader
from scclint.objects.expand import Settings, expand, with_references
from scclint.objects.expand.carriers import references_to_manifests
from scclint.objects.expand.item import items_of
from scclint.objects.kinds import WITH_TEXTS
from scclint.objects.types import ApiObject, Workload
from scclint.record import EMPTY, replace
from scclint.run.report import JudgementGap
from scclint.suppress.syntax import MARK

if TYPE_CHECKING:
    from scclint.deploy.helm.chart import TemplateOrigin


_IN_CODE = r"(?:^|/)(?:pkg|internal|assets|bindata)/"
"""Folders of Go code, and of what it embeds."""
_GROUP = r"(?m)^  group: *+[\"']?([\w.-]++)"
"""The API group of a CustomResourceDefinition."""


class Inputs:
    """What was read for a unit.

    `targets` are the documents to report on, `context` those that only inform verdicts, and `described` those of the latter that
    all units of the run have in common. `passed` counts, by file and kind, the
    documents that are not needed any more. `read` are the files of the targets. `notices` are on what could not be read,
    `crashes` on documents that are left out because of a bug. `origins` are the Helm templates of what was rendered; `texts` has
    the texts of files that are not on the disk. `unjudged` is what was seen and is not judged. `first_of` has the first of the
    passed documents of each API group, and `own_groups` are the API groups of the CustomResourceDefinitions.
    """

    def __init__(self) -> None:
        self.targets: list[Document] = []
        self.context: list[Document] = []
        self.described: Sequence[Document] = ()
        self.passed: dict[str, dict[str, int]] = {}
        self.first_of: dict[str, Document] = {}
        self.own_groups: set[str] = set()
        self.notices: list[Notice] = []
        self.crashes: list[Crash] = []
        self.texts: dict[str, str] = {}
        self.unjudged: list[JudgementGap] = []
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
        if file.path == "-" and any(document.source for document in documents):
            from scclint.deploy.helm.hooks import is_test

            # What `helm template` prints is judged as the chart is.
            documents = [document for document in documents if not (document.source and is_test(document.text))]
        self.take(documents)

    def take(self, documents: Iterable[Document]) -> None:
        """Add documents to the targets, or count those that are not needed any more, which are most of them."""
        for document in documents:
            if document.kind == "CustomResourceDefinition" and (group := re.search(_GROUP, document.text)):
                self.own_groups.add(group[1])
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


@contextmanager
def guard(stage: str, doing: str, crashes: list[Crash]) -> Iterator[None]:
    """Add an exception of the block to `crashes`, and go on after the block. `doing` says what was tried.

    Errors that are not scclint's own fault are raised.
    """
    try:
        yield
    except ScclintError:
        raise
    except Exception as error:
        crashes.append(Crash(stage, Subject(), f"{doing}: {type(error).__name__}: {error}"))


def model_objects(
    unit: Unit,
    inputs: Inputs,
    config: Config,
    around: Surroundings,
    folders: Sequence[str] = (),
    borrowed: Sequence[ApiObject] = (),
    homes: Mapping[str, str] = EMPTY,
) -> list[ApiObject]:
    """The model objects of the documents of a unit, in order, without those that are described for all units. `folders` are those
    that the run was asked to judge, `borrowed` the objects that the unit takes from others, and `homes` the namespaces of accounts that
    others name.

    A document with more objects than the limit becomes one that cannot be read.
    """
    references = dict(references_to_manifests(inputs.documents))
    settings = replace(expand_settings(config), namespace=unit.namespace, applied=references.keys())
    there = {item.name for d in inputs.documents if references and d.kind in (*WITH_TEXTS, "List") for item in items_of(d)}
    for name in sorted(references.keys() - there):
        why = f"the input has no ConfigMap or Secret {name} with manifests"
        inputs.unjudged.append(JudgementGap("unread", references[name], why))
    objects = _expanded(inputs, with_references(settings, inputs.documents))
    if any(obj.document.operations is not None for obj in objects):
        from scclint.run.changed_objects import with_changes

        objects = with_changes(objects, config)
    kustomized: Mapping[str, str] = EMPTY
    if not unit.rendered:
        with guard("model", "looking at kustomizations", inputs.crashes):
            built, read = unit.kind == "kustomize", inputs.read.keys()
            objects, kustomized, notices = with_kustomizations(objects, inputs.documents, read, around, built=built)
            inputs.notices += notices
        with guard("model", "looking for what kustomize built from", inputs.crashes):
            objects = with_origins(objects, inputs.targets, inputs.texts.keys(), folders)
    if unit.left_out or (unit.kind == "kustomize" and not unit.namespace and re.search(_IN_CODE, unit.path)):
        # What is not there may complete them, or the code of an operator, which builds them with its own namespace.
        objects = [obj.with_provenance(whole=False) for obj in objects]
    tasks = namespaces_of_tasks(inputs.targets) if unit.kind == "ansible" else EMPTY
    objects = place_objects(objects, unit, FileNamespaces(kustomized, tasks), borrowed, homes)
    return [*with_users(objects, settings.namespace)]


def with_distinct_names(objects: Iterable[ApiObject], others: Iterable[ApiObject] = ()) -> list[ApiObject]:
    """Return the objects, each with a name of its own among these and `others` if the API server generates its name.

    The pods of a workload have the name of the workload, and nothing refers to them by it.
    """
    taken = {name_of(obj) for obj in others}
    numbers: dict[tuple[str, str, str], int] = {}
    distinct: list[ApiObject] = []
    for obj in objects:
        named = obj
        while obj.is_generated and not isinstance(obj, Workload) and name_of(named) in taken:
            number = numbers[name_of(obj)] = numbers.get(name_of(obj), 0) + 1
            named = obj.with_provenance(number=number)
        taken.add(name_of(named))
        distinct.append(named)
    return distinct


def described_objects(documents: Sequence[Document], config: Config, namespace: str) -> tuple[list[ApiObject], Inputs]:
    """The model objects of what is described for all units, and what became of the documents."""
    inputs = Inputs()
    inputs.context += documents
    return with_distinct_names(_expanded(inputs, replace(expand_settings(config), namespace=namespace))), inputs


def _expanded(inputs: Inputs, settings: Settings) -> list[ApiObject]:
    objects: list[ApiObject] = []
    file = ""
    for documents in (inputs.context, inputs.targets):
        for index, document in enumerate(documents):
            if document.file != file:
                file, settings = document.file, replace(settings, added=AddedTextCounter())
            before = len(objects)
            try:
                objects.extend(expand(document, settings))
            except LimitError as error:
                del objects[before:]
                documents[index] = replace(document, status="unparsable", root=None, error=error)
                if documents is inputs.context:
                    inputs.notices.append(left_out(error.message, document.file, error.line))
            except Exception as error:  # a bug that one document brings out must not take the others with it
                where = f"{document.file}:{document.line}"
                inputs.crashes.append(Crash("model", Subject(kind=document.kind), f"{where}: {type(error).__name__}: {error}"))
    return objects
