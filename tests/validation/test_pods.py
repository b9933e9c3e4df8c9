"""Rules about pods that join several fields, in the words of the API server, and the values next to those that are rejected."""

from typing import Any

import pytest

from scclint.validation.validate import validate
from tests.validation.cases import Data, deployment, pod, stateful_set

APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
RFC_1123 = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
SYSCTL = (
    r"must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
)
CHARACTERS = "runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]"
HOST_PROCESS = {"windowsOptions": {"hostProcess": True}}


def messages(data: Data, minor: int = 35, **options: Any) -> list[str]:
    return [problem.server_message for problem in validate(data, "v1", "Pod", minor, **options)]


def of_context(context: Data, minor: int = 35) -> list[str]:
    """The messages of the securityContext of a container, without their common beginning."""
    found = messages(pod(container={"securityContext": context}), minor)
    return [message.removeprefix("spec.containers[0].securityContext.") for message in found]


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ({"type": "RuntimeDefault"}, []),
        ({"type": "Localhost", "localhostProfile": "x"}, []),
        ({}, ["type: Required value: type is required when appArmorProfile is set"]),
        ({"type": "bad"}, ['type: Unsupported value: "bad": supported values: "Localhost", "RuntimeDefault", "Unconfined"']),
        ({"type": "Localhost"}, ["localhostProfile: Required value: must be set when AppArmor type is Localhost"]),
        (
            {"type": "Localhost", "localhostProfile": ""},
            ["localhostProfile: Required value: must be set when AppArmor type is Localhost"],
        ),
        (
            {"type": "Localhost", "localhostProfile": " x"},
            ['localhostProfile: Invalid value: " x": must not be padded with whitespace'],
        ),
        (
            {"type": "Unconfined", "localhostProfile": "x"},
            ['localhostProfile: Invalid value: "x": can only be set when AppArmor type is Localhost'],
        ),
        (
            {"type": "Localhost", "localhostProfile": "x" * 4096},
            ["localhostProfile: Too long: may not be more than 4095 bytes"],
        ),
    ],
)
def test_app_armor_profile(profile: Data, expected: list[str]) -> None:
    assert of_context({"appArmorProfile": profile}) == [f"appArmorProfile.{message}" for message in expected]


def test_a_long_profile_in_the_words_of_kubernetes_1_31() -> None:
    long = {"appArmorProfile": {"type": "Localhost", "localhostProfile": "x" * 4096}}
    assert of_context(long, 31) == ["appArmorProfile.localhostProfile: Too long: may not be longer than 4095"]


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("a", "runtime/default", ""),
        ("a", "", ""),
        ("a", "localhost/x", ""),
        ("b", "unconfined", 'Invalid value: "b": container not found'),
        ("a", "bad", 'Invalid value: "bad": invalid AppArmor profile name: "bad"'),
    ],
)
def test_app_armor_annotations(key: str, value: str, expected: str) -> None:
    annotations = {f"{APP_ARMOR}{key}": value}
    in_pod = [f"metadata.annotations[{APP_ARMOR}{key}]: {expected}"] if expected else []
    assert messages(pod(annotations=annotations)) == in_pod
    in_template = validate(deployment(annotations=annotations), "apps/v1", "Deployment", 35)
    assert [problem.message for problem in in_template] == [message.replace("metadata", "spec.template") for message in in_pod]


