"""The two sides of a comparison: a folder, a file, a git revision or a dump of a cluster, each judged from its own root."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager

from scclint.admission.verdict import ObjectRef
from scclint.config.model import Config
from scclint.errors import UsageError
from scclint.files import STDIN, SourceFile, is_stream, read_stream
from scclint.files.dump import is_dump, texts_of_dump
from scclint.files.revision import checked_out, is_manifest, resolve
from scclint.files.sources import find_sources
from scclint.finding import Notice
from scclint.record import EMPTY, replace
from scclint.run.judge import OpenUnit, open_unit
from scclint.run.options import RunOptions
from scclint.run.rule_set import rules_of
from scclint.run.run import prepare
from scclint.source import Span
from scclint.untyped import Object


class Side:
    """One side: its units by name, which are relative to `folder`.

    `prefix` is what leads from the working directory to the files of the side, empty for a revision. `texts` are its files if they
    are in a dump.
    """

    def __init__(
        self, folder: str, paths: Sequence[str], config: Config, prefix: str, texts: Mapping[str, str] = EMPTY
    ) -> None:
        self.config = config
        self._folder = folder
        self._prefix = prefix
        self.notices: dict[Notice, None] = {}
        with chdir(folder):
            sources = find_sources(paths, config)
            if texts:
                sources = sources._replace(targets=tuple(SourceFile(file, file) for file in texts))
            self._run = prepare(sources, config, rules_of(config), RunOptions(overlay=texts))
        self._units = {unit.name: unit for unit in self._run.units}
        self.notices.update(dict.fromkeys(map(self._located, self._run.notices)))

    @property
    def units(self) -> Sequence[str]:
        return tuple(self._units)

    @property
    def places(self) -> Mapping[tuple[str, str], str]:
        """The names of the units by path and kind. The name has the kind as a suffix if a folder is more than one unit."""
        return {(unit.name.removesuffix(f"#{unit.kind}"), unit.kind): unit.name for unit in self._units.values()}

    def open(self, unit: str, last: Mapping[ObjectRef, Object] = EMPTY) -> OpenUnit | None:
        """Return the unit of that name; None if the side does not have it. `last` are the manifests that were applied before."""
        target = self._units.get(unit)
        if target is None:
            return None
        self._run.last_applied = {unit: last}
        with chdir(self._folder):
            opened = open_unit(target, self._run)
        inputs = opened.inputs
        told = [*inputs.notices, *(Notice("error", f"scclint failed: {crash.error}") for crash in inputs.crashes)]
        for document in inputs.targets:
            if document.status == "unparsable" and document.error is not None:
                text = f"this document cannot be read: {document.error.message}"
                told.append(Notice("error", text, document.file, document.error.line))
        self.notices.update(dict.fromkeys(map(self._located, told)))
        return opened

    def place(self, span: Span) -> Span:
        """Return a place of the side as the user finds it from the working directory."""
        return span._replace(file=os.path.normpath(os.path.join(self._prefix, span.file))) if self._prefix else span

    def _located(self, notice: Notice) -> Notice:
        return replace(notice, file=self.place(Span(notice.file, 0, 0, 0, 0)).file) if notice.file else notice


@contextmanager
def open_side(name: str, config: Config, base_with: str = "") -> Iterator[Side]:
    """Open a file, a folder, a dump, a stream or a git revision. `base_with` is the other revision if `name` is to be their merge base.

    Raises UsageError if `name` is none of these, and LoadError if it cannot be read.
    """
    if is_stream(name) and not base_with:
        shown = "<stdin>" if name == STDIN else name
        yield Side(os.curdir, [], _from_root(config), "", {shown: read_stream(name)})
        return
    if os.path.exists(name) and not base_with:
        if is_dump(name):
            state = replace(_from_root(config), cluster_state=(name,))
            yield Side(os.curdir, [], state, "", dict(texts_of_dump(name)))
            return
        folder, file = (name, os.curdir) if os.path.isdir(name) else os.path.split(name)
        side = Side(folder or os.curdir, [file], _from_root(config), "" if folder in ("", os.curdir) else folder)
        if _is_revision(name):
            text = f"{name} is a path and a git revision, and the path is compared; write heads/{name} or tags/{name} for the revision"
            side.notices[Notice("note", text)] = None
        yield side
        return
    try:
        revision = resolve(name, os.curdir, base_with)
    except UsageError as error:
        raise UsageError(f"{name} is no file, no folder and no git revision: {error}") from error
    with checked_out(revision, is_manifest) as root:
        # The part of the revision that lies in the working directory.
        folder = os.path.join(root, os.path.relpath(os.path.realpath(os.curdir), revision.root))
        os.makedirs(folder, exist_ok=True)
        yield Side(folder, [os.curdir], _from_root(config), "")


def _is_revision(name: str) -> bool:
    """Return whether git could take a path for a revision. Names of revisions neither begin with a dot or a slash nor end with one."""
    if name.startswith((".", "/")) or name.endswith("/"):
        return False
    try:
        resolve(name, os.curdir, "")
    except UsageError:
        return False
    return True


def _from_root(config: Config) -> Config:
    """Return the settings for a run from another folder: paths are absolute, except those within the side."""

    def absolute(paths: Sequence[str]) -> tuple[str, ...]:
        return tuple(map(os.path.abspath, paths))

    return replace(
        config,
        root=os.curdir,
        cluster_state=absolute(config.cluster_state),
        profile_dirs=absolute(config.profile_dirs),
        helm_values=absolute(config.helm_values),
        baseline="",
    )
