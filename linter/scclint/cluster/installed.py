"""The objects that an OpenShift release installs: its SCCs, and the RBAC that decides who may use them.

`installed.json` holds the objects of openshift/cluster-kube-apiserver-operator, `payload.json` those of the payload's other
components, and `addons.json` those of products beside the payload. Each file says where its values come from and when an entry counts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from scclint.admission.rbac import RBAC, binding_object, role_object, use_rule
from scclint.cluster.addons import addon
from scclint.cluster.namespaces import RUN_LEVEL
from scclint.errors import UsageError
from scclint.files.package_data import read_json
from scclint.platform.releases import RELEASES, is_within, release_of
from scclint.platform.terms import SCC_ROLE_PREFIX
from scclint.podsecurity.levels import MODES, level_label
from scclint.record import record

if TYPE_CHECKING:
    from scclint.cluster.addons import Addon

Object = dict[str, Any]

OPENSHIFT_PLATFORMS = ("openshift", "microshift", "hypershift", "roks")
"""OpenShift as its own installer sets it up, MicroShift, hosted control planes, and Red Hat OpenShift on IBM Cloud."""

TECH_PREVIEW = "TechPreviewNoUpgrade"
FEATURE_SETS = ("Default", TECH_PREVIEW)
"""The values of `spec.featureSet` in the FeatureGate `cluster` that are known."""


@record
class Installation:
    """What decides which objects a cluster is installed with.

    `payload`: with those of all components; without it only those of cluster-kube-apiserver-operator. MicroShift has no others.
    `upgraded_from_4_10`: the cluster was first installed as 4.10 or older. It keeps its `restricted`, which every authenticated
    user may use. `addons` are names in `addons.json`. `among`: the names of the release's SCCs that are there; empty for all.
    `patch` is the number of the patch release, None for the newest one.
    """

    release: str
    platform: str = "openshift"
    feature_set: str = "Default"
    payload: bool = True
    upgraded_from_4_10: bool = False
    addons: tuple[str, ...] = ()
    among: frozenset[str] = frozenset()
    patch: int | None = None


@record
class PatchChange:
    """What a release got in a patch release, by a change that was `merged` on a day.

    Patch releases up to `without` do not have it, and those from `since` on have it. It is not known whether those in between have it.
    `volume` is a type of volume that the SCCs list then, `scc` an SCC that gets its own range of user IDs, and `everyone` an SCC that all
    authenticated users may use. Two of these are empty.
    """

    release: str
    merged: str
    without: int
    since: int
    volume: str = ""
    scc: str = ""
    everyone: str = ""
    before: Any = None

    @property
    def words(self) -> str:
        """What a cluster with the change has, as a noun."""
        if self.volume:
            return f"volume type {self.volume} in its SCCs"
        return f"the user ID range of SCC {self.scc}" if self.scc else f"the grant of SCC {self.everyone} to every account"

    def is_missing(self, patch: int | None) -> bool:
        """Return whether a patch release surely lacks it."""
        return patch is not None and patch <= self.without

    def is_sure(self, patch: int | None) -> bool:
        """Return whether it is known whether a patch release has it. Of a release without its patch, it is not."""
        return patch is not None and not self.without < patch < self.since


def patch_changes(release: str, platform: str = "openshift") -> tuple[PatchChange, ...]:
    """Return what a release got in its patch releases. Nothing is known of MicroShift's."""
    entries = _data("installed.json")["patches"] if platform != "microshift" else ()
    return tuple(
        PatchChange(
            entry["release"],
            entry["merged"],
            entry["without"],
            entry["since"],
            entry.get("volume", ""),
            entry.get("scc", ""),
            entry.get("everyone", ""),
            entry.get("runAsUser"),
        )
        for entry in entries
        if entry["release"] == release
    )


def _missing(installation: Installation) -> list[PatchChange]:
    changes = patch_changes(installation.release, installation.platform)
    return [change for change in changes if change.is_missing(installation.patch)]


