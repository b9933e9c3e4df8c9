"""What takes the node, what only reaches it, and what pods use of it."""

from typing import Any

import pytest

from scclint.admission.access import Access, opened_by, used_by
from scclint.admission.constraints import Constraints, from_object
from scclint.cluster import Cluster

TAKING = ("SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "SYS_BOOT", "DAC_READ_SEARCH", "BPF", "MAC_ADMIN", "MAC_OVERRIDE")


def scc(**fields: Any) -> Constraints:
    strategies = {"runAsUser": {"type": "MustRunAsRange"}, "seLinuxContext": {"type": "MustRunAs"}}
    return from_object({"metadata": {"name": "x"}, "volumes": ["secret"], **strategies, **fields}, 33)


def named(found: tuple[Access, ...]) -> list[tuple[str, bool]]:
    return [(access.words, access.takes) for access in found]


def test_a_confining_scc_opens_nothing() -> None:
    assert opened_by(scc(allowedCapabilities=["NET_BIND_SERVICE", "NET_ADMIN", "SYS_PTRACE", "SYS_TIME"])) == ()


@pytest.mark.parametrize("name", TAKING)
@pytest.mark.parametrize("field", ["allowedCapabilities", "defaultAddCapabilities"])
def test_each_capability_in_every_spelling_that_crio_reads(field: str, name: str) -> None:
    for written in (name, f"CAP_{name}", name.lower(), f"cap_{name.lower()}"):
        expected = Access(f"capability {name}", True, (field, 1), written)
        assert opened_by(scc(**{field: ["CHOWN", written]})) == (expected,)


@pytest.mark.parametrize("name", ["ALL", "*", "CAP_ALL", "all"])
def test_every_capability(name: str) -> None:
    assert named(opened_by(scc(allowedCapabilities=[name]))) == [("every capability", True)]


@pytest.mark.parametrize(
    ("fields", "words", "takes", "at"),
    [
        ({"allowPrivilegedContainer": True}, "privileged containers", True, ("allowPrivilegedContainer",)),
        ({"allowHostPID": True}, "the host's process IDs", True, ("allowHostPID",)),
        ({"allowHostDirVolumePlugin": True}, "hostPath volumes", True, ("allowHostDirVolumePlugin",)),
        ({"allowHostNetwork": True}, "the host's network", False, ("allowHostNetwork",)),
        ({"allowHostIPC": True}, "the host's IPC", False, ("allowHostIPC",)),
        ({"seLinuxContext": {"type": "RunAsAny"}}, "any SELinux label", False, ("seLinuxContext", "type")),
        (
            {"seLinuxContext": {"type": "MustRunAs", "seLinuxOptions": {"type": "spc_t"}}},
            "SELinux type spc_t",
            False,
            ("seLinuxContext", "seLinuxOptions", "type"),
        ),
        ({"allowedUnsafeSysctls": ["kernel.msg*", "*"]}, "every sysctl", False, ("allowedUnsafeSysctls", 1)),
    ],
)
def test_each_field(fields: dict[str, Any], words: str, takes: bool, at: tuple[str | int, ...]) -> None:
    assert opened_by(scc(**fields)) == (Access(words, takes, at),)


def test_capabilities_that_need_a_host_namespace() -> None:
    ptrace = named(opened_by(scc(allowHostPID=True, allowedCapabilities=["SYS_PTRACE", "NET_RAW"])))
    assert ptrace == [("the host's process IDs", True), ("capability SYS_PTRACE with the host's process IDs", True)]
    network = named(opened_by(scc(allowHostNetwork=True, allowedCapabilities=["CAP_NET_RAW", "SYS_PTRACE"])))
    assert network == [("the host's network", False), ("capability NET_RAW in the host's network", False)]


def test_what_takes_the_node_comes_first() -> None:
    found = opened_by(Cluster.openshift("4.20").sccs["privileged"])
    assert [access.takes for access in found] == sorted((access.takes for access in found), reverse=True)
    assert len(found) == 8


def test_what_a_pod_uses() -> None:
    context = {"privileged": True, "capabilities": {"add": ["SYS_ADMIN"]}, "seLinuxOptions": {"type": "spc_t"}}
    sysctls = [{"name": "net.ipv4.tcp_syncookies", "value": "1"}, {"name": "kernel.msgmax", "value": "1"}]
    spec = {
        "hostNetwork": True,
        "hostIPC": False,
        "securityContext": {"sysctls": sysctls},
        "containers": [{"name": "a"}, {"name": "b", "securityContext": context}],
        "volumes": [{"name": "s", "secret": {}}, {"name": "h", "hostPath": {"path": "/"}}],
    }
    assert [(access.words, access.at) for access in used_by({"spec": spec}, 33)] == [
        ("privileged containers", ("spec", "containers", 1, "securityContext", "privileged")),
        ("hostPath volumes", ("spec", "volumes", 1, "hostPath")),
        ("capability SYS_ADMIN", ("spec", "containers", 1, "securityContext", "capabilities", "add", 0)),
        ("the host's network", ("spec", "hostNetwork")),
        ("SELinux type spc_t", ("spec", "containers", 1, "securityContext", "seLinuxOptions", "type")),
        ("unsafe sysctls", ("spec", "securityContext", "sysctls", 1)),
    ]
    assert used_by({"spec": {"containers": [{"name": "a"}]}}, 33) == ()


def test_fields_that_cannot_be_decoded_hide_nothing() -> None:
    fields = {"allowPrivilegedContainer": True, "allowHostPID": "${{X}}", "volumes": ["secret"]}
    manifest = {"kind": "SecurityContextConstraints", "metadata": {"name": "x"}, **fields}
    found = opened_by(Cluster.openshift("4.20").constraints_of(manifest))
    assert named(found) == [("privileged containers", True)]
