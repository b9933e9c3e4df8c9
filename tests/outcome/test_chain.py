"""The steps of admission after the SCC verdict: validation, Pod Security, inline CSI volumes."""

from collections.abc import Mapping
from typing import Any

import pytest

from scclint.config.model import Config
from scclint.outcome.chain import Outcome
from scclint.podsecurity.levels import Standard
from scclint.record import EMPTY
from tests.running import open_one
from tests.yaml_text import write_yaml

Object = dict[str, Any]
SECCOMP = "seccomp.security.alpha.kubernetes.io/pod"


def outcome(*objects: Object, release: str = "5.0", platform: str = "openshift") -> Outcome:
    """The outcome of the only workload among the objects."""
    config = Config(platform=platform) if platform == "kubernetes" else Config(openshift=(release,), platform=platform)
    unit = open_one([], config, text=write_yaml(*objects))
    ((workload,), (world,)) = unit.workloads, unit.worlds.values()
    return world.outcome(workload)


def pod(*, metadata: Object | None = None, container: Object | None = None, kind: str = "Pod", **spec: Any) -> Object:
    spec = {"containers": [{"name": "web", "image": "i", **(container or {})}], **spec}
    named = {"name": "web", "namespace": "shop"}
    if kind == "Pod":
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {**named, **(metadata or {})}, "spec": spec}
    template = {"metadata": metadata or {}, "spec": spec}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": named, "spec": {"selector": {}, "template": template}}


def scc(name: str = "own", **fields: Any) -> Object:
    any_ = {"type": "RunAsAny"}
    strategies = dict.fromkeys(("runAsUser", "seLinuxContext", "fsGroup", "supplementalGroups"), any_)
    return {
        "apiVersion": "security.openshift.io/v1",
        "kind": "SecurityContextConstraints",
        "metadata": {"name": name},
        "priority": 20,
        "users": ["system:serviceaccount:shop:web"],
        "volumes": ["*"],
        **strategies,
        **fields,
    }


def namespace(labels: Mapping[str, str] = EMPTY) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": dict(labels)}}


def enforce(level: str) -> Object:
    return namespace({"pod-security.kubernetes.io/enforce": level})


@pytest.mark.parametrize(("release", "rejected", "created"), [("4.22", None, True), ("4.23", "pod-security", False)])
def test_an_administrators_pod_is_rejected_from_4_23(release: str, rejected: str | None, created: bool) -> None:
    found = outcome(pod(), release=release)
    assert found.verdict is not None and found.verdict.scc == "anyuid"
    assert (found.rejected_by, found.created) == (rejected, created)
    assert found.pod_security is not None and found.pod_security.meets == "baseline"


@pytest.mark.parametrize(("release", "warns"), [("4.12", True), ("4.13", False), ("4.22", False)])
def test_a_template_is_warned_about_as_the_scc_changes_it_from_4_13(release: str, warns: bool) -> None:
    found = outcome(pod(kind="Deployment"), release=release)
    assert found.pod_security is not None
    assert (found.pod_security.answer.denial, found.pod_security.answer.warning, found.pod_security.meets) == (
        "",
        "",
        "restricted",
    )
    assert ('allowPrivilegeEscalation != false (container "web"' in found.template.warning) is warns


def test_a_template_that_no_scc_admits_is_warned_about_as_written() -> None:
    found = outcome(pod(kind="Deployment", hostNetwork=True))
    assert found.rejected_by == "scc"
    assert found.template.warning.startswith(
        'would violate PodSecurity "restricted:latest": host namespaces (hostNetwork=true)'
    )
    assert "allowPrivilegeEscalation" in found.template.warning


@pytest.mark.parametrize(("groups", "warns"), [({}, False), ({"supplementalGroups": []}, True)])
def test_an_empty_list_is_in_the_template_that_is_warned_about(groups: Object, warns: bool) -> None:
    """The API server judges the template before it stores it, and the pods are made of what it stores."""
    own = scc(seccompProfiles=["runtime/default"], supplementalGroups={"type": "MustRunAs"})
    metadata = {"annotations": {"openshift.io/required-scc": "own"}}
    warn = namespace({"pod-security.kubernetes.io/warn": "restricted"})
    made = pod(kind="Deployment", metadata=metadata, serviceAccountName="web", securityContext=groups)
    found = outcome(own, warn, made, release="4.22")
    assert (found.created, "seccompProfile" in found.template.warning) == (True, warns)


def test_the_scc_changes_a_template_also_where_no_scc_admission_runs() -> None:
    made = pod(kind="Deployment")
    made["metadata"]["namespace"] = "default"
    found = outcome(made, release="4.20")
    assert (found.skipped != "", found.template.warning) == (True, "")
    assert found.pod_security is not None and not found.pod_security.violations(Standard("privileged"))


