"""Stage scan: the files of a run, what each defines, and notes on scripts and code that are not judged."""

import os
import re
import zlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from time import time_ns
from typing import Any

from scclint.config.model import Config
from scclint.deploy.deployed import READ_AS_MANIFESTS
from scclint.deploy.helm import CHART_FILE
from scclint.deploy.kustomize import NAMES, UNRESTRICTED
from scclint.deploy.outline import Outline
from scclint.errors import LoadError
from scclint.files import (
    DANGLING,
    PACKED_SUFFIX,
    SCRIPT_SUFFIXES,
    SUFFIXES,
    TEMPLATE_SUFFIXES,
    TEST_CODE,
    USES_TESTS,
    SourceFile,
    display,
    read_bytes,
    text_of,
)
from scclint.files.sources import Sources
from scclint.finding import Notice
from scclint.limits import MAX_HEADER, MIN_CACHED
from scclint.objects.documents import is_helm_template
from scclint.objects.documents.document import Document
from scclint.objects.documents.host_access import access_words, lines_with_access
from scclint.objects.documents.reader import Reader
from scclint.objects.documents.sniff import is_generated
from scclint.objects.expand import expand
from scclint.objects.types import ApiObject
from scclint.other_units import Question
from scclint.platform.terms import SCC_ROLE_PREFIX
from scclint.record import EMPTY
from scclint.run.load import expand_settings
from scclint.run.store import NO_STORE, RunStore
from scclint.text import and_more, counted, listed
from scclint.yaml.nodes import to_data

_UNCHANGED = 3_000_000_000
"""Nanoseconds after which a change gives a file other times: FAT rounds to two seconds."""
_VENDORED = "{}: not judged, because it is in a copy of Go modules; to judge it, name this folder"


def scan(
    sources: Sources,
    config: Config,
    overlay: Mapping[str, str | LoadError] = EMPTY,
    store: RunStore = NO_STORE,
    *,
    by_time: bool = True,
) -> tuple[Outline, list[Notice]]:
    """The outline of the files to report on, and notices: each file that cannot be found or read, and what asks for access
    to the node in copies of Go modules.

    `overlay` has the texts that hold in place of files, by path as displayed. `store` has what earlier runs found out about files, which
    without `by_time` is not looked up by the times of files.
    """
    files = [item for item in sources.targets if isinstance(item, SourceFile)]
    named = frozenset(map(display, sources.paths))
    # Nobody can apply what is not there: a link that the user did not name is no mistake of the user.
    notices = [
        Notice("warning" if e.message == DANGLING and e.file not in named else "error", e.message, e.file, e.line)
        for e in sources.targets
        if isinstance(e, LoadError)
    ]
    for folder, copies in sources.vendored.items():
        asking = ((file.display, words) for file in copies if (words := access_words(text_of(file))))
        notices += (Notice("note", _VENDORED.format(folder), file, reason="a Go module", words=words) for file, words in asking)
    if sources.excluded:
        notices.append(Notice("note", f"{counted(sources.excluded, 'file')} not judged, because the settings exclude them"))
    packed, texts = ([f for f in sources.texts if f.path.endswith(PACKED_SUFFIX) is is_packed] for is_packed in (True, False))
    notices += _packed_charts(packed, files) if packed else ()
    told: Mapping[Question, list[Any]] = EMPTY
    more = expand_settings(config)
    kinds = more.kinds | READ_AS_MANIFESTS
    reader = Reader(kinds, overlay, NAMES)
    if sources.folders:
        from scclint.deploy.release_files import RELEASE_FILE

        holds = {file: _holds(file, reader) for file in files if file.display.endswith(TEMPLATE_SUFFIXES)}
        release_files = [file for file, held in holds.items() if held != "manifest" and re.search(RELEASE_FILE, file.display)]
        files = [file for file in files if holds.get(file, "manifest") == "manifest"]
        scripts, told, text_notices = beside(
            [*files, *release_files], [*(file for file in holds if holds[file] == "part"), *texts], reader
        )
        files += scripts
        notices += text_notices
        of_pages = _parts_of_pages(files, named, told, reader)
        files = [file for file in files if file not in of_pages]
        notices += _parts_in_words(of_pages)

    def objects(documents: Iterable[Document]) -> list[ApiObject]:
        objects_of_documents: list[ApiObject] = []
        for document in documents:
            try:
                objects_of_documents += expand(document, more)
            except Exception:  # whatever is wrong with it is reported where it is judged
                continue
        return objects_of_documents

    parts = (files, _root(files, sources.folders), sources.folders, reader, kinds, objects)
    # To look into the store for little input costs no less than reading it.
    if store.is_used and reach(files, MIN_CACHED):
        from scclint.files.store import digest

        outline = Outline(*parts, _answers(store, by_time=by_time), digest(repr(more)))
    else:
        outline = Outline(*parts)
    outline.told = told
    outline.texts = texts
    outline.named = named
    return outline, notices