@pytest.mark.parametrize(
    ("annotation", "profile", "expected"),
    [
        ("unconfined", {"type": "Unconfined"}, ""),
        ("unconfined", {"type": "RuntimeDefault"}, "type: Forbidden: apparmor type in annotation and field must match"),
        ("localhost/x", {"type": "Localhost", "localhostProfile": "x"}, ""),
        (
            "localhost/x",
            {"type": "Localhost", "localhostProfile": "y"},
            "localhostProfile: Forbidden: apparmor profile in annotation and field must match",
        ),
    ],
)
def test_app_armor_annotation_and_field_agree(annotation: str, profile: Data, expected: str) -> None:
    made = pod({"securityContext": {"appArmorProfile": profile}}, annotations={f"{APP_ARMOR}a": annotation})
    where = "spec.containers[0].securityContext.appArmorProfile"
    assert messages(made) == ([f"{where}.{expected}"] if expected else [])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"runAsUserName": "a\\b", "gmsaCredentialSpecName": "web", "gmsaCredentialSpec": "x"}, []),
        ({"runAsUserName": ""}, ['runAsUserName: Invalid value: "": runAsUserName cannot be an empty string']),
        ({"runAsUserName": "a\x07"}, [r'runAsUserName: Invalid value: "a\a": runAsUserName cannot contain control characters']),
        (
            {"runAsUserName": "a\\b\\c"},
            [r'runAsUserName: Invalid value: "a\\b\\c": runAsUserName cannot contain more than one backslash'],
        ),
        (
            {"runAsUserName": ".a\\b"},
            [r"""runAsUserName: Invalid value: ".a\\b": runAsUserName's Domain doesn't match the NetBios nor the DNS format"""],
        ),
        ({"runAsUserName": "a\\"}, [r"""runAsUserName: Invalid value: "a\\": runAsUserName's User cannot be empty"""]),
        (
            {"runAsUserName": " ."},
            ['runAsUserName: Invalid value: " .": runAsUserName\'s User cannot contain only periods or spaces'],
        ),
        ({"runAsUserName": "a@b"}, [f'runAsUserName: Invalid value: "a@b": {CHARACTERS}']),
        ({"gmsaCredentialSpec": ""}, ['gmsaCredentialSpec: Invalid value: "": gmsaCredentialSpec cannot be an empty string']),
        ({"gmsaCredentialSpecName": "Bad_Name"}, [f'gmsaCredentialSpecName: Invalid value: "Bad_Name": {RFC_1123}']),
    ],
)
def test_windows_options(options: Data, expected: list[str]) -> None:
    assert of_context({"windowsOptions": options}) == [f"windowsOptions.{message}" for message in expected]


def test_a_long_value_is_shown_in_part() -> None:
    (problem,) = validate(pod({"securityContext": {"windowsOptions": {"gmsaCredentialSpec": "x" * 65537}}}), "v1", "Pod", 35)
    assert len(problem.message) < 300
    assert len(problem.server_message) > 65536
    assert problem.message.endswith("...: gmsaCredentialSpec size must be under 64 KiB")


@pytest.mark.parametrize(
    ("names", "spec", "expected"),
    [
        (["net.core.somaxconn", "kernel/shm_rmid_forced"], {}, []),
        (["a..b"], {}, [f'[0].name: Invalid value: "a..b": {SYSCTL}']),
        (["/a"], {}, [f'[0].name: Invalid value: "/a": {SYSCTL}']),
        ([""], {}, ["[0].name: Required value"]),
        (["vm.x", "vm.x"], {}, ['[1].name: Duplicate value: "vm.x"']),
        (
            ["net/ipv4/conf/eth0.1/rp_filter"],
            {"hostNetwork": True},
            ["[0].name: Invalid value: \"net/ipv4/conf/eth0.1/rp_filter\": may not be specified when 'hostNetwork' is true"],
        ),
        (["kernel.sem"], {"hostNetwork": True}, []),
        (
            ["kernel.sem"],
            {"hostIPC": True},
            ["[0].name: Invalid value: \"kernel.sem\": may not be specified when 'hostIPC' is true"],
        ),
    ],
)
def test_sysctls(names: list[str], spec: Data, expected: list[str]) -> None:
    context = {"sysctls": [{"name": name, "value": "1"} for name in names]}
    assert messages(pod({"securityContext": context, **spec})) == [f"spec.securityContext.sysctls{text}" for text in expected]


