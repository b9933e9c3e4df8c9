from scclint.admission.authorize import authorize, controller_user, may_use, service_account_user
from scclint.admission.rbac import Binding, Use, Uses
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
    grants = authorize([both, only_user, neither], account, ALICE, [], [])
    assert [grant.subject if grant else None for grant in grants] == ["serviceaccount", "user", None]
    assert [grant.subject if grant else None for grant in authorize([both], None, ALICE, [], [])] == ["user"]
