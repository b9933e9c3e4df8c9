"""The words for the fields, SCCs, pods and manifests that answers to a denial are about."""

import re
from collections.abc import Iterable

from scclint.message.denial import Reason, Rejection
from scclint.message.incidents import Incident, owner_of
from scclint.message.pod import IN_POD
from scclint.text import and_more


def rejects(rejection: Rejection) -> str:
    """Return as a clause which fields an SCC rejects."""
    name = f"SCC {rejection.scc}" if rejection.scc else "an SCC that the message does not name"
    return f"{name} rejects {fields_of(rejection.reasons)}"


def fields_of(reasons: Iterable[Reason]) -> str:
    return and_more(dict.fromkeys(words_of(reason) for reason in reasons), 3)


def words_of(reason: Reason) -> str:
    """Return the field and value of a reason, with its container."""
    where = f" of `{reason.container[0]}[{reason.container[1]}]`" if reason.container else ""
    if reason.field == "volumes":
        return f"{reason.value} volumes"
    if reason.field in IN_POD:
        # Old releases repeat these fields for each container.
        where = ""
    if reason.field == "annotations" or "seccomp" in reason.text:
        return "the seccomp profile"
    if not reason.field:
        return "the pod"
    value = re.sub(r"^\[\]\w+\{(.*)\}$", r"\1", reason.value)
    return f"`{reason.field}: {value}`{where}" if value not in ("", "null") else f"`{reason.field}`{where}"


def label_of(rejection: Rejection) -> str:
    if not rejection.scc:
        return "an SCC that the message does not name"
    return f"SCC {rejection.scc}" if rejection.named else f"SCC {rejection.scc}, which the message does not name"


def pods_of(incident: Incident) -> str:
    kind, name = owner_of(incident)
    if not name:
        return "the pod"
    return f"pod {name}" if kind == "Pod" else f"the pods of {kind} {name}"


def in_manifest_of(incident: Incident) -> str:
    """Return the manifest to change, as a phrase."""
    kind, name = owner_of(incident)
    if not name:
        return "in the manifest, the chart's values or the operator's resource that the pod is made of"
    if kind == "Pod":
        return f"in what creates pod {name}"
    return f"in {kind} {name}, or in the chart's values or the operator's resource that it is made of"


def is_debug(incident: Incident) -> bool:
    """Return whether the pod is one of `oc debug`, which has no controller."""
    return incident.owner == ("", "") and incident.pod.endswith("-debug")
