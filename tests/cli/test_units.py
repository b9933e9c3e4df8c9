"""`scclint units`, and --unit, --render and ties in the other commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from tests.running import facts_of, write_file

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

SCHEMA = Path(__file__).parents[2] / "schemas" / "units.json"
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1
          securityContext: {runAsUser: 1000}
"""
UNPLACED = WEB.replace(", namespace: shop", "").replace("    spec:\n", "    spec:\n      serviceAccountName: web\n")
ACCOUNT = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: NAMESPACE}\n"
SUITE = "apiVersion: kuttl.dev/v1beta1\nkind: TestSuite\ntestDirs: [tests/e2e]\n"
GRANT = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:anyuid"}
subjects: [{kind: ServiceAccount, name: default, namespace: shop}]
"""


@pytest.fixture
def tree(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two overlays of a base, and a grant beside them, on a machine without kustomize."""
    monkeypatch.setenv("PATH", str(here / "no programs"))
    write_file("base/web.yaml", WEB)
    write_file("base/kustomization.yaml", "resources: [web.yaml]\n")
    for name in ("dev", "prod"):
        write_file(f"overlays/{name}/kustomization.yaml", "namespace: shop\nresources: [../../base]\n")
    write_file("grant.yaml", GRANT)
    return here


def test_the_table(tree: Path, cli: Cli) -> None:
    run = cli("units")
    assert run.status == 0
    assert run.out == (
        "UNIT           KIND       FILES  WORKLOADS  NAMESPACE  RENDERED\n"
        "other files    plain      1      0          -          -\n"
        "  files: grant.yaml\n"
        "  unit: plain files that nothing else takes\n"
        "  applied by: not known (scclint finds no object or command that applies it)\n"
        "overlays/dev   kustomize  3      1          shop       no\n"
        "  workloads: Deployment web\n"
        "  files: base/kustomization.yaml, base/web.yaml and overlays/dev/kustomization.yaml\n"
        "  namespace: shop, because the manifest names it\n"
        "  unit: a kustomization that no other one includes\n"
        "  applied by: not known (scclint finds no object or command that applies it)\n"
        "  not rendered: kustomize not found\n"
        "  takes from other files: RoleBinding shop/web\n"
        "overlays/prod  kustomize  3      1          shop       no\n"
        "  workloads: Deployment web\n"
        "  files: base/kustomization.yaml, base/web.yaml and overlays/prod/kustomization.yaml\n"
        "  namespace: shop, because the manifest names it\n"
        "  unit: a kustomization that no other one includes\n"
        "  applied by: not known (scclint finds no object or command that applies it)\n"
        "  not rendered: kustomize not found\n"
        "  takes from other files: RoleBinding shop/web\n"
    )
    assert run.err == "note: 2 units judged unrendered (overlays/dev and overlays/prod): kustomize not found\n"


def test_json_follows_its_schema(tree: Path, cli: Cli) -> None:
    found = json.loads(cli("units", "--format", "json").out)
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(found)
    assert set(found["units"][0]) == set(schema["properties"]["units"]["items"]["properties"])
    assert found["units"][1] == {
        "name": "overlays/dev",
        "kind": "kustomize",
        "path": "overlays/dev",
        "files": ["base/kustomization.yaml", "base/web.yaml", "overlays/dev/kustomization.yaml"],
        "namespace": "shop",
        "placed": [{"namespace": "shop", "why": "the manifest names it"}],
        "appliedBy": "not known (scclint finds no object or command that applies it)",
        "workloads": 1,
        "rendered": False,
        "unrendered": "kustomize not found",
        "leftOut": "",
        "reason": "a kustomization that no other one includes",
        "commands": [],
        "shared": [],
        "context": [{"unit": ".", "kind": "RoleBinding", "namespace": "shop", "name": "web"}],
    }


def test_the_commands_that_deploy_a_unit(tree: Path, cli: Cli) -> None:
    write_file("Makefile", "".join(f"\t$(OC) apply -k overlays/dev --context {number}\n" for number in range(5)))
    assert (
        "  namespace: shop, because the manifest names it\n"
        "  applied by: Makefile:1: $(OC) apply -k overlays/dev --context 0\n"
        "  applied by: Makefile:2: $(OC) apply -k overlays/dev --context 1\n"
        "  applied by: Makefile:3: $(OC) apply -k overlays/dev --context 2\n"
        "  and 2 more commands\n"
        "  not rendered: kustomize not found\n"
    ) in cli("units").out
    dev, prod = json.loads(cli("units", "--format", "json").out)["units"][1:]
    assert (len(dev["commands"]), prod["commands"]) == (5, [])


def test_shared_files_of_alternatives(here: Path, cli: Cli) -> None:
    for name in ("dev", "prod"):
        write_file(f"{name}/web.yaml", WEB)
    write_file("grant.yaml", GRANT)
    out = cli("units").out
    assert "  unit: it defines an object that files beside it define as well\n" in out
    assert out.count("  judged together with grant.yaml, which other units have as well\n") == 2


