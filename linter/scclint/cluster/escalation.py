"""How a subject that may not use an SCC can still get it: finds the ways that it has, and the accounts and pods on them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property, partial
from typing import NamedTuple

from scclint.admission import rbac
from scclint.admission.access import opened_by
from scclint.admission.authorize import controller_user
from scclint.admission.verdict import Grant, ObjectRef, User
from scclint.cluster.cluster import Cluster
from scclint.cluster.escalation_routes import REQUESTS_BY_GROUP, ROUTES, Route
from scclint.cluster.rights import BoundRule, RoleRule
from scclint.cluster.who_can import holders
from scclint.groups import grouped
from scclint.memo import Memo
from scclint.model.terms import SERVICE_ACCOUNTS_OF, namespace_name
from scclint.record import record
from scclint.untyped import Object, as_list

Account = tuple[str, str]
"""Namespace and name of a service account."""

_SIGNERS = frozenset(("kubernetes.io/kube-apiserver-client", "kubernetes.io/*"))


@record
class Escalation:
    """One way in which a subject gets past the SCCs that it may use.

    `namespace` is where it counts, empty for the whole cluster. `rules` are the rules that allow it.
    `account` is the service account that it leads to and `pod` the pod, both None if it needs none. `scc` and `grant` say what
    account may use. `onward` is the way that the account has, if it cannot create pods with the SCC by itself. `role` is the
    ClusterRole that the subject may bind, empty if it may bind every role. `everything` is True if the account may do everything.
    """

    route: Route
    namespace: str
    rules: tuple[BoundRule, ...]
    account: Account | None = None
    pod: ObjectRef | None = None
    scc: str = ""
    grant: Grant | None = None
    onward: "Escalation | None" = None
    role: str = ""
    everything: bool = False

    @property
    def phrase(self) -> str:
        """What the subject may do, after "it may": `create pods as service account shop/web, which may use SCC anyuid`."""
        where = " in every namespace"
        if self.namespace:
            where = f" in namespace {self.namespace}" if namespace_name(self.namespace) else " in its namespace"
        if self.pod is not None:
            return f"run commands in pods of {self.pod.kind} {_path(*self.pod[1:])}{self._under}"
        if self.account is None:
            words = f"bind ClusterRole {self.role}{{where}}" if self.role else self.route.words
            return words.replace("{where}", where)
        then = f", which may {self.onward.phrase}" if self.onward else self._under
        name = _path(*self.account)
        if self.route.target == "account":
            return f"create pods as service account {name}{then}"
        return f"{_BECOME[self.route.rights]} service account {name}{then}"

    @property
    def _under(self) -> str:
        if self.everything:
            return ", which may do everything"
        return "" if not self.scc else f", which run under SCC {self.scc}" if self.pod else f", which may use SCC {self.scc}"


def _path(namespace: str, name: str) -> str:
    return f"{namespace}/{name}" if namespace_name(namespace) else name


_BECOME = {
    ("create tokens",): "create tokens of",
    ("impersonate accounts",): "act as",
    ("create secrets", "read secrets"): "create and read token secrets of",
    ("read secrets",): "read the token of",
}


def takes_node(cluster: Cluster) -> Callable[[str], bool]:
    """Return whether an SCC of the cluster, by name, lets a container take its node."""
    return lambda name: any(access.takes for access in opened_by(cluster.sccs[name]))


class _Match(NamedTuple):
    """A rule that gives a right, and the objects that it names, none for all."""

    held: BoundRule
    names: Set[str]


Matches = Mapping[str, Sequence[_Match]]
RoleRight = tuple[RoleRule, str, bool]
"""A rule, a right that it gives, and whether it gives the right for the whole cluster only."""


class Escalations:
    """The ways to the SCCs that are `wanted`, on one cluster.

    `pods` returns workloads whose pods use such an SCC to the full, each with the SCC. A subject that may act in all namespaces reaches
    the accounts and pods of the release's own components, which every cluster has. In single namespaces only those of the input count.
    """

    def __init__(
        self,
        cluster: Cluster,
        wanted: Callable[[str], bool],
        pods: Callable[[], Iterable[tuple[ObjectRef, str]]] = lambda: (),
    ) -> None:
        self._cluster = cluster
        # Of several SCCs that an account may use, the widest one says most.
        self._wanted = tuple(sorted((name for name in cluster.sccs if wanted(name)), key=lambda name: name != "privileged"))
        self._pods = pods
        minor = cluster.kubernetes_minor
        self._routes = [route for route in ROUTES if route.since <= minor <= route.until]
        self._memo = Memo()

    def of(self, user: User) -> tuple[Escalation, ...]:
        """Return the ways of a user, the shortest first; none if it may do everything or gets such an SCC without any."""
        return self._memo((Escalations.of, user), lambda: tuple(self._ways_of(user, {user.name})))

    def _ways_of(self, user: User, visited: set[str]) -> Iterator[Escalation]:
        """Yield the ways of a user, one of each name, except through the users that were `visited` on the way to it."""
        if self._does_everything(user):
            return
        matches = self._rights(user)
        homes = {ref.namespace for ref in self._cluster.grants.rights.bindings_of(user)}
        creates = {match.held.binding.namespace for match in matches.get("create pods", ())}
        if any(self._usable(user, home) for home in (homes if "" in creates else creates)):
            return
        names: set[str] = set()
        for route in self._routes:
            escalations = (
                escalation
                for namespace, rules in _scopes(route, matches)
                for escalation in self._reached(route, namespace, rules, user, visited)
                if route.name not in names
            )
            if (escalation := next(escalations, None)) is not None:
                names.add(route.name)
                yield escalation

    def _reached(
        self, route: Route, namespace: str, rules: Sequence[_Match], user: User, visited: set[str]
    ) -> Iterator[Escalation]:
        bound_rules = tuple(rule.held for rule in rules)
        if not route.target or not (namespace or rules[0].names):
            role = min(rules[0].names) if route.name == "bind" and rules[0].names else ""
            yield Escalation(route, namespace, bound_rules, role=role)
        elif route.target == "pod":
            for pod, scc in self._running:
                if namespace in ("", pod.namespace):
                    yield Escalation(route, namespace, bound_rules, pod=pod, scc=scc)
        else:
            for home in [namespace] if namespace else sorted(self._accounts):
                for account, scc, grant in self._accounts.get(home, ()):
                    if rules[0].names and account[1] not in rules[0].names:
                        continue
                    acting = controller_user(*account)
                    if acting.name == user.name:
                        continue
                    if route.target == "account":
                        if not self._usable(user, home):
                            everything = self._does_everything(acting)
                            yield Escalation(route, namespace, bound_rules, account, None, scc, grant, everything=everything)
                    elif self._creates_pods(acting, home):
                        yield Escalation(route, namespace, bound_rules, account, None, scc, grant)
                    elif acting.name not in visited:
                        visited.add(acting.name)
                        if (onward := next(self._ways_of(acting, visited), None)) is not None:
                            yield Escalation(route, namespace, bound_rules, account, onward=onward)

    @cached_property
    def _running(self) -> tuple[tuple[ObjectRef, str], ...]:
        return tuple(self._pods())

    @cached_property
    def _accounts(self) -> dict[str, list[tuple[Account, str, Grant]]]:
        """The service accounts by namespace that may use a wanted SCC there, by a grant that the release does not bring."""
        cluster = self._cluster
        by_namespace: dict[str, dict[Account, tuple[Account, str, Grant]]] = {}
        for scc in self._wanted:
            for holder in holders(cluster.sccs[scc], cluster.grants.added_bindings):
                group = holder.name.removeprefix(SERVICE_ACCOUNTS_OF)
                if holder.kind == "ServiceAccount":
                    account = (holder.namespace, holder.name)
                elif holder.kind == "Group" and group != holder.name:
                    account = (group, "default")
                else:
                    continue
                for grant in holder.grants:
                    counts = grant.binding is None or grant.binding.namespace in ("", account[0])
                    if counts and not cluster.grants.brings(grant, scc):
                        by_namespace.setdefault(account[0], {}).setdefault(account, (account, scc, grant))
        return {namespace: list(accounts.values()) for namespace, accounts in by_namespace.items()}

    def _usable(self, user: User, namespace: str) -> bool:
        return any(self._cluster.grants.may_use(user, scc, namespace) is not None for scc in self._wanted)

    def _creates_pods(self, user: User, namespace: str) -> bool:
        matches = self._rights(user).get("create pods", ())
        return any(match.held.binding.namespace in ("", namespace) for match in matches)

    def _does_everything(self, user: User) -> bool:
        if rbac.SUPERUSERS in user.groups:
            return True
        bound = self._cluster.grants.rights.bindings_of(user).items()
        return any(not binding.namespace and self._gives_everything(role) for binding, role in bound)

    def _gives_everything(self, role: ObjectRef) -> bool:
        """Whether a rule of a role allows everything."""
        fields = ("apiGroups", "resources", "verbs")
        return self._memo(
            (Escalations._gives_everything, role),
            lambda: any(
                not rule.get("resourceNames") and all("*" in (rule.get(field) or ()) for field in fields)
                for _, _, rule in self._cluster.grants.rights.rules_of(role)
            ),
        )

    def _rights(self, user: User) -> Matches:
        """The rights that a user has, each with the rules that give it, those of the whole cluster first."""
        return grouped(
            (right, _Match(BoundRule(binding, *rule), names))
            for binding, role in self._cluster.grants.rights.bindings_of(user).items()
            for (rule, right, whole), names in self._memo((Escalations._rights_of, role), partial(self._rights_of, role))
            if not (whole and binding.namespace)
        )

    def _rights_of(self, role: ObjectRef) -> list[tuple[RoleRight, Set[str]]]:
        """The rights that the rules of a role give, each with the names of the objects for which it counts, none for all."""
        rules, installed = self._cluster.grants.rights.rules_of(role), self._cluster.as_installed
        # Most are the release's own, which all units have.
        memo = installed.memo if installed.grants.rights.rules_of(role) is rules else self._memo
        matched: list[RoleRight] = memo(
            (Escalations, role), lambda: [(rule, right, whole) for rule in rules for right, whole in self._given_by(rule[2])]
        )
        named = ((right, self._names(right[1], right[0][2])) for right in matched)
        given = ((right, names) for right, names in named if names is not None)
        # A rule that lets create says more of a way than one that lets change what exists. The sort keeps the order otherwise.
        return sorted(given, key=lambda item: not any(verb in as_list(item[0][0][2].get("verbs")) for verb in ("create", "*")))

    def _given_by(self, rule: Object) -> Iterator[tuple[str, bool]]:
        """Yield the rights that a rule gives, and whether for the whole cluster only."""
        minor = self._cluster.kubernetes_minor
        groups = as_list(rule.get("apiGroups"))
        wholes: dict[str, bool] = {}
        for group in REQUESTS_BY_GROUP if "*" in groups else filter(groups.__contains__, REQUESTS_BY_GROUP):
            for right, request in REQUESTS_BY_GROUP[group]:
                if minor <= request.until and any(
                    rbac.matched(rule, verb, group, resource) for verb in request.verbs for resource in request.resources
                ):
                    wholes[right] = wholes.get(right, True) and request.whole
        yield from wholes.items()

    def _names(self, right: str, rule: Object) -> Set[str] | None:
        """The objects for which a rule gives a right, none for all; None if it gives the right for no object that matters."""
        names = frozenset(rule.get("resourceNames") or ())
        if not names:
            return names
        if right == "bind":
            return frozenset(filter(self._role_gives, names)) or None
        if right == "impersonate groups":
            return names & {rbac.SUPERUSERS} or None
        if right == "approve for the signer":
            return names & _SIGNERS or None
        return names if right in ("create tokens", "impersonate accounts") else None

    def _role_gives(self, name: str) -> bool:
        """Whether a ClusterRole allows the use of a wanted SCC."""
        for _, _, rule in self._cluster.grants.rights.rules_of(ObjectRef("ClusterRole", "", name)):
            names = rule.get("resourceNames")
            if rbac.scc_grant(rule, "use") and (not names or not set(self._wanted).isdisjoint(names)):
                return True
        return False


def _scopes(route: Route, matches: Matches) -> Iterator[tuple[str, Sequence[_Match]]]:
    """Yield where a way counts, with the rules for its rights: in the whole cluster, or else in single namespaces."""
    by_right = [matches.get(right, ()) for right in route.rights]
    whole = _combined(by_right, ("",))
    if whole:
        yield from (("", rules) for rules in whole)
    elif not route.whole:
        for namespace in sorted({match.held.binding.namespace for some in by_right for match in some} - {""}):
            yield from ((namespace, rules) for rules in _combined(by_right, ("", namespace)))


def _combined(by_right: Sequence[Sequence[_Match]], namespaces: tuple[str, ...]) -> list[Sequence[_Match]]:
    """The rules that count in one of the namespaces: each one that gives the first right, with one for each of the others."""
    count = [[match for match in some if match.held.binding.namespace in namespaces] for some in by_right]
    if not all(count):
        return []
    return [[first, *(some[0] for some in count[1:])] for first in sorted(count[0], key=lambda match: bool(match.names))]
