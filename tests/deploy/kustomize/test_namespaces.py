"""The namespaces that kustomizations give to the objects of their resources."""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.deploy.kustomize.kustomization import Kustomization, lay_out, read_kustomization
from scclint.objects.types import Workload
from tests.deploy.kustomize.folders import BASE, BINDING, DEPLOYMENT, objects, strict, workload
from tests.running import write_files


def test_a_long_chain(here: Path) -> None:
    number = 2000
    write_files({f"d{i}/kustomization.yaml": f"resources: [../d{i + 1}]\n" for i in range(number)})
    write_files({f"d{number}/kustomization.yaml": "resources: [web.yaml]\n", f"d{number}/web.yaml": DEPLOYMENT})
    write_files({"d0/kustomization.yaml": "namespace: shop\nresources: [../d1]\n"})
    (found,) = objects(".")
    assert found.provenance.home == "shop"


def home(*paths: str) -> str:
    return workload(*paths).provenance.home


def homes(*paths: str) -> list[str]:
    """The namespaces that the workload goes to, one for each unit."""
    return [o.provenance.home for o in objects(*paths) if isinstance(o, Workload)]


def test_namespace_of_its_resources(here: Path) -> None:
    write_files(
        {
            "kustomization.yaml": "namespace: shop\nresources: [web.yaml, rbac.yaml]\n",
            "web.yaml": DEPLOYMENT,
            "rbac.yaml": BINDING,
        }
    )
    assert home("web.yaml") == "shop"
    assert [f.rule_id for f in strict(".").findings if f.rule_id == "SCC101"] == []
    write_files({"rbac.yaml": BINDING.replace("name: default", "name: default, namespace: elsewhere")})
    assert [f.rule_id for f in strict(".").findings if f.rule_id == "SCC101"] == ["SCC101"]


def test_namespaces_written_and_asked_for_go_before(here: Path) -> None:
    named = DEPLOYMENT.replace("name: web\nspec", "name: web\n  namespace: own\nspec")
    write_files({"kustomization.yaml": "namespace: shop\nresources: [web.yaml]\n", "web.yaml": named})
    assert workload("web.yaml").namespace == "own"
    write_files({"web.yaml": DEPLOYMENT})
    from scclint.outcome.manifests import namespace_of

    assert namespace_of(workload("web.yaml"), "") == "shop"
    assert namespace_of(workload("web.yaml"), "asked") == "asked"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"base": "namespace: a\nresources: [web.yaml]\n"}, "a"),
        ({"base": "resources: [web.yaml]\n", "prod": "namespace: p\nresources: [../base]\n"}, "p"),
        ({"base": "resources: [web.yaml]\n", "prod": "namespace: p\nbases: [../base/]\n"}, "p"),
        ({"base": "resources: [web.yaml]\n", "prod": "namespace: p\ncomponents: [../base]\n"}, "p"),
        ({"base": "namespace: a\nresources: [web.yaml]\n", "prod": "namespace: p\nresources: [../base]\n"}, "p"),
        ({"base": "namespace: a\nresources: [web.yaml]\n", "prod": "resources: [../base]\n"}, "a"),
        (
            {
                "base": "resources: [web.yaml]\n",
                "prod": "namespace: p\nresources: [../base]\n",
                "test": "namespace: t\nresources: [../base]\n",
            },
            "p t",
        ),
        (
            {
                "base": "resources: [web.yaml]\n",
                "prod": "namespace: p\nresources: [../base]\n",
                "test": "resources: [../base]\n",
            },
            "p ",
        ),
        (
            {
                "base": "namespace: a\nresources: [web.yaml]\n",
                "prod": "namespace: p\nresources: [../base]\n",
                "whole": "namespace: w\nresources: [../prod]\n",
            },
            "w",
        ),
        ({"base": "namespace: a\nresources: [../prod, web.yaml]\n", "prod": "namespace: p\nresources: [../base]\n"}, ""),
        ({"base": "namespace: a\nresources: [https://example.org/x?ref=1, other.yaml]\n"}, ""),
    ],
)
def test_overlays(here: Path, files: dict[str, str], expected: str) -> None:
    write_files(BASE | {f"{folder}/kustomization.yaml": text for folder, text in files.items()})
    assert homes(".") == expected.split(" ")


