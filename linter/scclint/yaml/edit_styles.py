"""The replacements of text that carry out an operation, in block style, flow style and JSON."""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from scclint.finding import Append, Deduplicate, Operation, Path, Rename, Scalar, Set
from scclint.yaml.edit_places import Child, Replacement, Tree
from scclint.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode, to_data
from scclint.yaml.operations import EditRefused
from scclint.yaml.write import reads_as_itself

_PLAIN = re.compile(r"[A-Za-z_./](?:[A-Za-z0-9_./@+=-]|:(?=[A-Za-z0-9_./@+=-]))*")
_PLAIN_IN_FLOW = re.compile(r"[A-Za-z_./][A-Za-z0-9_./@+=-]*")
_REST_OF_LINE = re.compile(r"[ \t]*(?:(?<=[ \t])#[^\r\n]*)?(?=\r?\n|\Z)")
_AFTER_KEY = re.compile(r"[ \t]*:")


class Attempt(NamedTuple):
    """A way to carry out an operation.

    `needs_review`: it removes a line with a comment line directly above it, or a value that differs from the one that counts.
    """

    replacements: tuple[Replacement, ...]
    needs_review: bool = False


def attempts(tree: Tree, operation: Operation) -> Iterator[Attempt]:
    """The ways to carry out an operation, the best first. Raises EditRefused where none can work."""
    if isinstance(operation, Set):
        yield from _set(tree, operation)
    elif isinstance(operation, Append):
        yield from _append(tree, operation)
    elif isinstance(operation, Rename):
        yield _rename(tree, operation)
    elif isinstance(operation, Deduplicate):
        yield _deduplicated(tree, operation.path)
    else:
        yield _remove(tree, operation.path)


def _set(tree: Tree, operation: Set) -> Iterator[Attempt]:
    target, missing = tree.path_to(operation.path, whole=False)
    if missing:
        yield from _add(tree, operation.path, missing, operation.value, as_list=False)
    else:
        yield Attempt((_scalar_replaced(tree, target.children[-1], operation.value, tree.is_flow(target.holder)),))


def _append(tree: Tree, operation: Append) -> Iterator[Attempt]:
    target, missing = tree.path_to(operation.path, whole=False)
    node = target.node
    if missing or not isinstance(node, SequenceNode) or not node.items:
        yield from _add(tree, operation.path, missing, operation.value, as_list=True)
    elif tree.is_flow(node):
        yield Attempt((_after_last(tree, node, _scalar(operation.value, tree, in_flow=True)),))
    else:
        _check_indentation(tree, node.line, tree.start(node), r"[ -]*")
        line = " " * (node.column - 1) + f"- {_scalar(operation.value, tree)}"
        yield from (Attempt((_new_lines(tree, child.end_line, [line]),)) for child in reversed(tree.children(node)))


def _add(tree: Tree, path: Path, missing: Path, value: Scalar, *, as_list: bool) -> Iterator[Attempt]:
    """Add the `missing` keys at the end of `path` with a scalar, or with a list of one scalar, as the value of the last."""
    if any(isinstance(step, int) for step in missing):
        raise EditRefused(f"the document has no item {missing[0]}")
    keys = [str(step) for step in missing]
    target, _ = tree.path_to(path[: len(path) - len(missing)], whole=True)
    node = target.node
    empty = isinstance(node, ScalarNode) or not tree.children(node)
    if isinstance(node, ScalarNode) and node.value is not None:
        raise EditRefused("a text or number is written where a mapping must be")
    if empty and not tree.has_merge_key(node):
        yield _filled(tree, target.children, keys, value, as_list=as_list)
        return
    tree.check_duplicates(node)
    if tree.is_flow(node):
        yield Attempt((_after_last(tree, node, _flow_text(tree, keys, value, as_list=as_list)[1:-1]),))
        return
    entries = tree.children(node)
    if not entries:
        raise EditRefused("the mapping has nothing but a merge key (<<)")
    column = entries[0].start - tree.text.rfind("\n", 0, entries[0].start)
    _check_indentation(tree, tree.line_of(entries[0].start), entries[0].start, r"[ -]*")
    lines = _block_entries(tree, keys, value, column - 1, as_list=as_list)
    for line in dict.fromkeys((node.end_line, *(child.end_line for child in reversed(entries)))):
        yield Attempt((_new_lines(tree, line, lines),))


