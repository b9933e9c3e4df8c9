from copy import deepcopy
from typing import Any

import pytest

import scclint.cluster as public
from scclint.admission.authorize import service_account_user
from scclint.admission.verdict import Grant, ObjectRef, User
from scclint.cluster import Cluster
from scclint.cluster.namespaces import NAMESPACES_WITHOUT_SCC
from scclint.errors import UsageError
from scclint.platform.releases import RELEASES
from tests.admission.build import pod, scc_object

ADMIN = User("kube:admin", ("system:cluster-admins", "system:authenticated"))
ALICE = User("alice", ("system:authenticated",))
ROOT = {"securityContext": {"runAsUser": 0}}
SCC_GROUP = "security.openshift.io"


def namespace(name: str = "demo", annotations: dict[str, str] | None = None, **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "labels": {key.replace("_", "-"): value for key, value in labels.items()}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {**metadata, "annotations": annotations}}


def grant(name: str, *sccs: str, to: str = "app") -> list[dict[str, Any]]:
    rule = {
        "apiGroups": [SCC_GROUP],
        "resources": ["securitycontextconstraints"],
        "resourceNames": list(sccs),
        "verbs": ["use"],
    }
    rbac = "rbac.authorization.k8s.io"
    return [
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": {"name": name, "namespace": "demo"}, "rules": [rule]},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": name, "namespace": "demo"},
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": to}],
        },
    ]


def test_an_unknown_release_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"4\.9.*4\.11, .*4\.22"):
        Cluster.openshift("4.9")
    with pytest.raises(UsageError, match=rf"1\.99.*1\.24 to 1\.{max(release.kubernetes for release in RELEASES.values())}"):
        Cluster.kubernetes("1.99")


def test_what_a_cluster_says_of_itself() -> None:
    cluster = Cluster.openshift("4.20", [namespace(), scc_object("mine", priority=5)])
    assert (cluster.platform, cluster.release, cluster.kubernetes_version) == ("openshift", "4.20", "1.33")
    assert "mine" in cluster.sccs
    assert "mine" not in cluster.own_sccs
    assert cluster.own_sccs >= {"restricted-v3", "anyuid"}
    assert "demo" in cluster.namespaces
    assert next(iter(cluster.sccs)) == "anyuid"


def test_the_same_pod_from_a_deployment_and_from_an_admin() -> None:
    cluster = Cluster.openshift("4.20")
    workload = cluster.admit(pod(), namespace="demo")
    assert (workload.scc, workload.subject) == ("restricted-v2", "user")
    assert workload.pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    bare = cluster.admit(pod(), namespace="demo", user=ADMIN)
    assert bare.scc == "anyuid"
    assert "seccompProfile" not in bare.pod["spec"]["securityContext"]


def test_a_workload_gets_its_service_account_and_token() -> None:
    cluster = Cluster.openshift("4.20")
    verdict = cluster.admit(pod(), namespace="demo")
    assert verdict.pod["spec"]["serviceAccountName"] == "default"
    assert verdict.pod["spec"]["volumes"][0]["name"].startswith("kube-api-access-")
    assert "volumes" not in cluster.admit(pod(), namespace="demo", user=ALICE).pod["spec"]


def test_a_service_account_may_opt_out_of_the_token() -> None:
    account = {
        "kind": "ServiceAccount",
        "metadata": {"name": "app", "namespace": "demo"},
        "automountServiceAccountToken": False,
    }
    cluster = Cluster.openshift("4.20", [account])
    assert "volumes" not in cluster.admission.with_service_account(pod(serviceAccountName="app"), "demo")["spec"]
    assert "volumes" in cluster.admission.with_service_account(pod(serviceAccountName="app"), "other")["spec"]


def test_a_grant_to_the_service_account_counts_for_a_workload() -> None:
    cluster = Cluster.openshift("4.20", grant("g", "anyuid"))
    made = pod(ROOT, serviceAccountName="app")
    verdict = cluster.admit(made, namespace="demo")
    assert (verdict.scc, verdict.subject) == ("anyuid", "serviceaccount")
    chosen = next(one for one in verdict.candidates if one.outcome == "chosen")
    assert chosen.grant == Grant(
        "serviceaccount", "rbac", "", ObjectRef("RoleBinding", "demo", "g"), ObjectRef("Role", "demo", "g"), 0
    )
    assert not cluster.admit(made, namespace="other").allowed


def test_objects_replace_the_releases_own_by_name() -> None:
    own = scc_object("restricted-v2", groups=["system:authenticated"])
    assert Cluster.openshift("4.16", [own]).admit(pod(ROOT), namespace="demo").scc == "restricted-v2"
    nobody = {"kind": "ClusterRoleBinding", "metadata": {"name": "system:openshift:scc:restricted-v2"}}
    assert not Cluster.openshift("4.16", [nobody]).admit(pod(), namespace="demo").allowed


