"""YAML text to nodes, through the event stream of ruamel.yaml.

The cluster's parser, go-yaml v2 as sigs.k8s.io/yaml uses it, is a port of libyaml 0.1, as the scanner of ruamel.yaml is. Where the
two differ, the reading here is that of go-yaml. Anchors, merge keys, duplicates and limits are those of go-yaml as well.
"""

import re
from collections.abc import Callable, Iterator
from sys import intern
from typing import Any, NamedTuple

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from scclint.errors import LoadError
from scclint.limits import MAX_DEPTH, AliasCounter, LimitError, check_aliasing
from scclint.source import Span
from scclint.yaml.events import ESCAPED_SLASH, SLASH_ERROR, ScannedText, event_source
from scclint.yaml.lines import Lines, has_odd_breaks
from scclint.yaml.merge_keys import MAP_KEY_ERROR, effective_mapping
from scclint.yaml.nodes import Node, ScalarNode, SequenceNode
from scclint.yaml.scalars import MERGE_TAG, NUMBER_HINTS, WORDS, key_text, resolve

_UNPRINTABLE = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"

NO_ALIASES: dict[int, Span] = {}
"""Shared by the collections without aliases, which nearly all are; never changed."""

_BLOCK_SPACE = " \t\r\n\x85\u2028\u2029"

Placer = Callable[[Any], tuple[int, int]]
"""From a mark of the scanner to 1-based line and column, for texts in which the scanner counts lines otherwise than editors."""


class _Anchor(NamedTuple):
    """The value of an anchor, and the number of values that an alias to it adds."""

    node: Node
    tag: str | None = None
    is_key: bool = False
    size: int = 1
    height: int = 0


class _Collection:
    """A collection that is still open, or the document around its root.

    `extra` counts the nodes below its direct children and `height` is the deepest nesting below it, both with aliases followed.
    """

    __slots__ = ("aliases", "anchor", "children", "column", "extra", "flow", "height", "is_mapping", "line")

    def __init__(
        self, line: int = 0, column: int = 0, is_mapping: bool = False, flow: bool = False, anchor: str | None = None
    ) -> None:
        self.children: list[Any] = []
        self.aliases = NO_ALIASES
        self.extra = self.height = 0
        self.line = line
        self.column = column
        self.is_mapping = is_mapping
        self.flow = flow
        self.anchor = anchor

    @property
    def awaits_key(self) -> bool:
        return self.is_mapping and not len(self.children) & 1


def parse_yaml(text: str, file: str, first_line: int, aliasing: AliasCounter | None = None) -> Iterator[tuple[int, Node]]:
    """Yields (first line, root) for each document in the text, whose own first line is line `first_line` of the file.

    Raises LoadError, with the place in the file, where the cluster would refuse the text, and beyond `MAX_DEPTH` or what
    `aliasing`, which goes on from text to text of one file, allows.
    """
    aliasing = aliasing or AliasCounter()
    place = _odd_placer(text, first_line) if has_odd_breaks(text) else None
    source = ScannedText(text, file, first_line)
    yielded, aliased = 0, aliasing.so_far
    while True:
        try:
            for number, document in enumerate(_documents(source, file, first_line, place, aliasing)):
                if number == yielded:
                    yielded += 1
                    yield document
            return
        except (YAMLError, UnicodeError) as error:
            if not source.hides_colon(error):
                raise _explain(error, text, file, first_line, place) from None
            aliasing.so_far = aliased


def _documents(
    source: ScannedText, file: str, first_line: int, place: Placer | None, aliasing: AliasCounter
) -> Iterator[tuple[int, Node]]:
    next_event = source.restoring(event_source(source.text))
    while (event := next_event()).__class__ is not StreamEndEvent:
        if event.__class__ is DocumentStartEvent:
            start: Any = event.start_mark
            line, column = place(start) if place else (start.line + first_line, 1)
            if event.version not in (None, (1, 1)):
                raise LoadError("not the cluster's YAML: it takes %YAML 1.1 only", file, line, column)
            yield line, _compose(next_event, source.text, file, first_line, place, aliasing)


def _compose(
    next_event: Callable[[], Any], source: str, file: str, first_line: int, place: Placer | None, aliasing: AliasCounter
) -> Node:
    """The root of the document whose start was just read. Iterative, since nesting is the input's choice."""
    composer = _Composer(source, file, first_line, place, aliasing)
    scalar = composer.scalar
    events = 0
    while True:
        event = next_event()
        kind = event.__class__
        events += 1
        if kind is ScalarEvent:
            scalar(event)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            composer.start(event, kind is MappingStartEvent)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            composer.end(event)
        elif kind is AliasEvent:
            composer.alias(event, events)
        elif kind is DocumentEndEvent:
            root: Node = composer.open.children[0]
            return root


