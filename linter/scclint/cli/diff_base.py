"""`scclint check --diff-base REV`: the same run on the files of a git revision, to tell what is new.

A change must not weaken its own review: settings, acceptances and suppressions are those of the revision.
Its manifests are what was applied last, so a field that is gone since then is deleted in the cluster.
"""

import os
from argparse import Namespace
from collections.abc import Sequence
from contextlib import chdir

from scclint.change.copies import copy_of, is_outside
from scclint.config.discover import candidates, shorter
from scclint.config.model import Config
from scclint.config.raw import Raw, empty_config, parse_config
from scclint.console.arguments import open_run, settings
from scclint.errors import UsageError
from scclint.files.revision import Revision, path_in, resolve, text_of
from scclint.files.sources import find_sources
from scclint.record import replace
from scclint.registry import Registry
from scclint.report.output import say
from scclint.report.text import visible_line
from scclint.run.diff import OWNED, mark_old, own_acceptances
from scclint.run.merge import accepted_file, accepted_text, merge
from scclint.run.options import RunOptions
from scclint.run.report import Report
from scclint.run.run import prepare
from scclint.run.shared import Run
from scclint.run.store import RunStore
from scclint.run.views import results_of_both


def base_of(name: str, paths: Sequence[str]) -> Revision:
    """The revision to compare with. Raises UsageError where the paths do not lie in one repository that has it."""
    if "-" in paths:
        raise UsageError("--diff-base compares files with a git revision; standard input is in none")
    first = os.path.realpath(paths[0])
    revision = resolve(name, first if os.path.isdir(first) else os.path.dirname(first))
    for path in paths:
        if is_outside(os.path.relpath(os.path.realpath(path), revision.root)):
            raise UsageError(f"--diff-base: {path} is not in {revision.root}")
    return revision


def settings_of(revision: Revision, args: Namespace, current: Config) -> tuple[Config, Registry]:
    """Return the settings of the configuration file that the revision has for the paths, and the rules that they choose from.

    A file that the command line names is taken from the revision if it lies in the repository. `current` are the settings of the work
    tree: if they differ, the reader is told. Raises the errors of `settings`.
    """
    config, registry = settings(args, _raw_of(revision, args))
    if current.settings != config.settings:
        say(f"note: the settings are those of {visible_line(revision.name)}; the change to them counts once it is merged")
    return config, registry


def _raw_of(revision: Revision, args: Namespace) -> Raw | None:
    """The configuration file that the revision has for the paths; None where it is not that of the revision that counts."""
    named = getattr(args, "config", None)
    if getattr(args, "isolated", False) or (named is not None and is_outside(path_in(revision, named))):
        return None
    for path in [named] if named is not None else candidates(args.paths[0]):
        text = text_of(revision, path_in(revision, path))
        if text is not None:
            return replace(parse_config(text, shorter(path)), found=named is None)
    return empty_config()


def run_since(
    revision: Revision, args: Namespace, config: Config, registry: Registry, options: RunOptions
) -> tuple[Run, Report]:
    """Return the run on the paths of the command line, and the report on it with the findings suppressed that the revision has too."""
    with copy_of(revision) as copy:
        state = copy.state(config)
        with chdir(copy.folder):
            accepted = accepted_text(RunOptions(), copy.settings(config))
        own = accepted_text(RunOptions(), config)
        owned = config.acceptances == OWNED
        notices = own_acceptances(accepted, own, accepted_file(config), counted=owned)
        options = replace(options, accepted=own if owned else accepted)
        store = RunStore(options.cache_scope, registry, shared=True)
        judged = open_run(args, config, registry, options, state=state, store=store)
        targets, context = (list(map(copy.path, names)) for names in (args.paths, getattr(args, "context", ())))
        before = copy.settings(config)
        with chdir(copy.folder):
            # The revision may lack some of these.
            before = replace(before, profile_dirs=tuple(filter(os.path.lexists, before.profile_dirs)))
            sources = find_sources(
                [*filter(os.path.lexists, targets)], before, context=[*filter(os.path.lexists, context)], state=state
            )
            options = replace(options, review=False, changes=None, cache_scope=(), with_applied=True, accepted=accepted)
            base = prepare(sources, before, registry, options, store)
        results_of_base, results, judged = results_of_both(base, copy.folder, judged)
        store.save()
        with chdir(copy.folder):
            report_of_base = merge(results_of_base, base.units, base, base.notices, whole=base.whole)
        report = merge(results, judged.units, judged, judged.notices, whole=judged.whole)
        marked = mark_old(report, report_of_base, reason=f"not changed since {revision.name}")
        return judged, replace(marked, notices=(*marked.notices, *notices))
