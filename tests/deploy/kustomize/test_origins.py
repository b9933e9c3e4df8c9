"""Where the objects of a build come from, by their annotations."""

from pathlib import Path

import pytest

import scclint
from scclint.config.model import Config
from scclint.deploy.origins.kustomizations import LONGEST, Named, find_origin
from scclint.finding import Finding
from tests.deploy.kustomize.folders import BASE, DEPLOYMENT, objects
from tests.running import open_one, write_files

# What `kustomize build` writes with `buildMetadata: [originAnnotations]`.

BUILT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  annotations:
    config.kubernetes.io/origin: |
      path: {path}
  name: {name}
spec:
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - image: example/web
        name: web
        securityContext:
          runAsUser: {user}
"""


def built(path: str, name: str = "web", user: int = 0) -> str:
    return BUILT.replace("{path}", path).replace("{name}", name).replace("{user}", str(user))


def refused(path: str, name: str = "web", user: int = 0) -> Finding:
    (found,) = (f for f in scclint.lint_text(built(path, name, user), "built.yaml").findings if f.rule_id == "SCC101")
    assert found.span.line == 21
    return found


@pytest.mark.parametrize("path", ["base/web.yaml", "../../base/web.yaml"])
@pytest.mark.parametrize("name", ["web", "prod-web-v2", "renamed"])
def test_the_same_field_in_its_origin(here: Path, path: str, name: str) -> None:
    write_files(BASE)
    related = [r for r in refused(path, name).related if r.span.file == "base/web.yaml"]
    assert [(r.message, r.span.line, r.span.column) for r in related] == [("written here, before kustomize", 14, 11)]


def test_a_value_that_a_patch_has_set(here: Path) -> None:
    write_files(BASE)
    related = [r for r in refused("base/web.yaml", user=7).related if r.span.file == "base/web.yaml"]
    assert [(r.message, r.span.line) for r in related] == [("Deployment web before kustomize", 4)]


def test_containers_that_moved(here: Path) -> None:
    first = "      containers:\n      - {name: first, image: i, securityContext: {runAsUser: 0}}\n"
    write_files({"base/web.yaml": DEPLOYMENT.replace("      containers:\n", first)})
    related = [r for r in refused("base/web.yaml").related if r.span.file == "base/web.yaml"]
    assert [(r.message, r.span.line) for r in related] == [("written here, before kustomize", 15)]


OTHERS = "---\n".join(DEPLOYMENT.replace("name: web\nspec", f"name: {name}\nspec") for name in "xy")
"""Two Deployments: a patch may have given either of them its name in the build."""


@pytest.mark.parametrize("there", [{}, {"base/web.yaml": "kind: [\n"}, {"base/web.yaml": OTHERS}])
def test_an_origin_that_is_not_there(here: Path, there: dict[str, str]) -> None:
    write_files(there)
    finding = refused("base/web.yaml")
    assert finding.notes[-1] == "kustomize made it from base/web.yaml"
    assert "base/web.yaml" not in {r.span.file for r in finding.related}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/etc/web.yaml", "kustomize made it from /etc/web.yaml"),
        (
            "b/w.yaml\n      repo: https://example.org/x\n      ref: v1",
            "kustomize made it from https://example.org/x//b/w.yaml",
        ),
        ("[", ""),
        ("''", ""),
        ("{a: b}", ""),
    ],
)
def test_origins_that_are_not_looked_up(path: str, said: str) -> None:
    (finding,) = (f for f in scclint.lint_text(built(path), "built.yaml").findings if f.rule_id == "SCC101")
    assert [note for note in finding.notes if note.startswith("kustomize")] == ([said] if said else [])


def test_a_path_that_no_file_can_have_is_not_looked_up() -> None:
    asked: list[str] = []

    def objects_of(file: str) -> Named:
        asked.append(file)
        return {}

    for steps in (LONGEST // 3 - 2, LONGEST // 3 + 1, 100_000):
        config = Config()
        (obj,) = open_one(config=config, text=built("../" * steps + "w.yaml")).objects
        origin = find_origin(obj, objects_of)
        assert origin is not None and origin.source is None
    assert asked == ["../" * (LONGEST // 3 - 2) + "w.yaml", "w.yaml"]


def test_many_ways_to_write_the_path_of_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read once, and called by the plainest of them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "up").symlink_to("..")
    (tmp_path / "base" / "w.yaml").write_text(built("x"), encoding="utf-8")
    reads: list[str] = []

    def counted(path: str, name: str) -> str:
        reads.append(name)
        return Path(path).read_text(encoding="utf-8")

    monkeypatch.setattr("scclint.deploy.kustomize.surroundings.read", counted)
    text = "---\n".join(built("base/up/" * number + "base/w.yaml") for number in range(5))
    unit = open_one(text=text)
    found = unit.objects
    assert reads == ["base/w.yaml"]
    assert {origin.source.file for obj in found if (origin := obj.provenance.origin) and origin.source} == {"base/w.yaml"}


@pytest.mark.parametrize("annotation", ["7", "[]", "'['", "''", "'- a'", "'path: 7'"])
def test_an_annotation_that_names_no_origin(here: Path, annotation: str) -> None:
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a, annotations: {{config.kubernetes.io/origin: {annotation}}}}}\n"
    write_files({"pod.yaml": text})
    (obj,) = objects("pod.yaml")
    assert find_origin(obj, lambda file: {}) is None
