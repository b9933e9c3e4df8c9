"""An SCC made ready for one namespace: what the plugin calls a provider (sccmatching, `CreateProviderFromConstraint`).

The pre-allocated annotations of the namespace give the values that the SCC does not set. An SCC that cannot be made ready rejects every
pod of the namespace, even if the SCC would not be used.
"""

from collections.abc import Callable, Iterable, Mapping

from scclint.admission.constraints import (
    MUST_RUN_AS,
    MUST_RUN_AS_RANGE,
    RUN_AS_ANY,
    Constraints,
    content_of,
)
from scclint.admission.wording import Wording, wording_of
from scclint.platform.id_ranges import BlockError, Range, parse_block, parse_blocks
from scclint.platform.terms import UID_RANGE
from scclint.record import record

MCS = "openshift.io/sa.scc.mcs"
SUPPLEMENTAL_GROUPS = "openshift.io/sa.scc.supplemental-groups"


class ProviderError(ValueError):
    """An SCC that cannot be made ready for a namespace; `str(error)` is the plugin's wording."""


@record
class Provider:
    """An SCC with the values of one namespace.

    `minimum_uid` and `maximum_uid` bound MustRunAsRange, both included. `se_linux` are the options that MustRunAs asks for
    (None under RunAsAny). `fs_group` and `supplemental_groups` are the ranges of MustRunAs (empty under RunAsAny).
    `minor` is the Kubernetes minor of the OpenShift release whose plugin is simulated, and `wording` how that release writes denials.
    `content` is equal for two providers that treat every pod alike, because their SCCs differ at most in name, priority, users and groups.
    """

    scc: Constraints
    minor: int
    minimum_uid: int
    maximum_uid: int
    se_linux: Mapping[str, str] | None
    fs_group: tuple[Range, ...]
    supplemental_groups: tuple[Range, ...]
    wording: Wording
    content: str

    @property
    def name(self) -> str:
        return self.scc.name


def make_provider(scc: Constraints, namespace: str, annotations: Mapping[str, str], minor: int) -> Provider:
    """Make `scc` ready for the namespace that carries `annotations`. Raises ProviderError."""
    low, high = scc.uid_range_min, scc.uid_range_max
    se_linux = scc.se_linux_options
    fs_group = scc.fs_group_ranges
    supplemental = scc.supplemental_groups_ranges
    what = "uid"
    try:
        if scc.run_as_user == MUST_RUN_AS_RANGE and low is None and high is None:
            low, high = parse_block(_annotation(annotations, UID_RANGE))
        what = "mcs"
        if scc.se_linux_context == MUST_RUN_AS and not (se_linux or {}).get("level"):
            se_linux = {**(se_linux or {}), "level": _annotation(annotations, MCS)}
        what = "group"
        if scc.fs_group == MUST_RUN_AS and not fs_group:
            first = parse_blocks(_groups(annotations))[0][0]
            fs_group = ((first, first),)
        if scc.supplemental_groups == MUST_RUN_AS and not supplemental:
            supplemental = parse_blocks(_groups(annotations))
    except BlockError as error:
        searched = f"unable to find pre-allocated {what} annotation for namespace {namespace}"
        raise ProviderError(f"{searched} while trying to configure SCC {scc.name}: {error}") from None
    if problem := _unusable(scc, low, high):
        raise ProviderError(f"error creating provider for SCC {scc.name} in namespace {namespace}: {problem}")
    values = (
        low or 0,
        high or 0,
        se_linux if scc.se_linux_context == MUST_RUN_AS else None,
        fs_group if scc.fs_group == MUST_RUN_AS else (),
        supplemental if scc.supplemental_groups == MUST_RUN_AS else (),
        wording_of(minor),
    )
    return Provider(scc, minor, *values, content=repr((content_of(scc), minor, *values[:-1])))


def make_providers(
    sccs: Iterable[Constraints],
    namespace: str,
    annotations: Mapping[str, str],
    minor: int,
    make: Callable[[Constraints, str, Mapping[str, str], int], Provider] = make_provider,
) -> tuple[tuple[Provider, ...], tuple[str, ...]]:
    """The providers of `sccs`, in that order, and the errors of those that cannot be made, in the plugin's words.

    `annotations` are the namespace's. Without its uid-range and mcs annotations there is a single error and no provider. `make` makes
    each provider, as `make_provider` does.
    """
    for required in (UID_RANGE, MCS):
        if required not in annotations:
            return (), (f"error fetching namespace {wording_of(minor).quote(namespace)}: unable to find annotation {required}",)
    providers: list[Provider] = []
    errors: list[str] = []
    for scc in sccs:
        try:
            providers.append(make(scc, namespace, annotations, minor))
        except ProviderError as error:
            errors.append(str(error))
    return tuple(providers), tuple(errors)


def _annotation(annotations: Mapping[str, str], name: str) -> str:
    value = annotations[name]
    if not value:
        raise BlockError(f"found annotation {name} but it was empty")
    return value


def _groups(annotations: Mapping[str, str]) -> str:
    groups = annotations.get(SUPPLEMENTAL_GROUPS, annotations[UID_RANGE])
    if not groups:
        raise BlockError(f"unable to find groups using {SUPPLEMENTAL_GROUPS} and {UID_RANGE} annotations")
    return groups


def _unusable(scc: Constraints, low: int | None, high: int | None) -> str:
    """Why no strategy can be made of the SCC's values; empty where all can."""
    match scc.run_as_user:
        case "MustRunAs":
            if scc.uid is None:
                return "MustRunAs requires a UID"
        case "MustRunAsRange":
            if low is None:
                return "MustRunAsRange requires a UIDRangeMin"
            if high is None:
                return "MustRunAsRange requires a UIDRangeMax"
        case "MustRunAsNonRoot" | "RunAsAny":
            pass
        case unknown:
            return f"Unrecognized RunAsUser strategy type {unknown}"
    for strategy, field in (
        (scc.se_linux_context, "SELinuxContext"),
        (scc.fs_group, "FSGroup"),
        (scc.supplemental_groups, "SupplementalGroups"),
    ):
        if strategy not in (MUST_RUN_AS, RUN_AS_ANY):
            return f"Unrecognized {field} strategy type {strategy}"
    return ""
