"""The settings of one run: frozen, complete and checked. `schemas/config.json` says what each means to the user."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scclint.errors import UsageError
from scclint.finding import Ignore, Severity
from scclint.record import EMPTY, record

if TYPE_CHECKING:
    from scclint.config.records import (
        Creator,
        DeclaredRule,
        GrantFacts,
        NamespaceFacts,
        NodePoolFacts,
        PathRules,
        PodTemplate,
        UnitSettings,
    )
    from scclint.objects.image import ImageFacts


@record
class Config:
    """Every setting with its default. `Config()` is what a run without file and options uses.

    `file` is the configuration file as it was found, empty for none; `root` is the folder that globs are relative to. `found` is True
    if scclint found the file by itself, so that it belongs to the checked folder and not to the user.
    Paths are ready to be opened from the working directory. `openshift` empty means the
    default release, `kubernetes` empty the newest version known. `creator` None leaves the creator of bare Pods to the engine's default.
    `settings` holds what was set, by key (`cluster.openshift`), as plain values; `origins` says where each of those was
    set: `FILE:LINE`, `command line`, or the profile that implies it. A key absent from both has its default.
    """

    file: str = ""
    root: str = "."
    found: bool = False

    platform: str = "openshift"
    feature_set: str = "Default"
    openshift: tuple[str, ...] = ()
    kubernetes: str = ""
    seccomp_default: bool = False
    upgraded_from_4_10: bool = False
    addons: tuple[str, ...] = ()
    cluster_state: tuple[str, ...] = ()
    creator: "Creator | None" = None
    namespaces: "tuple[NamespaceFacts, ...]" = ()
    grants: "tuple[GrantFacts, ...]" = ()
    node_pools: "tuple[NodePoolFacts, ...]" = ()

    namespace: str = ""
    exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    params: Mapping[str, str] = EMPTY
    images: "tuple[ImageFacts, ...]" = ()
    pod_templates: "tuple[PodTemplate, ...]" = ()
    helm_chart: str = ""
    render: str = "auto"
    helm_values: tuple[str, ...] = ()
    helm_set: tuple[str, ...] = ()
    units: "tuple[UnitSettings, ...]" = ()
    profile_dirs: tuple[str, ...] = ()

    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = EMPTY
    per_path: "tuple[PathRules, ...]" = ()
    fail_on: str = "access"
    ignores: tuple[Ignore, ...] = ()
    acceptances: str = "base"
    rules: "tuple[DeclaredRule, ...]" = ()
    rule_modules: tuple[str, ...] = ()

    format: tuple[str, ...] = ("full",)
    output: tuple[str, ...] = ()
    template: str = ""
    sarif_category: str = ""
    show_suppressed: bool = False

    settings: Mapping[str, Any] = EMPTY
    origins: Mapping[str, str] = EMPTY


_OF_CLUSTER = (
    *("platform", "feature_set", "openshift", "kubernetes", "seccomp_default", "upgraded_from_4_10", "addons", "cluster_state"),
    *("creator", "namespaces", "grants", "node_pools"),
)
_SPELLED = {"upgraded_from_4_10": "upgraded-from-4.10", "cluster_state": "state"}


def _key(field: str) -> tuple[str, ...]:
    key = _SPELLED.get(field, field.replace("_", "-"))
    return ("cluster", key) if field in _OF_CLUSTER else (key,)


KEYS: Mapping[str, tuple[str, ...]] = {
    field: _key(field) for field in Config.__match_args__ if field not in ("file", "root", "found", "settings", "origins")
}
"""The key of each field of `Config` in a configuration file, in the order of `scclint config`."""


def check_one_cluster(config: Config, command: str) -> None:
    """Raise UsageError if the settings do not describe a single cluster that has SCCs, which `command` is about."""
    if config.platform == "kubernetes":
        raise UsageError("plain Kubernetes has no SCCs")
    if len(config.openshift) > 1:
        raise UsageError(f"{command} is about one cluster, not {', '.join(config.openshift)}: give one with --openshift")
