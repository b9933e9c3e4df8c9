"""How a subject that may not use an SCC can still get it: finds the ways that it has, and the accounts and pods on them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property, partial
from typing import NamedTuple

from scclint.admission import rbac
from scclint.admission.access import opened_by
from scclint.admission.authorize import controller_user
from scclint.admission.verdict import Grant, ObjectRef, User
from scclint.cluster.cluster import Cluster
from scclint.cluster.escalation_routes import (
    MASTERS,
    NO_REQUESTS,
    OF_NODES,
    REQUESTS,
    REQUESTS_BY_GROUP,
    ROUTES,
    ApiRequest,
    Route,
)
from scclint.cluster.namespaces import NAMESPACES_WITHOUT_SCC, why_skipped
from scclint.cluster.rights import BoundRule, RoleRule
from scclint.cluster.who_can import holders
from scclint.platform.terms import SERVICE_ACCOUNT_PREFIX, SERVICE_ACCOUNTS_OF, namespace_name
from scclint.record import Memo, grouped, record, replace
from scclint.text import listed
from scclint.yaml.untyped import Object, as_list

Account = tuple[str, str]
"""Namespace and name of a service account."""

_SIGNERS = frozenset(("kubernetes.io/kube-apiserver-client", "kubernetes.io/*"))


@record
class Escalation:
    """One way in which a subject gets past the SCCs that it may use.

    `namespace` is where it counts, empty for the whole cluster. `rules` are the rules that allow it, and `giving` all rules that do for each
    right of the route, those of `rules` first.
    `account` is the service account that it leads to and `pod` the pod, both None if it needs none. `scc` and `grant` say what
    account may use. `onward` is the way that the account has, if it cannot create pods with the SCC by itself. `role` is the
    ClusterRole that the subject may bind, empty if it may bind every role. `everything` is True if the account may do everything.
    `acting_as` is the user or group as which the subject may act: `user system:admin`. `acts` are the rights that it has as another
    one, if these are not all of that one. `of_release` is True if the way leads to an account of the release's own components, or to
    pods that no SCC admission looks at.
    """

    route: Route
    namespace: str
    rules: tuple[BoundRule, ...]
    giving: tuple[tuple[BoundRule, ...], ...] = ()
    account: Account | None = None
    pod: ObjectRef | None = None
    scc: str = ""
    grant: Grant | None = None
    onward: "Escalation | None" = None
    role: str = ""
    everything: bool = False
    acting_as: str = ""
    acts: tuple[str, ...] = ()
    of_release: bool = False

    @property
    def gives_all(self) -> bool:
        """Whether the way counts in the whole cluster, or leads to it."""
        return not self.namespace or self.route.target == "masters"

    def enough(self, minor: int) -> tuple[tuple["Enough", ...], ...]:
        """Return for each right of the route all that gives it on a Kubernetes minor. Without all that gives one right, the way is closed."""
        return tuple(
            tuple(enough for rule in rules for enough in _enough(rule, right, minor))
            for right, rules in zip(self.route.rights, self.giving, strict=True)
        )

    @property
    def decisive(self) -> tuple[str, tuple[str, ...]]:
        """The field of its first rule that gives the first right, and the entries that do: a verb of its own, or else the resource."""
        requests = REQUESTS[self.route.rights[0]]
        field = _deciding_field(requests)
        return field, (*(name for request in requests for name in getattr(request, field)), "*")

    @property
    def phrase(self) -> str:
        """What the subject may do, after "it may": `create pods as service account shop/web, which may use SCC anyuid`."""
        then = f", which may {self.onward.phrase}" if self.onward else self._under
        if self.pod is not None:
            return f"run commands in pods of {self.pod.kind} {_path(*self.pod[1:])}{then}"
        if self.account is not None:
            become = _BECOME.get(self.route.rights, "create pods as")
            words = f"{become} service account {_path(*self.account)}{then}"
        elif self.route.target == "account" and self.of_release:
            words = "create pods{where}, where no SCC admission runs"
        elif self.acting_as:
            words = self.route.words.replace(f"every {self.acting_as.partition(' ')[0]}", self.acting_as) + then
        else:
            words = f"bind ClusterRole {self.role}{{where}}" if self.role else self.route.words
        if self.acts:
            words += f"{then and ','} to {listed(self.acts)}"
        return words.replace("{where}", self._where)

    @property
    def _where(self) -> str:
        if not self.namespace:
            return " in every namespace"
        return f" in namespace {self.namespace}" if namespace_name(self.namespace) else " in its namespace"

    @property
    def _under(self) -> str:
        if self.everything:
            return ", which may do everything"
        if not self.scc:
            return ""
        return f", which run under SCC {self.scc}" if self.pod else f", which may use SCC {self.scc}"


def _path(namespace: str, name: str) -> str:
    return f"{namespace}/{name}" if namespace_name(namespace) else name


_BECOME = {
    ("create tokens",): "create tokens of",
    ("impersonate accounts",): "act as",
    ("create secrets", "read secrets"): "create and read token secrets of",
    ("read secrets",): "read the token of",
    ("enter pods",): "run commands in pods of",
    ("act as accounts",): "act as",
}


_COMMON_VERBS = frozenset(("create", "delete", "get", "list", "patch", "update", "watch"))
"""Verbs that say nothing without the resource."""


def takes_node(cluster: Cluster) -> Callable[[str], bool]:
    """Return whether an SCC of the cluster, by name, lets a container take its node."""
    return lambda name: any(access.takes for access in opened_by(cluster.sccs[name]))


class Enough(NamedTuple):
    """Requests that a rule allows and each of which is enough for a right: their API group, verbs and resources.

    `field` is the field of the rule that decides, and `entries` are the positions of the entries there that allow them.
    """

    held: BoundRule
    group: str
    verbs: tuple[str, ...]
    resources: tuple[str, ...]
    field: str
    entries: tuple[int, ...]

    def __str__(self) -> str:
        """`create or patch of deployments`."""
        return f"{listed(self.verbs, 'or')} of {listed(self.resources, 'or')}"


def _deciding_field(requests: Sequence[ApiRequest]) -> str:
    """Return the field of a rule that gives a right: `verbs` if the right has a verb of its own, else `resources`."""
    return "resources" if any(verb in _COMMON_VERBS for request in requests for verb in request.verbs) else "verbs"


def _enough(held: BoundRule, right: str, minor: int) -> Iterator[Enough]:
    """Yield what a rule allows of a right. One `*` that allows several requests is named by the first."""
    field, known = _deciding_field(REQUESTS[right]), set[str]()
    for request in REQUESTS[right]:
        allowed = [
            (verb, resource)
            for resource in request.resources
            for verb in request.verbs
            if rbac.matched(held.rule, verb, request.group, resource)
        ]
        if not allowed or minor > request.until or (request.whole and held.binding.namespace):
            continue
        verbs, resources = (tuple(dict.fromkeys(names)) for names in zip(*allowed, strict=True))
        entries = {
            number: entry
            for number, entry in enumerate(held.rule[field])
            if entry not in known
            and any(rbac.matched({**held.rule, field: [entry]}, verb, request.group, resource) for verb, resource in allowed)
        }
        known.update(entry for entry in entries.values() if "*" in entry)
        if entries:
            yield Enough(held, request.group, verbs, resources, field, tuple(entries))


class _Match(NamedTuple):
    """A rule that gives a right, and the objects that it names, none for all."""

    held: BoundRule
    names: Set[str]


Matches = Mapping[str, Sequence[_Match]]
_Found = tuple[Account, str, Grant | None]
"""A service account with an SCC that it may use, and how; without an SCC if it has only rights that lead to one."""

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
        if self._does_everything(user) or self._gets_by_itself(user, matches := self._rights(user)):
            return
        names: set[str] = set()
        for route in self._routes:
            escalations = (
                escalation
                for namespace, some in _scopes(route, matches)
                for escalation in self._reached(route, namespace, some, user, visited)
                if route.name not in names
            )
            if (escalation := next(escalations, None)) is not None:
                names.add(route.name)
                yield escalation

    def _gets_by_itself(self, user: User, matches: Matches) -> str:
        """Return a wanted SCC that a user may use in a namespace in which it may create pods; empty if there is none."""
        homes = {ref.namespace for ref in self._cluster.grants.rights.bindings_of(user)}
        creates = {match.held.binding.namespace for match in matches.get("create pods", ())}
        return next(filter(None, (self._usable(user, home) for home in sorted(homes if "" in creates else creates))), "")

    def _reached(
        self, route: Route, namespace: str, matches: Sequence[Sequence[_Match]], user: User, visited: set[str]
    ) -> Iterator[Escalation]:
        giving = tuple(tuple(match.held for match in some) for some in matches)
        way, names = Escalation(route, namespace, tuple(some[0] for some in giving), giving), matches[0][0].names
        if route.mode:
            acts = self._acts(user, route)
            if not acts:
                return
            way = replace(way, acts=tuple(acts), rules=(*way.rules, *(match.held for match in acts.values())))
        if route.target == "user":
            yield from self._through_users(way, names, visited)
        elif route.target == "masters":
            if namespace == MASTERS[0]:
                yield way
        elif not route.target or not (namespace or names):
            yield replace(way, role=min(names) if route.name == "bind" and names else "")
        elif route.target == "admission":
            if not self._skips(namespace):
                yield way
        elif route.target == "pod":
            yield from self._into_pods(way, user)
        elif route.target == "account":
            yield from self._with_pods(way, user)
        else:
            yield from self._through_accounts(way, names, user, visited)

    def _into_pods(self, way: Escalation, user: User) -> Iterator[Escalation]:
        """Yield the ways of a user who may run commands in the pods of a namespace, or of pods of some names."""
        for pod, scc in self._running:
            if way.namespace in ("", pod.namespace):
                yield replace(way, pod=pod, scc=scc)
        # The accounts of controllers have no pods.
        for account, scc, grant in self._of_release(user, way.namespace) if way.namespace not in NAMESPACES_WITHOUT_SCC else ():
            if grant is not None:
                yield replace(way, account=account, scc=scc, grant=grant, of_release=True)

    def _with_pods(self, way: Escalation, user: User) -> Iterator[Escalation]:
        """Yield the ways of a user who may create pods in a namespace."""
        home = way.namespace
        if self._cluster.platform != "kubernetes" and self._skips(home):
            yield replace(way, of_release=True)
        for found in self._accounts_for(way, frozenset(), user):
            if found.account and found.scc and not self._usable(user, home):
                yield replace(found, everything=self._does_everything(controller_user(*found.account)))

    def _skips(self, namespace: str) -> bool:
        """Whether SCC admission skips the pods of a namespace."""
        return bool(why_skipped(namespace, self._cluster.namespaces.get(namespace, {})))

    def _through_accounts(self, way: Escalation, names: Set[str], user: User, visited: set[str]) -> Iterator[Escalation]:
        """Yield the ways of a user who may act as the service accounts of a namespace, or of some names."""
        for found in self._accounts_for(way, names, user):
            assert found.account is not None
            acting = controller_user(*found.account)
            # Of the accounts of the release, few rights are known.
            creates_pods = found.of_release or self._creates_pods(acting, found.account[0])
            if found.scc and creates_pods and _allows(way, ("create pods",)):
                yield found
            elif (led := self._led(way, acting, visited)) is not None:
                yield replace(led, account=found.account, of_release=found.of_release)

    def _through_users(self, way: Escalation, names: Set[str], visited: set[str]) -> Iterator[Escalation]:
        """Yield the ways of a user who may act as the users or groups of some names, as all if there are none."""
        in_mode = bool(way.route.mode)
        if way.route.rights[0].endswith("users"):
            if not names:
                yield way
            # A name of a service account is checked as a service account, and one of a node as a node.
            plain = (name for name in sorted(names) if not name.startswith((SERVICE_ACCOUNT_PREFIX, "system:node:")))
            others = [(User(name, ("system:authenticated",)), f"user {name}") for name in plain]
        else:
            names = names or {"system:cluster-admins" if in_mode else rbac.SUPERUSERS}
            groups = sorted(names - {rbac.SUPERUSERS}) if in_mode else sorted(names, key=lambda name: name != rbac.SUPERUSERS)
            others = [(User("", (name,)), f"group {name}") for name in groups]
        for acting, shown in others:
            if (led := self._led(way, acting, visited)) is not None:
                yield replace(led, acting_as=shown, everything=led.everything and rbac.SUPERUSERS not in acting.groups)

    def _led(self, way: Escalation, acting: User, visited: set[str]) -> Escalation | None:
        """Return a way with what another user can do that the way leads to; None if that leads to no SCC."""
        if self._does_everything(acting):
            return replace(way, everything=True)
        if scc := self._gets_by_itself(acting, self._rights(acting)):
            return replace(way, scc=scc) if _allows(way, ("create pods",)) else None
        name = acting.name or acting.groups[0]
        if name in visited:
            return None
        visited.add(name)
        onward = next((way_on for way_on in self._ways_of(acting, visited) if _allows(way, way_on.route.rights)), None)
        return None if onward is None else replace(way, onward=onward)

    def _acts(self, user: User, route: Route) -> dict[str, _Match]:
        """Return the rights of a user in the mode of a route that lead to an SCC, each with the rule that gives it."""
        rights = self._cluster.grants.rights
        matches = grouped(
            (right, _Match(BoundRule(binding, *rule), frozenset()))
            for binding, role in rights.bindings_of(user).items()
            for rule in rights.rules_of(role)
            for right, whole in (
                () if rule[2].get("resourceNames") else given_by(rule[2], self._cluster.kubernetes_minor, route.mode)
            )
            if not (whole and binding.namespace)
        )
        acts: dict[str, _Match] = {}
        for other in self._routes:
            needed = [right for right in other.rights if right not in NO_REQUESTS]
            open_to = [
                [match for match in matches.get(right, ()) if not (other.whole and match.held.binding.namespace)]
                for right in needed
            ]
            if needed and all(open_to) and not other.mode and (route.target or OF_NODES.issuperset(needed)):
                acts |= {right: some[0] for right, some in zip(needed, open_to, strict=True)}
        return acts

    def _accounts_for(self, way: Escalation, names: Set[str], user: User) -> Iterator[Escalation]:
        """Yield a way once for each account that it reaches in its namespace, or in all, those of the release last."""
        for home in [way.namespace] if way.namespace else sorted({*self._accounts, *self._installed}):
            mine = [(found, False) for found in self._accounts.get(home, ())]
            for (account, scc, grant), of_release in [*mine, *((found, True) for found in self._of_release(user, home))]:
                if (not names or account[1] in names) and controller_user(*account).name != user.name:
                    yield replace(way, account=account, scc=scc, grant=grant, of_release=of_release)

    def _of_release(self, user: User, namespace: str) -> Sequence[_Found]:
        """Return the accounts of the release in a namespace; none for the components that the namespace is for."""
        is_own = (user.service_account or ("",))[0] == namespace and namespace not in NAMESPACES_WITHOUT_SCC
        if is_own or self._cluster.grants.installed.rights.bindings_of(User(user.name)):
            return ()
        return self._installed.get(namespace, ())

    @cached_property
    def _installed(self) -> dict[str, list[_Found]]:
        """The service accounts of the release's own components by namespace: those that may use a wanted SCC first."""
        grants = self._cluster.grants
        by_namespace: dict[str, dict[Account, _Found]] = {}
        for scc in self._wanted:
            for holder in holders(self._cluster.sccs[scc], grants.installed.bindings):
                account = (holder.namespace, holder.name)
                for grant in holder.grants if holder.kind == "ServiceAccount" else ():
                    counts = grant.binding is None or grant.binding.namespace in ("", account[0])
                    if counts and grants.brings(grant, scc):
                        by_namespace.setdefault(account[0], {}).setdefault(account, (account, scc, grant))
        for _, name in grants.installed.rights.subjects():
            if (account_of := User(name).service_account) is not None:
                by_namespace.setdefault(account_of[0], {}).setdefault(account_of, (account_of, "", None))
        return {namespace: list(accounts.values()) for namespace, accounts in by_namespace.items()}

    @cached_property
    def _running(self) -> tuple[tuple[ObjectRef, str], ...]:
        return tuple(self._pods())

    @cached_property
    def _accounts(self) -> dict[str, list[_Found]]:
        """The service accounts by namespace that may use a wanted SCC there, by a grant that the release does not bring."""
        cluster = self._cluster
        by_namespace: dict[str, dict[Account, _Found]] = {}
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

    def _usable(self, user: User, namespace: str) -> str:
        """Return a wanted SCC that a user may use in a namespace; empty if there is none."""
        return next((scc for scc in self._wanted if self._cluster.grants.may_use(user, scc, namespace) is not None), "")

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
            (Escalations, role),
            lambda: [
                (rule, right, whole) for rule in rules for right, whole in given_by(rule[2], self._cluster.kubernetes_minor)
            ],
        )
        named = ((right, self._names(right[1], right[0][2])) for right in matched)
        given = ((right, names) for right, names in named if names is not None)
        # A rule that lets create says more of a way than one that lets change what exists. The sort keeps the order otherwise.
        return sorted(given, key=lambda item: not any(verb in as_list(item[0][0][2].get("verbs")) for verb in ("create", "*")))

    def _names(self, right: str, rule: Object) -> Set[str] | None:
        """The objects for which a rule gives a right, none for all; None if it gives the right for no object that matters."""
        names = frozenset(rule.get("resourceNames") or ())
        if not names:
            return names
        if right == "bind":
            return frozenset(filter(self._role_gives, names)) or None
        if right == "act as its node":
            # The API server asks for every node at once, by this name.
            return frozenset() if "*" in names else None
        if right == "read the certificate":
            return names & {MASTERS[1]} or None
        if right == "approve for the signer":
            return names & _SIGNERS or None
        return names if right == "create tokens" or right.startswith(("impersonate ", "act as ")) else None

    def _role_gives(self, name: str) -> bool:
        """Whether a ClusterRole allows the use of a wanted SCC."""
        for _, _, rule in self._cluster.grants.rights.rules_of(ObjectRef("ClusterRole", "", name)):
            names = rule.get("resourceNames")
            if rbac.scc_grant(rule, "use") and (not names or not set(self._wanted).isdisjoint(names)):
                return True
        return False


