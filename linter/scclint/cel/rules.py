"""Rules that a configuration declares as CEL expressions, made into records like those of the built-in rules.

An expression sees values, never code: it cannot open files, reach the network, or run for long (its text is bounded, and so are
the steps it takes, see `scclint.cel.cost`, and how deep its macros nest).
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from scclint.cel.cost import Budget, Steps
from scclint.cel.syntax import Expr, SyntaxProblem, parse
from scclint.cel.types import BOOL, DYN, INT, STRING, CelType, check, list_of, map_of, names, object_of
from scclint.cel.values import field, object_values, scc_object, verdict_object
from scclint.config.model import Config
from scclint.config.raw import config_error
from scclint.config.records import DeclaredRule
from scclint.config.schema import did_you_mean
from scclint.errors import ConfigError, LoadError
from scclint.finding import Located, Path, Problem, Severity
from scclint.limits import MAX_EXPRESSION, MAX_STEPS, MAX_STEPS_OF_RUN
from scclint.model.kinds import STATE_KINDS, SUBJECT_KINDS
from scclint.model.object import ApiObject
from scclint.model.unknown import known
from scclint.model.workload import Workload
from scclint.registry import Registry, registry
from scclint.rule import AnyRule, Rule
from scclint.source import Span
from scclint.world import World

PROFILE = object_of(type=STRING, localhostProfile=STRING)
CONTAINER = object_of(name=STRING, role=STRING, seccomp=PROFILE, requested=PROFILE, source=STRING, procMode=INT)
VERDICT = object_of(allowed=BOOL, scc=STRING, subject=STRING, message=STRING, pod=map_of(DYN), containers=list_of(CONTAINER))
"""The type of `verdict` in an expression. A text or number is null if there is none."""

_ID_STRATEGY = object_of(type=STRING, ranges=list_of(object_of(min=INT, max=INT)))
SCC = object_of(
    metadata=object_of(name=STRING),
    priority=INT,
    **{
        f"allow{what}": BOOL
        for what in ("HostDirVolumePlugin", "HostIPC", "HostNetwork", "HostPID", "HostPorts", "PrivilegeEscalation")
    },
    allowPrivilegedContainer=BOOL,
    defaultAllowPrivilegeEscalation=BOOL,
    readOnlyRootFilesystem=BOOL,
    **{
        key: list_of(STRING)
        for key in ("allowedCapabilities", "defaultAddCapabilities", "requiredDropCapabilities", "allowedUnsafeSysctls")
    },
    **{key: list_of(STRING) for key in ("forbiddenSysctls", "seccompProfiles", "volumes", "users", "groups")},
    allowedFlexVolumes=list_of(object_of(driver=STRING)),
    runAsUser=object_of(type=STRING, uid=INT, uidRangeMin=INT, uidRangeMax=INT),
    seLinuxContext=object_of(type=STRING, seLinuxOptions=map_of(STRING)),
    fsGroup=_ID_STRATEGY,
    supplementalGroups=_ID_STRATEGY,
    userNamespaceLevel=STRING,
)
"""What `scc` is in an expression: an SCC with the defaults that the API server fills in, so every field is there."""

OBJECT_VARIABLES: Mapping[str, CelType] = {"object": map_of(DYN)}
WORKLOAD_VARIABLES: Mapping[str, CelType] = {**OBJECT_VARIABLES, "pod": map_of(DYN), "verdict": VERDICT, "scc": SCC}

_STEP = re.compile(r"""\.?([A-Za-z0-9_-]+) | \[ (\d{1,9}) \] | \[ "([^"]*)" \] | \[ '([^']*)' \]""", re.VERBOSE)


