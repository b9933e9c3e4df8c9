"""YAML text to nodes, through libyaml's event stream.

The cluster's parser, go-yaml v2 as sigs.k8s.io/yaml uses it, is a port of libyaml 0.1. Where the libyaml of PyYAML reads a text
otherwise, the reading here is that of go-yaml. Anchors, merge keys, duplicates and limits are those of go-yaml as well.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from sys import intern
from typing import Any, NamedTuple

from yaml import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    MarkedYAMLError,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    YAMLError,
)

from scclint.errors import LoadError
from scclint.limits import MAX_DEPTH, AliasCounter, LimitError, check_aliasing
from scclint.record import EMPTY
from scclint.source import Span
from scclint.yaml.go_yaml import QUESTION_MARK_ERROR, TAG_ERROR, has_other_text, restoring, stand_ins
from scclint.yaml.lines import Lines, has_odd_breaks
from scclint.yaml.merge_keys import MAP_KEY_ERROR, effective_mapping
from scclint.yaml.nodes import Node, ScalarNode, SequenceNode
from scclint.yaml.scalars import MERGE_TAG, NUMBER_HINTS, WORDS, key_text, resolve

try:
    from yaml import CBaseLoader
except ImportError as error:
    raise ImportError(
        "scclint needs PyYAML with libyaml: install its wheel, or build it where libyaml's headers are"
    ) from error

_UNPRINTABLE = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"

NO_ALIASES: dict[int, Span] = {}
"""Shared by the collections without aliases, which nearly all are; never changed."""

_BLOCK_SPACE = " \t\r\n\x85\u2028\u2029"

Placer = Callable[[Any], tuple[int, int]]
"""From a mark of libyaml to 1-based line and column, for texts in which libyaml counts lines otherwise than editors."""


class _Anchored(NamedTuple):
    """The value of an anchor, and the number of values that an alias to it adds."""

    node: Node
    tag: str | None = None
    is_key: bool = False
    size: int = 1
    height: int = 0


class _Frame(NamedTuple):
    """A collection that is still open, as it was left when an inner one began."""

    children: list[Any]
    aliases: dict[int, Span]
    is_mapping: bool
    extra: int
    height: int
    line: int
    column: int
    flow: bool
    anchor: str | None


def parse_yaml(text: str, file: str, first_line: int, aliasing: AliasCounter | None = None) -> Iterator[tuple[int, Node]]:
    """Yields (first line, root) for each document in the text, whose own first line is line `first_line` of the file.

    Raises LoadError, with the place in the file, where the cluster would refuse the text, and beyond `MAX_DEPTH` or what
    `aliasing`, which goes on from text to text of one file, allows.
    """
    aliasing = aliasing or AliasCounter()
    table: Mapping[int, str] = EMPTY
    if has_other_text(text):
        text, table = stand_ins(text, file, first_line)
    place = _odd_placer(text, first_line) if has_odd_breaks(text) else None
    try:
        yield from _documents(text, table, file, first_line, place, aliasing)
    except YAMLError as error:
        raise _explain(error, text, file, first_line, place) from None
    except UnicodeEncodeError as error:
        line, column = Lines(text, first_line).place(error.start)
        raise LoadError("not valid YAML: half of a surrogate pair is no character", file, line, column) from None
    except UnicodeError:
        raise LoadError("not valid YAML: a tag or anchor is not UTF-8", file, first_line, 1) from None


def _documents(
    text: str, table: Mapping[int, str], file: str, first_line: int, place: Placer | None, aliasing: AliasCounter
) -> Iterator[tuple[int, Node]]:
    next_event: Callable[[], Any] = CBaseLoader(text).get_event
    if table:
        next_event = restoring(next_event, table)
    while True:
        event = next_event()
        if event.__class__ is StreamEndEvent:
            return
        if event.__class__ is DocumentStartEvent:
            start: Any = event.start_mark
            line, column = place(start) if place else (start.line + first_line, 1)
            if event.version not in (None, (1, 1)):
                raise LoadError("not the cluster's YAML: it takes %YAML 1.1 only", file, line, column)
            yield line, _compose(next_event, text, file, first_line, place, aliasing)


def _compose(
    next_event: Callable[[], Any], source: str, file: str, first_line: int, place: Placer | None, aliasing: AliasCounter
) -> Node:
    """The root of the document whose start was just read. Iterative, since nesting is the input's choice."""
    stack: list[_Frame] = []
    children: list[Any] = []
    aliases = NO_ALIASES
    anchors: dict[str, _Anchored | None] = {}  # None while the anchored collection is still open
    is_mapping = False
    decoded = aliased = 0  # nodes that the cluster's decoder visits, and those of them it visits through aliases
    extra = 0  # nodes below the open collection's direct children, aliases followed
    height = 0  # deepest nesting below the open collection, aliases followed
    has_question_mark = "?" in source
    while True:
        event = next_event()
        kind = event.__class__
        decoded += 1
        if kind is ScalarEvent:
            start = event.start_mark
            end = event.end_mark
            if place is None:
                line = end_line = start.line + first_line
                column = start.column + 1
                if end.line != start.line:
                    end_line = end.line + first_line
                end_column = end.column + 1
            else:
                line, column = place(start)
                end_line, end_column = place(end)
            text = event.value
            plain = event.implicit[0]
            is_key = is_mapping and not len(children) & 1
            tag = event.tag
            value: Any = text
            if tag is not None:
                tag = str(tag)
            if not text and place is None and start.column == 0 < start.line and start.index >= len(source):
                # At the end of the text, libyaml reports a line that is not in the file.
                line = end_line = line - 1
                column = end_column = len(source) - source.rfind("\n")
            if tag is not None or (plain and (text in WORDS or text[0] in NUMBER_HINTS)):
                try:
                    value = key_text(text, plain, tag) if is_key else resolve(text, plain, tag)
                except ValueError as error:
                    raise LoadError(f"not valid in the cluster: {error}", file, line, column) from None
                plain = plain or (tag == MERGE_TAG and text == "<<")
            elif is_key:
                # The same few keys make up half of all scalars.
                value = text = intern(text)
            style = event.style
            if not style and stack and stack[-1].flow:
                if has_question_mark and "?" in text:
                    at = source.index("?", start.index)
                    raise LoadError(QUESTION_MARK_ERROR, file, *Lines(source, first_line).place(at))
                if tag is not None and source.startswith(",", end.index):
                    raise LoadError(TAG_ERROR, file, line, column)
            if style == "|" or style == ">":  # noqa: PLR1714 - this is the hottest loop there is
                end_line, end_column = _block_end(source[start.index : end.index], line, column)
            node = ScalarNode(file, line, column, end_line, end_column, value, text, plain)
            children.append(node)
            if event.anchor is not None:
                anchors[event.anchor] = _Anchored(node, tag, is_key)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            start = event.start_mark
            line, column = place(start) if place else (start.line + first_line, start.column + 1)
            if is_mapping and not len(children) & 1:
                raise LoadError(MAP_KEY_ERROR, file, line, column)
            if len(stack) >= MAX_DEPTH:
                raise LimitError(f"nested deeper than {MAX_DEPTH} levels", file, line, column)
            anchor = event.anchor
            if anchor is not None:
                anchors[anchor] = None
            stack.append(_Frame(children, aliases, is_mapping, extra, height, line, column, event.flow_style, anchor))
            children, aliases, extra, height = [], NO_ALIASES, 0, 0
            is_mapping = kind is MappingStartEvent
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            frame = stack.pop()
            if children and not frame.flow:
                last = aliases.get(len(children) - 1) or children[-1]
                end_line, end_column = last.end_line, last.end_column
            else:
                end = event.end_mark
                end_line, end_column = place(end) if place else (end.line + first_line, end.column + 1)
            region = (file, frame.line, frame.column, end_line, end_column)
            collection: Node
            if is_mapping:
                collection = effective_mapping(region, children, aliases)
            else:
                collection = SequenceNode(*region, tuple(children), aliases)
            size = 1 + len(children) + extra
            height += 1
            if frame.anchor is not None:
                anchors[frame.anchor] = _Anchored(collection, size=size, height=height)
            children, aliases, is_mapping = frame.children, frame.aliases, frame.is_mapping
            extra = frame.extra + size - 1
            height = max(height, frame.height)
            children.append(collection)
        elif kind is AliasEvent:
            start = event.start_mark
            end = event.end_mark
            if place is None:
                span = Span(file, start.line + first_line, start.column + 1, end.line + first_line, end.column + 1)
            else:
                span = Span(file, *place(start), *place(end))
            target = _target(event.anchor, anchors, span)
            decoded += target.size
            aliased += target.size
            extra += target.size
            height = max(height, target.height)
            check_aliasing(decoded, aliased, span)
            aliasing.add(target.size, span)
            if len(stack) + target.height > MAX_DEPTH:
                raise LimitError(f"nested deeper than {MAX_DEPTH} levels by this alias", file, span.line, span.column)
            if is_mapping and not len(children) & 1:
                children.append(_alias_key(target, span))
            else:
                if aliases is NO_ALIASES:
                    aliases = {}
                aliases[len(children)] = span
                children.append(_alias_value(target, span))
        elif kind is DocumentEndEvent:
            root: Node = children[0]
            return root


