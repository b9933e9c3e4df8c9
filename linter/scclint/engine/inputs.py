"""Stage load and model: from paths to documents and model objects, with what became of each."""

import os
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field

from scclint.config.model import Config
from scclint.engine.kustomize import settle_kustomize, settle_origins
from scclint.engine.progress import Progress, silent
from scclint.errors import LoadError
from scclint.finding import Notice
from scclint.load import load_file
from scclint.load.discover import discover, display
from scclint.load.document import Document
from scclint.load.read import decode, read
from scclint.model.kinds import STATE_KINDS, Extras, build_all
from scclint.model.objects import CLUSTER_SCOPED, ApiObject, Workload


@dataclass(slots=True)
class Inputs:
    """What was read.

    `targets` are the documents to report on, `context` those that only inform verdicts. `read` are the files of the targets,
    `folders` those that were walked whole. `texts` keeps the text of standard input, which cannot be read twice. `nothing` is
    True where folders or standard input were named and held nothing that might be a manifest.
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
        """All of them, the targets last: what they say of an object goes before what a dump of the cluster has."""
        yield from self.context
        yield from self.targets


def load_inputs(
    paths: Sequence[str],
    config: Config,
    *,
    context: Sequence[str] = (),
    stdin: bytes | None = None,
    stdin_filename: str = "<stdin>",
    tracked_only: bool = False,
    progress: Progress = silent,
) -> Inputs:
    """Read `paths` (files, folders, `-`) to report on, and `context` and the configuration's cluster state beside them.

    A file that cannot be read becomes an error notice, a broken document one with its error; neither stops the rest.
    `stdin` is the text of standard input where `-` is among the paths. `tracked_only` leaves out of folders what git does not
    track, for a commit hook that must not judge by files which are not part of the commit.
    """
    inputs = Inputs()
    inputs.folders = tuple(path for path in paths if os.path.isdir(path))
    kinds = extras(config).kinds
    for file, text in _texts(paths, config, inputs, stdin, stdin_filename, tracked_only):
        inputs.read.add(file)
        progress("read", len(inputs.read), 0)
        inputs.targets.extend(load_file(file, text, kinds))
    if config.cluster_state or context:
        _read_context(inputs, config, context, kinds, tracked_only)
    inputs.nothing = bool(inputs.folders or "-" in paths) and not any(map(_may_be_manifest, inputs.targets))
    return inputs


def _read_context(inputs: Inputs, config: Config, context: Sequence[str], kinds: Set[str], tracked_only: bool) -> None:
    """Read what only informs verdicts. Dumps of a cluster are large, and read for the few kinds that make a cluster.

    What was named and cannot be read is an error; what lies in folders is beyond the user's control and gives a warning.
    """
    from scclint.load.thin import thin

    before = len(inputs.notices)
    for file, text in _texts(config.cluster_state, config, inputs, None, "", False):
        if file not in inputs.read:
            inputs.context.extend(load_file(file, thin(text, STATE_KINDS), STATE_KINDS))
    for file, text in _texts(context, config, inputs, None, "", tracked_only):
        if file not in inputs.read:
            inputs.context.extend(load_file(file, text, kinds))
    named = {display(path) for path in (*config.cluster_state, *context)}
    for index, notice in enumerate(inputs.notices[before:], before):
        if notice.file not in named:
            inputs.notices[index] = _left_out(notice.message, notice.file, notice.line)
    broken = [(d.file, d.error) for d in inputs.context if d.status == "unparsable" and d.error is not None]
    inputs.notices.extend(_left_out(error.message, file, error.line) for file, error in broken)


def _left_out(why: str, file: str, line: int) -> Notice:
    return Notice("warning", f"not taken into account: {why}", file, line)


def _may_be_manifest(document: Document) -> bool:
    """Values files and workflows are YAML as well; what cannot be read might have been a manifest."""
    return bool(document.kind) or document.status in ("template", "unparsable")


def _texts(
    paths: Iterable[str], config: Config, inputs: Inputs, stdin: bytes | None, stdin_filename: str, tracked_only: bool
) -> Iterator[tuple[str, str]]:
    for item in discover(
        paths,
        stdin_filename=stdin_filename,
        exclude=config.exclude,
        force_exclude=config.force_exclude,
        tracked_only=tracked_only,
    ):
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


def extras(config: Config) -> Extras:
    """What the configuration adds to the kinds that scclint knows."""
    return Extras({(t.api_version, t.kind): t.path for t in config.pod_templates}, config.params)


def model_objects(inputs: Inputs, config: Config) -> list[ApiObject]:
    """The model objects of all documents, in order."""
    more = extras(config)
    found = [obj for document in inputs.documents for obj in build_all(document, more)]
    _settle_bundles(found)
    settle_kustomize(found, inputs.documents)
    settle_origins(found)
    return found


def _settle_bundles(objects: Iterable[ApiObject]) -> None:
    """The other manifests of an operator bundle go where its ClusterServiceVersion goes; they stand in the same folder."""
    homes: dict[str, set[str]] = {}
    objects = list(objects)
    for obj in objects:
        if obj.home and obj.implied:
            homes.setdefault(os.path.dirname(obj.file), set()).add(obj.home)
    for obj in objects if homes else ():
        here = homes.get(os.path.dirname(obj.file), set())
        if len(here) == 1 and not obj.home and obj.kind not in CLUSTER_SCOPED:
            obj.home = next(iter(here))


def workloads(objects: Iterable[ApiObject]) -> Iterator[Workload]:
    return (o for o in objects if isinstance(o, Workload))
