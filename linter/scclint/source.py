"""Where something is written: the one notion of position that every layer shares."""

from typing import NamedTuple


class Span(NamedTuple):
    """A region of a file.

    `file` is the path as the user will read it. Lines and columns count from 1; columns count Unicode code points
    (a byte order mark takes none), and `end_column` is the column after the last character, as in SARIF 2.1.0.
    Only LF and CRLF end a line, as in git, editors and SARIF, whatever YAML thinks.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
