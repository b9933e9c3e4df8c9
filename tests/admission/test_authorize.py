from scclint.admission.authorize import authorize, controller_user, may_use, service_account_user
from scclint.admission.rbac import Binding, Bindings, Use, Uses
from scclint.admission.verdict import Grant, ObjectRef, User
from tests.admission.build import scc

ALICE = User("alice", ("dev", "system:authenticated"))
ROLE = ObjectRef("ClusterRole", "", "r")
EVERYONE = Binding(
    ObjectRef("ClusterRoleBinding", "", "b"), frozenset(), ("system:authenticated",), Uses([Use(ROLE, 2, frozenset(["a"]))])
)


def test_the_sccs_own_lists_come_before_rbac() -> None:
    assert may_use(scc("a", users=["alice"], groups=["dev"]), ALICE, "user", [EVERYONE]) == Grant("user", "users")
    assert may_use(scc("a", groups=["x", "dev"]), ALICE, "user", [EVERYONE]) == Grant("user", "groups", "dev")
    expected = Grant("user", "rbac", "system:authenticated", EVERYONE.ref, ROLE, 2)
    assert may_use(scc("a"), ALICE, "user", [EVERYONE]) == expected
    assert may_use(scc("b"), ALICE, "user", [EVERYONE]) is None


def test_a_service_account_is_not_authenticated_here() -> None:
    account = service_account_user("demo", "app")
    assert account == User("system:serviceaccount:demo:app", ("system:serviceaccounts", "system:serviceaccounts:demo"))
    assert may_use(scc("a"), account, "serviceaccount", [EVERYONE]) is None
    assert may_use(scc("a"), controller_user(), "user", [EVERYONE]) is not None


def test_the_service_account_is_asked_first() -> None:
    account = service_account_user("demo", "app")
    both = scc("a", groups=["system:serviceaccounts", "dev"])
    only_user = scc("b", groups=["dev"])
    neither = scc("c")
    grants = authorize([both, only_user, neither], account, ALICE, Bindings(), Bindings())
    assert [grant.subject if grant else None for grant in grants] == ["serviceaccount", "user", None]
    assert [grant.subject if grant else None for grant in authorize([both], None, ALICE, Bindings(), Bindings())] == ["user"]


def test_a_user_has_the_bindings_that_name_it_or_one_of_its_groups_in_their_order() -> None:
    subjects = [
        ((), ("dev", "ops")),
        (("alice",), ()),
        (("bob",), ("dev",)),
        (("bob",), ("ops",)),
        (("alice", "bob"), ("dev",)),
    ]
    bindings = [
        Binding(ObjectRef("RoleBinding", "a", f"b{index}"), frozenset(users), groups, EVERYONE.uses)
        for index, (users, groups) in enumerate(subjects)
    ]
    found = Bindings(bindings)
    for user in (ALICE, User("bob"), User("carol", ("ops", "dev")), User("dev")):
        theirs = [b for b in bindings if user.name in b.users or not set(user.groups).isdisjoint(b.groups)]
        assert found.of(user) == theirs


def test_system_masters_needs_no_grant() -> None:
    assert may_use(scc("a"), User("root", ("system:masters",)), "user", []) == Grant("user", "rbac", "system:masters")
