"""What becomes different for pods if they, an SCC, a binding or a namespace change, in words made from the admitted pods before and after.

Nothing is written by hand.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from scclint.admission.access import TO_READ, TO_WRITE, demands
from scclint.admission.pod import containers
from scclint.admission.strategies import users_of
from scclint.admission.sysctl import UNPRIVILEGED_PORT_START, first_open_port
from scclint.admission.verdict import Verdict
from scclint.cluster import Cluster
from scclint.cluster.scc_admission import SccAdmission
from scclint.finding import Operation, Path, Remove, Set
from scclint.objects.types import ApiObject, Workload
from scclint.outcome.chain import Outcome
from scclint.outcome.world import World
from scclint.record import grouped, replace
from scclint.seccomp.effective import on_windows
from scclint.text import and_more, listed
from scclint.yaml.operations import EditRefused, changed_data
from scclint.yaml.untyped import as_mapping, copied, mappings

_OF_NO_NODE = (TO_READ, TO_WRITE, "runAsUser 0", "seccomp Unconfined")
"""The ends of the texts about a pod that say nothing of its node."""

_GROUPS = ("fsGroup", "supplementalGroups")


def effects(world: World, before: Outcome, after: Outcome) -> tuple[str, ...]:
    """Return what changes for the pods, as clauses, the most important first; nothing if a verdict is unknown."""
    admission, process = admission_effect(before, after), process_effect(world, before, after)
    run = "the containers then run "
    if admission.startswith(run) and process.startswith(run):
        admission, process = f"{admission} and {process.removeprefix(run)}", ""
    lost = given_up(world, before, after)
    them = "it" if len(lost) == 1 else "them"
    loss = f"the program must work without {them}" if lost else ""
    confinement = confinement_effect(before, after)
    return (
        *filter(None, (admission, loss, confinement, process, *platform_effects(before, after))),
        *of_images(world, before, after),
        *of_injection(world, after.workload),
    )


def of_images(world: World, before: Outcome, after: Outcome) -> Iterator[str]:
    """Yield, as clauses, what the containers then lack that their images need and that they have before. `process_effect` names ports."""
    lacked = {(misfit.need, misfit.container.name) for misfit in world.misfits_of(before)}
    for misfit in world.misfits_of(after):
        name, exact = misfit.container.name, misfit.image.exact
        if exact and misfit.need in _LACKING and (misfit.need, name) not in lacked:
            yield f"container {name} then {_LACKING[misfit.need].format(listed(misfit.values), misfit.image.user or 0)}"


_LACKING = {
    "user": "fails, because its image works only as its own user, {1}",
    "capability": "does not start, because its file has {0}",
    "directory": "cannot write to {0}",
    "home": "has no home directory to write to",
}
"""What becomes of a container, by the need of its image."""


def of_injection(world: World, workload: Workload) -> tuple[str, ...]:
    """Return, as a clause, that what a webhook adds to the pods is not judged; nothing if no webhook does."""
    why = world.outcomes.injection(workload)
    return (f"the containers that a webhook adds, because of {why}, may need more",) if why else ()


def given_up(world: World, before: Outcome, after: Outcome) -> set[str]:
    """Return what the pod asked of its node before and no longer asks, in the words of `asked`; nothing if a verdict is unknown."""
    if before.verdict is None or after.verdict is None:
        return set()
    minor = world.cluster.kubernetes_minor
    return asked(before.verdict.submitted, minor).keys() - asked(after.verdict.submitted, minor).keys()


def asks_for_unconfined(outcome: Outcome) -> bool:
    """Whether a field or annotation of the pod turns seccomp off for a container."""
    return any(c.requested is not None and c.requested.type == "Unconfined" for c in outcome.seccomp)


def admission_effect(before: Outcome, after: Outcome) -> str:
    """Return which SCC then admits the pods, and the profiles that the containers then run with; empty if both are as before."""
    if before.verdict is None or after.verdict is None:
        return ""
    profiles = {container.name: container.type for container in before.seccomp}
    confined = dict.fromkeys(
        c.type for c in after.seccomp if c.type and c.type != profiles.get(c.name) and c.type != "Unconfined"
    )
    if after.verdict.scc is not None and after.verdict.scc != before.verdict.scc:
        whose = "the pod" if after.workload.kind == "Pod" else "the pods"
        return f"SCC {after.verdict.scc} then admits {whose}{f' with profile {listed(confined)}' if confined else ''}"
    return f"the containers then run with profile {listed(confined)}" if confined else ""


def confinement_effect(before: Outcome, after: Outcome) -> str:
    """Return what a program needs whose author turned seccomp off, perhaps with a reason, if it is then on; empty for another."""
    confined = asks_for_unconfined(before) and not asks_for_unconfined(after)
    return "the program must work with the system calls that the profile allows" if confined else ""


def process_effect(world: World, before: Outcome, after: Outcome) -> str:
    """Return which user, or else which groups, the containers then have; empty if they are as before."""
    if before.verdict is None or after.verdict is None:
        return ""
    if user := user_change(world.cluster.admission, before.verdict, after.verdict):
        return user
    old, new = (verdict.submitted["spec"].get("securityContext") or {} for verdict in (before.verdict, after.verdict))
    groups = [
        f"{key}: {old[key]}" for key in _GROUPS if after.verdict.allowed and old.get(key) is not None and new.get(key) is None
    ]
    return f"volumes and processes then have groups of the namespace's range instead of {listed(groups)}" if groups else ""


def platform_effects(before: Outcome, after: Outcome) -> Iterator[str]:
    """Yield, as clauses, what becomes of the pods where no SCC sets a group and users: of their persistent volumes if their own group is
    then gone, and of containers that must not run as root if their own user, who is not root, is.
    """
    if before.verdict is None or after.verdict is None:
        return
    spec, later = before.verdict.submitted["spec"], after.verdict.submitted["spec"]
    had, has = (as_mapping(of.get("securityContext")).get("fsGroup") is not None for of in (spec, later))
    persistent = any("persistentVolumeClaim" in volume or "ephemeral" in volume for volume in mappings(later.get("volumes")))
    if had and not has and persistent:
        yield "on plain Kubernetes, nothing then makes the volumes writable for the pod's group"
    refused = refused_elsewhere(before, after)
    for name, refusal in refused.items():
        if refusal:
            yield f"on plain Kubernetes, container {name} then does not start: {refusal}"
    if unknown := [name for name, refusal in refused.items() if refusal is None]:
        start = f"container {unknown[0]} then starts" if len(unknown) == 1 else f"containers {listed(unknown)} then start"
        yield f"on plain Kubernetes, {start} only if the image names a user ID other than 0 (runAsNonRoot: true)"


def refused_elsewhere(before: Outcome, after: Outcome) -> dict[str, str | None]:
    """Return the containers that must not run as root and have lost their user ID, by name, with why the kubelet refuses their images
    where no SCC sets a user: empty if it does not, and None if nothing is known of the image.
    """
    if before.verdict is None or after.verdict is None:
        return {}
    users = users_of(before.verdict.submitted)
    without = {name for name, (uid, non_root) in users_of(after.verdict.submitted).items() if non_root and uid is None}
    images = {c.name: after.image(c) for c in after.seccomp if c.name in without and users.get(c.name, (None, False))[0]}
    return {name: None if image is None or image.user is None else image.refusal() for name, image in images.items()}


_OF_RANGE = "any user ID"
"""The user where the SCC chooses the ID. Nobody knows which it is, so the image must run as any."""


def user_change(admission: SccAdmission, before: Verdict, after: Verdict | None) -> str:
    """Return, as clauses, the user that containers run as after a change and did not run as before, and the port that it may not open.

    It is empty if there is none, and for Windows, which has no user IDs. A rejected pod is compared as written. A container without a
    user ID runs as the user that its image names.
    """
    if after is None or not after.allowed or on_windows(after.submitted["spec"]):
        return ""
    earlier, later, written = users_of(before.pod), users_of(after.pod), users_of(after.submitted)
    groups = _groups_of(after.pod["spec"])
    users: dict[str, list[str]] = {}
    for name, (uid, non_root) in later.items():
        earlier_user = earlier.get(name, (uid, non_root))
        if earlier_user[0] == uid and (uid is not None or earlier_user[1] or not non_root):
            continue
        if uid is None:
            user = f"the user that the image names{', which must not be root' if non_root else ''}"
        elif written[name][0] is None and admission.is_in_range(uid, after.namespace):
            user = _OF_RANGE + (f" with group {groups[name]}" if groups[name] else "")
        else:
            user = f"user ID {uid}: the image must allow it"
        users.setdefault(user, []).append(name)
    clauses = []
    for user, names in users.items():
        many = len(names) > 1
        containers = "containers" if many else "container"
        who = "the containers" if len(names) == len(later) else f"{containers} {listed(names)}"
        if user.startswith(_OF_RANGE):
            of_some = f" of {who}" if len(names) < len(later) else ""
            clauses.append(f"the image{of_some} must allow {user}")
            continue
        clauses.append(f"{who} then run{'' if many or who == 'the containers' else 's'} as {user}")
    # Root, and the user of an image that may be root, open every port.
    lost_root = [name for name, user in later.items() if any(user) and not any(earlier.get(name, user))]
    return "; ".join((*clauses, *_closed_port(after.pod["spec"], lost_root)))


def _groups_of(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The group of the processes of each container that `runAsGroup` sets, None without it. Group 0 owns the files of images for any user."""
    of_pod = as_mapping(spec.get("securityContext")).get("runAsGroup")
    contexts = {c.get("name") or "": as_mapping(c.get("securityContext")) for _, _, c in containers(spec)}
    return {name: context.get("runAsGroup", of_pod) for name, context in contexts.items()}


