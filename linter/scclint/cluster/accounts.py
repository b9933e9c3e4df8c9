"""The service accounts of a cluster, by namespace and by name."""

from collections.abc import Iterable


class ServiceAccounts:
    """A set of service accounts. `accounts` gives the namespace and the name of each."""

    def __init__(self, accounts: Iterable[tuple[str, str]]) -> None:
        names: dict[str, set[str]] = {}
        namespaces: dict[str, set[str]] = {}
        for namespace, name in accounts:
            names.setdefault(namespace, set()).add(name)
            namespaces.setdefault(name, set()).add(namespace)
        self._names = {namespace: frozenset(found) for namespace, found in names.items()}
        self._namespaces = {name: frozenset(found) for name, found in namespaces.items()}

    def names_in(self, namespace: str) -> frozenset[str]:
        """Return the names of the service accounts of a namespace."""
        return self._names.get(namespace, frozenset())

    def namespaces_of(self, name: str) -> frozenset[str]:
        """Return the namespaces that have a service account of that name."""
        return self._namespaces.get(name, frozenset())
