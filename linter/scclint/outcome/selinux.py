"""SELinux labels of volumes: which pods mount one claim with labels that exclude each other.

From OpenShift 5.1 (Kubernetes 1.37, gate SELinuxMount) the kubelet mounts a volume with the label of the pod, and a second pod with
another label waits. OpenShift 5.0 reports such pods and then refuses its upgrade.

Source: the SELinux warning controller of kube-controller-manager (`pkg/controller/volume/selinuxwarning`), and `GetMountSELinuxLabel`
in `pkg/volume/util/selinux.go`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from scclint.admission.pod import containers
from scclint.finding import Path
from scclint.outcome.chain import Outcome
from scclint.record import record
from scclint.untyped import as_mapping, as_text, mappings

Event = Literal["MultipleSELinuxLabels", "SELinuxLabelConflict", "SELinuxChangePolicyConflict"]
"""The reason of the event that the controller records."""

_PARTS = ("user", "role", "type", "level")


@record
class MountedClaim:
    """A PersistentVolumeClaim that a pod mounts.

    `labels` are those of the containers that mount it, as `user:role:type:level`; a container without one adds none. `recursive` is
    True if the pod opts out of the mount option. `path` leads to the first mount in the pod.
    """

    claim: str
    labels: tuple[str, ...]
    recursive: bool
    path: Path

    @property
    def label(self) -> str:
        """The label that the volume is mounted with; empty if there is none."""
        return "" if self.recursive or not self.labels else self.labels[0]


def mounted_claims(outcome: Outcome) -> Iterator[MountedClaim]:
    """Yield the claims that the pods of a workload mount, as SCC admission leaves these pods. Block devices are left out."""
    if outcome.verdict is None or outcome.created is False:
        return
    spec = outcome.verdict.pod.get("spec") or {}
    claims = {as_text(volume.get("name")): _claim(volume) for volume in mappings(spec.get("volumes"))}
    context = as_mapping(spec.get("securityContext"))
    mounts: dict[str, list[tuple[str, Path]]] = {}
    for role, index, container in containers(spec):
        own = as_mapping(as_mapping(container).get("securityContext")).get("seLinuxOptions")
        label = _label(own if own is not None else context.get("seLinuxOptions"))
        for position, mount in enumerate(mappings(as_mapping(container).get("volumeMounts"))):
            if claim := claims.get(as_text(mount.get("name")), ""):
                mounts.setdefault(claim, []).append((label, ("spec", role, index, "volumeMounts", position)))
    recursive = context.get("seLinuxChangePolicy") == "Recursive"
    for claim, places in mounts.items():
        labels = dict.fromkeys(label for label, _ in places if label)
        yield MountedClaim(claim, tuple(labels), recursive, places[0][1])


def event(first: MountedClaim, second: MountedClaim) -> Event | None:
    """Return the event for two pods that mount one claim; None if they can run at the same time.

    A pod whose own containers disagree is compared with no other pod.
    """
    if len(first.labels) > 1 or len(second.labels) > 1:
        return None
    if _differ(first.label, second.label):
        return "SELinuxLabelConflict"
    # Without a label there is nothing to mount with, so that the policy counts as Recursive.
    return "SELinuxChangePolicyConflict" if bool(first.label) != bool(second.label) else None


def _differ(first: str, second: str) -> bool:
    """Whether two labels exclude each other: their levels differ, or another part that both have."""
    (*named, level), (*others, other_level) = (label.split(":", 3) if label else ["", "", "", ""] for label in (first, second))
    return level != other_level or any(part and other and part != other for part, other in zip(named, others, strict=True))


def _claim(volume: Mapping[str, Any]) -> str:
    return as_text(as_mapping(volume.get("persistentVolumeClaim")).get("claimName"))


def _label(options: object) -> str:
    """Return `user:role:type:level` of seLinuxOptions; empty if they set nothing."""
    parts = [as_text(as_mapping(options).get(part)) for part in _PARTS]
    return ":".join(parts) if any(parts) else ""
