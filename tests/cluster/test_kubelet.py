from typing import Any

import pytest

from scclint.cluster.kubelet import seccomp_default

WORKER = {"matchLabels": {"pools.operator.machineconfiguration.openshift.io/worker": ""}}
OTHER = {"matchLabels": {"custom-kubelet": "seccomp"}}


def config(value: Any, selector: Any) -> dict[str, Any]:
    return {
        "kind": "KubeletConfig",
        "spec": {"kubeletConfig": {"seccompDefault": value}, "machineConfigPoolSelector": selector},
    }


@pytest.mark.parametrize(
    ("configs", "answer"),
    [
        ([], False),
        ([{"kind": "KubeletConfig"}], False),
        ([config(False, WORKER)], False),
        ([config(True, WORKER)], True),
        ([config(True, {})], True),
        ([config(True, OTHER)], None),
        ([config(True, None)], None),
        ([config(True, OTHER), config(True, WORKER)], True),
        ([config(True, OTHER), config(False, WORKER)], None),
    ],
)
def test_which_nodes_default_to_runtime_default(configs: list[dict[str, Any]], answer: bool | None) -> None:
    assert seccomp_default(configs, 12) is answer


def test_the_feature_gate_keeps_it_off_in_4_11() -> None:
    assert seccomp_default([config(True, WORKER)], 11) is False
