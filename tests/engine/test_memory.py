"""What a unit needs is freed when it is judged: the command line runs without the garbage collector, which would free cycles."""

import gc
from pathlib import Path

import pytest

from scclint.config.model import Config
from scclint.world import World
from tests.running import run_over
from tests.units.catalog import write_catalog


@pytest.mark.parametrize("releases", [(), ("4.14", "4.20")])
def test_no_world_outlives_its_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, releases: tuple[str, ...]) -> None:
    monkeypatch.chdir(tmp_path)
    write_catalog(tmp_path, 40)
    run = run_over(["operators"], Config(openshift=releases))
    gc.collect()
    before = _worlds()
    gc.disable()
    try:
        report = run.report()
        after = _worlds()
    finally:
        gc.enable()
    assert report.findings
    assert after == before


def _worlds() -> int:
    return sum(isinstance(obj, World) for obj in gc.get_objects())
