"""`Cluster.judge`: what the API server answers to an object, and to the pods that are made of it."""

from functools import cache
from types import MappingProxyType
from typing import Any

import pytest

import scclint

Object = dict[str, Any]


def template(**spec: Any) -> Object:
    return {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}], **spec}}


def pod(**spec: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": template(**spec)["spec"],
    }


def workload(kind: str = "Deployment", version: str = "apps/v1", **spec: Any) -> Object:
    made = {"selector": {"matchLabels": {"a": "b"}}, "template": template(**spec)}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "web", "namespace": "shop"}, "spec": made}


def namespace(**labels: str) -> Object:
    levels = {f"pod-security.kubernetes.io/{mode}": level for mode, level in labels.items()}
    labels = {"security.openshift.io/scc.podSecurityLabelSync": "false", **levels}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}}


def judge(obj: Object, *objects: Object, release: str = "4.22", user: scclint.User | None = None) -> scclint.Judgement:
    return installed(release).with_objects(objects).judge(obj, user)


@cache
def installed(release: str) -> scclint.Cluster:
    return scclint.Cluster.openshift(release, cluster_admins=True)


def test_a_pod_is_its_own_only_pod() -> None:
    found = judge(pod())
    (only,) = found.pods
    assert (found.rejected, only.created, only.step, only.scc, only.message) == (None, True, "", "anyuid", "")
    assert only.pod["metadata"]["annotations"]["openshift.io/scc"] == "anyuid"
    assert only.warnings and only.warnings == found.warnings


def test_a_user_creates_a_bare_pod_and_no_other() -> None:
    nobody = scclint.User("alice", ("system:authenticated",))
    assert judge(pod(), user=nobody).pods[0].scc == "restricted-v2"
    assert judge(workload(), user=scclint.User("kube:admin", ("system:cluster-admins",))).pods[0].scc == "restricted-v2"
    one: Any = scclint.User("kube:admin", "system:cluster-admins")  # type: ignore[arg-type]  # the mistake
    assert judge(pod(), user=one).pods[0].scc == "anyuid"


def test_a_rejected_pod_is_the_rejected_object() -> None:
    found = judge(pod(hostPID=True), user=scclint.User("alice"))
    assert found.rejected is found.pods[0] and found.rejected.step == "scc"
    assert found.rejected.message.startswith('pods "web" is forbidden: unable to validate against any security context')
    assert (found.rejected.scc, found.rejected.pod) == (None, {})


def test_the_pods_of_a_workload_are_rejected_and_not_the_workload() -> None:
    found = judge(workload(hostPID=True), namespace(warn="baseline"))
    assert found.rejected is None and [one.step for one in found.pods] == ["scc"]
    assert found.warnings == ('would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)',)


def test_pod_security() -> None:
    found = judge(pod(), namespace(enforce="restricted"))
    assert found.rejected is not None and found.rejected.step == "pod-security"
    assert found.rejected.message.startswith('pods "web" is forbidden: violates PodSecurity "restricted:latest": allow')


def test_a_workload_that_validation_rejects_has_no_pods() -> None:
    found = judge(workload(securityContext={"seccompProfile": {"type": "Localhost"}, "runAsUser": -1}))
    assert found.pods == () and found.rejected is not None and found.rejected.step == "validation"
    start = 'Deployment.apps "web" is invalid: [spec.template.spec.securityContext.'
    assert found.rejected.message.startswith(start) and "]" in found.rejected.message
    one = judge(workload(securityContext={"seccompProfile": {"type": "Localhost"}})).rejected
    assert one is not None and one.message == (
        'Deployment.apps "web" is invalid: spec.template.spec.securityContext.seccompProfile.localhostProfile: '
        "Required value: must be set when seccomp type is Localhost"
    )


@pytest.mark.parametrize(("release", "workload_rejected"), [("4.20", False), ("4.21", True)])
def test_the_template_of_a_stateful_set_is_validated_from_4_21(release: str, workload_rejected: bool) -> None:
    found = judge(workload("StatefulSet", volumes=[{"name": "v", "hostPath": {"path": "/", "type": "bad"}}]), release=release)
    assert ((found.rejected and found.rejected.step) == "validation") is workload_rejected
    assert [one.step for one in found.pods] == ([] if workload_rejected else ["scc"])


