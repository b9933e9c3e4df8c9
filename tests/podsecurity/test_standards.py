"""The checks by policy version and library, their order, their wording and the fields they point to."""

from typing import Any

import pytest

from scclint.errors import UsageError
from scclint.podsecurity.checks import Library
from scclint.podsecurity.defaults import library_of
from scclint.podsecurity.standards import VERSIONED, evaluate
from tests.podsecurity.build import confined, container, pod


def detail(made: dict[str, Any], level: str = "baseline", version: str = "latest", minor: int = 35) -> str:
    return evaluate(made, level, version, Library(minor)).detail


def test_checks_stand_in_the_order_of_the_message() -> None:
    assert [(check.level, check.id) for check in VERSIONED] == sorted((check.level, check.id) for check in VERSIONED)
    baseline = {check.id for check in VERSIONED if check.level == "baseline"}
    assert {check.overrides for check in VERSIONED if check.overrides} <= baseline
    assert all(list(check.revisions) == sorted(check.revisions, key=lambda revision: revision[0]) for check in VERSIONED)


def test_a_plain_pod_meets_baseline_and_breaks_restricted() -> None:
    result = evaluate(pod(), "baseline", "latest", Library(35))
    assert (result.allowed, result.detail, result.violations) == (True, "", ())
    assert detail(pod(), "restricted") == (
        'allowPrivilegeEscalation != false (container "c0" must set securityContext.allowPrivilegeEscalation=false), '
        'unrestricted capabilities (container "c0" must set securityContext.capabilities.drop=["ALL"]), '
        'runAsNonRoot != true (pod or container "c0" must set securityContext.runAsNonRoot=true), '
        'seccompProfile (pod or container "c0" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'
    )
    assert detail(pod(container(securityContext=confined())), "restricted") == ""
    assert detail(pod(container(securityContext={"privileged": True})), "privileged") == ""


def test_a_violation_points_to_the_fields_that_decide() -> None:
    made = pod(
        container("a", securityContext={"capabilities": {"add": ["CHOWN", "NET_RAW"]}}),
        container("b", ports=[{"containerPort": 80}, {"containerPort": 81, "hostPort": 8081}]),
        initContainers=[container("i", securityContext={"privileged": True})],
        volumes=[{"name": "v", "hostPath": {"path": "/"}}],
        hostPID=True,
    )
    assert {violation.check: violation.paths for violation in evaluate(made, "baseline", "latest", Library(35)).violations} == {
        "capabilities_baseline": (("spec", "containers", 0, "securityContext", "capabilities", "add", 1),),
        "hostNamespaces": (("spec", "hostPID"),),
        "hostPathVolumes": (("spec", "volumes", 0, "hostPath"),),
        "hostPorts": (("spec", "containers", 1, "ports", 1, "hostPort"),),
        "privileged": (("spec", "initContainers", 0, "securityContext", "privileged"),),
    }


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            pod(container("a", securityContext={"appArmorProfile": {"type": "Unconfined"}})),
            'forbidden AppArmor profile (container "a" must not set AppArmor profile type to "Unconfined")',
        ),
        (pod(hostNetwork=True, hostIPC=True), "host namespaces (hostNetwork=true, hostIPC=true)"),
        (
            pod(volumes=[{"name": "a", "hostPath": {}}, {"name": "b", "hostPath": {}}, {"name": "c", "hostPath": None}]),
            'hostPath volumes (volumes "a", "b")',
        ),
        (
            pod(container("a", ports=[{"hostPort": 9}, {"hostPort": 10.0}, {"hostPort": 0}, None])),
            'hostPort (container "a" uses hostPorts 10, 9)',
        ),
        (
            pod(
                container("b", livenessProbe={"tcpSocket": {"host": "h"}}),
                container("a", lifecycle={"preStop": {"httpGet": {"host": "h"}}}, startupProbe={"httpGet": {"host": ""}}),
            ),
            'probe or lifecycle host (containers "a", "b" use probe or lifecycle host "h")',
        ),
        (
            pod(container("a", securityContext={"procMount": "Unmasked"}), container("b", securityContext={"procMount": "X"})),
            'procMount (containers "a", "b" must not set securityContext.procMount to "Unmasked", "X")',
        ),
        (
            pod(
                container(securityContext={"seLinuxOptions": {"role": "r", "type": "b_t"}}),
                securityContext={"seLinuxOptions": {"user": "u", "type": "a_t"}},
            ),
            'seLinuxOptions (pod and container "c0" set forbidden securityContext.seLinuxOptions: '
            'types "a_t", "b_t"; user may not be set; role may not be set)',
        ),
        (
            pod(securityContext={"seccompProfile": {"type": "Unconfined"}}),
            'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
        ),
        (
            pod(securityContext={"sysctls": [{"name": "kernel.msgmax"}, {"name": "kernel.msgmax"}, None]}),
            "forbidden sysctls (kernel.msgmax, kernel.msgmax, )",
        ),
        (
            pod(securityContext={"windowsOptions": {"hostProcess": True}}),
            "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
        ),
    ],
)
def test_the_wording_of_baseline(made: dict[str, Any], expected: str) -> None:
    assert detail(made) == expected


