"""What is deployed together: the kinds of units, in the order in which they take files."""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from scclint.config.model import Config
from scclint.config.records import UnitSettings
from scclint.deploy.detect import detect
from scclint.deploy.unit import Deployment, Unit
from scclint.errors import ConfigError
from scclint.files.sources import find_sources
from scclint.linting import find_units
from scclint.run.scan import scan
from scclint.source import Span
from tests.deploy.tools import needs_helm
from tests.running import report_on, write_files

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: registry.example/web:1}]}
"""
ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n"
CSV = "apiVersion: operators.coreos.com/v1alpha1\nkind: ClusterServiceVersion\nmetadata: {name: web.v1}\n"
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop}
spec:
  destination: {namespace: shop}
  source: {repoURL: https://git.example/team/NAME.git, path: PATH}
"""
FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: shop}
spec: {path: ./PATH, targetNamespace: shop}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory. Its name is what an Application's repository is called."""
    folder = tmp_path / "repo"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def units(*paths: str, **settings: object) -> list[Unit]:
    return find_units(paths or ["."], Config(render="never", **settings))  # type: ignore[arg-type]  # settings by name


def summary(found: Iterable[Unit]) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {unit.name: (unit.kind, unit.files) for unit in found}


def test_plain_files_are_one_unit() -> None:
    write_files({"a/web.yaml": WEB, "b/account.yaml": ACCOUNT})
    assert summary(units()) == {".": ("plain", ("a/web.yaml", "b/account.yaml"))}


def test_the_root_is_the_deepest_folder_of_what_is_named(here: Path) -> None:
    write_files({"deploy/dev/web.yaml": WEB, "deploy/prod/web.yaml": WEB})
    assert [unit.name for unit in units("deploy")] == ["dev", "prod"]
    assert [unit.name for unit in units(str(here / "deploy"))] == ["dev", "prod"]
    assert [unit.name for unit in units()] == ["deploy/dev", "deploy/prod"]


def test_a_bundle_takes_its_manifests_and_metadata() -> None:
    write_files(
        {
            "shop/1.0/manifests/shop.clusterserviceversion.yaml": CSV,
            "shop/1.0/manifests/account.yaml": ACCOUNT,
            "shop/1.0/metadata/annotations.yaml": "annotations: {}\n",
            "shop/ci.yaml": "updateGraph: semver\n",
            "manifests/web.yaml": WEB,
        }
    )
    found = summary(units())
    assert found["shop/1.0"] == (
        "bundle",
        (
            "shop/1.0/manifests/account.yaml",
            "shop/1.0/manifests/shop.clusterserviceversion.yaml",
            "shop/1.0/metadata/annotations.yaml",
        ),
    )
    assert found["."][1] == ("manifests/web.yaml", "shop/ci.yaml")


@pytest.mark.parametrize(
    ("annotation", "namespace"),
    [
        ("operatorframework.io/suggested-namespace: shop", "shop"),
        ('"operatorframework.io/suggested-namespace": "shop"  # the default', "shop"),
        ("operatorframework.io/suggested-namespace-template: shop", ""),
        ("operatorframework.io/suggested-namespace: {{ .Namespace }}", ""),
        ("a: operatorframework.io/suggested-namespace", ""),
    ],
)
def test_the_namespace_that_a_bundle_suggests(annotation: str, namespace: str) -> None:
    csv = CSV.replace("{name: web.v1}", f"\n  name: web.v1\n  annotations:\n    {annotation}")
    write_files({"a/manifests/a.clusterserviceversion.yaml": csv, "a/manifests/b.yaml": ACCOUNT})
    assert [unit.namespace for unit in units()] == [namespace]


def test_a_bundle_neither_gives_nor_takes() -> None:
    write_files({"a/manifests/a.clusterserviceversion.yaml": CSV, "b/manifests/x.yaml": CSV})
    assert {(unit.kind, unit.gives) for unit in units()} == {("bundle", False)}


def test_a_stray_clusterserviceversion_is_a_bundle() -> None:
    write_files({"old/shop.clusterserviceversion.yaml": CSV, "old/account.yaml": ACCOUNT})
    assert summary(units())["old"][0] == "bundle"
    write_files({"new/shop.yaml": CSV, "new/account.yaml": ACCOUNT})
    assert "new" not in summary(units()), "only the name of the file tells a stray one"


