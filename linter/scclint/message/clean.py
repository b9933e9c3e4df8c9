"""Text that people paste, as records: a row of events, a line of a log, a condition or an audit record, each on one line."""

import json
import re
from collections.abc import Iterator
from typing import Any

DENIAL = "unable to validate against any security context constraint"
"""The beginning of a denial by SCC admission (`admission.go` of openshift/apiserver-library-go)."""

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_FRAME = re.compile(r"[│┃]")
_ROW = re.compile(
    r"""\s*+(?:
        (?:<unknown>|\d+[smhd][0-9smhd]{0,9})[ \t]{1,30}(?:\([^)]{1,40}\)[ \t]{1,30})?\S{0,60}[ \t]{0,30}(?:Warning|Normal)\b  # oc get events
      | (?:Warning|Normal)\s+[A-Z]\w+\s                                                   # oc describe
      | (?:[\w/.-]+\s+)?\[?\d{4}[-/]\d\d[-/]\d\d[T\s:]\d                                  # a log with the time
      | [IWEF]\d{4}\s\d                                                                   # klog
      | (?:time|ts|level)=
      | type=(?:AVC|SECCOMP|SYSCALL|\d+)\s                                                # the audit log of the node
      | ns/[a-z0-9-]+\s
    )""",
    re.VERBOSE,
)
"""The beginning of a record that nothing else has."""

_LINE = re.compile(
    r"\s*(?:-\s+)?(?:[A-Za-z][\w./-]*:(?:\s|$)|[Ee]rror\s|(?:[Cc]reate\s)?[Pp]ods?\s\"?[a-z0-9.-]+\"?\s(?:in|is)\b|/\S+:\s|\"?msg\"?[=:])"
)
"""The beginning of a line that is most often a record: a key of YAML, or a message with the name of its program in front."""


_WRAPPED = 70
"""Characters of a line that may go on in the next one."""


def records(text: str) -> list[str]:
    """Return the records of a text, in its order, without escapes, frames and line breaks."""
    text = _ESCAPE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    whole = _json_of(text)
    if whole is not None:
        items = whole.get("items", [whole]) if isinstance(whole, dict) else whole
        return [_unescaped(" ".join(_leaves(item))) for item in (items if isinstance(items, list) else [items])]
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
    return [_unescaped(" ".join(line.strip() for line in block)) for block in blocks]


def dense(text: str) -> str:
    """Return a text without white space, which a terminal may have added within words, in lower case."""
    return "".join(text.split()).lower()


def _begins(line: str, block: list[str], indent: int) -> bool:
    """Return whether a line begins a record. `indent` is that of the first line of the `block` before it."""
    if _ROW.match(line):
        return True
    if len(line) - len(line.lstrip()) > indent:
        return False
    before = dense(" ".join(block))
    if dense(DENIAL) in before:
        listed = before.partition(dense(DENIAL))[2]
        return bool(_LINE.match(line)) and listed.count("[") <= listed.count("]") and bool(listed.strip(":"))
    return bool(_LINE.match(line)) or len(block[-1]) < _WRAPPED


def _unwrapped(lines: list[str]) -> list[str]:
    """Return the lines as one if a terminal cut them: all but the last have the same length."""
    same = len(lines) > 2 and len({len(line) for line in lines[:-1]}) == 1 and len(lines[0]) > len(lines[-1])
    return ["".join(lines)] if same and not _FRAME.search(lines[0]) else lines


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
    return " ".join(text.replace("\\\\", "\\").replace('\\"', '"').replace("\\n", " ").replace("\\t", " ").split())