def with_declared(rules: Registry, config: Config) -> Registry:
    """Return `rules` and the rules in the configuration as one set. The configuration must have at least one rule.

    Raises ConfigError with everything that is wrong with the expressions, at its place in the file, or where the library
    that evaluates them is not installed, and RuleSetError.
    """
    declared = config.rules
    try:
        import cel
    except ImportError as error:
        raise ConfigError(
            f"{_place(declared[0].span)}: rules in CEL need a library that is not installed; pip install 'scclint[cel]'"
        ) from error
    custom = {template.kind for template in config.pod_templates}
    wrong = [mistake for record in declared for mistake in _mistakes(record, cel.compile, custom)]
    if wrong:
        raise config_error(declared[0].span.file, wrong)
    programs = [cel.compile(record.expr) for record in declared]
    trees = [parse(record.expr) for record in declared]
    used = frozenset().union(*map(names, trees)).intersection(WORKLOAD_VARIABLES)
    budget = Budget()
    return registry((*rules, *(_rule(*parts, used, budget) for parts in zip(declared, programs, trees, strict=True))))


def _mistakes(record: DeclaredRule, compile: Callable[[str], Any], custom: Collection[str]) -> Iterator[tuple[Span, str]]:
    kinds = SUBJECT_KINDS.union(custom)
    if record.kind and record.kind not in kinds:
        instead = did_you_mean(record.kind, sorted(kinds)) or f"; known are {', '.join(sorted(kinds - {'List'}))}"
        yield record.span, f"{record.id}: objects of kind {record.kind!r} are not read{instead}"
    if _path(record.at) is None:
        yield record.span, f"{record.id}: {record.at!r} is no path; write it like spec.containers[0].name"
    if len(record.expr) > MAX_EXPRESSION:
        yield record.expr_span, f"{record.id}: the expression has more than {MAX_EXPRESSION:,} characters"
        return
    for at, message in _in_expression(record, compile):
        line, column = record.expr.count("\n", 0, at) + 1, at - (record.expr.rfind("\n", 0, at) + 1) + 1
        span = _within(record, line, column)
        # With escapes and folded lines, the place of a character in the file is unknown.
        aside = "" if span != record.expr_span else f" (line {line}, column {column} of the expression)"
        yield span, f"{record.id}: {message}{aside}"


def _in_expression(record: DeclaredRule, compile: Callable[[str], Any]) -> Iterator[tuple[int, str]]:
    """Return the mistakes of an expression: 0-based offsets and messages."""
    # Objects of the other kinds create pods.
    variables = OBJECT_VARIABLES if record.kind in STATE_KINDS else WORKLOAD_VARIABLES
    try:
        mistakes = check(record.expr.rstrip(), variables)
    except SyntaxProblem as problem:
        yield problem.at, problem.message
        return
    except RecursionError:
        yield 0, "the expression is nested too deep"
        return
    yield from mistakes
    if mistakes:
        return
    try:
        compile(record.expr.rstrip())
    except Exception as error:  # the library's own errors are plain ValueErrors
        yield _reported(str(error), record.expr)


_REPORTED = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")


def _reported(text: str, expr: str) -> tuple[int, str]:
    """Return place and message of the library's error."""
    found = _REPORTED.search(text)
    if found is None:
        return 0, " ".join(text.split())
    starts = [0, *(at + 1 for at, char in enumerate(expr) if char == "\n")]
    return min(starts[min(int(found[1]), len(starts)) - 1] + int(found[2]) - 1, len(expr)), found[3]


def _within(record: DeclaredRule, line: int, column: int) -> Span:
    """Return the place in the file of a line and column of the expression; with escapes, that of the whole expression."""
    from scclint.files.read import read

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
        found = _STEP.match(text, at)
        if found is None or (text[at] == ".") != (at > 0 and found[1] is not None):
            return None
        steps.append(int(found[2]) if found[2] else next(g for g in (found[1], found[3], found[4]) if g is not None))
        at = found.end()
    return tuple(steps)


def _rule(record: DeclaredRule, program: Any, tree: Expr, used: frozenset[str], budget: Budget) -> AnyRule:
    return Rule(
        record.id,
        record.name,
        record.message.rstrip("."),
        record.severity,
        Workload if not record.kind else ApiObject,
        _check(record, program, tree, used, budget),
        _page(record),
        since="declared in the configuration",
    )