def test_fields_are_decoded_strictly() -> None:
    found = judge(workload(hostNetwrk=True, nodSelector={}))
    assert found.rejected is not None and (found.rejected.step, found.rejected.message) == (
        "decode",
        'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: '
        'unknown field "spec.template.spec.hostNetwrk", unknown field "spec.template.spec.nodSelector"',
    )
    wrong = judge(pod(hostPID="yes"))
    assert wrong.rejected is wrong.pods[0] and wrong.rejected.step == "decode"


def test_inline_volumes() -> None:
    driver = {"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": "x.example.com"}}
    found = judge(pod(volumes=[{"name": "v", "csi": {"driver": "x.example.com"}}]), driver, namespace())
    assert found.rejected is not None and (found.rejected.step, found.rejected.message) == (
        "csi",
        'pods "web" is forbidden: web uses an inline volume provided by CSIDriver x.example.com and namespace shop has a pod '
        "security enforce level that is lower than privileged",
    )


def test_a_custom_resource_has_the_pods_that_its_controller_makes() -> None:
    at = {"serviceAccountName": "runner", "entrypoint": "a"}
    templates = [{"name": "a", "container": {"image": "i"}}, {"name": "b", "container": {"image": "i"}, "hostAliases": []}]
    workflow = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": "w", "namespace": "shop"}}
    found = judge({**workflow, "spec": {**at, "templates": templates}})
    assert [one.scc for one in found.pods] == ["restricted-v2", "restricted-v2"] and found.rejected is None


def test_an_unknown_outcome_says_why() -> None:
    task = {"apiVersion": "tekton.dev/v1", "kind": "TaskRun", "metadata": {"name": "t", "namespace": "shop"}}
    (only,) = judge({**task, "spec": {"taskRef": {"name": "elsewhere"}}}).pods
    assert only.created is None and "elsewhere" in only.message


def test_any_mapping_is_taken_and_stays_as_it_is() -> None:
    made = pod()
    assert judge(MappingProxyType({**made, "spec": MappingProxyType(made["spec"])})).pods[0].created  # type: ignore[arg-type]
    assert made == pod()


@pytest.mark.parametrize(
    ("obj", "found"),
    [({"apiVersion": "v1", "kind": "Service"}, "Service of v1"), ({"spec": {}}, "an object without a kind"), ({}, "an object")],
)
def test_what_makes_no_pods_is_an_error(obj: Object, found: str) -> None:
    with pytest.raises(scclint.ModelError, match=f"expected an object that makes pods, found {found}"):
        judge(obj)


def scc_of(user: str) -> Object:
    any_ = {"type": "RunAsAny"}
    strategies = dict.fromkeys(("runAsUser", "seLinuxContext", "fsGroup", "supplementalGroups"), any_)
    named = {"apiVersion": "security.openshift.io/v1", "kind": "SecurityContextConstraints", "metadata": {"name": "own"}}
    return {**named, **strategies, "priority": 20, "volumes": ["*"], "users": [user]}


CONTROLLERS = {
    "Deployment": "replicaset-controller",
    "ReplicaSet": "replicaset-controller",
    "StatefulSet": "statefulset-controller",
    "DaemonSet": "daemon-set-controller",
    "Job": "job-controller",
    "CronJob": "job-controller",
    "ReplicationController": "replication-controller",
    "DeploymentConfig": "replication-controller",
}
VERSIONS = {"Job": "batch/v1", "ReplicationController": "v1", "DeploymentConfig": "apps.openshift.io/v1"}


def of_kind(kind: str) -> Object:
    if kind == "CronJob":
        job = workload("Job", restartPolicy="Never")["spec"]
        of_cron_job = {"schedule": "@daily", "jobTemplate": {"spec": {"template": job["template"]}}}
        return {"apiVersion": "batch/v1", "kind": kind, "metadata": {"name": "web", "namespace": "shop"}, "spec": of_cron_job}
    made = workload(kind, VERSIONS.get(kind, "apps/v1"), restartPolicy="Never" if kind == "Job" else "Always")
    if kind in VERSIONS:
        del made["spec"]["selector"]
    return made


