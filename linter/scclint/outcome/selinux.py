"""SELinux labels of volumes: which pods mount one claim with labels that exclude each other.

From OpenShift 5.1 (gate SELinuxMount) the kubelet mounts a volume with the label of the pod, and a second pod with
another label waits. OpenShift 5.0 reports such pods and then refuses its upgrade.

Source: the SELinux warning controller of kube-controller-manager (`pkg/controller/volume/selinuxwarning`), and `GetMountSELinuxLabel`
in `pkg/volume/util/selinux.go`. `tools/compare_selinux_conflicts.py` runs that code on pods, to compare.
"""

from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any, Literal

from scclint.admission.pod import containers
from scclint.cluster import Cluster
from scclint.cluster.volumes import UNKNOWN, ClaimedVolume
from scclint.finding import Path
from scclint.objects.types import Workload
from scclint.outcome.chain import Outcome
from scclint.outcome.world import World
from scclint.record import EMPTY, record
from scclint.source import Span
from scclint.yaml.untyped import as_mapping, as_text, mappings, value_at

Event = Literal["SELinuxLabelConflict", "SELinuxChangePolicyConflict"]
"""The reason of an event that the controller records for two pods."""

_PARTS = ("user", "role", "type", "level")


@record
class MountedClaim:
    """A PersistentVolumeClaim that a pod mounts.

    `labels` are the different ones of the containers that mount it and have SELinux options, as `user:role:type:level`, empty for
    options that set nothing. `policy` is the pod's `seLinuxChangePolicy`, empty if it is unset. `path` leads to the first mount in the pod.
    """

    claim: str
    labels: tuple[str, ...]
    policy: str = ""
    volume: ClaimedVolume = UNKNOWN
    path: Path = ()

    @property
    def label(self) -> str:
        """The label that the volume is mounted with; empty if there is none."""
        opted_out = self.policy == "Recursive" or self.volume.mounts_with_label is False
        return "" if opted_out or not self.labels else self.labels[0]


@record
class Mount:
    """A claim that the pods of a workload mount, with the names of workload and SCC. `workload` is None if another unit has it."""

    workload: Workload | None
    named: str
    pod: str
    scc: str
    claim: MountedClaim
    span: Span

    def plain(self, span: Span) -> list[Any]:
        """Return what other units need to know about the mount, as JSON can express it. `span` is where people edit it."""
        return [self.named, self.pod, self.scc, list(self.claim.labels), self.claim.policy, list(span)]


def _restored(plain: list[Any], claim: MountedClaim) -> Mount:
    named, pod, scc, labels, policy, span = plain
    return Mount(None, named, pod, scc, MountedClaim(claim.claim, tuple(labels), policy, claim.volume), Span(*span))


@record
class Mounts:
    """The mounts of a world in the order of its workloads: of each workload by its `id`, and of each claim by namespace and name."""

    of_workload: dict[int, list[Mount]]
    of_claim: dict[tuple[str, str], list[Mount]]


def mounts(world: World) -> Mounts:
    """Return the claims that the pods of a world mount."""
    return world.memo(mounts, lambda: _mounts(world))


def _mounts(world: World) -> Mounts:
    all_mounts = Mounts({}, {})
    for workload in world.of(Workload):
        volumes = mappings(value_at(workload.pod.manifest, ("spec", "volumes")))
        # A world keeps few outcomes: to compute one here for nothing could mean to compute it twice.
        if not any(volume.get("persistentVolumeClaim") or volume.get("ephemeral") for volume in volumes):
            continue
        outcome = world.outcome(workload)
        for claim in mounted_claims(outcome, world.cluster):
            name = _pod_name(workload)
            scc = (outcome.verdict and outcome.verdict.scc) or ""
            mount = Mount(workload, workload.named, name, scc, claim, workload.pod.field(*claim.path).span)
            all_mounts.of_workload.setdefault(id(workload), []).append(mount)
            all_mounts.of_claim.setdefault((outcome.namespace, claim.claim), []).append(mount)
    return all_mounts


def conflicts(mount: Mount, workload: Workload, world: World) -> Iterator[tuple[Mount, tuple[Event, ...]]]:
    """Yield the mounts of the same claim that exclude one of a workload, with the reasons of the events.

    Of two pods that conflict, only the later one in the input has the conflict. Units are ordered by their names.
    """
    namespace, claim = world.namespace_of(workload), mount.claim.claim
    before = takewhile(lambda other: other.workload is not workload, mounts(world).of_claim[namespace, claim])
    release = world.cluster.release or world.cluster.kubernetes_version
    elsewhere = world.other_units.mounts(release, namespace, claim) if world.namespace_known(workload) else []
    for other in (*before, *(_restored(plain, mount.claim) for plain in elsewhere)):
        if reasons := events(mount.claim, other.claim):
            yield other, reasons


