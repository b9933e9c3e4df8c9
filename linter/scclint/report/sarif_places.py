"""Places as SARIF `location` objects: the file, the region, and what is written there."""

from typing import Any

from scclint.limits import MAX_QUOTED_LINE
from scclint.report.lines import SourceLines
from scclint.report.paths import RepositoryPaths
from scclint.report.sanitize import visible_line
from scclint.source import Span

Json = dict[str, Any]

_AROUND = 2
"""Lines of context before and after the region."""


class SarifPlaces:
    """Turns spans into locations. Columns count UTF-16 code units. `lines` has the texts, `paths` knows the repository."""

    def __init__(self, lines: SourceLines, paths: RepositoryPaths) -> None:
        self._lines = lines
        self._paths = paths

    def location(self, span: Span) -> Json:
        """A region on one line, with its text and the lines around it if the text is at hand."""
        line, start, end, text = self._lines.region(span)
        first, last = self._lines.utf16(span)
        region: Json = {"startLine": line, "startColumn": first}
        if last is not None:
            region |= {"endLine": line, "endColumn": last}
        place: Json = {"artifactLocation": {"uri": self._paths.uri(span.file)}, "region": region}
        if text is not None and len(text) <= MAX_QUOTED_LINE:
            if quoted := text[start - 1 : (end or len(text) + 1) - 1]:
                region["snippet"] = {"text": visible_line(quoted)}
            place |= self._context(span.file, line)
        return {"physicalLocation": place}

    def file(self, name: str) -> Json:
        """A whole file."""
        return {"physicalLocation": {"artifactLocation": {"uri": self._paths.uri(name)}}}

    def _context(self, file: str, line: int) -> Json:
        """The lines around a line. SARIF wants more than the region, so a file of one line has none."""
        numbers = [line]
        for step in (-1, 1):
            for number in range(line + step, line + step * (_AROUND + 1), step):
                text = self._lines.line(file, number)
                if text is None or len(text) > MAX_QUOTED_LINE:
                    break
                if not text and self._lines.line(file, number + 1) is None:
                    # What follows the last line end is no line.
                    break
                numbers.append(number)
        if len(numbers) == 1:
            return {}
        numbers.sort()
        texts = [visible_line(self._lines.line(file, number) or "") for number in numbers]
        region = {"startLine": numbers[0], "endLine": numbers[-1], "snippet": {"text": "\n".join(texts)}}
        return {"contextRegion": region}
