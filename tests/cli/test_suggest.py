"""`scclint suggest`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from tests.deploy.tools import needs_kustomize
from tests.yaml_text import read_documents

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "suggest.json").read_text(encoding="utf-8"))
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers:
        - {name: web, image: registry.example/web:1, securityContext: {runAsUser: 0}}
"""


@pytest.fixture
def web(here: Path) -> Path:
    (here / "web.yaml").write_text(WEB)
    return here


@pytest.mark.parametrize("what", ["deployment/web", "deploy/web", "serviceaccount/web", "sa/web", "web.yaml", "web.yaml:9"])
def test_a_stream_that_oc_applies(what: str, web: Path, cli: Cli) -> None:
    run = cli("suggest", "-n", "shop", what)
    assert run.status == 0
    assert [item["kind"] for item in read_documents(run.out)] == [
        *("ServiceAccount", "SecurityContextConstraints", "Role", "RoleBinding")
    ]
    assert "# Deployment web: before: no SCC admits its pods; after: SCC scc-shop-web." in run.out
    assert "runAsUser:  # Deployment web: spec.containers[0].securityContext.runAsUser: 0\n" in run.out
    (web / "scc.yaml").write_text(run.out)
    assert cli("check", "-n", "shop", "--select", "SCC101").status == 0


def test_a_placeholder_for_a_namespace_that_nobody_names(web: Path, cli: Cli) -> None:
    bare, named = cli("suggest", "deployment/web"), cli("suggest", "-n", "shop", "deployment/web")
    assert bare.status == 0
    assert "# To do: replace NAMESPACE with the namespace of the pods, or name it with -n.\n" in bare.out
    assert read_documents(bare.out.replace("NAMESPACE", "shop")) == read_documents(named.out)
    answer = json.loads(cli("suggest", "--format", "json", "deployment/web").out)
    assert (answer["namespace"], answer["scc"]) == ("NAMESPACE", "scc-NAMESPACE-web")


@pytest.mark.parametrize("text", [WEB, WEB.replace("runAsUser: 0", "runAsUser: 5"), WEB.replace("runAsUser: 0", "")])
def test_json_has_a_schema(text: str, web: Path, cli: Cli) -> None:
    (web / "web.yaml").write_text(text)
    Draft202012Validator.check_schema(SCHEMA)
    run = cli("suggest", "-n", "shop", "--format", "json", "deployment/web")
    assert list(Draft202012Validator(SCHEMA).iter_errors(json.loads(run.out))) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("deployment",), "deployment: no workload of the input is or uses it; there are: deployment/web"),
        (("gone.yaml",), "a workload is FILE, FILE:LINE or KIND/NAME, as in deployment/web"),
        (("-n", "shop", "."), ". has several workloads, deployment/web and deployment/other: name one of them"),
        (("-n", "shop", "deployment/wep"), "no workload of the input is or uses it; there are: deployment/web"),
        (("-n", "shop", "--openshift", "4.16,4.20", "deployment/web"), "suggest is about one cluster"),
        (("--platform", "kubernetes", "--kubernetes", "1.30", "deployment/web"), "plain Kubernetes has no SCCs"),
        (("-n", "kube-public", "deployment/web"), "SCC admission does not run in namespace kube-public"),
    ],
)
def test_what_cannot_be_suggested(words: tuple[str, ...], message: str, web: Path, cli: Cli) -> None:
    if "." in words:
        (web / "z.yaml").write_text(WEB.replace("{name: web}", "{name: other}"))
    run = cli("suggest", *words)
    assert run.status == 2
    assert message in run.err


def test_all_pods_of_a_workload_get_the_scc(here: Path, cli: Cli) -> None:
    (here / "ci.yaml").write_text(
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: ci}\nspec:\n  templates:\n"
        "  - {name: one, container: {image: i}}\n"
        "  - {name: two, container: {image: i, securityContext: {runAsUser: 0}}}\n"
    )
    out = cli("suggest", "-n", "shop", "workflow/ci").out.replace("SCC\n# ", "SCC ")
    assert "# template one of Workflow ci: before: SCC restricted-v2; after: SCC restricted-v2.\n" in out
    assert "# template two of Workflow ci: before: no SCC admits its pods; after: SCC scc-shop-ci.\n" in out


@needs_kustomize
def test_a_name_in_several_units_means_all_of_them(here: Path, cli: Cli) -> None:
    """An SCC for the pods of one overlay may reject those of another one."""
    (here / "base").mkdir()
    (here / "base" / "web.yaml").write_text(WEB)
    (here / "base" / "kustomization.yaml").write_text("resources: [web.yaml]\n")
    for overlay, privileged in (("a", "false"), ("b", "true")):
        (here / overlay).mkdir()
        (here / overlay / "web.yaml").write_text(WEB.replace("runAsUser: 0", f"privileged: {privileged}"))
        (here / overlay / "kustomization.yaml").write_text("resources: [../base]\npatches: [{path: web.yaml}]\n")
    run = cli("suggest", "-n", "shop", "deployment/web")
    assert run.status == 0
    assert "allowPrivilegedContainer: false" in run.out
    assert "this is for unit a; with --unit it is for another one, whose pods need another SCC: b" in run.out.replace(
        "\n# ", " "
    )
    assert "allowPrivilegedContainer: true" in cli("suggest", "-n", "shop", "deployment/web", "--unit", "b").out
    (here / "b" / "web.yaml").write_text((here / "a" / "web.yaml").read_text())
    assert cli("suggest", "-n", "shop", "deployment/web").status == 0
