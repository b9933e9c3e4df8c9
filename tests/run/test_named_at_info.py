"""What an SCC or a Namespace opens is named in a line, also where findings of severity info are hidden."""

import json
from pathlib import Path
from typing import Any

import pytest

from scclint.config.model import Config
from scclint.linting import lint

Object = dict[str, Any]

SCC: Object = {
    "apiVersion": "security.openshift.io/v1",
    "kind": "SecurityContextConstraints",
    "metadata": {"name": "custom"},
    "allowHostNetwork": False,
    "allowPrivilegeEscalation": False,
    "allowPrivilegedContainer": False,
    "fsGroup": {"type": "MustRunAs"},
    "requiredDropCapabilities": ["ALL"],
    "runAsUser": {"type": "MustRunAsRange"},
    "seLinuxContext": {"type": "MustRunAs"},
    "seccompProfiles": ["runtime/default"],
    "supplementalGroups": {"type": "RunAsAny"},
    "volumes": ["configMap", "emptyDir", "secret"],
}
RANGE = {"type": "MustRunAsRange", "uidRangeMin": 1000, "uidRangeMax": 65534}
ENFORCE, SYNC = "pod-security.kubernetes.io/enforce", "security.openshift.io/scc.podSecurityLabelSync"


def lines(folder: Path, *items: Object, **settings: Any) -> list[str]:
    (folder / "a.yaml").write_text("\n---\n".join(map(json.dumps, items)), encoding="utf-8")
    report = lint(str(folder), Config(**settings))
    assert report.failed is False
    return [notice.message for notice in report.notices if notice.file and notice.line]


@pytest.mark.parametrize(
    ("fields", "opens"),
    [
        ({}, ""),
        ({"allowHostNetwork": True}, "allows the host's network"),
        ({"allowHostNetwork": True, "allowHostPorts": True}, "allows the host's network"),
        ({"seLinuxContext": {"type": "RunAsAny"}}, "allows any SELinux label"),
        ({"seLinuxContext": {"type": "MustRunAs", "seLinuxOptions": {"type": "spc_t"}}}, "allows SELinux type spc_t"),
        ({"seLinuxContext": {"type": "MustRunAs", "seLinuxOptions": {"level": "s0:c1,c2"}}}, ""),
        ({"allowedUnsafeSysctls": ["*"]}, "allows every sysctl"),
        ({"allowedUnsafeSysctls": ["net.core.somaxconn"]}, ""),
        ({"defaultAddCapabilities": ["NET_ADMIN"]}, "gives every container capability NET_ADMIN"),
        ({"defaultAddCapabilities": ["CAP_SYS_PTRACE", "CHOWN"]}, "gives every container capability CAP_SYS_PTRACE"),
        ({"defaultAddCapabilities": ["NET_BIND_SERVICE", "CHOWN"]}, ""),
        ({"allowedCapabilities": ["NET_ADMIN"]}, ""),
        (
            {"runAsUser": RANGE, "userNamespaceLevel": "AllowHostLevel"},
            "lets pods with user IDs of its own run in the user namespace",
        ),
        ({"runAsUser": {"type": "RunAsAny"}, "userNamespaceLevel": "AllowHostLevel"}, "lets pods with user IDs of its own"),
        ({"runAsUser": RANGE, "userNamespaceLevel": "RequirePodLevel"}, ""),
        ({"userNamespaceLevel": "AllowHostLevel"}, ""),
    ],
)
def test_an_scc(fields: Object, opens: str, tmp_path: Path) -> None:
    found = lines(tmp_path, SCC | fields)
    assert [opens in line for line in found] == [True] * bool(opens)
    assert lines(tmp_path, SCC | fields) == []


def test_as_the_release_installs_it(tmp_path: Path) -> None:
    """An SCC that an input repeats is no news. One that opens more is."""
    hostnetwork = SCC | {"metadata": {"name": "hostnetwork"}, "allowHostNetwork": True, "allowHostPorts": True}
    assert lines(tmp_path, hostnetwork, openshift=("4.22",)) == []
    assert len(lines(tmp_path, hostnetwork | {"allowedUnsafeSysctls": ["*"]})) == 1
    in_pods = SCC | {"metadata": {"name": "restricted-v3"}, "runAsUser": RANGE}
    assert lines(tmp_path, in_pods | {"userNamespaceLevel": "RequirePodLevel"}) == []
    assert len(lines(tmp_path, in_pods | {"userNamespaceLevel": "AllowHostLevel"})) == 1


def test_a_suppressed_finding_has_no_line(tmp_path: Path) -> None:
    scc = SCC | {"allowHostNetwork": True}
    ignored = scc | {"metadata": {"name": "custom", "annotations": {"scclint.dev/ignore": "SCC312: reviewed"}}}
    assert len(lines(tmp_path, scc)) == 1
    assert lines(tmp_path, ignored) == []


def test_pods_that_use_all_of_it(tmp_path: Path) -> None:
    scc = SCC | {"allowHostNetwork": True, "users": ["system:serviceaccount:shop:web"]}
    pod: Object = {"serviceAccountName": "web", "hostNetwork": True, "containers": [{"name": "web", "image": "i"}]}
    selector = {"matchLabels": {"app": "web"}}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": pod}
    metadata = {"name": "web", "namespace": "shop"}
    web = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": metadata,
        "spec": {"selector": selector, "template": template},
    }
    assert not any("allows" in line for line in lines(tmp_path, scc, web))


def test_many_are_counted(tmp_path: Path) -> None:
    sccs = [SCC | {"metadata": {"name": f"custom-{index}"}, "allowHostNetwork": True} for index in range(13)]
    (tmp_path / "a.yaml").write_text("\n---\n".join(map(json.dumps, sccs)), encoding="utf-8")
    said = [notice.message for notice in lint(str(tmp_path), Config()).notices]
    assert sum("allows the host's network" in message for message in said) == 10
    assert any(message.startswith("3 more findings of this kind in ") for message in said)


@pytest.mark.parametrize(
    ("name", "labels", "is_named"),
    [
        ("shop", {ENFORCE: "privileged", SYNC: "false"}, True),
        ("shop", {ENFORCE: "privileged"}, False),
        ("shop", {ENFORCE: "privileged", SYNC: "true"}, False),
        ("shop", {ENFORCE: "baseline", SYNC: "false"}, False),
        ("openshift-storage", {ENFORCE: "privileged", SYNC: "false"}, False),
    ],
)
def test_a_namespace(name: str, labels: dict[str, str], is_named: bool, tmp_path: Path) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    found = lines(tmp_path, namespace)
    assert [line.startswith(f"Namespace {name}: enforces level privileged") for line in found] == [True] * is_named
