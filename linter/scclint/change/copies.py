"""The files of a git revision in a folder of their own, and how paths and settings are called there."""

import os
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager

from scclint.config.model import Config
from scclint.errors import LoadError, UsageError
from scclint.files import SourceFile
from scclint.files.revision import Revision, checked_out, path_in
from scclint.files.sources import Dump, find_sources
from scclint.record import record, replace

ClusterFiles = Sequence[SourceFile | Dump | LoadError]
"""What describes the cluster for a run, and what of it cannot be read."""


@record
class RevisionCopy:
    """A copy of the files of a revision. `folder` is the folder in it that the working directory is in the repository.

    `inside` is the path of the working directory from the root of the repository; `.` if it lies outside.
    """

    revision: Revision
    folder: str
    inside: str

    def path(self, name: str) -> str:
        """Return a path from the working directory as it is called from `folder`; an absolute one if it lies outside of the repository."""
        relative = path_in(self.revision, name)
        if is_outside(relative):
            return os.path.abspath(name)
        called = os.path.relpath(relative, self.inside)
        return name if os.path.normpath(name) == called else called

    def settings(self, config: Config) -> Config:
        """Return the settings with each path as it is called from `folder`."""
        return replace(
            config,
            root=self.path(config.root),
            profile_dirs=tuple(map(self.path, config.profile_dirs)),
            helm_chart=self.path(config.helm_chart) if config.helm_chart else "",
            helm_values=tuple(map(self.path, config.helm_values)),
        )

    def state(self, config: Config) -> ClusterFiles:
        """Return the files of the cluster state as the revision has them, or else as the work tree has them, from any folder.

        A change must not describe another cluster for its own review.
        """
        files: list[SourceFile | Dump | LoadError] = []
        alone = replace(config, profile_dirs=())
        for name in config.cluster_state:
            there = not os.path.isabs(called := self.path(name)) and os.path.lexists(os.path.join(self.folder, called))
            with chdir(self.folder if there else os.curdir):
                files += _anywhere(find_sources((), replace(alone, cluster_state=(called if there else name,))).state)
        return files


def _anywhere(files: ClusterFiles) -> Iterator[SourceFile | Dump | LoadError]:
    """Files that are called as from the working directory, for a run in another folder."""
    for file in files:
        yield file if isinstance(file, LoadError) else file._replace(path=os.path.abspath(file.path))


@contextmanager
def copy_of(revision: Revision) -> Iterator[RevisionCopy]:
    """Give a copy of the files of a revision. It is removed in the end. Raises what `checked_out` raises."""
    inside = os.path.relpath(os.path.realpath(os.curdir), revision.root)
    if is_outside(inside):
        inside = os.curdir
    with checked_out(revision) as root:
        folder = os.path.normpath(os.path.join(root, inside))
        try:
            os.makedirs(folder, exist_ok=True)
        except FileExistsError:
            raise UsageError(f"{inside} is no folder in {revision.name}") from None
        yield RevisionCopy(revision, folder, inside)


def is_outside(relative: str) -> bool:
    """Whether a relative path leads out of the folder that it starts from."""
    return relative.split(os.sep, maxsplit=1)[0] == os.pardir
