"""Functions for other programs: lint files or texts, and find units."""

import os
from collections.abc import Iterable, Mapping

from scclint.config.model import Config
from scclint.deploy.facts import names_of
from scclint.deploy.unit import Unit
from scclint.files import SourceFile, display
from scclint.files.sources import find_sources
from scclint.record import replace
from scclint.run.options import RunOptions
from scclint.run.report import Report
from scclint.run.rule_set import rules_of
from scclint.run.run import prepare, run
from scclint.run.shared import Run
from scclint.yaml.untyped import several

StrPath = str | os.PathLike[str]
Paths = StrPath | Iterable[StrPath]
"""One path, or several. A plain text is one path."""


def lint(paths: Paths, config: Config | None = None, context: Paths = ()) -> Report:
    """Lint a file or folder, or several, with a configuration (the defaults where None).

    `context` are files and folders that inform verdicts and are not reported on. What cannot be read is an error notice in the
    report, what cannot be parsed a finding. Raises UsageError, ConfigError or RuleSetError for settings that cannot be met, such
    as an unknown release or a rule module that cannot be imported.
    """
    config = config or Config()
    return run(find_sources(_texts(paths), config, context=_texts(context)), config, rules_of(config))


def lint_text(text: str, filename: StrPath = "<stdin>", config: Config | None = None, context: Paths = ()) -> Report:
    """Lint a text as if it were the content of a file called `filename`, which need not exist."""
    return lint_texts({filename: text}, config, context)


def lint_texts(texts: Mapping[StrPath, str], config: Config | None = None, context: Paths = ()) -> Report:
    """Lint several texts together, each as if it were the content of the file that it is the value for.

    They hold in place of what is on the disk, as the unsaved buffers of an editor do.
    """
    config = config or Config()
    sources = find_sources([], config, context=_texts(context))
    files = tuple(SourceFile(name, display(name)) for name in _texts(texts.keys()))
    overlay = {display(os.fspath(name)): text for name, text in texts.items()}
    return run(sources._replace(targets=files), config, rules_of(config), RunOptions(overlay=overlay))


def find_units(paths: Paths, config: Config | None = None) -> list[Unit]:
    """The units that the files and folders make up: what is deployed, and so judged, together."""
    config = config or Config()
    return units_with_context(prepare(find_sources(_texts(paths), config), config, rules_of(config)))


def units_with_context(run: Run) -> list[Unit]:
    """The units to judge, each with the names of what it takes from others, and with who applies it."""
    from scclint.deploy.applied import who_applies

    who = who_applies(run.rendered.split, run.rendered.units)
    return [replace(unit, context=names_of(run.others.of(unit)), applied_by=who[unit.name]) for unit in run.units]


def _texts(paths: Paths) -> list[str]:
    return [os.fspath(path) for path in several(paths)]
