"""The user of a container: the uid that the `runAsUser` strategy gives it, and the uids that it may have."""

from typing import Any

from scclint.admission.constraints import MUST_RUN_AS, MUST_RUN_AS_NON_ROOT, MUST_RUN_AS_RANGE
from scclint.admission.field import FieldError, Where
from scclint.admission.pod import containers
from scclint.admission.provider import Provider
from scclint.finding import Path
from scclint.untyped import Object

Effective = tuple[Any, Path]
"""The effective value of a field for a container, set by the container or the pod, and its path."""


def users_of(pod: Object) -> dict[str, tuple[int | None, bool]]:
    """Return the effective `runAsUser`, None if its image decides, and `runAsNonRoot` of each container of a pod, by name."""
    found = {}
    for _, _, container in containers(pod["spec"]):
        context = [container.get("securityContext") or {}, pod["spec"].get("securityContext") or {}]
        uid, non_root = (
            next((c[key] for c in context if c.get(key) is not None), None) for key in ("runAsUser", "runAsNonRoot")
        )
        found[container.get("name") or ""] = (uid, non_root is True)
    return found


def default(provider: Provider) -> int | None:
    """The uid for a container that has none, or None where the strategy leaves it open."""
    match provider.scc.run_as_user:
        case "MustRunAs":
            return provider.scc.uid
        case "MustRunAsRange":
            return provider.minimum_uid
        case _:
            return None


def validate(provider: Provider, where: Where, run_as_non_root: Effective, run_as_user: Effective) -> FieldError | None:
    """What is wrong with the effective `runAsNonRoot` (a boolean or None) and `runAsUser` (a whole number or None)."""
    (non_root, non_root_at), (uid, uid_at) = run_as_non_root, run_as_user
    strategy = provider.scc.run_as_user
    if strategy == MUST_RUN_AS_NON_ROOT:
        if non_root is None and uid is None:
            return where.required("runAsNonRoot", "must be true", "true", at=non_root_at)
        if non_root is False:
            return where.invalid("runAsNonRoot", non_root, "must be true", "true", at=non_root_at)
        if uid == 0:
            return where.invalid("runAsUser", uid, "running with the root UID is forbidden", "any uid but 0", at=uid_at)
        return None
    if strategy == MUST_RUN_AS:
        accepted, good = str(provider.scc.uid), uid == provider.scc.uid
        detail = f"must be: {accepted}"
    elif strategy == MUST_RUN_AS_RANGE:
        low, high = provider.minimum_uid, provider.maximum_uid
        accepted, good = f"{low} to {high}", uid is not None and low <= uid <= high
        detail = f"must be in the ranges: [{low}, {high}]"
    else:
        return None
    if uid is None:
        return where.required("runAsUser", "", accepted, at=uid_at)
    return None if good else where.invalid("runAsUser", uid, detail, accepted, at=uid_at)
