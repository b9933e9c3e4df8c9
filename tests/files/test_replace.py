"""A file in a folder that other users can write to: its draft may be swapped for a link at any time."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from scclint.files import SourceFile
from scclint.remedy.apply import write_file
from scclint.report.output import write


def _fix(path: Path) -> None:
    write_file(SourceFile(str(path), path.name), "before\n", "after\n")


def _report(path: Path) -> None:
    write("after\n", str(path))


@pytest.mark.skipif(not hasattr(os, "fchmod"), reason="there are no modes")
@pytest.mark.parametrize("replace", [_fix, _report])
def test_a_swapped_draft_leaves_the_file_it_leads_to(
    replace: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, victim = tmp_path / "web.yaml", tmp_path / "victim"
    path.write_text("before\n")
    path.chmod(0o666)
    victim.write_text("secret\n")
    victim.chmod(0o600)
    real = os.open

    def swapping(name: str, flags: int, *mode: int) -> int:
        descriptor = real(name, flags, *mode)
        if flags & os.O_EXCL:
            os.unlink(name)
            os.symlink(victim, name)
        return descriptor

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", swapping)
        replace(path)
    assert victim.stat().st_mode & 0o777 == 0o600
    assert victim.read_text() == "secret\n"


@pytest.mark.parametrize("replace", [_fix, _report])
def test_the_file_keeps_its_mode_if_nothing_is_swapped(replace: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "web.yaml"
    path.write_text("before\n")
    path.chmod(0o640)
    replace(path)
    assert path.read_text() == "after\n"
    assert path.stat().st_mode & 0o777 == 0o640
