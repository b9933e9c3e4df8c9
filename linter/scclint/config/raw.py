"""A configuration file as written: plain values with their places, and the mistakes that its schema finds."""

from collections.abc import Callable, Iterable
from typing import Any

from scclint.config.schema import Mistake, load_schema, mistakes
from scclint.errors import ConfigError, LoadError
from scclint.files import read
from scclint.finding import Path
from scclint.limits import MAX_CONFIG, MAX_CONFIG_VALUES
from scclint.objects.documents import load_text
from scclint.record import record, replace
from scclint.source import Span
from scclint.yaml import untyped
from scclint.yaml.nodes import MappingNode, SequenceNode, overridden

Places = Callable[[Path], Span]


SHOWN = 20
"""Mistakes that are listed; more do not fit on a screen."""


@record
class Raw:
    """A configuration file. `data` contains only what the schema allows; wrong values are removed (list items are None) and are in `mistakes`.

    `key_at` gives the place of a path's key (of an item, the item itself), or of the deepest part of the path that is written;
    `value_at` gives the place of its value. `found` is True if scclint found the file by itself: it is then as untrusted as the
    manifests beside it.
    """

    file: str
    data: dict[str, Any]
    key_at: Places
    value_at: Places
    mistakes: tuple[Mistake, ...] = ()
    found: bool = False

    @property
    def rule_modules(self) -> tuple[str, ...]:
        """The entry points whose rules must be loaded before selections can be checked."""
        return tuple(m for m in self.data.get("rule-modules", ()) if m is not None)


def read_config(file: str, *, found: bool = False) -> Raw:
    """Read a configuration file, which is YAML or JSON.

    `found` says that nobody named the file. Raises ConfigError where it cannot be read or parsed. `Raw.mistakes` has what the
    schema rejects, so that one error can report it together with mistakes that only the rules can find.
    """
    try:
        text = read(file)
    except LoadError as error:
        raise ConfigError(f"{file}: cannot read the configuration: {error.message}") from error
    if len(text) > MAX_CONFIG:
        raise ConfigError(f"{file}: larger than {MAX_CONFIG >> 10} KiB, which no configuration is")
    return replace(parse_config(text, file), found=found)


def empty_config(file: str = "") -> Raw:
    """Return a configuration without settings, every place of which is the start of the file."""
    start = Span(file, 1, 1, 1, 1)
    return Raw(file, {}, lambda path: start, lambda path: start)


def parse_config(text: str, file: str) -> Raw:
    """As `read_config`, for the text of a file of that name."""
    raw = _read(text, file)
    if isinstance(kind := raw.data.get("kind"), str) and "apiVersion" in raw.data:
        raise ConfigError(f"{file}: a manifest of kind {kind}, and no configuration: name it without --config")
    schema = load_schema("config")
    wrong = (*raw.mistakes, *mistakes(raw.data, schema))
    data = without(raw.data, (m.path for m in wrong))
    # A mapping may require a key that was removed, and then it cannot be used either.
    while unusable := [m.path for m in mistakes(data, schema) if untyped.value_at(data, m.path) is not None]:
        data = without(data, unusable)
    return Raw(file, data, raw.key_at, raw.value_at, wrong)


def without(data: dict[str, Any], paths: Iterable[Path]) -> dict[str, Any]:
    """Return a copy without those paths. List items become None, so that the other items keep their index."""
    pruned: dict[str, Any] = untyped.copied(data)
    for path in paths:
        if not path:
            return {}
        parent = untyped.value_at(pruned, path[:-1])
        if isinstance(parent, dict):
            parent.pop(path[-1], None)
        elif isinstance(parent, list) and isinstance(path[-1], int):
            parent[path[-1]] = None
    return pruned


def config_error(file: str, wrong: Iterable[tuple[Span, str]]) -> ConfigError:
    """Return one error with all mistakes of a file, in the order of its lines."""
    lines = [f"{s.file}:{s.line}:{s.column}: {message}" for s, message in sorted(set(wrong))]
    if len(lines) > SHOWN:
        lines[SHOWN:] = [f"{file}: and {len(lines) - SHOWN} more"]
    return ConfigError("\n".join(lines))


def _read(text: str, file: str) -> Raw:
    documents = [d for d in load_text(file, text, frozenset()) if d.status != "empty"]
    for document in documents:
        if document.error is not None:
            error = document.error
            raise ConfigError(f"{file}:{error.line or 1}:{error.column or 1}: {error.message}")
    if len(documents) > 1:
        raise ConfigError(f"{file}:{documents[1].line}:1: a configuration file is one document, this one has {len(documents)}")
    root = documents[0].root if documents else None
    if root is None:
        return empty_config(file)
    twice = tuple(Mistake(path, f"key {path[-1]!r} is written twice") for path, _ in overridden(root))
    return _of_data(_plain(root, [MAX_CONFIG_VALUES], file), file, *_node_places(root), twice)


def _of_data(data: Any, file: str, key_at: Places, value_at: Places, wrong: tuple[Mistake, ...] = ()) -> Raw:
    if data is None:
        data = {}
    if not isinstance(data, dict):
        span = value_at(())
        raise ConfigError(f"{file}:{span.line}:{span.column}: a configuration is a mapping of settings")
    return Raw(file, data, key_at, value_at, wrong)


def _plain(node: Any, budget: list[int], file: str) -> Any:
    """Return a node tree as plain values. Numbers with a point stay text, because the release `4.20` is not `4.2`."""
    budget[0] -= 1
    if budget[0] < 0:
        raise ConfigError(f"{file}:{node.line}:{node.column}: aliases expand to more than {MAX_CONFIG_VALUES:,} values")
    if isinstance(node, MappingNode):
        return {str(entry.key.value): _plain(entry.value, budget, file) for entry in node.entries}
    if isinstance(node, SequenceNode):
        return [_plain(item, budget, file) for item in node.items]
    return node.text if isinstance(node.value, float) else node.value


def _node_places(root: Any) -> tuple[Places, Places]:
    def walk(path: Path) -> tuple[Span, Span]:
        node = root
        key: Span = root.span
        for part in path:
            if isinstance(node, MappingNode) and (entry := node.entry(str(part))) is not None:
                key, node = entry.key.span, entry.value
            elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.items):
                node = node.items[part]
                key = node.span
            else:
                break
        return key, node.span

    return (lambda path: walk(path)[0]), (lambda path: walk(path)[1])