@pytest.mark.parametrize("kind", CONTROLLERS)
@pytest.mark.parametrize("controller", sorted({*CONTROLLERS.values()}))
def test_the_controller_of_its_kind_creates_the_pods(kind: str, controller: str) -> None:
    (only,) = judge(of_kind(kind), scc_of(f"system:serviceaccount:kube-system:{controller}")).pods
    assert only.scc == ("own" if CONTROLLERS[kind] == controller else "restricted-v2")


def test_the_owner_of_a_pod_read_from_a_cluster_created_it() -> None:
    owned = pod()
    owned["metadata"]["ownerReferences"] = [
        {"apiVersion": "batch/v1", "kind": "Job", "name": "j", "uid": "1", "controller": True}
    ]
    jobs, sets = (scc_of(f"system:serviceaccount:kube-system:{name}-controller") for name in ("job", "replicaset"))
    assert [judge(owned, scc).pods[0].scc for scc in (jobs, sets)] == ["own", "restricted-v2"]


@pytest.mark.parametrize(("ordinals", "name"), [({}, "web-0"), ({"ordinals": {"start": 3}}, "web-3")])
def test_the_pods_of_a_stateful_set_have_numbers(ordinals: Object, name: str) -> None:
    made = workload("StatefulSet", hostPID=True)
    made["spec"] |= ordinals
    assert judge(made).pods[0].message.startswith(f'pods "{name}" is forbidden: unable to validate')


