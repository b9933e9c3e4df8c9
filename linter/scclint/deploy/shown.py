"""Evidence in the content of files that nobody applies a file or a unit to an OpenShift cluster. A name alone is none.

Sources: kuttl reads the numbered files in each folder of a `testDirs` and compares its cluster with `NN-assert.yaml` and `NN-errors.yaml`
(kuttl.dev); chainsaw reads what a Test names (kyverno.github.io/chainsaw); the `ct` of helm/chart-testing installs a chart with each
`ci/*-values.yaml`; podman-kube-play(1) lists the kinds that it reads; Konflux marks the PipelineRuns that it starts.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import cached_property
from typing import TYPE_CHECKING, Any

from scclint.deploy.helm import CHART_FILE
from scclint.deploy.kustomize import NAMES
from scclint.deploy.outline import KUTTL, Outline, holds_suite
from scclint.deploy.unit import (
    COMMENTED,
    COMPARED,
    OF_KONFLUX,
    PLAYED,
    READ_BY_TESTS,
    TRIED,
    TRIED_VALUES,
    UNLISTED,
    Deployment,
    Shown,
    Unit,
)
from scclint.files import SCRIPT_SUFFIXES, TEST_CODE, TEST_SOURCES, USES_TESTS, SourceFile, text_of
from scclint.objects.documents import load_text
from scclint.objects.kinds import TEKTON
from scclint.yaml.nodes import to_data
from scclint.yaml.untyped import as_list, as_text, value_at

if TYPE_CHECKING:
    from scclint.deploy.kustomize.kustomization import Kustomization

_KONFLUX = "appstudio.openshift.io/"
_COMPARED = r"(?:\d+|chainsaw)-(?:assert|errors?)\b[^/]*"
_NUMBERED = r"\d+-[^/]*"
_SUITE = r"(?:kubectl[ -])?(?:\$[({])?\b(?i:kuttl|chainsaw)\b[)}]?[ \t]+test\b([^\n;&|#]*)"
_PLAY = r"\bpodman[ \t]+(?:kube[ \t]+play|play[ \t]+kube)\b([^\n;&|#]*)"
_IN_FRONT = r"(?:.*(?:&&|\|\||[;|({`]|\b(?:then|do|else)(?=\s)))?\s*(?:(?:[-+@$%>]|sudo|exec|time|run:|script:|-\w+|\w+=\S*)(?:\s+|$)|@)*"
"""What is in front of a command on its line: the end of another command, a prompt, words that run the command, variables."""
_LONGEST = 300
_FENCE = r"[ \t]*(?:```|~~~)"
_YAML_FILE = r"(?<![^\s=])[\w.-][\w./-]*+(?<=\.yaml|.\.yml|\.json)"

_COMMENTED_ENTRY = r"(?m)^[ \t]*#[# \t]*-[ \t]+[\"']?([\w./-]+)[\"']?[ \t]*(?:#.*)?$"
"""An entry of a list that is commented out."""

_TOKEN = (
    r"(?P<embed>//go:embed[^\n]*+)|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+|\"\"\"(?:[^\"]|\"(?!\"\"))*+\"\"\"|(?<=\s)\#[^\n]*+"
    r"|\"(?P<double>(?:[^\"\\\n]|\\.)*+)\"|'(?P<single>(?:[^'\\\n]|\\.)*+)'|`(?P<back>[^`]*+)`"
)
"""A comment or a text in Go, Python or a shell."""
_PATH = r"[\w./-]+"
_JOINS = r"\s*[,/]\s*"
_READS = r"(?i)(?:(?:path|join|dir|file|glob|walk|open|read|load|fixture|data|resolve)\w{0,20}(?:\.(?:get|of))?\(\s*|/\s)$"
"""In front of a text: the name of a function that gets a path, or the operator that joins paths in Python."""
_FARTHEST = 80
"""Characters in front of a text in which such a name is looked for."""
_KNOWN_END = r"((?:/[\w.-]+)*)/*\Z"
"""The end of a path that has no variable."""
_WORD = r"(?<=[\"'`/ =\t])[\w.-]++(?=[\"'`/*\s)])"
_NAMED = r"(?<![\w.-])[\w-]++(?:\.[\w-]++)*+(?<=\.yaml|\.json|.\.yml)"


_OF_DATA = frozenset(("testdata", "test_data"))
"""Folders for the data of tests, as Go and authors of bats call them. What lies in one is shown only if a test names it."""


def _is_test_code(file: SourceFile) -> bool:
    """Whether a file is code of a test, by its name, or a script that bats runs."""
    if re.search(TEST_CODE, file.display):
        return True
    return file.display.endswith(SCRIPT_SUFFIXES) and text_of(file).startswith("#!/usr/bin/env bats")


class ShownFiles:
    """What shows that nobody applies the files of an outline, found when it is asked for. A file that the user named is none of them."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._commented: frozenset[str] | None = None

    def of_file(self, file: str) -> Shown | None:
        """The evidence about a file that nothing takes; None without any."""
        by_reason = (
            (COMPARED, self._compared),
            (READ_BY_TESTS, self._read_by_tests),
            (OF_KONFLUX, self._of_konflux),
            (PLAYED, self._played),
        )
        shown = next((shown for shown, files in by_reason if file in files), None)
        return None if shown is None or file in self._outline.named or self._may_be_applied(file) else shown

    def of_unlisted(self, file: str, kustomizations: "Mapping[str, Kustomization]") -> Shown | None:
        """The evidence that the kustomization in the folder of a file or above lists files beside it and not this one."""
        outline = self._outline
        path = outline.paths.of(outline.source(file).path)
        if self.is_commented_out(path, kustomizations) and file not in outline.named and not self._may_be_applied(file):
            return COMMENTED
        if file in outline.named or not _lists_others(path, outline.paths.of(outline.root), kustomizations):
            return None
        return None if os.path.basename(file) in self._named_files or self._may_be_applied(file) else UNLISTED

    def is_commented_out(self, path: str, kustomizations: "Mapping[str, Kustomization]") -> bool:
        """Whether a kustomization names a file or folder, by its real path, only in a comment, among the entries of a list."""
        if self._commented is None:
            self._commented = frozenset(
                os.path.normpath(os.path.join(folder, name))
                for folder, kustomization in kustomizations.items()
                if kustomization.resources
                for name in self._outline.tells(self._outline.shown(kustomization.file), "commented", _commented_entries)
            )
        return path in self._commented

    def of_unit(self, unit: Unit, chart_or_kustomization: str) -> Shown | None:
        """The evidence about what a program renders, given the file that describes it; None without any."""
        deployment = unit.deployment
        if deployment.by_controller:
            return None
        if deployment.commands:
            return TRIED if self.is_tried(deployment) and not self._is_documented(unit.path) else None
        if self._outline.told.get(("chart-testing",)) and deployment.values:
            folder = os.path.join(os.path.realpath(unit.path), "ci", "")
            if all(
                os.path.realpath(value).startswith(folder) and value.endswith("-values.yaml") for value in deployment.values
            ):
                return TRIED_VALUES
        return self.of_file(chart_or_kustomization) if unit.kind in ("kustomize", "chart", "bundle") else None

    def is_tried(self, deployment: Deployment) -> bool:
        """Whether only jobs of CI workflows make a deployment, on clusters that they create."""
        lines = {command.partition(": ")[0] for command in deployment.commands}
        return bool(lines) and lines.issubset(self._outline.told.get(("test clusters",), ()))

    def _may_be_applied(self, file: str) -> bool:
        """Whether a script applies a path that is not known, and names a folder of the file. The known end of the path must fit."""
        inside = self._outline.inside(file)
        words = [word for word in os.path.dirname(inside).split("/") if word]
        return any(
            re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w.-])", text)
            for text, ends in self._open_scripts
            if any(f"{end}/" in f"/{inside}/" for end in ends)
            for word in words
            if word in text
        )

    @cached_property
    def _open_scripts(self) -> list[tuple[str, Set[str]]]:
        """The texts of the scripts with a command that applies a path with a variable that the script does not set, and what is known of the
        ends of these paths.
        """
        scripts: list[tuple[str, Set[str]]] = []
        for _, text, commands in self._outline.told.get(("commands",), ()):
            applied = (path for c in commands if c.applies for path in c.flag("filename", "kustomize"))
            ends = {_known_end(path) for path in applied if re.search(r"[$`]|\{\{", path)}
            if ends:
                scripts.append((text, ends))
        return scripts

    def _is_documented(self, path: str) -> bool:
        """Whether a document or a script names a file or folder, or the folder of the file, beside the jobs that apply it."""
        name = self._outline.inside(os.path.dirname(path) if path in self._outline.files else path)
        jobs = {line.rpartition(":")[0] for line in self._outline.told.get(("test clusters",), ())}
        texts = (file for file in self._outline.texts if file.display not in jobs and not re.search(TEST_CODE, file.display))
        return any(name in text_of(file) for file in texts)

    @cached_property
    def _holding(self) -> Set[str]:
        """The folders that hold files, as displayed."""
        folders: set[str] = set()
        for file in self._outline.files:
            folder = os.path.dirname(file)
            while folder and folder not in folders:
                folders.add(folder)
                folder = os.path.dirname(folder)
        return folders

    def _below(self, folder: str) -> list[str]:
        return [file for file in self._outline.files if file.startswith(f"{folder}/")]

    def _resolved(self, folder: str, name: str) -> str:
        """The file, or the folder with files, that a text in a folder names from there or from a folder above; empty if it names none."""
        while name:
            path = os.path.normpath(os.path.join(folder, name))
            if path in self._outline.files or path in self._holding:
                return path
            if not folder or os.path.dirname(folder) == folder:
                return ""
            folder = os.path.dirname(folder)
        return ""

    @cached_property
    def _suites(self) -> list[tuple[str, Any]]:
        """The objects of kuttl and chainsaw, each with the folder of its file."""
        outline = self._outline
        files = [file for file in outline.files if outline.tells(file, "suite", holds_suite)]
        documents = ((file, document) for file in files for document in load_text(file, outline.text(file), frozenset()))
        return [
            (os.path.dirname(file), data) for file, document in documents if isinstance(data := to_data(document.root), dict)
        ]

    @cached_property
    def _of_suites(self) -> tuple[Set[str], Set[str]]:
        """The files that suites of kuttl and chainsaw read, and the folders of their tests."""
        read: set[str] = set()
        tops: set[str] = set()
        cases: set[str] = set()
        for folder, data in self._suites:
            is_kuttl, kind = as_text(data.get("apiVersion")).startswith(KUTTL), data.get("kind")
            if is_kuttl and kind == "TestSuite":
                tops.update(self._resolved(folder, as_text(name)) for name in as_list(data.get("testDirs")))
            elif is_kuttl or kind == "Test":
                cases.add(folder)
                named = {os.path.normpath(os.path.join(folder, name)) for name in _values_of("file", data.get("spec"))}
                inside = self._below(folder) if is_kuttl else ()
                read.update(named.intersection(self._outline.files))
                read.update(file for file in inside if re.fullmatch(_NUMBERED, os.path.relpath(file, folder)))
        for file, text in self._outline.told.get(("suites",), ()):
            for command in _commands(_SUITE, file, text):
                tops.update(self._resolved(os.path.dirname(file), word.rpartition("=")[2]) for word in command.split())
        tops = {top for top in tops if top in self._holding and self._outline.inside(top)}
        # A Test of chainsaw names what it reads.
        in_cases = (file for top in tops for file in self._below(top) if os.path.dirname(file) not in {top, *cases})
        return read.union(in_cases), tops | cases

    @cached_property
    def _compared(self) -> Set[str]:
        """The files that a test of chainsaw or kuttl compares with objects of a cluster."""
        files = [file for file in self._outline.files if re.fullmatch(_COMPARED, os.path.basename(file))]
        folders = self._of_suites[1] if files else frozenset()
        return {file for file in files if any(os.path.dirname(file) == top or file.startswith(f"{top}/") for top in folders)}

    @cached_property
    def _read_by_tests(self) -> Set[str]:
        """The files that suites and the code of tests read, and no other code."""
        read = set(self._of_suites[0])
        by_name: dict[str, str] = {}
        for source in self._outline.texts:
            own = _own_folder(os.path.dirname(source.display))
            if _is_test_code(source) and (own in self._holding or not self._names_of_folders.isdisjoint(_OF_DATA)):
                paths = _paths_in_script if source.display.endswith(SCRIPT_SUFFIXES) else _paths_in
                for path in self._paths_in_test(own, paths(text_of(source))):
                    by_name.setdefault(path, own)
        for path, folder in by_name.items():
            files = [path] if path in self._outline.files else self._below(path)
            steps = os.path.relpath(path, folder or os.curdir).replace(os.sep, "/").lstrip("./").split("/")
            step = next((step for step in steps if step in _OF_DATA), steps[0])
            if step not in self._words_of_programs:
                read.update(file for file in files if os.path.basename(file) not in self._words_of_programs)
        return read

    @cached_property
    def _names_of_folders(self) -> Set[str]:
        return {os.path.basename(folder) for folder in self._holding}

    def _paths_in_test(self, folder: str, paths: Iterable[tuple[list[str], bool]]) -> Iterator[str]:
        """Yield the files and folders that a test names, which lie below their own folder, or in a folder for data of tests."""
        is_top = not self._outline.inside(folder or os.curdir)
        for names, reads in paths:
            joined = self._resolved(folder, "/".join(names))
            for path in [joined] if joined else [self._resolved(folder, name) for name in names]:
                is_data = not _OF_DATA.isdisjoint(path.split("/"))
                is_own = bool(folder) and path.startswith(f"{folder}/") and not is_top
                if (is_data or is_own) and (is_data or reads or path in self._outline.files):
                    yield path

    @cached_property
    def _words_of_programs(self) -> Set[str]:
        """The words in texts and paths of scripts, and of code that is for no test."""
        words: set[str] = set()
        for file in self._outline.texts:
            is_test = _is_test_code(file) or re.match(TEST_SOURCES, file.display)
            if not file.display.endswith(".md") and not is_test:
                text = text_of(file)
                words.update(() if re.search(USES_TESTS, text) else re.findall(_WORD, text))
        return words

    @cached_property
    def _named_files(self) -> Set[str]:
        """The names of files in scripts, code, documentation and manifests. Kustomizations have their files listed, or left out in comments."""
        files = (*self._outline.files.values(), *self._outline.texts)
        return {
            name for file in files if os.path.basename(file.display) not in NAMES for name in re.findall(_NAMED, text_of(file))
        }

    @cached_property
    def _of_konflux(self) -> Set[str]:
        """The files of pipelines that Konflux runs: those with its PipelineRuns, and if there are no others in their folder, all in it."""
        outline = self._outline
        marked: dict[str, dict[str, bool]] = {}
        pipelines: dict[str, list[str]] = {}
        for file in (file for file in outline.files if "/.tekton/" in f"/{file}"):
            top = f"/{file}".rpartition("/.tekton/")[0]
            for document in outline.documents(file):
                if document.kind in TEKTON:
                    pipelines.setdefault(top, []).append(file)
                if document.kind == "PipelineRun":
                    is_marked = _is_marked(to_data(document.root))
                    runs = marked.setdefault(top, {})
                    runs[file] = is_marked and runs.get(file, True)
        shown: set[str] = set()
        for top, runs in marked.items():
            shown.update(pipelines[top] if all(runs.values()) else (file for file, is_marked in runs.items() if is_marked))
        return shown

    @cached_property
    def _played(self) -> Set[str]:
        """The files that a command of podman runs, and that no command for a cluster names."""
        named: set[str] = set()
        for file, text in self._outline.told.get(("podman",), ()):
            for command in _commands(_PLAY, file, text):
                named.update(self._resolved(os.path.dirname(file), name) for name in re.findall(_YAML_FILE, command))
        names = {os.path.basename(file): file for file in named if file in self._outline.files}
        if not names:
            return frozenset()
        lines = (line for source in self._outline.texts for line in text_of(source).split("\n"))
        applied = {name for line in lines if re.search(r"\b(?:oc|kubectl)\b", line) for name in re.findall(_NAMED, line)}
        return {file for name, file in names.items() if name not in applied}


