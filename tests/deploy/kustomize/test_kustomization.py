"""What a kustomization takes in besides resources, and what a build adds to them."""

import json
from pathlib import Path
from shutil import which

import pytest

import scclint
from scclint.config.model import Config
from scclint.linting import find_units
from tests.deploy.kustomize.folders import BINDING, DEPLOYMENT, notes
from tests.running import write_files


def test_files_for_configmaps_are_no_manifests(here: Path) -> None:
    """kubeflow/manifests puts a script into a ConfigMap in `applications/pipeline/upstream/base/installs/multi-user`."""
    generator = "configMapGenerator: [{name: a, files: [sync.py, settings.yaml]}]\n"
    write_files({"kustomization.yaml": f"resources: [web.yaml]\n{generator}", "web.yaml": DEPLOYMENT})
    write_files({"sync.py": 'import x\nprint("{")\n  x: [', "settings.yaml": "a: [\n"})
    report = scclint.lint(["."], Config(render="never"))
    assert [f.span.file for f in report.findings if f.rule_id == "MAN001"] == ["settings.yaml"]
    assert "sync.py" not in report.files


def test_a_component_that_nothing_includes_tells_of_a_manifest_with_another_suffix(here: Path) -> None:
    component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [web.k8s, rest.yaml, gone.k8s]\n"
    write_files({"kustomization.yaml": component, "web.k8s": DEPLOYMENT, "rest.yaml": BINDING})
    said = "takes in web.k8s, not read for the name: call it .yaml, or name it on the command line"
    assert notes(["."]) == [said]
    assert notes([".", "web.k8s"]) == []


def test_kustomize_adds_the_selector_and_the_namespace_of_subjects(here: Path) -> None:
    """Beside a remote resource nothing is rendered: the files lack what the build adds."""
    web = DEPLOYMENT.replace("  selector: {matchLabels: {app: web}}\n", "")
    grant = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: view}\n"
    grant += "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\nsubjects: [{kind: ServiceAccount, name: web}]\n"
    write_files({"web.yaml": web, "grant.yaml": grant})
    assert [f.rule_id for f in scclint.lint(["."]).findings if f.rule_id == "MAN002"] == ["MAN002", "MAN002"]
    remote = "resources: [web.yaml, grant.yaml, 'https://example.com/x.yaml']\ncommonLabels: {app: web}\nnamespace: shop\n"
    write_files({"kustomization.yaml": remote})
    assert [f.message for f in scclint.lint(["."]).findings if f.rule_id == "MAN002"] == []


def test_a_folder_with_nothing_but_a_file_named_kustomization_is_a_unit(here: Path) -> None:
    write_files({"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": DEPLOYMENT})
    write_files(
        {"prod/Kustomization": "resources: [../base]\nnamePrefix: prod-\n", "odd/MyKustomization.txt": "resources: [x]\n"}
    )
    write_files({"other/Kustomization": "resources: [web.k8s]\n", "other/web.k8s": DEPLOYMENT})
    assert [unit.name for unit in find_units(["."])] == ["other", "prod"]
    assert [unit.name for unit in find_units(["."], Config(render="never"))] == ["other", "prod"]


@pytest.mark.skipif(not which("kustomize"), reason="needs kustomize")
@pytest.mark.parametrize("patch", ["{PATCH}", " {PATCH}", "{PATCH}\n"])
def test_a_patch_on_one_line_is_no_name_of_a_file(here: Path, patch: str) -> None:
    change = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: {hostPID: true}}}}"
    entry = json.dumps(patch.replace("{PATCH}", change))
    write_files({"kustomization.yaml": f"resources: [web.yaml]\npatchesStrategicMerge: [{entry}]\n", "web.yaml": DEPLOYMENT})
    assert any("hostPID: true" in finding.message for finding in scclint.lint(["."]).findings)