def _closed_port(spec: Mapping[str, Any], names: Container[str]) -> Iterator[str]:
    """Yield a clause about the first port that the containers of these names list and that only root may open; nothing without one."""
    unless = "" if spec.get("hostNetwork") else f", unless the pod sets the sysctl {UNPRIVILEGED_PORT_START} to {{0}}"
    ports = (
        port.get("containerPort")
        for _, _, container in containers(spec)
        if (container.get("name") or "") in names
        for port in mappings(container.get("ports"))
    )
    closed = [port for port in ports if isinstance(port, int) and 0 < port < first_open_port(spec)]
    yield from (f"port {port} is then closed to them{unless.format(port)}" for port in closed[:1])


def asked(pod: Mapping[str, Any], minor: int) -> dict[str, None]:
    """Return what a pod asks of its node, in words: `hostNetwork`, `capability NET_ADMIN`, `hostPath /dev/log`."""
    named = (text.removesuffix(TO_READ).removesuffix(TO_WRITE) for text in demands(pod, minor) if "SELinux type" not in text)
    return dict.fromkeys(text for text in named if not text.endswith(_OF_NO_NODE))


def verdict_without(outcome: Outcome, world: World, paths: Iterable[Path], scc: str = "") -> Verdict | None:
    """Return the verdict on the pod of an outcome without the fields at `paths`, with the same namespace and creator.

    With `scc`, every user could use this SCC and no other; None if the cluster does not have it.
    """
    pod = pod_without(outcome.judged.submitted, paths)
    if scc:
        return world.cluster.admission.verdict_under(scc, pod, namespace=outcome.judged.namespace)
    return world.cluster.admit(pod, namespace=outcome.namespace, user=outcome.creator)


