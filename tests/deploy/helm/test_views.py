"""With which values a chart is rendered, and which files are part of it."""

from pathlib import Path

import pytest

from scclint.deploy.helm.chart import belongs_to_chart, release_name, views
from scclint.deploy.unit import DEFAULT, Deployment
from tests.deploy.tools import needs_helm, template

CHART = "apiVersion: v2\nname: web\nversion: 0.1.0\n"


def write(root: Path, *names: str, text: str = CHART) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def test_the_defaults_and_each_values_file(tmp_path: Path) -> None:
    write(tmp_path, "c/Chart.yaml")
    assert views(str(tmp_path / "c"), str(tmp_path)) == {"": DEFAULT}
    beside = ("values-prod.yaml", "values.openshift.yaml", "values_eu.yaml", "dev-values.yaml", "qa.values.yaml")
    names = (*beside, "values.yaml", "ci/default-values.yaml", "ci/other.yaml", "values/x.yaml", "myvalues.yaml")
    write(tmp_path, *(f"c/{name}" for name in names), "values-global.yaml", text="a: 1\n")
    (tmp_path / "c/values-folder.yaml").mkdir()
    found = views(str(tmp_path / "c"), str(tmp_path))
    expected = ["dev-values", "qa.values", "values-prod", "values.openshift", "values_eu", "ci/default-values"]
    expected += ["myvalues", "ci/other", "values/x"]
    views_of_files = [(name, Deployment(values=(str(tmp_path / "c" / f"{name}.yaml"),))) for name in expected]
    assert list(found.items()) == [("", DEFAULT), *views_of_files]


def test_values_in_the_folder_of_an_environment(tmp_path: Path) -> None:
    write(tmp_path, "c/Chart.yaml")
    write(
        tmp_path,
        "c/values.yaml",
        "c/environments/prod/values.yaml",
        "c/values/eu/values.yaml",
        "c/env/eu/west.yaml",
        text="a: 1\n",
    )
    write(tmp_path, "c/environments/prod/values/x.yaml", "c/ci/x/values.yaml", "c/config/prod/values.yaml", text="a: 1\n")
    write(tmp_path, "c/environments/dev/values.yaml", text="b: 1\n")
    assert list(views(str(tmp_path / "c"), str(tmp_path))) == ["", "environments/prod/values", "values/eu/values"]


def test_a_values_file_outside_is_no_view(tmp_path: Path) -> None:
    write(tmp_path, "root/c/Chart.yaml", "values-x.yaml")
    (tmp_path / "root/c/values-x.yaml").symlink_to(tmp_path / "values-x.yaml")
    assert views(str(tmp_path / "root/c"), str(tmp_path / "root")) == {"": DEFAULT}


def test_charts_that_are_not_deployed_by_themselves(tmp_path: Path) -> None:
    write(tmp_path, "a/Chart.yaml", "a/charts/b/Chart.yaml", "a/charts/b/charts/c/Chart.yaml", "charts/d/Chart.yaml")
    write(tmp_path, "l/Chart.yaml", text=CHART + "type: library\n")
    write(tmp_path, "broken/Chart.yaml", text="type: [\n")
    root = str(tmp_path)
    found = {
        name: len(views(str(tmp_path / name), root))
        for name in ("a", "charts/d", "broken", "l", "a/charts/b", "a/charts/b/charts/c")
    }
    assert found == {"a": 1, "charts/d": 1, "broken": 1, "l": 0, "a/charts/b": 0, "a/charts/b/charts/c": 0}
    assert views(str(tmp_path / "a"), root, {"a"}) == views(str(tmp_path / "charts/d"), root, {"charts/d"}) == {}
    assert views(str(tmp_path / "a/charts/b"), str(tmp_path / "a/charts/b")) == {"": DEFAULT}, "it alone is the root"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Chart.yaml", True),
        ("values.yaml", True),
        ("values-prod.yaml", True),
        ("values.openshift.yaml", True),
        ("myvalues.yaml", False),
        ("ci/a-values.yaml", True),
        ("templates/deep/a.yaml", True),
        ("crds/a.yaml", True),
        ("charts/db/templates/a.yaml", True),
        ("ci/a.yaml", False),
        ("ci/deep/a-values.yaml", False),
        ("examples/default/rendered/a.yaml", False),
        ("a.yaml", False),
        ("templates", False),
    ],
)
def test_which_files_are_part_of_a_chart(path: str, expected: bool) -> None:
    assert belongs_to_chart(path) == expected


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("charts/web", "web"),
        ("My_Chart.v2", "my-chart-v2"),
        ("-_-", "release"),
        ("x" * 60, "x" * 53),
        ("a" * 52 + "-b", "a" * 52),
    ],
)
def test_release_names(folder: str, name: str) -> None:
    assert release_name(folder) == name


def test_the_release_name_does_not_depend_on_where_a_repository_is(tmp_path: Path) -> None:
    for folder in ("clone", "other"):
        write(tmp_path, f"{folder}/Chart.yaml")
        assert release_name(str(tmp_path / folder)) == "web", "the name of the chart"
    write(tmp_path, "unnamed/Chart.yaml", text="apiVersion: v2\n")
    write(tmp_path, "broken/Chart.yaml", text="name: [\n")
    assert release_name(str(tmp_path / "unnamed")) == "unnamed"
    assert release_name(str(tmp_path / "broken")) == "broken"


@needs_helm
def test_a_view_applies_over_the_defaults(tmp_path: Path) -> None:
    write(tmp_path, "c/Chart.yaml")
    write(tmp_path, "c/templates/a.yaml", text="kind: ConfigMap\ndata: {a: {{ .Values.a }}, b: {{ .Values.b }}}\n")
    write(tmp_path, "c/values.yaml", text="a: 1\nb: 1\n")
    write(tmp_path, "c/values-prod.yaml", text="b: 2\n")
    found = views(str(tmp_path / "c"), str(tmp_path)).values()
    made = [template(str(tmp_path / "c"), str(tmp_path), *view.values) for view in found]
    assert [text.split("data: ")[1] for text in made] == ["{a: 1, b: 1}\n", "{a: 1, b: 2}\n"]
