"""The functions of the public API that lint files or texts and find units."""

import os
from collections.abc import Iterable, Mapping, Sequence

from scclint.causes.join import joined
from scclint.causes.shared_fix import joined_by_fix
from scclint.config import discover_config, read_config
from scclint.config.model import Config
from scclint.deploy.applied import who_applies
from scclint.deploy.detect import parts_of_charts
from scclint.deploy.facts import names_of
from scclint.deploy.unit import Unit
from scclint.errors import UsageError
from scclint.facts.difference import FactDifference
from scclint.facts.difference import difference as facts_beyond
from scclint.files import SourceFile, display, not_there
from scclint.files.sources import Paths, Sources, StrPath, find_sources
from scclint.platform.releases import minor_release
from scclint.record import replace
from scclint.registry import Registry
from scclint.remedy.proofs import of_charts, with_few_fixes, with_fixes
from scclint.report import render
from scclint.run.diff import as_after
from scclint.run.dumped import dumps_among, with_dumps
from scclint.run.options import DEFAULTS, RunOptions
from scclint.run.report import Report
from scclint.run.rule_set import configured, rules_of
from scclint.run.run import prepare, report_of, run
from scclint.run.shared import Run
from scclint.yaml.untyped import several


def lint(
    paths: Paths, config: Config | None = None, context: Paths = (), *, release: str | Iterable[str] = (), fixes: bool = False
) -> Report:
    """Return the report that `scclint check` prints about a file or folder, a dump of a cluster, or several of them.

    `config` is None for the configuration file that `check` finds, and `Config()` for the defaults. `release` is one release of
    OpenShift or several, in place of those of the configuration. `context` are files and folders that inform verdicts and are not
    reported on. A finding that has the cause of another one is not `live`, and the other one lists it. With `fixes`, a fix is looked for
    and proved for each live finding, which takes longer; without, only for findings of charts, as `check --format json` does.

    Raises LoadError for a path that is not there. A file that cannot be read is an error notice in the report, and one that
    cannot be parsed is a finding. Raises UsageError, ConfigError or RuleSetError for settings that cannot be met, such as an unknown
    release or a rule module that cannot be imported.
    """
    judged = opened_run(_texts(paths), config, release, RunOptions(review=True), _texts(context))
    report = _report(report_of(judged))
    if fixes:
        return joined_by_fix(with_fixes(judged, report, report.live))
    return joined_by_fix(with_few_fixes(judged, report, of_charts(judged, report.live)))


def difference(before: Report, after: Report) -> FactDifference:
    """Return which problems, access and gaps of a later report are new, and which of an earlier one are gone, wherever they are written."""
    return facts_beyond(before.findings, as_after(after.findings))


def opened_run(
    paths: list[str],
    config: Config | None,
    release: str | Iterable[str] = (),
    options: RunOptions = DEFAULTS,
    context: Sequence[str] = (),
) -> Run:
    """Return the run of the command line over these paths, of which parts of charts are judged with their charts. See `lint`."""
    if not paths:
        raise UsageError("no path is given: the working directory is '.'")
    if isinstance(release, float):
        raise UsageError(f"a release is a text such as '4.20', and not the number {release!r}")
    for path in (*paths, *context):
        if not os.path.exists(path):
            raise not_there(path)
    config, registry = _settings(paths, config)
    if release:
        config = replace(config, openshift=tuple(map(minor_release, several(release))))

    def find(paths: list[str], config: Config) -> Sources:
        return find_sources(paths, config, context=context)

    changes = parts_of_charts(paths)
    dumps = dumps_among(paths)
    if dumps:
        sources, config, texts = with_dumps(paths, dumps, config, find)
        options = replace(options, overlay=texts)
    else:
        sources = find([os.curdir] if changes else paths, config)
    return prepare(sources, config, registry, replace(options, changes=changes))


def _report(report: Report) -> Report:
    """Return a report with its findings joined by cause, which can be written in a format."""
    return replace(joined(report), formatter=render)


def _settings(paths: Sequence[str], config: Config | None) -> tuple[Config, Registry]:
    """Return the settings and their rules: those that are given, or those of the configuration file that `check` finds."""
    if config is not None:
        return config, rules_of(config)
    file = discover_config(paths[0] if paths else os.curdir)
    linted = [path if os.path.isdir(path) else os.path.dirname(path) or os.curdir for path in paths]
    return configured(read_config(file, found=True) if file else None, {}, [os.curdir, *linted])


def lint_text(text: str, filename: StrPath = "<stdin>", config: Config | None = None, context: Paths = ()) -> Report:
    """Lint a text as if it were the content of a file called `filename`, which need not exist."""
    return lint_texts({filename: text}, config, context)


def lint_texts(texts: Mapping[StrPath, str], config: Config | None = None, context: Paths = ()) -> Report:
    """Lint several texts together, each as if it were the content of the file that it is the value for.

    They hold in place of what is on the disk, as the unsaved buffers of an editor do. No configuration file is looked for.
    """
    config = config or Config()
    registry = rules_of(config)
    sources = find_sources([], config, context=_texts(context))
    files = tuple(SourceFile(name, display(name)) for name in _texts(texts.keys()))
    overlay = {display(os.fspath(name)): text for name, text in texts.items()}
    return _report(run(sources._replace(targets=files), config, registry, RunOptions(overlay=overlay, review=True)))


def find_units(paths: Paths, config: Config | None = None) -> list[Unit]:
    """Return the units that the files and folders make up: what is deployed, and so judged, together. For `config`, see `lint`."""
    return units_with_context(opened_run(_texts(paths), config))


def units_with_context(run: Run) -> list[Unit]:
    """The units to judge, each with the names of what it takes from others, and with who applies it."""
    who = who_applies(run.rendered.split, run.rendered.units)
    return [replace(unit, context=names_of(run.others.of(unit)), applied_by=who[unit.name]) for unit in run.units]


def _texts(paths: Paths) -> list[str]:
    return [os.fspath(path) for path in several(paths)]
