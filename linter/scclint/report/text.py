"""What the formats share: text and JSON made safe to show, lines of the files, colour, wrapping, the result of a run in words.

A manifest must not control the terminal, the CI runner or the reader of a report: unprintable characters are shown as escapes,
and commands of CI runners are broken up.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from scclint.finding import Crash, Finding, Notice, Severity, TextEdit
from scclint.limits import MAX_TEXT, TEXTS_KEPT
from scclint.report import Options
from scclint.source import Span
from scclint.text import and_more, counted, display_width, escape, escape_unprintable, wrap

Json = dict[str, Any]

WIDTH = 80
"""The width of prose where there is no terminal."""

_NARROWEST = 40
_WIDEST = 100
"""The width of prose on a wide terminal. Longer lines are hard to read."""

if TYPE_CHECKING:
    from scclint.run.report import Report


def prose_width(columns: int | None) -> int:
    """Return how wide to set prose on a terminal of so many columns; None is no terminal."""
    return WIDTH if columns is None else max(_NARROWEST, min(columns, _WIDEST))


_STYLES = {
    "error": "1;31",
    "warning": "1;33",
    "access": "1;35",
    "gap": "1;36",
    "advice": "1;36",
    "clean": "1;32",
    "place": "1",
    "note": "36",
    "help": "32",
    "quiet": "2",
}


def paint(text: object, style: str, color: bool) -> str:
    """`text` in one of the styles by which all output for people is painted, or as it is without colour."""
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if color and text else str(text)


def closing_summary(report: "Report", options: Options, separator: str = ". ") -> str:
    """The summary, what was found in the colour of the worst of it: with the default `separator`, one line."""
    summary = findings_summary(report, options)
    worst = min((f for f in report.findings if options.shows(f)), key=lambda f: f.rank, default=None)
    style = worst.heading if worst else "clean"
    if report.crashes:
        style = "error"
    judged = judged_summary(report)
    if options.width is not None:
        judged = hang(judged, options.width, 0, 0 if separator == "\n" else len(summary + separator))
    return f"{paint(summary, style, options.color)}{separator}{judged}\n"


def hang(text: str, columns: int | None, indent: int, taken: int = 0) -> str:
    """Return a text wrapped on a terminal of so many columns. Its first line begins `taken` columns after the indentation of the others."""
    return ("\n" + " " * indent).join(wrap(text, prose_width(columns) - indent, taken))


def folded(text: str, columns: int | None) -> str:
    """Return a text whose lines are wrapped between words on a terminal of so many columns, and indented by two more; None is no terminal."""
    return text if columns is None else "\n".join(_folded_line(line, columns) for line in text.split("\n"))


_GUTTER = r"[ \d]*(?:[=|] )?"
"""What a line begins with before its words: blanks, and what stands at the side of source lines."""


def _folded_line(line: str, columns: int) -> str:
    if display_width(line) <= columns:
        return line
    words = re.sub(_GUTTER, "", line, count=1)
    indent = len(line) - len(words)
    return line[:indent] + f"\n{' ' * (indent + 2)}".join(part.rstrip() for part in wrap(words, columns - indent - 2, -2))


def from_template(name: str, color: bool, columns: int | None, **values: object) -> str:
    """Return templates/`name`.txt.j2 rendered with `values` for a terminal of so many columns. Its filters are `paint` and `hang`."""
    from scclint.report import jinja

    filters = {
        "paint": lambda text, style: paint(visible_line(text), style, color),
        "hang": lambda text, *room: hang(visible(text), columns, *room),
    }
    # A text that does not fit behind what it explains begins on a line of its own.
    return jinja.render(f"{name}.txt", visible_line, filters, **values).replace(" \n", "\n")


# Compiled on first use, because few texts need them.
_COMMAND_AT_WORD = r"(?<!\S)(?=::)"
"""GitHub's runner takes `::error` first in a line for a command. Text may be wrapped before any word."""

_COMMAND_ANYWHERE = r"(?<=##)(?=[A-Za-z]*\[)"
"""`##[error]` (GitHub, Azure), `##vso[` (Azure Pipelines) and `##teamcity[` are commands at any place in a line."""

_BLANK = (
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\uffa0"
    "\U00013441\U00013442\U00016fe4\U0001d159\U000e0100-\U000e01ef][\ufe00-\ufe0f]*+|(?<![^\0-\x7f])[\ufe00-\ufe0f]++"
)
"""Characters that count as printing and show nothing, which could make two names look alike.

The variation selectors U+FE00 to U+FE0F choose the form of an emoji or ideograph before them, and change no other character.
"""

IDEOGRAPHIC_SPACE = "\u3000"


