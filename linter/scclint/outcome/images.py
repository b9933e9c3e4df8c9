"""What keeps the program of an image from running as the user, and with the capabilities, that admission leaves its container."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scclint.admission.strategies import users_of
from scclint.admission.sysctl import first_open_port
from scclint.objects.image import HOME, Image
from scclint.outcome.chain import Misfit, Outcome
from scclint.seccomp.capabilities import bounding_set_of
from scclint.seccomp.effective import ContainerSeccomp

_BIND = "CAP_NET_BIND_SERVICE"


def misfits(outcome: Outcome, *, crio: bool) -> list[Misfit]:
    """Return what the containers of a pod lack that their images need; nothing if the pod is not created, or no image is known.

    Only with `crio`, ports below 1024 are closed: containerd opens them since 2.0 (`enable_unprivileged_ports`), and CRI-O leaves the
    sysctl as the kernel has it.
    """
    return [] if outcome.verdict is None or outcome.rejected_by else list(_misfits(outcome, crio=crio))


def _misfits(outcome: Outcome, *, crio: bool) -> Iterator[Misfit]:
    users, others = users_of(outcome.judged.pod), outcome.other_users
    for container in outcome.seccomp:
        image = outcome.image(container) if container.source != "windows" else None
        if image is None:
            continue
        values, user = outcome.container(container), users.get(container.name, (None, False))[0]
        if container.name in others:
            yield Misfit("user", container, image, user)
        starts = not values.get("command")
        dropped = set(image.capabilities) - bounding_set_of(values) if starts else set()
        if dropped:
            yield Misfit("capability", container, image, user, tuple(sorted(dropped)))
        port = _closed_port(outcome, container, image, user) if crio else None
        if port is not None and not dropped:
            yield Misfit("port", container, image, user, (port,))
        owns = user == image.owner or (user and outcome.is_own_user(container, image, user))
        if image.writes and user and starts and not owns:
            yield from _unwritable(outcome, container, image, user)


def _closed_port(outcome: Outcome, container: ContainerSeccomp, image: Image, user: int | None) -> int | None:
    """Return the first port that the program listens on and may not; None if there is none."""
    spec, values = outcome.judged.pod["spec"], outcome.container(container)
    listed = {listed.get("containerPort") for listed in values.get("ports") or ()}
    # Without ports in the manifest, its command and its configuration may have others.
    changed = not listed and (values.get("command") or values.get("args") or _configured(spec, values))
    if spec.get("hostNetwork") or changed or _may_bind(values, image, user):
        return None
    first = first_open_port(spec)
    return next((port for port in image.ports if port < first and (not listed or port in listed)), None)


def _may_bind(values: Mapping[str, Any], image: Image, user: int | None) -> bool:
    """Whether the program may have NET_BIND_SERVICE: as root, or by its file, which counts only if it may gain privileges.

    CRI-O sets no ambient capabilities, so that a user other than root has none of those that the manifest adds.
    """
    context = values.get("securityContext") or {}
    if _BIND not in bounding_set_of(values):
        return False
    if (user if user is not None else image.uid) in (0, None) or context.get("privileged"):
        return True
    return context.get("allowPrivilegeEscalation") is not False


def _unwritable(outcome: Outcome, container: ContainerSeccomp, image: Image, user: int) -> Iterator[Misfit]:
    values = outcome.container(container)
    paths = [posixpath.normpath(str(mount.get("mountPath"))) for mount in values.get("volumeMounts") or ()]
    if _is_program(values) or any(_is_in(file, path) for file in image.configuration for path in paths):
        return
    if _sets(values, image.settings):
        return
    directories = tuple(each for each in image.writes if each != HOME and not any(_is_in(each, path) for path in paths))
    if directories:
        yield Misfit("directory", container, image, user, directories)
    if HOME in image.writes and all(variable.get("name") != "HOME" for variable in values.get("env") or ()):
        yield Misfit("home", container, image, user)


def _sets(values: Mapping[str, Any], settings: Sequence[str]) -> bool:
    """Whether an argument or a variable of a container is one of these settings."""
    arguments = {str(argument).partition("=")[0] for argument in values.get("args") or ()}
    return not arguments.isdisjoint(settings) or any(variable.get("name") in settings for variable in values.get("env") or ())


def _is_program(values: Mapping[str, Any]) -> bool:
    """Whether the first argument of a container is a program instead of an option."""
    first = next(iter(values.get("args") or ()), "-")
    return not str(first).startswith("-")


def _configured(spec: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Whether a container mounts files of a ConfigMap or Secret, which may configure its program."""
    files = {volume.get("name") for volume in spec.get("volumes") or () if {"configMap", "secret", "projected"} & volume.keys()}
    mounts = values.get("volumeMounts") or ()
    return any(
        mount.get("name") in files and not str(mount.get("mountPath")).startswith("/var/run/secrets") for mount in mounts
    )


def _is_in(path: str, folder: str) -> bool:
    return f"{_real(path)}/".startswith(f"{_real(folder).rstrip('/')}/")


def _real(path: str) -> str:
    """Return a path in an image in which `/var/run` is a link to `/run`, as in all distributions."""
    return path.removeprefix("/var") if f"{path}/".startswith("/var/run/") else path
