"""Which pods cannot mount one volume at the same time, as the SELinux warning controller decides it."""

import gzip
import json
from pathlib import Path

import pytest

from scclint import Cluster
from scclint.outcome.selinux import MountedClaim, events
from tools.compare_selinux_conflicts import found_events

LEVEL, OTHER = ":::s0:c1,c2", ":::s0:c3,c4"
BOTH = "SELinuxLabelConflict SELinuxChangePolicyConflict"
USER = "user_u::container_t:"


def mounted(*labels: str, recursive: bool = False) -> MountedClaim:
    return MountedClaim("data", labels, "Recursive" if recursive else "")


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (mounted(LEVEL), mounted(LEVEL), None),
        (mounted(LEVEL), mounted(OTHER), "SELinuxLabelConflict"),
        (mounted(LEVEL), mounted(), BOTH),
        (mounted(), mounted(), None),
        (mounted(LEVEL), mounted(OTHER, recursive=True), BOTH),
        (mounted(LEVEL, recursive=True), mounted(OTHER, recursive=True), None),
        (mounted(LEVEL, recursive=True), mounted(), None),
        # A part that only one of the labels has is no conflict, except for the level.
        (mounted("::spc_t:s0:c1,c2"), mounted(LEVEL), None),
        (mounted("::spc_t:s0:c1,c2"), mounted("::container_t:s0:c1,c2"), "SELinuxLabelConflict"),
        # Without a level, the labels agree, but only one pod has a label to mount with.
        (mounted(USER), mounted(), "SELinuxChangePolicyConflict"),
        # The containers of one pod disagree: the pod is compared with no other.
        (mounted(LEVEL, OTHER), mounted(), None),
    ],
)
def test_two_pods_conflict_as_in_the_controller(first: MountedClaim, second: MountedClaim, expected: str | None) -> None:
    reasons = () if expected is None else tuple(expected.split())
    assert events(first, second) == reasons
    assert events(second, first) == reasons


@pytest.mark.parametrize(
    ("release", "label", "own", "expected"),
    [
        ("4.20", "Recursive", None, "Recursive"),
        ("4.19", "Recursive", None, None),
        ("4.20", "recursive", None, None),
        ("4.22", "MountOption", "Recursive", "Recursive"),
    ],
)
def test_the_label_of_a_namespace_fills_in_the_policy(release: str, label: str, own: str | None, expected: str | None) -> None:
    labels = {"storage.openshift.io/selinux-change-policy": label}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}}
    context = {} if own is None else {"securityContext": {"seLinuxChangePolicy": own}}
    spec = {"containers": [{"name": "c", "image": "registry.example/c:1"}], **context}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}
    (created,) = Cluster.openshift(release, [namespace]).judge(pod).pods
    assert created.pod["spec"]["securityContext"].get("seLinuxChangePolicy") == expected


def test_the_events_of_the_controller() -> None:
    recorded = Path(__file__).parents[2] / "fixtures" / "conformance" / "selinux-conflicts.jsonl.gz"
    pairs = [json.loads(line) for line in gzip.decompress(recorded.read_bytes()).splitlines()]
    assert [found_events(pair) for pair in pairs] == [pair["events"] for pair in pairs]
    assert sum(bool(pair["events"]) for pair in pairs) > 20