def _allows(way: Escalation, rights: Iterable[str]) -> bool:
    """Whether a way leads to rights of another user, of which a mode of impersonation may leave only some."""
    return not way.route.mode or NO_REQUESTS.union(way.acts).issuperset(rights)


def _scopes(route: Route, matches: Matches) -> Iterator[tuple[str, Sequence[Sequence[_Match]]]]:
    """Yield where a way counts, with the rules for each of its rights: in the whole cluster, or else in single namespaces."""
    by_right = [matches.get(right, ()) for right in route.rights]
    whole = _combined(by_right, ("",))
    if whole:
        yield from (("", some) for some in whole)
    elif not route.whole:
        for namespace in sorted({match.held.binding.namespace for some in by_right for match in some} - {""}):
            yield from ((namespace, some) for some in _combined(by_right, ("", namespace)))


def _combined(by_right: Sequence[Sequence[_Match]], namespaces: tuple[str, ...]) -> list[Sequence[Sequence[_Match]]]:
    """The rules that count in one of the namespaces, for each right: once for each rule that gives the first right, which is then first."""
    count = [[match for match in some if match.held.binding.namespace in namespaces] for some in by_right]
    if not all(count):
        return []
    return [[_alike(first, count[0]), *count[1:]] for first in sorted(count[0], key=lambda match: bool(match.names))]


def _alike(first: _Match, matches: Sequence[_Match]) -> list[_Match]:
    """Return a rule, and those that give the same right for all objects as well, or for one that it names as well."""
    others = (match for match in matches if match is not first)
    return [first, *(match for match in others if (match.names & first.names if first.names else not match.names))]


def given_by(rule: Object, minor: int, mode: str = "") -> Iterator[tuple[str, bool]]:
    """Yield the rights that a rule gives on a Kubernetes minor, and whether for the whole cluster only.

    `mode` is one of constrained impersonation.
    """
    prefix = f"impersonate-on:{mode}:" if mode else ""
    groups = as_list(rule.get("apiGroups"))
    wholes: dict[str, bool] = {}
    for group in REQUESTS_BY_GROUP if "*" in groups else filter(groups.__contains__, REQUESTS_BY_GROUP):
        for right, request in REQUESTS_BY_GROUP[group]:
            if minor <= request.until and any(
                rbac.matched(rule, prefix + verb, group, resource) for verb in request.verbs for resource in request.resources
            ):
                wholes[right] = wholes.get(right, True) and request.whole
    yield from wholes.items()