def _page(record: DeclaredRule) -> str:
    objects = f"objects of kind {record.kind}" if record.kind else "workloads"
    return (
        f"A rule of this repository's own, declared in {_place(record.span)}. It reports {objects} for which this CEL\n"
        f"expression is true:\n\n```cel\n{record.expr.strip()}\n```\n\n"
        f"## How to fix it\n\n{record.settle.strip() or 'The configuration does not say. Ask those who declared the rule.'}\n"
    )


def _place(span: Span) -> str:
    return f"{span.file}:{span.line}"


def _check(record: DeclaredRule, program: Any, tree: Expr, used: frozenset[str], budget: Budget) -> Any:
    path = _path(record.at) or ()
    read = names(tree)
    steps_of = Steps(tree, record.expr)
    exhausted = False

    def check(subject: ApiObject, world: World) -> Iterator[Problem]:
        if record.kind and subject.kind != record.kind:
            return
        if isinstance(subject, Workload) and not _can_be_judged(subject, world, read):
            return
        nonlocal exhausted
        if exhausted:
            return
        values, context = _context(subject, world, used)
        steps = steps_of.of(values)
        if steps <= MAX_STEPS and not budget.spend(steps):
            exhausted = True
            yield Problem(
                f"{subject.named}: from here on {record.id} is not looked at: the rules took {MAX_STEPS_OF_RUN:,} steps altogether",
                at=subject.place,
                settle="Declare fewer rules that go through lists, or write them in Python.",
                severity=Severity.WARNING,
            )
            return
        if steps > MAX_STEPS:
            yield Problem(
                f"{subject.named}: {record.id} is not looked at: it would take more than {MAX_STEPS:,} steps",
                at=subject.place,
                settle="Go through fewer lists within each other, or write the rule in Python.",
                severity=Severity.WARNING,
            )
            return
        found = _evaluate(program, context)
        if found is True:
            yield Problem(f"{subject.named}: {record.message}", at=_at(subject, path), settle=record.settle)
        elif isinstance(found, str):
            yield Problem(
                f"{subject.named}: {record.id} cannot tell: {found}",
                at=subject.place,
                settle="Let the expression provide for what may be absent: has(a.b), or field(a, 'b.c'), which is then null.",
                severity=Severity.INFO,
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


def _context(subject: ApiObject, world: World, used: frozenset[str]) -> tuple[dict[str, Any], Any]:
    """Return an object's variables as plain values and as the library's context."""
    # All rules judge one object before the next, so the world keeps the variables of the latest object only.
    latest: dict[tuple[int, frozenset[str]], tuple[dict[str, Any], Any]] = world.memo(_context, dict)
    key = id(subject), used
    if key not in latest:
        latest.clear()
        latest[key] = _make_context(subject, world, used)
    return latest[key]


def _make_context(subject: ApiObject, world: World, used: frozenset[str]) -> tuple[dict[str, Any], Any]:
    import cel

    values: dict[str, Any] = {"object": known(subject.manifest)}
    if isinstance(subject, Workload):
        outcome = world.outcome(subject)
        values["pod"] = known(subject.pod.manifest)
        values["verdict"] = verdict_object(outcome)
        admitting = outcome.verdict.scc if outcome.verdict else None
        values["scc"] = scc_object(world.cluster.sccs[admitting]) if admitting else None
    variables = {name: object_values(value) for name, value in values.items() if name in used}
    return variables, cel.Context(variables, {"field": field})


def _evaluate(program: Any, context: Any) -> bool | str:
    """Return the boolean result, or a text that says why there is none."""
    try:
        value = program.execute(context)
    except KeyError as error:
        return f"there is no {error.args[0]!r} here"
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # the library is native code, whose panics are no Exception
        return " ".join(str(error).split("\n")[0].split()) or type(error).__name__
    return value if isinstance(value, bool) else f"the expression is neither true nor false but {value!r}"
