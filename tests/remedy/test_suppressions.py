"""Fixes for suppressions that suppress nothing: the comment or annotation goes, or the rules that it does not need."""

from pathlib import Path

import pytest

from tests.remedy.test_fixes import DEPLOYMENT, all_fixed, carried_out, fixed

UNCONFINED = "kube-public"
"""SCC admission does not run here, so that SEC201 is found."""


def deployment(above: str = "", behind: str = "", annotation: str = "") -> str:
    """A Deployment whose container SEC201 reports, with comments above and behind the container's name."""
    text = DEPLOYMENT.replace("shop", UNCONFINED).replace("        - name: web", f"{above}        - name: web{behind}")
    if annotation:
        text = text.replace(
            f"namespace: {UNCONFINED}}}", f"namespace: {UNCONFINED}, annotations: {{scclint.dev/ignore: {annotation!r}}}}}"
        )
    return text


@pytest.mark.parametrize(
    ("text", "title", "after"),
    [
        (
            deployment("        # scclint: ignore[SEC203] old\n"),
            "Remove the suppression of SEC203.",
            deployment(),
        ),
        (deployment(behind="  # scclint: ignore[SEC203] old"), "Remove the suppression of SEC203.", deployment()),
        (
            deployment(behind="  # why  # scclint: ignore[SEC203] old"),
            "Remove the suppression of SEC203.",
            deployment(behind="  # why"),
        ),
        (
            deployment("        # scclint: ignore[SEC201,SEC203 , SEC202] vendor\n"),
            "Remove SEC203 and SEC202 from the suppression.",
            deployment("        # scclint: ignore[SEC201] vendor\n"),
        ),
        (
            deployment("        # scclint: ignore[SEC203] old\n        # scclint: ignore[SEC201] vendor\n"),
            "Remove the suppression of SEC203.",
            deployment("        # scclint: ignore[SEC201] vendor\n"),
        ),
        (
            deployment("        # scclint: ignore-file[SEC203] old\n        # scclint: ignore[SEC201] vendor\n"),
            "Remove the suppression of SEC203.",
            deployment("        # scclint: ignore[SEC201] vendor\n"),
        ),
    ],
)
def test_a_comment_goes_or_gets_shorter(text: str, title: str, after: str, tmp_path: Path) -> None:
    finding = fixed(text, "SUP901", tmp_path)
    assert finding.fix is not None
    assert (finding.fix.title, finding.fix.safety) == (title, "safe")
    assert carried_out(text, finding.fix) == after
    before = [f.rule_id for f in all_fixed(text, tmp_path) if f.rule_id != "SUP901"]
    assert [f.rule_id for f in all_fixed(after, tmp_path)] == before


@pytest.mark.parametrize(
    ("annotation", "after"),
    [
        ("SEC203: old", ""),
        ("SEC201: vendor; SEC203: old", "SEC201: vendor"),
        ("SEC203: old; SEC201: vendor", "SEC201: vendor"),
        ("SEC201, SEC203: vendor", "SEC201: vendor"),
        ("container/web: SEC201: vendor; container/web: SEC203: old", "container/web: SEC201: vendor"),
    ],
)
def test_an_annotation_goes_or_gets_shorter(annotation: str, after: str, tmp_path: Path) -> None:
    text = deployment(annotation=annotation)
    finding = fixed(text, "SUP901", tmp_path)
    assert finding.fix is not None
    assert finding.fix.safety == "safe"
    assert carried_out(text, finding.fix) == deployment(annotation=after)


def test_a_reason_that_goes_on_is_not_torn_apart(tmp_path: Path) -> None:
    finding = fixed(deployment("        # scclint: ignore[SEC203] the vendor\n        # needs it\n"), "SUP901", tmp_path)
    assert (finding.fix, finding.no_fix) == (None, "the comment may go on in the next line")


@pytest.mark.parametrize("directive", ["ignore[SEC2O1] a letter for a digit", "ignore", "disable[SEC201] x"])
def test_a_misspelled_suppression_is_for_its_author(directive: str, tmp_path: Path) -> None:
    finding = fixed(deployment(behind=f"  # scclint: {directive}"), "SUP901", tmp_path)
    assert (finding.fix, finding.no_fix) == (None, "")
