"""The SCCs of a cluster in the order of admission, with the provider of each for a namespace."""

from collections.abc import Mapping
from functools import cached_property
from operator import itemgetter

from scclint.admission import order
from scclint.admission.constraints import Constraints, from_object
from scclint.admission.provider import MCS, SUPPLEMENTAL_GROUPS, Provider, make_provider, make_providers
from scclint.cluster.objects import Key
from scclint.platform.terms import UID_RANGE
from scclint.record import Memo
from scclint.yaml.untyped import Object

STANDARD = frozenset(
    (
        *("anyuid", "hostaccess", "hostmount-anyuid", "hostnetwork", "hostnetwork-v2", "nonroot", "nonroot-v2", "privileged"),
        *("restricted", "restricted-v2"),
    )
)
"""The SCCs without which the plugin rejects every pod: `standardSCCNames` of openshift/apiserver-library-go in the branches 4.12 to 5.0."""


class OrderedSccs:
    """`ordered` are the SCCs in the order of admission, `by_name` the same by name, and `missing` the standard SCCs that are not there.

    `objects` are the SCC objects, `minor` is the Kubernetes minor of the cluster, and `extends` are the SCCs of the cluster that
    this one extends: an SCC that both have is read, put in order and made a provider once.
    """

    def __init__(self, objects: Mapping[Key, Object], minor: int, extends: "OrderedSccs | None" = None) -> None:
        self._objects = objects
        self._minor = minor
        self._extends = extends
        read: list[tuple[order.Key, Constraints]] = []
        for key, written in objects.items():
            if extends is not None and extends._objects.get(key) is written:
                scc = extends.by_name[key[1]]
                read.append((extends._keys[scc.name], scc))
            else:
                scc = from_object(written, minor)
                read.append((order.key(scc), scc))
        read.sort(key=itemgetter(0))
        self._keys: dict[str, order.Key] = {scc.name: place for place, scc in read}
        self.ordered = tuple(scc for _, scc in read)
        self.by_name: Mapping[str, Constraints] = {scc.name: scc for scc in self.ordered}
        self.missing: tuple[str, ...] = tuple(sorted(STANDARD - self.by_name.keys()))
        self._memo = Memo()

    @cached_property
    def by_restrictiveness(self) -> tuple[str, ...]:
        """The names of the SCCs by the plugin's points, the most restrictive first. Priority does not count."""
        return tuple(scc.name for scc in sorted(self.ordered, key=lambda scc: self._keys[scc.name][1:]))

    def providers(self, namespace: str, annotations: Mapping[str, str]) -> tuple[tuple[Provider, ...], tuple[str, ...]]:
        """Return what `make_providers` does for all SCCs, made once for each namespace."""
        arguments = (self.ordered, namespace, annotations, self._minor)
        return self._memo(namespace, lambda: make_providers(*arguments, self.provider))

    def provider(self, scc: Constraints, namespace: str, annotations: Mapping[str, str], minor: int) -> Provider:
        """Return what `make_provider` does, made once for all namespaces with the same ranges. Raises ProviderError."""
        key = (scc.name, *map(annotations.get, (UID_RANGE, MCS, SUPPLEMENTAL_GROUPS)))
        return self._origin(scc)._memo(key, lambda: make_provider(scc, namespace, annotations, minor))

    def _origin(self, scc: Constraints) -> "OrderedSccs":
        """Return the SCCs that an SCC was read with. If these extend others that have the same SCC, it was read with those."""
        before = self._extends
        return before._origin(scc) if before is not None and before.by_name.get(scc.name) is scc else self
