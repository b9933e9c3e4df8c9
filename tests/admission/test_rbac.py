from typing import Any

import pytest

from scclint.admission.rbac import Binding, SccRights, Use, Uses, find, reference, scc_grant, use_rule
from scclint.admission.verdict import ObjectRef, User

APP = User("system:serviceaccount:demo:app", ("system:serviceaccounts", "system:serviceaccounts:demo"))
USE = {"apiGroups": ["security.openshift.io"], "resources": ["securitycontextconstraints"], "verbs": ["use"]}
TO_APP = {"kind": "ServiceAccount", "name": "app", "namespace": "demo"}


def role(name: str = "r", *rules: dict[str, Any], namespace: str = "", **fields: Any) -> dict[str, Any]:
    kind = "Role" if namespace else "ClusterRole"
    return {
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, **fields.pop("metadata", {})},
        "rules": list(rules),
        **fields,
    }


def binding(
    *subjects: dict[str, Any], name: str = "b", namespace: str = "", to: str = "r", kind: str = "ClusterRole", **fields: Any
) -> dict[str, Any]:
    made = "RoleBinding" if namespace else "ClusterRoleBinding"
    ref = {"kind": kind, "name": to}
    return {
        "kind": made,
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": ref,
        "subjects": list(subjects),
        **fields,
    }


def read(bindings: list[dict[str, Any]], *roles: dict[str, Any]) -> list[Binding]:
    return [*rights(bindings, *roles).bindings]


def rights(bindings: list[dict[str, Any]], *roles: dict[str, Any], known: SccRights | None = None) -> SccRights:
    return SccRights({reference(one): one for one in roles}, {reference(one): one for one in bindings}, known)


@pytest.mark.parametrize(
    ("changes", "granted"),
    [
        ({}, True),
        ({"verbs": ["*"]}, True),
        ({"resources": ["*"]}, True),
        ({"apiGroups": ["*"]}, True),
        ({"resourceNames": ["privileged"]}, True),
        ({"resourceNames": []}, True),
        ({"resourceNames": None}, True),
        ({"nonResourceURLs": ["*"]}, True),
        ({"resourceNames": ["anyuid"]}, False),
        ({"resourceNames": ["*"]}, False),
        ({"verbs": ["get"]}, False),
        ({"verbs": ["USE"]}, False),
        ({"resources": ["pods"]}, False),
        ({"resources": ["securitycontextconstraints/status"]}, False),
        ({"resources": ["*/status"]}, False),
        ({"apiGroups": [""]}, False),
        ({"verbs": None}, False),
        ({"apiGroups": None}, False),
    ],
)
def test_rules(changes: dict[str, Any], granted: bool) -> None:
    found = find(read([binding(TO_APP)], role("r", {**USE, **changes})), APP, "serviceaccount", "privileged")
    assert (found is not None) is granted


@pytest.mark.parametrize(
    ("subject", "namespace", "group"),
    [
        (TO_APP, "", ""),
        ({"kind": "User", "name": "system:serviceaccount:demo:app"}, "", ""),
        ({"kind": "Group", "name": "system:serviceaccounts:demo"}, "", "system:serviceaccounts:demo"),
        ({"kind": "ServiceAccount", "name": "app"}, "demo", ""),
        ({"kind": "ServiceAccount", "name": "app"}, "other", None),
        ({"kind": "ServiceAccount", "name": "app"}, "", None),
        ({"kind": "ServiceAccount", "name": "app", "namespace": "other"}, "demo", None),
        ({"kind": "Group", "name": "system:serviceaccount:demo:app"}, "", None),
        ({"kind": "User", "name": "system:serviceaccounts"}, "", None),
        ({"kind": "Odd", "name": "system:serviceaccount:demo:app"}, "", None),
        ({"kind": "SystemUser", "name": "system:serviceaccount:demo:app"}, "", None),
        ({"kind": "SystemGroup", "name": "system:serviceaccounts"}, "", None),
        ({"kind": 5, "name": "system:serviceaccounts"}, "", None),
    ],
)
def test_subjects(subject: dict[str, Any], namespace: str, group: str | None) -> None:
    found = find(read([binding(subject, namespace=namespace)], role("r", USE)), APP, "serviceaccount", "privileged")
    assert (found.group if found else None) == group


def test_a_role_counts_in_its_namespace_and_a_missing_one_grants_nothing() -> None:
    local = role("r", USE, namespace="demo")
    assert read([binding(TO_APP, namespace="demo", kind="Role")], local)
    assert not read([binding(TO_APP, namespace="other", kind="Role")], local)
    assert not read([binding(TO_APP, kind="ClusterRole")], local)
    assert not read([binding(TO_APP, to="missing")], role("r", USE))


