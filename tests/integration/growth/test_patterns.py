"""No regular expression over input needs more than linear time."""

import ast
import importlib
import inspect
import pkgutil
import random
import re
import signal
from collections.abc import Callable, Iterator
from functools import partial
from re import _compiler, _constants, _parser  # type: ignore[attr-defined]
from time import thread_time
from types import FrameType, ModuleType
from typing import Any

import pytest

from scclint.files.globs import name_pattern
from scclint.objects.documents import host_access, load_text
from scclint.objects.documents.sniff import _GENERATED
from scclint.objects.documents.thin import thin
from scclint.validation.resources import QUANTITY

PACKAGES = ("scclint.objects.documents", "scclint.message", "scclint.suppress", "scclint.deploy.helm", "scclint.yaml")
METHODS = ("findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn")
WITH_LOCAL_NAMES = {
    "scclint.message.incidents: re.search(kind.pattern)": "`test_a_long_message_is_read_quickly` measures those of errors.json",
    "scclint.message.incidents: re.search(wording['pattern'])": "`test_a_long_message_is_read_quickly` measures those of errors.json",
    "scclint.objects.documents.host_access: re.search(pattern)": "`test_patterns_of_host_access` measures them",
    "scclint.objects.documents.host_access: re.finditer(pattern)": "`test_patterns_of_host_access` measures them",
    "scclint.deploy.helm.unrendered: re.search(sources.mark(number) + value)": "begins with a mark, which is a literal",
    "scclint.objects.documents: re.sub(action)": "`test_text_with_actions` measures it",
    "scclint.yaml.edit_places: re.search(f'\\\\*{re.escape(name)}(?=[\\\\s,\\\\]}}:]|\\\\Z)')": "begins with a literal",
    "scclint.yaml.edit_styles: re.fullmatch(allowed)": "is one set of characters",
}
LENGTH = 3000
QUICK = 0.001
"""Seconds. A text of `LENGTH` characters takes a tenth of this in linear time, and several times this in quadratic time."""
LIMIT = 0.2
PROBES = [
    *map(chr, range(0x20, 0x7F)),
    "\n",
    "│",
    "\t",
    "\r",
    "\0",
    "\x01",
    "\x85",
    "\u2028",
    "\ufeff",
    "\udc80",
    "\ue07b",
    "\ue0ff",
]


class TooSlowError(Exception):
    """A match does not end within `LIMIT`."""


def uses_of(module: ModuleType) -> Iterator[tuple[str, str, re.Pattern[str] | None]]:
    """Yield (source, method, pattern) for each use of a regular expression in a module; None for one made of local names."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Attribute) and node.attr in METHODS:
            for part in ast.walk(node.value):
                is_pattern = (isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)) or (
                    isinstance(part, ast.Call) and ast.unparse(part.func) == "re.compile"
                )
                found = evaluated(part, module) if is_pattern else None
                if isinstance(found, re.Pattern):
                    yield f"{ast.unparse(part)}.{node.attr}", node.attr, found
    for call in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(call, ast.Call) and ast.unparse(call.func) in {f"re.{method}" for method in METHODS}:
            method = ast.unparse(call.func).removeprefix("re.")
            flags = [keyword.value for keyword in call.keywords if keyword.arg == "flags"]
            flags += call.args[{"sub": 4, "subn": 4, "split": 3}.get(method, 2) :]
            pattern = evaluated(call.args[0], module)
            source = f"re.{method}({ast.unparse(call.args[0])})"
            yield source, method, re.compile(pattern, evaluated(flags[0], module) if flags else 0) if pattern else None


def evaluated(node: Any, module: ModuleType) -> Any:
    try:
        return eval(compile(ast.Expression(node), "", "eval"), dict(vars(module)))
    except NameError:
        return None


def sample(tree: Any, turn: int) -> str:
    """Text for a parsed pattern: each part once, and another branch and other characters in each turn."""
    text = ""
    for operation, value in tree:
        if operation in (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT):
            text += sample(value[2], turn) * max(1, min(value[0], 10))
        elif operation is _constants.BRANCH:
            text += sample(value[1][turn % len(value[1])], turn)
        elif operation is _constants.SUBPATTERN:
            text += sample(value[3], turn)
        elif operation is _constants.ATOMIC_GROUP:
            text += sample(value, turn)
        elif operation is _constants.ASSERT:
            text += sample(value[1], turn)
        elif operation in (_constants.LITERAL, _constants.NOT_LITERAL, _constants.IN, _constants.ANY):
            one = _compiler.compile(_parser.SubPattern(tree.state, [(operation, value)]))
            chars = [chr(value)] if operation is _constants.LITERAL else [char for char in PROBES if one.match(char)]
            text += chars[turn * 7 % len(chars)]
    return text


def shapes_of(pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """The starts of texts, and what repeats behind each: a slice of what the pattern matches, or some of its characters."""
    shapes: set[tuple[str, str]] = set()
    alphabet = sorted({char for char in pattern.pattern if not char.isalnum()} | set("a0 \n"))
    for turn in range(3):
        text = sample(_parser.parse(pattern.pattern, pattern.flags), turn)[:40]
        for start in range(len(text)):
            ends = {*range(start + 1, min(start + 6, len(text)) + 1), len(text)}
            shapes |= {(before, text[start:end]) for end in ends for before in ("", text[:start])}
            shapes |= {(text[:start], char) for char in alphabet}
    chosen = random.Random(ascii(pattern.pattern))
    shapes |= {("".join(chosen.choices(alphabet, k=2)), "".join(chosen.choices(alphabet, k=4))) for _ in range(50)}
    return sorted({*shapes, *(("", one + two) for one in alphabet for two in alphabet)})


def slow_text(pattern: re.Pattern[str], method: str) -> str:
    """Return the form of a text for which the time grows faster than its length; empty if none is found."""

    def work(before: str, unit: str, end: str, length: int) -> Callable[[], object]:
        text = before + unit * (length // len(unit)) + end
        if method in ("fullmatch", "match", "search"):
            return lambda: getattr(pattern, method)(text)
        return lambda: sum(1 for _ in pattern.finditer(text))

    for number, (before, unit) in enumerate(shapes_of(pattern)):
        end = ("", "\x01", "\n")[number % 3]
        if not is_linear(partial(work, before, unit, end)):
            return f"{before!r} + n * {unit!r} + {end!r}"
    return ""


def is_linear(work: Callable[[int], Callable[[], object]]) -> bool:
    """Whether twice the length takes about twice the processor time, the shortest of three runs. A square takes four times as long."""
    try:
        if seconds(work(LENGTH)) < QUICK:
            return True
        one, two, four = (min(seconds(work(times * LENGTH)) for _ in range(3)) for times in (1, 2, 4))
    except TooSlowError:
        return False
    return two < 2.8 * one or four < 2.8 * two


def seconds(work: Callable[[], object]) -> float:
    """The processor time of `work`. Raises TooSlowError beyond `LIMIT`."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)
    try:
        start = thread_time()
        work()
        return thread_time() - start
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


