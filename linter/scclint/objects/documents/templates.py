"""Reads Go templates and Jinja files as YAML, with their expressions as values that are not known.

Each line stays where it is. An expression becomes a word of the same length in characters that no manifest has, from which `written`
makes the expression again. A control action (`{{ if }}`, `{% for %}`) becomes blanks: the body of a loop counts once, and of branches that
exclude each other each reading has one.
"""

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import accumulate

from scclint.limits import MAX_READINGS, MAX_TEMPLATE_DEPTH
from scclint.objects.documents.document import Document, Status
from scclint.record import replace
from scclint.yaml.split import Chunk, split

_JINJA = (".j2", ".jinja", ".jinja2")
_OPENS = re.compile(r"\{[{%#]")
_CLOSES = {"{{": "}}", "{%": "%}", "{#": "#}"}
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]{1,80}\}")
_OF_SHELL = re.compile(r"\\([$`\\])|\$\{[^}\n]{0,200}\}|\$\([^)\n]{0,200}\)|\$\w++|`[^`\n]{0,200}`")
_FIRST_WORD = re.compile(r"[-+~\s]*+(?:(/\*|\$\w*+[ ,$\w]*+:?=)|(\w++))")
_GO_OPENERS = frozenset(("if", "range", "with", "block", "define"))
_JINJA_OPENERS = frozenset(("if", "for", "macro", "call", "set"))
_DEFINES = ("define", "macro", "set")
_ELSEWHERE = re.compile(r"\bnot[ \t]++is_openshift\b")
"""A condition that does not hold on OpenShift, in the words of Ansible's operators."""
_VERSION = r"(?m)^[ \t-]*+apiVersion:[ \t]*+([\w./-]++)"
_KIND = r"(?m)^[ \t-]*+kind:[ \t]*+(\w++)"
_is_beta = re.compile(r"\d(?:alpha|beta)\d").search
_SEPARATOR = re.compile(r"\{\{-?[ \t]*+[\"'`]---[\"'`][ \t]*+-?\}\}")
_INDENT = re.compile(r"indent[ (]++(\d{1,3})")

_BASE = 0xE000
_OTHER = 0xE080
_ALONE = "\ue0ff"
"""Begins an expression that is a line of its own: any number of fields may be in its place."""
_LINE_ALONE = re.compile(rf"^[ \t-]*+{_ALONE}.*$", re.M)
_LINE_OF_ONE = re.compile(r"^[ \t]*+(?:[\ue000-\ue080]++[ \t]*+)++(?:#.*)?$", re.M)
_ENCODED = re.compile(r"[\ue000-\ue0ff]")
_MANIFEST = tuple(re.compile(rf"^[\"']?{key}[\"']?[ \t]*+:|\"{key}\":", re.M) for key in ("apiVersion", "kind"))


