"""Lines of a chart with access to the node, or a grant of it, that no view of the chart renders, and what decides whether they count.

A chart can ask the cluster and the release when it is installed: `lookup`, `.Capabilities`, `.Release`, dates and random texts. No view of
the chart can show what it then renders.
"""

import os
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from functools import cached_property
from itertools import pairwise
from operator import itemgetter

from scclint.deploy.origins.template_lines import ACTION, DEFINED, INCLUDED
from scclint.deploy.unit import Unit
from scclint.errors import LoadError
from scclint.files import display, read, walk
from scclint.files.store import digest
from scclint.finding import shortened
from scclint.limits import MAX_ACCESS_PLACES, MAX_CONDITION, MAX_NESTED_CONDITIONS
from scclint.objects.documents.host_access import access_in_template
from scclint.record import record

_VALUES = "values.yaml"
_NOT_APPLIED = frozenset(("NOTES.txt", "README.md", "Chart.yaml", "Chart.lock", "values.schema.json"))
_LONGEST_CONDITION = 60

_STATEMENT = re.compile(r"\{\{-?\s*(else|if|with|range|block|define|end)\b")
_INSTALLATION = re.compile(
    r"\b(?:lookup|Capabilities|Release|now|ago|(?:html)?[dD]ate(?:Modify|_modify|InZone)?|unixEpoch|rand[A-Z]\w+|shuffle|uuidv4|"
    r"gen(?:CA|PrivateKey|SelfSigned|Signed)\w*|getHostByName)\b"
)
"""What gives another result in the cluster than where the chart is rendered."""
_CHOICE = re.compile(r"\b(?:ternary|and|or|default|coalesce|not)\b")
_FILE = re.compile(r"\.Files\.(?:Get|GetBytes|Lines)\s+[\"`]([^\"`]+)[\"`]")
_VALUE = re.compile(r"\.Values\.(\w+)")
_ASSIGNED = re.compile(r"(\$\w+)\s*(?:,\s*(\$\w+)\s*)?:?=")
_SET = re.compile(r"\bset\s[^\"`]{0,200}[\"`]([\w-]+)[\"`]")
_TOP_KEY = re.compile(r"^([\w-]+)[\"']?:", re.M)
_NAMES = re.compile(r"(?<=\.)[A-Za-z_][\w-]*|(?<=[\"`])[A-Za-z_][\w.-]*")
_VARIABLES = re.compile(r"\$\w+")
_WORD = re.compile(r"[\w-]+")
_PSP = re.compile(r"^kind:\s*[\"']?PodSecurityPolicy\b", re.M)
_SEPARATOR = re.compile(r"^---", re.M)
_TEST_HOOK = re.compile(r"helm\.sh/hook[\"']?\s*:\s*[\"']?test")


@record
class UnrenderedAccess:
    """Access to the node, or a grant of it, in a document that no view of the chart at `chart` renders. `line` is its first line.

    `what` lists the kinds of access. `condition` is the action that the cluster or the release decides; empty if values decide.
    """

    chart: str
    file: str
    line: int
    what: tuple[str, ...]
    condition: str = ""


@record
class _Access:
    """A text that asks for access: the path of its file from the chart, where it begins and ends, and the kind of access.

    `computed` is the action that writes the value of the field, if one does.
    """

    file: str
    start: int
    end: int
    what: str
    computed: str = ""

    def mark_at(self, text: str) -> int:
        """Where a mark does not change what the text means: behind the name of a field without a value, or behind the value."""
        word = _WORD.match(text, self.start)
        is_key = text[self.start : self.end].rstrip(" \"'").endswith(":") and not text.startswith("system:", self.start)
        return word.end() if word and is_key else self.end


@record
class _Part:
    """Where a part of a file begins, the conditions around it, the outermost first, and the named template that it is in, if any."""

    start: int
    conditions: tuple[str, ...] = ()
    named: str = ""


def _parts(text: str, actions: Iterable["re.Match[str]"]) -> list[_Part]:
    """The parts into which the statements of a template divide it. A condition has the text of all its branches before the part."""
    parts = [_Part(0)]
    blocks: list[tuple[str, str]] = []
    # Where the blocks of named templates are among all blocks.
    named: list[int] = []
    for action in actions:
        statement = _STATEMENT.match(action[0])
        if statement is None:
            continue
        defined = DEFINED.match(action[0])
        if statement[1] == "end":
            del blocks[-1:]
            del named[bisect_left(named, len(blocks)) :]
        elif statement[1] == "else":
            blocks[-1:] = [((before + action[0])[:MAX_CONDITION], name) for before, name in blocks[-1:]]
        else:
            named += [len(blocks)] if defined else []
            blocks.append(("", defined[1]) if defined else (action[0], ""))
        first = named[-1] if named else 0
        inner = blocks[max(first, len(blocks) - MAX_NESTED_CONDITIONS) :]
        conditions = tuple(condition for condition, _ in inner if condition)
        parts.append(_Part(action.end(), conditions, blocks[first][1] if named else ""))
    return parts


