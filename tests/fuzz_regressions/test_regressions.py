"""Inputs that once broke a target of the fuzzers, one a file, in a folder of the target's name; and the seeds they start from."""

from pathlib import Path

import pytest

from fuzz import NAMES
from fuzz.targets import TARGETS

HERE = Path(__file__).parent
SEEDS = HERE.parents[1] / "fuzz" / "seeds"
INPUTS = [path for folder in (HERE, SEEDS) for path in sorted(folder.glob("*/*")) if path.parent.name in TARGETS]


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parents[1].name}-{path.parent.name}-{path.name}")
def test_input(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCCLINT_DEBUG", "1")
    TARGETS[path.parent.name](path.read_bytes())


def test_every_target_is_named_and_has_seeds() -> None:
    assert tuple(TARGETS) == NAMES
    assert {path.parent.name for path in SEEDS.glob("*/*")} == set(NAMES)