def test_what_the_hydrator_wrote() -> None:
    write_files({"env/prod/manifest.yaml": WEB, "env/prod/hydrator.metadata": "{}", "env/dev/manifest.yaml": ACCOUNT})
    assert summary(units()) == {
        ".": ("plain", ("env/dev/manifest.yaml",)),
        "env/prod": ("hydrated", ("env/prod/manifest.yaml",)),
    }


def test_a_kustomization_that_no_other_includes_takes_all_that_it_builds() -> None:
    write_files(
        {
            "base/kustomization.yaml": "resources: [web.yaml]\n",
            "base/web.yaml": WEB,
            "base/unlisted.yaml": ACCOUNT,
            "overlays/dev/kustomization.yaml": "namespace: dev\nresources: [../../base]\n",
            "overlays/prod/kustomization.yaml": "namespace: prod\nresources: [../../base]\n",
            "parts/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n",
        }
    )
    found = {unit.name: unit for unit in units()}
    assert {name: unit.kind for name, unit in found.items()} == {
        ".": "plain",
        "overlays/dev": "kustomize",
        "overlays/prod": "kustomize",
    }
    assert found["overlays/dev"].files == ("base/kustomization.yaml", "base/web.yaml", "overlays/dev/kustomization.yaml")
    assert (found["overlays/dev"].namespace, found["overlays/dev"].unrendered) == ("dev", "rendering is switched off")
    assert found["."].files == ("base/unlisted.yaml", "parts/kustomization.yaml")


def test_a_base_that_lies_beside_what_is_named_is_part_of_it(here: Path) -> None:
    os.mkdir(".git")
    write_files({"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": WEB})
    write_files({"prod/kustomization.yaml": "resources: [../base]\n"})
    (unit,) = units("prod")
    # Without a work tree around both, nothing beside the folder is read.
    assert (unit.name, unit.kind) == (".", "kustomize")
    assert unit.unrendered


def test_a_plain_file_that_defines_what_a_kustomization_builds_is_a_variant() -> None:
    write_files(
        {"kustomization.yaml": "resources: [web.yaml]\n", "web.yaml": WEB, "other.yaml": WEB, "a/account.yaml": ACCOUNT}
    )
    found = {unit.name: unit for unit in units()}
    variant = found["other.yaml"]
    assert (variant.kind, variant.files, variant.shared, variant.gives) == (
        "plain",
        ("other.yaml",),
        ("a/account.yaml",),
        False,
    )


def test_alternatives_share_only_files_that_say_something_about_others() -> None:
    """A repository of tests has hundreds of alternatives beside hundreds of files with objects of other kinds."""
    write_files(
        {"a/web.yaml": WEB, "b/web.yaml": WEB, "account.yaml": ACCOUNT, "service.yaml": "apiVersion: v1\nkind: Service\n"}
    )
    found = {unit.name: unit for unit in units()}
    assert found["."].files == ("account.yaml", "service.yaml")
    assert found["a"].shared == found["b"].shared == ("account.yaml",)


def test_a_chart_and_its_values() -> None:
    write_files(
        {
            "shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
            "shop/values.yaml": "{}\n",
            "shop/values-prod.yaml": "{}\n",
            "shop/templates/web.yaml": WEB,
            "shop/examples/web.yaml": WEB,
        }
    )
    found = summary(units())
    assert found["shop"][0] == "chart"
    assert "shop/templates/web.yaml" in found["shop"][1] and "shop/values-prod.yaml" in found["shop"][1]
    assert found["."][1] == ("shop/examples/web.yaml",)