@pytest.mark.parametrize(
    ("spec", "container", "expected"),
    [
        ({"hostNetwork": True}, {"ports": [{"containerPort": 80, "hostPort": 80}]}, []),
        (
            {"hostNetwork": True},
            {"ports": [{"containerPort": 80, "hostPort": 81}]},
            ["spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true"],
        ),
        (
            {"hostNetwork": True},
            {"ports": [{"containerPort": 80}, {"containerPort": 80}]},
            ['spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//80"'],
        ),
        ({}, {"ports": [{"containerPort": 80}, {"containerPort": 80}]}, []),
        (
            {},
            {"ports": [{"containerPort": 80, "hostPort": 70000}]},
            ["spec.containers[0].ports[0].hostPort: Invalid value: 70000: must be between 1 and 65535, inclusive"],
        ),
        ({"hostNetwork": True}, {"securityContext": HOST_PROCESS}, []),
        (
            {},
            {"securityContext": HOST_PROCESS},
            ["spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers"],
        ),
        (
            {"hostNetwork": True, "securityContext": {"windowsOptions": {"hostProcess": False}}},
            {"securityContext": HOST_PROCESS},
            [
                "spec.containers[0].securityContext.windowsOptions.hostProcess: Invalid value: true: pod hostProcess value must be "
                "identical if both are specified, was false"
            ],
        ),
        ({"dnsPolicy": "None", "dnsConfig": {"nameservers": ["10.0.0.1"]}}, {}, []),
        ({"dnsPolicy": "None"}, {}, ["spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"]),
        ({"os": {"name": ""}}, {}, ["spec.os.name: Required value"]),
        ({"os": {"name": "Windows"}}, {}, ['spec.os: Unsupported value: "Windows": supported values: "linux", "windows"']),
        ({"os": {"name": "windows"}, "resources": {}}, {}, ["spec.resources: Forbidden: may not be set for a windows pod"]),
        (
            {"hostNetwork": True, "hostnameOverride": "h"},
            {},
            ["spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true"],
        ),
        (
            {"hostUsers": False},
            {"volumeDevices": [{"name": "d", "devicePath": "/d"}]},
            ["spec.containers[0].volumeDevices: Forbidden: when `hostUsers` is false"],
        ),
        (
            {"initContainers": [{"name": "i", "image": "i", "livenessProbe": {}}]},
            {},
            [
                "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
            ],
        ),
        (
            {"topologySpreadConstraints": [{"maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule", "topologyKey": ""}]},
            {},
            ["spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty"],
        ),
    ],
)
def test_pods(spec: Data, container: Data, expected: list[str]) -> None:
    assert messages(pod(spec, container)) == expected


def test_an_empty_topology_key_of_an_affinity_has_three_errors() -> None:
    term = {"labelSelector": {}, "topologyKey": ""}
    affinity = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    found = messages(pod({"affinity": affinity}))
    assert [message.partition(": ")[2][:46] for message in found] == [
        "Required value: can not be empty",
        'Invalid value: "": name part must be non-empty',
        'Invalid value: "": name part must consist of a',
    ]


@pytest.mark.parametrize(
    ("volume", "minor", "expected"),
    [
        ({"hostPath": {"path": "/a", "type": ""}}, 35, []),
        ({"hostPath": {"path": "/a/../b"}}, 35, ["hostPath.path: Invalid value: \"/a/../b\": must not contain '..'"]),
        ({"hostPath": {"path": ""}}, 35, ["hostPath.path: Required value"]),
        (
            {"hostPath": {"path": "/a", "type": "bad"}},
            35,
            [
                'hostPath.type: Unsupported value: "bad": supported values: "", "BlockDevice", "CharDevice", "Directory", '
                '"DirectoryOrCreate", "File", "FileOrCreate", "Socket"'
            ],
        ),
        ({"csi": {"driver": "Files.csi"}}, 35, []),
        ({"csi": {"driver": ""}}, 35, ["csi.driver: Required value"]),
        ({"csi": {"driver": ""}}, 33, ["csi.driver: Required value", f'csi.driver: Invalid value: "": {RFC_1123}']),
        ({"csi": {"driver": "a" * 64}}, 33, ["csi.driver: Too long: may not be more than 63 bytes"]),
        ({"csi": {"driver": "a" * 64}}, 31, ["csi.driver: Too long: must have at most 63 bytes"]),
        ({"image": {"reference": ""}}, 35, ["image.reference: Required value"]),
    ],
)
def test_volumes(volume: Data, minor: int, expected: list[str]) -> None:
    assert messages(pod({"volumes": [{"name": "v", **volume}]}), minor) == [f"spec.volumes[0].{text}" for text in expected]


