"""The API server's view of fields: decoding, closed lists and ranges, and rules that join several fields of a pod."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.objects.unknown import UNKNOWN, Unknown, first_unknown
from scclint.text import field_path
from scclint.validation.problem import FieldProblem
from scclint.validation.validate import validate
from tests.validation.cases import Data, deployment, of_scc, only, pod, scc, stateful_set

POD = "seccomp.security.alpha.kubernetes.io/pod"
CONTAINER_A = "container.seccomp.security.alpha.kubernetes.io/a"


def of_pod(data: Data, minor: int = 33, **options: Any) -> list[str]:
    return [problem.message for problem in validate(data, "v1", "Pod", minor, **options)]


def test_a_right_object_has_no_problems() -> None:
    assert of_pod(pod({"restartPolicy": "Never", "hostUsers": False}, {"securityContext": {"runAsUser": 1000}})) == []
    assert validate(deployment(), "apps/v1", "Deployment", 33) == []
    assert of_scc(scc(volumes=["configMap"], priority=10, seccompProfiles=["runtime/default"])) == []


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({"runAsUser": "1000"}, 'runAsUser: must be an integer, is the string "1000"'),
        ({"runAsUser": 1.5}, "runAsUser: must be an integer, is the number 1.5"),
        ({"runAsUser": True}, "runAsUser: must be an integer, is the boolean true"),
        ({"runAsUser": []}, "runAsUser: must be an integer, is a list"),
        ({"runAsUser": 2**63}, "runAsUser: must be an integer of 64 bits, is the number 9223372036854775808"),
        ({"runAsUser": float("inf")}, "runAsUser: must be an integer, is the number Infinity"),
        ({"runAsUser": -1}, "runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive"),
        ({"runAsUser": 2**31}, "runAsUser: Invalid value: 2147483648: must be between 0 and 2147483647, inclusive"),
        ({"privileged": "true"}, 'privileged: must be true or false, is the string "true"'),
        ({"runAsNonRoot": 1}, "runAsNonRoot: must be true or false, is the number 1"),
        ({"capabilities": ["NET_ADMIN"]}, "capabilities: must be a mapping, is a list"),
        ({"capabilities": {"add": "NET_ADMIN"}}, 'capabilities.add: must be a list, is the string "NET_ADMIN"'),
        ({"capabilities": {"add": [1]}}, "capabilities.add[0]: must be a string, is the number 1"),
        ({"seLinuxOptions": {"level": {}}}, "seLinuxOptions.level: must be a string, is a mapping"),
        (
            {"procMount": "masked"},
            'procMount: Unsupported value: "masked": supported values: "Default", "Unmasked"',
        ),
    ],
)
def test_a_wrong_value(context: Data, message: str) -> None:
    problem = only(validate(pod(container={"securityContext": context}), "v1", "Pod", 33))
    assert problem.message == f"spec.containers[0].securityContext.{message}"
    assert problem.path[:4] == ("spec", "containers", 0, "securityContext")
    assert (problem.code != "unknown", problem.in_security_context) == (True, True)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"volumes": {}}, "spec.volumes: must be a list, is a mapping"),
        ({"nodeSelector": {"disk": True}}, "spec.nodeSelector.disk: must be a string, is the boolean true"),
        (
            {"restartPolicy": "never"},
            'spec.restartPolicy: Unsupported value: "never": supported values: "Always", "OnFailure", "Never"',
        ),
        (
            {"activeDeadlineSeconds": 0},
            "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
        ),
        (
            {"volumes": [{"name": "v", "secret": {"defaultMode": 644}}]},
            "spec.volumes[0].secret.defaultMode: Invalid value: 644: "
            "must be a number between 0 and 0777 (octal), both inclusive",
        ),
        (
            {"volumes": [{"name": "v", "emptyDir": {"sizeLimit": "1GB"}}]},
            'spec.volumes[0].emptyDir.sizeLimit: must be a quantity such as 500m, 2 or 1Gi, is the string "1GB"',
        ),
        (
            {"securityContext": {"supplementalGroups": [-5]}},
            "spec.securityContext.supplementalGroups[0]: Invalid value: -5: must be between 0 and 2147483647, inclusive",
        ),
        ({"priority": 2**31}, "spec.priority: must be an integer of 32 bits, is the number 2147483648"),
        (
            {"containers": [{"name": "a", "image": "i", "ports": [{"containerPort": 70000}]}]},
            "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
        ),
        ({"containers": ["a"]}, 'spec.containers[0]: must be a mapping, is the string "a"'),
        (
            {"volumes": [{"name": "v", "emptyDir": {}, "hostPath": {"path": "/"}}]},
            "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type",
        ),
        ({"hostUsers": False, "hostPID": True}, "spec.HostPID: Forbidden: when `pod.Spec.HostUsers` is false"),
        (
            {"shareProcessNamespace": True, "hostPID": True},
            "spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled",
        ),
        (
            {"ephemeralContainers": [{"name": "e", "image": "i"}]},
            "spec.ephemeralContainers: Forbidden: cannot be set on create",
        ),
    ],
)
def test_a_wrong_pod(spec: Data, message: str) -> None:
    assert of_pod(pod(spec)) == [message]


def test_values_the_decoder_takes() -> None:
    container = {
        "securityContext": {"runAsUser": 1000.0, "privileged": None, "capabilities": {"add": [None]}},
        "resources": {"limits": {"cpu": 0.5, "memory": "1Gi", "x/y": 5}, "requests": {"cpu": "+.5", "memory": "1e3"}},
        "livenessProbe": {"httpGet": {"port": "http", "scheme": ""}},
        "readinessProbe": {"httpGet": {"port": 8080}},
        "env": None,
    }
    data = pod({"initContainers": None}, container)
    data["metadata"]["creationTimestamp"] = None
    assert of_pod(data) == []


@pytest.mark.parametrize("quantity", ["", "1 Gi", "1gi", "one", "1K", ".", "1e", True, []])
def test_quantities_the_decoder_refuses(quantity: Any) -> None:
    problem = only(validate(pod(container={"resources": {"limits": {"memory": quantity}}}), "v1", "Pod", 33))
    assert problem.path == ("spec", "containers", 0, "resources", "limits", "memory")
    assert problem.message.startswith("spec.containers[0].resources.limits.memory: must be a quantity")


@pytest.mark.parametrize("port", [1.5, True, 2**31, {}])
def test_an_int_or_string_that_is_neither(port: Any) -> None:
    problem = only(validate(pod(container={"livenessProbe": {"tcpSocket": {"port": port}}}), "v1", "Pod", 33))
    assert problem.path[-2:] == ("tcpSocket", "port")


def test_unknown_values_are_not_judged() -> None:
    context = {
        "runAsUser": UNKNOWN,
        "privileged": Unknown("${P}"),
        "seccompProfile": {"type": UNKNOWN, "localhostProfile": "a"},
    }
    data = pod(
        {"restartPolicy": UNKNOWN, "volumes": UNKNOWN, "os": {"name": UNKNOWN}}, {"image": UNKNOWN, "securityContext": context}
    )
    data["metadata"] = {"name": UNKNOWN, "annotations": {POD: UNKNOWN}}
    assert of_pod(data) == []
    assert of_scc(scc(priority=UNKNOWN, volumes=UNKNOWN, runAsUser={"type": UNKNOWN, "uid": UNKNOWN}, users=[UNKNOWN])) == []
    assert first_unknown(data) == ("metadata", "name")
    assert first_unknown(pod()) is None
    assert (repr(UNKNOWN), repr(Unknown("${P}"))) == ("UNKNOWN", "${P}")


@pytest.mark.parametrize(
    ("spec", "path", "hint", "suggestion", "secures"),
    [
        (
            {"securityContext": {"seccompProfle": {}}},
            "securityContext.seccompProfle",
            "did you mean seccompProfile?",
            "seccompProfile",
            True,
        ),
        ({"secuirtyContext": {}}, "secuirtyContext", "did you mean securityContext?", "securityContext", True),
        (
            {"service_account_name": "x"},
            "service_account_name",
            "did you mean serviceAccountName?",
            "serviceAccountName",
            False,
        ),
        ({"frobnicate": None}, "frobnicate", "", "", False),
        ({"runAsUser": 1}, "runAsUser", "it belongs in securityContext", "", True),
        ({"image": "x"}, "image", "it belongs in containers[]", "", False),
        (
            {"securityContext": {"privileged": True}},
            "securityContext.privileged",
            "it belongs in the securityContext of a container",
            "",
            True,
        ),
        # No other field has a field of this name.
        ({"securityContext": {"level": "s0"}}, "securityContext.level", "it belongs in seLinuxOptions", "", True),
        # Those of seccompProfile and appArmorProfile have the same name.
        ({"securityContext": {"localhostProfile": "a"}}, "securityContext.localhostProfile", "", "", True),
    ],
)
def test_an_unknown_field(spec: Data, path: str, hint: str, suggestion: str, secures: bool) -> None:
    problem = only(validate(pod(spec), "v1", "Pod", 33))
    assert problem == FieldProblem(
        ("spec", *path.split(".")), "unknown", f"spec.{path}: unknown field", suggestion, secures, hint
    )


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ({"labels": "a=b"}, "it belongs in metadata, as a mapping"),
        ({"labels": {"a": "b"}}, "it belongs in metadata"),
        ({"labels": None}, "it belongs in metadata"),
    ],
)
def test_a_field_that_belongs_elsewhere_in_another_form(written: Data, hint: str) -> None:
    assert only(validate(pod() | {"metadata": {"name": "web"}} | written, "v1", "Pod", 33)).hint == hint


@pytest.mark.parametrize(
    ("selector", "hint"),
    [
        ({"app": "web"}, "it belongs in matchLabels"),
        ({"app": ["web"]}, ""),  # No label.
        ({"matchLabel": "web"}, "did you mean matchLabels?"),
    ],
)
def test_a_label_that_a_selector_lacks(selector: Data, hint: str) -> None:
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"selector": selector}}
    problems = [problem for problem in validate(deployment, "apps/v1", "Deployment", 33) if problem.code == "unknown"]
    assert [problem.hint for problem in problems] == [hint]


@pytest.mark.parametrize(
    ("drop", "hint"), [("ALL", "it belongs in capabilities, as a list"), (["ALL"], "it belongs in capabilities")]
)
def test_capabilities_that_a_security_context_drops(drop: object, hint: str) -> None:
    assert only(validate(pod(None, {"securityContext": {"drop": drop}}), "v1", "Pod", 33)).hint == hint


@pytest.mark.parametrize(
    ("data", "minor", "message"),
    [
        (pod({"hostUsers": True}), 24, "spec.hostUsers: unknown field before Kubernetes 1.25"),
        (
            pod({"securityContext": {"appArmorProfile": {"type": "RuntimeDefault"}}}),
            29,
            "spec.securityContext.appArmorProfile: unknown field before Kubernetes 1.30",
        ),
        (
            pod({"volumes": [{"name": "v", "image": {"reference": "i"}}]}),
            30,
            "spec.volumes[0].image: unknown field before Kubernetes 1.31",
        ),
        (pod({"hostnameOverride": "h"}), 33, "spec.hostnameOverride: unknown field before Kubernetes 1.34"),
        (
            pod({"resourceClaims": [{"name": "c", "source": {}}]}),
            31,
            "spec.resourceClaims[0].source: unknown field since Kubernetes 1.31",
        ),
    ],
)
def test_a_field_of_other_releases(data: Data, minor: int, message: str) -> None:
    assert of_pod(data, minor) == [message]
    assert of_pod(data, minor - 1 if "since" in message else minor + 1) == []


def test_a_field_of_other_openshift_releases() -> None:
    assert of_scc(scc(userNamespaceLevel="RequirePodLevel"), 32) == ["userNamespaceLevel: unknown field before OpenShift 4.20"]
    assert of_scc(scc(userNamespaceLevel="RequirePodLevel"), 33) == []


def test_an_scc_has_no_run_as_group() -> None:
    assert of_scc(scc(runAsGroup={"type": "RunAsAny"}), 35) == ["runAsGroup: unknown field"]


def test_beyond_the_schemas_the_nearest_minor_counts() -> None:
    assert of_pod(pod({"hostnameOverride": "h"}), 99) == []
    assert of_pod(pod({"hostUsers": True}), 1) == ["spec.hostUsers: unknown field before Kubernetes 1.25"]


def test_what_is_missing_is_told_apart() -> None:
    patch = {"metadata": {}, "spec": {"template": {"spec": {"containers": [{"image": "x"}]}}}}
    problems = validate(patch, "apps/v1", "Deployment", 33)
    assert {problem.code for problem in problems} == {"required"}
    assert [field_path(problem.path) for problem in problems] == [
        "spec.template.spec.containers[0].name",
        "spec.selector",
        "metadata.name",
    ]
    assert validate({"metadata": {"generateName": "x-"}, "spec": pod()["spec"]}, "v1", "Pod", 33) == []


def test_an_image_may_come_from_a_trigger() -> None:
    template = {"spec": {"containers": [{"name": "a"}]}}
    assert (
        validate({"metadata": {"name": "d"}, "spec": {"template": template}}, "apps.openshift.io/v1", "DeploymentConfig", 33)
        == []
    )


def test_patch_directives_are_no_fields() -> None:
    assert of_pod(pod({"$setElementOrder/containers": [{"name": "a"}], "$retainKeys": ["x"]}, {"$patch": "replace"})) == []


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ({"type": "RuntimeDefault"}, []),
        ({"type": "Localhost", "localhostProfile": "a/b.json"}, []),
        ({"type": "Localhost", "localhostProfile": ""}, []),
        ({}, ["type: Required value: type is required when seccompProfile is set"]),
        ({"type": None}, ["type: Required value: type is required when seccompProfile is set"]),
        (
            {"type": "runtime/default"},
            ['type: Unsupported value: "runtime/default": supported values: "Localhost", "RuntimeDefault", "Unconfined"'],
        ),
        ({"type": 1}, ["type: must be a string, is the number 1"]),
        ({"type": "Localhost"}, ["localhostProfile: Required value: must be set when seccomp type is Localhost"]),
        ({"type": "Localhost", "localhostProfile": "/x"}, ['localhostProfile: Invalid value: "/x": must be a relative path']),
        (
            {"type": "Localhost", "localhostProfile": "a/../b"},
            ["localhostProfile: Invalid value: \"a/../b\": must not contain '..'"],
        ),
        ({"type": "Localhost", "localhostProfile": "a..b"}, []),
        (
            {"type": "Localhost", "localhostProfile": "/.."},
            [
                'localhostProfile: Invalid value: "/..": must be a relative path',
                "localhostProfile: Invalid value: \"/..\": must not contain '..'",
            ],
        ),
        (
            {"type": "Unconfined", "localhostProfile": "x"},
            [
                'localhostProfile: Invalid value: {"Type":"Unconfined","LocalhostProfile":"x"}: '
                "can only be set when seccomp type is Localhost"
            ],
        ),
    ],
)
def test_the_seccomp_profile(profile: Data, expected: list[str]) -> None:
    at_pod = of_pod(pod({"securityContext": {"seccompProfile": profile}}))
    assert at_pod == [f"spec.securityContext.seccompProfile.{text}" for text in expected]
    at_container = validate(pod(container={"securityContext": {"seccompProfile": profile}}), "v1", "Pod", 33)
    assert [p.message for p in at_container] == [
        f"spec.containers[0].securityContext.seccompProfile.{text}" for text in expected
    ]
    assert all(p.in_security_context for p in at_container)


@pytest.mark.parametrize("value", ["runtime/default", "docker/default", "unconfined", "localhost/a/b.json"])
def test_seccomp_annotations_that_are_right(value: str) -> None:
    assert of_pod(pod(annotations={POD: value, CONTAINER_A: value})) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("RuntimeDefault", '"RuntimeDefault": must be a valid seccomp profile'),
        ("", '"": must be a valid seccomp profile'),
        ("localhost//x", '"/x": must be a relative path'),
        ("localhost/../x", "\"../x\": must not contain '..'"),
    ],
)
def test_seccomp_annotations_that_are_wrong(value: str, text: str) -> None:
    problem = only(validate(pod(annotations={POD: value}), "v1", "Pod", 33))
    assert problem.message == f"metadata.annotations.{POD}: Invalid value: {text}"
    assert (problem.path, problem.in_security_context) == (("metadata", "annotations", POD), True)
    problem = only(validate(deployment(annotations={CONTAINER_A: value}), "apps/v1", "Deployment", 24))
    assert problem.message == f"spec.template.annotations.{CONTAINER_A}: Invalid value: {text}"
    assert problem.path == ("spec", "template", "metadata", "annotations", CONTAINER_A)


TYPE, PROFILE = "type: Forbidden: seccomp type in annotation", "localhostProfile: Forbidden: seccomp profile in annotation"


@pytest.mark.parametrize(
    ("annotation", "profile", "text"),
    [
        ("docker/default", {"type": "RuntimeDefault"}, ""),
        ("unconfined", {"type": "RuntimeDefault"}, TYPE),
        ("runtime/default", {"type": "Unconfined"}, TYPE),
        ("runtime/default", {"type": "Localhost", "localhostProfile": "x"}, TYPE),
        ("localhost/x", {"type": "Localhost", "localhostProfile": "x"}, ""),
        ("localhost/y", {"type": "Localhost", "localhostProfile": "x"}, PROFILE),
    ],
)
def test_annotation_and_field_agree(annotation: str, profile: Data, text: str) -> None:
    where = "securityContext.seccompProfile."
    expected = [f"spec.{where}{text} and field must match"] if text else []
    data = pod({"securityContext": {"seccompProfile": profile}}, annotations={POD: annotation})
    assert of_pod(data) == expected
    assert of_pod(data, 25, openshift=True) == expected
    assert of_pod(data, 26, openshift=True) == []
    template = deployment({"securityContext": {"seccompProfile": profile}}, {POD: annotation})
    expected = [f"spec.template.{message}" for message in expected]
    assert [p.message for p in validate(template, "apps/v1", "Deployment", 35, openshift=True)] == expected
    data = pod(container={"securityContext": {"seccompProfile": profile}}, annotations={CONTAINER_A: annotation})
    assert of_pod(data) == ([f"spec.containers[0].{where}{text} and field must match"] if text else [])


def test_windows_pods_have_no_linux_fields() -> None:
    context = {"seccompProfile": {"type": "RuntimeDefault"}, "runAsUser": 1}
    data = pod(
        {"os": {"name": "windows"}, "securityContext": context, "hostUsers": False, "hostPID": False},
        {"securityContext": context},
    )
    text = "Forbidden: cannot be set for a windows pod"
    assert sorted(of_pod(data)) == [
        f"spec.containers[0].securityContext.runAsUser: {text}",
        f"spec.containers[0].securityContext.seccompProfile: {text}",
        f"spec.hostUsers: {text}",
        f"spec.securityContext.runAsUser: {text}",
        f"spec.securityContext.seccompProfile: {text}",
    ]
    data = pod({"os": {"name": "linux"}, "securityContext": {"windowsOptions": {}}})
    assert of_pod(data) == ["spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod"]


def test_privilege_escalation_that_contradicts_itself() -> None:
    context: dict[str, Any] = {"allowPrivilegeEscalation": False, "privileged": True}
    problem = only(validate(pod(container={"securityContext": context}), "v1", "Pod", 33))
    assert problem.path == ("spec", "containers", 0, "securityContext", "allowPrivilegeEscalation")
    assert problem.message.endswith("cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
    context = {"allowPrivilegeEscalation": False, "capabilities": {"add": ["CAP_SYS_ADMIN"]}}
    assert "CAP_SYS_ADMIN" in only(validate(pod(container={"securityContext": context}), "v1", "Pod", 33)).message
    context["capabilities"] = {"add": ["SYS_ADMIN"]}
    assert of_pod(pod(container={"securityContext": context})) == []


def test_bidirectional_mounts_are_for_privileged_containers() -> None:
    mounts = {"volumeMounts": [{"name": "h", "mountPath": "/h", "mountPropagation": "Bidirectional"}]}
    volumes = {"volumes": [{"name": "h", "hostPath": {"path": "/h"}}]}
    text = "Forbidden: Bidirectional mount propagation is available only to privileged containers"
    assert of_pod(pod(volumes, mounts)) == [f"spec.containers[0].volumeMounts.mountPropagation: {text}"]
    assert of_pod(pod(volumes, {**mounts, "securityContext": {"privileged": True}})) == []
    mounts["volumeMounts"][0]["mountPropagation"] = "HostToContainer"
    assert of_pod(pod(volumes, mounts)) == []


def test_unmasked_proc_needs_a_user_namespace() -> None:
    unmasked = {"securityContext": {"procMount": "Unmasked"}}
    text = '.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`'
    assert of_pod(pod(container=unmasked)) == [f"spec.containers[0].securityContext{text}"]
    assert of_pod(pod({"hostUsers": False}, unmasked)) == []


@pytest.mark.parametrize(
    ("kind", "api_version", "policy", "expected"),
    [
        ("Deployment", "apps/v1", "Never", 'Unsupported value: "Never": supported values: "Always"'),
        ("DaemonSet", "apps/v1", "Always", ""),
        ("Job", "batch/v1", "Always", 'Required value: valid values: "OnFailure", "Never"'),
        ("Job", "batch/v1", "Never", ""),
        ("PodTemplate", "v1", "OnFailure", ""),
    ],
)
def test_restart_policies(kind: str, api_version: str, policy: str, expected: str) -> None:
    template = {"spec": pod({"restartPolicy": policy})["spec"]}
    body = {"template": template} if kind == "PodTemplate" else {"spec": {"template": template}}
    if api_version == "apps/v1":
        body["spec"]["selector"] = {}
    messages = [p.message for p in validate({"metadata": {"name": "x"}} | body, api_version, kind, 33)]
    assert messages == ([f"spec.template.spec.restartPolicy: {expected}"] if expected else [])


def test_a_job_says_its_restart_policy() -> None:
    job = {"spec": {"template": {"spec": pod()["spec"]}}}
    cron = {"metadata": {"name": "c"}, "spec": {"schedule": "@daily", "jobTemplate": job}}
    problem = only(validate(cron, "batch/v1", "CronJob", 33))
    assert problem.code == "required"
    assert (
        problem.message
        == 'spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'
    )


def test_versions_no_longer_served() -> None:
    message = 'apiVersion: Invalid value: "batch/v1beta1": not served since Kubernetes 1.25, use batch/v1'
    assert [p.message for p in validate({}, "batch/v1beta1", "CronJob", 25)] == [message]
    assert message not in [p.message for p in validate({}, "batch/v1beta1", "CronJob", 24)]
    assert only(validate(deployment(), "extensions/v1beta1", "Deployment", 24)).path == ("apiVersion",)
    assert validate({"kind": "Deployment", "spec": 1}, "example.com/v1", "Deployment", 33) == []


RICH: list[tuple[str, str, Data]] = [
    ("apps/v1", "StatefulSet", stateful_set(mount="log")),
    (
        "v1",
        "Pod",
        pod({"os": {"name": "windows"}, "volumes": [{"name": "v", "emptyDir": {}}], "hostUsers": False, "hostPID": True}),
    ),
    (
        "apps/v1",
        "Deployment",
        deployment(
            {
                "securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "/.."}},
                "restartPolicy": "Always",
            },
            {POD: "localhost/x", CONTAINER_A: "?"},
        ),
    ),
    (
        "v1",
        "Pod",
        pod(container={"securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"add": ["CAP_SYS_ADMIN"]}}}),
    ),
    (
        "security.openshift.io/v1",
        "SecurityContextConstraints",
        scc(
            priority=1,
            fsGroup={"type": "MustRunAs", "ranges": [{"min": 1, "max": 2}]},
            allowedCapabilities=["*"],
            requiredDropCapabilities=["ALL"],
            volumes=["none"],
            allowedFlexVolumes=[{"driver": "d"}],
            allowedUnsafeSysctls=["a*"],
            forbiddenSysctls=["b"],
        ),
    ),
]


def places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Every container within the data with each of its keys or indices."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield data, key
        yield from places(value)


@given(
    st.sampled_from(RICH),
    st.integers(0, 1000),
    st.sampled_from([None, True, -1, 10**5000, 1.5, float("nan"), "", "\ud800", [], [None], [[]], {}, {"type": {}}, UNKNOWN]),
    st.integers(20, 40),
)
def test_nothing_is_raised_whatever_stands_anywhere(case: tuple[str, str, Data], at: int, junk: Any, minor: int) -> None:
    api_version, kind, data = case
    data = copy.deepcopy(data)
    spots = list(places(data))
    where, key = spots[at % len(spots)]
    where[key] = junk
    problems = validate(data, api_version, kind, minor)
    assert all(problem.message.startswith((field_path(problem.path[:1]), "spec.template.annotations")) for problem in problems)