def pod_without(pod: dict[str, Any], paths: Iterable[Path]) -> dict[str, Any]:
    """Return a copy of a pod without the fields at `paths`. A volume, sysctl, profile or set of SELinux options goes as a whole."""
    # Steps of the same StepAction share their values, and a path is for one step only.
    changed: dict[str, Any] = copied(pod)
    # The last item of a list goes first, because each removal moves the later items.
    for path in sorted(set(map(whole, paths)), key=position, reverse=True):
        with suppress(EditRefused):
            changed_data(changed, Remove(path))
    return changed


def whole(path: Path) -> Path:
    """Return the path of what is to be removed together with the field at `path`."""
    for holder in ("seccompProfile", "seLinuxOptions"):
        if holder in path:
            return path[: path.index(holder) + 1]
    for items in ("volumes", "sysctls"):
        if items in path[:-1]:
            return path[: path.index(items) + 2]
    return path


def position(path: Path) -> tuple[tuple[int, Any], ...]:
    """Return the key by which paths are sorted in the order of lists."""
    return tuple((1, step) if isinstance(step, int) else (0, step) for step in path)


def effects_of(obj: ApiObject, world: World, *operations: Operation) -> tuple[str, ...]:
    """Return what becomes different for the pods that an SCC, binding or namespace concerns if operations change it, as clauses."""
    concerned = _concerned(obj, world)
    cluster = changed_cluster(obj, world, *operations) if concerned else world.cluster
    clauses: dict[str, list[str]] = {}
    for workload in concerned:
        outcome = world.outcome(workload)
        if outcome.verdict is not None:
            after = cluster.admit(outcome.verdict.submitted, namespace=outcome.namespace, user=outcome.creator)
            if clause := user_change(cluster.admission, outcome.verdict, after):
                clauses.setdefault(clause, []).append(workload.named)
    injected = [clause for workload in concerned if "Binding" in obj.kind for clause in of_injection(world, workload)]
    users = (f"in {and_more(dict.fromkeys(names), 2)}, {clause}" for clause, names in clauses.items())
    return (*users, *dict.fromkeys(injected))


