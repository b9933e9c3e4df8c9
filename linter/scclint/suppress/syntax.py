"""How suppressions are written in comments and annotations."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from scclint.finding import END, Ignore, Path
from scclint.objects.documents.document import Document
from scclint.objects.types import ApiObject, Workload
from scclint.record import replace
from scclint.source import Span
from scclint.yaml.nodes import node_at

ANNOTATION = "scclint.dev/ignore"
MARK = "scclint:"
DIRECTIVES = ("ignore", "ignore-file")
EXAMPLE = "# scclint: ignore[SEC201] reason"

COMMENT = r"(?s)#[ \t]*scclint:[ \t]*(?P<directive>[^\s\[]*)[ \t]*(?P<rest>.*)"
LIST = r"(?s)\[(?P<rules>[^\]]*)\](?P<reason>.*)"
ENTRY = (
    r"(?s)(?:container/(?P<container>[^\s:]+)\s*:\s*)?"
    r"(?P<rules>[A-Za-z0-9-]+(?:\s*,\s*[A-Za-z0-9-]+)*)\s*(?::(?P<reason>.*))?"
)
UNTIL = r"(?:^|(?<=\s))until=(\S*)"


def comment_ignores(document: Document) -> list[Ignore]:
    """Return the suppressions in the comments of a document."""
    if MARK not in document.text:
        return []
    ends = _block_ends(document.text.split("\n"))
    ignores = []
    for comment in document.comments():
        last = ends[comment.line - document.line] + document.line
        ignore = parse_comment(comment.text, Span(document.file, comment.line, comment.column, last, END))
        if ignore is not None:
            ignores.append(ignore)
    return ignores


def _block_ends(lines: Sequence[str]) -> list[int]:
    """For a comment on each line, the index of the last line it covers: the one below it, or below its block of comments.

    Several suppressions can be above one line, and a reason can continue in the next comment.
    """
    ends = []
    below = len(lines)
    for at, line in reversed(list(enumerate(lines))):
        own_line = line.lstrip().startswith("#")
        ends.append(below if own_line else at + 1)
        below = below if own_line else at
    return ends[::-1]


def parse_comment(text: str, region: Span) -> Ignore | None:
    """Return the suppression in a comment, or None if the comment is not for scclint.

    `text` begins with `#`. `region` begins at the comment and goes on to the end of the last line that it can cover.
    """
    comment = re.search(COMMENT, text)
    if comment is None:
        return None
    start = region.column + comment.start()
    span = Span(region.file, region.line, start, region.line, region.column + len(text.rstrip()))
    directive, arguments = comment["directive"], comment["rest"]
    if directive not in DIRECTIVES:
        return Ignore("comment", (), span, mistake=f"{directive!r} is none of {' and '.join(DIRECTIVES)}")
    listed = re.match(LIST, arguments)
    if listed is None:
        why = "its list of rules is not closed" if arguments.startswith("[") else "it names no rule"
        return Ignore("comment", (), span, mistake=f"{why}; write `{EXAMPLE}`")
    covered = Span(region.file, 1, 1, END, END) if directive == "ignore-file" else region._replace(column=1)
    return _ignore("comment", listed["rules"], listed["reason"], span, region=covered)


def annotation_ignores(obj: ApiObject) -> list[Ignore]:
    """Return the suppressions in the annotations of an object and of its pod template; both apply to the whole object."""
    fields = [obj.field("metadata", "annotations", ANNOTATION)]
    if isinstance(obj, Workload) and obj.pod.path != obj.path:
        fields.append(obj.pod.field("metadata", "annotations", ANNOTATION))
    ignores: list[Ignore] = []
    for field in fields:
        if isinstance(field.value, str):
            region = node_at(obj.root, obj.path).span
            # Values that other objects share with it through YAML aliases lie within its region too.
            about = obj.kind, obj.namespace, obj.name
            ignores.extend(replace(i, about=about) for i in parse_annotation(field.value, field.span, field.path, region))
    return ignores


def parse_annotation(value: str, span: Span, path: Path, region: Span) -> Iterator[Ignore]:
    """Return the suppressions in an annotation: `RULE, RULE: reason` or `container/NAME: RULE: reason`, split by `;` or lines.

    `span` and `path` are the annotation's, `region` that of the object it covers.
    """
    for piece in filter(None, map(str.strip, re.split(r"[;\n]", value))):
        entry = re.fullmatch(ENTRY, piece)
        if entry is None:
            mistake = f"{piece!r} is not of the form `SEC201: reason` or `container/NAME: SEC201: reason`"
            yield Ignore("annotation", (), span, path, mistake=mistake)
        else:
            about = {"path": path, "region": region, "container": entry["container"] or ""}
            yield _ignore("annotation", entry["rules"], entry["reason"] or "", span, **about)


def split_rules(listed: str) -> tuple[str, ...]:
    """Return the selectors of a list such as `SEC201, rbac`."""
    return tuple(filter(None, map(str.strip, listed.split(","))))


def _ignore(by: str, listed: str, tail: str, span: Span, **about: Any) -> Ignore:
    """An ignore from its list of rules and what follows it: `until=DATE`, if given, and the reason."""
    rules = split_rules(listed)
    mistake = "" if rules else f"it names no rule; write `{EXAMPLE}`"
    until = None
    match = re.search(UNTIL, tail)
    if match is not None:
        try:
            until = date.fromisoformat(match[1])
        except ValueError:
            mistake = f"until={match[1]} is not a date like 2027-01-31"
        tail = tail[: match.start()] + tail[match.end() :]
    reason = " ".join(tail.split()).lstrip(":-– ").strip()
    return Ignore(by, () if mistake else rules, span, reason=reason, until=until, mistake=mistake, **about)
