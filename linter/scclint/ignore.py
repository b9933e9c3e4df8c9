"""One suppression as somebody wrote it, in a comment, an annotation or the configuration."""

from typing import TYPE_CHECKING

from scclint.finding import Path
from scclint.record import record
from scclint.source import Span

if TYPE_CHECKING:
    from datetime import date

END = 1 << 31
"""A line or column after every other."""


@record
class Ignore:
    """What it covers, why, and, once applied, what came of it.

    `by` is `comment`, `annotation` or `config`; `rules` are selectors (id, name, beginning of an id, tag) as written.
    `span` and `path` say where it stands. It covers findings that overlap `region` (None: in any place), lie in a file that one
    of the globs `paths` takes, and are about an object and container that the other globs take; an empty glob takes anything.
    `about` is the kind, namespace and name of the one object that its findings must be about, None for any.
    `until` is the last day on which it holds. `mistake` says why it cannot be understood; it then covers nothing.

    Set by `scclint.covering.apply`: `uses` is the number of findings it covers, `unused` the selectors that cover none although
    this run judged their rules, `expired` whether its day has passed (`uses` then counts what it no longer covers).
    """

    by: str
    rules: tuple[str, ...]
    span: Span
    path: Path = ()
    reason: str = ""
    until: "date | None" = None
    region: Span | None = None
    about: tuple[str, str, str] | None = None
    paths: tuple[str, ...] = ()
    kind: str = ""
    namespace: str = ""
    name: str = ""
    container: str = ""
    mistake: str = ""
    uses: int = 0
    unused: tuple[str, ...] = ()
    expired: bool = False

    @property
    def file(self) -> str:
        return self.span.file