def test_a_library_chart_is_no_unit() -> None:
    write_files({"lib/Chart.yaml": "apiVersion: v2\nname: lib\ntype: library\nversion: 1.0.0\n", "lib/templates/web.yaml": WEB})
    assert {unit.kind for unit in units()} == {"plain"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (APPLICATION.replace("NAME", "repo").replace("PATH", "apps/shop"), ["apps/shop/web.yaml"]),
        (APPLICATION.replace("NAME", "other").replace("PATH", "."), None),
        (APPLICATION.replace("NAME", "repo").replace("PATH", "apps/{{ cluster }}"), None),
        (APPLICATION.replace("NAME", "repo").replace("PATH", "no/such"), None),
        (
            FLUX.replace("PATH", "apps/shop").replace(", targetNamespace: shop", ""),
            ["apps/shop/below/web.yaml", "apps/shop/web.yaml"],
        ),
        (
            APPLICATION.replace("NAME", "repo").replace("PATH}", "apps, directory: {recurse: true, exclude: '*below*'}}"),
            ["apps/shop/web.yaml"],
        ),
        (
            APPLICATION.replace("NAME", "repo").replace("PATH}", "apps, directory: {recurse: true, include: '{shop/w*,x}'}}"),
            ["apps/shop/web.yaml"],
        ),
    ],
)
def test_a_folder_that_something_deploys(text: str, expected: list[str] | None) -> None:
    below = WEB.replace("name: web}", "name: other}", 1)
    write_files({"apps/shop/web.yaml": WEB, "apps/shop/below/web.yaml": below, "argo.yaml": text})
    found = {unit.name: unit for unit in units()}
    if expected is None:
        assert list(found) == ["."]
    else:
        unit = next(unit for name, unit in found.items() if name.endswith("#shop"))
        assert (unit.kind, list(unit.files), unit.namespace) == (
            "directory",
            expected,
            "" if "Flux" in text or "path: ./" in text else "shop",
        )


def settings(path: str, **more: object) -> UnitSettings:
    return UnitSettings(path, Span(".scclint.yaml", 3, 1, 3, 9), **more)  # type: ignore[arg-type]  # settings by name


def test_a_configured_unit_takes_its_files_first() -> None:
    write_files({"a/web.yaml": WEB, "a/manifests/a.clusterserviceversion.yaml": CSV, "b/web.yaml": WEB})
    found = {unit.name: unit for unit in units(units=(settings("a", namespace="shop", context=False),))}
    assert (found["a"].kind, found["a"].namespace) == ("configured", "shop")
    assert found["a"].files == ("a/manifests/a.clusterserviceversion.yaml", "a/web.yaml")
    assert ".scclint.yaml:3" in found["a"].reason


def test_a_configured_unit_that_does_not_exist() -> None:
    write_files({"web.yaml": WEB})
    with pytest.raises(ConfigError, match=r"\.scclint\.yaml:3:1: units: the path no/such does not exist"):
        units(units=(settings("no/such"),))


def test_the_same_units_in_every_order_of_paths() -> None:
    write_files({"a/dev/web.yaml": WEB, "a/prod/web.yaml": WEB, "b/account.yaml": ACCOUNT})
    assert summary(units("a", "b")) == summary(units("b", "a"))


def test_names_differ_where_the_root_has_plain_files_too() -> None:
    write_files({"kustomization.yaml": "resources: [web.yaml]\n", "web.yaml": WEB})
    assert summary(units()) == {".": ("kustomize", ("kustomization.yaml", "web.yaml"))}
    write_files({"a/account.yaml": ACCOUNT})
    assert {unit.name: unit.kind for unit in units()} == {".": "plain", ".#kustomize": "kustomize"}


def test_a_folder_with_a_kustomization_and_a_chart_is_a_kustomization() -> None:
    write_files(
        {"a/kustomization.yaml": "resources: [web.yaml]\n", "a/web.yaml": WEB, "a/Chart.yaml": "name: a\nversion: 1.0.0\n"}
    )
    assert {unit.name: unit.kind for unit in units()} == {".": "plain", "a": "kustomize"}


CHART = {"web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n", "web/templates/web.yaml": WEB}


def split(**settings: object) -> list[Unit]:
    """The units before any is rendered. Without a renderer, `units` has one view of each chart."""
    config = Config(**settings)  # type: ignore[arg-type]  # settings by name
    return detect(scan(find_sources(["."], config), config)[0], config).units