class Chain:
    """Branches of which a rendering has at most one. `name` is the word that opens them; `never` if the first is for other clusters."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.branches: list[list[str | Chain]] = [[]]

    @cached_property
    def numbers(self) -> list[int]:
        """How many readings have each branch. None has a branch for other clusters, or of an API version that another one replaces."""
        objects = [_objects_of(branch) for branch in self.branches]
        stable = [(len(versions), kinds) for versions, kinds in objects if not any(map(_is_beta, versions))]
        return [
            0
            if (self.name == "never" and not index) or (any(map(_is_beta, versions)) and (len(versions), kinds) in stable)
            else _readings_of(self.branches[index])
            for index, (versions, kinds) in enumerate(objects)
        ]


Part = str | Chain


def holds_manifest(text: str) -> bool:
    """Whether a text has the keys of a manifest."""
    return all(key.search(text) for key in _MANIFEST)


def readings(file: str, text: str) -> list[str]:
    """Return the text as YAML, once for each of the branches that exclude each other, at most `MAX_READINGS`."""
    text = _VARIABLE.sub(lambda match: _encoded(match[0]), text)
    text = _SEPARATOR.sub(lambda match: "---".ljust(len(match[0])), text)
    root = _parsed(text, jinja=file.endswith(_JINJA) or "{%" in text)
    number = min(_readings_of(root), MAX_READINGS)
    return [_alone("".join(_text_of(root, index))) for index in range(number)]


def with_variables(text: str, filled: Callable[[str], str]) -> str:
    """Return a text as a shell expands it. `filled` returns the value of an expression, or the expression where it has none."""

    def expanded(match: re.Match[str]) -> str:
        value = filled(match[0])
        return match[1] or (_encoded(value) if "$" in value or "`" in value else value)

    return _alone(_OF_SHELL.sub(expanded, text))


def parseable(text: str, parses: Callable[[Chunk], bool]) -> str:
    """Return a reading without the expressions that are lines of their own, in the documents that do not parse with them."""
    if _ALONE not in text:
        return text
    chunks = ((chunk.text, _ALONE not in chunk.text or parses(chunk)) for chunk in split(text))
    return "".join(chunk if is_parsed else _LINE_ALONE.sub("", chunk) for chunk, is_parsed in chunks)


def as_template(document: Document) -> Document:
    """Return a document of a reading as one of the template."""
    kind, api_version = written(document.kind), written(document.api_version)
    status: Status = "template" if document.status == "unparsable" else document.status
    return replace(document, is_template=True, status=status, kind=kind, api_version=api_version)


def is_expression(text: str) -> bool:
    """Whether an expression is in a text of a reading, or of a playbook."""
    return _ENCODED.search(text) is not None or "{{" in text or "{%" in text


def is_field(key: str) -> bool:
    """Whether a key of a reading is an expression in place of any number of fields."""
    return key.startswith(_ALONE)


def written(text: str) -> str:
    """Return a text of a reading as its author wrote it."""
    text = text.replace(_ALONE, "")
    return _ENCODED.sub(lambda match: chr(ord(match[0]) - _BASE) if ord(match[0]) < _OTHER else "?", text)


def _encoded(action: str) -> str:
    return "".join(chr(_BASE + ord(char)) if ord(char) < _OTHER - _BASE else chr(_OTHER) for char in action)


def _parsed(text: str, *, jinja: bool) -> list[Part]:
    """Return the parts of a template, with the actions encoded or blank. An `end` without a beginning is left out."""
    root: list[Part] = []
    open_chains: list[Chain] = []
    openers = _JINJA_OPENERS if jinja else _GO_OPENERS
    into = root
    lines = 0
    for literal, action in _tokens(text, jinja=jinja):
        # The lines that an expression takes follow the line that it begins in.
        into.append(literal.replace("\n", "\n" * (1 + lines), 1))
        lines = 0 if "\n" in literal else lines
        match = _FIRST_WORD.match(action, 2)
        word = match[2] or "" if match else ""
        if not action.startswith(("{%", "{#")) and (jinja or not (match and (match[1] or word in _GO_WORDS))):
            lines += action.count("\n")
            into.append(_encoded(action.replace("\n", " ")))
            continue
        into.append(_blank(action, literal))
        is_assignment = word == "set" and "=" in action
        if word in openers and not is_assignment and len(open_chains) < MAX_TEMPLATE_DEPTH:
            chain = Chain("never" if word == "if" and _ELSEWHERE.search(action) and " or " not in action else word)
            into.append(chain)
            open_chains.append(chain)
        elif word in ("else", "elif") and open_chains:
            open_chains[-1].branches.append([])
        elif word in _ENDS and open_chains:
            open_chains.pop()
        into = open_chains[-1].branches[-1] if open_chains else root
    return root


_ENDS = frozenset(("end", *(f"end{word}" for word in _JINJA_OPENERS)))
_GO_WORDS = _GO_OPENERS | {"else", "end", "break", "continue"}


def _tokens(text: str, *, jinja: bool) -> Iterator[tuple[str, str]]:
    """Yield the text before each action, and the action; the last action is empty."""
    start = at = 0
    ends = {opening: text.rfind(closing) for opening, closing in _CLOSES.items()}
    while match := _OPENS.search(text, at):
        opening = match[0]
        # Behind the last closing mark, each opening mark would search up to the end of the text.
        if ends[opening] < match.end() or not (jinja or opening == "{{"):
            at = match.end()
            continue
        at = text.index(_CLOSES[opening], match.end()) + 2
        yield text[start : match.start()], text[match.start() : at]
        start = at
    yield text[start:], "{##}"


def _blank(action: str, before: str) -> str:
    """Return what keeps the lines and columns of a control action. At the start of a line it takes no room, as in the rendering."""
    if "\n" in action:
        return "\n" * action.count("\n")
    return " " * len(action) if before.rpartition("\n")[2].strip() else ""


def _readings_of(parts: list[Part]) -> int:
    """Return how many readings have each branch of some parts at least once."""
    return max((sum(part.numbers) for part in parts if isinstance(part, Chain)), default=1) or 1


def _text_of(parts: list[Part], reading: int) -> Iterator[str]:
    """Yield the text of some parts, with empty lines for the branches that this reading does not have."""
    for part in parts:
        if isinstance(part, str):
            yield part
            continue
        offset = min(reading, sum(part.numbers) - 1)
        for branch, number in zip(part.branches, part.numbers, strict=True):
            chosen = 0 <= offset < number
            whole = "".join(_text_of(branch, offset if chosen else 0))
            # What is defined is used elsewhere; whole manifests are used somewhere.
            is_shown = chosen and (part.name not in _DEFINES or holds_manifest(whole))
            yield whole if is_shown else "\n" * whole.count("\n")
            offset -= number


def _objects_of(parts: list[Part]) -> tuple[list[str], list[str]]:
    """Return the API versions and the kinds in some parts."""
    text = "".join(_text_of(parts, 0))
    return re.findall(_VERSION, text), re.findall(_KIND, text)


def _alone(text: str) -> str:
    """Return a reading where expressions that are lines of their own are the value of the key above, an item of a list, or a key."""
    lines = text.split("\n")
    if not _ENCODED.search(text):
        return text
    # The first line with content at or behind each line.
    content = list(accumulate(reversed(lines), lambda later, line: line if line.strip() else later, initial=""))[::-1]
    above = ""
    for number, line in enumerate(lines):
        if _LINE_OF_ONE.fullmatch(line):
            lines[number] = _as_field(line, above, content[number + 1])
        if line.strip() and not line.lstrip().startswith("#"):
            above = lines[number]
    return "\n".join(lines)


def _as_field(line: str, above: str, below: str) -> str:
    expression = _ALONE + line.strip()
    key = len(above) - len(above.lstrip(" -"))
    next_indent = len(below) - len(below.lstrip(" "))
    if below.lstrip().startswith("- ") and next_indent >= key:
        return " " * next_indent + "- " + expression
    if above.rstrip().endswith(":") and next_indent <= key:
        return " " * (key + 1) + expression
    match = _INDENT.search(written(line))
    indent = int(match[1]) if match else len(line) - len(line.lstrip())
    return f"{' ' * (next_indent if above.rstrip().endswith(':') else indent)}{expression}:"
