"""Text that people paste, as records: a row of events, a line of a log, a condition or an audit record, each on one line."""

import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from string import ascii_letters
from typing import Any

from scclint.errors import LoadError
from scclint.files.package_data import read_json
from scclint.yaml.compose import parse_yaml
from scclint.yaml.nodes import to_data

DENIAL = "unable to validate against any security context constraint"
"""The beginning of a denial by SCC admission (`admission.go` of openshift/apiserver-library-go)."""

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_FRAME = re.compile(r"[│┃]")
_ROW = re.compile(
    r"""\s*+(?:
        (?:[a-z0-9-]{1,63}[ \t]+)?(?:<unknown>|\d+[smhd][0-9smhd]{0,9})[ \t](?:[^\n]{0,400}?[ \t])?(?:Warning|Normal)\b   # oc get events
      | (?:Warning|Normal)\s+[A-Z]\w+\s                                                   # oc describe
      | (?:[\w/.-]+\s+)?\[?\d{4}[-/]\d\d[-/]\d\d[T\s:]\d                                  # a log with the time
      | [IWEF]\d{4}\s\d                                                                   # klog
      | (?:time|ts|level)=
      | type=(?:AVC|SECCOMP|SYSCALL|\d+)\s                                                # the audit log of the node
      | ns/[a-z0-9-]+\s
      | [a-z][a-z0-9.-]{0,99}+/[\w.-]{1,253}+\s(?:created|configured|unchanged|serverside-applied)\b      # kubectl apply
    )""",
    re.VERBOSE,
)
"""The beginning of a record that nothing else has."""

_LINE = re.compile(
    r"\s*(?:-\s+)?[\"']?(?:[A-Za-z][\w./-]*:(?:\s|$)|[Ee]rror\s|(?:[Cc]reate\s)?[Pp]ods?\s\"?[a-z0-9.-]+\"?\s(?:in|is)\b|/\S+(?::\s|\s\()|\"?msg\"?[=:])"
)
"""The beginning of a line that is most often a record: a key of YAML, or a message with the name of its program in front."""


_ENTRY = re.compile(r'\s*(?:- )?provider "?[a-z0-9.-]+"?: ')
"""The beginning of an entry of a denial, which may have lost its first line."""

_OBJECT = re.compile(
    r"^ *(?:- )?(?:apiVersion|items|involvedObject|conditions|containerStatuses|status|lastTransitionTime):", re.MULTILINE
)
"""A line that API objects have as YAML, and logs do not."""

_QUOTES = str.maketrans({"\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'"})
"""Quotation marks that word processors and terminals write."""
_GOES_ON = re.compile(r"(?:forbidden|PodSecurity\s|constraint|\(container|must set)[^\n]*[:,]\s*$")
"""The end of a line of a denial that goes on in the next one."""

_WRAPPED = 70
"""Characters of a line that may go on in the next one."""
_TERMINAL = 60
"""Columns of the narrowest terminal whose line breaks show in the lengths of the lines."""


def records(text: str) -> list[str]:
    """Return the records of a text, in its order, without escapes, frames and line breaks."""
    text = _ESCAPE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).translate(_QUOTES)
    objects = _objects(text)
    if objects:
        return [_unescaped(" ".join(_leaves(item))) for item in objects]
    blocks: list[list[str]] = []
    indent = 0
    for line in _unframed(_unwrapped(text.strip("\n").split("\n"))):
        data = _json_of(line)
        if data is not None:
            blocks.append([" ".join(_leaves(data))])
        elif not line.strip():
            continue
        elif not blocks or _begins(line, blocks[-1], indent):
            blocks.append([line])
            indent = len(line) - len(line.lstrip())
        else:
            blocks[-1].append(line)
    return [_unescaped(_joined(block)) for block in blocks]


def dense(text: str) -> str:
    """Return a text without white space, which a terminal may have added within words, in lower case."""
    return "".join(text.split()).lower()


def _begins(line: str, block: list[str], indent: int) -> bool:
    """Return whether a line begins a record. `indent` is that of the first line of the `block` before it."""
    if _ROW.match(line):
        return True
    if (_ENTRY.match(line) and _ENTRY.match(block[0])) or _GOES_ON.search(block[-1]):
        return False
    if len(line) - len(line.lstrip()) > indent:
        return False
    before = dense(" ".join(block))
    if dense(DENIAL) in before:
        listed = before.partition(dense(DENIAL))[2]
        return bool(_LINE.match(line)) and listed.count("[") <= listed.count("]") and bool(listed.strip(":"))
    return bool(_LINE.match(line)) or len(block[-1]) < _WRAPPED