def test_a_bare_pod_has_no_template() -> None:
    bare = outcome(pod(), release="4.22")
    assert bare.pod_security is not None and bare.pod_security.answer.warning and not bare.template.warning


def test_a_template_is_judged_by_the_rights_of_the_service_account() -> None:
    """The controller may use the SCC, and the service account may not."""
    own = scc(users=["system:serviceaccount:kube-system:replicaset-controller"], allowHostNetwork=True, allowHostPorts=True)
    found = outcome(own, namespace({"pod-security.kubernetes.io/warn": "baseline"}), pod(kind="Deployment", hostNetwork=True))
    assert (found.verdict and found.verdict.scc, found.template.warning) == (
        "own",
        'would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
    )


def test_no_step_follows_a_rejection() -> None:
    denied = outcome(pod(kind="Deployment", hostNetwork=True))
    assert (denied.rejected_by, denied.pod_security, denied.created) == ("scc", None, False)
    invalid = outcome(pod(serviceAccountName="web"), scc(runAsUser={"type": "MustRunAs", "uid": 2**31}))
    assert (invalid.rejected_by, invalid.pod_security, invalid.created) == ("validation", None, False)


@pytest.mark.parametrize(
    ("fields", "container", "field"),
    [
        ({"runAsUser": {"type": "MustRunAs", "uid": 2**31}}, {}, "securityContext.runAsUser"),
        ({"fsGroup": {"type": "MustRunAs", "ranges": [{"min": 2**31, "max": 2**32}]}}, {}, "securityContext.fsGroup"),
        (
            {"allowPrivilegedContainer": True, "allowPrivilegeEscalation": False},
            {"securityContext": {"privileged": True}},
            "cannot set `allowPrivilegeEscalation` to false and `privileged` to true",
        ),
        (
            {"allowPrivilegeEscalation": False, "defaultAddCapabilities": ["CAP_SYS_ADMIN"]},
            {},
            "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN",
        ),
        ({"seccompProfiles": ["RuntimeDefault"]}, {}, "must be a valid seccomp profile"),
        ({"seccompProfiles": ["localhost/../x"]}, {}, "must not contain '..'"),
    ],
)
def test_what_an_scc_sets_may_be_invalid(fields: Object, container: Object, field: str) -> None:
    found = outcome(pod(serviceAccountName="web", kind="Deployment", container=container), scc(**fields))
    assert found.admitted
    assert found.invalid_by_scc and all(field in problem.message for problem in found.invalid_by_scc)
    assert found.rejected_by == "validation"


def test_what_is_invalid_as_written_is_not_the_fault_of_the_scc() -> None:
    bad = {"securityContext": {"privileged": True, "allowPrivilegeEscalation": False}}
    found = outcome(pod(container=bad))
    assert found.invalid and not found.invalid_by_scc
    assert found.rejected_by == "validation"


@pytest.mark.parametrize(("release", "meets"), [("4.11", True), ("4.12", True), ("4.13", True), ("4.14", True)])
def test_seccomp_annotations_count_as_fields(release: str, meets: bool) -> None:
    """Up to 4.12 the API server copies them, from 4.13 SCC admission does."""
    found = outcome(
        pod(metadata={"annotations": {SECCOMP: "unconfined"}}, serviceAccountName="web"),
        scc(seccompProfiles=["*"]),
        release=release,
    )
    assert found.pod_security is not None
    checks = [violation.check for violation in found.pod_security.violations(Standard("restricted"))]
    assert ("seccompProfile_restricted" in checks) == meets
    confined = outcome(pod(kind="Deployment"), release=release)
    assert confined.pod_security is not None and confined.pod_security.meets == "restricted"


def test_kubernetes_has_no_scc_and_no_syncer() -> None:
    found = outcome(pod(), platform="kubernetes")
    assert found.created is True
    assert outcome(pod(), enforce("restricted"), platform="kubernetes").rejected_by == "pod-security"


def test_host_ports_follow_the_host_network() -> None:
    found = outcome(pod(hostNetwork=True, container={"ports": [{"containerPort": 80}]}), enforce("baseline"), release="4.22")
    assert found.pod_security is not None
    assert found.pod_security.answer.denial.endswith(
        'host namespaces (hostNetwork=true), hostPort (container "web" uses hostPort 80)'
    )


def grant(account: str) -> Object:
    rbac = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{rbac}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "grant", "namespace": "shop"},
        "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "system:openshift:scc:privileged"},
        "subjects": [{"kind": "ServiceAccount", "name": account}],
    }


