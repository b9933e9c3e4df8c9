"""What the author of a linted tree cannot read, a report on it must not quote: nothing in it leads to files out of it."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import scclint.files as module
from scclint.apps.fleet.settings import ScanSettings, TargetSettings
from scclint.apps.lsp.project import Project
from scclint.config.model import Config
from scclint.deploy.kustomize.surroundings import Surroundings
from scclint.errors import ConfigError
from scclint.files import SourceFile, discover
from scclint.files.sources import find_sources
from scclint.run.scan import scan
from tests.robustness.conftest import Ran, Run, pod
from tests.running import facts_of, write_file

SECRET = "hunter2"
SECRET_POD = pod("a").replace("privileged: true", f"privileged: true # {SECRET}")
ORIGIN = "config.kubernetes.io/origin"
FORMATS = ("full", "sarif")
"""One for people and one for programs: all get what they show of the files from the same functions."""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that is linted, beside one that is none of the author's business."""
    for folder in ("tree/templates", "secret/templates"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("x.yaml", "templates/x.yaml"):
        (tmp_path / "secret" / name).write_text(SECRET_POD, encoding="utf-8")
    (tmp_path / "secret" / "kustomization.yaml").write_text(f"namespace: {SECRET}\nresources: [x.yaml]\n", encoding="utf-8")
    (tmp_path / "secret" / "Chart.yaml").write_text("name: secret\n", encoding="utf-8")
    (tmp_path / "tree" / "Chart.yaml").write_text("name: app\n", encoding="utf-8")
    return tmp_path / "tree"


def track(folder: Path) -> None:
    """Make the folder a work tree with all that is in it."""
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run(["git", "add", "."], cwd=folder, check=True)


def rendered(tree: Path, source: str) -> None:
    write_file(tree / "x.yaml", f"---\n# Source: {source}\n{pod('a')}")


def linked_template(tree: Path) -> None:
    (tree / "templates" / "x.yaml").symlink_to("../../secret/x.yaml")
    rendered(tree, "app/templates/x.yaml")


def linked_folder_of_templates(tree: Path) -> None:
    (tree / "templates").rmdir()
    (tree / "templates").symlink_to("../secret/templates")
    rendered(tree, "app/templates/x.yaml")


def dependency_beside(tree: Path) -> None:
    write_file(tree / "Chart.yaml", "name: app\ndependencies:\n- {name: secret, repository: 'file://../secret'}\n")
    rendered(tree, "app/charts/secret/templates/x.yaml")


def linked_dependency(tree: Path) -> None:
    (tree / "charts").symlink_to("..")
    rendered(tree, "app/charts/secret/templates/x.yaml")


def linked_dependencies(tree: Path) -> None:
    text = f"dependencies:\n- name: gone # {SECRET}\n  repository: x\n"
    write_file(tree.parent / "secret" / "requirements.yaml", text)
    (tree / "requirements.yaml").symlink_to("../secret/requirements.yaml")
    rendered(tree, "app/charts/gone/templates/x.yaml")


def origin_elsewhere(tree: Path) -> None:
    annotated = f"  name: a\n  annotations: {{{ORIGIN}: 'path: ../secret/x.yaml'}}"
    write_file(tree / "x.yaml", pod("a").replace("  name: a", annotated))


def linked_kustomization(tree: Path) -> None:
    (tree / "kustomization.yaml").symlink_to("../secret/kustomization.yaml")
    write_file(tree / "x.yaml", pod("a"))


def name_that_is_shown_like_a_link(tree: Path) -> None:
    write_file(tree / os.fsdecode(b"x\xff.yaml"), pod("a"))
    (tree / "x\\xff.yaml").symlink_to("../secret/x.yaml")
    write_file(tree / "x.yaml", pod("a"))


def folder_that_is_shown_like_a_link(tree: Path) -> None:
    folder = tree / os.fsdecode(b"x\xff")
    folder.mkdir()
    write_file(folder / "x.yaml", pod("a"))
    (tree / "x\\xff").symlink_to("../secret")
    write_file(tree / "x.yaml", pod("a"))


def linked_folder_in_the_index(tree: Path) -> None:
    write_file(tree / "x.yaml", pod("a"))
    write_file(tree / "templates" / "x.yaml", pod("b"))
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    subprocess.run(["git", "add", "."], cwd=tree, check=True)
    (tree / "templates" / "x.yaml").unlink()
    linked_folder_of_templates(tree)


WAYS: dict[Callable[[Path], None], str] = {
    linked_template: "templates/x.yaml",
    linked_folder_of_templates: "templates/x.yaml",
    dependency_beside: "../secret/templates/x.yaml",
    linked_dependency: "charts/secret/templates/x.yaml",
    linked_dependencies: "requirements.yaml",
    origin_elsewhere: "../secret/x.yaml",
}
"""Links and paths that lead out of the folder, and the file that findings are placed in if they are followed."""

OTHERS = (
    linked_kustomization,
    linked_folder_in_the_index,
    name_that_is_shown_like_a_link,
    folder_that_is_shown_like_a_link,
)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("way", [*WAYS, *OTHERS], ids=lambda way: way.__name__)
def test_no_secret_is_told(
    run: Run, tree: Path, monkeypatch: pytest.MonkeyPatch, way: Callable[[Path], None], format: str
) -> None:
    way(tree)
    monkeypatch.chdir(tree)
    ran = run("check", ".", *chart_of(tree), "--format", format, "--isolated")
    assert ran.status in (1, 2) and "privileged" in ran.out
    assert SECRET not in ran.out + ran.err


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_way_out(run: Run, tree: Path, monkeypatch: pytest.MonkeyPatch, way: Callable[[Path], None]) -> None:
    way(tree)
    monkeypatch.chdir(tree)
    assert WAYS[way] not in files_of(run("check", "x.yaml", *chart_of(tree), "--format", "json", "--isolated"))
    track(tree.parent)
    # In one work tree it is all the author's own.
    assert WAYS[way] in files_of(run("check", "x.yaml", *chart_of(tree), "--format", "json", "--isolated"))


def files_of(ran: Ran) -> set[str]:
    """The files that findings point into."""
    findings = facts_of(json.loads(ran.out))
    assert ran.status == 1 and findings
    return {place["file"] for finding in findings for place in (finding, *finding["related"])}


def test_a_kustomization_from_elsewhere_is_none(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    linked_kustomization(tree)
    monkeypatch.chdir(tree)
    assert not [*surroundings().beside(["x.yaml"])]
    track(tree.parent)
    assert [*surroundings().beside(["x.yaml"])] == ["kustomization.yaml"]


def surroundings() -> Surroundings:
    return Surroundings(scan(find_sources(["x.yaml"], Config()), Config())[0])


def chart_of(tree: Path) -> list[str]:
    return ["--helm-chart", "."] if "Source:" in (tree / "x.yaml").read_text(encoding="utf-8") else []


def test_an_index_may_name_anything(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    write_file(tree / "x.yaml", pod("a"))
    listed = ["../secret/x.yaml", str(tree.parent / "secret" / "x.yaml"), "x.yaml", "templates/../../secret/x.yaml"]
    monkeypatch.setattr(module, "listed_by_git", lambda folder, **_: listed)
    assert list(discover(["."])) == [SourceFile("./x.yaml", "x.yaml")]


def test_a_way_back_through_a_link_is_called_what_it_is(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`link/..` is the folder above what the link leads to; its files must not pass for those beside the link."""
    monkeypatch.chdir(tree)
    write_file(tree / "x.yaml", pod("a"))
    (tree / "link").symlink_to("../secret/templates")
    assert [getattr(file, "display", "") for file in discover(["link/../x.yaml", "x.yaml", "templates/../x.yaml"])] == [
        "link/../x.yaml",
        "x.yaml",
    ]
    assert os.path.samefile("link/../x.yaml", tree.parent / "secret" / "x.yaml")


def test_what_lies_elsewhere_does_not_come_from_the_working_directory(
    run: Run, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tree that was unpacked somewhere, linted from a folder of one's own."""
    annotated = f"  name: a\n  annotations: {{{ORIGIN}: 'path: x.yaml'}}"
    write_file(tree / "built.yaml", pod("a").replace("  name: a", annotated))
    secret = tree.parent / "secret"
    for cwd, paths in ((secret, ("../tree",)), (secret, ("../tree/built.yaml",)), (tree.parent, ("tree",))):
        write_file(tree.parent / "x.yaml", SECRET_POD)
        monkeypatch.chdir(cwd)
        assert SECRET not in run("check", *paths, "--format", "json", "--isolated").out
        assert not [file for file in files_of(run("check", *paths, "--format", "json", "--isolated")) if file == "x.yaml"]


def test_what_is_built_into_an_ignored_folder_comes_from_the_work_tree(
    run: Run, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_file(tree / ".gitignore", "/built/\n")
    track(tree)
    (tree / "built").mkdir()
    annotated = f"  name: a\n  annotations: {{{ORIGIN}: 'path: x.yaml'}}"
    write_file(tree / "x.yaml", pod("a"))
    write_file(tree / "built" / "b.yaml", pod("a").replace("  name: a", annotated))
    monkeypatch.chdir(tree)
    for path in ("built", "built/b.yaml"):
        assert "x.yaml" in files_of(run("check", path, "--format", "json", "--isolated"))


@pytest.mark.parametrize(
    "path", ['"a\\0b"', "../" * 2000 + "x", '"\\udcff.yaml"', "." * 5000], ids=["nul", "up", "half", "long"]
)
def test_paths_that_lead_nowhere(run: Run, tree: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.chdir(tree)
    annotated = f"  name: a\n  annotations:\n    {ORIGIN}: |\n      path: {path}\n"
    write_file(tree / "x.yaml", pod("a").replace("  name: a\n", annotated))
    ran = run("check", ".", "--format", "json", "--isolated")
    assert files_of(ran) == {"x.yaml"} and not json.loads(ran.out)["summary"]["crashes"]


def test_a_configuration_from_elsewhere_is_none(run: Run, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    write_file(tree / "x.yaml", pod("a"))
    name = ".scclint.yaml"
    write_file(tree.parent / "secret" / name, f"{SECRET}: 1\n")
    (tree / name).symlink_to(f"../secret/{name}")
    ran = run("check", ".")
    assert (ran.status, SECRET in ran.err, ran.out) == (2, False, "")
    assert ran.err.startswith(f"scclint: {name}: is a link out of the tree, and not followed: name it with --config")
    track(tree.parent)
    assert "is a link" not in run("check", ".").err, "in one work tree it is all the author's own"


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ("template: /proc/self/environ", "lies outside the folder of the configuration; put the template"),
        ("template: ../secret/x.yaml", "lies outside the folder of the configuration; put the template"),
        ("template: .git/config", "lies outside the folder of the configuration; put the template"),
        ("template: link.j2", "is a link, or lies in a linked folder"),
        ("template: linked/x.yaml", "is a link, or lies in a linked folder"),
        ("template: inner.j2", "is a link, or lies in a linked folder"),
        ("template: templates", "is not a regular file"),
        ('template: "t.j2\\0"', "is not a path"),
        (
            "profile-dirs: [templates, ../secret]",
            "and the git work tree around it; to read it, pass the configuration with --config",
        ),
        ("cluster: {state: [../secret]}", "and the git work tree around it"),
        ("helm-chart: ../secret", "and the git work tree around it"),
        ("helm-values: [linked/x.yaml]", "and the git work tree around it"),
        ("units: [{path: ../secret}]", "and the git work tree around it"),
        ("units: [{path: ., values: [../secret/x.yaml]}]", "and the git work tree around it"),
    ],
)
def test_a_configuration_that_was_found_names_no_files_elsewhere(
    run: Run, tree: Path, monkeypatch: pytest.MonkeyPatch, setting: str, problem: str
) -> None:
    monkeypatch.chdir(tree)
    write_file(tree / "x.yaml", pod("a"))
    write_file(tree / "t.j2", "own")
    (tree / ".git").mkdir()
    write_file(tree / ".git" / "config", SECRET)
    (tree / "link.j2").symlink_to("../secret/x.yaml")
    (tree / "inner.j2").symlink_to("t.j2")
    (tree / "linked").symlink_to("../secret")
    write_file(tree / ".scclint.yaml", setting)
    ran = run("check", ".")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("scclint: .scclint.yaml:1:") and problem in ran.err
    assert ran.err.count("\n") == 1 and SECRET not in ran.err


def test_a_template_of_a_found_configuration_lies_below_it(run: Run, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_file(tree / "x.yaml", pod("a"))
    write_file(tree / "templates" / "t.j2", "{{ access | length }} found")
    write_file(tree / ".scclint.yaml", "template: ./templates/../templates/t.j2")
    (tree.parent / "link").symlink_to("tree")
    for folder in ("tree", "link"):
        assert run("check", folder).out.endswith(" found\n")
    monkeypatch.chdir(tree / "templates")
    assert run("check", "..").out.endswith(" found\n")


def test_the_user_names_files_anywhere(run: Run, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    write_file(tree / "x.yaml", pod("a"))
    (tree / "link.j2").symlink_to("../secret/x.yaml")
    for name in ("link.j2", "../secret/x.yaml"):
        assert run("check", ".", "--template", name).out == SECRET_POD
        write_file(tree / ".scclint.yaml", f"template: {name}")
        assert run("check", ".", "--config", ".scclint.yaml").out == SECRET_POD
    write_file(tree / ".scclint.yaml", "profile-dirs: [../secret]")
    assert SECRET in run("check", ".", "--config", ".scclint.yaml").out
    track(tree.parent)
    # In one work tree it is all the author's own.
    assert SECRET in run("check", ".").out


def test_editors_and_fleets_keep_to_the_tree(run: Run, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    write_file(tree / ".scclint.yaml", "profile-dirs: [../secret]")
    named = str(tree / ".scclint.yaml")
    for found in (lambda: Project("."), lambda: TargetSettings(ScanSettings()).of_target(copied=False)):
        with pytest.raises(ConfigError, match="lies outside the folder of the configuration"):
            found()
    assert Project(".", named).config.profile_dirs == TargetSettings(ScanSettings(file=named)).common[0].profile_dirs
