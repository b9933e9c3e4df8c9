"""What a unit needs is freed when it is judged: the command line runs without the garbage collector, which would free cycles."""

import gc
from pathlib import Path

import pytest

from scclint.config.model import Config
from scclint.objects.documents.document import Document
from scclint.outcome.world import World
from scclint.run.run import report_of
from tests.deploy.catalog import write_catalog
from tests.running import run_over


@pytest.mark.parametrize("releases", [(), ("4.14", "4.20")])
def test_no_world_outlives_its_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, releases: tuple[str, ...]) -> None:
    monkeypatch.chdir(tmp_path)
    write_catalog(tmp_path, 40)
    run = run_over(["operators"], Config(openshift=releases))
    gc.collect()
    before = _worlds()
    gc.disable()
    try:
        report = report_of(run)
        after = _worlds()
    finally:
        gc.enable()
    assert report.findings
    assert after == before


def test_what_a_run_read_does_not_outlive_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fleet judges many targets in one process, and what is read of each can take a hundred megabytes."""
    monkeypatch.chdir(tmp_path)
    write_catalog(tmp_path, 2)
    for folder, text in (("base", "resources: [pod.yaml]\n"), ("overlay", "resources: [../base]\nnamespace: shop\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "kustomization.yaml").write_text(text)
    (tmp_path / "base" / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: []}\n")
    gc.collect()
    before = _documents()
    gc.disable()
    try:
        run = run_over(["."], Config(render="never"))
        assert {"base", "overlay"} & {unit.name for unit in run.units}
        assert report_of(run).findings
        assert _documents() > before
        del run
        after = _documents()
    finally:
        gc.enable()
    assert after == before


def _documents() -> int:
    return sum(isinstance(obj, Document) for obj in gc.get_objects())


def _worlds() -> int:
    return sum(isinstance(obj, World) for obj in gc.get_objects())