class ChartSources:
    """The files of the chart in a folder, the access that they ask for, and what decides whether it is rendered."""

    def __init__(self, chart: str) -> None:
        self._chart = chart
        self._names: dict[tuple[str, str], frozenset[str]] = {}
        self.texts = dict(_texts(chart))

    @cached_property
    def _actions(self) -> Mapping[str, Sequence["re.Match[str]"]]:
        return {file: [*ACTION.finditer(text)] for file, text in self.texts.items()}

    @cached_property
    def _parts(self) -> Mapping[str, Sequence[_Part]]:
        return {file: _parts(text, self._actions[file]) for file, text in self.texts.items()}

    @cached_property
    def _documents(self) -> Mapping[str, Sequence[tuple[int, str]]]:
        """The documents of each file, with the place where each begins."""
        starts = {file: [0, *(match.start() for match in _SEPARATOR.finditer(text))] for file, text in self.texts.items()}
        return {
            file: [(start, text[start:end]) for start, end in pairwise((*starts[file], len(text)))]
            for file, text in self.texts.items()
        }

    @cached_property
    def _policies(self) -> Set[tuple[str, int]]:
        """The documents, by file and beginning, that are a PodSecurityPolicy, which no release applies to pods."""
        return {(file, start) for file, several in self._documents.items() for start, text in several if _PSP.search(text)}

    def _document(self, file: str, position: int) -> tuple[int, str]:
        """The beginning and the text of the document at a place."""
        documents = self._documents[file]
        return documents[bisect_right(documents, position, key=itemgetter(0)) - 1]

    @cached_property
    def places(self) -> list[_Access]:
        """The access that the files ask for."""
        places = []
        for file, text in self.texts.items():
            for start, end, what in access_in_template(text):
                action = ACTION.match(text, end)
                if (file, self._document(file, start)[0]) not in self._policies:
                    places.append(_Access(file, start, end, what, action[0] if action else ""))
        return places[:MAX_ACCESS_PLACES]

    def mark(self, number: int) -> str:
        """What marks a place, by its number. No text of the chart can have it, because it depends on all of them."""
        return f"scclint{self._digest}n{number}x"

    @cached_property
    def _digest(self) -> str:
        return digest(repr(sorted(self.texts.items())))[:16]

    def marked(self, places: Mapping[int, _Access]) -> dict[str, str]:
        """The texts of files, by path, with the mark of each of these places. The values of a chart decide too much for marks."""
        marked: dict[str, str] = {}
        for number, place in sorted(places.items(), key=lambda item: -item[1].end):
            if not _is_values(place.file):
                text = self.texts[place.file]
                at = place.mark_at(text)
                before = marked.get(place.file, text)
                marked[place.file] = f"{before[:at]}{self.mark(number)}{before[at:]}"
        return {os.path.realpath(os.path.join(self._chart, file)): text for file, text in marked.items()}

    def reported(self, places: Iterable[_Access]) -> Iterator[UnrenderedAccess]:
        """What is to be said of places that no view renders, one for each document."""
        by_document: dict[tuple[str, int, str], list[_Access]] = {}
        for place in places:
            condition = self._decided(place)
            start, document = self._document(place.file, place.start)
            is_template = "templates" in place.file.split("/")
            if condition or (is_template and not place.computed and not _TEST_HOOK.search(document)):
                by_document.setdefault((place.file, start, condition), []).append(place)
        for (file, _, condition), found in sorted(by_document.items()):
            found.sort(key=lambda place: place.start)
            line = self.texts[file].count("\n", 0, found[0].start) + 1
            what = tuple(dict.fromkeys(place.what for place in found))
            yield UnrenderedAccess(display(self._chart), display(os.path.join(self._chart, file)), line, what, condition)

    def _part(self, file: str, position: int) -> _Part:
        return self._parts[file][bisect_right(self._parts[file], position, key=lambda part: part.start) - 1]

    def _decided(self, place: _Access) -> str:
        """The condition that the cluster or the release decides and on which a place depends; empty if there is none."""
        if place.computed:
            return _shown(place.computed) if self._is_open(place.file, place.computed) else ""
        part = self._part(place.file, place.start)
        return self._decided_at(place.file, part.conditions, self._source_of(place.file, part, place.start), set())

    @cached_property
    def _keys(self) -> Mapping[str, Sequence[tuple[int, str]]]:
        """The keys at the top of each file of values, each with its place."""
        return {
            file: [(-1, ""), *((match.start(), match[1]) for match in _TOP_KEY.finditer(text))]
            for file, text in self.texts.items()
            if _is_values(file)
        }

    def _value_at(self, file: str, position: int) -> str:
        """The key at the top of a file of values that a place is below."""
        return self._keys[file][bisect_right(self._keys[file], position, key=itemgetter(0)) - 1][1]

    def _source_of(self, file: str, part: _Part, position: int) -> str:
        """How other templates refer to the text at a place: as a named template, a file, or a value; empty for a template itself."""
        if part.named:
            return f"define {part.named}"
        if _is_values(file):
            return f"value {self._value_at(file, position)}"
        return "" if "templates" in file.split("/") else f"file {file}"

    def _decided_at(self, file: str, conditions: Sequence[str], source: str, visited: set[str]) -> str:
        for condition in reversed(conditions):
            if self._is_open(file, condition):
                return _shown(condition)
        if not source or source in visited:
            return ""
        visited.add(source)
        found = (self._decided_at(*site, visited) for site in self._sites.get(source, ()))
        return next(filter(None, found), "")

    @cached_property
    def _sites(self) -> Mapping[str, Sequence[tuple[str, Sequence[str], str]]]:
        """Where templates refer to named templates, files and values: the file, the conditions there, and the source of the place.

        What they write into a PodSecurityPolicy does not count.
        """
        sites: dict[str, list[tuple[str, Sequence[str], str]]] = {}
        for file, actions in self._actions.items():
            for action in actions:
                part = self._part(file, action.start())
                if (file, self._document(file, action.start())[0]) in self._policies:
                    continue
                # A function can choose as well.
                conditions = (*part.conditions, action[0]) if _CHOICE.search(action[0]) else part.conditions
                at = file, conditions, self._source_of(file, part, action.start())
                included, files, values = INCLUDED.findall(action[0]), _FILE.findall(action[0]), _VALUE.findall(action[0])
                for sort, names in (("define", included), ("file", files), ("value", values)):
                    for name in names:
                        sites.setdefault(f"{sort} {name}", []).append(at)
        return sites

    def _is_open(self, file: str, action: str) -> bool:
        """Whether an action in a file asks the cluster or the release, itself or by something that does."""
        return not self._named(file, action).isdisjoint(self._open_names)

    @cached_property
    def _open_names(self) -> Set[str]:
        """The variables, each with its file, the named templates and the values that depend on the cluster or the release."""
        # What each action names, and what it makes depend on that. The empty name is what only an installation knows.
        steps: list[tuple[frozenset[str], list[str]]] = []
        for file, actions in self._actions.items():
            for action in actions:
                part = self._part(file, action.start())
                made = [f"{file} {name}" for pair in _ASSIGNED.findall(action[0]) for name in pair if name]
                made += [*_SET.findall(action[0]), part.named]
                made += [self._value_at(file, action.start())] if _is_values(file) else []
                named = (self._named(file, text) for text in (action[0], *part.conditions))
                if made := [name for name in made if name]:
                    steps.append((frozenset().union(*named), made))
        users: dict[str, list[list[str]]] = {}
        for names, made in steps:
            for name in names:
                users.setdefault(name, []).append(made)
        known = {""}
        pending = [""]
        while pending:
            new = {name for made in users.get(pending.pop(), ()) for name in made} - known
            known |= new
            pending += new
        return known

    def _named(self, file: str, action: str) -> frozenset[str]:
        """The names that an action in a file has, with the empty one if it asks what only an installation knows."""
        key = file, action
        if key not in self._names:
            variables = (f"{file} {name}" for name in _VARIABLES.findall(action))
            asks = [""] if _INSTALLATION.search(action) else []
            self._names[key] = frozenset((*variables, *_NAMES.findall(action), *asks))
        return self._names[key]