def _filled(tree: Tree, children: tuple[Child, ...], keys: list[str], value: Scalar, *, as_list: bool) -> Attempt:
    """Fill a value that is null, left out, `{}` or `[]`."""
    if not children:
        raise EditRefused("the document is empty")
    child = children[-1]
    if tree.properties(child.value):
        raise EditRefused("the value has an anchor or a tag")
    text, key = tree.text, child.key
    in_flow = tree.is_json or any(tree.is_flow(c.value) for c in children[:-1]) or tree.is_flow(tree.root)
    inline = _flow_text(tree, keys, value, as_list=as_list)
    if key is None or in_flow or (child.value.line != key.end_line and child.end > child.value_start):
        if child.end == child.value_start:
            raise EditRefused("the value is left out where no block can be written")
        return Attempt((Replacement(child.value_start, child.end, inline),))
    colon = _AFTER_KEY.match(text, tree.end(key))
    end = max(child.end, colon.end() if colon else 0)
    remainder = _REST_OF_LINE.match(text, end)
    if colon is None or remainder is None:
        raise EditRefused("more is written behind the value")
    column = key.column - 1
    if keys:
        lines = _block_entries(tree, keys, value, column + tree.indentation[0], as_list=as_list)
    else:
        lines = [" " * (column + tree.indentation[1]) + f"- {_scalar(value, tree)}"]
    block = "".join(tree.line_end + line for line in lines)
    return Attempt(
        (
            Replacement(colon.end(), remainder.end(), remainder[0].rstrip() and remainder[0]),
            Replacement(remainder.end(), remainder.end(), block),
        )
    )


def _rename(tree: Tree, operation: Rename) -> Attempt:
    target, _ = tree.path_to(operation.path, whole=True)
    key = target.children[-1].key
    if key is None:
        raise EditRefused("a list item has no name")
    if tree.has_merge_key(target.holder):
        raise EditRefused("the mapping has a merge key (<<)")
    start, end = tree.start(key), tree.end(key)
    if tree.properties(key) or tree.text[start] == "*":
        raise EditRefused("the key has an anchor, a tag or an alias")
    new = _like(tree.text[start:end], operation.key, tree, in_flow=tree.is_flow(target.holder))
    return Attempt((Replacement(start, end, new),))


def _scalar_replaced(tree: Tree, child: Child, value: Scalar, in_flow: bool) -> Replacement:
    node = child.value
    if not isinstance(node, ScalarNode):
        raise EditRefused("a mapping or a list is written where a text or number is to be written")
    if tree.properties(node):
        raise EditRefused("the value has an anchor or a tag")
    written = tree.text[child.value_start : child.end] if child.end > child.value_start else ""
    if not written:
        before = tree.text[child.value_start - 1 : child.value_start]
        if before not in (":", "-") and not before.isspace():
            raise EditRefused("the value is left out")
        space = "" if before.isspace() else " "
        return Replacement(child.value_start, child.value_start, space + _scalar(value, tree, in_flow=in_flow))
    if written[0] in "|>":
        raise EditRefused("the value is a block scalar")
    return Replacement(child.value_start, child.end, _like(written, value, tree, in_flow=in_flow))


def _remove(tree: Tree, path: Path) -> Attempt:
    if not path:
        raise EditRefused("the document itself cannot be removed")
    target, _ = tree.path_to(path, whole=True)
    holder, child = target.holder, target.children[-1]
    tree.check_duplicates(holder)
    if isinstance(holder, MappingNode) and tree.has_merge_key(holder):
        raise EditRefused("the mapping has a merge key (<<), which may set the field again")
    children = tree.children(holder)
    if tree.is_flow(holder):
        return Attempt((_removed_in_flow(tree, holder, children, children.index(child)),))
    if len(children) == 1:
        return _emptied(tree, target.children, holder, child)
    if isinstance(holder, SequenceNode):
        return _item_removed(tree, holder, children, children.index(child))
    return _entry_removed(tree, children, children.index(child))