@pytest.mark.parametrize(
    ("security", "expected"),
    [
        (
            confined(capabilities={"add": ["CHOWN", "NET_BIND_SERVICE"]}),
            'unrestricted capabilities (container "c0" must set securityContext.capabilities.drop=["ALL"]; '
            'container "c0" must not include "CHOWN" in securityContext.capabilities.add)',
        ),
        (
            confined(runAsNonRoot=False),
            'runAsNonRoot != true (container "c0" must not set securityContext.runAsNonRoot=false)',
        ),
        (confined(runAsUser=0), 'runAsUser=0 (container "c0" must not set runAsUser=0)'),
    ],
)
def test_the_wording_of_restricted(security: dict[str, Any], expected: str) -> None:
    assert detail(pod(container(securityContext=security)), "restricted") == expected


def test_a_restricted_check_replaces_the_baseline_check_it_overrides() -> None:
    made = pod(
        container(securityContext=confined()), volumes=[{"name": "v", "hostPath": {}}, {"name": "w"}, {"name": "x", "nfs": {}}]
    )
    assert detail(made, "restricted") == (
        'restricted volume types (volumes "v", "w", "x" use restricted volume types "hostPath", "nfs", "unknown")'
    )
    adding = pod(container(securityContext=confined(capabilities={"add": ["NET_RAW"], "drop": ["ALL"]})))
    assert detail(adding, "restricted", "v1.21").startswith("non-default capabilities")
    assert detail(adding, "restricted", "v1.22").startswith("unrestricted capabilities")


@pytest.mark.parametrize(
    ("made", "level", "since"),
    [
        (pod(container(securityContext=confined(allowPrivilegeEscalation=None))), "restricted", 8),
        (pod(container(securityContext=confined(capabilities={}))), "restricted", 22),
        (pod(container(securityContext=confined(runAsUser=0))), "restricted", 23),
        (pod(container(securityContext=confined(seccompProfile=None))), "restricted", 19),
        (pod(container(livenessProbe={"httpGet": {"host": "h"}})), "baseline", 34),
    ],
)
def test_a_check_begins_with_its_policy_version(made: dict[str, Any], level: str, since: int) -> None:
    assert detail(made, level, f"v1.{since - 1}") == ""
    assert detail(made, level, f"v1.{since}") != ""


@pytest.mark.parametrize(
    ("sysctl", "since"),
    [
        ("kernel.shm_rmid_forced", 0),
        ("net.ipv4.ip_local_reserved_ports", 27),
        ("net.ipv4.tcp_keepalive_time", 29),
        ("net.ipv4.tcp_rmem", 32),
        ("net.ipv4.tcp_notsent_lowat", 37),
    ],
)
def test_sysctls_become_safe_with_a_policy_version(sysctl: str, since: int) -> None:
    made = pod(securityContext={"sysctls": [{"name": sysctl, "value": "1"}]})
    assert detail(made, version=f"v1.{since}", minor=37) == ""
    assert since == 0 or detail(made, version=f"v1.{since - 1}", minor=37) == f"forbidden sysctls ({sysctl})"


def test_a_library_knows_no_newer_check() -> None:
    made = pod(container(livenessProbe={"httpGet": {"host": "h"}}))
    assert [detail(made, version=version, minor=33) for version in ("latest", "v1.34", "v1.99")] == ["", "", ""]
    assert detail(made, version="v1.99", minor=34) == detail(made, version="v1.34", minor=34) != ""


def test_windows_pods_skip_three_restricted_checks_from_1_25_on() -> None:
    made = pod(os={"name": "windows"}, securityContext={"runAsNonRoot": True})
    assert detail(made, "restricted", "v1.25") == ""
    assert detail(made, "restricted", "v1.24").count("must set") == 3


