"""Compare the SELinux conflicts that scclint finds with those that the controller of Kubernetes finds, on generated pairs of pods.

    python tools/compare_selinux_conflicts.py --sources FOLDER [--pairs 5000] [--seed 1] [--record FILE.json]

FOLDER has the sources of openshift/kubernetes, as `tools/record_real_server.py build` writes them to its subfolder `kubernetes`. The
script needs Go: it runs `selinux_conflicts_test.go` in the package of the controller. It prints the pairs that differ and how many are
equal. `--record` writes every hundredth pair with its events for the tests.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from scclint.cluster import Cluster
from scclint.objects.documents import load_text
from scclint.objects.expand import expand
from scclint.objects.types import Workload
from scclint.outcome.selinux import event_text, events, mounts
from scclint.outcome.world import World

Json = dict[str, Any]

PACKAGE = "pkg/controller/volume/selinuxwarning"
NAMESPACE = "ns1"
LABELS = {
    "security.openshift.io/disable-securitycontextconstraints": "true",
    "pod-security.kubernetes.io/enforce": "privileged",
}
"""No admission changes or rejects a pod of the namespace."""
OPTIONS: tuple[Json | None, ...] = (
    None,
    {},
    {"level": ""},
    {"level": "s0:c1,c2"},
    {"level": "s0:c1,c2"},
    {"level": "s0:c3,c4"},
    {"type": "spc_t", "level": "s0:c1,c2"},
    {"type": "spc_t"},
    {"type": "container_t", "level": "s0:c1,c2"},
    {"user": "system_u", "role": "system_r", "type": "container_t", "level": "s0:c1,c2"},
    {"user": "other_u", "level": "s0:c1,c2"},
    {"role": "system_r"},
)
VOLUMES: tuple[Json, ...] = (
    {"name": "v-data", "persistentVolumeClaim": {"claimName": "data"}},
    {"name": "v-other", "persistentVolumeClaim": {"claimName": "other", "readOnly": True}},
    {"name": "v-scratch", "emptyDir": {}},
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare SELinux conflicts with those of the controller of Kubernetes.")
    parser.add_argument("--sources", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--pairs", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", type=Path, metavar="FILE")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    pairs = [
        {"Pods": [_pod(name, chance) for name in ("a", "b")], "Supported": chance.random() < 0.8} for _ in range(options.pairs)
    ]
    recorded = _recorded(options.sources, pairs)
    different = 0
    for pair, expected in zip(pairs, recorded, strict=True):
        if (found := found_events(pair)) != expected:
            different += 1
            print(json.dumps({"pair": pair, "controller": expected, "scclint": found}))
    print(f"{len(pairs)} pairs, {sum(map(bool, recorded))} with events, {different} different")
    if options.record:
        cases = [{**pair, "events": expected} for pair, expected in zip(pairs, recorded, strict=True)]
        options.record.write_text("".join(json.dumps(case) + "\n" for case in cases[::100]))
    sys.exit(different > 0)


def _pod(name: str, chance: random.Random) -> Json:
    context = {
        "seLinuxOptions": chance.choice(OPTIONS),
        "seLinuxChangePolicy": chance.choice((None, None, "Recursive", "MountOption")),
    }
    volumes = chance.sample(VOLUMES, chance.randint(1, 3))
    spec: Json = {
        "volumes": volumes,
        "containers": [_container("c", index, volumes, chance) for index in range(chance.randint(1, 2))],
    }
    if chance.random() < 0.3:
        spec["initContainers"] = [_container("i", 0, volumes, chance)]
    if set_fields := {field: value for field, value in context.items() if value is not None}:
        spec["securityContext"] = set_fields
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}


def _container(prefix: str, index: int, volumes: list[Json], chance: random.Random) -> Json:
    mounted = [volume["name"] for volume in volumes if chance.random() < 0.8]
    mounts = [{"name": name, "mountPath": f"/{name}"} for name in mounted]
    container: Json = {"name": f"{prefix}{index}", "image": "registry.example/c:1", "volumeMounts": mounts}
    options = chance.choice(OPTIONS)
    if options is not None and chance.random() < 0.4:
        container["securityContext"] = {"seLinuxOptions": options}
    return container


def _recorded(sources: Path, pairs: list[Json]) -> list[list[str]]:
    """Return the events that the controller records for each pair, sorted."""
    test = sources / PACKAGE / "scclint_test.go"
    with tempfile.TemporaryDirectory() as scratch:
        given, output = Path(scratch) / "pairs.jsonl", Path(scratch) / "events.jsonl"
        given.write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
        shutil.copyfile(Path(__file__).with_name("selinux_conflicts_test.go"), test)
        environment = {**os.environ, "PAIRS": str(given), "EVENTS": str(output), "GOFLAGS": "-mod=vendor -buildvcs=false"}
        command = ["go", "test", "-count=1", "-run", "^TestRecordPairs$", f"./{PACKAGE}"]
        try:
            subprocess.run(command, cwd=sources, env=environment, check=True, stdout=subprocess.PIPE)
        finally:
            test.unlink()
        lines = map(json.loads, output.read_text().splitlines())
        # The controller warns about volumes without a PersistentVolume, too. Their pods start all the same.
        return [sorted({event for event in line if '"v-scratch"' not in event}) for line in lines]


def found_events(pair: Json) -> list[str]:
    """Return the events of a pair of pods as scclint finds them, sorted."""
    driver = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSIDriver",
        "metadata": {"name": "d"},
        "spec": {"seLinuxMount": pair["Supported"]},
    }
    objects: list[Json] = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": LABELS}}, driver]
    for claim in ("data", "other"):
        spec = {"csi": {"driver": "d", "volumeHandle": "h"}, "claimRef": {"namespace": NAMESPACE, "name": claim}}
        objects.append({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": f"pv-{claim}"}, "spec": spec})
    cluster = Cluster.openshift("5.1", objects)
    made = [
        obj for pod in pair["Pods"] for document in load_text("pods", json.dumps(pod), frozenset()) for obj in expand(document)
    ]
    pods = [pod for pod in made if isinstance(pod, Workload)]
    held = mounts(World(pods, cluster))
    found = set()
    for mounted in held.of_claim.values():
        for mount in mounted:
            if len(mount.claim.labels) > 1:
                volume = mount.workload.pod.field(*mount.claim.path, "name").value if mount.workload else ""
                what = f'Volume "{volume}" is mounted twice with different SELinux labels inside this pod'
                found.add(f"Warning MultipleSELinuxLabels {what}")
        for mount, other in (mounted, reversed(mounted)) if len(mounted) == 2 else ():
            for reason in events(mount.claim, other.claim):
                what = event_text(reason, mount.claim, other.claim, other.pod)
                found.add(
                    f"Normal {reason} {what}. If both pods land on the same node, only one of them may access the volume."
                )
    return sorted(found)


if __name__ == "__main__":
    main()