def _entry_removed(tree: Tree, children: list[Child], index: int) -> Attempt:
    child, text = children[index], tree.text
    line = tree.line_of(child.start)
    _check_rest(tree, child)
    before = text[tree.line_start(line) : child.start]
    if not before.strip(" "):
        return _lines_removed(tree, line, child.end_line)
    _check_indentation(tree, line, child.start, r"[ -]*")
    if index:
        raise EditRefused("several keys share a line")
    after = children[1]
    between = text[tree.line_start(child.end_line + 1) : tree.line_start(tree.line_of(after.start))]
    if not between.strip():
        return Attempt((Replacement(child.start, after.start, ""),))
    return Attempt((Replacement(tree.line_start(line) + len(before.rstrip(" ")), tree.content_end(child.end_line), ""),))


def _deduplicated(tree: Tree, path: Path) -> Attempt:
    """Remove the first entry for a key that a mapping has several times."""
    target, _ = tree.path_to(path[:-1], whole=True)
    holder = target.node
    winner = holder.entry(str(path[-1])) if isinstance(holder, MappingNode) else None
    lost = [entry for entry in holder.duplicates if entry.key.value == path[-1]] if isinstance(holder, MappingNode) else []
    if winner is None or not lost:
        raise EditRefused(f"{path[-1]} is written once")
    if winner.merged or any(entry.merged for entry in lost):
        raise EditRefused(f"a merge key (<<) adds {path[-1]}")
    children = tree.entries(holder, overridden=True)
    first = min(tree.start(entry.key) for entry in lost)
    index = next(index for index, child in enumerate(children) if child.start == first)
    differs = to_data(children[index].value) != to_data(winner.value)
    if tree.is_flow(holder):
        return Attempt((_removed_in_flow(tree, holder, children, index),), differs)
    attempt = _entry_removed(tree, children, index)
    return Attempt(attempt.replacements, attempt.needs_review or differs)


def _item_removed(tree: Tree, holder: SequenceNode, children: list[Child], index: int) -> Attempt:
    child = children[index]
    _check_rest(tree, child)
    if index:
        pattern = re.compile(rf"(?<=\n) {{{holder.column - 1}}}-(?=[ \t\r\n])")
        dash = pattern.search(tree.text, tree.content_end(children[index - 1].end_line), child.start + 1)
        if dash is None:
            raise EditRefused("several items share a line")
        line = tree.line_of(dash.start())
    else:
        line = holder.line
        _check_indentation(tree, line, tree.start(holder), r" *")
    return _lines_removed(tree, line, child.end_line)


def _emptied(tree: Tree, children: tuple[Child, ...], holder: Node, child: Child) -> Attempt:
    """Remove the only entry of a block: `{}` or `[]` is written behind the key of the block."""
    outer = children[-2] if len(children) > 1 else None
    if outer is None or outer.key is None:
        raise EditRefused("nothing would be left of the document" if outer is None else "nothing would be left of a list item")
    if tree.properties(holder):
        raise EditRefused("the mapping has an anchor or a tag")
    colon = _AFTER_KEY.match(tree.text, tree.end(outer.key))
    first = holder.line if isinstance(holder, SequenceNode) else tree.line_of(child.start)
    if colon is None or first == outer.key.end_line:
        raise EditRefused("the value begins on the line of its key")
    _check_rest(tree, child)
    before = tree.text[tree.line_start(first) : tree.start(holder) if isinstance(holder, SequenceNode) else child.start]
    if before.strip(" "):
        raise EditRefused("more is written in front of the field")
    lines = _lines_removed(tree, first, child.end_line)
    empty = Replacement(colon.end(), colon.end(), " []" if isinstance(holder, SequenceNode) else " {}")
    return Attempt((empty, *lines.replacements), lines.needs_review)


def _lines_removed(tree: Tree, first: int, last: int) -> Attempt:
    start = tree.line_start(first)
    above = tree.text[tree.line_start(first - 1) : start] if first > 1 else ""
    return Attempt((Replacement(start, tree.line_start(last + 1), ""),), above.lstrip(" ").startswith("#"))


