"""What helps against volumes that the cluster rejects, or that pods cannot mount together."""

from collections.abc import Sequence

from scclint.finding import Remedy
from scclint.objects.types import Workload
from scclint.outcome.selinux import Mount, opted_out
from scclint.outcome.world import World
from scclint.podsecurity.csi import PROFILE_LABEL, CsiVolume
from scclint.podsecurity.levels import level_label
from scclint.text import capitalized, listed


def one_label(workload: Workload, mount: Mount, others: Sequence[Mount], world: World) -> str:
    """Return what was tried and ends all conflicts of a mount with `others`, in the order of OpenShift's enhancement."""
    pods = [mount, *others]
    ways = [
        f"let SCC {labelled.scc} admit {unlabelled.workload.named}"
        for unlabelled, labelled in ((mount, others[0]), (others[0], mount))
        if len(pods) == 2 and unlabelled.workload and _labelled_by(unlabelled, labelled, world)
    ]
    mine = [pod.workload for pod in pods if pod.workload is not None]
    if all(opted_out(pod_workload, mount.claim.claim, world) for pod_workload in mine):
        ways.append("set seLinuxChangePolicy: Recursive in the securityContext of both pods")
        if not any(pod.claim.policy for pod in pods) and "StoragePerformantSecurityPolicy" not in world.cluster.disabled_gates:
            ways.append(f"label namespace {world.namespace_of(workload)} storage.openshift.io/selinux-change-policy: Recursive")
    advice = f"{listed(ways, 'or')}. " if ways else ""
    return f"{capitalized(advice)}OpenShift 5.0 refuses its upgrade until the pods agree."


def _labelled_by(unlabelled: Mount, labelled: Mount, world: World) -> bool:
    """Whether the SCC that admits a pod with a label would give a pod without one the same label."""
    if unlabelled.claim.label or unlabelled.claim.policy == "Recursive" or not labelled.scc or unlabelled.workload is None:
        return False
    outcome = world.outcome(unlabelled.workload)
    pod = world.outcomes.as_decoded(unlabelled.workload)
    verdict = world.cluster.admission.verdict_under(labelled.scc, pod, namespace=outcome.namespace)
    context = (verdict.pod["spec"].get("securityContext") or {}) if verdict and verdict.allowed else {}
    return labelled.claim.label.strip(":") == (context.get("seLinuxOptions") or {}).get("level")


def csi_labels(volume: CsiVolume, where: str) -> tuple[Remedy, ...]:
    """Return what allows an inline volume that is rejected. `where` names the namespace."""
    namespace = Remedy(f"set the label {level_label('enforce')}: {volume.profile} on {where}", beside=True)
    if volume.shipped:
        return namespace, Remedy("use a PersistentVolumeClaim")
    driver = Remedy(f"set the label {PROFILE_LABEL}: {volume.enforced} on the CSIDriver", beside=True)
    return (driver, namespace) if volume.profile else (driver,)
