"""`scclint who-can`: grants with their path, ghosts, unused grants and other ways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from tests.deploy.tools import needs_kustomize

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "who-can.json").read_text())

MANIFESTS = """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers: [{name: web, image: registry.example/web:1}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web-anyuid, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:anyuid"}
subjects:
  - {kind: ServiceAccount, name: web}
  - {kind: ServiceAccount, name: ghost, namespace: shop}
  - {kind: Group, name: "system:serviceaccounts:shop"}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deployer, namespace: shop}
rules:
  - {apiGroups: [apps], resources: [deployments], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: deployer, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deployer}
subjects: [{kind: User, name: alice}]
"""


@pytest.fixture
def shop(here: Path) -> Path:
    (here / "shop.yaml").write_text(MANIFESTS)
    return here


def found(cli: Cli, *words: str) -> dict[str, Any]:
    run = cli("who-can", "--isolated", "--format", "json", *words)
    assert run.status == 0, run.err
    document: dict[str, Any] = json.loads(run.out)
    Draft202012Validator(SCHEMA).validate(document)
    return document


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_text(shop: Path, cli: Cli) -> None:
    run = cli("who-can", "anyuid", "shop.yaml")
    assert run.status == 0
    assert run.out.startswith(
        "Who may use SCC anyuid on OpenShift 4.22:\n"
        "\n"
        "SUBJECT                            PODS IN  THROUGH                                                          "
        "ROLE                                     PLACE\n"
        "Group system:serviceaccounts:shop  shop     RoleBinding shop/web-anyuid (group system:serviceaccounts:shop)  "
        "ClusterRole system:openshift:scc:anyuid  shop.yaml:18\n"
        "  members: every service account of namespace shop\n"
        "ServiceAccount shop/ghost          shop     RoleBinding shop/web-anyuid                                      "
        "ClusterRole system:openshift:scc:anyuid  shop.yaml:18\n"
        "  no file of the input defines this service account\n"
        "  no workload of the input runs as this service account\n"
        "ServiceAccount shop/web            shop     RoleBinding shop/web-anyuid                                      "
        "ClusterRole system:openshift:scc:anyuid  shop.yaml:18\n"
        "  1 workload of the input runs as this service account\n"
        "\n"
    )
    assert (
        "\nOpenShift 4.22 itself grants it to Group system:cluster-admins, Group system:masters, User system:admin, " in run.out
    )
    assert run.out.endswith(
        "\n"
        "Who can get it in another way:\n"
        "  User alice may create pods as service account shop/default, which may use SCC anyuid\n"
        "    shop.yaml:33: RoleBinding deployer binds Role deployer\n"
        "    shop.yaml:29: Role deployer allows create of deployments\n"
        "    shop.yaml:18: RoleBinding web-anyuid binds ClusterRole system:openshift:scc:anyuid\n"
    )


def test_json_has_each_step_with_its_place(shop: Path, cli: Cli) -> None:
    document = found(cli, "anyuid", "shop.yaml")
    ours = {s["name"]: s for s in document["subjects"] if not all(g["installed"] for g in s["grants"])}
    assert set(ours) == {"web", "ghost", "system:serviceaccounts:shop"}
    assert (ours["web"]["defined"], ours["web"]["workloads"]) == (True, 1)
    assert (ours["ghost"]["defined"], ours["ghost"]["workloads"]) == (False, 0)
    assert ours["web"]["grants"] == [
        {
            "via": "rbac",
            "group": "",
            "namespace": "shop",
            "binding": {"kind": "RoleBinding", "namespace": "shop", "name": "web-anyuid"},
            "role": {"kind": "ClusterRole", "namespace": "", "name": "system:openshift:scc:anyuid"},
            "rule": 0,
            "installed": False,
            "places": [
                {
                    "message": "RoleBinding web-anyuid binds ClusterRole system:openshift:scc:anyuid",
                    "file": "shop.yaml",
                    "line": 18,
                    "column": 12,
                }
            ],
        }
    ]
    (way,) = document["escalations"]
    assert (way["kind"], way["name"], way["way"], way["inNamespace"]) == ("User", "alice", "pod", "shop")


def test_a_namespace_leaves_out_the_grants_of_others(shop: Path, cli: Cli) -> None:
    document = found(cli, "anyuid", "-n", "blue", "shop.yaml")
    assert all(grant["installed"] for subject in document["subjects"] for grant in subject["grants"])
    assert document["escalations"] == []


def test_paths_may_come_after_options(shop: Path, cli: Cli) -> None:
    first, last = found(cli, "anyuid", "shop.yaml", "-n", "shop"), found(cli, "anyuid", "-n", "shop", "shop.yaml")
    assert first == last
    assert [subject["name"] for subject in first["subjects"] if subject["defined"] is False] == ["ghost"]


def test_a_subject(shop: Path, cli: Cli) -> None:
    document = found(cli, "--subject", "sa/shop/web", "shop.yaml")
    assert document["subject"] == {"kind": "ServiceAccount", "namespace": "shop", "name": "web"}
    assert {entry["scc"]: len(entry["grants"]) for entry in document["sccs"]} == {
        "anyuid": 2,
        "restricted-v2": 1,
        "restricted-v3": 1,
    }


@pytest.mark.parametrize(
    ("text", "kind", "namespace", "name"),
    [
        ("system:serviceaccount:shop:web", "ServiceAccount", "shop", "web"),
        ("system:serviceaccounts:shop", "Group", "", "system:serviceaccounts:shop"),
        ("system:authenticated", "Group", "", "system:authenticated"),
        ("system:admin", "User", "", "system:admin"),
    ],
)
def test_a_subject_by_the_name_that_the_cluster_prints(
    shop: Path, cli: Cli, text: str, kind: str, namespace: str, name: str
) -> None:
    document = found(cli, "--subject", text, "shop.yaml")
    assert document["subject"] == {"kind": kind, "namespace": namespace, "name": name}


def test_a_subject_that_may_use_none_but_has_a_way(here: Path, cli: Cli) -> None:
    Path("shop.yaml").write_text(MANIFESTS.replace(":anyuid", ":privileged"))
    document = found(cli, "--subject", "user/alice", "shop.yaml")
    assert [entry["scc"] for entry in document["sccs"]] == ["restricted-v2", "restricted-v3"]
    assert [way["words"] for way in document["escalations"]] == [
        "may create pods as service account shop/default, which may use SCC privileged"
    ]


def test_an_scc_that_only_the_release_has_needs_no_input(here: Path, cli: Cli) -> None:
    run = cli("who-can", "restricted-v2")
    assert run.status == 4
    assert "No object of the input grants it." in run.out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((), "say which SCC, or which subject with --subject KIND/NAME"),
        (("anyuidd",), "OpenShift 4.22 has no SCC anyuidd; did you mean anyuid?"),
        (("anyuid", "gone/"), "scclint: gone: no such file or directory"),
        (("--subject", "robot/x"), "robot/x: a subject is serviceaccount/NAMESPACE/NAME, user/NAME or group/NAME"),
        (("--subject", "sa/web"), "say the namespace of the service account, as in serviceaccount/NAMESPACE/web or with -n"),
        (("--subject", "sa/a b/web"), "sa/a b/web: a b is no namespace"),
        (("anyuid", "--openshift", "4.20,4.22"), "who-can is about one cluster, not 4.20, 4.22"),
        (("anyuid", "--platform", "kubernetes"), "plain Kubernetes has no SCCs"),
    ],
)
def test_mistakes(here: Path, cli: Cli, words: tuple[str, ...], text: str) -> None:
    run = cli("who-can", *words)
    assert run.status == 2
    assert text in run.err


def test_a_path_in_place_of_the_scc(here: Path, cli: Cli) -> None:
    (here / "web.yaml").write_text(MANIFESTS)
    run = cli("who-can", "web.yaml")
    assert run.status == 2
    assert "Name the SCC before the path, as in `scclint who-can anyuid web.yaml`." in run.err


@needs_kustomize
def test_a_grant_of_several_overlays_is_one_entry_at_its_source(here: Path, cli: Cli) -> None:
    Path("base").mkdir()
    Path("base/web.yaml").write_text(MANIFESTS)
    Path("base/kustomization.yaml").write_text("resources: [web.yaml]\n")
    for name in ("dev", "prod"):
        Path(name).mkdir()
        Path(name, "kustomization.yaml").write_text("resources: [../base]\n")
    found = json.loads(cli("who-can", "anyuid", "--format", "json").out)
    (ghost,) = [one for one in found["subjects"] if one["name"] == "ghost"]
    assert ghost["units"] == ["dev", "prod"]
    assert [(place["file"], place["line"]) for place in ghost["grants"][0]["places"]] == [("base/web.yaml", 18)]
    assert "base/web.yaml:18" in cli("who-can", "anyuid").out
