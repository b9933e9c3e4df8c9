"""The service accounts of a cluster, by namespace and by name."""

from collections.abc import Iterable, Set


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
