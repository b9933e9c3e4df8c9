"""Real manifests: every problem found in them was read and is one."""

from pathlib import Path
from typing import Any

import pytest

from scclint.objects.documents import load_file
from scclint.objects.expand.item import items_of
from scclint.objects.kinds import SUBJECT_KINDS
from scclint.platform.schema import shapes
from scclint.validation.validate import validate

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"

ONEPASSWORD = "gitops-catalog/1password-connect"
FOUND = {
    (f"{ONEPASSWORD}/operator/base/scc.yaml", "metadata[app.kubernetes.io/component]: unknown field"),
    (f"{ONEPASSWORD}/operator/base/scc.yaml", "metadata[app.kubernetes.io/name]: unknown field"),
    (
        f"{ONEPASSWORD}/connect/base/deployment.yaml",
        "spec.template.spec.containers[0].securityContext.ports: unknown field",
    ),
}
FOUND_ON_1_24 = {
    (
        "operators/dynatrace-operator/dynatrace-operator.clusterserviceversion.yaml",
        "spec.template.spec.topologySpreadConstraints[1].nodeTaintsPolicy: unknown field before Kubernetes 1.25",
    )
}


def api_objects(root: Path) -> list[tuple[str, dict[str, Any]]]:
    """Every object of a kind with a schema, the deployments within ClusterServiceVersions included."""
    found: list[tuple[str, dict[str, Any]]] = []
    for path in sorted(root.rglob("*.y*ml")):
        for document in load_file(str(path), path.read_text("utf-8"), SUBJECT_KINDS | {"ClusterServiceVersion"}):
            for item in items_of(document):
                data = item.data
                if not isinstance(data, dict):
                    continue
                found.append((str(path), data))
                if data.get("kind") == "ClusterServiceVersion":
                    for one in data["spec"]["install"]["spec"].get("deployments") or ():
                        workload = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": one["name"]}}
                        found.append((str(path), workload | {"spec": one["spec"]}))
    return [(file, data) for file, data in found if shapes(33).kind(str(data.get("apiVersion")), str(data.get("kind")))]


def test_every_problem_of_the_corpus_is_one() -> None:
    if not CORPUS.is_dir():
        pytest.skip("no shared corpus here")
    subjects = api_objects(CORPUS)
    assert len(subjects) == 467
    for minor, expected in ((24, FOUND | FOUND_ON_1_24), (29, FOUND), (35, FOUND)):
        problems = {
            (file.removeprefix(str(CORPUS) + "/"), problem.message)
            for file, data in subjects
            # The catalog's manifests are resources of kustomizations, which add to them.
            for problem in validate(
                data, data["apiVersion"], data["kind"], minor, openshift=True, whole="gitops-catalog" not in file
            )
        }
        assert problems == expected
