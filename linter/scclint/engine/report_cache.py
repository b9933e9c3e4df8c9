"""The report of an earlier run over the same input: a run is a function of what it reads, and need not be worked out twice.

A report is taken from there only if every text that the run would read has the hash of the one that was read then, and nothing
else differs on which a report depends: settings, the day, what lies around the files. Runs that read more than that are never kept:
those of standard input, with rule modules or profile folders, with Helm's templates or kustomize's origins behind the manifests.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from importlib import import_module
from typing import Any

from scclint.config.model import Config
from scclint.engine.inputs import Inputs
from scclint.engine.report import Report
from scclint.engine.report_json import pack, parts_of, report_of, unpack
from scclint.engine.run import texts_of
from scclint.engine.sources import Sources
from scclint.errors import LoadError
from scclint.files.discover import SourceFile
from scclint.files.read import read
from scclint.files.store import StoredFile, digest, of_others, own_folder
from scclint.load import is_helm_template
from scclint.record import replace
from scclint.registry import Registry
from scclint.units.kustomize.surroundings import kustomizations_beside


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
        try:
            conditions, files, packed = unpack(self._file.read())
            if conditions != [self._key, self._around] or not self._same(files):
                return None
            report = report_of(packed, registry)
        except (ValueError, TypeError, KeyError, RecursionError):
            # No run of ours wrote that.
            return None
        return replace(report, texts=texts_of(report.findings, {}))

    def keep(self, report: Report, inputs: Inputs) -> None:
        """Keep the report of this run, if it depends on nothing that cannot be looked at again."""
        digests = inputs.digests or {}
        if report.crashes or inputs.nothing or inputs.traced or self._around != self._digests_around():
            return
        try:
            files = [(f.display, size, digests[f.display]) for f, size in self._sizes.items()]
        except KeyError:
            # One could not be read.
            return
        self._file.write(pack([self._key, self._around], files, parts_of(report)))

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
    scope: Iterable[str],
    sources: Sources,
    sizes: Mapping[SourceFile, int],
    config: Config,
    registry: Registry,
    *,
    version: str,
    **more: object,
) -> Kept | None:
    """Where the report of this run is or will be kept; None where that is not possible.

    `scope` names what is linted and from which folder, `sizes` are those of the files. `more` is whatever else the report
    depends on.
    """
    if config.helm_chart or config.profile_dirs or config.rule_modules:
        return None
    folder = own_folder()
    if not folder:
        return None
    charts = [f.display for f in sizes if is_helm_template(f.display)]
    key = digest(repr((config, more, date.today(), sources, charts)))
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
