from pathlib import Path

import pytest

from scclint.limits import TEXTS_KEPT
from scclint.report.text import SourceLines
from scclint.run.texts import FileTexts


def test_texts_are_read_when_they_are_asked_for_whatever_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    texts = FileTexts(
        ["a.yaml", "gone.yaml", "unsaved.yaml"], {"unsaved.yaml": "new"}, {"unsaved.yaml": "old", "rendered": "kind: Pod"}
    )
    Path("a.yaml").write_text("kind: Pod\n")
    Path("unsaved.yaml").write_text("saved")
    monkeypatch.chdir("/")
    assert texts["a.yaml"] == "kind: Pod\n"
    assert texts["unsaved.yaml"] == "new"
    assert "gone.yaml" not in texts
    assert texts.get("other.yaml") is None
    assert dict(texts) == {"a.yaml": "kind: Pod\n", "unsaved.yaml": "new", "rendered": "kind: Pod"}
    assert len(texts) == 3


def test_only_the_latest_texts_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = [f"{number}.yaml" for number in range(TEXTS_KEPT + 1)]
    for name in names:
        Path(name).write_text(f"first {name}\nlast")
    texts = FileTexts(names)
    lines = SourceLines(texts)
    assert [lines.line(name, 1) for name in names] == [f"first {name}" for name in names]
    for name in names:
        Path(name).unlink()
    # The oldest one is not known any more.
    assert [name for name in names if name in texts] == names[1:]
    assert lines.line(names[0], 1) is None
    assert lines.line(names[-1], 2) == "last"