def _removed_in_flow(tree: Tree, holder: Node, children: list[Child], index: int) -> Replacement:
    child = children[index]
    if len(children) == 1:
        start, end = tree.start(holder) + len(tree.properties(holder)) + 1, tree.end(holder) - 1
        gaps = tree.text[start : child.start] + tree.text[child.end : end]
    elif index + 1 < len(children):
        start, end = child.start, children[index + 1].start
        gaps = tree.text[child.end : end]
    else:
        start, end = children[index - 1].end, child.end
        gaps = tree.text[start : child.start]
    if "#" in gaps:
        raise EditRefused("a comment is written between the braces")
    if gaps.replace(",", "").strip():
        raise EditRefused("more is written between the braces")
    return Replacement(start, end, "")


def _after_last(tree: Tree, holder: Node, new: str) -> Replacement:
    """Add a new entry or item, already in flow style, behind the last one."""
    children, text = tree.children(holder), tree.text
    last = children[-1]
    if last.key is not None and last.end <= tree.end(last.key):
        raise EditRefused("a key between the braces has no value")
    tail = text[last.end : tree.end(holder) - 1]
    comma = len(tail) - len(tail.lstrip()) + 1 if tail.lstrip().startswith(",") else 0
    if "#" in tail.split("\n")[0]:
        raise EditRefused("a comment is written behind the last value")
    line_start = text.rfind("\n", 0, last.start) + 1
    if not text[line_start : last.start].strip(" \t") and line_start > tree.start(holder):
        indent = text[line_start : last.start]
        return Replacement(
            *(last.end + comma,) * 2, f"{'' if comma else ','}{tree.line_end}{indent}{new}{',' if comma else ''}"
        )
    gap = text[children[-2].end : last.start] if len(children) > 1 else ", "
    separator = gap if re.fullmatch(r"[ \t]*,[ \t]*", gap) else ", "
    return Replacement(*(last.end + comma,) * 2, (separator.lstrip(" \t,") if comma else separator) + new)


def _new_lines(tree: Tree, line: int, lines: list[str]) -> Replacement:
    """New lines behind a line. The text ends as before: with a line end or without one."""
    at = tree.content_end(line)
    return Replacement(at, at, "".join(tree.line_end + new for new in lines))


def _check_indentation(tree: Tree, line: int, offset: int, allowed: str) -> None:
    before = tree.text[tree.line_start(line) : offset]
    if not re.fullmatch(allowed, before):
        raise EditRefused("a tab indents the line" if "\t" in before else "more is written in front of the field")


def _check_rest(tree: Tree, child: Child) -> None:
    """Behind a removed value may be nothing but a comment. A block scalar ends with its line."""
    if not _REST_OF_LINE.match(tree.text, child.end) and child.end != tree.content_end(child.end_line):
        raise EditRefused("more is written behind the value")


def _block_entries(tree: Tree, keys: list[str], value: Scalar, indent: int, *, as_list: bool) -> list[str]:
    lines = [f"{' ' * (indent + depth * tree.indentation[0])}{_scalar(key, tree)}:" for depth, key in enumerate(keys)]
    if as_list:
        lines.append(" " * (indent + (len(keys) - 1) * tree.indentation[0] + tree.indentation[1]) + f"- {_scalar(value, tree)}")
    else:
        lines[-1] += f" {_scalar(value, tree)}"
    return lines


def _flow_text(tree: Tree, keys: list[str], value: Scalar, *, as_list: bool) -> str:
    """`{key: {key: value}}` for two keys, the value alone for none."""
    text = _scalar(value, tree, in_flow=True)
    text = f"[{text}]" if as_list else text
    for key in reversed(keys):
        text = f"{{{_scalar(key, tree, in_flow=True)}: {text}}}"
    return text


def _like(written: str, value: Scalar, tree: Tree, *, in_flow: bool) -> str:
    """A scalar, quoted as the one that it replaces."""
    if isinstance(value, str) and written[:1] == '"':
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and written[:1] == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return _scalar(value, tree, in_flow=in_flow)


def _scalar(value: Scalar, tree: Tree, *, in_flow: bool = False) -> str:
    return json.dumps(value, ensure_ascii=False) if tree.is_json else scalar_text(value, in_flow=in_flow)


def scalar_text(value: Scalar, *, in_flow: bool = False) -> str:
    """A scalar as YAML writes it, in quotes where it would be read as something else."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    plain = (_PLAIN_IN_FLOW if in_flow else _PLAIN).fullmatch(value) is not None
    return value if plain and reads_as_itself(value) else json.dumps(value, ensure_ascii=False)
