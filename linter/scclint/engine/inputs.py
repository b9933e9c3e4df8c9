"""Stage load and model: from paths to documents and model objects, with what became of each."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from scclint.config.model import Config
from scclint.errors import LoadError
from scclint.finding import Notice
from scclint.load import load_file
from scclint.load.discover import discover
from scclint.load.document import Document, objects
from scclint.load.node import to_data
from scclint.load.read import decode, read
from scclint.model.kinds import SUBJECT_KINDS, build
from scclint.model.objects import CLUSTER_SCOPED, ApiObject, Workload


@dataclass(slots=True)
class Inputs:
    """What was read.

    `targets` are the documents to report on, `context` those that only inform verdicts. `read` are the files of the targets,
    `folders` those that were walked whole. `texts` keeps the text of standard input, which cannot be read twice. `nothing` is
    True where folders or standard input were named and held no document.
    """

    targets: list[Document] = field(default_factory=list)
    context: list[Document] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    folders: tuple[str, ...] = ()
    nothing: bool = False

    def covers(self, file: str) -> bool:
        """Whether this run judged the file, or would have if it still existed."""
        path = os.path.normpath(file)
        inside = any(os.path.relpath(path, folder).partition(os.sep)[0] != os.pardir for folder in self.folders)
        return file in self.read or inside

    @property
    def documents(self) -> Iterator[Document]:
        yield from self.targets
        yield from self.context


def load_inputs(
    paths: Sequence[str],
    config: Config,
    *,
    context: Sequence[str] = (),
    stdin: bytes | None = None,
    stdin_filename: str = "<stdin>",
) -> Inputs:
    """Read `paths` (files, folders, `-`) to report on, and `context` and the configuration's cluster state beside them.

    A file that cannot be read becomes an error notice, a broken document one with its error; neither stops the rest.
    `stdin` is the text of standard input where `-` is among the paths.
    """
    inputs = Inputs()
    inputs.folders = tuple(path for path in paths if os.path.isdir(path))
    for file, text in _texts(paths, config, inputs, stdin, stdin_filename):
        inputs.read.add(file)
        inputs.targets.extend(load_file(file, text, SUBJECT_KINDS))
    for file, text in _texts([*config.cluster_state, *context], config, inputs, None, ""):
        if file not in inputs.read:
            inputs.context.extend(load_file(file, text, SUBJECT_KINDS))
    inputs.nothing = bool(inputs.folders or "-" in paths) and not any(d.status != "empty" for d in inputs.targets)
    return inputs


def _texts(
    paths: Iterable[str], config: Config, inputs: Inputs, stdin: bytes | None, stdin_filename: str
) -> Iterator[tuple[str, str]]:
    for item in discover(paths, stdin_filename=stdin_filename, exclude=config.exclude, force_exclude=config.force_exclude):
        if isinstance(item, LoadError):
            inputs.notices.append(Notice("error", item.message, item.file, item.line))
            continue
        piped = item.path == "-"
        try:
            text = decode(stdin or b"", item.display) if piped else read(item.path, item.display)
        except LoadError as error:
            inputs.notices.append(Notice("error", error.message, error.file, error.line))
            continue
        if piped:
            inputs.texts[item.display] = text
        yield item.display, text


def model_objects(documents: Iterable[Document]) -> list[ApiObject]:
    """The model objects of all documents, in order."""
    found: list[ApiObject] = []
    for document in documents:
        if document.root is None:
            continue
        for node in objects(document):
            # Items of a typed list (`PodList`) need not repeat what the list says.
            data = {"apiVersion": node.api_version, "kind": node.kind, **to_data(node.root)}
            found.extend(build(document, document.root, data, node.path))
    _settle_bundles(found)
    return found


def _settle_bundles(objects: Iterable[ApiObject]) -> None:
    """The other manifests of an operator bundle go where its ClusterServiceVersion goes; they stand in the same folder."""
    homes: dict[str, set[str]] = {}
    objects = list(objects)
    for obj in objects:
        if obj.home:
            homes.setdefault(os.path.dirname(obj.file), set()).add(obj.home)
    for obj in objects if homes else ():
        here = homes.get(os.path.dirname(obj.file), set())
        if len(here) == 1 and not obj.home and obj.kind not in CLUSTER_SCOPED:
            obj.home = next(iter(here))


def workloads(objects: Iterable[ApiObject]) -> Iterator[Workload]:
    return (o for o in objects if isinstance(o, Workload))