def test_the_first_binding_and_rule_are_reported() -> None:
    bindings = [
        binding(TO_APP, name="z"),
        binding(TO_APP, name="a", namespace="demo"),
        binding(TO_APP, name="y"),
    ]
    found = find(read(bindings, role("r", {"verbs": ["get"]}, USE)), APP, "serviceaccount", "privileged")
    assert found is not None
    assert found.binding == ObjectRef("ClusterRoleBinding", "", "y")
    assert (found.role, found.rule_index) == (ObjectRef("ClusterRole", "", "r"), 1)


def test_an_aggregating_role_has_the_rules_of_what_it_selects() -> None:
    chosen = {"clusterRoleSelectors": [{"matchLabels": {"a": "1"}}, {"matchExpressions": [{"key": "b", "operator": "Exists"}]}]}
    top = role("top", aggregationRule=chosen)
    middle = role(
        "middle", aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"c": "1"}}]}, metadata={"labels": {"b": ""}}
    )
    leaf = role("leaf", {"verbs": ["get"]}, {**USE, "resourceNames": ["anyuid"]}, metadata={"labels": {"c": "1"}})
    found = find(read([binding(TO_APP, to="top")], top, middle, leaf), APP, "serviceaccount", "anyuid")
    assert found is not None
    assert (found.role and found.role.name, found.rule_index) == ("leaf", 1)
    assert not read([binding(TO_APP, to="top")], top, leaf)


def test_an_aggregating_roles_own_rules_are_overwritten() -> None:
    top = role("top", USE, aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"a": "1"}}]})
    assert not read([binding(TO_APP, to="top")], top)


def test_a_role_with_an_invalid_selector_keeps_its_own_rules() -> None:
    selectors = [{"matchLabels": {"to": "all"}}, {"matchExpressions": [{"key": "to", "operator": "NotIn", "values": []}]}]
    aggregating = role("r", {**USE, "resourceNames": ["anyuid"]}, aggregationRule={"clusterRoleSelectors": selectors})
    bound = read([binding(TO_APP)], aggregating, role("all", USE, metadata={"labels": {"to": "all"}}))
    assert find(bound, APP, "serviceaccount", "anyuid") is not None
    assert find(bound, APP, "serviceaccount", "privileged") is None


def test_roles_that_aggregate_each_other_end() -> None:
    one = role("one", aggregationRule={"clusterRoleSelectors": [{}]})
    two = role("two", aggregationRule={"clusterRoleSelectors": [{}]})
    leaf = role("leaf", USE)
    assert find(read([binding(TO_APP, to="one")], one, two, leaf), APP, "serviceaccount", "privileged") is not None


def test_many_roles_that_aggregate_each_other() -> None:
    """Each has what all have, and is gone through once, whatever way leads to it."""
    circle = [role(f"r{index}", aggregationRule={"clusterRoleSelectors": [{}]}) for index in range(50)]
    bindings = [binding(TO_APP, name=f"b{index}", to=f"r{index}") for index in range(50)]
    found = read(bindings, *circle, role("leaf", USE))
    assert len(found) == 50 and all(one.uses.first("privileged") for one in found)


def test_a_role_of_many_rules_answers_as_if_they_were_tried_in_turn() -> None:
    named = [{**USE, "resourceNames": names} for names in (["a", "b"], ["b"], ["c"])]
    for rules in ([*named, USE], [named[0], USE, *named], [USE, *named, USE], named, []):
        tried = [
            Use(ObjectRef("ClusterRole", "", "r"), i, frozenset(rule.get("resourceNames", ()))) for i, rule in enumerate(rules)
        ]
        uses = Uses(tried)
        for scc in "abcd":
            assert uses.first(scc) == next((use for use in tried if not use.names or scc in use.names), None)
            assert (scc in uses.named) is any(scc in use.names for use in tried)
        assert uses.every == next((use for use in tried if not use.names), None)
        assert bool(uses) is bool(tried)


@pytest.mark.parametrize(
    ("rule", "verb", "found"),
    [
        (USE, "use", {"apiGroups": "security.openshift.io", "resources": "securitycontextconstraints", "verbs": "use"}),
        (
            {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "*"]},
            "use",
            {"apiGroups": "*", "resources": "*", "verbs": "*"},
        ),
        (USE, "create", {}),
        ({**USE, "verbs": ["create"], "resourceNames": ["a"]}, "create", {}),
        ({**USE, "verbs": "use"}, "use", {}),
        ({**USE, "apiGroups": [""]}, "use", {}),
        ({}, "use", {}),
    ],
)
def test_what_a_rule_allows_on_sccs(rule: dict[str, Any], verb: str, found: dict[str, str]) -> None:
    assert scc_grant(rule, verb) == found