def test_no_units(here: Path, cli: Cli) -> None:
    run = cli("units")
    assert (run.status, run.out) == (4, "No units found.\n")


def test_the_namespace_of_the_command_line(tree: Path, cli: Cli) -> None:
    found = json.loads(cli("units", "--format", "json", "-n", "web").out)
    assert [unit["namespace"] for unit in found["units"]] == ["web"] * 3
    assert found["units"][0]["placed"] == [{"namespace": "web", "why": "the option or setting `namespace` names it"}]


APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: openshift-gitops}
spec: {destination: {namespace: shop}, source: {repoURL: '', path: app}}
"""
PLACED = {
    "an account": (
        {"a.yaml": UNPLACED + ACCOUNT.replace("NAMESPACE", "shop")},
        ["namespace: shop, because it is the only one in the input with service account web"],
    ),
    "nothing": ({"a.yaml": UNPLACED}, ["namespace: not known (nothing in the input says it)"]),
    "two": (
        {"a.yaml": UNPLACED + "---\n" + WEB.replace("{name: web,", "{name: b,").replace("shop", "bank")},
        ["namespace: not known (nothing in the input says it)", "namespace: bank, because the manifest names it"],
    ),
    "a command": (
        {"a.yaml": UNPLACED, "a.sh": "oc apply -n bank -f a.yaml\n"},
        ["namespace: bank, because the command that deploys it names it", "applied by: a.sh:1: oc apply -n bank -f a.yaml"],
    ),
    "a kustomization": (
        {"a.yaml": UNPLACED, "kustomization.yaml": "namespace: shop\nresources: [a.yaml]\n"},
        ["namespace: shop, because its kustomization sets it"],
    ),
    "a template": (
        {"bindata/a.yaml": UNPLACED.replace("{name: web}", "{name: web, labels: {a: {{ .X }}}}")},
        ["applied by: not known (a program fills in its templates first)"],
    ),
    "an Application in a file": (
        {"app/a.yaml": UNPLACED, "argo.yaml": APPLICATION},
        ["applied by: Application web in argo.yaml; it is not known who applies that file"],
    ),
    "an Application that a script may apply": (
        {"app/a.yaml": UNPLACED, "clusters/dev/argo.yaml": APPLICATION, "a.sh": "oc apply -f clusters/$1/argo.yaml\n"},
        [
            "applied by: Application web in clusters/dev/argo.yaml; perhaps a.sh:1: oc apply -f clusters/$1/argo.yaml applies that file"
        ],
    ),
    "an Application that a script applies": (
        {"app/a.yaml": UNPLACED, "argo.yaml": APPLICATION, "a.sh": "oc apply -f argo.yaml\n"},
        ["applied by: Application web in argo.yaml"],
    ),
    "a variable": (
        {
            "dev/a.yaml": UNPLACED,
            "dev/kustomization.yaml": "resources: [a.yaml]\n",
            "a.sh": "oc apply -k ./$1\noc apply -k $TOP/dev\n",
        },
        ["applied by: perhaps a.sh:2: oc apply -k $TOP/dev"],
    ),
    "a variable in another folder": (
        {"dev/a.yaml": UNPLACED, "dev/kustomization.yaml": "resources: [a.yaml]\n", "a.sh": "oc apply -k overlays/$1\n"},
        ["applied by: not known (scclint finds no object or command that applies it)"],
    ),
    "values that are not known": (
        {
            "shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
            "shop/templates/a.yaml": UNPLACED,
            "a.sh": "helm install shop shop -f $VALUES\n",
        },
        ["applied by: perhaps a.sh:1: helm install shop shop -f $VALUES"],
    ),
    "a playbook": (
        {"site/play.yml": "- hosts: all\n  tasks:\n  - k8s: {namespace: bank, src: a.yaml}\n", "site/a.yaml": UNPLACED},
        ["unit: an Ansible playbook applies it", "applied by: Ansible, with the playbook or role"],
    ),
}


@pytest.mark.parametrize("case", PLACED)
def test_the_namespace_and_who_applies_a_unit_in_words(case: str, here: Path, cli: Cli) -> None:
    files, lines = PLACED[case]
    for name, text in files.items():
        write_file(name, text)
    out = cli("units", "--render", "never").out
    assert [line for line in lines if f"  {line}\n" not in out] == []


@pytest.mark.parametrize(
    ("globs", "names"),
    [
        ([], [".", "overlays/dev", "overlays/prod"]),
        (["prod"], ["overlays/prod"]),
        (["overlays/*"], ["overlays/dev", "overlays/prod"]),
        (["overlays"], ["overlays/dev", "overlays/prod"]),
        (["."], ["."]),
        ([".", "overlays/dev"], [".", "overlays/dev"]),
    ],
)
def test_units_by_name(tree: Path, cli: Cli, globs: list[str], names: list[str]) -> None:
    options = [word for glob in globs for word in ("--unit", glob)]
    assert [unit["name"] for unit in json.loads(cli("units", "--format", "json", *options).out)["units"]] == names


def test_a_unit_that_does_not_exist(tree: Path, cli: Cli) -> None:
    run = cli("check", "--unit", "staging")
    assert (run.status, run.err) == (2, "scclint: no unit matches staging; `scclint units` lists the units\n")


def test_other_units_give_context_and_are_not_reported(tree: Path, cli: Cli) -> None:
    write_file("other.yaml", WEB.replace("name: web", "name: other").replace("namespace: shop", "namespace: other"))
    whole = json.loads(cli("check", "--format", "json").out)
    assert {f["file"] for f in facts_of(whole)} == {"base/web.yaml", "grant.yaml", "other.yaml"}
    run = cli("check", "--unit", "overlays/prod", "--format", "json")
    part = json.loads(run.out)
    assert {(f["file"], f["rule"], *f["units"]) for f in facts_of(part)} == {
        ("base/web.yaml", rule, "overlays/prod") for rule in ("SCC102", "SEC201")
    }
    assert (part["summary"]["units"], part["summary"]["files"]) == (1, 3)
    assert "1 unit judged unrendered (overlays/prod)" in run.err
    rows = json.loads(cli("review", "--unit", "overlays/prod", "--format", "json").out)["workloads"]
    assert [(row["name"], row["scc"], row["units"]) for row in rows] == [("web", "anyuid", ["overlays/prod"])]
    assert "no such workload" in cli("explain", "--unit", "overlays/prod", "deployment/other").err
    assert cli("explain", "--unit", "overlays/prod", "deployment/web").out.count("Deployment shop/web") == 1


def test_what_comes_out_the_same_in_several_units_is_explained_once(tree: Path, cli: Cli) -> None:
    shared = cli("explain", "deployment/web").out
    assert shared.count("Deployment shop/web") == 1
    assert shared.startswith("Deployment shop/web  in overlays/dev and overlays/prod  base/web.yaml:3\n  OpenShift")
    write_file("base/web.yaml", WEB.replace(", namespace: shop", ""))
    write_file("overlays/dev/kustomization.yaml", "namespace: shop-dev\nresources: [../../base]\n")
    dev, prod = cli("explain", "deployment/web").out.split("\n\nDeployment ")
    assert dev.startswith("Deployment web  in overlays/dev  base/web.yaml:3\n") and "; namespace shop-dev (its" in dev
    assert prod.startswith("web  in overlays/prod  base/web.yaml:3\n") and "; namespace shop (its" in prod
    assert " in overlays" not in cli("explain", "--unit", "overlays/dev", "deployment/web").out


def test_a_suggestion_is_for_a_unit_that_has_a_namespace(tree: Path, cli: Cli) -> None:
    write_file("base/web.yaml", WEB.replace(", namespace: shop", ""))
    write_file("overlays/dev/kustomization.yaml", "resources: [../../base]\n")
    assert "of service account shop/web." in cli("suggest", "deployment/web").out


def test_a_run_over_some_units_does_not_tell_which_suppressions_are_unused(tree: Path, cli: Cli) -> None:
    write_file("other.yaml", WEB.replace("shop", "other").replace("    spec:", "    spec: # scclint: ignore[SEC206] why\n", 1))
    write_file(".scclint.yaml", "ignores: [{rule: SEC206, reason: why}]\n")
    assert "SUP" in cli("check", "--format", "concise").out
    assert "SUP" not in cli("check", "--format", "concise", "--unit", "overlays/*").out


def test_rendering_that_is_required_and_impossible(tree: Path, cli: Cli) -> None:
    run = cli("check", "--render", "require")
    assert run.status == 2
    assert "error: 2 units judged unrendered (overlays/dev and overlays/prod): kustomize not found" in run.err
    assert cli("units", "--render", "require").status == 2
    assert cli("check", "--render", "require", "--unit", ".").status == 1
    assert "rendering is switched off" in cli("check", "--render", "never").err


def test_settings_of_charts_are_options(here: Path, cli: Cli) -> None:
    write_file("web.yaml", WEB)
    write_file("v.yaml", "a: 2\n")
    run = cli("config", "web.yaml")
    assert run.status == 0
    assert cli("check", "--helm-values", "v.yaml", "--helm-set", "a=1", "web.yaml").status == 1
    assert cli("check", "--render", "always", "web.yaml").status == 2


def test_a_tie_is_told(here: Path, cli: Cli) -> None:
    for name, scc in (("one", "anyuid"), ("two", "privileged")):
        write_file(f"{name}/hydrator.metadata", "{}")
        write_file(f"{name}/manifest.yaml", GRANT.replace("anyuid", scc))
    write_file("app/web.yaml", WEB)
    told = "note: RoleBinding web differs in one and two, and these fit equally well, so scclint uses none of them\n"
    assert told in cli("check").err
    assert told in cli("units").err
