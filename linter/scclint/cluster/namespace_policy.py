"""The Pod Security policy of a namespace, once the controllers of the cluster have written its labels.

Sources: `pkg/psalabelsyncer/sccrolecache.go` of openshift/cluster-policy-controller, release branches 4.11 to 5.0, and
`downstream_csv_namespace_labeler_plugin.go` of openshift/operator-framework-olm.
"""

from collections.abc import Iterable, Mapping, Set
from functools import cache
from typing import Literal

from scclint.admission.rbac import service_account_name
from scclint.admission.verdict import User
from scclint.cluster.cluster import Cluster
from scclint.errors import ModelError
from scclint.objects.unknown import is_open
from scclint.platform.releases import PRIVILEGED_IS_FORCED, SYNCER_IGNORES_HOME
from scclint.platform.terms import UID_RANGE
from scclint.podsecurity import csi
from scclint.podsecurity.defaults import enforces
from scclint.podsecurity.levels import LABELS, LEVELS, Level, Mode, Policy, level_label, policy_of
from scclint.podsecurity.scc_level import level_of_scc
from scclint.podsecurity.syncer import PRIVILEGED_NAMESPACES, SYNC_LABEL, SYSTEM_NAMESPACES, Unsynced, sync
from scclint.record import record
from scclint.yaml.untyped import Object

Origin = Literal["label", "label syncer", "controller", "default"]
"""What sets the level of a mode: a label of the manifest, the label syncer, the controller of system namespaces, or the release."""

BUILT_IN_ACCOUNTS = ("default", "builder", "deployer")
"""The service accounts that OpenShift creates in every namespace."""

_ENFORCE = level_label("enforce")


@record
class NamespacePolicy:
    """The Pod Security policy of one namespace.

    `labels` are the namespace's labels once the controllers have run, and `written` those of its manifest. `needed` is the level
    that the SCCs of its service accounts need, as the label syncer reads them, whether or not the syncer may write it. It is None
    if the syncer reads none. `account` and `scc` are the first service account and SCC that need this level. `unsynced` says why
    the syncer does not write labels. `csi` is the policy that the admission of inline CSI volumes reads from the labels.
    `unknown` says why the policy is not known, as a clause.
    """

    namespace: str
    policy: Policy
    csi: Policy
    labels: Mapping[str, str]
    written: Mapping[str, str]
    needed: Level | None = None
    account: str = ""
    scc: str = ""
    unsynced: Unsynced | None = None
    unknown: str = ""

    def origin(self, mode: Mode) -> Origin:
        """Return what sets the level of a mode."""
        label = level_label(mode)
        if label not in self.labels:
            return "default"
        if self.written.get(label) == self.labels[label]:
            return "label"
        return "label syncer" if self.unsynced is None else "controller"


def namespace_policy(cluster: Cluster, namespace: str, accounts: Iterable[str] = ()) -> NamespacePolicy:
    """Return the policy of a namespace of the cluster.

    `accounts` are the names of service accounts that exist in it besides those that the cluster has as objects. A namespace that
    the cluster lacks counts as an ordinary project.
    """
    names = frozenset(accounts)
    return cluster.memo((namespace_policy, namespace, names), lambda: _namespace_policy(cluster, namespace, names))


def _namespace_policy(cluster: Cluster, namespace: str, accounts: Set[str]) -> NamespacePolicy:
    manifest = cluster.namespaces.get(namespace)
    metadata = (manifest or {}).get("metadata") or {}
    written = {label: value or "" for label, value in (metadata.get("labels") or {}).items()}
    labels = {**_label_of_olm(cluster, namespace), **written}
    minor = cluster.kubernetes_minor
    after: Mapping[str, str] = labels
    unsynced: Unsynced | None = None
    needed: Level | None = None
    account = scc = ""
    if cluster.platform != "kubernetes":
        usable = _usable(cluster, namespace, accounts)
        stored = {name: cluster.stored_scc(name) for names in usable.values() for name in names}
        metadata = {**metadata, "name": namespace, "labels": labels, "annotations": cluster.admission.annotations_of(namespace)}
        enforcing = enforces(minor, cluster.platform, tech_preview=cluster.tech_preview)
        synced = sync(
            {**(manifest or {}), "metadata": metadata},
            {account: [stored[name] for name in names] for account, names in usable.items()},
            minor,
            enforcing=enforcing,
        )
        after, unsynced = synced.labels, synced.unsynced
        needed, account, scc = _needed(synced.level, usable, stored, metadata["annotations"].get(UID_RANGE, ""), minor)
    return NamespacePolicy(
        namespace,
        policy_of(after, cluster.pod_security_defaults, minor),
        policy_of(after, csi.DEFAULTS, minor),
        after,
        written,
        needed,
        account,
        scc,
        unsynced=unsynced,
        unknown=_unknown(cluster, namespace, labels, minor),
    )


