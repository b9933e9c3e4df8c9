"""The sentence about a missing scanner in C."""

import subprocess
import sys
from pathlib import Path

import pytest

from scclint.yaml.events import IN_PYTHON

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: nginx:1}]}\n"
MISSING = "sys.modules.update(_ruamel_yaml=None, _ruamel_yaml_clibz=None)"


def run(folder: Path, code: str, *words: str) -> tuple[str, str]:
    command = [sys.executable, "-c", f"import sys; {code}; from scclint.cli import main; sys.exit(main())", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "told"), [(("check", "web.yaml"), True), (("check", "--quiet", "web.yaml"), False), (("rules",), False)]
)
def test_a_missing_scanner_in_c_is_told_and_changes_no_result(words: tuple[str, ...], told: bool, tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(POD)
    out, err = run(tmp_path, "0", *words)
    assert out and err == ""
    assert run(tmp_path, MISSING, *words) == (out, f"scclint: {IN_PYTHON}\n" if told else "")
