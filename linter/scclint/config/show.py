"""The effective settings as text: a configuration file that would have the same effect, with the origin of each setting."""

import json
from collections.abc import Mapping
from typing import Any

from scclint.config.model import KEYS, Config
from scclint.config.schema import load_schema
from scclint.text import escape_unprintable


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
    text = json.dumps(value, ensure_ascii=False)
    # json.dumps leaves DEL as it is.
    text = escape_unprintable(text, escaped=lambda c: json.dumps(c)[1:-1] if c != "\x7f" else "\\u007f")
    return text.replace("##", "#\\u0023").replace(" ::", " :\\u003a")


def render(config: Config) -> str:
    """Return every setting as YAML with its origin as a comment. A setting without a value is a comment."""
    schema = load_schema("config")
    lines: list[tuple[str, str]] = []
    group: tuple[str, ...] = ()
    for path in KEYS.values():
        key = ".".join(path)
        value = config.settings[key] if key in config.settings else default(schema, path)
        origin = config.origins.get(key, "" if value is None else "default")
        if path[:-1] != group:
            group = path[:-1]
            lines.append((f"{group[0]}:" if group else "", ""))
        text = f"{path[-1]}: {_json(value)}" if value is not None else f"# {path[-1]}: not set"
        lines.append(("  " * len(group) + text, origin.replace("\n", "\\n")))
    width = min(60, max((len(text) for text, origin in lines if origin), default=0))
    return "".join((f"{text:<{width}}  # {origin}" if origin else text) + "\n" for text, origin in lines)