def _label_of_olm(cluster: Cluster, namespace: str) -> dict[str, str]:
    """Return the label that OLM sets on a namespace in which an operator is installed, unless the namespace has the label."""
    if not namespace.startswith("openshift-") or namespace in SYSTEM_NAMESPACES:
        return {}
    return {SYNC_LABEL: "true"} if cluster.installs_operator(namespace) else {}


def _usable(cluster: Cluster, namespace: str, accounts: Iterable[str]) -> dict[str, list[str]]:
    """Return the SCCs that the syncer finds for each service account of the namespace, the built-in accounts first.

    Unlike SCC admission, the syncer counts the group `system:authenticated`.
    """
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
    everyone = _sccs_of(cluster, namespace, User("", groups))
    names = dict.fromkeys((*BUILT_IN_ACCOUNTS, *sorted(cluster.accounts.names_in(namespace)), *sorted(accounts)))
    by_account = {name: _sccs_of(cluster, namespace, User(service_account_name(namespace, name))) for name in names}
    return {name: [scc for scc in cluster.sccs if scc in everyone or scc in by_account[name]] for name in names}


def _sccs_of(cluster: Cluster, namespace: str, user: User) -> set[str]:
    """Return the SCCs that the syncer finds for a service account by its name, or for groups."""
    minor = cluster.kubernetes_minor
    bindings = [
        b for b in cluster.grants.bindings_of(user, namespace) if _is_seen(cluster.grants.binding_object(b.ref), user, minor)
    ]
    return {
        name
        for name, scc in cluster.sccs.items()
        if user.name in scc.users
        or not set(user.groups).isdisjoint(scc.groups)
        or any(binding.uses.first(name) for binding in bindings)
    }


def _is_seen(binding: Object, user: User, minor: int) -> bool:
    """Return whether the syncer finds the service account, or one of the groups, among the subjects of a binding.

    It looks for subjects of the kinds ServiceAccount and Group. A subject of the kind User that names a service account is not
    found.
    """
    if user.groups:
        return True
    home = "" if SYNCER_IGNORES_HOME.holds(minor) else (binding.get("metadata") or {}).get("namespace") or ""
    return any(
        subject.get("kind") == "ServiceAccount"
        and service_account_name(subject.get("namespace") or home, subject.get("name") or "") == user.name
        for subject in binding.get("subjects") or ()
    )


def _needed(
    level: Level | None, usable: Mapping[str, list[str]], stored: Mapping[str, Object], uid_range: str, minor: int
) -> tuple[Level | None, str, str]:
    """Return the level that the SCCs need, with the first service account and SCC that need it.

    `level` is what the syncer writes. If it writes nothing, this is the least strict level of the SCCs that it can read.
    """

    @cache
    def level_of(name: str) -> Level | None:
        try:
            return level_of_scc(stored[name], uid_range, minor)
        except ModelError:
            return None

    needed = level or min(filter(None, map(level_of, stored)), key=LEVELS.index, default=None)
    if needed is None:
        return None, "", ""
    pairs = ((account, name) for account, names in usable.items() for name in names if level_of(name) == needed)
    return needed, *next(pairs)


def _unknown(cluster: Cluster, namespace: str, labels: Mapping[str, str], minor: int) -> str:
    """Return why the labels of a namespace are not known, as a clause; empty if they are known."""
    for label in (*LABELS, SYNC_LABEL):
        if is_open(labels.get(label, "")):
            return f"{labels[label]} has no value"
    if cluster.platform == "kubernetes" or (PRIVILEGED_IS_FORCED.holds(minor) and namespace in PRIVILEGED_NAMESPACES):
        return ""
    is_known = namespace in cluster.namespaces
    if not is_known and (namespace in SYSTEM_NAMESPACES or namespace.startswith("openshift-")):
        return f"the labels of namespace {namespace} are not in the input"
    if namespace.startswith("openshift-") and namespace not in SYSTEM_NAMESPACES and not labels.keys() & {SYNC_LABEL, _ENFORCE}:
        return f"OLM lets the label syncer into namespace {namespace} if an operator is installed in it"
    return ""
