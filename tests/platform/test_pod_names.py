"""Which workload a pod belongs to, by its name and its controller."""

import pytest

from scclint.platform.pod_names import is_pod_of, owns_pod


@pytest.mark.parametrize(
    ("kind", "pod", "owner", "expected"),
    [
        ("Deployment", "web-7c9f6d4b8d-x2x7p", ("ReplicaSet", "web-7c9f6d4b8d"), True),
        ("Deployment", "web-7c9f6d4b8d-x2x7p", ("", ""), True),
        ("Deployment", "web-x2x7p", ("DaemonSet", "web"), False),
        ("Deployment", "web-0", ("StatefulSet", "web"), False),
        ("Deployment", "other-7c9f6d4b8d-x2x7p", ("ReplicaSet", "other-7c9f6d4b8d"), False),
        ("DaemonSet", "web-x2x7p", ("DaemonSet", "web"), True),
        ("DaemonSet", "web-x2x7p", ("DaemonSet", "web-more"), False),
        ("CronJob", "web-29384-x2x7p", ("Job", "web-29384"), True),
        ("DeploymentConfig", "web-3-x2x7p", ("ReplicationController", "web-3"), True),
        ("Rollout", "web-7c9f6d4b8d-x2x7p", ("ReplicaSet", "web-7c9f6d4b8d"), False),
        ("Pod", "web", ("", ""), True),
        ("Pod", "web-1", ("", ""), False),
    ],
)
def test_owner(kind: str, pod: str, owner: tuple[str, str], expected: bool) -> None:
    assert owns_pod(kind, "web", pod, owner) is expected


def test_a_name_is_no_pattern() -> None:
    assert not is_pod_of("Pod", "w.b", "web")
    assert is_pod_of("StatefulSet", "w.b", "w.b-12")
