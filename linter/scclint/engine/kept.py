"""The report of an earlier run over the same input: a run is a function of what it reads, and need not be worked out twice.

A report is taken from there only if every text that the run would read has the hash of the one that was read then, and nothing
else differs on which a report depends: settings, the day, what lies around the files. Runs that read more than that are never kept:
those of standard input, with rule modules or profile folders, with Helm's templates or kustomize's origins behind the manifests.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import Enum
from importlib import import_module
from typing import Any

from scclint.config.model import Config
from scclint.engine.inputs import Inputs
from scclint.engine.kustomize import kustomizations_beside
from scclint.engine.run import texts_of
from scclint.engine.sources import Sources
from scclint.errors import LoadError
from scclint.finding import Finding, Notice, Related, Report, Severity, Subject, Suppression, Tally
from scclint.load import is_helm_template
from scclint.load.discover import SourceFile
from scclint.load.read import read
from scclint.load.store import StoredFile, digest, of_others, own_folder
from scclint.registry import Registry
from scclint.source import Span


class Kept:
    """The report for some sources and settings: the earlier one, if there is one, and where to keep the one of this run."""

    def __init__(self, file: StoredFile, sizes: Mapping[SourceFile, int], config: Config, key: str) -> None:
        self._file = file
        self._sizes = sizes
        self._key = key
        self._config = config
        self._around = self._digests_around()

    def find(self, registry: Registry) -> Report | None:
        """The report of an earlier run that read what this one would read; None where there is none."""
        lines = self._file.read()
        if len(lines) != 4 or lines[0].decode("ascii", "replace") != _checksum(lines[1:]):
            return None
        try:
            return self._report(lines[1:], registry)
        except (ValueError, TypeError, KeyError, RecursionError):
            # No run of ours wrote that.
            return None

    def keep(self, report: Report, inputs: Inputs) -> None:
        """Keep the report of this run, if it depends on nothing that cannot be looked at again."""
        digests = inputs.digests or {}
        if report.crashes or report.outcomes or inputs.nothing or inputs.traced:
            return
        if any(notice.level == "error" for notice in report.notices) or self._around != self._digests_around():
            return
        from json import dumps

        try:
            files = [(f.display, size, digests[f.display]) for f, size in self._sizes.items()]
        except KeyError:
            return
        parts = [self._key, self._around], files, [report.findings, report.notices, report.tally, report.platform]
        lines = [dumps(part, separators=(",", ":"), default=_plain).encode() for part in parts]
        self._file.write([_checksum(lines).encode(), *lines])

    def _report(self, lines: list[bytes], registry: Registry) -> Report | None:
        from json import loads

        (key, around), files, (findings, notices, tally, platform) = map(loads, lines)
        if (key, around) != (self._key, self._around) or not self._same(files):
            return None
        found = tuple(map(_finding, findings))
        return Report(
            findings=found,
            notices=tuple(Notice(*notice) for notice in notices),
            tally=Tally(*tally),
            platform=platform,
            texts=texts_of(found, {}),
            rules=registry.rules,
        )

    def _same(self, files: list[Any]) -> bool:
        """Whether the files are those, by name, size and then content."""
        if [file[:2] for file in files] != [[f.display, size] for f, size in self._sizes.items()]:
            return False
        try:
            return all(digest(read(f.path, f.display)) == file[2] for f, file in zip(self._sizes, files, strict=True))
        except LoadError:
            return False

    def _digests_around(self) -> list[list[str]]:
        """What else a run looks at: the kustomizations in and above the folders of the files, and the baseline."""
        paths = [*kustomizations_beside(f.display for f in self._sizes)]
        return [[path, _digest_of(path)] for path in (*paths, *filter(None, [self._config.baseline]))]


def kept_for(
    scope: Iterable[str], sources: Sources, config: Config, registry: Registry, *, version: str, **more: object
) -> Kept | None:
    """Where the report of this run is or will be kept; None where that is not possible.

    `scope` names what is linted and from which folder. `more` is whatever else the report depends on.
    """
    sizes = sources.sizes()
    # Names that differ in bytes that are no UTF-8 may be displayed alike.
    if sizes is None or len({file.display for file in sizes}) < len(sizes):
        return None
    if config.helm_chart or config.profile_dirs or config.rule_modules or "markdown" in config.format:
        return None
    folder = own_folder()
    if not folder:
        return None
    charts = [f.display for f in sizes if is_helm_template(f.display)]
    key = digest(repr((config, more, date.today(), sources, charts, [rule.id for rule in registry])))
    return Kept(StoredFile(folder, (*scope, key), "report", version, _code(registry)), sizes, config, key)


def _code(registry: Registry) -> Iterator[str]:
    """The modules, and folders of modules and data, that a report depends on."""
    package = os.path.dirname(os.path.dirname(__file__))
    schemas = str(import_module("scclint.schemas").__file__)
    rules = {rule.check.__code__.co_filename for rule in registry if hasattr(rule.check, "__code__")}
    yield from of_others()
    for root in sorted({package, *map(os.path.dirname, [schemas, *rules])}):
        yield from (folder for folder, _, _ in os.walk(root))


def _digest_of(path: str) -> str:
    try:
        return digest(read(path))
    except LoadError:
        return ""


def _checksum(lines: Iterable[bytes]) -> str:
    return digest(b"\n".join(lines).decode("utf-8", "replace"))


def _plain(value: Any) -> Any:
    """A record as the list of its fields, a severity as its word."""
    return value.value if isinstance(value, Enum) else [getattr(value, name) for name in value.__match_args__]


def _finding(fields: Any) -> Finding:
    rule_id, name, severity, message, span, subject, path, related, settle, flow, releases, suppression, notes = fields
    return Finding(
        *(rule_id, name, Severity(severity), message, Span(*span), Subject(*subject), tuple(path), _related(related), settle),
        *(_related(flow), tuple(releases), None if suppression is None else _suppression(*suppression), tuple(notes)),
    )


def _related(places: Any) -> tuple[Related, ...]:
    return tuple(Related(message, Span(*span)) for message, span in places)


def _suppression(by: str, reason: str, span: Any) -> Suppression:
    return Suppression(by, reason, None if span is None else Span(*span))