def _target(name: str, anchors: dict[str, _Anchored | None], span: Span) -> _Anchored:
    target = anchors.get(name)
    if target is None:
        problem = f"anchor {name!r} contains itself" if name in anchors else f"unknown anchor {name!r}"
        raise LoadError(f"not valid YAML: {problem}", span.file, span.line, span.column)
    return target


def _alias_key(target: _Anchored, span: Span) -> ScalarNode:
    node = target.node
    if not isinstance(node, ScalarNode):
        raise LoadError(MAP_KEY_ERROR, span.file, span.line, span.column)
    try:
        key = key_text(node.text, node.plain, target.tag)
    except ValueError as error:
        raise LoadError(f"not valid in the cluster: {error}", span.file, span.line, span.column) from None
    return ScalarNode(*span, key, node.text, False)


def _alias_value(target: _Anchored, span: Span) -> Node:
    node = target.node
    if not target.is_key or not isinstance(node, ScalarNode):
        return node
    try:
        value = resolve(node.text, node.plain, target.tag)
    except ValueError as error:
        raise LoadError(f"not valid in the cluster: {error}", span.file, span.line, span.column) from None
    return ScalarNode(*node.span, value, node.text, node.plain)


def _block_end(raw: str, line: int, column: int) -> tuple[int, int]:
    """Where a block scalar's last line with text ends; libyaml's own mark is beyond the blank lines that follow."""
    body = raw.rstrip(_BLOCK_SPACE)
    breaks = body.count("\n")
    if not breaks:
        return line, column
    return line + breaks, len(body) - body.rfind("\n")