def changed_cluster(obj: ApiObject, world: World, *operations: Operation) -> Cluster:
    """Return the cluster of a world in which operations change an object. Their paths lead from the root of its document."""
    changed = copied(obj.manifest)
    changed["metadata"] = {**as_mapping(changed.get("metadata")), "namespace": world.namespace_of(obj)}
    for operation in operations:
        path = operation.path[len(obj.path) :]
        # A Namespace is merged into that of the cluster, and null deletes a label there.
        deletes = isinstance(operation, Remove) and obj.kind == "Namespace"
        changed_data(changed, Set(path, None) if deletes else replace(operation, path=path))
    return world.cluster.with_decodable([changed], merge=False)


def _concerned(obj: ApiObject, world: World) -> Sequence[Workload]:
    """Return the workloads in a namespace, or whose pods an SCC or binding admits."""
    if obj.kind == "Namespace":
        return world.workloads_in(obj.name)
    # All bindings of a unit ask, and a world does not keep the outcomes of many workloads.
    admitted = world.memo(_admitted, lambda: _admitted(world))
    return admitted.get(obj.name if obj.kind == "SecurityContextConstraints" else id(obj), [])


def _admitted(world: World) -> Mapping[str | int, list[Workload]]:
    """Return the workloads by the name of the SCC that admits their pods, and by the `id` of the binding that grants it."""
    chosen = ((workload, world.outcome(workload).chosen) for workload in world.of(Workload))
    granted = ((workload, one.scc, one.grant.binding) for workload, one in chosen if one is not None and one.grant is not None)
    return grouped((key, workload) for workload, scc, ref in granted for key in (scc, id(ref and world.find(ref))))


def subjects_removed(binding: ApiObject) -> Iterator[Operation]:
    """Yield the operations that leave a binding without subjects."""
    yield from (Remove((*binding.path, key)) for key in ("subjects", "groupNames", "userNames") if key in binding.manifest)
