"""Which documents of a file an edit changed, and where the others are after it."""

from collections.abc import Sequence

from scclint.objects.documents.document import Document
from scclint.record import record
from scclint.source import Span


@record
class DocumentEdit:
    """An edit of a file. `changed` are its documents after the edit that differ from before, and `removed` those that they replace.

    The documents from line `end` on are the same as before, `by` lines further down.
    """

    changed: Sequence[Document]
    removed: Sequence[Document]
    end: float
    by: int

    def moved(self, span: Span) -> Span | None:
        """Where a place of the file is after the edit; None in a document that it changed."""
        if span.line >= self.end:
            return span._replace(line=span.line + self.by, end_line=span.end_line + self.by)
        return None if self.removed and span.line >= self.removed[0].line else span


def document_edit(before: Sequence[Document], now: Sequence[Document]) -> DocumentEdit | None:
    """Return what an edit changed; None where what a document means also depends on those around it."""
    if any(not d.text or d.is_template or d.source or d.command for d in (*before, *now)):
        return None
    most = min(len(before), len(now))
    first = next((i for i in range(most) if before[i].text != now[i].text), most)
    last = next((i for i in range(most - first) if before[-1 - i].text != now[-1 - i].text), most - first)
    end, by = (before[-last].line, now[-last].line - before[-last].line) if last else (float("inf"), 0)
    return DocumentEdit(now[first : len(now) - last], before[first : len(before) - last], end, by)