class _Composer:
    """Builds the tree of one document from its events. `open` is the innermost open collection, `outer` are those around it."""

    __slots__ = (
        *("_aliased", "_aliasing", "_anchors", "_file", "_first_line", "_has_escaped_slash", "_place", "_source", "open"),
        "outer",
    )

    def __init__(self, source: str, file: str, first_line: int, place: Placer | None, aliasing: AliasCounter) -> None:
        self.open = _Collection()
        self.outer: list[_Collection] = []
        self._source = source
        self._file = file
        self._first_line = first_line
        self._place = place
        self._aliasing = aliasing
        self._aliased = 0
        self._anchors: dict[str, _Anchor | _Collection] = {}  # the collection itself while it is still open
        self._has_escaped_slash = "\\/" in source

    def scalar(self, event: Any) -> None:
        """Add a scalar. Most events are scalars, so what nearly all of them need is here and not in functions of its own."""
        start = event.start_mark
        end = event.end_mark
        first_line = self._first_line
        if self._place is None:
            line = end_line = start.line + first_line
            column = start.column + 1
            if end.line != start.line:
                end_line = end.line + first_line
            end_column = end.column + 1
        else:
            line, column = self._place(start)
            end_line, end_column = self._place(end)
        text = event.value
        plain = event.implicit[0]
        tag = event.ctag
        collection = self.open
        children = collection.children
        is_key = collection.is_mapping and not len(children) & 1
        if not text and self._place is None and start.column == 0 < start.line and start.index >= len(self._source):
            # At the end of the text, the scanner reports a line that is not in the file.
            line = end_line = line - 1
            column = end_column = len(self._source) - self._source.rfind("\n")
        value: Any = text
        if tag is not None:
            tag = str(tag)
        if tag is not None or (plain and (text in WORDS or text[0] in NUMBER_HINTS)):
            try:
                value = key_text(text, plain, tag) if is_key else resolve(text, plain, tag)
            except ValueError as error:
                raise LoadError(f"not valid in the cluster: {error}", self._file, line, column) from None
            plain = plain or (tag == MERGE_TAG and text == "<<")
        elif is_key:
            # The same few keys make up half of all scalars.
            value = text = intern(text)
        style = event.style
        if style == "|" or style == ">":  # noqa: PLR1714 - this is the hottest loop there is
            end_line, end_column = _block_end(self._source[start.index : end.index], line, column)
        elif style == '"' and self._has_escaped_slash:
            self._check_escapes(event)
        node = ScalarNode((self._file, line, column, end_line, end_column), value, text, plain)
        children.append(node)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchor(node, tag, is_key)

    def _check_escapes(self, event: Any) -> None:
        """Raise LoadError for an escape in a double-quoted scalar that the cluster refuses."""
        start: int = event.start_mark.index
        escape = re.compile(ESCAPED_SLASH).match(self._source, start, event.end_mark.index)
        if escape:
            raise LoadError(SLASH_ERROR, self._file, *Lines(self._source, self._first_line).place(escape.end() - 2))

    def start(self, event: Any, is_mapping: bool) -> None:
        """Open a collection."""
        line, column = self._at(event.start_mark)
        if self.open.awaits_key:
            raise LoadError(MAP_KEY_ERROR, self._file, line, column)
        if len(self.outer) >= MAX_DEPTH:
            raise LimitError(f"nested deeper than {MAX_DEPTH} levels", self._file, line, column)
        self.outer.append(self.open)
        self.open = _Collection(line, column, is_mapping, event.flow_style, event.anchor)
        if event.anchor is not None:
            self._anchors[event.anchor] = self.open

    def end(self, event: Any) -> None:
        """Close the innermost collection."""
        done = self.open
        children, aliases = done.children, done.aliases
        if children and not done.flow:
            last = aliases.get(len(children) - 1) or children[-1]
            end_line, end_column = last.end_line, last.end_column
        else:
            end_line, end_column = self._at(event.end_mark)
        region = (self._file, done.line, done.column, end_line, end_column)
        node: Node
        if done.is_mapping:
            node = effective_mapping(region, children, aliases)
        else:
            node = SequenceNode(region, tuple(children), aliases)
        size, height = 1 + len(children) + done.extra, 1 + done.height
        # go-yaml sets an anchor where its node starts, so that the same anchor inside the node overrides it.
        if done.anchor is not None and self._anchors[done.anchor] is done:
            self._anchors[done.anchor] = _Anchor(node, size=size, height=height)
        around = self.open = self.outer.pop()
        around.extra += size - 1
        around.height = max(around.height, height)
        around.children.append(node)

    def alias(self, event: Any, events: int) -> None:
        """Add the value of an alias. `events` is the number of events so far, which the cluster's decoder visits as well."""
        span = Span(self._file, *self._at(event.start_mark), *self._at(event.end_mark))
        target = _target(event.anchor, self._anchors, span)
        self._aliased += target.size
        check_aliasing(events + self._aliased, self._aliased, span)
        self._aliasing.add(target.size, span)
        if len(self.outer) + target.height > MAX_DEPTH:
            raise LimitError(f"nested deeper than {MAX_DEPTH} levels by this alias", self._file, span.line, span.column)
        collection = self.open
        collection.extra += target.size
        collection.height = max(collection.height, target.height)
        is_key = collection.awaits_key
        if not is_key:
            if collection.aliases is NO_ALIASES:
                collection.aliases = {}
            collection.aliases[len(collection.children)] = span
        collection.children.append(_alias_node(target, span, is_key))

    def _at(self, mark: Any) -> tuple[int, int]:
        """1-based line and column of a mark of the scanner."""
        return self._place(mark) if self._place else (mark.line + self._first_line, mark.column + 1)


