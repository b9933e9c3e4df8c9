"""Objects as a cluster holds them: lists unrolled, other kinds left out, the last of a name in force."""

from collections.abc import Iterable, Iterator, Mapping, Set

from scclint.admission.rbac import reference
from scclint.admission.verdict import ObjectRef
from scclint.objects.kinds import INSTALLATIONS, STATE
from scclint.yaml.untyped import Object, as_text

Key = tuple[str, str]
"""Namespace (empty for a cluster-scoped object) and name."""

_GROUPS: dict[str, tuple[str, ...]] = {
    kind: STATE[kind].groups
    for kind in (
        *(
            "SecurityContextConstraints",
            "Namespace",
            "ServiceAccount",
            "Role",
            "ClusterRole",
            "RoleBinding",
            "ClusterRoleBinding",
        ),
        *("CSIDriver", "PersistentVolume", "PersistentVolumeClaim", "StorageClass", "RuntimeClass"),
        *("ContainerRuntimeConfig", "KubeletConfig", "MachineConfig", "MachineConfigPool"),
        *("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", *INSTALLATIONS),
    )
}
"""The kinds that a cluster keeps, and the API groups that serve each."""


class Objects:
    """Objects by kind, then by namespace and name."""

    __slots__ = ("_by_kind",)

    def __init__(self, objects: Iterable[Object]) -> None:
        self._by_kind: dict[str, dict[Key, Object]] = {kind: {} for kind in _GROUPS}
        for item in unroll(objects):
            ref = reference(item)
            if ref.name:
                self._by_kind[ref.kind][ref.namespace, ref.name] = item

    def __bool__(self) -> bool:
        return any(self._by_kind.values())

    def with_more(self, more: "Objects") -> "Objects":
        """Return these and more objects, which override those of the same name."""
        both = Objects(())
        both._by_kind = {kind: {**objects, **more._by_kind[kind]} for kind, objects in self._by_kind.items()}
        return both

    def get(self, ref: ObjectRef) -> Object | None:
        """Return the object that a reference names; None if there is none."""
        return self._by_kind.get(ref.kind, {}).get((ref.namespace, ref.name))

    def of(self, kind: str) -> dict[Key, Object]:
        return self._by_kind[kind]

    def by_reference(self, *kinds: str) -> dict[ObjectRef, Object]:
        """The objects of some kinds by their reference."""
        return {ObjectRef(kind, *key): item for kind in kinds for key, item in self._by_kind[kind].items()}

    def named(self, kind: str) -> dict[str, Object]:
        """The objects of a cluster-scoped kind by name."""
        return {name: item for (_, name), item in self._by_kind[kind].items()}


class ServiceAccounts:
    """A set of service accounts. `accounts` gives the namespace and the name of each."""

    def __init__(self, accounts: Iterable[tuple[str, str]]) -> None:
        self._names: dict[str, set[str]] = {}
        self._namespaces: dict[str, set[str]] = {}
        for namespace, name in accounts:
            self._names.setdefault(namespace, set()).add(name)
            self._namespaces.setdefault(name, set()).add(namespace)

    def names_in(self, namespace: str) -> Set[str]:
        """Return the names of the service accounts of a namespace."""
        return self._names.get(namespace, frozenset())

    def namespaces_of(self, name: str) -> Set[str]:
        """Return the namespaces that have a service account of that name."""
        return self._namespaces.get(name, frozenset())


def unroll(objects: Iterable[Object]) -> Iterator[Object]:
    """The objects that a cluster is made of, those within a `List` (of any kind) included."""
    for item in objects:
        kind = item.get("kind")
        if not isinstance(kind, str):
            continue
        if isinstance(items := item.get("items"), list) and kind.endswith("List"):
            element = {"apiVersion": item.get("apiVersion"), "kind": kind.removesuffix("List")}
            # The elements of a typed list need not repeat what they are.
            yield from unroll(
                {**element, **entry} if kind != "List" else entry for entry in items if isinstance(entry, Mapping)
            )
        # Without a group it is core, or OpenShift's own from before its APIs were grouped.
        elif as_text(item.get("apiVersion")).rpartition("/")[0] in _GROUPS.get(kind, ()):
            yield item
