"""Hypothesis strategies for the targets: inputs that get past the parser, which bytes at random seldom do.

Most are made by breaking what is right: a value somewhere in a real manifest, profile, configuration or capture is replaced,
removed, moved or written in another way.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

ROOT = Path(__file__).parents[1]
SEEDS = Path(__file__).parent / "seeds"

ODD = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, -(2**63) - 1, 1.5, 1e300),
    *("", "*", "null", "~", "0", "08", "0x10", "1_0", "1e3", ".inf", "yes", "=", "<<", "---", "\x1b[31m", "::error::x"),
    *("${X}", "${{X}}", "{{ .Values.x }}", "a/b", "é", "🔥", "\u202e", "\n", "localhost/", "Localhost", "runtime/default"),
    *("RuntimeDefault", "Unconfined", "MustRunAs", "MustRunAsRange", "RunAsAny", "system:authenticated", "restricted-v2"),
    *("1000/10", "1000-2000", "s0:c1,c0", "SCMP_ACT_ERRNO", "SCMP_ACT_ALLOW", "4.20", "Pod", "List", "PodList", "Template"),
)
"""Values that some part of scclint gives a meaning, and those that decoders disagree about."""

scalars = st.sampled_from(ODD) | st.text(max_size=12) | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
raw = st.binary(max_size=300)
fragments = st.lists(
    st.sampled_from(
        [
            *(
                "kind: Pod\n",
                "apiVersion: v1\n",
                '"kind": Pod\n',
                "? kind\n: Pod\n",
                "<<: *a\n",
                "a: &a {kind: Pod}\n",
                "- ",
                "  ",
            ),
            *(
                "---\n",
                "...\n",
                "--- |\n",
                "%YAML 1.1\n",
                "%TAG ! x\n",
                "!!str ",
                "!!binary ",
                "&a ",
                "*a",
                "|",
                ">-\n",
                "{",
                "}",
            ),
            *(
                "[",
                "]",
                ",",
                ":",
                "'",
                '"',
                "\\",
                "\r",
                "\x85",
                "\u2028",
                "\ufeff",
                "\t",
                "#",
                " # c\n",
                "\n",
                "\r\n",
                "items:\n",
            ),
            *(
                "metadata: {name: x}\n",
                "spec:\n  containers:\n  - name: a\n    image: b\n",
                "{{ .x }}",
                "# Source: a/templates/b\n",
            ),
            *('{"kind": "Pod"}', '{"k\\u0069nd": "Pod"}', "\\ud800", "0x1f", "1e400", "key : v\n", "kind: List\n"),
        ]
    ),
    max_size=25,
).map("".join)
text_input = st.one_of(
    raw,
    fragments.map(lambda t: t.encode("utf-8", "surrogatepass")),
    st.text().map(lambda t: t.encode("utf-8", "surrogatepass")),
)


@cache
def documents(kind: str) -> tuple[Any, ...]:
    """The right inputs that a target starts from, as plain data."""
    return tuple(_documents(kind))


def _documents(kind: str) -> Iterator[Any]:
    from scclint.objects.documents import load_text
    from scclint.yaml.nodes import to_data

    where = {
        "lint": sorted((ROOT / "fixtures").glob("*/*.yaml")),
        "profile": sorted((ROOT / "fixtures" / "seccomp" / "profiles").glob("*.json")),
        "configuration": sorted(SEEDS.glob("configuration/*.yaml")),
        "evidence": sorted(SEEDS.glob("evidence/*.json")),
    }[kind]
    for path in where:
        for document in load_text(path.name, path.read_text(encoding="utf-8"), frozenset()):
            if document.root is not None:
                yield to_data(document.root)


@st.composite
def broken(draw: st.DrawFn, kind: str) -> bytes:
    """Some of the right inputs, with one to three things changed, as a stream."""
    chosen = draw(st.lists(st.sampled_from(documents(kind)), min_size=1, max_size=3 if kind == "lint" else 1))
    parts = []
    for data in chosen:
        copy = json.loads(json.dumps(data))
        for _ in range(draw(st.integers(1, 3))):
            copy = _change(draw, copy)
        parts.append(json.dumps(copy, indent=draw(st.sampled_from([None, 1])), ensure_ascii=draw(st.booleans())))
    return "\n---\n".join(parts).encode("utf-8", "surrogatepass")


def _change(draw: st.DrawFn, data: Any) -> Any:
    """`data` with one value, anywhere in it, replaced, removed, doubled or renamed."""
    places = list(_places(data))
    if not places:
        return draw(values)
    holder, key = draw(st.sampled_from(places))
    how = draw(st.sampled_from(["replace", "replace", "remove", "double", "rename", "wrap"]))
    if how == "replace":
        holder[key] = draw(values)
    elif how == "wrap":
        holder[key] = draw(st.sampled_from([[holder[key]], {"x": holder[key]}, [holder[key]] * 2]))
    elif how == "remove":
        del holder[key]
    elif how == "double" and isinstance(holder, list):
        holder.append(holder[key])
    elif isinstance(holder, dict):
        holder[draw(st.sampled_from(["kind", "name", "items", "spec", "type", "x"]) | st.text(max_size=6))] = holder.pop(key)
    return data


def _places(data: Any) -> Iterator[tuple[Any, Any]]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield data, key
        yield from _places(value)


words = st.lists(st.text(max_size=12) | st.sampled_from(["](1)", "[x](2)", "\\", "\x1b[m", "..", "/", "%0a"]), max_size=8)

INPUTS: dict[str, st.SearchStrategy[bytes]] = {
    "load": text_input,
    "lint": st.one_of(broken("lint"), broken("lint"), text_input),
    "profile": st.one_of(broken("profile"), text_input),
    "configuration": st.one_of(broken("configuration"), text_input),
    "evidence": st.one_of(broken("evidence"), text_input, st.lists(text_input, max_size=3).map(b"\0".join)),
    "sarif": st.one_of(raw, words.map(lambda parts: "\0".join(parts).encode("utf-8", "surrogatepass"))),
}