def check(installation: Installation) -> None:
    """Raise UsageError for an unknown release, platform, feature set or add-on."""
    release_of(installation.release)
    if installation.platform not in OPENSHIFT_PLATFORMS:
        raise UsageError(f"{installation.platform!r} is not a platform with SCCs. Use one of {', '.join(OPENSHIFT_PLATFORMS)}.")
    if installation.feature_set not in FEATURE_SETS:
        raise UsageError(
            f"{installation.feature_set!r} is not a feature set scclint knows. Use one of {', '.join(FEATURE_SETS)}."
        )
    _of_addons(installation)


def own_sccs(installation: Installation) -> dict[str, Object]:
    """Return the SecurityContextConstraints that a cluster is installed with, by name."""
    volume_types = {entry["name"] for entry in _installed(installation, "volumes")}
    missing = _missing(installation)
    volume_types -= {change.volume for change in missing}
    absent = {entry["name"] for entry in _data("installed.json")["volumes"]} - volume_types
    earlier = {change.scc: change.before for change in missing if change.scc}
    sccs = {}
    brought = [scc for addon in _of_addons(installation) for scc in addon.sccs]
    of_release = (*_installed(installation, "sccs"), *_payload(installation, "sccs"))
    there = (entry for entry in of_release if not installation.among or entry["name"] in installation.among)
    for entry in (*there, *brought):
        name, scc = entry["name"], scc_of(entry)
        if "volumes" in scc:
            scc["volumes"] = [volume for volume in scc["volumes"] if volume not in absent]
        if name in earlier:
            scc["runAsUser"] = earlier[name]
        if installation.upgraded_from_4_10 and name == "restricted":
            scc["groups"] = [*scc["groups"], "system:authenticated"]
        sccs[name] = scc
    return sccs


def scc_of(entry: Mapping[str, Any]) -> Object:
    """Return the SecurityContextConstraints that an entry of a data file describes."""
    metadata = {"name": entry["name"]}
    head = {"apiVersion": "security.openshift.io/v1", "kind": "SecurityContextConstraints", "metadata": metadata}
    return {**head, **entry["values"]}


def general_sccs() -> frozenset[str]:
    """Return the names of the SCCs that a release installs for the pods of its users."""
    return frozenset(entry["name"] for entry in _data("installed.json")["sccs"])


