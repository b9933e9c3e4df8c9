"""Fixes of what a kustomization builds: in the base, in a patch, or by a new patch, each built again before it is shown."""

import subprocess
from pathlib import Path

import pytest

from scclint.config.model import Config
from scclint.finding import Finding
from scclint.remedy.apply import applied
from scclint.remedy.proofs import with_fixes
from scclint.run.run import report_of
from tests.deploy.tools import needs_kustomize, renderer
from tests.running import run_over, write_below
from tests.yaml_text import read_yaml

pytestmark = needs_kustomize

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
    spec:
      serviceAccountName: web
      containers:
        - name: first
          image: registry.example/first:1
        - name: web
          image: registry.example/web:1
          securityContext:
            runAsUser: 1001
            allowPrivilegeEscalation: false
"""

TREE = {
    "base/deploy.yaml": DEPLOYMENT,
    "base/kustomization.yaml": "resources:\n  - deploy.yaml\n",
    "shop/kustomization.yaml": "namespace: shop\nresources:\n  - ../base\n",
}


def findings(folder: Path, monkeypatch: pytest.MonkeyPatch, *paths: str) -> list[Finding]:
    monkeypatch.chdir(folder)
    run = run_over(paths or ["."], Config())
    report = report_of(run)
    return list(with_fixes(run, report, report.live).live)


def fixed(folder: Path, monkeypatch: pytest.MonkeyPatch, rule: str = "SCC101", *paths: str) -> Finding:
    return next(finding for finding in findings(folder, monkeypatch, *paths) if finding.rule_id == rule)


def after(folder: Path, finding: Finding) -> dict[str, str]:
    """The files that the fix of a finding changes, as they are then."""
    assert finding.fix is not None, finding.no_fix
    files = {edit.file for edit in finding.fix.edits}
    return applied({file: (folder / file).read_text() for file in files}, [finding.fix])


def test_the_base_is_edited_where_one_entry_uses_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_below(tmp_path, TREE)
    edited = after(tmp_path, fixed(tmp_path, monkeypatch))
    assert edited == {"base/deploy.yaml": DEPLOYMENT.replace("            runAsUser: 1001\n", "")}


def test_the_base_is_edited_where_every_entry_proves_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_below(tmp_path, {**TREE, "bank/kustomization.yaml": "namespace: bank\nresources:\n  - ../base\n"})
    found = fixed(tmp_path, monkeypatch)
    assert found.units == ("bank",)
    assert after(tmp_path, found).keys() == {"base/deploy.yaml"}


def test_a_patch_is_added_where_the_base_has_to_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A merge patch would move its container to the front of the list."""
    write_below(tmp_path, {**TREE, "base/deploy.yaml": f"# Made by make. DO NOT EDIT.\n{DEPLOYMENT}"})
    found = fixed(tmp_path, monkeypatch)
    assert after(tmp_path, found) == {
        "shop/kustomization.yaml": TREE["shop/kustomization.yaml"]
        + """patches:
  - patch: |-
      - op: remove
        path: /spec/template/spec/containers/1/securityContext/runAsUser
    target:
      group: apps
      kind: Deployment
      name: web
"""
    }


def test_a_merge_patch_where_the_order_of_containers_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pod = DEPLOYMENT.replace("        - name: first\n          image: registry.example/first:1\n", "")
    write_below(tmp_path, {**TREE, "base/deploy.yaml": f"# @generated\n{pod}"})
    text = after(tmp_path, fixed(tmp_path, monkeypatch))["shop/kustomization.yaml"]
    (patch,) = read_yaml(text)["patches"]
    assert read_yaml(patch["patch"])["spec"] == {
        "template": {"spec": {"containers": [{"name": "web", "securityContext": {"runAsUser": None}}]}}
    }


def test_what_lies_outside_of_the_run_is_not_edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_below(tmp_path, TREE)
    for command in (["init", "--quiet"], ["add", "."]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    found = fixed(tmp_path, monkeypatch, "SCC101", "shop")
    assert found.fix is not None, found.no_fix
    assert {edit.file for edit in found.fix.edits} == {"shop/kustomization.yaml"}


def test_a_patch_that_writes_the_field_is_edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patch = (
        DEPLOYMENT.split("spec:", 1)[0] + "spec:\n  template:\n    spec:\n      dnsPolicy: Default\n      hostNetwork: true\n"
    )
    base = DEPLOYMENT.replace("            runAsUser: 1001\n", "")
    overlay = TREE["shop/kustomization.yaml"] + "patches:\n  - path: net.yaml\n"
    write_below(tmp_path, {**TREE, "base/deploy.yaml": base, "shop/net.yaml": patch, "shop/kustomization.yaml": overlay})
    assert after(tmp_path, fixed(tmp_path, monkeypatch)) == {"shop/net.yaml": patch.replace("      hostNetwork: true\n", "")}


def test_no_patch_is_added_against_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    overlay = TREE["shop/kustomization.yaml"] + (
        "patches:\n  - target: {kind: Deployment}\n    patch: |-\n"
        "      - {op: add, path: /spec/template/spec/hostNetwork, value: true}\n"
    )
    write_below(tmp_path, {**TREE, "shop/kustomization.yaml": overlay})
    write_below(tmp_path, {"base/deploy.yaml": DEPLOYMENT.replace("            runAsUser: 1001\n", "")})
    found = fixed(tmp_path, monkeypatch)
    assert found.fix is None
    assert found.no_fix == "a patch or a field of a kustomization writes spec.template.spec.hostNetwork: change it there"


def test_without_kustomize_the_reason_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_below(tmp_path, TREE)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    found = fixed(tmp_path, monkeypatch)
    assert found.fix is None
    assert found.no_fix == "shop is judged without being rendered: kustomize not found"


def test_a_prefix_of_names_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    overlay = "namePrefix: my-\n" + TREE["shop/kustomization.yaml"]
    write_below(tmp_path, {**TREE, "shop/kustomization.yaml": overlay, "base/deploy.yaml": f"# @generated\n{DEPLOYMENT}"})
    text = after(tmp_path, fixed(tmp_path, monkeypatch))["shop/kustomization.yaml"]
    assert read_yaml(text)["patches"][0]["target"]["name"] == "web"


def test_an_edited_tree_is_built_as_it_would_be_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the proof builds from copies is what kustomize builds once the fix is applied."""
    write_below(tmp_path, {**TREE, "base/deploy.yaml": f"# @generated\n{DEPLOYMENT}"})
    found = fixed(tmp_path, monkeypatch)
    write_below(tmp_path, after(tmp_path, found))
    built = renderer().build_kustomize("shop", ".")
    assert "runAsUser" not in built.text
    assert "SCC101" not in {finding.rule_id for finding in findings(tmp_path, monkeypatch)}


def test_each_overlay_gets_a_patch_where_the_base_has_to_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = {"other/kustomization.yaml": TREE["shop/kustomization.yaml"].replace("shop", "other")}
    write_below(tmp_path, {**TREE, **other, "base/deploy.yaml": f"# Made by make. DO NOT EDIT.\n{DEPLOYMENT}"})
    finding = fixed(tmp_path, monkeypatch)
    edited = after(tmp_path, finding)
    assert set(edited) == {"other/kustomization.yaml", "shop/kustomization.yaml"}
    assert finding.fix is not None
    assert finding.fix.title.endswith(" with a patch in each of other/kustomization.yaml and shop/kustomization.yaml.")
    write_below(tmp_path, edited)
    assert [one for one in findings(tmp_path, monkeypatch) if one.rule_id == "SCC101"] == []
