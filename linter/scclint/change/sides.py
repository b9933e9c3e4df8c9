"""One side of a comparison: a folder, a file, a git revision, a stream or a dump of a cluster, as a run from its own root."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager

from scclint.change.copies import ClusterFiles, copy_of
from scclint.config.model import Config
from scclint.errors import UsageError
from scclint.files import STDIN, SourceFile, is_stream, read_stream
from scclint.files.dump import is_dump
from scclint.files.revision import resolve
from scclint.files.sources import find_sources
from scclint.finding import Finding, Notice
from scclint.platform.releases import RELEASES, minor_release
from scclint.record import EMPTY, record, replace
from scclint.registry import Registry
from scclint.run.dumped import texts_to_judge
from scclint.run.merge import merge
from scclint.run.options import RunOptions
from scclint.run.report import Report, UnitResult
from scclint.run.run import prepare
from scclint.run.shared import Run
from scclint.run.store import RunStore
from scclint.source import Span


@record
class Side:
    """A run over a state. `folder` is its root, and `prefix` leads there from the working directory, empty for a revision.

    A `stream` must have manifests: a command that failed prints none. `state` are the files of the cluster state if they are not to be read
    where the settings name them. `notices` are about the name of the state.
    """

    run: Run
    folder: str
    prefix: str = ""
    stream: bool = False
    state: ClusterFiles | None = None
    notices: tuple[Notice, ...] = ()

    def report(self, results: Sequence[UnitResult]) -> Report:
        """Return the report of the results of the units, in paths from the working directory."""
        with chdir(self.folder):
            report = merge(results, self.run.units, self.run, self.run.notices, whole=self.run.whole)
        notices = tuple(replace(n, file=self._shown(n.file)) if n.file else n for n in report.notices)
        if self.stream and report.nothing:
            notices = (*notices, *(Notice("error", "no manifest found", file) for file in sorted(report.files)))
        if not self.prefix:
            return replace(report, notices=(*self.notices, *notices))
        return replace(
            report,
            findings=tuple(map(self._placed, report.findings)),
            outcomes={
                release: tuple(replace(row, place=self._moved(row.place)) for row in rows)
                for release, rows in report.outcomes.items()
            },
            notices=(*self.notices, *notices),
            texts={self._shown(file): text for file, text in report.texts.items()},
        )

    def _placed(self, finding: Finding) -> Finding:
        return replace(
            finding,
            span=self._moved(finding.span),
            related=tuple(replace(related, span=self._moved(related.span)) for related in finding.related),
            flow=tuple(replace(step, span=self._moved(step.span)) for step in finding.flow),
        )

    def _moved(self, span: Span) -> Span:
        return span._replace(file=self._shown(span.file))

    def _shown(self, file: str) -> str:
        return os.path.normpath(os.path.join(self.prefix, file)) if self.prefix and file else file


@contextmanager
def open_side(
    name: str,
    config: Config,
    registry: Registry,
    base_with: str = "",
    *,
    state: ClusterFiles | None = None,
    store: RunStore | None = None,
    options: RunOptions,
) -> Iterator[Side]:
    """Open a file, a folder, a dump, a stream or a git revision. `base_with` is the other revision if `name` is to be their merge base.

    `state` are the files of the cluster state, if another side has found them. A store that two sides share has what both render to.
    Raises UsageError if `name` is none of these, and LoadError if it cannot be read.
    """

    def opened(folder: str, paths: list[str], of: Config, files: ClusterFiles | None, texts: Mapping[str, str] = EMPTY) -> Run:
        with chdir(folder):
            sources = find_sources(paths, of, state=files)
            if texts:
                sources = sources._replace(targets=tuple(SourceFile(file, file) for file in texts))
            return prepare(sources, of, registry, replace(options, overlay=texts), store)

    if is_stream(name) and not base_with:
        shown = "<stdin>" if name == STDIN else name
        yield Side(opened(os.curdir, [], _from_root(config), None, {shown: read_stream(name)}), os.curdir, stream=True)
        return
    if os.path.exists(name) and not base_with:
        if is_dump(name):
            of_dump = replace(_from_root(config), cluster_state=(name,))
            yield Side(opened(os.curdir, [], of_dump, None, dict(texts_to_judge(name))), os.curdir)
            return
        folder, file = (name, os.curdir) if os.path.isdir(name) else os.path.split(name)
        here = folder in ("", os.curdir)
        text = (
            f"{name} is a path and a git revision, and the path is compared; write heads/{name} or tags/{name} for the revision"
        )
        notices = (Notice("note", text),) if _is_revision(name) else ()
        folder = os.path.abspath(folder)
        run = opened(folder, [file], config if here else _from_root(config), state)
        yield Side(run, folder, "" if here else os.path.relpath(folder), notices=notices)
        return
    try:
        revision = resolve(name, os.curdir, base_with)
    except UsageError as error:
        hint = "; to compare releases, write --openshift 4.18,4.20" if minor_release(name) in RELEASES else f": {error}"
        raise UsageError(f"{name} is no file, no folder and no git revision{hint}") from error
    with copy_of(revision) as copy:
        # The part of the revision that lies in the working directory.
        files = copy.state(config) if state is None else state
        yield Side(opened(copy.folder, [os.curdir], copy.settings(config), files), copy.folder, state=files)


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
    )