def _known_end(path: str) -> str:
    """The folders and the file at the end of a path that have no variable; empty if it ends in one."""
    match = re.search(_KNOWN_END, path)
    return match[1] if match else ""


def _own_folder(folder: str) -> str:
    """The folder below which the code of tests in a folder has its own files. Maven and Gradle keep them apart from the code."""
    sources = re.match(TEST_SOURCES, f"{folder}/")
    return f"{sources[0]}resources" if sources else folder


def _commented_entries(text: str) -> list[str]:
    """Return the entries of lists that are commented out."""
    return re.findall(_COMMENTED_ENTRY, text)


def _commands(pattern: str, file: str, text: str) -> Iterator[str]:
    """Yield the arguments of each command in a text that a script, a workflow or a block of documentation runs; none in comments."""
    is_document, in_block = file.endswith(".md"), False
    for line in text.replace("\\\n", "  ").split("\n"):
        if is_document and re.match(_FENCE, line):
            in_block = not in_block
        elif in_block or not is_document:
            for match in re.finditer(pattern, line):
                in_front = line[max(match.start() - _LONGEST, 0) : match.start()]
                if re.fullmatch(_IN_FRONT, in_front) and not re.search(r"(?:^|\s)#", in_front):
                    yield match[1]


def _lists_others(path: str, root: str, kustomizations: "Mapping[str, Kustomization]") -> bool:
    """Whether the nearest kustomization lists files that lie beside a file, or as deep in other folders, and not this one."""
    folder = os.path.dirname(path)
    while folder not in kustomizations:
        if folder == root or os.path.dirname(folder) == folder or os.path.isfile(os.path.join(folder, CHART_FILE)):
            return False
        folder = os.path.dirname(folder)
    kustomization = kustomizations[folder]
    listed = {*kustomization.resources, *kustomization.patches}
    depth = path.count(os.sep)
    others = (
        one for one in listed if one.count(os.sep) == depth and one.startswith(f"{folder}{os.sep}") and os.path.isfile(one)
    )
    return path not in listed and any(others)