def test_a_configured_chart() -> None:
    write_files({**CHART, "web/prod.yaml": "a: 1\n", "web/notes.yaml": "a: 1\n"})
    given = {"name": "prod", "namespace": "shop", "values": ("prod.yaml",), "set": ("a=2",), "release": "shop"}
    (other, found) = split(units=(settings("web", context=False, **given),))
    assert (other.name, other.files) == (".", ("web/notes.yaml",))
    assert (found.name, found.kind, found.namespace, found.takes) == ("web#prod", "chart", "shop", False)
    assert found.reason == "the configuration says so (.scclint.yaml:3)"
    assert found.deployment == Deployment(namespace="shop", values=("web/prod.yaml",), settings=("--set=a=2",), release="shop")
    assert found.files == ("web/Chart.yaml", "web/prod.yaml", "web/templates/web.yaml")


def test_a_configured_folder_without_files_is_no_unit() -> None:
    write_files({"a/notes.txt": "", "web.yaml": WEB})
    assert [unit.name for unit in units(units=(settings("a"),))] == ["."]


def test_a_chart_that_an_application_deploys_with_values_of_its_own() -> None:
    source = (
        "source: {repoURL: https://git.example/team/repo.git, path: web, helm: {releaseName: shop, valueFiles: [../prod.yaml], "
    )
    deployed = APPLICATION.partition("  source:")[0] + f"  {source}parameters: [{{name: a, value: '2'}}, {{value: '3'}}]}}}}\n"
    write_files({**CHART, "web/values-dev.yaml": "a: 1\n", "prod.yaml": "a: 1\n", "apps/shop.yaml": deployed})
    found = {unit.name: unit for unit in split()}
    assert list(found) == [".", "web#shop", "web#values-dev"], "the defaults alone are not deployed"
    deployment = found["web#shop"].deployment
    assert (deployment.kind, deployment.name, deployment.namespace) == ("Application", "shop", "shop")
    assert deployment.release == "shop"
    assert (deployment.values, deployment.settings) == ((os.path.realpath("prod.yaml"),), ("--set=a=2",))
    assert (found["web#shop"].namespace, found["web#shop"].reason) == ("shop", "Application shop deploys it")
    assert found["web#values-dev"].namespace == ""


def _app(name: str, path: str, parameters: str = "") -> str:
    helm = f", helm: {{parameters: [{parameters}]}}" if parameters else ""
    return f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {name}}}
spec:
  destination: {{namespace: {name}}}
  source: {{path: {path}{helm}}}
"""


def _chart(folder: str, template: str, values: str = "{}\n") -> dict[str, str]:
    return {
        f"{folder}/Chart.yaml": f"apiVersion: v2\nname: {folder}\nversion: 0.1.0\n",
        f"{folder}/values.yaml": values,
        f"{folder}/templates/all.yaml": template,
    }


@needs_helm
def test_applications_that_charts_render_deploy_folders() -> None:
    write_files({**_chart("root", _app("middle", "middle")), **_chart("middle", _app("shop", "leaf")), "leaf/web.yaml": WEB})
    found = {unit.name: unit for unit in find_units(["."], Config())}
    assert {name: (unit.kind, unit.namespace, unit.reason) for name, unit in found.items()} == {
        "root": ("chart", "", "a chart with its default values"),
        "middle#middle": ("chart", "middle", "Application middle deploys it"),
        "leaf#shop": ("directory", "shop", "Application shop deploys it"),
    }


@needs_helm
def test_an_application_that_no_chart_renders_deploys_nothing() -> None:
    template = "{{ if .Values.on }}\n" + _app("shop", "leaf") + "{{ end }}\n"
    write_files({**_chart("root", template, "on: false\n"), "leaf/web.yaml": WEB})
    assert [unit.name for unit in find_units(["."], Config())] == [".", "root"]


@needs_helm
def test_a_chart_that_deploys_itself_is_split_once_more() -> None:
    write_files(_chart("root", _app("again", "root")))
    assert [(unit.name, unit.namespace) for unit in find_units(["."], Config())] == [("root#again", "again")]


@needs_helm
def test_a_chart_that_deploys_itself_with_other_values_each_time_ends_with_a_notice() -> None:
    again = _app("again", "root", "{name: depth, value: '{{ add .Values.depth 1 }}'}")
    write_files(_chart("root", again, "depth: 0\n"))
    notices = [notice for notice in report_on(["."]).notices if "rounds" in notice.message]
    assert [(notice.level, notice.is_partial) for notice in notices] == [("warning", True)]
    assert "as rendered still deployed something else after 8 rounds of rendering" in notices[0].message
