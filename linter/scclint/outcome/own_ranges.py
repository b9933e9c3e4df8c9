"""Which ranges of IDs a namespace could have so that the IDs of a pod are its own, where the input gives none."""

import re
from collections.abc import Mapping
from typing import Any

from scclint.admission.pod import containers
from scclint.admission.provider import MCS, SUPPLEMENTAL_GROUPS
from scclint.cluster.namespaces import ASSUMED_ANNOTATIONS
from scclint.outcome.chain import Outcome
from scclint.platform.terms import UID_RANGE

_FIRST, _LAST, _SIZE = 1_000_000_000, 1_999_999_999, 10_000
"""The IDs that OpenShift gives to namespaces, in blocks of this size: `uidAllocatorRange` of the controller manager's configuration."""

_LEVEL = re.compile(r"s0:c(\d{1,4}),c(\d{1,4})")
_CATEGORIES = 1024


def may_be_own(value: Any) -> bool:
    """Return whether OpenShift gives a namespace this value: an ID from 1000000000 to 1999999999, or a level with two categories."""
    if isinstance(value, str):
        categories = _LEVEL.fullmatch(value)
        return categories is not None and all(int(category) < _CATEGORIES for category in categories.groups())
    return isinstance(value, int) and _FIRST <= value <= _LAST


def own_ranges(outcome: Outcome) -> Mapping[str, str]:
    """Return annotations of the namespace with which IDs and the level of the pod are its own; empty without such values.

    It is also empty if the ranges are known.
    """
    verdict = outcome.verdict
    if verdict is None or verdict.skipped or not verdict.namespace_assumed:
        return {}
    spec = verdict.submitted.get("spec") or {}
    context = spec.get("securityContext") or {}
    contexts = [context, *((container.get("securityContext") or {}) for _, _, container in containers(spec))]
    users = [each.get("runAsUser") for each in contexts]
    groups = [context.get("fsGroup"), *(context.get("supplementalGroups") or ())]
    levels = [(each.get("seLinuxOptions") or {}).get("level") for each in contexts]
    user, group, level = (next(filter(may_be_own, values), None) for values in (users, groups, levels))
    if user is None and group is None and level is None:
        return {}
    return {
        UID_RANGE: _block(user if user is not None else group),
        SUPPLEMENTAL_GROUPS: _block(group if group is not None else user),
        MCS: str(level or ASSUMED_ANNOTATIONS[MCS]),
    }


def assumption(outcome: Outcome) -> str:
    """Return what is assumed of the ranges of a pod's namespace that its IDs or its level would be in, as a clause; empty for nothing."""
    own = own_ranges(outcome)
    words = {UID_RANGE: "ID range", SUPPLEMENTAL_GROUPS: "ID range", MCS: "SELinux level"}
    facts = {words[key]: ASSUMED_ANNOTATIONS[key] for key, value in own.items() if value != ASSUMED_ANNOTATIONS[key]}
    return "the namespace has " + " and ".join(f"the {what} {value}" for what, value in facts.items()) if facts else ""


def _block(number: int | None) -> str:
    return ASSUMED_ANNOTATIONS[UID_RANGE] if number is None else f"{number // _SIZE * _SIZE}/{_SIZE}"