MODULES = [
    importlib.import_module(found.name)
    for name in PACKAGES
    for found in (
        pkgutil.ModuleInfo(None, name, True),  # type: ignore[arg-type]
        *pkgutil.walk_packages(importlib.import_module(name).__path__, f"{name}."),
    )
]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_patterns(module: ModuleType) -> None:
    uses = list(uses_of(module))
    assert [
        source for source, _, pattern in uses if pattern is None and f"{module.__name__}: {source}" not in WITH_LOCAL_NAMES
    ] == []
    slow = {source: slow_text(pattern, method) for source, method, pattern in uses if pattern is not None}
    assert {source: text for source, text in slow.items() if text} == {}
    own = {value for value in vars(module).values() if isinstance(value, re.Pattern)}
    assert own <= {pattern for _, _, pattern in uses}, "a pattern is used in a way that this test does not see"


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"^[ \t]*(?:(?:\{\{.*?\}\}|\{%.*?%\})[ \t]*)+$", "finditer"),
        (r"\{\{.*?\}\}", "finditer"),
        (r"[ -]*(?:[\w./-]+:[ \t]+)?@", "match"),
        (r"""(?<![^\s,?])[^\s,"'*:?][^\s,"']*:(?=,)""", "finditer"),
        (r"\{\{/\*.*?\*/\}\}|\{\{[^{}]*+\}\}", "finditer"),
        (r"[^\s#][^:]*?[ \t]*:", "match"),
        (r"\d+\.?\d*", "fullmatch"),
        (r"x(?:a|a)*b", "search"),
    ],
)
def test_slow_patterns_are_found(pattern: str, method: str) -> None:
    assert slow_text(re.compile(pattern, re.M | re.S), method)


@pytest.mark.parametrize("unit", ["{{}}", "{{", "{%", "{{ a }} x ", "{{}}\n", "@a@ ", "- ", "{{'", "{{/* */ x", "a: {{\n"])
def test_text_with_actions(unit: str) -> None:
    def work(length: int) -> Callable[[], object]:
        text = "a: b: c\n" + unit * (length // len(unit)) + " x\ny: {{ z }"
        return lambda: load_text("x.yaml", text, frozenset())

    assert is_linear(work)


@pytest.mark.parametrize("unit", ["items:\n- a\nb:\n", "items:\n- kind: Pod\n"])
def test_lists_of_one_document(unit: str) -> None:
    assert is_linear(lambda length: partial(thin, unit * (10 * length // len(unit)), frozenset()))


@pytest.mark.parametrize("unit", ["[", "[!", "[a", "a]["])
def test_globs(unit: str) -> None:
    assert is_linear(lambda length: partial(name_pattern, unit * length))


@pytest.mark.parametrize("table", [name for name in vars(host_access) if name.startswith("_WORDS")])
def test_patterns_of_host_access(table: str) -> None:
    patterns = dict.fromkeys(pattern for _, pattern, _ in vars(host_access)[table])
    assert patterns
    slow = {pattern: slow_text(re.compile(pattern), "finditer") for pattern in patterns}
    assert {pattern: text for pattern, text in slow.items() if text} == {}


def test_patterns_of_other_packages() -> None:
    assert not slow_text(re.compile(QUANTITY), "fullmatch")
    assert not slow_text(re.compile(_GENERATED), "search")