def account(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": "shop"}}


def test_a_missing_service_account() -> None:
    judgement = judge(workload(serviceAccountName="cart"), account("default"))
    (outcome,) = judgement.pods
    assert (outcome.created, outcome.step, judgement.rejected) == (False, "service-account", None)
    text = 'error looking up service account shop/cart: serviceaccount "cart" not found'
    assert outcome.message == f'pods "web-" is forbidden: {text}'
    (outcome,) = judge(workload(serviceAccountName="cart"), account("default"), account("cart")).pods
    assert outcome.created


def test_an_account_is_not_missing_if_accounts_are_not_known() -> None:
    (outcome,) = judge(workload(serviceAccountName="cart"), account("other")).pods
    assert outcome.created


def deployment_config(hook: Object, kind: str = "Rolling", **spec: Any) -> Object:
    made = workload("DeploymentConfig", "apps.openshift.io/v1", **spec)
    params = "recreateParams" if "mid" in hook else "rollingParams"
    made["spec"] |= {"selector": {"a": "b"}, "strategy": {"type": kind, params: hook, "annotations": {"x": "y"}}}
    return made


def exec_new_pod(**more: Any) -> Object:
    return {"failurePolicy": "Abort", "execNewPod": {"containerName": "c", "command": ["migrate"], **more}}


DATA = {"name": "data", "emptyDir": {}}
MOUNTS = [{"name": "data", "mountPath": "/d"}, {"name": "logs", "mountPath": "/l"}]


def test_a_hook_of_a_deployment_config_is_a_pod_of_the_account_default_that_the_deployer_creates() -> None:
    containers = [
        {"name": "b", "image": "b"},
        {"name": "c", "image": "i", "securityContext": {"runAsUser": 0}, "volumeMounts": MOUNTS},
    ]
    volumes = [DATA, {"name": "logs", "emptyDir": {}}]
    config = deployment_config(
        {"pre": exec_new_pod(volumes=["data"])}, serviceAccountName="web", containers=containers, volumes=volumes
    )
    of_deployer = {**scc_of("system:serviceaccount:shop:deployer"), "metadata": {"name": "hooks"}}
    of_web = scc_of("system:serviceaccount:shop:web")
    own, hook = judge(config, of_web, of_deployer).pods
    assert (own.scc, hook.scc) == ("own", "hooks")
    (container,) = hook.pod["spec"]["containers"]
    assert (container["name"], container["image"], container["securityContext"]["runAsUser"]) == ("lifecycle", "i", 0)
    assert container["volumeMounts"][0]["name"] == "data"
    assert DATA in hook.pod["spec"]["volumes"]
    assert volumes[1] not in hook.pod["spec"]["volumes"]
    assert hook.pod["spec"]["serviceAccountName"] == "default"
    assert hook.pod["metadata"]["annotations"]["x"] == "y"
    assert [outcome.created for outcome in judge(config, of_web).pods] == [True, False]


@pytest.mark.parametrize(
    ("hook", "kind", "pods"),
    [
        ({"pre": exec_new_pod(), "post": exec_new_pod()}, "Rolling", 3),
        ({"mid": exec_new_pod()}, "Recreate", 2),
        ({"mid": exec_new_pod()}, "Rolling", 1),
        ({"pre": exec_new_pod()}, "Recreate", 1),
        ({"pre": exec_new_pod(containerName="other")}, "Rolling", 1),
        ({"pre": {"failurePolicy": "Abort", "tagImages": []}}, "Rolling", 1),
    ],
)
def test_the_hooks_of_the_strategy_make_pods(hook: Object, kind: str, pods: int) -> None:
    assert len(judge(deployment_config(hook, kind)).pods) == pods


@pytest.mark.parametrize(
    "hook", [exec_new_pod(containerName=[], volumes="data"), exec_new_pod(volumes="data"), {"execNewPod": [1]}]
)
def test_a_hook_that_cannot_be_decoded_makes_no_error(hook: Object) -> None:
    made = deployment_config(
        {"pre": hook}, containers=[{"name": ["c"]}, "text", {"name": "c", "volumeMounts": [{"name": None}]}]
    )
    assert judge(made).rejected is not None


def stateful_set(**spec: Any) -> Object:
    made = workload("StatefulSet", **spec)
    made["spec"]["serviceName"] = "shop"
    return made


def test_the_controller_of_a_stateful_set_names_its_pods_in_dns() -> None:
    judgement = judge(stateful_set(hostname="a.b", subdomain="c.d"), release="4.20")
    (outcome,) = judgement.pods
    assert (outcome.created, judgement.rejected) == (True, None)
    assert (outcome.pod["spec"]["hostname"], outcome.pod["spec"]["subdomain"]) == ("web-0", "shop")
    judgement = judge(workload(hostname="a.b"), release="4.20")
    assert judgement.rejected is not None
    assert judgement.rejected.step == "validation"


def test_the_name_of_a_stateful_set_can_be_too_long_for_its_pods() -> None:
    made = stateful_set()
    made["metadata"]["name"] = "w" * 62
    (outcome,) = judge(made).pods
    assert (outcome.created, outcome.step) == (False, "validation")
    assert "spec.hostname: Invalid value" in outcome.message


@pytest.mark.parametrize("release", ["4.18", "5.0"])
def test_a_deadline_is_an_error_of_the_stateful_set_itself(release: str) -> None:
    judgement = judge(stateful_set(activeDeadlineSeconds=0), release=release)
    assert judgement.rejected is not None
    assert "activeDeadlineSeconds in StatefulSet is not Supported" in judgement.rejected.message


def test_overhead_without_a_runtime_class() -> None:
    (outcome,) = judge(workload(overhead={"cpu": "100m"})).pods
    text = 'pods "web-" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'
    assert (outcome.step, outcome.message) == ("runtime-class", text)
    (outcome,) = judge(workload(overhead={"cpu": "100m"}, runtimeClassName="kata")).pods
    assert outcome.created
    (outcome,) = judge(workload(overhead={"cpu": "100m"}, hostPID=True)).pods
    assert outcome.step == "scc"


def test_no_driver_has_an_empty_name() -> None:
    volumes = [{"name": "v", "csi": {"driver": ""}}]
    judgement = judge(stateful_set(volumes=volumes), namespace(enforce="restricted"), release="4.18")
    assert judgement.rejected is not None
    assert judgement.rejected.step == "csi"
    assert "provided by CSIDriver  and namespace shop" in judgement.rejected.message