def visible(text: str, longest: int | None = MAX_TEXT) -> str:
    """`text` with every character that does not print as its escape (`\\x1b`, `\\u202e`), line feeds left as they are.

    That covers C0, C1, DEL, bidirectional and other format controls, line and paragraph separators, odd spaces, lone
    surrogates and noncharacters; the result is valid in UTF-8 and in XML 1.0. The middle of a text
    longer than `longest` is left out; None means no limit.
    """
    if longest is not None and len(text) > longest:
        return _without_middle(visible(text[:longest]), visible(text[-longest:]), len(text), longest)
    text = escape_unprintable(text, keep="\n" + IDEOGRAPHIC_SPACE)
    if not text.isascii():
        text = re.sub(_BLANK, lambda match: escape(match[0]), text)
    if "::" in text:
        text = re.sub(_COMMAND_AT_WORD, r"\\", text)
    return break_commands(text)


def _without_middle(head: str, tail: str, length: int, longest: int) -> str:
    """Both are of `longest` at least and leave as much as fits."""
    note = f" … (a text of {length:,} characters) … "
    room = longest - len(note)
    # A cut may make a word of what was the end of one.
    return re.sub(_COMMAND_AT_WORD, r"\\", head[: room * 3 // 4] + note + tail[-(room // 4) :])


def break_commands(text: str) -> str:
    """`text` with a backslash in what a CI runner would take for a command although it does not begin its line."""
    return re.sub(_COMMAND_ANYWHERE, r"\\", text) if "##" in text else text


def visible_line(text: str) -> str:
    """As `visible`, and line feeds shown as `\\n`: for names, paths and values, which have no business spanning lines."""
    return visible(text.replace("\n", "\\n"))


def one_line(text: str) -> str:
    """As `visible`, with each run of white space made one space: for prose in formats of one line a finding."""
    return visible(" ".join(text.split("\n"))).strip()


_COMMAND_IN_JSON = r"##(?=[A-Za-z]*\[)"
"""Runners of GitHub and Azure take `##[error]` for a command anywhere in a line."""


def dump(value: object) -> str:
    """Return `value` as compact JSON in ASCII, in which neither a terminal nor the runner of a pipeline finds a command.

    A fix contains lines of the source as they are, so what might be a command is written with an escape.
    """
    import json

    text = json.dumps(value, separators=(",", ":"), allow_nan=False).replace("\x7f", "\\u007f")
    return re.sub(_COMMAND_IN_JSON, r"#\\u0023", text)


def present(**fields: object) -> dict[str, Any]:
    """Return the fields that are not empty, as the formats leave out what a finding does not have."""
    return {name: value for name, value in fields.items() if value}


def with_units(entries: Iterable[tuple[dict[str, Any], str]]) -> list[dict[str, Any]]:
    """Return each entry once, in order, with the names of the units that it holds in as `units`."""
    merged: dict[str, dict[str, Any]] = {}
    for entry, unit in entries:
        merged.setdefault(dump(entry), {**entry, "units": []})["units"].append(unit)
    return list(merged.values())


def rows(entries: Iterable[object]) -> str:
    """Return the items of a JSON array, each on a line of its own; empty if there are none."""
    items = ",\n".join(map(dump, entries))
    return f"\n{items}\n" if items else ""


_STEP = 1024
"""Characters of a line that are counted in other units together: JSON on one line has as many findings as it is long."""


class Region(NamedTuple):
    """The part of a span that lies on its first line, with that line's text.

    Code review tools show a finding only where all of its lines were changed, so none is shown longer than one line.
    Columns count code points from 1, `end` is exclusive and None where it is not known. `text` is the line without its
    line ending and byte order mark, None where the file's text is not at hand.
    """

    line: int
    start: int
    end: int | None
    text: str | None


class WholeLines(NamedTuple):
    """The lines `first` to `last` (at least one), and the text in their place. `ended`: the last of them has a line end."""

    first: int
    last: int
    text: str
    ended: bool


class SourceLines:
    """The lines of each file in `texts`. Only LF and CRLF end a line, as for `Span`. Those of the latest files are kept."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._split: dict[str, list[str]] = {}
        self._units: dict[tuple[str, int, str], list[int]] = {}

    def line(self, file: str, number: int) -> str | None:
        """Line `number` of `file`, without its ending and a byte order mark; None where there is no such line at hand."""
        lines = self._split.get(file)
        if lines is None:
            text = self._texts.get(file)
            if text is None:
                return None
            lines = text.removeprefix("\ufeff").split("\n")
            if "\r" in text:
                lines = [line.removesuffix("\r") for line in lines]
            if len(self._split) == TEXTS_KEPT:
                del self._split[next(iter(self._split))]
            self._split[file] = lines
        return lines[number - 1] if 1 <= number <= len(lines) else None

    def changed(self, edit: TextEdit) -> Iterator[tuple[str, str]]:
        """Yield each line that an edit removes, with `-` in front, and then each that it adds, with `+`."""
        for number in range(edit.line, edit.end_line):
            if (line := self.line(edit.file, number)) is not None:
                yield "-", line
        for line in edit.text.removesuffix("\n").split("\n") if edit.text else ():
            yield "+", line.removesuffix("\r")

    def whole_lines(self, edit: TextEdit) -> WholeLines | None:
        """An edit as a replacement of at least one whole line, as review tools take it; None if the file's text is not at hand."""
        first = edit.line if edit.end_line > edit.line else max(edit.line - 1, 1)
        last = max(edit.end_line - 1, first)
        text = self._texts.get(edit.file)
        if text is None or self.line(edit.file, last) is None:
            return None
        kept = [
            self._with_end(edit.file, number) for number in range(first, last + 1) if not edit.line <= number < edit.end_line
        ]
        new = "".join((*kept, edit.text) if first < edit.line else (edit.text, *kept))
        return WholeLines(first, last, new, self._with_end(edit.file, last).endswith("\n"))

    def _with_end(self, file: str, number: int) -> str:
        lines = self._texts[file].removeprefix("\ufeff").split("\n", number)
        return lines[number - 1] + ("\n" if len(lines) > number else "")

    def region(self, span: Span) -> Region:
        """The region of `span`. A place without a line is line 1; one outside its line is moved to the nearest end."""
        line = max(span.line, 1)
        text = self.line(span.file, line)
        start = max(span.column, 1)
        one_line = span.end_line == span.line
        if text is None:
            return Region(line, start, max(span.end_column, start) if one_line else None, None)
        after = len(text) + 1
        start = min(start, after)
        end = min(span.end_column, after) if one_line else after
        return Region(line, start, max(end, min(start + 1, after)), text)

    def utf16(self, span: Span) -> tuple[int, int | None]:
        """Start and end of the region of `span` in UTF-16 code units, SARIF's `utf16CodeUnits`."""
        return self._columns(span, "utf-16-le", 2)

    def utf8(self, span: Span) -> tuple[int, int | None]:
        """Start and end of the region of `span` in UTF-8 bytes, as reviewdog counts."""
        return self._columns(span, "utf-8", 1)

    def _columns(self, span: Span, encoding: str, width: int) -> tuple[int, int | None]:
        """Start and end of the region of `span`, counted in units of `width` bytes of the encoding."""
        line, start, end, text = self.region(span)
        if text is None or text.isascii():
            return start, end
        key = (span.file, line, encoding)
        before = self._units.get(key)
        if before is None:
            pieces = (text[at : at + _STEP] for at in range(0, len(text), _STEP))
            before = self._units[key] = [0, *accumulate(_size(piece, encoding) // width for piece in pieces)]

        def column_of(column: int) -> int:
            steps, rest = divmod(column - 1, _STEP)
            return before[steps] + _size(text[column - 1 - rest : column - 1], encoding) // width + 1

        return column_of(start), column_of(end or start)


def _size(text: str, encoding: str) -> int:
    return len(text.encode(encoding, "surrogatepass"))


def sentences(*parts: str) -> str:
    """Return the non-empty parts as sentences on one line, safe to show."""
    lines = [one_line(part) for part in parts]
    return " ".join(line if line.endswith((".", "!", "?")) else line + "." for line in lines if line)


def by_severity(findings: Iterable[Finding]) -> dict[Severity, int]:
    """Return the number of problems of each severity, worst first, zeros included."""
    counts = Counter(finding.severity for finding in findings)
    return {severity: counts[severity] for severity in Severity}


def findings_summary(report: "Report", options: Options) -> str:
    """Return `2 errors, 1 warning, 3 objects with access (4 suppressed, 2 not new, 9 pieces of advice: --select advice)`."""
    parts = [counted(number, severity.value) for severity, number in by_severity(report.problems).items() if number]
    if objects := {finding.key.object or finding.span.file for finding in report.access}:
        parts.append(f"{counted(len(objects), 'object')} with access")
    if gaps := report.gaps:
        parts.append(f"{counted(len(gaps), 'gap')}")
    if options.advice and report.advice:
        parts.append(_advice(report))
    text = ", ".join(parts) or _without_findings(report)
    if report.crashes:
        text += f", {counted(len(report.crashes), 'internal error')}"
    aside = []
    if suppressed := report.suppressed:
        aside.append(f"{suppressed:,} suppressed")
    if report.known:
        aside.append(f"{report.known:,} not new")
    if report.advice and not options.advice:
        aside.append(f"{_advice(report)}: --select advice")
    return f"{text} ({', '.join(aside)})" if aside else text


def _advice(report: "Report") -> str:
    number = len(report.advice)
    return f"{number:,} {'piece' if number == 1 else 'pieces'} of advice"


def _without_findings(report: "Report") -> str:
    if report.judged_nothing or not report.tally.documents:
        return "Nothing judged"
    left_out = any(unit.left_out for unit in report.units)
    partly = report.failed or report.unjudged or report.unrendered or left_out or report.tally.unparsable
    return "Not everything judged" if partly or any(notice.is_partial for notice in report.notices) else "No problems found"


def judged_summary(report: "Report") -> str:
    """Return how the input was treated: `OpenShift 4.22; 3 files, 20 documents in 2 units: 8 linted (4 workloads), 12 of other kinds.`

    One unit is not mentioned.
    """
    tally = report.tally
    platform = f"{visible_line(report.platform)}; " if report.platform else ""
    parts = [f"{tally.linted:,} linted ({counted(tally.workloads, 'workload')})"]
    parts += [
        f"{number:,} {fate}"
        for number, fate in (
            (tally.other, "of other kinds"),
            (tally.unsupported, "not judged"),
            (tally.unparsable, "unparsable"),
        )
        if number
    ]
    aside = f" (and {counted(report.vendored, 'file')} of copied Go modules left out)" if report.vendored else ""
    count = f"{counted(tally.files, 'file')}{aside}, {counted(tally.documents, 'document')}{_units(report)}"
    return f"{platform}{count}: {', '.join(parts)}."


def units_phrase(report: "Report") -> Callable[[Finding], str]:
    """Return what says in which units a finding holds: `in 3 of 5 units: overlays/a, overlays/b and 1 more`.

    The phrase is empty if the finding holds in all units of its file. It is not safe to show.
    """
    owners: dict[str, set[str]] = {}
    titles = {unit.name: unit.title for unit in report.units}
    for unit in report.units if len(report.units) > 1 else ():
        for file in unit.files:
            owners.setdefault(file, set()).add(unit.name)

    def phrase(finding: Finding) -> str:
        number = len(owners.get(finding.span.file, set()).union(finding.units)) if owners and finding.units else 0
        names = and_more((titles.get(name, name) for name in finding.units), 2)
        return f"in {len(finding.units)} of {number} units: {names}" if number > len(finding.units) else ""

    return phrase


def _units(report: "Report") -> str:
    unrendered = sum(bool(unit.unrendered) for unit in report.units)
    aside = f" ({unrendered:,} unrendered)" if unrendered else ""
    return f" in {len(report.units):,} units{aside}" if len(report.units) > 1 else ""


def summary_line(report: "Report", options: Options) -> str:
    """Return a run in one line: findings, platform, and how the input was treated."""
    return f"{findings_summary(report, options)}. {judged_summary(report)}"


def place(span: Span) -> str:
    """Return `web.yaml:3:5`, safe to show, without an unknown line or column."""
    numbers = "".join(f":{number}" for number in (span.line, span.column) if span.line > 0 and number > 0)
    return visible_line(span.file) + numbers


def line_place(file: str, line: int) -> str:
    """Return `web.yaml:3`, safe to show; the file alone if the line is 0, which means unknown."""
    return place(Span(file, line, 0, 0, 0))


def crash_label(crash: Crash) -> str:
    """`rule SCC101 failed`, or `load failed` for a stage of the run."""
    return f"{'rule ' if crash.rule_id.isupper() else ''}{crash.rule_id} failed"


def notice_line(notice: Notice) -> str:
    """`web.yaml:3: warning: ...`, safe to show."""
    where = f"{line_place(notice.file, notice.line)}: " if notice.file else ""
    return f"{where}{notice.level}: {visible_line(notice.message)}"


def diagnostics(report: "Report", *, quiet: bool = False) -> list[str]:
    """The run's notices and crashes as lines for standard error, safe to show; `quiet` leaves out all but errors.

    A rule's crashes are one line, for a bug of a rule usually shows on every object.
    """
    lines = []
    for notice in report.notices:
        if quiet and notice.level != "error":
            continue
        lines.append(notice_line(notice))
    times = Counter(crash.rule_id for crash in report.crashes)
    for crash in {crash.rule_id: crash for crash in reversed(report.crashes)}.values():
        more = f" and {counted(times[crash.rule_id] - 1, 'more object')}" if times[crash.rule_id] > 1 else ""
        on = f" on {visible_line(str(crash.subject)) or 'a document'}{more}"
        lines.append(f"internal error: {crash_label(crash)}{on}: {visible_line(crash.error)}; this is a bug of scclint")
    return lines