def _is_values(file: str) -> bool:
    return os.path.basename(file) == _VALUES and "templates" not in file.split("/")


def _shown(condition: str) -> str:
    return shortened(" ".join(condition.replace("{{-", "{{").replace("-}}", "}}").split()), _LONGEST_CONDITION)


def _texts(chart: str) -> Iterator[tuple[str, str]]:
    """The files of a chart that templates can write, by path. What is in `crds/` has no conditions."""
    for at, folders, names in walk(chart):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in ("crds", "ci")]
        for name in sorted(names):
            if name not in _NOT_APPLIED and not name.endswith((".tgz", ".md")):
                with suppress(LoadError):
                    yield os.path.relpath(os.path.join(at, name), chart).replace(os.sep, "/"), read(os.path.join(at, name))


def unrendered_access(
    sources: ChartSources, views: Sequence[Unit], texts: Mapping[Unit, str], render: Callable[[Unit, Mapping[str, str]], str]
) -> list[UnrenderedAccess]:
    """Return the access that the files of a chart ask for and no view renders. `texts` are what the views render to.

    `render` renders a view with texts in place of files, by real path.
    """
    left = dict(enumerate(sources.places))
    for view in views:
        kinds = {what for _, _, what in access_in_template(texts[view])}
        asked = {number: place for number, place in left.items() if place.what in kinds}
        marked = sources.marked(asked)
        text = render(view, marked) if marked else ""
        # A chart that renders something else with marks does not show what it renders without them.
        is_alike = text.count("\n") == texts[view].count("\n")
        for number, place in asked.items():
            if _is_values(place.file):
                is_rendered = not place.computed
            else:
                value = r"[\"']? *+: *+[\"']?true" if place.computed else ""
                is_rendered = is_alike and re.search(sources.mark(number) + value, text) is not None
            if is_rendered:
                del left[number]
    return list(sources.reported(left.values()))
