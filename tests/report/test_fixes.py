"""How each format carries a proved fix."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from scclint.finding import Fix, Remedy, TextEdit
from scclint.record import replace
from scclint.report import Options, render
from scclint.report.json_v1 import document
from scclint.run.report import Report
from tests.running import facts_of

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "json_v1.json").read_text(encoding="utf-8"))

REMOVE = TextEdit("deploy/web.yaml", 14, 16, "")
ADD = TextEdit("pod.yaml", 5, 5, "  hostUsers: false\n")
FIXES = (
    Fix("Remove runAsUser: 0.", "SCC restricted-v2 then admits the pods.", "unsafe", (REMOVE,)),
    Fix("Write x.", "No.", "safe", (ADD,)),
)


@pytest.fixture
def fixed(sample: Report) -> Report:
    """The sample with a fix that removes lines, one that adds a line at the end of its file, and a reason for having none."""
    first, second, third = sample.findings
    return replace(
        sample,
        findings=(
            replace(first, fix=FIXES[0]),
            replace(second, fix=FIXES[1]),
            replace(third, no_fix="the file is generated", suppression=None),
        ),
    )


def test_json(fixed: Report) -> None:
    value = document(fixed, Options())
    assert list(Draft202012Validator(SCHEMA).iter_errors(value)) == []
    assert facts_of(value)[0]["fix"] == {
        "title": "Remove runAsUser: 0.",
        "effect": "SCC restricted-v2 then admits the pods.",
        "safety": "unsafe",
        "edits": [{"file": "deploy/web.yaml", "line": 14, "endLine": 16, "text": ""}],
    }
    assert [(finding["fix"] is None, finding["noFix"]) for finding in facts_of(value)] == [
        (False, ""),
        (False, ""),
        (True, "the file is generated"),
    ]


def test_full(fixed: Report) -> None:
    text = render(fixed, "full")
    assert "   = unsafe fix: Remove runAsUser: 0. SCC restricted-v2 then admits the pods.\n" in text
    assert "  = safe fix: Write x. No.\n" in text
    assert "+  hostUsers: false" not in text
    whole = render(fixed, "full", Options(verbose=True))
    assert "  = safe fix: Write x. No.\n  | +  hostUsers: false\n" in whole
    assert "  = no fix is proved: the file is generated\n" in whole


def test_sarif(fixed: Report, sarif_faults: Callable[[str, Path], list[tuple[str, str]]], tmp_path: Path) -> None:
    text = render(fixed, "sarif")
    first, second, third = json.loads(text)["runs"][0]["results"]
    assert first["fixes"] == [
        {
            "description": {"text": "Remove runAsUser: 0. SCC restricted-v2 then admits the pods."},
            "artifactChanges": [
                {
                    "artifactLocation": {"uri": "deploy/web.yaml"},
                    "replacements": [
                        {
                            "deletedRegion": {"startLine": 14, "startColumn": 1, "endLine": 16, "endColumn": 1},
                            "insertedContent": {"text": ""},
                        }
                    ],
                }
            ],
        }
    ]
    (added,) = second["fixes"][0]["artifactChanges"][0]["replacements"]
    assert added["deletedRegion"] == {"startLine": 4, "startColumn": 1, "endLine": 5, "endColumn": 1}
    assert added["insertedContent"]["text"].endswith("}]\n  hostUsers: false\n")
    assert "fixes" not in third
    assert {rule for rule, fault in sarif_faults(text, tmp_path) if not fault.startswith("note")} <= {"GH1006"}


def test_sarif_of_a_last_line_without_end(fixed: Report) -> None:
    texts = {**fixed.texts, "pod.yaml": fixed.texts["pod.yaml"].rstrip("\n")}
    edit = TextEdit("pod.yaml", 4, 5, "spec: {}")
    changed = replace(fixed, texts=texts, findings=(replace(fixed.findings[1], fix=replace(FIXES[1], edits=(edit,))),))
    (result,) = json.loads(render(changed, "sarif"))["runs"][0]["results"]
    region = result["fixes"][0]["artifactChanges"][0]["replacements"][0]["deletedRegion"]
    # The emoji takes two of SARIF's code units.
    assert region == {"startLine": 4, "startColumn": 1, "endLine": 4, "endColumn": len(texts["pod.yaml"].split("\n")[3]) + 2}


def test_markdown(fixed: Report) -> None:
    text = render(fixed, "markdown")
    assert "\n  - **unsafe fix:** Remove runAsUser: 0. SCC restricted-v2 then admits the pods.\n" in text
    assert "\n    ```diff\n    +  hostUsers: false\n    ```\n" in text


def test_markdown_fences_what_holds_a_fence(fixed: Report) -> None:
    fence = replace(FIXES[1], edits=(TextEdit("pod.yaml", 5, 5, "a: '```'\n"),))
    text = render(replace(fixed, findings=(replace(fixed.findings[1], fix=fence),)), "markdown")
    assert "\n    ````diff\n    +a: '```'\n    ````\n" in text


@pytest.mark.parametrize(
    ("done", "other"),
    [
        ("", "write hostUsers: false"),
        ("remove runAsUser: 7", "write hostUsers: false"),
        ("write hostUsers: false", "remove runAsUser: 7"),
    ],
    ids=["no fix", "the first", "the second"],
)
def test_the_other_remedy_is_not_the_one_that_is_carried_out(fixed: Report, done: str, other: str) -> None:
    remedies = (Remedy("remove runAsUser: 7"), Remedy("write hostUsers: false"))
    finding = replace(fixed.findings[0], remedies=remedies, fix=replace(FIXES[0], words=done) if done else None)
    assert finding.other_remedy is not None
    assert finding.other_remedy.words == other
    assert replace(finding, remedies=remedies[:1], fix=None).other_remedy is None


@pytest.mark.parametrize("elsewhere", [True, False])
def test_the_other_remedy_is_shown_beside_a_fix_that_costs_something_elsewhere(fixed: Report, elsewhere: bool) -> None:
    remedies = (Remedy("remove runAsUser: 0"), Remedy("write hostUsers: false"))
    first = replace(fixed.findings[0], remedies=remedies, fix=replace(FIXES[0], words=remedies[0].words, elsewhere=elsewhere))
    text = render(replace(fixed, findings=(first,)), "full", Options())
    assert ("or: Write hostUsers: false." in text) is elsewhere