def own_rbac(installation: Installation, *, cluster_admins: bool = False) -> list[Object]:
    """Return the roles and bindings that a cluster is installed with, as far as they bear on SCCs.

    With `cluster_admins`, the bindings that make the group `system:cluster-admins` and the user `system:admin` cluster
    administrators, as an installed cluster has them, are among these.
    """
    objects = [
        role_object(SCC_ROLE_PREFIX + entry["name"], [use_rule(entry["name"])])
        for entry in _installed(installation, "clusterRoles")
    ]
    withheld = {change.everyone for change in _missing(installation)}
    everyone = (entry["name"] for entry in _installed(installation, "everyone") if entry["name"] not in withheld)
    for role in (SCC_ROLE_PREFIX + name for name in everyone):
        objects.append(_binding(role, role, ["Group:system:authenticated"]))
    objects.append(_role({"name": "cluster-admin", "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}))
    objects.append(_binding("cluster-admin", "cluster-admin", ["Group:system:masters"]))
    roles = (*_installed(installation, "aggregates"), *_installed(installation, "roles"))
    objects += [_role(entry) for entry in roles]
    objects += [_binding(entry["binding"], entry["name"], entry["subjects"]) for entry in roles if "binding" in entry]
    if cluster_admins:
        objects.append(_binding("cluster-admins", "cluster-admin", ["Group:system:cluster-admins", "User:system:admin"]))
    objects += objects_of_grants(_payload(installation, "grants"))
    objects += objects_of_grants(grant for addon in _of_addons(installation) for grant in addon.cluster_grants)
    return objects


def own_namespaces(installation: Installation) -> Iterator[Object]:
    """Yield the Namespaces that a cluster is installed with, as far as their labels switch SCC admission off."""
    for entry in _payload(installation, "namespaces"):
        modes = dict.fromkeys(map(level_label, MODES), entry["podSecurity"])
        metadata = {"name": entry["name"], "labels": {RUN_LEVEL: entry["runLevel"], **modes}}
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def objects_of_grants(entries: Iterable[Mapping[str, Any]]) -> Iterator[Object]:
    """Yield the roles and bindings of grants. Grants of one role, and subjects of one binding, are put together."""
    roles: dict[tuple[str, str], Object] = {}
    bindings: dict[tuple[str, str], Object] = {}
    for entry in entries:
        namespace, kind = entry.get("namespace", ""), entry.get("roleKind", "ClusterRole")
        home = namespace if kind == "Role" else ""
        if "sccs" in entry:
            role = roles.setdefault((home, entry["role"]), role_object(entry["role"], [], home))
            role["rules"] += [rule for rule in map(use_rule, entry["sccs"]) if rule not in role["rules"]]
        if "binding" not in entry:
            continue
        binding = _binding(entry["binding"], entry["role"], entry["subjects"], namespace, kind)
        merged_binding = bindings.setdefault((namespace, entry["binding"]), binding)
        merged_binding["subjects"] += [subject for subject in binding["subjects"] if subject not in merged_binding["subjects"]]
    yield from roles.values()
    yield from bindings.values()


def _of_addons(installation: Installation) -> "Sequence[Addon]":
    if not installation.addons:
        return ()

    return [addon(name) for name in installation.addons]


def _installed(installation: Installation, key: str, file: str = "installed.json") -> list[Mapping[str, Any]]:
    return [entry for entry in _data(file)[key] if _counts(entry, installation)]


def _payload(installation: Installation, key: str) -> list[Mapping[str, Any]]:
    return (
        _installed(installation, key, "payload.json") if installation.payload and installation.platform != "microshift" else []
    )


def _counts(entry: Mapping[str, Any], installation: Installation) -> bool:
    """Whether an entry of a data file is there on a cluster."""
    since: str | None = entry.get("since", next(iter(RELEASES)))
    if installation.feature_set == TECH_PREVIEW:
        since = entry.get("techPreview", since)
    since = entry.get("platforms", {}).get(installation.platform, since)
    return since is not None and is_within(installation.release, since, entry.get("until", ""))


@cache
def _data(name: str) -> Any:
    return read_json(__file__, name)


def _role(entry: Mapping[str, Any]) -> Object:
    """Return a role that takes its rules from labelled roles, or a role with the rules that lead to an SCC."""
    role = role_object(entry["name"], entry.get("rules", []))
    if "from" in entry:
        role["aggregationRule"] = {"clusterRoleSelectors": [{"matchLabels": {label: "true"}} for label in entry["from"]]}
    role["metadata"]["labels"] = {**dict.fromkeys(entry.get("labels", ()), "true"), **_BOOTSTRAPPING}
    return role


_BOOTSTRAPPING = {"kubernetes.io/bootstrapping": "rbac-defaults"}
"""The label of the roles that the API servers bring (source: policy.go of Kubernetes and of openshift-apiserver)."""


def _binding(name: str, role: str, subjects: Iterable[str], namespace: str = "", role_kind: str = "ClusterRole") -> Object:
    return binding_object(name, role, [_subject(subject) for subject in subjects], namespace, role_kind)


def _subject(text: str) -> Object:
    """Return the subject of a binding: `NAMESPACE/NAME` is a service account, `Group:NAME` and `User:NAME` are the others."""
    namespace, slash, name = text.partition("/")
    if slash:
        return {"kind": "ServiceAccount", "namespace": namespace, "name": name}
    kind, _, name = text.partition(":")
    return {"apiGroup": RBAC, "kind": kind, "name": name}