@pytest.mark.parametrize(
    ("patches", "text", "expected"),
    [
        ("patchesStrategicMerge: [p.yaml]", DEPLOYMENT.replace("name: web\n", "name: web\n  namespace: p\n", 1), ""),
        ("patchesStrategicMerge: [p.yaml]", DEPLOYMENT.replace("name: web\n", "name: web\n  namespace: a\n", 1), "a"),
        ("patchesStrategicMerge: [p.yaml]", DEPLOYMENT.replace("name: web\n", "name: other\n  namespace: p\n", 1), "a"),
        ("patches: [{path: p.yaml, target: {kind: Deployment}}]", "[{op: add, path: /metadata/namespace, value: p}]\n", ""),
        ("patches: [{path: p.yaml, target: {kind: Service}}]", "[{op: add, path: /metadata/namespace, value: p}]\n", "a"),
        ("patches: [{path: p.yaml, target: {kind: Deployment}}]", "[{op: add, path: /metadata/labels/a, value: p}]\n", "a"),
    ],
)
def test_a_patch_may_set_a_namespace(here: Path, patches: str, text: str, expected: str) -> None:
    """Without a build, the namespace of a base is not known to be that of the pods."""
    write_files(
        BASE
        | {
            "base/kustomization.yaml": "namespace: a\nresources: [web.yaml]\n",
            "prod/kustomization.yaml": f"resources: [../base]\n{patches}\n",
            "prod/p.yaml": text,
        }
    )
    assert {o.provenance.home for o in objects(".") if o.file == "base/web.yaml"} == {expected}


def test_home_does_not_spread_to_neighbours(here: Path) -> None:
    write_files(
        {"kustomization.yaml": "namespace: shop\nresources: [web.yaml]\n", "web.yaml": DEPLOYMENT, "other.yaml": DEPLOYMENT}
    )
    assert {o.file: o.provenance.home for o in objects(".")} == {"web.yaml": "shop", "other.yaml": ""}


def kustomization(folder: str, namespace: str, *resources: str) -> Kustomization:
    found = read_kustomization(f"{folder}/kustomization.yaml", {"namespace": namespace, "resources": list(resources)})
    assert found is not None
    return found


def test_many_ways_to_one_base_take_no_time() -> None:
    """Each layer takes in the one below it twice, which makes two to the power of 60 ways."""
    layers = [kustomization(f"/{i}{side}", "", f"/{i + 1}a", f"/{i + 1}b") for i in range(60) for side in "ab"]
    last = [kustomization(f"/60{side}", "n", "/60/web.yaml") for side in "ab"]
    assert lay_out([*layers, *last]).namespaces == {"/60/web.yaml": "n"}


FOLDERS = ("a", "b", "c", "d")
KUSTOMIZATIONS = st.tuples(
    *(
        st.builds(
            lambda namespace, names, folder=folder: kustomization(f"/{folder}", namespace, *(f"/{name}" for name in names)),
            st.sampled_from(["", "x", "y", "z"]),
            st.lists(st.sampled_from([*FOLDERS, "1.yaml", "2.yaml"]), max_size=4),
        )
        for folder in FOLDERS
    )
)


def ways(kustomizations: Iterable[Kustomization]) -> dict[str, set[str]]:
    """The namespaces of each file by every way to it that goes through no folder twice with one namespace."""
    by_folder = {os.path.dirname(k.file): k for k in kustomizations}
    taken = {name for k in by_folder.values() for name in k.resources}
    found: dict[str, set[str]] = {}

    def follow(name: str, namespace: str, way: frozenset[tuple[str, str]]) -> None:
        if name not in by_folder:
            found.setdefault(name, set()).add(namespace)
        elif (name, here := namespace or by_folder[name].namespace) not in way:
            for below in by_folder[name].resources:
                follow(below, here, way | {(name, here)})

    for folder in by_folder.keys() - taken:
        follow(folder, "", frozenset())
    return found


@given(KUSTOMIZATIONS)
def test_namespaces_by_all_ways(kustomizations: tuple[Kustomization, ...]) -> None:
    expected = {name: found.pop() for name, found in ways(kustomizations).items() if len(found) == 1 and "" not in found}
    assert lay_out(kustomizations).namespaces == expected
