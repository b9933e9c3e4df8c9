"""The Pod Security labels that OpenShift's controllers write on namespaces.

The label syncer reads a level from the SCCs that the namespace's service accounts may use. Another controller forces three system
namespaces to `privileged`. Source: `pkg/psalabelsyncer` of openshift/cluster-policy-controller, release branches 4.11 to 5.0.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from scclint.errors import ModelError
from scclint.platform.releases import PRIVILEGED_IS_FORCED, SYNCER_LEAVES_OWNED, SYNCER_WRITES_LATEST
from scclint.platform.terms import UID_RANGE
from scclint.podsecurity.levels import LABELS, LATEST, MODES, Level, Mode, least_strict, level_label, version_label
from scclint.podsecurity.scc_level import level_of_scc
from scclint.record import record
from scclint.yaml.untyped import Object, as_mapping, mappings, value_at

SYNC_LABEL = "security.openshift.io/scc.podSecurityLabelSync"
"""The label of a namespace that lets the label syncer in (`true`) or keeps it out (`false`)."""

SYSTEM_NAMESPACES = frozenset(
    (
        *("default", "kube-node-lease", "kube-public", "kube-system", "openshift", "openshift-apiserver"),
        *("openshift-apiserver-operator", "openshift-authentication", "openshift-authentication-operator"),
        *("openshift-cloud-controller-manager", "openshift-cloud-controller-manager-operator"),
        *("openshift-cloud-credential-operator", "openshift-cloud-network-config-controller"),
        *("openshift-cluster-csi-drivers", "openshift-cluster-machine-approver", "openshift-cluster-node-tuning-operator"),
        *("openshift-cluster-samples-operator", "openshift-cluster-storage-operator", "openshift-cluster-version"),
        *("openshift-config", "openshift-config-managed", "openshift-config-operator", "openshift-console"),
        *("openshift-console-operator", "openshift-console-user-settings", "openshift-controller-manager"),
        *("openshift-controller-manager-operator", "openshift-dns", "openshift-dns-operator", "openshift-etcd"),
        *("openshift-etcd-operator", "openshift-host-network", "openshift-image-registry", "openshift-infra"),
        *("openshift-ingress", "openshift-ingress-canary", "openshift-ingress-operator", "openshift-insights"),
        *("openshift-kni-infra", "openshift-kube-apiserver", "openshift-kube-apiserver-operator"),
        *("openshift-kube-controller-manager", "openshift-kube-controller-manager-operator", "openshift-kube-scheduler"),
        *("openshift-kube-scheduler-operator", "openshift-kube-storage-version-migrator"),
        *("openshift-kube-storage-version-migrator-operator", "openshift-machine-api", "openshift-machine-config-operator"),
        *("openshift-marketplace", "openshift-monitoring", "openshift-multus", "openshift-network-diagnostics"),
        *("openshift-network-operator", "openshift-node", "openshift-nutanix-infra", "openshift-oauth-apiserver"),
        *("openshift-openstack-infra", "openshift-operator-lifecycle-manager", "openshift-ovirt-infra", "openshift-sdn"),
        *("openshift-service-ca", "openshift-service-ca-operator", "openshift-user-workload-monitoring"),
        "openshift-vsphere-infra",
    )
)
"""The namespaces that the syncer leaves alone in every release, whatever their labels. `openshift-operators` is not one."""

PRIVILEGED_NAMESPACES = frozenset(("default", "kube-public", "kube-system"))
"""The namespaces whose levels a controller forces to `privileged` from OpenShift 4.14 on."""

_OWN_MANAGERS = ("pod-security-admission-label-synchronization-controller", "cluster-policy-controller")
_MANIFEST = "the manifest"

Unsynced = Literal[
    "system-namespace",
    "openshift-prefix",
    "opted-out",
    "labels-owned",
    "terminating",
    "no-uid-range",
    "no-accounts",
    "no-scc",
    "unreadable-scc",
]
"""Why the syncer leaves a namespace as it is."""


@record
class Synced:
    """A namespace's labels once the controllers have run.

    `level` is what the syncer reads from the SCCs, None where it does not sync; `unsynced` then says why.
    """

    labels: Mapping[str, str]
    level: Level | None = None
    unsynced: Unsynced | None = None


def why_not_synced(namespace: Object, minor: int) -> Unsynced | None:
    """Return why the syncer does not look at a namespace on Kubernetes 1.`minor`, or None if it does.

    A Pod Security label in a manifest without `managedFields` counts as owned by the manifest.
    """
    name, labels = _name(namespace), _labels(namespace)
    if name in SYSTEM_NAMESPACES:
        return "system-namespace"
    if labels.get(SYNC_LABEL) == "true":
        return None
    if name.startswith("openshift-"):
        return "openshift-prefix"
    owners = _owners(namespace)
    if SYNCER_LEAVES_OWNED.holds(minor) and all(label in labels and _is_foreign(owners.get(label)) for label in LABELS):
        return "labels-owned"
    return "opted-out" if labels.get(SYNC_LABEL) == "false" else None


def sync(namespace: Object, accounts: Mapping[str, Iterable[Object]], minor: int, *, enforcing: bool) -> Synced:
    """Return the labels of a namespace once OpenShift's controllers have run.

    `accounts` are the namespace's service accounts, each with the SCC objects that it may use, as the API server stores them. A
    project has at least `default`, `builder` and `deployer`. `enforcing`: the syncer also writes the `enforce` labels (see
    `scclint.podsecurity.defaults.enforces`).
    """
    labels = _labels(namespace)
    if PRIVILEGED_IS_FORCED.holds(minor) and _name(namespace) in PRIVILEGED_NAMESPACES:
        return Synced(labels | {level_label(mode): "privileged" for mode in MODES}, None, "system-namespace")
    uid_range = ((namespace.get("metadata") or {}).get("annotations") or {}).get(UID_RANGE) or ""
    # Most accounts may use the same SCCs.
    sccs = {id(scc): scc for usable in accounts.values() for scc in usable}.values()
    reasons: tuple[tuple[Unsynced, bool], ...] = (
        ("terminating", value_at(namespace, ("status", "phase")) == "Terminating"),
        ("no-uid-range", not uid_range),
        ("no-accounts", not accounts),
        ("no-scc", not sccs),
    )
    if why := why_not_synced(namespace, minor) or next((reason for reason, counts in reasons if counts), None):
        return Synced(labels, None, why)
    try:
        level = level_of_sccs(sccs, uid_range, minor)
    except ModelError:
        return Synced(labels, None, "unreadable-scc")
    return Synced(_written(namespace, labels, level, minor, enforcing=enforcing), level)


def level_of_sccs(sccs: Iterable[Object], uid_range: str, minor: int) -> Level:
    """Return the least strict level of the SCCs. There must be at least one.

    Raises ModelError if the syncer cannot read an SCC, unless another is `privileged`: it reads SCCs in random order, stops at
    a `privileged` one, and tries again after an error.
    """
    levels: list[Level] = []
    errors: list[ModelError] = []
    for scc in sccs:
        try:
            levels.append(level_of_scc(scc, uid_range, minor))
        except ModelError as problem:
            errors.append(problem)
    if errors and "privileged" not in levels:
        raise errors[0]
    return least_strict(levels)


def _written(namespace: Object, labels: dict[str, str], level: Level, minor: int, *, enforcing: bool) -> dict[str, str]:
    written: dict[str, str] = {}
    modes: tuple[Mode, ...] = ("audit", "warn")
    if enforcing:
        modes = MODES if SYNCER_LEAVES_OWNED.holds(minor) else ("enforce",)
    for mode in modes:
        written |= {level_label(mode): level, version_label(mode): LATEST if SYNCER_WRITES_LATEST.holds(minor) else "v1.24"}
    if SYNCER_LEAVES_OWNED.holds(minor):
        owners, forced = _owners(namespace), labels.get(SYNC_LABEL) == "true"
        return labels | {label: value for label, value in written.items() if forced or not _is_foreign(owners.get(label))}
    if enforcing:
        # The syncer of 4.12 and 4.13 removes what that of 4.11 wrote.
        labels = {label: value for label, value in labels.items() if label not in LABELS}
    return labels | written


def _name(namespace: Object) -> str:
    return (namespace.get("metadata") or {}).get("name") or ""


def _labels(namespace: Object) -> dict[str, str]:
    labels = (namespace.get("metadata") or {}).get("labels") or {}
    return {label: value or "" for label, value in labels.items()}


def _is_foreign(owner: str | None) -> bool:
    return owner is not None and owner not in _OWN_MANAGERS


def _owners(namespace: Object) -> dict[str, str]:
    """Return the field manager of each label that has one."""
    entries = mappings(value_at(namespace, ("metadata", "managedFields")))
    if not entries:
        return dict.fromkeys(_labels(namespace), _MANIFEST)
    owners: dict[str, str] = {}
    for entry in entries:
        for field in as_mapping(value_at(entry, ("fieldsV1", "f:metadata", "f:labels"))):
            owners.setdefault(field.removeprefix("f:"), str(entry.get("manager")))
    return owners