def test_the_image_of_a_volume_is_required_in_pods_only() -> None:
    assert validate(deployment({"volumes": [{"name": "v", "image": {}}]}), "apps/v1", "Deployment", 35) == []


def test_a_mount_cannot_name_a_volume_that_is_rejected() -> None:
    mounts = {"volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    assert messages(pod({"volumes": [{"name": "v", "hostPath": {"path": "/.."}}]}, mounts)) == [
        "spec.volumes[0].hostPath.path: Invalid value: \"/..\": must not contain '..'",
        'spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ]


@pytest.mark.parametrize(
    ("mount", "privileged", "expected"),
    [
        ({"mountPropagation": "Bidirectional"}, True, []),
        (
            {"mountPropagation": "Bidirectional"},
            None,
            [".mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers"],
        ),
        (
            {"mountPropagation": "bad"},
            None,
            ['.mountPropagation: Unsupported value: "bad": supported values: "Bidirectional", "HostToContainer", "None"'],
        ),
        ({"subPath": "/a"}, None, ['.subPath: Invalid value: "/a": must be a relative path']),
        ({"recursiveReadOnly": "Enabled", "readOnly": True}, None, []),
        (
            {"recursiveReadOnly": "Enabled"},
            None,
            [".recursiveReadOnly: Forbidden: may only be specified when readOnly is true"],
        ),
    ],
)
def test_mounts(mount: Data, privileged: bool | None, expected: list[str]) -> None:
    container = {"volumeMounts": [{"name": "v", "mountPath": "/v", **mount}], "securityContext": {"privileged": privileged}}
    found = messages(pod({"volumes": [{"name": "v"}]}, container))
    assert found == [f"spec.containers[0].volumeMounts{text}" for text in expected]


def test_two_mounts_at_one_path() -> None:
    mounts = [{"name": "v", "mountPath": "/v"}, {"name": "v", "mountPath": "/v"}]
    assert messages(pod({"volumes": [{"name": "v"}]}, {"volumeMounts": mounts})) == [
        'spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/v": must be unique'
    ]


@pytest.mark.parametrize(("gates", "expected"), [(frozenset(), []), (frozenset({"SELinuxMount"}), ['"Recursive"'])])
def test_mount_option_needs_a_feature_gate(gates: frozenset[str], expected: list[str]) -> None:
    found = messages(pod({"securityContext": {"seLinuxChangePolicy": "MountOption"}}), gates=gates)
    where = 'spec.securityContext.seLinuxChangePolicy: Unsupported value: "MountOption": supported values'
    assert found == [f"{where}: {supported}" for supported in expected]


@pytest.mark.parametrize("field", ["fsGroupChangePolicy", "seLinuxChangePolicy", "supplementalGroupsPolicy"])
def test_an_empty_text_is_no_value_of_a_pointer(field: str) -> None:
    (message,) = messages(pod({"securityContext": {field: ""}}))
    assert message.startswith(f'spec.securityContext.{field}: Unsupported value: "": supported values: ')
    assert messages(pod({"restartPolicy": "", "dnsPolicy": ""})) == []


def test_a_patch_may_lack_what_another_field_needs() -> None:
    spec = {"dnsPolicy": "None"}
    container = {
        "securityContext": HOST_PROCESS,
        "volumeMounts": [{"name": "v", "mountPath": "/v", "mountPropagation": "Bidirectional"}],
    }
    made = pod(spec, container, annotations={f"{APP_ARMOR}b": "unconfined"})
    assert messages(made, whole=False) == []


@pytest.mark.parametrize(("minor", "index"), [(33, 0), (34, 1)])
def test_claims_of_a_stateful_set_come_before_its_volumes(minor: int, index: int) -> None:
    data = stateful_set()
    data["spec"]["template"]["spec"]["volumes"] = [{"name": "cache", "hostPath": {"path": "/.."}}]
    (problem,) = validate(data, "apps/v1", "StatefulSet", minor)
    assert problem.message.startswith(f"spec.template.spec.volumes[{index}].hostPath.path: ")
    assert problem.path[:5] == ("spec", "template", "spec", "volumes", 0)
