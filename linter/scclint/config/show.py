"""The effective settings as text: a configuration file that would have the same effect, with the origin of each setting."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from scclint.config.model import KEYS, Config
from scclint.text import escape_unprintable

DEFAULT = "default"


class Setting(NamedTuple):
    """A setting by its key (`cluster.openshift`), its plain value, and its origin: `default`, `FILE:LINE`, `command line`."""

    key: str
    value: Any
    origin: str


def effective(config: Config) -> Iterator[Setting]:
    """Return every setting in the order of `KEYS`. A value is None if it is unset and has no fixed default."""
    from scclint.config.schema import load_schema

    schema = load_schema("config")
    for path in KEYS.values():
        key = ".".join(path)
        if key in config.settings:
            yield Setting(key, config.settings[key], config.origins[key])
        else:
            yield Setting(key, default(schema, path), DEFAULT)


def default(schema: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """Return the default of a key in the schema, or None."""
    node: Mapping[str, Any] = schema
    for key in path:
        node = node["properties"][key]
    if "default" in node or "$ref" not in node:
        return node.get("default")
    return schema["$defs"][node["$ref"].removeprefix("#/$defs/")].get("default")


def _json(value: Any) -> str:
    """Return a value as JSON, which is also YAML. Unprintable characters and CI commands are escaped."""
    import json

    text = json.dumps(value, ensure_ascii=False)
    # json.dumps leaves DEL as it is.
    text = escape_unprintable(text, escaped=lambda c: json.dumps(c)[1:-1] if c != "\x7f" else "\\u007f")
    return text.replace("##", "#\\u0023")


def render(config: Config) -> str:
    """Return the settings as YAML with their origins as comments. A setting without a value is a comment."""
    lines: list[tuple[str, str]] = []
    group = ""
    for key, value, origin in effective(config):
        parent, _, name = key.partition(".") if key.startswith("cluster.") else ("", "", key)
        if parent != group:
            group = parent
            lines.append((f"{parent}:", "") if parent else ("", ""))
        text = f"{name}: {_json(value)}" if value is not None else f"# {name}: not set"
        lines.append(
            (("  " if parent else "") + text, origin.replace("\n", "\\n") if value is not None or origin != DEFAULT else "")
        )
    width = min(60, max((len(text) for text, origin in lines if origin), default=0))
    return "".join((f"{text:<{width}}  # {origin}" if origin else text) + "\n" for text, origin in lines)