def test_clusters_upgraded_from_4_10_and_cluster_admins() -> None:
    def usable(user: User, **options: Any) -> set[str]:
        candidates = Cluster.openshift("4.16", **options).admission.explain(pod(), namespace="demo", user=user)
        return {one.scc for one in candidates if one.outcome != "denied"}

    assert usable(ALICE) == {"restricted-v2"}
    assert usable(ALICE, upgraded_from_4_10=True) == {"restricted", "restricted-v2"}
    assert usable(ADMIN, cluster_admins=False) == {"anyuid", "privileged", "restricted-v2"}
    assert usable(ADMIN) == set(Cluster.openshift("4.16").sccs)
    assert usable(User("x", ("system:masters",))) == set(Cluster.openshift("4.16").sccs)


@pytest.mark.parametrize("name", sorted(NAMESPACES_WITHOUT_SCC))
def test_namespaces_without_scc_admission(name: str) -> None:
    made = pod(ROOT)
    verdict = Cluster.openshift("4.20").admit(made, namespace=name, user=ALICE)
    assert (verdict.allowed, verdict.scc, verdict.skipped, verdict.candidates) == (True, None, "namespace", ())
    assert verdict.pod is made


@pytest.mark.parametrize(("level", "skipped"), [("0", "run-level"), ("1", "run-level"), ("2", None), ("", None)])
def test_run_levels(level: str, skipped: str | None) -> None:
    labelled = namespace()
    labelled["metadata"]["labels"] = {"openshift.io/run-level": level}
    cluster = Cluster.openshift("4.20", [labelled])
    assert cluster.admit(pod(), namespace="demo").skipped == skipped
    assert bool(cluster.admission.explain(pod(), namespace="demo")) is (skipped is None)


@pytest.mark.parametrize(("value", "skipped"), [("true", "disabled"), ("True", None), ("", None), ("false", None)])
def test_a_label_switches_scc_admission_off(value: str, skipped: str | None) -> None:
    labelled = namespace()
    labelled["metadata"]["labels"] = {"security.openshift.io/disable-securitycontextconstraints": value}
    verdict = Cluster.openshift("4.20", [labelled]).admit(pod(), namespace="demo")
    assert verdict.skipped == skipped
    assert (verdict.scc is None) is (skipped is not None)


def test_windows_and_kubernetes() -> None:
    windows = pod(ROOT, os={"name": "windows"})
    assert Cluster.openshift("4.11").admit(windows, namespace="demo").skipped == "windows"
    assert Cluster.openshift("4.20").admit(pod(os={"name": "linux"}), namespace="demo").skipped is None
    cluster = Cluster.kubernetes("1.33")
    assert (cluster.platform, cluster.release, cluster.sccs) == ("kubernetes", "", {})
    verdict = cluster.admit(windows, namespace="demo")
    assert (verdict.allowed, verdict.skipped) == (True, "kubernetes")


def test_ranges_are_assumed_only_where_nothing_is_known() -> None:
    def verdict(*objects: dict[str, Any]) -> Any:
        return Cluster.openshift("4.16", objects).admit(pod(), namespace="demo")

    assert verdict().namespace_assumed
    assert verdict(namespace()).namespace_assumed
    assert verdict(namespace(annotations={"other": "x"})).namespace_assumed
    assert verdict().pod["spec"]["containers"][0]["securityContext"]["runAsUser"] == 1000000000
    given = {"openshift.io/sa.scc.uid-range": "5000/10", "openshift.io/sa.scc.mcs": "s0:c9,c1"}
    known = verdict(namespace(annotations=given))
    assert not known.namespace_assumed
    assert known.pod["spec"]["containers"][0]["securityContext"]["runAsUser"] == 5000


def test_ranges_in_part_or_malformed_fail_as_on_the_cluster() -> None:
    part = namespace(annotations={"openshift.io/sa.scc.mcs": "s0"})
    message = Cluster.openshift("4.16", [part]).admit(pod(), namespace="demo").message
    assert message == (
        'pods "web" is forbidden: error fetching namespace "demo": unable to find annotation openshift.io/sa.scc.uid-range'
    )
    broken = namespace(annotations={"openshift.io/sa.scc.mcs": "s0", "openshift.io/sa.scc.uid-range": "x"})
    verdict = Cluster.openshift("4.16", [broken]).admit(pod(), namespace="demo")
    assert not verdict.namespace_assumed
    assert (verdict.message or "").count("while trying to configure SCC") > 1


def test_one_scc_that_cannot_be_built_rejects_every_pod() -> None:
    broken = scc_object("broken", runAsUser={"type": "MustRunAs"})
    cluster = Cluster.openshift("4.20", [broken])
    verdict = cluster.admit(pod(), namespace="demo", user=ADMIN)
    problem = "error creating provider for SCC broken in namespace demo: MustRunAs requires a UID"
    assert verdict.message == f'pods "web" is forbidden: {problem}'
    assert verdict.candidates == ()
    assert cluster.admission.errors_under("broken", pod(), namespace="demo") is None
    assert "broken" not in {one.scc for one in cluster.admission.explain(pod(), namespace="demo")}
    required = pod(annotations={"openshift.io/required-scc": "anyuid"})
    assert cluster.admit(required, namespace="demo", user=ADMIN).scc == "anyuid"


