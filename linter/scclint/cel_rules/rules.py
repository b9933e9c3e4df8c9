"""Rules that a configuration declares as CEL expressions, made into records like those of the built-in rules.

An expression sees values, never code: it cannot open files, reach the network, or run for long (`scclint.cel.evaluator` ends it).
"""

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any

from scclint.cel.evaluator import EVALUATOR, TOO_MUCH, LimitReached
from scclint.cel_rules.values import FIELDS, object_values, scc_object, verdict_object
from scclint.config.model import Config
from scclint.config.raw import SHOWN, config_error
from scclint.config.records import DeclaredRule
from scclint.config.schema import did_you_mean
from scclint.errors import ConfigError, LoadError
from scclint.files import read
from scclint.finding import Located, Path, Problem, Severity
from scclint.limits import CEL_CPU, CEL_SECONDS_OF_RUN, MAX_EXPRESSION
from scclint.objects.kinds import STATE_KINDS, SUBJECT_KINDS
from scclint.objects.types import ApiObject, Workload
from scclint.objects.unknown import known
from scclint.outcome.world import World
from scclint.registry import Registry, registry
from scclint.rule import AnyRule, Rule, Severities
from scclint.source import Span
from scclint.text import how_to_install

_TYPES = frozenset(("bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type", "optional"))
"""Names of the language that the library counts as variables."""
_FUNCTIONS = frozenset(
    (
        *("size", "int", "uint", "double", "string", "bytes", "dyn", "type", "timestamp", "duration", "field"),
        *("contains", "startsWith", "endsWith", "matches", "getFullYear", "getMonth", "getDayOfMonth", "getDayOfWeek"),
        *("getDayOfYear", "getHours", "getMinutes", "getSeconds", "getMilliseconds"),
    )
)
"""The library reports other functions only when it evaluates them."""
_USE = re.compile(r"(?<![\w.])([A-Za-z_]\w*)\b(?:\s*\.\s*(\w+)\b(?!\s*\())?")
"""A name that is not that of a field, and the field that it is asked for."""
_MACROS = ("all", "exists", "exists_one", "map", "filter")
_QUOTED = re.compile(r"""\"{3}.*?\"{3}|'{3}.*?'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|//[^\n]*""", re.DOTALL)
_STEP = re.compile(r"""\.?([A-Za-z0-9_-]+) | \[ (\d{1,9}) \] | \[ "([^"]*)" \] | \[ '([^']*)' \]""", re.VERBOSE)


_SENTENCES = {
    "declared": "{object}: {message}",
    "declared-help": "{help}",
    "too-much": "{object}: from here on {rule} is not evaluated: it takes {limit} here",
    "too-much-altogether": "{object}: from here on {rule} is not evaluated: the rules took {seconds} seconds altogether",
    "fewer-lists": "Go through fewer lists within each other, or write the rule in Python.",
    "undecided": "{object}: {rule} cannot tell whether it holds",
    "broken": "{object}: {rule} cannot tell: {why}",
    "correct": "Correct the expression.",
    "provide": "Let the expression provide for what may be absent: has(a.b), or field(a, 'b.c'), which is then null.",
}
_SEVERITIES: Severities = {
    "too-much": Severity.WARNING,
    "too-much-altogether": Severity.WARNING,
    "broken": Severity.WARNING,
}


def with_declared(rules: Registry, config: Config) -> Registry:
    """Return `rules` and the rules in the configuration as one set. The configuration must have at least one rule.

    Raises ConfigError with everything that is wrong with the expressions, at its place in the file, or where the library
    that evaluates them is not installed, and RuleSetError.
    """
    declared = config.rules
    custom = {template.kind for template in config.pod_templates}
    try:
        wrong = [mistake for record in declared for mistake in _mistakes(record, custom)]
    except OSError as error:
        raise ConfigError(f"{_place(declared[0].span)}: rules in CEL cannot be evaluated: {error}") from error
    except ImportError as error:
        raise ConfigError(
            f"{_place(declared[0].span)}: rules in CEL need a library that is not installed; {how_to_install('cel')}"
        ) from error
    if wrong:
        raise config_error(declared[0].span.file, wrong)
    reads = [frozenset(EVALUATOR.check(record.expr.rstrip())["variables"]) for record in declared]
    used = frozenset().union(*reads).intersection(FIELDS)
    budget = _Budget()
    return registry((*rules, *(_rule(record, read, used, budget) for record, read in zip(declared, reads, strict=True))))


class _Budget:
    """The seconds of processor time that the declared rules of a run may still take."""

    left: float = CEL_SECONDS_OF_RUN


