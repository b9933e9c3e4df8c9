"""Colour, widths and counts for terminals."""

import io
import re

import pytest

from scclint.finding import Related
from scclint.record import replace
from scclint.report import Options, render
from scclint.report.output import say
from scclint.report.snippet import snippet
from scclint.report.text import SourceLines, folded, paint, prose_width
from scclint.run.report import Report
from scclint.source import Span
from scclint.text import wrap


def test_paint() -> None:
    assert paint("x", "error", True) == "\x1b[1;31mx\x1b[0m"
    assert paint("x", "error", False) == "x"
    assert paint("", "error", True) == ""


@pytest.mark.parametrize(("columns", "width"), [(None, 80), (20, 40), (72, 72), (80, 80), (100, 100), (300, 100)])
def test_prose_fills_the_terminal_up_to_a_readable_width(columns: int | None, width: int) -> None:
    assert prose_width(columns) == width


@pytest.mark.parametrize("columns", [None, 60, 80, 100, 200])
def test_no_line_of_prose_is_wider(sample: Report, columns: int | None) -> None:
    long = [replace(one, help="set this " * 40) for one in sample.findings]
    text = render(replace(sample, findings=tuple(long)), "full", Options(width=columns))
    helps = [line for line in text.splitlines() if "set this" in line]
    assert prose_width(columns) - len("set this ") < max(map(len, helps)) <= prose_width(columns)


def test_reasons_at_one_place_are_one_excerpt(sample: Report) -> None:
    finding = sample.findings[0]
    reasons = [Related(f"reason {number}", finding.span, f"label {number}") for number in (1, 2, 1)]
    report = replace(sample, findings=(replace(finding, related=tuple(reasons)),))
    text = render(report, "full", Options(width=200))
    assert "label 1; label 2" in text
    assert text.count("label 1") == 1


def test_a_wide_terminal_shows_a_long_line_whole() -> None:
    line = "image: " + "x" * 120
    region = SourceLines({"f": line}).region(Span("f", 1, 1, 1, 6))
    narrow, wide = snippet(region), snippet(region, 160)
    assert narrow is not None and len(narrow.source) == 73
    assert wide is not None and wide.source == line


@pytest.mark.parametrize("form", ["full", "concise"])
@pytest.mark.parametrize("columns", [40, 60, 80])
def test_the_summary_breaks_between_words(form: str, columns: int, sample: Report) -> None:
    clean = replace(sample, findings=(), crashes=())
    lines = render(clean, form, Options(width=columns)).splitlines()
    assert max(map(len, lines)) <= columns
    assert " ".join(lines) == render(clean, form, Options()).rstrip("\n")


@pytest.mark.parametrize("color", [True, False])
def test_lines_are_folded_between_words(color: bool) -> None:
    line = f"  {paint('web', 'place', color)}: REJECTED by the cluster, in deploy/web.yaml"
    plain = [re.sub("\x1b\\[[0-9;]*m", "", part) for part in folded(f"{line}\nshort", 24).split("\n")]
    assert plain == ["  web: REJECTED by the", "    cluster, in", "    deploy/web.yaml", "short"]
    assert folded(line, None) == line


def test_a_word_that_is_too_long_stays_whole() -> None:
    assert folded("see deploy/overlays/production/web.yaml:12", 20) == "see\n  deploy/overlays/production/web.yaml:12"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_notices_are_folded_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "44")
    notice = "note: 1 unit judged unrendered (charts/web): helm template failed"
    for stream, lines in ((Terminal(), 2), (io.StringIO(), 1)):
        monkeypatch.setattr("sys.stderr", stream)
        say(notice)
        assert len(stream.getvalue().splitlines()) == lines
        assert stream.getvalue().split() == notice.split()


def test_text_that_does_not_fit_behind_a_place_begins_below_it() -> None:
    assert wrap("the cluster uses this", 20, 30) == ["", "the cluster uses", "this"]
    assert wrap("words " + "x" * 30, 20) == ["words", "x" * 30]
    assert wrap("x" * 30, 20, 4) == ["x" * 30]


def test_a_gutter_is_an_indentation() -> None:
    place = "deploy/overlays/production/web.yaml:12"
    assert folded(f"  = {place}", 20) == f"  = {place}"
    assert folded("  = the words of a note that is long", 20) == "  = the words of a\n      note that is\n      long"