def _parts_of_pages(
    files: Iterable[SourceFile], named: Set[str], told: Mapping[Question, list[Any]], reader: Reader
) -> list[SourceFile]:
    """The files that a page in AsciiDoc shows and that are no YAML: parts of manifests, which stand in files of their own for that."""
    parts = []
    for file in files:
        shown = told.get(("included", os.path.basename(file.display)), ())
        if file.display not in named and any(f"/{file.display}".endswith(f"/{path}") for path in shown):
            statuses = {document.status for document in reader.documents(file, keep=False)}
            parts += [file] if "unparsable" in statuses else []
    return parts


def _parts_in_words(parts: Sequence[SourceFile]) -> Iterator[Notice]:
    if parts:
        shown = and_more([file.display for file in parts], _MOST_NAMED)
        yield Notice("note", f"{shown}: not judged, because a page in AsciiDoc shows a part of a manifest from there")


def _packed_charts(packed: Iterable[SourceFile], files: Iterable[SourceFile]) -> Iterator[Notice]:
    """Name the packed charts that are nowhere unpacked. Those below `charts/` of a chart are dependencies, which helm renders."""
    charts = {os.path.dirname(file.display) for file in files if os.path.basename(file.display) == CHART_FILE}
    unpacked = {os.path.basename(folder) for folder in charts}
    of_dependencies = {os.path.join(folder, "charts") for folder in charts}
    lone = [
        file.display
        for file in packed
        if os.path.dirname(file.display) not in of_dependencies
        and re.split(r"-v?\d", os.path.basename(file.display), maxsplit=1)[0] not in unpacked
        and _holds_chart(file)
    ]
    if lone:
        command = f"`helm template {lone[0]} --namespace NAME | scclint check -`"
        yield Notice(
            "note", f"{and_more(lone, _MOST_NAMED)}: not judged, because a chart is packed in it; check it with {command}"
        )


def _holds_chart(file: SourceFile) -> bool:
    """Whether an archive begins with the file that describes a chart, as helm packs it."""
    try:
        with open(file.path, "rb") as stream:
            # 31 is the format of gzip.
            return f"/{CHART_FILE}\0".encode() in zlib.decompressobj(31).decompress(stream.read(MAX_HEADER), MAX_HEADER)
    except (OSError, zlib.error):
        return False


def _holds(file: SourceFile, reader: Reader) -> str:
    """Return what a file called like a template seems to hold: a `manifest`, or `part` of one, with containers; empty for other texts.

    The templates of a chart are other texts.
    """
    from scclint.objects.documents.templates import holds_manifest

    inner = os.path.splitext(os.path.splitext(file.display)[0])[1]
    try:
        text = "" if inner not in ("", *SUFFIXES) or is_helm_template(file.display) else reader.text(file)
    except LoadError:
        return ""
    if holds_manifest(text):
        return "manifest"
    return "part" if re.search(_CONTAINERS, text) else ""


def reach(files: Iterable[SourceFile], size: int) -> bool:
    """Whether the files together have so many bytes; False where one cannot be looked at before that is known."""
    total = 0
    try:
        return any((total := total + os.stat(file.path).st_size) >= size for file in files)
    except OSError:
        return False