def _mistakes(record: DeclaredRule, custom: Collection[str]) -> Iterator[tuple[Span, str]]:
    kinds = SUBJECT_KINDS.union(custom)
    if record.kind and record.kind not in kinds:
        instead = did_you_mean(record.kind, sorted(kinds)) or f"; known are {', '.join(sorted(kinds - {'List'}))}"
        yield record.span, f"{record.id}: objects of kind {record.kind!r} are not read{instead}"
    if _path(record.at) is None:
        yield record.span, f"{record.id}: {record.at!r} is no path; write it like spec.containers[0].name"
    if len(record.expr) > MAX_EXPRESSION:
        yield record.expr_span, f"{record.id}: the expression has more than {MAX_EXPRESSION:,} characters"
        return
    for at, message in islice(_in_expression(record), SHOWN):
        line, column = record.expr.count("\n", 0, at) + 1, at - (record.expr.rfind("\n", 0, at) + 1) + 1
        span = _within(record, line, column)
        # With escapes and folded lines, the place of a character in the file is unknown.
        aside = "" if span != record.expr_span else f" (line {line}, column {column} of the expression)"
        yield span, f"{record.id}: {message}{aside}"


def _in_expression(record: DeclaredRule) -> Iterator[tuple[int, str]]:
    """Return the mistakes of an expression: 0-based offsets and messages."""
    try:
        answer = EVALUATOR.check(record.expr.rstrip())
    except LimitReached as error:
        too_long = f"{record.id}: the library takes {TOO_MUCH} to parse the expression"
        raise config_error(record.span.file, [(record.expr_span, too_long)]) from error
    if "error" in answer:
        yield _reported(answer["error"], record.expr)
        return
    # Objects of the other kinds create pods.
    variables = ["object"] if record.kind in STATE_KINDS else [*FIELDS]
    code = _QUOTED.sub(lambda match: " " * len(match[0]), record.expr)
    for name in answer["functions"]:
        # Operators have names such as `_&&_` and `@in`.
        if name.isidentifier() and not name.startswith("_") and name not in _FUNCTIONS:
            match = re.search(rf"\b{name}\s*\(", code)
            usage = f"{name}() takes a name and an expression, as in list.{name}(x, x == 1)"
            other = f"no function is called {name!r}{_instead(name, [*_FUNCTIONS, *_MACROS])}"
            yield match.start() if match else 0, usage if name in _MACROS else other
    # The library counts the variables that macros bind, as in `list.exists(x, x == 1)`.
    bound = set(re.findall(rf"\.\s*(?:{'|'.join(_MACROS)})\s*\(\s*(\w+)\s*,", code))
    read = set(answer["variables"]) - bound
    unknown = read - _TYPES - set(variables)
    for use in _USE.finditer(code):
        name, field = use.groups()
        if name in unknown:
            unknown.remove(name)
            yield use.start(), f"nothing is called {name!r}{_instead(name, variables)}"
        elif field and name in read and (fields := FIELDS.get(name)) and field not in fields:
            yield use.start(2), f"{name} has no field {field!r}{_instead(field, fields)}"
    yield from ((0, f"nothing is called {name!r}{_instead(name, variables)}") for name in sorted(unknown))


def _instead(word: str, names: Iterable[str]) -> str:
    return did_you_mean(word, [*names]) or f"; known here: {', '.join(sorted(names))}"


_REPORTED = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")


def _reported(text: str, expr: str) -> tuple[int, str]:
    """Return place and message of the library's error."""
    match = _REPORTED.search(text)
    if "Recursion limit" in text:
        return 0, "the expression is nested too deep"
    if match is None:
        return 0, " ".join(text.split())
    starts = [0, *(at + 1 for at, char in enumerate(expr) if char == "\n")]
    return min(starts[min(int(match[1]), len(starts)) - 1] + int(match[2]) - 1, len(expr)), match[3]


def _within(record: DeclaredRule, line: int, column: int) -> Span:
    """Return the place in the file of a line and column of the expression; with escapes, that of the whole expression."""
    span = record.expr_span
    try:
        lines = read(span.file).split("\n")[span.line - 1 : span.end_line]
    except LoadError:
        return span
    first, *rest = record.expr.rstrip("\n").split("\n")
    row = next((n for n, text in enumerate(lines) if text.find(first, span.column - 1 if n == 0 else 0) >= 0), None)
    if row is None or any(part not in text for part, text in zip(rest, [*lines[row + 1 :], *("" for _ in rest)], strict=False)):
        return span
    part = [first, *rest][min(line, len(rest) + 1) - 1]
    row += min(line, len(rest) + 1) - 1
    start = lines[row].find(part, span.column - 1 if row == 0 else 0) + column
    return Span(span.file, span.line + row, start, span.line + row, start + 1)