@pytest.mark.parametrize(("release", "scc"), [("4.13", "anyuid"), ("4.14", "privileged")])
def test_a_required_scc_is_the_only_candidate_from_4_14_on(release: str, scc: str) -> None:
    required = pod(annotations={"openshift.io/required-scc": "privileged"})
    verdict = Cluster.openshift(release).admit(required, namespace="demo", user=ADMIN)
    assert (verdict.scc, verdict.required_scc) == (scc, "privileged")
    assert (len(verdict.candidates) == 1) is (release == "4.14")


def test_a_required_scc_must_exist_and_be_usable() -> None:
    def message(name: str) -> str | None:
        return (
            Cluster.openshift("4.20")
            .admit(pod(annotations={"openshift.io/required-scc": name}), namespace="demo", user=ALICE)
            .message
        )

    missing = 'failed to retrieve the required SCC "nope": securitycontextconstraints.security.openshift.io "nope" not found'
    assert message("nope") == f'pods "web" is forbidden: {missing}'
    unable = "unable to validate against any security context constraint"
    denied = 'provider "privileged": Forbidden: not usable by user or serviceaccount'
    assert message("privileged") == f'pods "web" is forbidden: {unable}: {denied}'
    assert message("") is None


def test_explain_says_how_each_scc_would_fare() -> None:
    cluster = Cluster.openshift("4.20", cluster_admins=False)
    outcomes = {one.scc: one.outcome for one in cluster.admission.explain(pod(ROOT), namespace="demo", user=ADMIN)}
    assert outcomes["anyuid"] == outcomes["privileged"] == "chosen"
    assert outcomes["restricted-v2"] == "too restrictive"
    assert outcomes["nonroot"] == "denied"


def test_errors_under_an_scc_whoever_may_use_it() -> None:
    cluster = Cluster.openshift("4.20")
    assert cluster.admission.errors_under("hostaccess", pod(), namespace="demo") == ()
    errors = cluster.admission.errors_under("nonroot-v2", pod(ROOT), namespace="demo")
    assert errors is not None
    assert [error.path[-1] for error in errors] == ["runAsUser"]
    assert cluster.admission.errors_under("nope", pod(), namespace="demo") is None


def test_who_may_use_an_scc() -> None:
    cluster = Cluster.openshift("4.20", grant("g", "anyuid"), payload=False, cluster_admins=False)
    app = service_account_user("demo", "app")
    found = cluster.grants.may_use(app, "anyuid", "demo")
    assert found is not None
    assert (found.subject, found.via) == ("serviceaccount", "rbac")
    assert cluster.grants.may_use(app, "anyuid", "other") is None
    assert cluster.grants.may_use(app, "nope", "demo") is None
    assert cluster.grants.may_use(ADMIN, "anyuid", "demo") == Grant("user", "groups", "system:cluster-admins")
    names = [binding.ref.name for binding in cluster.grants.bindings_to("anyuid")]
    assert names == ["cluster-admin", "g"]


def test_roles_aggregated_into_admin() -> None:
    label = {"rbac.authorization.k8s.io/aggregate-to-edit": "true"}
    role, binding = grant("g", "anyuid")
    role = {**role, "kind": "ClusterRole", "metadata": {"name": "extra", "labels": label}}
    binding = {**binding, "roleRef": {"kind": "ClusterRole", "name": "admin"}}
    found = Cluster.openshift("4.20", [role, binding]).grants.may_use(service_account_user("demo", "app"), "anyuid", "demo")
    assert found is not None
    assert found.role == ObjectRef("ClusterRole", "", "extra")


@pytest.mark.parametrize("release", ["4.11", "4.14", "4.18", "4.20", "4.22"])
def test_admission_changes_neither_pod_nor_cluster(release: str) -> None:
    cluster = Cluster.openshift(release)
    made = pod(ROOT, {}, securityContext={"fsGroup": 5}, volumes=[{"name": "v", "secret": {}}])
    before = deepcopy(made)
    first = [cluster.admit(made, namespace="demo", user=user) for user in (None, ALICE, ADMIN)]
    assert made == before
    assert [cluster.admit(made, namespace="demo", user=user) for user in (None, ALICE, ADMIN)] == first


def test_the_public_names() -> None:
    assert sorted(public.__all__) == ["Candidate", "Cluster", "Grant", "ObjectRef", "User", "Verdict"]


@pytest.mark.parametrize("release", RELEASES)
def test_scc_admission_does_not_run_where_the_release_sets_a_run_level(release: str) -> None:
    cluster = Cluster.openshift(release)
    assert cluster.admit(pod(), namespace="openshift-etcd").skipped == "run-level"
    assert cluster.namespaces["openshift-etcd"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"
    for other in (Cluster.openshift(release, payload=False), Cluster.openshift(release, platform="hypershift")):
        assert not other.admit(pod(), namespace="openshift-etcd").skipped