def _target(name: str, anchors: dict[str, _Anchor | _Collection], span: Span) -> _Anchor:
    target = anchors.get(name)
    if not isinstance(target, _Anchor):
        problem = f"anchor {name!r} contains itself" if name in anchors else f"unknown anchor {name!r}"
        raise LoadError(f"not valid YAML: {problem}", span.file, span.line, span.column)
    return target


def _alias_node(target: _Anchor, span: Span, is_key: bool) -> Node:
    """Return the value of an alias. A scalar that is a key in one of the two places, and a value in the other, is resolved again."""
    node = target.node
    if not isinstance(node, ScalarNode):
        if is_key:
            raise LoadError(MAP_KEY_ERROR, span.file, span.line, span.column)
        return node
    if not is_key and not target.is_key:
        return node
    try:
        value = (key_text if is_key else resolve)(node.text, node.plain, target.tag)
    except ValueError as error:
        raise LoadError(f"not valid in the cluster: {error}", span.file, span.line, span.column) from None
    return ScalarNode(span if is_key else node.span, value, node.text, node.plain and not is_key)


def _block_end(raw: str, line: int, column: int) -> tuple[int, int]:
    """Where a block scalar's last line with text ends; the scanner's own mark is beyond the blank lines that follow."""
    body = raw.rstrip(_BLOCK_SPACE)
    breaks = body.count("\n")
    if not breaks:
        return line, column
    return line + breaks, len(body) - body.rfind("\n")


def _odd_placer(text: str, first_line: int) -> Placer:
    place = Lines(text, first_line).place
    return lambda mark: place(mark.index)


def _explain(error: Exception, text: str, file: str, first_line: int, place: Placer | None) -> LoadError:
    """Return the error of the scanner as one line, with its place in the file."""
    mark = error.problem_mark or error.context_mark if isinstance(error, MarkedYAMLError) else None
    if not isinstance(error, MarkedYAMLError) or error.problem is None or mark is None:
        unprintable = re.search(_UNPRINTABLE, text)
        if unprintable is None:
            return LoadError("not valid YAML: a tag or anchor is not UTF-8", file, first_line, 1)
        half = " (half of a surrogate pair)" if "\ud800" <= unprintable[0] < "\ue000" else ""
        message = f"not valid YAML: the character U+{ord(unprintable[0]):04X}{half} is not allowed"
        return LoadError(message, file, *Lines(text, first_line).place(unprintable.start()))
    if text[mark.index :].isspace() or mark.index >= len(text):
        # At the end of the text there is nothing to see: point behind what was written last.
        line, column = Lines(text, first_line).place(len(text.rstrip()))
    else:
        line, column = place(mark) if place else (mark.line + first_line, mark.column + 1)
    message = f"not valid YAML: {error.problem}"
    context, context_mark, started = error.context, error.context_mark, line
    if context and context_mark is not None:
        started = place(context_mark)[0] if place else context_mark.line + first_line
        message += f" {context}" + (f" from line {started}" if started != line else "")
    return LoadError(message, file, line, column, started)
