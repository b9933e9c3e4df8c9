"""How many pods a second one core admits, the ServiceAccount plugin included: `python admissions.py [SECONDS]`."""

import sys
import time
from typing import Any

import scclint

PODS: tuple[dict[str, Any], ...] = tuple(
    {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": "web-", "labels": {"app": "web"}},
        "spec": {
            "serviceAccountName": "web",
            "containers": [{"name": "web", "image": "registry.example/web:1", "securityContext": context}],
            "volumes": [{"name": "data", "emptyDir": {}}],
        },
    }
    for context in (
        {},
        {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        {"allowPrivilegeEscalation": False, "runAsNonRoot": True, "capabilities": {"drop": ["ALL"]}},
        {"runAsUser": 1000},
    )
)


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    cluster = scclint.Cluster.openshift("4.20")
    best = 0.0
    for _ in range(5):
        start = time.process_time()
        done = 0
        while (spent := time.process_time() - start) < seconds / 5:
            for pod in PODS:
                cluster.admit(pod, namespace="demo")
            done += len(PODS)
        best = max(best, done / spent)
    print(f"{best:.0f}")


if __name__ == "__main__":
    main()
