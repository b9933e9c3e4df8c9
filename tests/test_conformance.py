"""Verdicts recorded from OpenShift's own SCC admission plugin, to be agreed with word for word."""

import gzip
import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

from scclint.admission.admit import SUBJECT_TYPE
from scclint.cluster import Cluster, User

RECORDED = Path(__file__).parents[1] / "fixtures" / "conformance"
OBJECTS = ("sccs", "roles", "clusterRoles", "roleBindings", "clusterRoleBindings")


def read(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def without_empty(value: Any) -> Any:
    """The recorded expectations leave out empty strings, empty lists and nulls."""
    if isinstance(value, dict):
        kept = {key: without_empty(child) for key, child in value.items()}
        return {key: child for key, child in kept.items() if child not in (None, "", [])}
    return [without_empty(child) for child in value] if isinstance(value, list) else value


def simulate(case: dict[str, Any]) -> dict[str, Any]:
    """What scclint says, in the shape of a recorded expectation."""
    objects = [item for kind in OBJECTS for item in case[kind]] + [case["namespace"]]
    cluster = Cluster.openshift(case["openshift"], objects, payload=False, cluster_admins=False)
    user = User(case["user"]["name"], tuple(case["user"]["groups"]))
    verdict = cluster.admit(case["pod"], namespace=case["namespace"]["metadata"]["name"], user=user)
    if not verdict.allowed:
        return {"allowed": False, "error": verdict.message}
    if verdict.skipped == "windows" and verdict.pod == case["pod"]:
        return {"allowed": True}
    spec = verdict.pod["spec"]
    annotations = verdict.pod["metadata"].get("annotations") or {}
    brought = case["pod"]["metadata"].get("annotations") or {}
    return {
        "allowed": True,
        "scc": verdict.scc,
        # The recordings leave the type out if the pod brings the annotation: then it is in `annotations` only.
        "subjectType": annotations.get(SUBJECT_TYPE) if SUBJECT_TYPE not in brought else None,
        "annotations": annotations,
        "securityContext": spec.get("securityContext") or {},
        "containers": {
            container["name"]: container.get("securityContext")
            for field in ("initContainers", "containers", "ephemeralContainers")
            for container in spec.get(field) or []
        },
        "reason": verdict.reason,
    }


def disagreements(cases: list[dict[str, Any]]) -> list[str]:
    found = []
    for case in cases:
        before = deepcopy(case["pod"])
        actual, expected = without_empty(simulate(case)), without_empty(case["expect"])
        if actual == {"allowed": True}:
            # Some recordings of Windows pods repeat what was submitted.
            expected = {"allowed": expected["allowed"]}
        assert case["pod"] == before, f"{case['id']}: the caller's pod was changed"
        found += [
            f"{case['id']} (OpenShift {case['openshift']}), {key}: {actual.get(key)!r} instead of {expected.get(key)!r}"
            for key in sorted(actual.keys() | expected.keys())
            if actual.get(key) != expected.get(key)
        ]
    return found


def test_pods_of_all_shapes() -> None:
    cases = read(RECORDED / "scc-admission.jsonl.gz")
    assert len(cases) == 2400
    assert {case["openshift"] for case in cases} == {"4.12", "4.14", "4.16", "4.18", "4.20", "4.22"}
    assert disagreements(cases) == []


def test_odd_pods_and_clusters() -> None:
    cases = read(RECORDED / "scc-admission-2.jsonl.gz")
    assert len(cases) == 940
    assert {case["openshift"] for case in cases} >= {"4.11", "4.13", "4.19", "4.21", "4.22"}
    assert len({case["dim"] for case in cases}) >= 20
    assert disagreements(cases) == []


def test_4_23_and_5_0() -> None:
    cases = read(RECORDED / "scc-admission-5.jsonl.gz")
    assert len(cases) == 150
    assert {case["openshift"] for case in cases} == {"4.23", "5.0"}
    assert disagreements(cases) == []


def test_the_page_names_each_recording_and_counts_its_cases() -> None:
    page = (RECORDED / "README.md").read_text(encoding="utf-8")
    counted = dict(re.findall(r"^\| `([\w.-]+)` \| ([\d,]+) \|", page, re.MULTILINE))
    assert counted == {
        path.name: f"{sum(case.get('type') != 'state' for case in read(path)):,}" for path in RECORDED.glob("*.jsonl.gz")
    }