def test_annotations_count_for_seccomp_before_1_19() -> None:
    key = "seccomp.security.alpha.kubernetes.io/pod"
    made = pod(annotations={key: "unconfined", "container.seccomp.security.alpha.kubernetes.io/c0": "localhost/x"})
    assert detail(made, version="v1.18") == f'seccompProfile (forbidden annotation {key}="unconfined")'
    assert detail(made, version="v1.19") == ""
    assert detail(pod(annotations={key: None}), version="v1.0") == f'seccompProfile (forbidden annotation {key}="")'


def test_the_library_of_1_30_reads_the_field_for_app_armor() -> None:
    key = "container.apparmor.security.beta.kubernetes.io/c0"
    made = pod(securityContext={"appArmorProfile": {"type": "Unconfined"}}, annotations={key: "a\u200bb"})
    assert detail(made, minor=29) == f'forbidden AppArmor profile ({key}="a\\u200bb")'
    assert detail(made, minor=30) == (
        f'forbidden AppArmor profiles (pod and annotation must not set AppArmor profile type to "Unconfined", "{key}="a\\u200bb"")'
    )


def test_the_library_before_1_26_names_an_se_linux_user_only_beside_a_type() -> None:
    made = pod(securityContext={"seLinuxOptions": {"user": "u"}})
    assert detail(made, minor=25) == "seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: )"
    assert detail(made, minor=26) == "seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: user may not be set)"


def test_the_library_of_1_33_accepts_image_volumes_in_every_policy_version() -> None:
    made = pod(container(securityContext=confined()), volumes=[{"name": "v", "image": {"reference": "r"}}])
    assert detail(made, "restricted", "v1.24", minor=32).endswith('uses restricted volume type "unknown")')
    assert detail(made, "restricted", "v1.24", minor=33) == ""


ROOT = confined(runAsUser=0, runAsNonRoot=False, procMount="Unmasked")


@pytest.mark.parametrize(
    ("minor", "gate", "version", "violations"),
    [
        (28, True, "latest", {"procMount", "runAsNonRoot", "runAsUser"}),
        (29, True, "latest", {"procMount"}),
        (31, True, "v1.24", set()),
        (33, False, "latest", {"procMount", "runAsNonRoot", "runAsUser"}),
        (34, True, "latest", set()),
        (35, True, "v1.34", {"procMount", "runAsNonRoot", "runAsUser"}),
        (35, False, "latest", {"procMount_restricted"}),
    ],
)
def test_user_namespaces_relax_the_standards(minor: int, gate: bool, version: str, violations: set[str]) -> None:
    made = pod(container(securityContext=ROOT), hostUsers=False)
    found = evaluate(made, "restricted", version, Library(minor, user_namespaces=gate)).violations
    assert {violation.check for violation in found} == violations
    without = evaluate(pod(container(securityContext=ROOT)), "restricted", "v1.34", Library(minor, user_namespaces=gate))
    assert len(without.violations) == 3


def test_procmount_is_relaxed_for_baseline_from_policy_1_35_on() -> None:
    made = pod(container(securityContext={"procMount": "Unmasked"}), hostUsers=False)
    assert detail(made, version="v1.35") == ""
    assert detail(made, version="v1.34") != ""


def test_openshift_turns_the_gate_on_from_4_20() -> None:
    assert [library_of(minor).user_namespaces for minor in (31, 32, 33)] == [False, False, True]
    assert [library_of(minor, tech_preview=True).user_namespaces for minor in (30, 31)] == [False, True]


@pytest.mark.parametrize(
    ("level", "version"), [("Restricted", "latest"), ("baseline", "1.33"), ("baseline", "v1.033"), ("", "")]
)
def test_an_unknown_level_or_version_is_an_error(level: str, version: str) -> None:
    with pytest.raises(UsageError, match="is not a Pod Security"):
        evaluate(pod(), level, version, Library(33))


def test_nulls_count_as_absent() -> None:
    made = pod(container(securityContext=None, ports=None), securityContext=None, volumes=None, initContainers=None)
    assert detail(made) == ""
    assert detail({"spec": {"containers": [None]}}, "restricted", "v1.8").startswith(
        'allowPrivilegeEscalation != false (container "" must set'
    )
    assert detail({"kind": "Pod", "metadata": None, "spec": None}, "restricted") == ""
