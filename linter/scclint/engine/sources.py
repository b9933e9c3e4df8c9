"""Which files a run reads."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from scclint.config.model import Config
from scclint.errors import LoadError
from scclint.files.discover import SourceFile, discover


class Sources(NamedTuple):
    """What there is to read, or why something cannot be: to report on, a cluster's state, and what else informs verdicts."""

    targets: Sequence[SourceFile | LoadError]
    state: Sequence[SourceFile | LoadError] = ()
    context: Sequence[SourceFile | LoadError] = ()

    def sizes(self) -> dict[SourceFile, int] | None:
        """The files, in order, with their sizes in bytes; None if there is something else, or something cannot be read."""
        found = {}
        for item in (*self.targets, *self.state, *self.context):
            if isinstance(item, LoadError) or item.path == "-":
                return None
            try:
                found[item] = os.stat(item.path).st_size
            except OSError:
                return None
        return found


def find_sources(
    paths: Sequence[str],
    config: Config,
    *,
    context: Sequence[str] = (),
    stdin_filename: str = "<stdin>",
    tracked_only: bool = False,
) -> Sources:
    """The files that a run reads, in order. The parameters are those of `load_inputs` (scclint.engine.inputs)."""

    def found(paths: Sequence[str], stdin: str = "", tracked_only: bool = tracked_only) -> list[SourceFile | LoadError]:
        exclude, force = config.exclude, config.force_exclude
        return [*discover(paths, stdin_filename=stdin, exclude=exclude, force_exclude=force, tracked_only=tracked_only)]

    targets = found([*paths, *config.profile_dirs], stdin_filename)
    return Sources(targets, found(config.cluster_state, tracked_only=False), found(context))
