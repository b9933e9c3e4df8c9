"""`scclint check --diff-base REV`: the same run on the files of a git revision, to tell what is new.

A change must not weaken its own review: settings, baseline and suppressions are those of the revision.
Its manifests are what was applied last, so a field that is gone since then is deleted in the cluster.
"""

import os
from argparse import Namespace
from collections.abc import Callable, Sequence
from functools import partial

from scclint.cli.output import settings
from scclint.config.model import Config
from scclint.config.raw import empty_config, parse_config
from scclint.errors import UsageError
from scclint.files import read
from scclint.files.revision import Revision, checked_out, resolve, text_of
from scclint.files.sources import find_sources
from scclint.record import replace
from scclint.registry import Registry
from scclint.run.diff import mark_old
from scclint.run.merge import merge
from scclint.run.options import RunOptions
from scclint.run.report import Report
from scclint.run.results import unit_results
from scclint.run.run import prepare, report_of
from scclint.run.shared import Run


def base_of(name: str, paths: Sequence[str]) -> Revision:
    """The revision to compare with. Raises UsageError where the paths do not lie in one repository that has it."""
    if "-" in paths:
        raise UsageError("--diff-base compares files with a git revision; standard input is in none")
    first = os.path.realpath(paths[0])
    revision = resolve(name, first if os.path.isdir(first) else os.path.dirname(first))
    for path in paths:
        if _is_outside(os.path.relpath(os.path.realpath(path), revision.root)):
            raise UsageError(f"--diff-base: {path} is not in {revision.root}")
    return revision


def settings_of(revision: Revision, args: Namespace) -> tuple[Config, Registry]:
    """Return the settings of the configuration file that the revision has for the paths, and the rules that they choose from.

    A file that the command line names is taken from the revision if it lies in the repository. Raises the errors of `settings`.
    """
    from scclint.config.discover import candidates

    if getattr(args, "isolated", False):
        return settings(args)
    named = getattr(args, "config", None)
    if named is not None and _is_outside(_in_repository(revision, named)):
        return settings(args)
    for path in [named] if named is not None else candidates(args.paths[0]):
        text = text_of(revision, _in_repository(revision, path))
        if text is not None:
            return settings(args, replace(parse_config(text, path), found=named is None))
    return settings(args, empty_config())


def baseline_of(revision: Revision, file: str) -> str:
    """Return the text of a baseline as the revision has it, or that of an empty one."""
    where = _in_repository(revision, file)
    if _is_outside(where):
        return read(file)
    return text_of(revision, where) or '{"version": 1, "consequences": []}'


def _in_repository(revision: Revision, path: str) -> str:
    return os.path.relpath(os.path.realpath(path), revision.root)


def report_since(
    judged: Run, revision: Revision, args: Namespace, config: Config, registry: Registry, options: RunOptions
) -> Report:
    """Return the report on a run, with the findings suppressed that the revision has too."""
    from contextlib import chdir

    here = os.path.realpath(os.curdir)
    inside = os.path.relpath(here, revision.root)
    if _is_outside(inside):
        inside = os.curdir
    path = partial(_path_in_copy, revision.root, inside)
    targets = [path(name) for name in args.paths]
    context = [path(name) for name in getattr(args, "context", [])]
    before = _in_copy(config, path)
    with checked_out(revision) as root:
        os.makedirs(os.path.join(root, inside), exist_ok=True)
        with chdir(os.path.join(root, inside)):
            # The revision may lack some of these.
            before = replace(
                before,
                cluster_state=tuple(filter(os.path.lexists, before.cluster_state)),
                profile_dirs=tuple(filter(os.path.lexists, before.profile_dirs)),
            )
            sources = find_sources(
                [name for name in targets if os.path.lexists(name)],
                before,
                context=[name for name in context if os.path.lexists(name)],
            )
            run = prepare(sources, before, registry, replace(options, review=False, changes=None, with_applied=True))
            results = unit_results(run)
            base = merge(results, run.units, run, run.notices, whole=run.whole)
        judged.last_applied = {result.unit: result.applied for result in results}
        return mark_old(
            report_of(judged),
            base,
            where=lambda file: os.path.relpath(os.path.join(here, file), revision.root),
            where_in_base=lambda file: os.path.normpath(os.path.join(inside, file)),
            reason=f"not changed since {revision.name}",
        )


def _is_outside(relative: str) -> bool:
    return relative.split(os.sep, maxsplit=1)[0] == os.pardir


def _path_in_copy(root: str, inside: str, name: str) -> str:
    """Return a path of the command line or configuration as it is called in the revision's copy.

    `root` is that of the repository, and `inside` the working directory relative to it. Paths outside the repository stay as they are.
    """
    full = os.path.realpath(name)
    relative = os.path.relpath(full, root)
    return full if _is_outside(relative) else os.path.relpath(relative, inside)


def _in_copy(config: Config, path: Callable[[str], str]) -> Config:
    """Return the settings with each path as `path` calls it."""
    from scclint.files.dump import is_archive

    return replace(
        config,
        root=path(config.root),
        # Archives are not checked out, and the revision is judged for the same cluster.
        cluster_state=tuple(os.path.realpath(name) if is_archive(name) else path(name) for name in config.cluster_state),
        profile_dirs=tuple(map(path, config.profile_dirs)),
        helm_chart=path(config.helm_chart) if config.helm_chart else "",
    )
