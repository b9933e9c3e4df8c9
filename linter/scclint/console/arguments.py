"""What the arguments of a command ask for: settings from file and options, the run over the input, and where the output goes."""

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, TypeVar

from scclint.config import discover_config, read_config
from scclint.config.model import KEYS, Config, check_one_cluster
from scclint.console.progress import progress
from scclint.deploy.detect import parts_of_charts as changes_of_parts
from scclint.errors import LoadError, UsageError
from scclint.files import STDIN, SUFFIXES, SourceFile, not_there, read_stream
from scclint.files.sources import Sources, find_sources
from scclint.objects.types import Workload
from scclint.outcome.chain import Outcome
from scclint.outcome.rows import WorkloadRow
from scclint.outcome.world import World
from scclint.record import replace
from scclint.registry import Registry
from scclint.report.output import columns_of, say, use_color, write
from scclint.report.text import folded, visible_line
from scclint.run import judge
from scclint.run.judge import OpenUnit
from scclint.run.options import DEFAULTS, RunOptions
from scclint.run.rule_set import configured
from scclint.run.run import prepare
from scclint.run.shared import Run
from scclint.run.views import Viewed, viewed
from scclint.text import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scclint.config.raw import Raw
    from scclint.files.revision import Changes
    from scclint.files.sources import Dump
    from scclint.run.judge import UnitView
    from scclint.run.store import RunStore


T = TypeVar("T")


def write_formats(
    args: Namespace, render: Callable[[str, str | None], str], default: str = "text", *, paged: bool = False
) -> None:
    """Write each requested format to its output, files first; `-` and none are standard output.

    `paged` shows the default format in a pager if standard output is a terminal.
    """
    outputs = [None if output == "-" else output for output in getattr(args, "output", [])]
    pairs = zip_longest(getattr(args, "format", [default]), outputs)
    # The reader of standard output may have gone away.
    for form, output in sorted(pairs, key=lambda pair: pair[1] is None):
        if form is None:
            raise UsageError(f"--output {output} has no --format of its own")
        text = render(form, output)
        if output is None and form in ("text", "table"):
            text = folded(text, terminal_columns())
        if paged and form == default and output is None:
            from scclint.console.pager import show

            show(text, color=color_wanted(args, output))
        else:
            write(text, output)


def color_wanted(args: Namespace, output: str | None) -> bool:
    """Return whether to color what is written to a file, or to standard output if that is None."""
    return use_color(getattr(args, "color", "auto"), None if output else sys.stdout, os.environ)


def terminal_columns() -> int | None:
    """Return the width of the terminal on standard output, None where that is none."""
    return columns_of(sys.stdout)


def settings(args: Namespace, raw: "Raw | None" = None) -> tuple[Config, Registry]:
    """The settings in force for these paths, and the rules they choose from: built in, from rule modules, declared.

    `raw` is a configuration file that counts instead of the one that the command line names or that is found. Raises ConfigError,
    UsageError, RuleSetError.
    """
    file = getattr(args, "config", None)
    paths = getattr(args, "paths", ["."])
    discovered = file is None and not getattr(args, "isolated", False)
    if discovered and raw is None:
        file = discover_config(paths[0] if paths and paths[0] != "-" else ".")
    if raw is None and file:
        raw = read_config(file, found=discovered)
    linted = [os.curdir, os.path.dirname((raw.file if raw else "") or "") or os.curdir]
    linted += [path if os.path.isdir(path) else os.path.dirname(path) or os.curdir for path in paths]
    return configured(raw, given(args), linted)


def settings_of_one_cluster(args: Namespace) -> tuple[Config, Registry]:
    """Return what `settings` returns. Also raises UsageError if the settings do not describe a single cluster that has SCCs."""
    config, registry = settings(args)
    check_one_cluster(config, args.command)
    return config, registry


def check_paths(paths: Iterable[str]) -> None:
    """Raise LoadError if a path is not there, for commands that answer without reading it."""
    for path in paths:
        if path != "-" and not os.path.exists(path):
            raise not_there(path)


def given(args: Namespace) -> Mapping[str, Any]:
    """The options that are settings, by the names of `Config`'s fields."""
    values = {key: value for key, value in vars(args).items() if key in KEYS}
    if hasattr(args, "as_group") and not hasattr(args, "as_user"):
        raise UsageError("--as-group says of which group a user is: say which user with --as")
    if hasattr(args, "as_user"):
        values["creator"] = {"user": args.as_user, "groups": getattr(args, "as_group", [])}
    return values


def sources(args: Namespace, config: Config, state: "Sequence[SourceFile | Dump | LoadError] | None" = None) -> Sources:
    """The files that the command line names, and what is to be taken into account beside them. `state` is that of `find_sources`."""
    return find_sources(
        args.paths,
        config,
        context=getattr(args, "context", []),
        stdin_filename=_stdin_filename(args),
        # pre-commit judges a commit, and leaves untracked files in the folder.
        tracked_only=os.environ.get("PRE_COMMIT") == "1",
        state=state,
    )


