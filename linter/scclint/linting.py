"""The functions of the public API that lint files or texts and find units."""

import os
from collections.abc import Iterable, Mapping, Sequence

from scclint.causes.join import joined
from scclint.causes.shared_fix import joined_by_fix
from scclint.config import discover_config, read_config
from scclint.config.model import Config
from scclint.deploy.applied import who_applies
from scclint.deploy.facts import names_of
from scclint.deploy.unit import Unit
from scclint.files import SourceFile, display, not_there
from scclint.files.sources import Paths, Sources, StrPath, find_sources
from scclint.platform.releases import minor_release
from scclint.record import replace
from scclint.registry import Registry
from scclint.remedy.proofs import with_fixes
from scclint.report import render
from scclint.run.dumped import dumps_among, with_dumps
from scclint.run.options import RunOptions
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
    and proved for each live finding, which takes longer.

    Raises LoadError for a path that is not there. A file that cannot be read is an error notice in the report, and one that
    cannot be parsed is a finding. Raises UsageError, ConfigError or RuleSetError for settings that cannot be met, such as an unknown
    release or a rule module that cannot be imported.
    """
    names, beside = _texts(paths), _texts(context)
    for path in (*names, *beside):
        if not os.path.exists(path):
            raise not_there(path)
    config, registry = _settings(names, config)
    if release:
        config = replace(config, openshift=tuple(map(minor_release, several(release))))

    def find(names: list[str], config: Config) -> Sources:
        return find_sources(names, config, context=beside)

    dumps, texts = dumps_among(names), dict[str, str]()
    sources = find(names, config) if not dumps else Sources(())
    if dumps:
        sources, config, texts = with_dumps(names, dumps, config, find)
    judged = prepare(sources, config, registry, RunOptions(overlay=texts, review=True))
    report = _report(report_of(judged))
    return joined_by_fix(with_fixes(judged, report, report.live)) if fixes else report


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
    sources = find_sources([], config, context=_texts(context))
    files = tuple(SourceFile(name, display(name)) for name in _texts(texts.keys()))
    overlay = {display(os.fspath(name)): text for name, text in texts.items()}
    return _report(run(sources._replace(targets=files), config, rules_of(config), RunOptions(overlay=overlay, review=True)))


def find_units(paths: Paths, config: Config | None = None) -> list[Unit]:
    """Return the units that the files and folders make up: what is deployed, and so judged, together. For `config`, see `lint`."""
    names = _texts(paths)
    for path in names:
        if not os.path.exists(path):
            raise not_there(path)
    config, registry = _settings(names, config)
    return units_with_context(prepare(find_sources(names, config), config, registry))


def units_with_context(run: Run) -> list[Unit]:
    """The units to judge, each with the names of what it takes from others, and with who applies it."""
    who = who_applies(run.rendered.split, run.rendered.units)
    return [replace(unit, context=names_of(run.others.of(unit)), applied_by=who[unit.name]) for unit in run.units]


def _texts(paths: Paths) -> list[str]:
    return [os.fspath(path) for path in several(paths)]
