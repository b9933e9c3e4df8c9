"""Pods and SCCs judged by the real library and label syncer, to be agreed with word for word."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from scclint.cluster import Cluster
from scclint.errors import ModelError
from scclint.podsecurity.admission import with_defaults
from scclint.podsecurity.checks import Library
from scclint.podsecurity.standards import evaluate

RECORDED = Path(__file__).parents[2] / "fixtures" / "conformance"


def cases(name: str) -> list[dict[str, Any]]:
    with gzip.open(RECORDED / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_the_details_of_1100_pods() -> None:
    clusters: dict[str, Cluster] = {}
    differing = []
    for case in cases("pod-security-detail"):
        release = case["openshift"]
        cluster = clusters.setdefault(release, Cluster.openshift(release, payload=False))
        result = cluster.pod_security(case["pod"], case["level"], case["version"])
        if {"allowed": result.allowed, "detail": result.detail} != case["expect"]:
            differing.append(f"{case['id']}: {result.detail} instead of {case['expect']['detail']}")
    assert differing == []


@pytest.mark.parametrize("minor", [35, 36])
def test_530_pods_of_the_library_pass_and_fail(minor: int) -> None:
    recorded = cases("pod-security")
    # The library's own tests send these pods through the API server's defaulting.
    results = [evaluate(with_defaults(case["pod"]), case["level"], case["version"], Library(minor)) for case in recorded]
    differing = [case["id"] for case, result in zip(recorded, results, strict=True) if result.allowed != case["pass"]]
    assert differing == []


def test_the_levels_of_800_sccs() -> None:
    cluster = Cluster.openshift("4.22")
    differing = []
    for case in cases("pod-security-level-of-scc"):
        try:
            level: str = cluster.pod_security_level(case["scc"])
        except ModelError:
            level = "error"
        if level != case["level"]:
            differing.append(f"{case['scc']['metadata']['name']}: {level} instead of {case['level']}")
    assert differing == []