def test_an_account_that_only_a_grant_names_makes_the_level_unknown() -> None:
    found = outcome(pod(), grant("db"))
    assert found.pod_security is not None
    assert found.pod_security.unknown == "service account shop/db, which may use SCC privileged, is not in the input"
    assert (found.rejected_by, found.created) == (None, None)
    db = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "db", "namespace": "shop"}}
    assert outcome(pod(), grant("db"), db).created is True
    assert outcome(pod(), grant("default")).created is True


def test_an_account_that_makes_no_difference_is_no_reason_for_doubt() -> None:
    assert outcome(pod(kind="Deployment"), grant("db")).created is True
    assert outcome(pod(), grant("db"), enforce("restricted")).rejected_by == "pod-security"


def test_the_strictest_pods_pass_at_any_level() -> None:
    for kind, created in (("Deployment", True), ("Pod", None)):
        made = pod(kind=kind)
        made["metadata"]["namespace"] = "openshift-monitoring"
        found = outcome(made)
        assert found.pod_security is not None and found.pod_security.policy.unknown
        assert (found.created, bool(found.pod_security.unknown)) == (created, created is None)


def test_an_image_that_is_filled_in_later() -> None:
    made = pod(kind="DeploymentConfig", container={"image": ""})
    made["apiVersion"] = "apps.openshift.io/v1"
    assert outcome(made).created is True


CSI = {"name": "v", "csi": {"driver": "csi.example"}}
LABEL = "security.openshift.io/csi-ephemeral-volume-profile"


def driver(**labels: str) -> Object:
    return {"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": "csi.example", "labels": labels}}


@pytest.mark.parametrize(
    ("objects", "rejected", "created"),
    [
        ([], None, None),
        ([driver()], "csi", False),
        ([driver(**{LABEL: "restricted"})], None, True),
        ([driver(**{LABEL: "baseline"})], "csi", False),
        ([driver(**{LABEL: "baseline"}), enforce("baseline")], None, True),
        ([driver(**{LABEL: "odd"}), enforce("baseline")], "csi", False),
        ([driver(), enforce("privileged")], None, True),
    ],
)
def test_inline_csi_volumes(objects: list[Object], rejected: str | None, created: bool | None) -> None:
    found = outcome(pod(kind="Deployment", volumes=[CSI]), *objects, release="4.22")
    assert (found.rejected_by, found.created) == (rejected, created)


@pytest.mark.parametrize("kind", ["Deployment", "Pod"])
def test_a_workload_with_a_refused_volume_is_rejected_before_its_pods(kind: str) -> None:
    made = pod(kind=kind, volumes=[CSI], hostPID=True, serviceAccountName="web")
    found = outcome(made, driver(), release="4.22")
    # The default creator of the Pod may use an SCC that lets it have the process IDs of the host.
    assert (found.rejected_by, found.admitted) == ("csi", kind == "Pod")
    assert found.has_judged_template == (kind == "Deployment")


APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/web"


@pytest.mark.parametrize(
    ("release", "annotation", "field", "expected"),
    [
        ("4.16", "runtime/default", None, ("runtime/default", None)),
        ("4.17", "runtime/default", None, ("runtime/default", {"type": "RuntimeDefault"})),
        ("4.22", "localhost/x", None, ("localhost/x", {"type": "Localhost", "localhostProfile": "x"})),
        ("4.22", "localhost/", None, ("localhost/", None)),
        ("4.20", None, {"type": "Unconfined"}, ("unconfined", {"type": "Unconfined"})),
        ("4.21", None, {"type": "Unconfined"}, (None, {"type": "Unconfined"})),
    ],
)
def test_app_armor_annotations_and_fields(release: str, annotation: str | None, field: Object | None, expected: object) -> None:
    metadata = {"annotations": {APP_ARMOR: annotation} if annotation else {}}
    made = pod(metadata=metadata, container={"securityContext": {"appArmorProfile": field} if field else {}})
    found = outcome(made, enforce("privileged"), release=release)
    assert found.verdict is not None and found.created
    after = found.verdict.pod
    context = after["spec"]["containers"][0]["securityContext"]
    assert (after["metadata"]["annotations"].get(APP_ARMOR), context.get("appArmorProfile")) == expected


def test_the_drivers_of_the_release() -> None:
    secrets = {"name": "v", "csi": {"driver": "secrets-store.csi.k8s.io"}}
    smb = {"name": "v", "csi": {"driver": "smb.csi.k8s.io"}}
    assert outcome(pod(kind="Deployment", volumes=[secrets])).created is True
    assert outcome(pod(kind="Deployment", volumes=[smb])).rejected_by == "csi"