def _answers(store: RunStore, *, by_time: bool) -> Callable[[str], dict[str, Any]]:
    """Return what gives the answers about a file, by question, to read and to add to. None are known of a file that has changed."""
    files: dict[str, dict[str, Any]] = {}

    def known(path: str) -> dict[str, Any]:
        signature = _signature(path) if by_time else []

        def restored(value: Any) -> dict[str, Any] | None:
            old_signature, answers = value
            return dict(answers) if old_signature == signature else None

        answers = store.find("files", path if signature else "", restored) or {}
        if store.answers is not None and (content := _digest_of(path)):
            shared = store.answers.setdefault(f"{path} {content}", {})
            shared.update(answers)
            answers = shared
        store.keep("files", path if signature else "", [signature, answers])
        return answers

    def of(path: str) -> dict[str, Any]:
        if path not in files:
            files[path] = known(path)
        return files[path]

    return of


def _digest_of(path: str) -> str:
    """The hash of a file; empty where it cannot be read."""
    from scclint.files.store import digest_of_bytes

    try:
        return digest_of_bytes(read_bytes(path, path))
    except LoadError:
        return ""


def _signature(path: str) -> list[int]:
    """Return what shows that a file is unchanged, as git sees it; empty if it may have changed too recently to tell."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return []
    if max(status.st_mtime_ns, status.st_ctime_ns) > time_ns() - _UNCHANGED:
        return []
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _root(files: Sequence[SourceFile], folders: Sequence[str]) -> str:
    """The deepest folder in which everything lies that a run was asked for: the working directory, if that is part of it."""
    named = [*folders, *(os.path.dirname(file.path) or os.curdir for file in files if file.path != "-")]
    try:
        return os.path.commonpath(map(os.path.abspath, named)) if named else os.getcwd()
    except ValueError:  # on different drives
        return os.getcwd()


_DEPLOYING = r"(?:^|/)(?:\.|[^/]*pipelines?\.ya?ml$|[Tt]askfile\.ya?ml$|cloudbuild\.ya?ml$)|argocd"
"""The paths of CI workflows and of Argo CD's settings."""
_MOUNT_OF_NODE = r"\bhostPath(?=: *+[\"']?(?:[/.]|\$\{?\w++\}?(?:/|[\"']?\s++containerPath:)))"
"""The path of a folder that a tool such as kind mounts into a node. The `hostPath` of a pod is a mapping."""
_MOST_NAMED = 3
_CONTAINERS = r"(?<![\w.-])(?:initC|c)ontainers[\"']? *+:"


_MARKER = r"\+kubebuilder:rbac:([^\n]*+)"
_FILLED_IN = r"\b(SecurityContextConstraints|(?:Cluster)?Role(?:Binding)?)\{(?!\})"
"""An object in Go code with fields, and not an empty one, into which the client reads what the cluster has."""


def beside(
    files: Iterable[SourceFile], texts: Iterable[SourceFile], reader: Reader
) -> tuple[list[SourceFile], Mapping[Question, list[Any]], list[Notice]]:
    """Return the scripts among some texts whose commands grant something or apply objects.

    Other texts are code, documentation and parts of manifests. The answers are those of documentation and code (see
    `scclint.other_units`), and the commands of scripts and CI workflows that deploy something. A note names the lines of code and scripts
    with access to the node.
    """
    from scclint.deploy.release_files import RELEASE_FILE
    from scclint.objects.commands import documents_of_commands

    scripts: list[SourceFile] = []
    code: dict[tuple[str, int], list[str]] = {}
    told: dict[Question, list[Any]] = {}
    for file in texts:
        text = "" if re.search(TEST_CODE, file.display) else text_of(file)
        is_script = file.display.endswith(SCRIPT_SUFFIXES)
        is_code = file.display.endswith((".go", ".py"))
        if is_code and re.search(USES_TESTS, text):
            continue
        if not is_code:
            _tell_filled_in(told, file.display, text)
        if file.display.endswith(".adoc"):
            _tell_included(told, file.display, text)
        if file.display.endswith((".md", ".adoc")):
            _tell_documented(told, documents_of_commands(file.display, text))
            continue
        if is_code:
            _tell_code(told, file.display, text)
        elif is_script and text:
            _tell_deploying(told, file.display, text)
            documents = reader.documents(file, keep=False)
            scripts += [file] if any(document.status in ("parsed", "template") for document in documents) else []
            lines = text.split("\n")
            for document in (document for document in documents if document.kind):
                end = document.line + document.text.count("\n")
                lines[document.line - 1 : end] = [""] * (end + 1 - document.line)
            text = "\n".join(lines)
        for line, name in lines_with_access(re.sub(_MOUNT_OF_NODE, "", text), os.path.splitext(file.display)[1]):
            code.setdefault((file.display, line), []).append(name)
    for file in files:
        if re.search(_DEPLOYING, file.display) or re.search(RELEASE_FILE, file.display):
            text = text_of(file)
            _tell_deploying(told, file.display, text)
            _tell_filled_in(told, file.display, text)
    notices = [
        Notice("note", f"code or a script asks for {listed(words)}", file, line, reason="code", words=tuple(words))
        for (file, line), words in code.items()
    ]
    return scripts, told, notices