def test_the_rule_for_one_scc() -> None:
    assert scc_grant(use_rule("a"), "use") and use_rule("a")["resourceNames"] == ["a"]


def test_openshifts_own_bindings() -> None:
    head = {
        "apiVersion": "authorization.openshift.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "b", "namespace": "demo"},
    }
    by_name = {**head, "roleRef": {"name": "r"}, "userNames": [APP.name], "subjects": [{"kind": "User", "name": "bob"}]}
    assert find(read([by_name], role("r", USE)), APP, "serviceaccount", "privileged") is not None
    local = {
        **head,
        "roleRef": {"name": "r", "namespace": "demo"},
        "subjects": [{"kind": "SystemGroup", "name": "system:serviceaccounts"}],
    }
    assert find(read([local], role("r", USE, namespace="demo")), APP, "serviceaccount", "privileged") is not None
    assert not read([local], role("r", USE))
    of_cluster = {**head, "apiVersion": "v1", "roleRef": {"kind": "Role", "name": "r"}, "userNames": [APP.name]}
    assert find(read([of_cluster], role("r", USE)), APP, "serviceaccount", "privileged") is not None
    assert not read([of_cluster], role("r", USE, namespace="demo"))


def test_a_binding_of_kubernetes_must_name_the_kind_of_its_role() -> None:
    assert not read([binding(TO_APP, kind="")], role("r", USE))
    assert not read([binding(TO_APP, kind="", namespace="demo")], role("r", USE))


def test_bindings_of_others_are_passed_over() -> None:
    others = {"kind": "ServiceAccount", "name": "other", "namespace": "demo"}
    found = find(
        read([binding(others, name="a"), binding(TO_APP, name="b")], role("r", USE)), APP, "serviceaccount", "privileged"
    )
    assert found is not None
    assert found.binding == ObjectRef("ClusterRoleBinding", "", "b")


SELECTING: dict[str, Any] = {"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"to": "all"}}]}}
LABELLED: dict[str, Any] = {"metadata": {"labels": {"to": "all"}}}


@pytest.mark.parametrize(
    "more",
    [
        [],
        [role("r", {**USE, "resourceNames": ["anyuid"]})],
        [role("r")],
        [role("other", USE, **LABELLED)],
        [role("selected", **LABELLED)],
        [role("selected", USE)],
        [role("all", USE)],
        [role("r", USE, **SELECTING)],
        [role("missing", USE)],
        [role("local", USE, namespace="demo")],
    ],
)
def test_rights_that_extend_others_are_those_read_anew(more: list[dict[str, Any]]) -> None:
    held = [role("r", USE), role("all", **SELECTING), role("selected", {**USE, "resourceNames": ["a"]}, **LABELLED)]
    written = [
        binding(TO_APP, name="a"),
        binding(TO_APP, name="b", to="all"),
        binding(TO_APP, name="c", to="missing"),
        binding(TO_APP, name="d", namespace="demo", to="local", kind="Role"),
    ]
    known = rights(written, *held)
    roles = list({reference(one): one for one in (*held, *more)}.values())
    for bindings in (written, [*written, binding(TO_APP, name="e", to="other")], [*written[1:], binding(name="a")]):
        anew, extended = rights(bindings, *roles), rights(bindings, *roles, known=known)
        assert [_content(one) for one in extended.bindings] == [_content(one) for one in anew.bindings]
        for namespace in ("", "demo"):
            assert [b.ref for b in extended.within(namespace).of(APP)] == [b.ref for b in anew.within(namespace).of(APP)]


def _content(read: Binding) -> tuple[object, ...]:
    names = ("a", "anyuid", "privileged", *read.uses.named)
    return read.ref, read.users, read.groups, [read.uses.first(name) for name in names]


def test_unchanged_bindings_are_read_once() -> None:
    held, written = [role("r", USE), role("s", USE)], [binding(TO_APP, name="a"), binding(TO_APP, name="b", to="s")]
    known = rights(written, *held)
    extended = rights(written, held[0], role("s"), known=known)
    assert [one.ref.name for one in extended.bindings] == ["a"]
    assert extended.bindings[0] is known.bindings[0]
