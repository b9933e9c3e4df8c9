"""What lets the program of an image run as the user that admission leaves its container, tried on the pod."""

from collections.abc import Iterator
from typing import Any

from scclint.admission.sysctl import UNPRIVILEGED_PORT_START
from scclint.advice.effects import effects
from scclint.advice.grants import least_grant
from scclint.advice.ladders import MOST_REMEDIES
from scclint.finding import Remedy
from scclint.objects.image import HOME
from scclint.objects.types import Workload
from scclint.outcome.chain import Misfit, Outcome
from scclint.outcome.world import World
from scclint.record import replace
from scclint.text import listed
from scclint.yaml.untyped import copied, value_at

_VOLUME = "writable-{}"
_GROUP = 1000
"""A group for files that are not in the image."""
_SYSCTL = f'set the sysctl {UNPRIVILEGED_PORT_START} to "{{}}" in the securityContext of the pod'
_HOME = "/home/app"
"""A directory for the trial of a volume as HOME. The advice leaves its name to the author."""


def remedies(misfit: Misfit, workload: Workload, world: World) -> tuple[Remedy, ...]:
    """Return the remedies that end the misfit, at most three, the best first."""
    return tuple(_tried(misfit, workload, world))[:MOST_REMEDIES]


def fs_group(workload: Workload, world: World, user: int | str) -> tuple[Remedy, ...]:
    """Return the remedy that sets `fsGroup` to the ID of a user, or to an example; nothing if the pod is then rejected."""
    outcome, pod = world.outcome(workload), _copy(world.outcome(workload))
    group = user if isinstance(user, int) else _GROUP
    pod["spec"]["securityContext"] = {**(pod["spec"].get("securityContext") or {}), "fsGroup": group}
    after = world.outcomes.with_pod(outcome, pod)
    words = f"set fsGroup: {group} in the securityContext of the pod"
    return (Remedy(words, effects(world, outcome, after)),) if after.admitted and not after.rejected_by else ()


def _tried(misfit: Misfit, workload: Workload, world: World) -> Iterator[Remedy]:
    outcome = world.outcome(workload)
    if not misfit.image.catalogued and misfit.need in ("user", "directory"):
        directories = " ".join(misfit.values) or "DIR"
        access = "the access to the files of the image that its user has" if misfit.need == "user" else "access"
        yield Remedy(f"give group 0 {access}: chgrp -R 0 {directories} && chmod -R g=u {directories}")
    for words, pod in _changes(misfit, outcome):
        after = world.outcomes.with_pod(outcome, pod)
        if after.admitted and not after.rejected_by and not after.never_started and not _remains(misfit, after, world):
            yield Remedy(words, effects(world, outcome, after))
    if misfit.need in ("user", "directory", "home") and misfit.image.uid is not None:
        pod = _copy(outcome)
        value_at(pod, misfit.container.path).setdefault("securityContext", {})["runAsUser"] = misfit.image.uid
        after = world.outcomes.with_pod(outcome, pod)
        granted = Remedy("") if after.admitted else least_grant(after, world)
        words = f"set runAsUser: {misfit.image.uid} for container {misfit.container.name}"
        yield replace(granted, words=f"{words}, and {granted.words}" if granted.words else words)


def _changes(misfit: Misfit, outcome: Outcome) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield changes in words, each with the pod that it makes."""
    path, name, image = misfit.container.path, misfit.container.name, misfit.image
    if image.any_user:
        pod = _copy(outcome)
        value_at(pod, path)["image"] = image.any_user
        other = outcome.image_of(image.any_user, "")
        words = f"use the image {image.any_user}, which runs as any user ID"
        if other and other.ports and other.ports != image.ports:
            words += f" and listens on port {listed(map(str, other.ports))}: name it in containerPort, probes and Services"
        yield words, pod
    pod = _copy(outcome)
    container = value_at(pod, path)
    if misfit.need == "port":
        _open(pod, misfit.values[0])
        yield _SYSCTL.format(misfit.values[0]), pod
    elif misfit.need == "capability":
        capabilities = container.setdefault("securityContext", {}).setdefault("capabilities", {})
        added = [each.removeprefix("CAP_") for each in misfit.values]
        capabilities["add"] = [*(capabilities.get("add") or ()), *added]
        words = f"write capabilities.add: [{', '.join(added)}] for container {name}"
        yield words, pod
        if image.ports:
            # Where a program may not gain privileges, its file capabilities let it start and have no effect.
            opened: dict[str, Any] = copied(pod)
            _open(opened, image.ports[0])
            yield f"{words}, and {_SYSCTL.format(image.ports[0])}", opened
    elif misfit.need == "directory":
        for number, directory in enumerate(misfit.values):
            _mount(pod, container, _VOLUME.format(number), directory)
        yield f"mount an emptyDir volume at {listed(misfit.values)} in container {name}", pod
    elif misfit.need == "home":
        _mount(pod, container, _VOLUME.format(HOME), _HOME)
        container["env"] = [*(container.get("env") or ()), {"name": "HOME", "value": _HOME}]
        yield f"mount an emptyDir volume in container {name}, and set its environment variable HOME to the mountPath", pod


def _copy(outcome: Outcome) -> dict[str, Any]:
    pod: dict[str, Any] = copied(outcome.judged.submitted)
    return pod


def _open(pod: dict[str, Any], port: int) -> None:
    sysctls = pod["spec"].setdefault("securityContext", {}).setdefault("sysctls", [])
    sysctls.append({"name": UNPRIVILEGED_PORT_START, "value": str(port)})


def _mount(pod: dict[str, Any], container: dict[str, Any], name: str, directory: str) -> None:
    pod["spec"]["volumes"] = [*(pod["spec"].get("volumes") or ()), {"name": name, "emptyDir": {}}]
    container["volumeMounts"] = [*(container.get("volumeMounts") or ()), {"name": name, "mountPath": directory}]


def _remains(misfit: Misfit, after: Outcome, world: World) -> bool:
    """Whether the container still lacks what it needs, or then lacks something else."""
    needs = {each.need for each in world.misfits_of(after) if each.container.name == misfit.container.name}
    before = {each.need for each in world.misfits(after.workload) if each.container.name == misfit.container.name}
    return misfit.need in needs or bool(needs - before)