def _path(text: str) -> Path | None:
    """Return the steps of a written path such as `metadata.annotations["a.b/c"]`; None if it is not a path."""
    steps: list[str | int] = []
    at = 0
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None or (text[at] == ".") != (at > 0 and step[1] is not None):
            return None
        steps.append(int(step[2]) if step[2] else next(g for g in (step[1], step[3], step[4]) if g is not None))
        at = step.end()
    return tuple(steps)


def _rule(record: DeclaredRule, read: frozenset[str], used: frozenset[str], budget: _Budget) -> AnyRule:
    return Rule(
        record.id,
        record.name,
        record.message.rstrip("."),
        kind="problem",
        severity=record.severity,
        reach=None,
        on=Workload if not record.kind else ApiObject,
        check=_check(record, read, used, budget),
        page=_page(record),
        since="declared in the configuration",
        sentences=_SENTENCES,
        severities=_SEVERITIES,
    )


def _page(record: DeclaredRule) -> str:
    objects = f"objects of kind {record.kind}" if record.kind else "workloads"
    return (
        f"A rule of this repository's own, declared in {_place(record.span)}. It reports {objects} for which this CEL\n"
        f"expression is true:\n\n```cel\n{record.expr.strip()}\n```\n\n"
        f"## How to fix it\n\n{record.help.strip() or 'The configuration does not say. Ask those who declared the rule.'}\n"
    )


def _place(span: Span) -> str:
    return f"{span.file}:{span.line}"


def _check(record: DeclaredRule, read: frozenset[str], used: frozenset[str], budget: _Budget) -> Any:
    path = _path(record.at) or ()
    exhausted = False

    def check(subject: ApiObject, world: World) -> Iterator[Problem]:
        nonlocal exhausted
        if exhausted or (record.kind and subject.kind != record.kind):
            return
        if isinstance(subject, Workload) and not _can_be_judged(subject, world, read):
            return
        spent = budget.left <= 0
        try:
            answer = None if spent else EVALUATOR.evaluate(record.expr.rstrip(), _values(subject, world, used))
        except LimitReached:
            answer = None
        budget.left -= answer["seconds"] if answer else CEL_CPU
        if answer is None:
            exhausted = True
            facts = {"rule": record.id, "limit": TOO_MUCH, "seconds": CEL_SECONDS_OF_RUN}
            yield Problem("too-much-altogether" if spent else "too-much", at=subject.place, facts=facts, help="fewer-lists")
        elif answer.get("value"):
            facts = {"message": record.message, "help": record.help}
            yield Problem("declared", at=_at(subject, path), facts=facts, help="declared-help")
        elif "why" in answer:
            is_broken = bool(answer.get("broken"))
            yield Problem(
                "broken" if is_broken else "undecided",
                at=subject.place,
                facts={"rule": record.id, "why": answer["why"]},
                help="correct" if is_broken else "provide",
                turns_on="" if is_broken else answer["why"],
            )

    return check


def _can_be_judged(workload: Workload, world: World, read: frozenset[str]) -> bool:
    """Whether the values that the expression reads exist. If not, the built-in rules report why."""
    if not read & {"verdict", "scc"}:
        return not workload.partial
    verdict = world.outcome(workload).verdict
    return verdict is not None and not ("scc" in read and verdict.scc is None)


def _at(subject: ApiObject, path: Path) -> Located:
    if not path:
        return subject.place
    if path[0] == "pod" and isinstance(subject, Workload):
        return subject.pod.field(*path[1:])
    return subject.field(*path)


def _values(subject: ApiObject, world: World, used: frozenset[str]) -> dict[str, Any]:
    """Return an object's variables as plain values."""
    # All rules judge one object before the next, so the world keeps the variables of the latest object only.
    latest: dict[tuple[int, frozenset[str]], dict[str, Any]] = world.memo(_values, dict)
    key = id(subject), used
    if key not in latest:
        latest.clear()
        latest[key] = _make_values(subject, world, used)
    return latest[key]


def _make_values(subject: ApiObject, world: World, used: frozenset[str]) -> dict[str, Any]:
    values: dict[str, Any] = {"object": known(subject.manifest)}
    if isinstance(subject, Workload):
        outcome = world.outcome(subject)
        values["pod"] = known(subject.pod.manifest)
        values["verdict"] = verdict_object(outcome)
        values["scc"] = scc_object(world.cluster.sccs[outcome.scc]) if outcome.scc else None
    return {name: object_values(value) for name, value in values.items() if name in used}
