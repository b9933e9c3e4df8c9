"""What the files of a run define, with texts of an editor in place of some."""

from pathlib import Path

import pytest

from scclint.config.model import Config
from scclint.deploy.outline import Outline
from scclint.deploy.unit import FromUnit
from scclint.files.sources import find_sources
from scclint.run.scan import scan

ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {}}}\n"
KUSTOMIZATION = "kustomization.yaml"


@pytest.fixture
def outline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Outline:
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        (tmp_path / f"{name}.yaml").write_text(ACCOUNT.format(name))
    (tmp_path / KUSTOMIZATION).write_text("namespace: disk\n")
    return scan(find_sources(["."], Config()), Config())[0]


def names(outline: Outline, file: str) -> list[str]:
    return [obj.name for obj in outline.facts(file).objects]


def test_a_text_in_place_of_a_file_changes_what_that_file_defines(outline: Outline) -> None:
    assert (names(outline, "a.yaml"), names(outline, "b.yaml")) == (["a"], ["b"])
    edited = outline.with_overlay({"a.yaml": ACCOUNT.format("edited")})
    assert (names(edited, "a.yaml"), names(edited, "b.yaml")) == (["edited"], ["b"])
    assert edited.facts("b.yaml") is outline.facts("b.yaml"), "nothing is read again"
    assert names(outline, "a.yaml") == ["a"]
    undone = edited.with_overlay({})
    assert (names(undone, "a.yaml"), names(undone, "b.yaml")) == (["a"], ["b"])


def test_a_text_in_place_of_a_kustomization(outline: Outline) -> None:
    edited = outline.with_overlay({KUSTOMIZATION: "namespace: edited\n"})
    found = (
        outline.kustomization(KUSTOMIZATION),
        edited.kustomization(KUSTOMIZATION),
        edited.with_overlay({}).kustomization(KUSTOMIZATION),
    )
    assert [kustomization and (kustomization.namespace, kustomization.file) for kustomization in found] == [
        ("disk", KUSTOMIZATION),
        ("edited", KUSTOMIZATION),
        ("disk", KUSTOMIZATION),
    ]
    path = str(Path(KUSTOMIZATION).resolve())
    on_disk = edited.kustomization_on_disk(path, KUSTOMIZATION)
    assert on_disk is not None
    assert on_disk.data == {"namespace": "disk"}, "a renderer reads the disk"


def test_files_that_cannot_be_read_define_nothing(outline: Outline) -> None:
    Path("c.yaml").write_bytes(b"\xff")
    Path("bad").mkdir()
    assert (outline.text("c.yaml"), outline.documents("c.yaml"), names(outline, "c.yaml")) == ("", [], [])
    assert outline.kustomization("c.yaml") is None
    assert outline.tells("c.yaml", "length", len) == 0
    assert outline.tells("a.yaml", "length", len) == len(ACCOUNT.format("a"))


def test_an_object_from_another_unit_in_words() -> None:
    assert str(FromUnit("prod", "Role", "shop", "reader")) == "Role shop/reader"
    assert str(FromUnit("prod", "ClusterRole", "", "reader")) == "ClusterRole reader"