def parts_of_charts(args: Namespace) -> "Changes | None":
    """The named files, if one is a part of a chart, such as its values or a template. The input is then this folder; else None."""
    changes = changes_of_parts(args.paths)
    if changes is not None:
        args.paths = [os.curdir]
    return changes


def cache_scope(args: Namespace) -> tuple[str, ...]:
    """Return what names the cache of a run; empty with --no-cache."""
    return () if getattr(args, "no_cache", False) else (os.getcwd(), *args.paths)


def stored(args: Namespace, options: RunOptions) -> RunOptions:
    """Return the options of a run with the number of processes and the cache that the command line asks for."""
    return replace(options, jobs=getattr(args, "jobs", 0), cache_scope=cache_scope(args))


def open_run(
    args: Namespace,
    config: Config,
    registry: Registry,
    options: RunOptions = DEFAULTS,
    *,
    state: "Sequence[SourceFile | Dump | LoadError] | None" = None,
    store: "RunStore | None" = None,
) -> Run:
    """The run over what the command line names, with standard input where that is among it.

    If a path is a dump of a cluster, the run reads the files of the dump, and its state is that of the cluster. `state` is that of
    `find_sources`, and `store` that of `prepare`.
    """
    overlay: dict[str, str | LoadError] = dict(options.overlay)
    if dumps := dumps_in(args):
        from scclint.run.dumped import with_dumps

        run_sources, config, texts = with_dumps(
            args.paths, dumps, config, lambda paths, config: sources(Namespace(**{**vars(args), "paths": paths}), config)
        )
        overlay |= texts
    else:
        run_sources = sources(args, config, state)
    if "-" in args.paths:
        name = _stdin_filename(args)
        overlay[name] = _standard_input(name)
    globs = tuple(getattr(args, "unit_globs", ()))
    opened = prepare(run_sources, config, registry, replace(options, overlay=overlay, units=globs), store)
    if globs and not opened.units:
        raise UsageError(f"no unit matches {listed(globs, 'or')}; `scclint units` lists the units")
    return opened


def open_units(
    args: Namespace, config: Config, registry: Registry, options: RunOptions = DEFAULTS
) -> tuple[Run, list[OpenUnit]]:
    """The run over what the command line names, and its units, loaded. A person at a terminal sees how far this is."""
    with progress() as step:
        run = open_run(args, config, registry, stored(args, replace(options, progress=step)))
        opened = list(judge.open_units(run))
        run.store.save()
        return run, opened


def view_units(
    args: Namespace, config: Config, registry: Registry, view: "UnitView[T]", options: RunOptions = DEFAULTS
) -> "tuple[Run, list[Viewed[T]]]":
    """The run over what the command line names, and what is shown of each of its units, as `viewed` returns it."""
    with progress() as step:
        run = open_run(args, config, registry, stored(args, replace(options, progress=step)))
        return run, viewed(run, view)


def dumps_in(args: Namespace) -> list[str]:
    """Return the paths of the command line that are dumps of a cluster."""
    paths = [path for path in args.paths if path != "-" and not path.endswith(SUFFIXES)]
    if not paths:
        return []
    from scclint.run.dumped import dumps_among

    return dumps_among(paths)


def say_what_is_read(what: str) -> None:
    """Tell a person at a terminal that standard input is read: a command that waits looks like one that hangs."""
    if sys.stdin is not None and sys.stdin.isatty():
        say(f"reading {what} from standard input: end with Ctrl+D")


def _stdin_filename(args: Namespace) -> str:
    return getattr(args, "stdin_filename", "") or "<stdin>"


def _standard_input(name: str) -> str | LoadError:
    """What is piped in, or why that cannot be read, which leaves the other paths to be judged."""
    say_what_is_read("manifests")
    try:
        return read_stream(STDIN, name)
    except LoadError as error:
        return error


def judged_workloads(
    opened: Iterable[OpenUnit], chosen: Callable[[Workload], bool] = lambda workload: True, *, explained: bool = False
) -> tuple[list[tuple[OpenUnit, World, Outcome, WorkloadRow]], bool]:
    """Return the rows of the `chosen` workloads of all units, and whether a bug prevented one of them, which is reported.

    A workload has a row for each release, which comes with its unit, world and outcome. With `explained`, it has one only if what each SCC does
    with it can be worked out as well.
    """
    good, broke = [], False
    asked = [(unit, workload) for unit in opened for workload in unit.workloads if chosen(workload)]
    for unit, workload in asked:
        try:
            made = [(unit, world, world.outcome(workload), unit.row(world, workload)) for world in unit.worlds.values()]
            for world in unit.worlds.values() if explained else ():
                world.outcomes.explain(workload)
        except Exception as error:
            broke = True
            what = visible_line(f"{workload.file}: {workload.named}: {type(error).__name__}: {error}")
            say(f"internal error: {what}; this is a bug of scclint")
        else:
            good += made
    return good, broke
