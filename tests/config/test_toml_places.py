"""Places in TOML."""

import contextlib
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.config.toml_places import Places
from scclint.finding import Path

TEXT = """\
# a comment with = and [brackets]
plain = "x"   # "quoted"
"quoted.key" = 'y'
a.b . c = 1
list = [ "one", # ]
  'two', ["]", 3],
  { x = 1, y.z = "}" },
]
day = 1979-05-27 07:32:00
many = \"\"\"
[no] = "table"
\\\"""\"\"\"
raw = '''a ' [b]
c = 1''''

[ t . "u" ]
k = true
[[arr]]
n = 1
[[arr]]
n = 2
[arr.sub]
m = {}
[[arr.deep]]
o = []
[[arr.deep]]
o = 4.20
"""


def every_path(data: Any, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield from every_path(value, (*path, key))


def at(data: Any, path: Path) -> Any:
    for part in path:
        data = data[part]
    return data


def test_finds_everything_and_nothing_else() -> None:
    assert set(Places(TEXT).keys) == set(every_path(tomllib.loads(TEXT)))


def test_values_are_where_they_are_said_to_be() -> None:
    data = tomllib.loads(TEXT)
    places = Places(TEXT)
    assert len(places.values) > 20
    for path, (start, end) in places.values.items():
        assert tomllib.loads(f"v = {TEXT[start:end]}")["v"] == at(data, path), path


@pytest.mark.parametrize(
    ("path", "line", "text"),
    [
        (("quoted.key",), 3, '"quoted.key"'),
        (("a", "b"), 4, "b"),
        (("a", "b", "c"), 4, "c"),
        (("list", 1), 6, "'two'"),
        (("list", 3, "y", "z"), 7, "z"),
        (("t", "u"), 16, '"u"'),
        (("arr", 1, "n"), 21, "n"),
        (("arr", 1, "deep", 1, "o"), 27, "o"),
    ],
)
def test_keys(path: Path, line: int, text: str) -> None:
    start, end = Places(TEXT).keys[path]
    assert (TEXT.count("\n", 0, start) + 1, TEXT[start:end]) == (line, text)


def test_a_comment_ends_with_its_line_whatever_ends_that() -> None:
    assert set(Places("# c\r\na = 1 # d\r\nb = 2\r\n").keys) == {("a",), ("b",)}


@given(st.text(alphabet="[]{}='\"\\\n#,.ab1 ", max_size=60))
def test_ends_on_any_text(text: str) -> None:
    """Invalid text never comes here, but must not hang."""
    with contextlib.suppress(tomllib.TOMLDecodeError):
        Places(text)


KEYS = st.text(alphabet="ab-", min_size=1, max_size=3)
VALUES = st.recursive(
    st.integers().map(str) | st.sampled_from(["true", '"]"', "'#'", '"""\n"""']),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[" + " ,\n".join(items) + "]")
        | st.dictionaries(KEYS, inner, max_size=3).map(lambda d: "{" + ", ".join(f"{k} = {v}" for k, v in d.items()) + "}")
    ),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, VALUES, max_size=4), st.dictionaries(KEYS, VALUES, max_size=4))
def test_any_valid_text(top: dict[str, str], table: dict[str, str]) -> None:
    text = "".join(f"{k} = {v} # x\n" for k, v in top.items()) + "[[zz]]\n" + "".join(f"{k} = {v}\n" for k, v in table.items())
    assert set(Places(text).keys) == set(every_path(tomllib.loads(text)))
