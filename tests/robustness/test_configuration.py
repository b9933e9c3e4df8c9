"""A configuration comes with the linted tree: whatever it holds, the answer is a mistake told at its place."""

import time
from pathlib import Path

import pytest

from .conftest import Run, pod

TEXTS = {
    "nested YAML": (".scclint.yaml", "select: " + "[" * 50_000 + "\n", "nested deeper"),
    "aliases": (".scclint.yaml", "a: &a [" + "x," * 2_000 + "]\nselect: [" + "*a," * 120 + "]\n", "expand to more than"),
    "large": (".scclint.yaml", "# x\n" * 100_000, "larger than 256 KiB"),
    "binary": (".scclint.yaml", "select: [\0]\n", "NUL character"),
    "two documents": (".scclint.yaml", "{}\n---\n{}\n", "is one document"),
    "not a mapping": (".scclint.yaml", "[]\n", "is a mapping"),
    "very many mistakes": (".scclint.yaml", "".join(f"k{i}: 1\n" for i in range(2_000)), "and 1980 more"),
    "very many selectors": (".scclint.yaml", "select: [" + ",".join(f"X{i}" for i in range(1_000)) + "]\n", "more"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_configurations_made_to_break(run: Run, tmp_path: Path, name: str) -> None:
    file, text, message = TEXTS[name]
    (tmp_path / "a.yaml").write_text(pod("a"), encoding="utf-8")
    (tmp_path / file).write_text(text, encoding="utf-8")
    began = time.process_time()
    for command in (["check", "."], ["config"]):
        ran = run(*command)
        assert ran.status == 2
        assert message in ran.err
        assert file in ran.err
        assert len(ran.err) < 20_000
    # No measurement: what these guard against would take hours.
    assert time.process_time() - began < 60


def test_sparse_gigabyte_and_fifo(run: Run, tmp_path: Path) -> None:
    import os

    (tmp_path / "a.yaml").write_text(pod("a"), encoding="utf-8")
    file = ".scclint.yaml"
    with open(tmp_path / file, "wb") as large:
        large.truncate(1 << 30)
    assert run("check", ".").status == 2
    os.unlink(tmp_path / file)
    os.mkfifo(tmp_path / file)
    # A FIFO is no configuration; one with a suffix that is read is an input that cannot be.
    assert run("check", ".").status == 2


@pytest.mark.parametrize(
    "glob",
    ["**/" * 200 + "x", "*a" * 200, "**/a" * 30 + "/b", "[" * 5000, "a**" * 50, "?" * 3000, "/" * 3000, "**" * 3000 + "/"],
)
@pytest.mark.parametrize("setting", ["exclude", "ignores", "per-path"])
def test_globs_made_to_backtrack(run: Run, tmp_path: Path, glob: str, setting: str) -> None:
    import json

    folder = tmp_path.joinpath(*["a"] * 60)
    folder.mkdir(parents=True)
    (folder / ("a" * 200 + ".yaml")).write_text(pod("a"), encoding="utf-8")
    value = {
        "exclude": [glob],
        "ignores": [{"rule": "SCC102", "path": glob, "reason": "x"}],
        "per-path": [{"path": glob, "ignore": ["SCC102"]}],
    }[setting]
    (tmp_path / ".scclint.yaml").write_text(json.dumps({setting: value}), encoding="utf-8")
    assert run("check", ".").status in (0, 1, 2, 4)
