"""`scclint check --diff-base REV`: the same run on the files of a git revision, to tell what is new."""

import os
from argparse import Namespace
from collections.abc import Callable, Sequence
from functools import partial

from scclint.config.model import Config
from scclint.errors import UsageError
from scclint.files.revision import Revision, checked_out, is_manifest, resolve
from scclint.files.sources import find_sources
from scclint.record import replace
from scclint.registry import Registry
from scclint.run.diff import mark_old
from scclint.run.options import RunOptions
from scclint.run.report import Report
from scclint.run.run import prepare, report_of


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


def mark(
    report: Report, revision: Revision, args: Namespace, config: Config, registry: Registry, options: RunOptions
) -> Report:
    """Return `report` with the findings suppressed that the revision has too."""
    from contextlib import chdir

    here = os.path.realpath(os.curdir)
    inside = os.path.relpath(here, revision.root)
    if _is_outside(inside):
        inside = os.curdir
    path = partial(_path_in_copy, revision.root, inside)
    targets = [path(name) for name in args.paths]
    context = [path(name) for name in getattr(args, "context", [])]
    before = _in_copy(config, path)
    named = {os.path.normpath(os.path.join(inside, name)) for name in targets}
    with checked_out(revision, lambda file: is_manifest(file) or file in named) as root:
        os.makedirs(os.path.join(root, inside), exist_ok=True)
        with chdir(os.path.join(root, inside)):
            before = _existing(before)
            sources = find_sources(
                [name for name in targets if os.path.lexists(name)],
                before,
                context=[name for name in context if os.path.lexists(name)],
            )
            base = report_of(prepare(sources, before, registry, replace(options, review=False, changes=None)))
            return mark_old(
                report,
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
    from scclint.files.archive import is_archive

    return replace(
        config,
        root=path(config.root),
        # Archives are not checked out, and the revision is judged for the same cluster.
        cluster_state=tuple(os.path.realpath(name) if is_archive(name) else path(name) for name in config.cluster_state),
        profile_dirs=tuple(map(path, config.profile_dirs)),
        baseline=path(config.baseline) if config.baseline else "",
        helm_chart=path(config.helm_chart) if config.helm_chart else "",
    )


def _existing(config: Config) -> Config:
    """Return the settings without the paths that the revision lacks."""
    return replace(
        config,
        cluster_state=tuple(filter(os.path.lexists, config.cluster_state)),
        profile_dirs=tuple(filter(os.path.lexists, config.profile_dirs)),
        # A baseline that came later cannot have suppressed anything.
        baseline=config.baseline if os.path.exists(config.baseline) else "",
    )
