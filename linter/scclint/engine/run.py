"""The whole run: load, model, check, report."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from scclint.config import selection
from scclint.config.model import Config
from scclint.engine.check import check, order
from scclint.engine.guard import guard
from scclint.engine.inputs import Inputs, load_inputs
from scclint.engine.notices import notices_on, tally
from scclint.engine.objects import model_objects
from scclint.engine.progress import Lap, Progress, no_lap, silent
from scclint.engine.report import Report
from scclint.engine.suppressions import apply_baseline, written_ignores
from scclint.engine.worlds import make_worlds
from scclint.errors import LoadError
from scclint.files.read import read
from scclint.finding import Crash, Finding
from scclint.model.workload import Workload
from scclint.registry import Registry, builtin
from scclint.rule import Checked
from scclint.suppress.apply import apply as apply_ignores
from scclint.suppress.syntax import config_ignores
from scclint.world import Outcome, World

if TYPE_CHECKING:
    from datetime import date

Move = Callable[[Sequence[Finding]], list[Finding]]
"""Moves findings in rendered manifests to the files that they were rendered from."""


def lint(paths: Sequence[str], config: Config | None = None) -> Report:
    """Lint files and folders with a configuration (the defaults where None).

    What cannot be read is an error notice in the report, what cannot be parsed a finding; raises UsageError or ConfigError
    where the configuration asks for what cannot be (an unknown release).
    """
    config = config or Config()
    return run(load_inputs(paths, config), config, _registry(config))


def lint_text(text: str, filename: str = "<stdin>", config: Config | None = None) -> Report:
    """Lint a text as if it were the content of a file called `filename`, which need not exist."""
    config = config or Config()
    return run(load_inputs(["-"], config, stdin=text.encode(), stdin_filename=filename), config, _registry(config))


def _registry(config: Config) -> Registry:
    """The rules that come with scclint and those that the configuration declares."""
    if not config.rules:
        return builtin()
    from scclint.cel.rules import with_declared

    return with_declared(builtin(), config)


def run(
    inputs: Inputs,
    config: Config,
    registry: Registry,
    *,
    ignores: bool = True,
    today: "date | None" = None,
    review: bool = False,
    progress: Progress = silent,
    lap: Lap = no_lap,
) -> Report:
    """Judge what was read and report on its targets.

    `ignores` False reports what comments, annotations, the configuration and the baseline would suppress. `today` decides
    whether a suppression has expired. `review` asks for the outcome of every workload as well. `lap` is called
    with the name of each stage when it is over.
    """
    objects = model_objects(inputs, config)
    worlds = make_worlds(objects, config)
    lap("model")
    targets = {id(document) for document in inputs.targets}
    ours = [o for o in objects if id(o.document) in targets]
    subjects: list[Checked] = [*inputs.targets, *(o for o in ours if isinstance(o, Workload) or not o.partial)]
    select = selection(registry.rules, config)

    def ran(rule_id: str, file: str) -> bool:
        return inputs.covers(file) and rule_id in select(file)

    findings, crashes = check(worlds, subjects, registry.rules, select, progress)
    notices = list(inputs.notices)
    with guard("check", "telling what is not judged", crashes):
        notices += notices_on(inputs, ours, worlds, config)
    move = _move(inputs, crashes)
    if ignores:
        with guard("check", "applying suppressions", crashes):
            apply = partial(apply_ignores, rules=registry.rules, today=today, root=config.root, ran=ran)
            # Comments and annotations match where they were read, paths of the configuration where the reader edits.
            findings, written = apply(findings, tuple(written_ignores(subjects)))
            findings, configured = apply(move(findings), config_ignores(config))
            one_world = dict(list(worlds.items())[:1])
            of_ignores, broken = check(one_world, [*written, *configured], registry.rules, select)
            findings, stale = apply_baseline(sorted([*findings, *move(of_ignores)], key=order), config, ran)
            crashes += broken
            notices += stale
    else:
        findings = sorted(move(findings), key=order)
    lap("check")
    return Report(
        findings=tuple(findings),
        crashes=(*inputs.crashes, *crashes),
        notices=tuple(notices),
        tally=tally(inputs, ours),
        platform=_platform(worlds),
        texts=texts_of(findings, inputs.texts),
        rules=registry.rules,
        outcomes=_outcomes(worlds, subjects) if review else {},
    )


def _move(inputs: Inputs, crashes: list[Crash]) -> Move:
    """Findings in what Helm rendered go to its templates, where those are known."""
    if not inputs.origins:
        return list
    from scclint.units.helm.trace import Trace, relocate

    trace = Trace(inputs.targets, inputs.origins)

    def move(findings: Sequence[Finding]) -> list[Finding]:
        with guard("check", "looking for lines of Helm's templates", crashes):
            return relocate(findings, trace)
        return list(findings)

    return move


def _outcomes(worlds: Mapping[str, World], subjects: Sequence[object]) -> dict[str, tuple[Outcome, ...]]:
    targets = [s for s in subjects if isinstance(s, Workload)]
    return {release: tuple(_judged(world, targets)) for release, world in worlds.items()}


def _judged(world: World, workloads: Iterable[Workload]) -> Iterator[Outcome]:
    for workload in workloads:
        # Where judging fails, the rules that asked for the outcome have told.
        with suppress(Exception):
            yield world.outcome(workload)


def _platform(worlds: Mapping[str, World]) -> str:
    """`OpenShift 4.16, 4.20`."""
    first = next(iter(worlds.values())).cluster.platform_name
    return ", ".join([first, *list(worlds)[1:]])


def texts_of(findings: Iterable[Finding], at_hand: Mapping[str, str]) -> dict[str, str]:
    """The text of every file that findings point into, read where it is not at hand."""
    files: set[str] = set()
    for finding in findings:
        files.update((finding.span.file, *(r.span.file for r in (*finding.related, *finding.flow))))
    texts = {}
    for file in sorted(files):
        try:
            texts[file] = at_hand[file] if file in at_hand else read(file)
        except LoadError:
            # Gone or changed since it was read: the report does without the snippet.
            continue
    return texts