def _is_marked(data: Any) -> bool:
    metadata = value_at(data, ("metadata",))
    fields = [metadata.get(key) for key in ("labels", "annotations")] if isinstance(metadata, dict) else []
    return any(key.startswith(_KONFLUX) for field in fields if isinstance(field, dict) for key in field)


def _values_of(key: str, data: Any) -> Iterator[str]:
    """Yield the texts of all fields with a name in nested data."""
    pending = [data]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += value.values()
            if isinstance(value.get(key), str):
                yield value[key]
        elif isinstance(value, list):
            pending += value


def _paths_in_script(text: str) -> Iterator[tuple[list[str], bool]]:
    """Yield the paths that a script names, as `_paths_in` does."""
    yield from (([path], True) for path in re.findall(r"[\w.-]++(?:/[\w.-]++)++", text))


def _paths_in(text: str) -> Iterator[tuple[list[str], bool]]:
    """Yield the parts of what may be a path in code, as a call joins them, and whether something that reads gets them."""
    parts: list[str] = []
    reads = False
    end = 0
    for token in re.finditer(_TOKEN, text):
        if token["embed"]:
            yield from (([name.rstrip("*")], True) for name in token["embed"].split()[1:])
            continue
        written = next((part for part in (token["double"], token["single"], token["back"]) if part is not None), None)
        if written is None:
            continue
        if not (parts and re.fullmatch(_JOINS, text[end : token.start()])):
            if parts:
                yield parts, reads
            before = text[max(end, token.start() - _FARTHEST) : token.start()]
            parts, reads = [], re.search(_READS, before) is not None
        end = token.end()
        # Up to what the code fills in.
        fixed = re.split(r"[%{*$]", written, maxsplit=1)[0]
        name = fixed if fixed == written else fixed.rpartition("/")[0]
        if re.fullmatch(_PATH, name):
            parts.append(name)
    if parts:
        yield parts, reads
