"""The SCCs of a cluster in the order of admission, with the provider of each for a namespace."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from scclint.admission import order
from scclint.admission.constraints import Constraints, from_object
from scclint.admission.provider import MCS, SUPPLEMENTAL_GROUPS, UID_RANGE, Provider, make_provider, make_providers
from scclint.cluster.objects import Key

Object = Mapping[str, Any]


class OrderedSccs:
    """`ordered` are the SCCs in the order of admission, and `by_name` the same by name.

    `objects` are the SCC objects, `minor` is the Kubernetes minor of the cluster, and `extends` are the SCCs of the cluster that
    this one extends: an SCC that both have is read, put in order and made a provider once.
    """

    def __init__(self, objects: Mapping[Key, Object], minor: int, extends: "OrderedSccs | None" = None) -> None:
        self._objects = objects
        self._minor = minor
        self._extends = extends
        self._keys: dict[str, order.Key] = {}
        self.ordered = tuple(sorted(self._read(), key=self._key))
        self.by_name: Mapping[str, Constraints] = {scc.name: scc for scc in self.ordered}
        self._made: dict[tuple[str | None, ...], Provider] = {}
        self._providers: dict[str, tuple[tuple[Provider, ...], tuple[str, ...]]] = {}

    @cached_property
    def by_restrictiveness(self) -> tuple[str, ...]:
        """The names of the SCCs by the plugin's points, the most restrictive first. Priority does not count."""
        return tuple(scc.name for scc in sorted(self.ordered, key=lambda scc: self._key(scc)[1:]))

    def providers(self, namespace: str, annotations: Mapping[str, str]) -> tuple[tuple[Provider, ...], tuple[str, ...]]:
        """Return what `make_providers` does for all SCCs, made once for each namespace."""
        made = self._providers.get(namespace)
        if made is None:
            asked = (self.ordered, namespace, annotations, self._minor)
            made = self._providers[namespace] = make_providers(*asked, self.provider)
        return made

    def provider(self, scc: Constraints, namespace: str, annotations: Mapping[str, str], minor: int) -> Provider:
        """Return what `make_provider` does, made once for all namespaces with the same ranges. Raises ProviderError."""
        made = self._origin(scc)._made
        key = (scc.name, *map(annotations.get, (UID_RANGE, MCS, SUPPLEMENTAL_GROUPS)))
        if key not in made:
            made[key] = make_provider(scc, namespace, annotations, minor)
        return made[key]

    def _key(self, scc: Constraints) -> order.Key:
        """Return the place of an SCC in the order of admission, worked out once for all clusters that have it."""
        keys = self._origin(scc)._keys
        if scc.name not in keys:
            keys[scc.name] = order.key(scc)
        return keys[scc.name]

    def _origin(self, scc: Constraints) -> "OrderedSccs":
        """Return the SCCs that an SCC was read with. If these extend others that have the same SCC, it was read with those."""
        before = self._extends
        return before._origin(scc) if before is not None and before.by_name.get(scc.name) is scc else self

    def _read(self) -> Iterator[Constraints]:
        before = self._extends
        for key, scc in self._objects.items():
            if before is not None and before._objects.get(key) is scc:
                yield before.by_name[scc["metadata"]["name"]]
            else:
                yield from_object(scc, self._minor)