def _unwrapped(lines: list[str]) -> list[str]:
    """Return the lines with those joined that a terminal cut where it was full, whatever the word."""
    if any(_FRAME.search(line) for line in lines):
        return lines
    if len(lines) > 2 and len({len(line) for line in lines[:-1]}) == 1 and len(lines[0]) > len(lines[-1]):
        return ["".join(lines)]
    width = max(map(len, lines))
    full = len({line for line in lines if len(line) == width})
    # Text that is wrapped between words has few lines of the greatest length.
    if width < _TERMINAL or full < 2 or 2 * full < sum(len(line) > 0.8 * width for line in lines):
        return lines
    joined = [lines[0]]
    for before, line in pairwise(lines):
        if len(before) == width and not _ROW.match(line) and not _LINE.match(line):
            joined[-1] += line
        else:
            joined.append(line)
    return joined


def _joined(lines: Sequence[str]) -> str:
    """Return the lines of a record as one, without the breaks that a terminal added within words."""
    text = lines[0].strip()
    for line in map(str.strip, lines[1:]):
        text += line if _is_one_word(text, line) else f" {line}"
    return text


def _is_one_word(before: str, after: str) -> bool:
    """Return whether the end of a line and the beginning of the next one are parts of one word, number, path or quoted name."""
    left = before[len(before.rstrip(ascii_letters)) :].lower()
    right = after[: len(after) - len(after.lstrip(ascii_letters))].lower()
    if left and right and left + right in _vocabulary():
        return not {left, right} <= _vocabulary()
    quoted = before.count('"') % 2 == 1 and re.search(r'"[\w.:/-]+$', before) and re.match(r'[\w.:/-]+"', after)
    number = before[-1:].isdigit() and after[:1].isdigit()
    path = (re.search(r"(?:[.\]]\w*|\w[.\]])\.$", before) and after[:1].islower()) or (
        before.endswith("]") and after.startswith(".")
    )
    return bool(quoted or number or path)


@cache
def _vocabulary() -> frozenset[str]:
    """Return the words of the errors that clusters report, in lower case."""
    text = json.dumps(read_json(__file__, "errors.json"))
    return frozenset(word.lower() for word in re.findall(r"[A-Za-z]{3,}", text))


def _unframed(lines: list[str]) -> Iterator[str]:
    """Yield the lines without the frame that k9s draws. A line that fills its frame goes on in the next one."""
    full = ""
    for line in lines:
        if not _FRAME.search(line):
            if full:
                yield full
                full = ""
            yield line
            continue
        content = re.sub(r"^\s*[│┃] ?| ?[│┃]\s*$", "", line)
        full += content
        if content != content.rstrip() or not re.search(r"[│┃]\s*$", line):
            yield full
            full = ""
    if full:
        yield full


def _objects(text: str) -> list[Any]:
    """Return the objects that a whole text holds as JSON or YAML, those of a List each; none if it is another text."""
    whole = _json_of(text)
    documents = [whole] if whole is not None else _yaml_of(text)
    found: list[Any] = []
    for document in documents:
        items = document.get("items", [document]) if isinstance(document, dict) else document
        found += items if isinstance(items, list) else [items]
    return found


def _yaml_of(text: str) -> list[Any]:
    """Return the documents of a text that holds API objects or parts of them as YAML; none if it holds none."""
    if not _OBJECT.search(text):
        return []

    try:
        documents = [to_data(root) for _, root in parse_yaml(textwrap.dedent(text), "", 1)]
    except LoadError:
        return []
    return documents if all(isinstance(document, (dict, list)) for document in documents) else []


def _json_of(text: str) -> Any:
    """Return the object or list that a text holds as JSON; None if it holds none."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, (dict, list)) else None


def _leaves(data: Any, key: str = "") -> Iterator[str]:
    """Yield the texts and numbers in JSON values, each with its key."""
    if isinstance(data, dict):
        for name, value in data.items():
            yield from _leaves(value, str(name))
    elif isinstance(data, list):
        for value in data:
            yield from _leaves(value, key)
    elif data is not None:
        yield f"{key}: {data}" if key else str(data)


def _unescaped(text: str) -> str:
    """Return a text without the escapes of quotes and line breaks that JSON and logs add, and with single spaces."""
    text = re.sub(r"\\{1,15}+([\"'])", r"\1", text)
    return " ".join(text.replace("\\\\", "\\").replace("\\n", " ").replace("\\t", " ").split())
