"""What a dump of a cluster shows beside the objects that decide verdicts: its release, and pods that run."""

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from scclint.admission.admit import SUBJECT_TYPE, VALIDATED_SCC
from scclint.cluster.installed import FEATURE_SETS
from scclint.record import EMPTY, record, replace
from scclint.source import Span
from scclint.yaml.untyped import as_mapping, as_text, mappings

KINDS = frozenset(("ClusterVersion", "FeatureGate", "Infrastructure", "Node", "Pod"))
"""The kinds that show it."""

CONFLICTS_PRESENT = "conflictsPresent"
"""The key of ConfigMap openshift-config/selinux-conflicts, in which OpenShift 5.0 says whether pods conflict: `True` or `False`."""

CONFLICT_EVENTS = ("MultipleSELinuxLabels", "SELinuxChangePolicyConflict", "SELinuxLabelConflict")
"""The reasons of the events about pods whose SELinux labels exclude each other on a volume.

Source: pkg/controller/volume/selinuxwarning of openshift/kubernetes."""

_OTHER_POD = re.compile(r'" conflicts with pod (\S{1,253}) that uses the same volume')
_CRIO = re.compile(r"cri-o://(\d+\.\d+\.\d+)")


@record
class ObservedPod:
    """A pod that runs. `scc` is the SCC that admitted it, `subject_type` (from 4.20) is `user` or `serviceaccount`; each may be empty.

    `owner` is the kind and name of its controller.
    """

    namespace: str
    name: str
    scc: str
    subject_type: str
    owner: tuple[str, str]
    place: Span


@record
class ObservedConflict:
    """What an event says about the SELinux label of a pod's volume. `other` is the pod that it conflicts with; empty if it is not named."""

    namespace: str
    pod: str
    other: str
    place: Span


@record
class Observed:
    """What dumps show. What they do not show is empty.

    `is_dump`: there is a must-gather or the like, not only a list of objects. `version` is `4.16.12`, and `crio` are the versions of
    CRI-O on the nodes (`1.29.8`). `platform` and `feature_set` are names of scclint. `sccs` are the names of all SCCs, if the dump has
    all. `by_namespace` has the pods by name. `conflicts` are pods of which events say that their SELinux labels exclude each other on a
    volume, each pair once, and `conflicts_present` is what the cluster says about all of its pods: `True` or `False`.
    """

    is_dump: bool = False
    version: str = ""
    platform: str = ""
    feature_set: str = ""
    crio: tuple[str, ...] = ()
    sccs: frozenset[str] = frozenset()
    by_namespace: Mapping[str, tuple[ObservedPod, ...]] = EMPTY
    conflicts: tuple[ObservedConflict, ...] = ()
    conflicts_present: str = ""

    @property
    def release(self) -> str:
        """`4.16` for the version `4.16.12`."""
        return ".".join(self.version.split(".")[:2])


NOTHING = Observed()


def observe(objects: Iterable[tuple[Mapping[str, Any], Span]], *, is_dump: bool) -> Observed:
    """Return what objects of the `KINDS` show, each given with its place. The first of a kind counts, and the first pod of a name.

    MicroShift has none of these kinds but pods and nodes, and a ConfigMap `microshift-version`.
    """
    observed = Observed(is_dump)
    pods: dict[tuple[str, str], ObservedPod] = {}
    conflicts: dict[tuple[str, frozenset[str]], ObservedConflict] = {}
    runtimes: set[str] = set()
    for item, place in objects:
        match item.get("kind"):
            case "ClusterVersion":
                observed = replace(observed, version=observed.version or _version(as_mapping(item.get("status"))))
            case "FeatureGate":
                feature_set = str(as_mapping(item.get("spec")).get("featureSet") or FEATURE_SETS[0])
                observed = replace(observed, feature_set=observed.feature_set or feature_set)
            case "Infrastructure":
                observed = replace(observed, platform=observed.platform or _platform(as_mapping(item.get("status"))))
            case "ConfigMap" if as_mapping(item.get("metadata")).get("name") == "microshift-version":
                data = as_mapping(item.get("data"))
                version = ".".join(str(data.get(part)) for part in ("major", "minor", "patch"))
                observed = replace(observed, version=observed.version or version, platform="microshift")
            case "ConfigMap" if as_mapping(item.get("metadata")).get("name") == "selinux-conflicts":
                present = as_text(as_mapping(item.get("data")).get(CONFLICTS_PRESENT))
                observed = replace(observed, conflicts_present=observed.conflicts_present or present)
            case "Event" if item.get("reason") in CONFLICT_EVENTS:
                conflict = _conflict(item, place)
                conflicts.setdefault((conflict.namespace, frozenset((conflict.pod, conflict.other))), conflict)
            case "Node":
                info = as_mapping(as_mapping(item.get("status")).get("nodeInfo"))
                if runtime := _CRIO.match(str(info.get("containerRuntimeVersion"))):
                    runtimes.add(runtime[1])
            case "Pod":
                pod = _pod(as_mapping(item.get("metadata")), place)
                pods.setdefault((pod.namespace, pod.name), pod)
    by_namespace = groupby((pods[key] for key in sorted(pods)), lambda pod: pod.namespace)
    return replace(
        observed,
        crio=tuple(sorted(runtimes)),
        by_namespace={name: tuple(here) for name, here in by_namespace},
        conflicts=tuple(conflicts.values()),
    )


def _conflict(event: Mapping[str, Any], place: Span) -> ObservedConflict:
    """Read an event of `v1`, or of `events.k8s.io/v1`."""
    pod = as_mapping(event.get("involvedObject") or event.get("regarding"))
    other = _OTHER_POD.search(as_text(event.get("message") or event.get("note")))
    return ObservedConflict(as_text(pod.get("namespace")), as_text(pod.get("name")), other[1] if other else "", place)


def _version(status: Mapping[str, Any]) -> str:
    """The newest version whose installation is complete; else the one that is being installed."""
    completed = (entry for entry in mappings(status.get("history")) if entry.get("state") == "Completed")
    current = next(completed, None) or as_mapping(status.get("desired"))
    return str(current.get("version") or "")


def _platform(status: Mapping[str, Any]) -> str:
    """A hosted control plane is outside the cluster. IBM Cloud has one of its own."""
    if status.get("controlPlaneTopology") != "External":
        return "openshift"
    provider = as_mapping(status.get("platformStatus")).get("type") or status.get("platform")
    return "roks" if provider == "IBMCloud" else "hypershift"


def _pod(metadata: Mapping[str, Any], place: Span) -> ObservedPod:
    annotations = as_mapping(metadata.get("annotations"))
    controller = next((o for o in mappings(metadata.get("ownerReferences")) if o.get("controller")), {})
    return ObservedPod(
        str(metadata.get("namespace") or ""),
        str(metadata.get("name") or ""),
        str(annotations.get(VALIDATED_SCC) or ""),
        str(annotations.get(SUBJECT_TYPE) or ""),
        (str(controller.get("kind", "")), str(controller.get("name", ""))),
        place,
    )
