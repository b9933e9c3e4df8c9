"""Charts on disk and the files that `# Source:` lines speak of."""

import subprocess
from pathlib import Path

import pytest

from scclint.deploy.helm.chart import TemplateOrigin, chart_at, charts_below, find_origin
from scclint.errors import LoadError
from scclint.files import Reach
from scclint.source import Span
from tests.running import write_file


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def origin(source: str) -> TemplateOrigin | None:
    return find_origin(source, [chart_at("c", Reach("."))])


def test_the_name_is_that_of_the_chart_not_of_its_folder() -> None:
    write_file("c/Chart.yaml", "name: shop\n")
    write_file("c/templates/web/a.yaml")
    write_file("c/crds/b.yaml")
    assert origin("shop/templates/web/a.yaml") == TemplateOrigin("c/templates/web/a.yaml")
    assert origin("shop/crds/b.yaml") == TemplateOrigin("c/crds/b.yaml", raw=True)
    assert origin("c/templates/web/a.yaml") is None
    assert origin("shop/templates/missing.yaml") is None
    assert origin("shop") is None


def test_no_way_out_of_the_chart() -> None:
    write_file("c/Chart.yaml", "name: shop\n")
    write_file("secret.yaml")
    assert origin("shop/../secret.yaml") is None
    assert origin("shop/charts/../../secret.yaml") is None


@pytest.mark.parametrize(
    "path", ["charts//x.yaml", "charts/a//x.yaml", "/x.yaml", "charts/" * 1200 + "x.yaml", "charts/a/" * 1200 + "x"]
)
def test_paths_that_helm_does_not_write(path: str) -> None:
    write_file("c/Chart.yaml", "name: shop\ndependencies:\n- {}\n- {alias: a}\n")
    write_file("c/x.yaml")
    assert origin(f"shop/{path}") is None


def test_a_dependency_with_no_name_but_an_alias() -> None:
    write_file("c/Chart.yaml", "name: shop\ndependencies:\n- {}\n- {alias: a}\n")
    assert origin("shop/charts/a/x.yaml") == TemplateOrigin("c/Chart.yaml", entry=Span("c/Chart.yaml", 4, 4, 4, 12))


def test_links_among_dependencies_are_many_ways_to_one_folder() -> None:
    write_file("c/Chart.yaml", "name: shop\n")
    write_file("c/templates/a.yaml")
    Path("c/charts").mkdir()
    for number in range(50):
        Path(f"c/charts/link{number}").symlink_to("..")
    assert origin("shop/" + "charts/shop/" * 15 + "templates/missing.yaml") is None
    found = origin("shop/" + "charts/shop/" * 15 + "templates/a.yaml")
    assert found is not None and Path(found.file).samefile("c/templates/a.yaml")


DEPENDENCIES = """\
name: shop
dependencies:
  - {name: cache, alias: sessions}
  - version: 1.0.0
    name: broker
    repository: file://../broker
"""


@pytest.mark.parametrize("folder", ["sessions", "cache", "cache-1.2.3"])
def test_a_dependency_by_its_alias(folder: str) -> None:
    write_file("c/Chart.yaml", DEPENDENCIES)
    write_file(f"c/charts/{folder}/Chart.yaml", "name: cache\n")
    write_file(f"c/charts/{folder}/templates/a.yaml")
    assert origin("shop/charts/sessions/templates/a.yaml") == TemplateOrigin(f"c/charts/{folder}/templates/a.yaml")


def test_a_dependency_beside_the_chart() -> None:
    write_file("c/Chart.yaml", DEPENDENCIES)
    write_file("broker/templates/a.yaml")
    assert origin("shop/charts/broker/templates/a.yaml") == TemplateOrigin("broker/templates/a.yaml")


def test_a_dependency_out_of_reach_is_the_entry_that_asks_for_it() -> None:
    write_file("c/Chart.yaml", DEPENDENCIES)
    write_file("c/charts/broker-1.0.0.tgz")
    write_file("c/charts/other/Chart.yaml", "name: [broken\n")
    place = Span("c/Chart.yaml", 5, 5, 5, 17)
    assert origin("shop/charts/broker/templates/a.yaml") == TemplateOrigin("c/Chart.yaml", entry=place)
    place = Span("c/Chart.yaml", 3, 6, 3, 17)
    assert origin("shop/charts/sessions/templates/a.yaml") == TemplateOrigin("c/Chart.yaml", entry=place)
    assert origin("shop/charts/unheard-of/templates/a.yaml") is None


def test_dependencies_within_dependencies_and_of_old_charts() -> None:
    write_file("c/Chart.yaml", "name: shop\n")
    write_file("c/requirements.yaml", "dependencies:\n- name: cache\n  alias: sessions\n")
    write_file("c/charts/cache/Chart.yaml", "name: cache\n")
    write_file("c/charts/cache/charts/common/templates/a.yaml")
    assert origin("shop/charts/sessions/charts/common/templates/a.yaml") == TemplateOrigin(
        "c/charts/cache/charts/common/templates/a.yaml"
    )


@pytest.mark.parametrize(
    ("text", "why"), [(None, "no such file or directory"), ("version: 1\n", "has no name"), ("name: [a\n", "has no name")]
)
def test_no_chart(text: str | None, why: str) -> None:
    if text is not None:
        write_file("c/Chart.yaml", text)
    with pytest.raises(LoadError) as caught:
        chart_at("c", Reach("."))
    assert (caught.value.file, caught.value.message) == ("c/Chart.yaml", why)


def below() -> list[tuple[str, str]]:
    return [(chart.folder, chart.name) for chart in charts_below(".")]


def test_charts_below_nearest_first() -> None:
    for folder in ("b/charts/x", "b", "a", "d/e/f/g", ".hidden"):
        write_file(f"{folder}/Chart.yaml", f"name: {folder.rpartition('/')[2]}\n")
    write_file("broken/Chart.yaml", "name: [a\n")
    assert below() == [("./a", "a"), ("./b", "b"), ("./b/charts/x", "x")]
    write_file("Chart.yaml", "name: top\n")
    assert below()[0] == (".", "top")


def test_charts_that_git_ignores_do_not_count() -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    write_file(".gitignore", "out\n")
    write_file("out/Chart.yaml", "name: a\n")
    write_file("deep/in/the/tree/of/Chart.yaml", "name: b\n")
    assert below() == [("./deep/in/the/tree/of", "b")]
