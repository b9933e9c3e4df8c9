"""Stage load: from paths to documents, with what became of each."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING

from scclint.config.model import Config
from scclint.engine.guard import guard
from scclint.engine.progress import Progress, silent
from scclint.engine.sources import Sources, find_sources
from scclint.errors import LoadError
from scclint.expand import Settings
from scclint.files.discover import SourceFile, display
from scclint.files.read import decode, read
from scclint.finding import Crash, Notice, Subject
from scclint.load import load_file
from scclint.load.document import Document, text_at
from scclint.model.kinds import STATE_KINDS
from scclint.suppress.syntax import MARK
from scclint.units.kustomize.kustomization import NAMES

if TYPE_CHECKING:
    from scclint.engine.timings import Timings
    from scclint.units.helm.chart import TemplateOrigin


class Inputs:
    """What was read.

    `targets` are the documents to report on, `context` those that only inform verdicts. `passed` is how many more the targets'
    files have by kind (empty for JSON that has none), of which nothing else will be asked. `read` are the files of the targets,
    `folders` those that were walked whole. `notices` are on what could not be read or will not be judged, `crashes` those of the
    stages load and model, on documents that are left out for it. `origins` are the Helm templates of what was rendered. `digests`
    has a hash of each text by file, where that is asked for. `texts` keeps the text of standard input, which cannot be read
    twice. `nothing` is True where folders or standard input were named and held nothing that might be a manifest. `traced` is
    True where other files were looked at for what kustomize made the manifests of.
    """

    __slots__ = (
        "context",
        "crashes",
        "digests",
        "folders",
        "nothing",
        "notices",
        "origins",
        "passed",
        "read",
        "targets",
        "texts",
        "traced",
    )

    def __init__(self, folders: tuple[str, ...] = ()) -> None:
        self.digests: dict[str, str] | None = None
        self.targets: list[Document] = []
        self.passed: dict[str, int] = {}
        self.context: list[Document] = []
        self.notices: list[Notice] = []
        self.crashes: list[Crash] = []
        self.texts: dict[str, str] = {}
        self.read: set[str] = set()
        self.origins: Mapping[tuple[str, str], TemplateOrigin] = {}
        self.folders = folders
        self.nothing = False
        self.traced = False

    def covers(self, file: str) -> bool:
        """Whether this run judged the file, or would have if it still existed."""
        path = os.path.normpath(file)
        inside = any(os.path.relpath(path, folder).partition(os.sep)[0] != os.pardir for folder in self.folders)
        return file in self.read or inside or any(origin.file == file for origin in self.origins.values())

    def take(self, documents: Iterable[Document]) -> None:
        """Add documents to the targets, or count those of which nothing else will be asked, as are most of what is read."""
        for document in documents:
            if is_settled(document):
                self.passed[document.kind] = self.passed.get(document.kind, 0) + 1
            else:
                self.targets.append(document)

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
    stdin: bytes | LoadError | None = None,
    stdin_filename: str = "<stdin>",
    tracked_only: bool = False,
    progress: Progress = silent,
    timings: "Timings | None" = None,
    sources: Sources | None = None,
    digests: bool = False,
) -> Inputs:
    """Read `paths` (files, folders, `-`) to report on, and `context` and the configuration's cluster state beside them.

    Profiles in the configuration's profile folders are reported on as well.

    A file that cannot be read becomes an error notice, a broken document one with its error; neither stops the rest.
    `stdin` is what standard input holds, or why it cannot be read, where `-` is among the paths. `tracked_only` leaves out of
    folders what git does not track, for a commit hook that must not judge by files which are not part of the commit. UsageError
    where the configuration names a Helm chart that is none. `timings` learn what each file took. `sources` are the files where they
    were found already. `digests` asks for a hash of each text.
    """
    inputs = Inputs(tuple(path for path in paths if os.path.isdir(path)))
    inputs.digests = {} if digests else None
    kinds = expand_settings(config).kinds
    if sources is None:
        sources = find_sources(paths, config, context=context, stdin_filename=stdin_filename, tracked_only=tracked_only)
    for file, text in _texts(sources.targets, inputs, stdin):
        inputs.read.add(file)
        progress("read", len(inputs.read), 0)
        documents = _load(inputs, file, text, kinds)
        inputs.take(timings.loading(file, documents) if timings else documents)
        del documents, text
    if sources.state or sources.context:
        _read_context(inputs, sources, {display(path) for path in (*config.cluster_state, *context)}, kinds)
    if config.helm_chart or any(document.source for document in inputs.targets):
        from scclint.units.helm.sources import find_origins

        piped = {file for file in inputs.texts if not os.path.exists(file)}
        with guard("load", "looking for Helm's templates", inputs.crashes):
            inputs.origins, notices = find_origins(inputs.targets, config.helm_chart, piped)
            inputs.notices.extend(notices)
    might_be = any(inputs.passed) or any(map(_may_be_manifest, inputs.targets))
    inputs.nothing = bool(inputs.folders or "-" in paths) and not might_be
    return inputs


def _read_context(inputs: Inputs, sources: Sources, named: Set[str], kinds: Set[str]) -> None:
    """Read what only informs verdicts. Dumps of a cluster are large, and read for the few kinds that make a cluster.

    What was named and cannot be read is an error; what lies in folders is beyond the user's control and gives a warning.
    """
    from scclint.load.thin import thin

    before = len(inputs.notices)
    for file, text in _texts(sources.state, inputs, None):
        if file not in inputs.read:
            inputs.context.extend(_load(inputs, file, thin(text, STATE_KINDS), STATE_KINDS))
    for file, text in _texts(sources.context, inputs, None):
        if file not in inputs.read:
            inputs.context.extend(_load(inputs, file, text, kinds))
    for index, notice in enumerate(inputs.notices[before:], before):
        if notice.file not in named:
            inputs.notices[index] = left_out(notice.message, notice.file, notice.line)
    broken = [(d.file, d.error) for d in inputs.context if d.status == "unparsable" and d.error is not None]
    inputs.notices.extend(left_out(error.message, file, error.line) for file, error in broken)


def _load(inputs: Inputs, file: str, text: str, kinds: Set[str]) -> Iterator[Document]:
    try:
        yield from load_file(file, text, kinds)
    except Exception as error:  # a bug that one file brings out must not take the others with it
        inputs.crashes.append(Crash("load", Subject(), f"{file}: {type(error).__name__}: {error}"))


def is_settled(document: Document) -> bool:
    """Whether all there is to say of a document is that it is there: its kind bears on nothing, and so does its text."""
    if document.status != "other" or document.source or os.path.basename(document.file) in NAMES:
        return False
    return MARK not in document.text


def left_out(why: str, file: str, line: int) -> Notice:
    """Says why something that would inform verdicts does not."""
    return Notice("warning", f"not taken into account: {why}", file, line)


def _may_be_manifest(document: Document) -> bool:
    """Values files and workflows are YAML as well; what cannot be read might have been a manifest, and a profile is as good."""
    return bool(document.kind or text_at(document.root, "defaultAction")) or document.status in ("template", "unparsable")


def _texts(
    items: Iterable[SourceFile | LoadError], inputs: Inputs, stdin: bytes | LoadError | None
) -> Iterator[tuple[str, str]]:
    for item in items:
        try:
            if isinstance(item, LoadError):
                raise item
            text = _text(item, stdin)
        except LoadError as error:
            inputs.notices.append(Notice("error", error.message, error.file, error.line))
            continue
        if item.path == "-":
            inputs.texts[item.display] = text
        if inputs.digests is not None:
            from scclint.files.store import digest

            inputs.digests[item.display] = digest(text)
        yield item.display, text


def _text(item: SourceFile, stdin: bytes | LoadError | None) -> str:
    if item.path != "-":
        return read(item.path, item.display)
    if isinstance(stdin, LoadError):
        raise stdin
    return decode(stdin or b"", item.display)


def expand_settings(config: Config) -> Settings:
    """What the configuration adds to the kinds that scclint knows."""
    return Settings({(t.api_version, t.kind): t.path for t in config.pod_templates}, config.params)
