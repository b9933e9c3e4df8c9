"""Commands that are about a cluster take a dump of it as their input, in a folder or in an archive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.manifests import WEB
from tests.must_gather import ROOT, dump, files, listed, one, write_archive, write_folder
from tests.running import facts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Cli

both = pytest.mark.parametrize(("write", "name"), [(write_folder, "dump"), (write_archive, "dump.tar.gz")])


@both
def test_a_dump_as_input(here: Path, cli: Cli, write: Callable[..., Any], name: str) -> None:
    write(Path(name), files())
    review = cli("review", name, "--format", "json")
    (workload,) = json.loads(review.out)["workloads"]
    assert (workload["name"], workload["release"], review.status, review.err) == ("web-5d-aaaaa", "4.16", 0, "")
    assert workload["file"] == f"{name}/namespaces/shop/pods/web-5d-aaaaa/web-5d-aaaaa.yaml"
    who = json.loads(cli("who-can", "mine", name, "--format", "json").out)
    (special,) = [subject for subject in who["subjects"] if subject["name"] == "special"]
    assert (who["release"], special["grants"][0]["via"]) == ("4.16", "users")


def test_a_dump_beside_manifests(here: Path, cli: Cli) -> None:
    write_folder(Path("dump"), files())
    Path("web.yaml").write_text(WEB)
    found = json.loads(cli("review", "dump", "web.yaml", "--format", "json").out)["workloads"]
    assert sorted((one["name"], one["release"]) for one in found) == [("web", "4.16"), ("web-5d-aaaaa", "4.16")]


def test_a_folder_with_a_dump_among_other_files_is_no_dump(here: Path, cli: Cli) -> None:
    write_folder(Path("repository/tests/dump"), files())
    (Path("repository") / "deploy").mkdir()
    (Path("repository") / "deploy" / "web.yaml").write_text(WEB)
    found = json.loads(cli("review", "repository", "--format", "json").out)["workloads"]
    assert ("web", "4.22") in {(one["name"], one["release"]) for one in found}


def test_a_file_of_a_dump_that_cannot_be_read(here: Path, cli: Cli) -> None:
    write_folder(Path("dump"), files())
    broken = next(Path("dump").rglob("shop.yaml"))
    broken.unlink()
    broken.symlink_to("/etc/hostname")
    run = cli("review", "dump")
    assert run.status == 2
    assert "is a link, which is not followed" in run.err


@pytest.mark.parametrize(
    "words",
    [["check"], ["review"], ["who-can", "mine"], ["suggest", "deployment/web"]],
    ids=lambda words: words[0],
)
def test_every_command_says_what_a_dump_lacks(here: Path, cli: Cli, words: list[str]) -> None:
    write_folder(Path("dump"), files())
    Path("web.yaml").write_text(WEB.replace("namespace: shop", "namespace: elsewhere"))
    said = cli(*words, "web.yaml", "--cluster-state", "dump").err.replace("\n", " ")
    assert "the cluster dump lacks" in said
    assert said.count("namespace elsewhere") == 1


@both
@pytest.mark.parametrize("command", ["check", "review", "explain", "units", "suggest"])
def test_the_release_of_a_dump_counts_in_every_command(
    here: Path, cli: Cli, write: Callable[..., Any], name: str, command: str
) -> None:
    write(Path(name), files())
    words = [command, *(["pod/web-5d-aaaaa"] if command == "explain" else []), name]
    said = cli(*words)
    assert "4.22" not in said.out + said.err
    assert "namespaces/shop/pods/web-5d-aaaaa" in cli(*words, "--format", "json").out or command == "suggest"


def deployment(name: str) -> dict[str, Any]:
    pod = {"containers": [{"name": "c", "image": "i", "securityContext": {"runAsUser": 0}}]}
    template = {"metadata": {"labels": {"app": name}}, "spec": pod}
    return one("Deployment", name, "apps/v1", "shop", spec={"selector": {"matchLabels": {"app": name}}, "template": template})


@both
@pytest.mark.parametrize("listing", [True, False])
def test_a_workload_without_a_pod_is_judged(here: Path, cli: Cli, write: Callable[..., Any], name: str, listing: bool) -> None:
    folder = f"{ROOT}/namespaces/shop/apps"
    workloads = [deployment("web"), deployment("db")]
    if listing:
        more = {f"{folder}/deployments.yaml": listed("Deployment", workloads, "apps/v1")}
    else:
        more = {f"{folder}/deployments/{one['metadata']['name']}.yaml": dump(one) for one in workloads}
    write(Path(name), {**files(), **more})
    found = json.loads(cli("review", name, "--format", "json").out)["workloads"]
    assert sorted((one["kind"], one["name"]) for one in found) == [("Deployment", "db"), ("Pod", "web-5d-aaaaa")]
    (rejected,) = [one for one in facts_of(json.loads(cli("check", name, "--format", "json").out)) if one["rule"] == "SCC101"]
    assert "Deployment db" in rejected["text"]
