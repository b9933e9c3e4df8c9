"""The seccomp strategy, and the two spellings of a profile: the field, and the text of the annotations.

An SCC's `seccompProfiles` and the plugin's own reasoning use the annotations' spelling: `runtime/default`, `docker/default`
(the same), `unconfined`, `localhost/PATH`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from scclint.admission.constraints import Constraints
from scclint.admission.field import FieldError, Where
from scclint.admission.provider import Provider
from scclint.finding import Path
from scclint.platform.releases import ANY_PROFILE_BESIDE_DEFAULT
from scclint.platform.terms import CONTAINER_LISTS, CONTAINER_SECCOMP_ANNOTATION_PREFIX, POD_SECCOMP_ANNOTATION, RUNTIME_DEFAULT

_LOCALHOST = "localhost/"

Profile = Mapping[str, Any]
"""A `seccompProfile` field: `type`, and `localhostProfile` for Localhost."""


def to_annotation(profile: Profile) -> str:
    """The field in the annotations' spelling; empty for an unknown type and for Localhost without a path."""
    match profile.get("type"):
        case "RuntimeDefault":
            return RUNTIME_DEFAULT[0]
        case "Unconfined":
            return "unconfined"
        case "Localhost" if profile.get("localhostProfile") is not None:
            return f"{_LOCALHOST}{profile['localhostProfile']}"
        case _:
            return ""


def to_field(annotation: str) -> dict[str, str] | None:
    """Return the text of the annotation as a field; None if it is not one of the four spellings or has an empty path."""
    if annotation in RUNTIME_DEFAULT:
        return {"type": "RuntimeDefault"}
    if annotation == "unconfined":
        return {"type": "Unconfined"}
    path = annotation.removeprefix(_LOCALHOST)
    return {"type": "Localhost", "localhostProfile": path} if path and path != annotation else None


def with_fields(pod: dict[str, Any]) -> dict[str, Any]:
    """Return a decoded pod with its seccomp annotations copied to the fields that it leaves unset. `pod` is not changed.

    The API server of Kubernetes 1.26 and older does this after mutating admission (`applySeccompVersionSkew`).
    """
    annotations = (pod.get("metadata") or {}).get("annotations") or {}
    if not any("seccomp" in key for key in annotations):
        return pod
    spec = _with_field(pod.get("spec") or {}, annotations.get(POD_SECCOMP_ANNOTATION))
    for field in CONTAINER_LISTS:
        if spec.get(field):
            prefix = CONTAINER_SECCOMP_ANNOTATION_PREFIX
            spec = {**spec, field: [_with_field(c, annotations.get(f"{prefix}{c.get('name')}")) for c in spec[field]]}
    return {**pod, "spec": spec}


def _with_field(part: Mapping[str, Any], annotation: str | None) -> Mapping[str, Any]:
    """Return the spec or a container with the profile of the annotation, if there is one and the field is unset."""
    context = part.get("securityContext") or {}
    profile = to_field(annotation or "")
    if profile is None or context.get("seccompProfile") is not None:
        return part
    return {**part, "securityContext": {**context, "seccompProfile": profile}}


def default(scc: Constraints, annotations: Mapping[str, str], profile: Profile | None) -> str:
    """The pod's profile as annotation text: its annotation, else its field, else the SCC's first but `*`, else empty."""
    if text := annotations.get(POD_SECCOMP_ANNOTATION):
        return text
    if profile is not None:
        return to_annotation(profile)
    return scc.default_seccomp_profile


def validate(provider: Provider, key: str, profile: str, at: Path) -> FieldError | None:
    """What is wrong with `profile`, the text that counts for the annotation `key` and was asked for at the path `at`.

    The plugin names the annotation even where only fields were used.
    """
    scc = provider.scc
    if "*" in scc.seccomp_profiles:
        return None
    where = Where(provider.wording, f"{provider.wording.metadata}.annotations[{key}]")
    if not scc.seccomp_profiles:
        if not profile:
            return None
        return where.forbidden("seccomp may not be set", "no seccomp profile at all", value=profile, at=at)
    if _allowed(scc.seccomp_profiles, provider.minor, profile):
        return None
    detail = f"{profile} is not an allowed seccomp profile. Valid values are "
    return where.forbidden(detail, ", ".join(scc.seccomp_profiles), value=profile, at=at, entries=scc.seccomp_profiles)


def _allowed(entries: Sequence[str], minor: int, profile: str) -> bool:
    runtime_default = any(entry in RUNTIME_DEFAULT for entry in entries)
    # The plugin of 4.11 looks at the list's entry here where it means the profile, and so lets everything pass.
    if runtime_default and (ANY_PROFILE_BESIDE_DEFAULT.holds(minor) or profile in RUNTIME_DEFAULT):
        return True
    return profile in entries
