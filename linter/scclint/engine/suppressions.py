"""Suppressions of one run: those written in manifests, those of the configuration, and the baseline."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from scclint.config.model import Config
from scclint.finding import Finding, Ignore, Notice
from scclint.load.document import Document
from scclint.model.object import ApiObject
from scclint.rule import Checked
from scclint.suppress.syntax import annotation_ignores, comment_ignores

if TYPE_CHECKING:
    from scclint.suppress.apply import Ran


def written_ignores(subjects: Sequence[Checked]) -> Iterator[Ignore]:
    """Return the suppressions in the comments of documents and the annotations of objects."""
    for subject in subjects:
        if isinstance(subject, Document):
            yield from comment_ignores(subject)
        elif isinstance(subject, ApiObject):
            yield from annotation_ignores(subject)


def apply_baseline(findings: list[Finding], config: Config, ran: "Ran") -> tuple[list[Finding], list[Notice]]:
    """Return the findings with those of the baseline marked, and a notice if entries of it match nothing any more."""
    if not config.baseline:
        return findings, []
    from scclint.files.read import read
    from scclint.suppress import baseline

    recorded = baseline.load_baseline(read(config.baseline), config.baseline)
    marked, stale = baseline.apply(findings, recorded, ran=ran)
    if not stale:
        return marked, []
    entries = "entry no longer matches" if len(stale) == 1 else "entries no longer match"
    text = f"{len(stale)} baseline {entries}; --write-baseline {config.baseline} prunes them"
    return marked, [Notice("note", text, config.baseline)]