def _odd_placer(text: str, first_line: int) -> Placer:
    place = Lines(text, first_line).place
    return lambda mark: place(mark.index)


def _explain(error: YAMLError, text: str, file: str, first_line: int, place: Placer | None) -> LoadError:
    """libyaml's complaint as one line for people, with the place in the file."""
    mark = error.problem_mark or error.context_mark if isinstance(error, MarkedYAMLError) else None
    if not isinstance(error, MarkedYAMLError) or error.problem is None or mark is None:
        unprintable = re.search(_UNPRINTABLE, text)
        line, column = Lines(text, first_line).place(unprintable.start()) if unprintable else (first_line, 1)
        character = f"U+{ord(unprintable[0]):04X}" if unprintable else "a control character"
        return LoadError(f"not valid YAML: the character {character} is not allowed", file, line, column)
    if text[mark.index :].isspace() or mark.index >= len(text):
        # At the end of the text there is nothing to see: point behind what was written last.
        line, column = Lines(text, first_line).place(len(text.rstrip()))
    else:
        line, column = place(mark) if place else (mark.line + first_line, mark.column + 1)
    if error.problem == "exceeded maximum nesting depth":
        return LimitError(f"nested deeper than {MAX_DEPTH} levels", file, line, column)
    message = f"not valid YAML: {error.problem}"
    context, context_mark = error.context, error.context_mark
    if context and context_mark is not None:
        started = place(context_mark)[0] if place else context_mark.line + first_line
        message += f" {context}" + (f" from line {started}" if started != line else "")
    return LoadError(message, file, line, column)