def opted_out(workload: Workload, claim: str, world: World) -> bool:
    """Return whether the pods of a workload are created, and mount a claim without a label, if they set `seLinuxChangePolicy: Recursive`."""
    outcome = world.outcome(workload)
    pod = world.outcomes.as_decoded(workload)
    context = {**as_mapping(pod["spec"].get("securityContext")), "seLinuxChangePolicy": "Recursive"}
    after = world.outcomes.with_pod(outcome, {**pod, "spec": {**pod["spec"], "securityContext": context}})
    mounted = [mounted_claim for mounted_claim in mounted_claims(after, world.cluster) if mounted_claim.claim == claim]
    return after.created is not False and bool(mounted) and not any(mounted_claim.label for mounted_claim in mounted)


def mounted_claims(outcome: Outcome, cluster: Cluster) -> Iterator[MountedClaim]:
    """Yield the claims that the pods of a workload mount, as SCC admission leaves these pods.

    Block devices are left out, and the pods of a dump that ended.
    """
    ended = value_at(outcome.workload.manifest, ("status", "phase")) in ("Succeeded", "Failed")
    if outcome.verdict is None or outcome.created is False or ended:
        return
    spec = outcome.verdict.pod.get("spec") or {}
    context = as_mapping(spec.get("securityContext"))
    places: dict[str, list[tuple[str | None, Path]]] = {}
    for role, index, container in containers(spec):
        options = as_mapping(as_mapping(container).get("securityContext")).get("seLinuxOptions")
        label = _label(options if options is not None else context.get("seLinuxOptions"))
        for position, mount in enumerate(mappings(as_mapping(container).get("volumeMounts"))):
            place = ("spec", role, index, "volumeMounts", position)
            places.setdefault(as_text(mount.get("name")), []).append((label, place))
    for volume in mappings(spec.get("volumes")):
        name = as_text(volume.get("name"))
        if name in places and (claim := _claim(volume, outcome)):
            labels = dict.fromkeys(label for label, _ in places[name] if label is not None)
            claimed = cluster.claimed_volume(outcome.namespace, claim, _template(volume, outcome.workload))
            yield MountedClaim(claim, tuple(labels), as_text(context.get("seLinuxChangePolicy")), claimed, places[name][0][1])


def events(first: MountedClaim, second: MountedClaim) -> tuple[Event, ...]:
    """Return the reasons of the events for two pods that mount one claim; none if they can run at the same time.

    A pod whose own containers disagree is compared with no other pod.
    """
    if len(first.labels) > 1 or len(second.labels) > 1:
        return ()
    reasons: list[Event] = ["SELinuxLabelConflict"] if _differ(first.label, second.label) else []
    # Without a label there is nothing to mount with, so that the policy counts as Recursive.
    return (*reasons, "SELinuxChangePolicyConflict") if bool(first.label) != bool(second.label) else tuple(reasons)


def event_text(reason: Event, pod: MountedClaim, other: MountedClaim, other_name: str) -> str:
    """Return the text of the event at `pod`, up to its advice. `other_name` is the name of the other pod."""
    what = reason.removesuffix("Conflict")
    mine, theirs = pod.label, other.label
    if reason != "SELinuxLabelConflict":
        mine, theirs = ("MountOption" if claim.label else "Recursive" for claim in (pod, other))
    return f'{what} "{mine}" conflicts with pod {other_name} that uses the same volume as this pod with {what} "{theirs}"'


def _differ(first: str, second: str) -> bool:
    """Whether two labels exclude each other: their levels differ, or another part that both have."""
    (*named, level), (*others, other_level) = (label.split(":", 3) if label else ["", "", "", ""] for label in (first, second))
    return level != other_level or any(part and other and part != other for part, other in zip(named, others, strict=True))


def _pod_name(workload: Workload) -> str:
    """Return the name of the pods of a workload, with `*` for what is generated."""
    name: str = workload.pod.manifest["metadata"]["name"]
    return f"{name}*" if name.endswith("-") else name


def _claim(volume: Mapping[str, Any], outcome: Outcome) -> str:
    """Return the name of the claim of a volume; empty for another sort of volume."""
    if isinstance(volume.get("ephemeral"), dict):
        return f"{_pod_name(outcome.workload)}-{volume.get('name')}"
    return as_text(as_mapping(volume.get("persistentVolumeClaim")).get("claimName"))


def _template(volume: Mapping[str, Any], workload: Workload) -> Mapping[str, Any]:
    """Return the spec of the claim that is made for a volume; empty if its claim is an object."""
    made = value_at(workload.manifest, ("spec", "volumeClaimTemplates"))
    of_volume = (claim for claim in mappings(made) if value_at(claim, ("metadata", "name")) == volume.get("name"))
    template = next(of_volume, None) or value_at(volume, ("ephemeral", "volumeClaimTemplate"))
    return as_mapping(as_mapping(template).get("spec", EMPTY))


def _label(options: object) -> str | None:
    """Return `user:role:type:level` of seLinuxOptions; empty if they set nothing, and None if there are none."""
    if not isinstance(options, Mapping):
        return None
    parts = [as_text(options.get(part)) for part in _PARTS]
    return ":".join(parts) if any(parts) else ""