def _tell_deploying(told: dict[Question, list[Any]], file: str, text: str) -> None:
    """Add the commands of a script or CI workflow that deploy something, and whether it builds kustomizations without load restrictions."""
    from scclint.deploy.release_files import RELEASE_FILE
    from scclint.objects.commands import commands_in

    if UNRESTRICTED in text:
        told[("unrestricted",)] = []
    commands = [command for command in commands_in(file, text) if command.match["verb"]]
    if commands or re.search(RELEASE_FILE, file):
        told.setdefault(("commands",), []).append((file, text, commands))


_SED = r"\bsed[ \t][^\n|]{0,120}?\bs([/|#@,])([A-Z][A-Z0-9_]{2,40})\1"
"""A command of sed that replaces a word in capital letters."""


def _tell_filled_in(told: dict[Question, list[Any]], file: str, text: str) -> None:
    """Add the words that commands of sed replace, as `sed s/PROJECT/$PROJECT/ FILE` does."""
    for _, word in re.findall(_SED, text) if "sed" in text else ():
        told.setdefault(("filled in", word), []).append(file)


_INCLUDED = r"(?m)^include::(?:\{[\w-]+\}/?)?([^\[\n{]+\.(?:ya?ml|json))\["
"""A directive of AsciiDoc that shows a file, and the path of the file behind an attribute that may name a folder."""


def _tell_included(told: dict[Question, list[Any]], file: str, text: str) -> None:
    """Add the files that a page in AsciiDoc shows, by name: their paths, from a folder that is unknown behind an attribute."""
    for found in re.finditer(_INCLUDED, text):
        path = found[1]
        if "{" not in found[0]:
            path = os.path.normpath(os.path.join(os.path.dirname(file), path))
        told.setdefault(("included", os.path.basename(path)), []).append(path)


def _tell_documented(told: dict[Question, list[Any]], bindings: Iterable[Document]) -> None:
    """Add what commands in documentation grant, by the name of the account."""
    for document in (document for document in bindings if "Binding" in document.kind):
        data = to_data(document.root)
        scc, home = data["roleRef"]["name"].removeprefix(SCC_ROLE_PREFIX), data["metadata"].get("namespace", "")
        for subject in data["subjects"]:
            grant = [subject.get("namespace", home), scc, document.file, document.line]
            told.setdefault(("documented", subject["name"]), []).append(grant)


def _tell_code(told: dict[Question, list[Any]], file: str, text: str) -> None:
    """Add the RBAC markers in code, and the places of the objects that it fills in, by kind."""
    if is_generated(text):
        return
    markers = [*re.finditer(_MARKER, text)] if "+kubebuilder:rbac" in text else []
    objects = [*re.finditer(_FILLED_IN, text)] if "Role" in text or "SecurityContextConstraints{" in text else []
    ends = [end.start() for end in re.finditer("\n", text)] if markers or objects else []
    for marker in markers:
        fields = dict(field.partition("=")[::2] for field in marker[1].split(","))
        groups, *others = (fields.get(key, "").strip('"` \r').split(";") for key in ("groups", "resources", "verbs"))
        groups = ["" if group == "core" else group.strip('"') for group in groups]
        told.setdefault(("markers",), []).append((f"{file}:{bisect_left(ends, marker.start()) + 1}", groups, *others))
    for filled in objects:
        told.setdefault(("created", filled[1]), []).append(f"{file}:{bisect_left(ends, filled.start()) + 1}")
