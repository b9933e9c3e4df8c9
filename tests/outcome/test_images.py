"""What containers lack that their images need, for each form of a pod."""

from typing import Any

import pytest

from scclint.objects.image import HOME, Image
from scclint.outcome.images import misfits
from tests.outcome.test_chain import outcome, pod

IMAGE = Image(
    "",
    [80],
    source="f",
    writes=["/var/cache/app", "/var/run"],
    configuration=["/etc/app/app.conf"],
    settings=["--data", "APP_DATA"],
    any_user="example/any",
)
PINNED = {"annotations": {"openshift.io/required-scc": "restricted-v2"}}


def needs(image: Image, /, *, crio: bool = True, scc: str = "restricted-v2", spec: Any = None, **container: Any) -> list[Any]:
    """The needs of the container of a pod that an SCC admits, with their values."""
    made = pod(metadata={"annotations": {"openshift.io/required-scc": scc}}, **(spec or {}))
    made["spec"]["containers"][0].update({"image": "example/app:1", **container})
    found = outcome(made, release="4.22")
    assert found.admitted, found.verdict
    object.__setattr__(found, "image_of", lambda reference, folder: image if reference == "example/app:1" else None)
    return [(misfit.need, misfit.values) for misfit in misfits(found, crio=crio)]


PORT, DIRECTORY = ("port", (80,)), ("directory", ("/var/cache/app", "/var/run"))


def mounts(*paths: str, kind: str = "emptyDir") -> dict[str, Any]:
    listed = [{"name": f"v{number}", "mountPath": path} for number, path in enumerate(paths)]
    source: dict[str, Any] = {"name": "c"} if kind == "configMap" else {}
    volumes = [{"name": f"v{number}", kind: source} for number in range(len(paths))]
    return {"volumeMounts": listed, "spec": {"volumes": volumes}}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, [PORT, DIRECTORY]),
        ({"crio": False}, [DIRECTORY]),
        ({"ports": [{"containerPort": 80}]}, [PORT, DIRECTORY]),
        ({"ports": [{"containerPort": 8080}]}, [DIRECTORY]),
        ({"command": ["sleep", "9"]}, []),
        ({"command": ["sh", "-c", "app"], "ports": [{"containerPort": 80}]}, [PORT]),
        ({"args": ["sleep", "9"]}, []),
        ({"args": ["--verbose"]}, [DIRECTORY]),
        ({"args": ["--data=/tmp/data"]}, []),
        ({"args": ["--verbose", "--data", "/tmp/data"]}, []),
        ({"args": ["--data-retention=2d"]}, [DIRECTORY]),
        ({"env": [{"name": "APP_DATA", "value": "/tmp/data"}], "ports": [{"containerPort": 80}]}, [PORT]),
        ({"env": [{"name": "APP_DATA_RETENTION", "value": "2d"}], "ports": [{"containerPort": 80}]}, [PORT, DIRECTORY]),
        ({"args": ["--verbose"], "ports": [{"containerPort": 80}]}, [PORT, DIRECTORY]),
        (mounts("/var/cache/app"), [PORT, ("directory", ("/var/run",))]),
        (mounts("/var/cache/app", "/var/run"), [PORT]),
        (mounts("/var/cache/app", "/run"), [PORT]),
        (mounts("/var/cache/", "/var/run/"), [PORT]),
        (mounts("/var/cache/app/below", "/var/runner"), [PORT, DIRECTORY]),
        (mounts("/var"), [PORT, ("directory", ("/var/run",))]),
        (mounts("/etc/app/app.conf", kind="configMap"), []),
        (mounts("/etc/app", kind="configMap"), []),
        (mounts("/etc/app/conf.d", kind="configMap"), [DIRECTORY]),
        (
            {"spec": {"securityContext": {"sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "80"}]}}},
            [DIRECTORY],
        ),
        (
            {"spec": {"securityContext": {"sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "81"}]}}},
            [PORT, DIRECTORY],
        ),
        ({"securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE"]}}}, [PORT, DIRECTORY]),
        ({"scc": "anyuid"}, []),
        ({"scc": "anyuid", "securityContext": {"runAsUser": 0}}, []),
        ({"scc": "anyuid", "securityContext": {"runAsUser": 0, "capabilities": {"drop": ["ALL"]}}}, [PORT]),
        ({"scc": "anyuid", "securityContext": {"runAsUser": 7, "allowPrivilegeEscalation": False}}, [PORT, DIRECTORY]),
        ({"scc": "anyuid", "securityContext": {"runAsUser": 7}}, [DIRECTORY]),
        (
            {"scc": "hostnetwork-v2", "spec": {"hostNetwork": True}, "ports": [{"containerPort": 80, "hostPort": 80}]},
            [DIRECTORY],
        ),
        ({"scc": "privileged", "securityContext": {"privileged": True}}, []),
        ({"image": "example/app:2"}, []),
        ({"image": ""}, []),
    ],
)
def test_needs(more: dict[str, Any], expected: list[Any]) -> None:
    assert needs(IMAGE, **more) == expected


@pytest.mark.parametrize(
    ("image", "more", "expected"),
    [
        (IMAGE._replace(user="7"), {"scc": "nonroot-v2", "securityContext": {"runAsUser": 7}}, [PORT]),
        (IMAGE._replace(user="app"), {"scc": "nonroot-v2", "securityContext": {"runAsUser": 7}}, [PORT]),
        (IMAGE._replace(user="app"), {}, [PORT, DIRECTORY]),
        (IMAGE._replace(owner=999), {"scc": "nonroot-v2", "securityContext": {"runAsUser": 999}}, [PORT]),
        (IMAGE._replace(owner=999), {"scc": "nonroot-v2", "securityContext": {"runAsUser": 998}}, [PORT, DIRECTORY]),
        (Image("7", writes=[HOME]), {}, [("home", ())]),
        (Image("7", writes=[HOME]), {"env": [{"name": "HOME", "value": "/tmp"}]}, []),
        (Image("7", own_user=True), {}, [("user", ())]),
        (Image("7", own_user=True), {"scc": "nonroot-v2", "securityContext": {"runAsUser": 7}}, []),
        (Image("7"), {}, []),
    ],
)
def test_users(image: Image, more: dict[str, Any], expected: list[Any]) -> None:
    assert needs(image, **more) == expected


CAPABLE = Image("7", [80], capabilities=["CAP_NET_BIND_SERVICE"])


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, [("capability", ("CAP_NET_BIND_SERVICE",))]),
        ({"command": ["sleep"]}, []),
        ({"securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE"]}}}, [PORT]),
        ({"scc": "anyuid"}, []),
        (
            {"scc": "anyuid", "securityContext": {"capabilities": {"drop": ["ALL"]}}},
            [("capability", ("CAP_NET_BIND_SERVICE",))],
        ),
    ],
)
def test_file_capabilities(more: dict[str, Any], expected: list[Any]) -> None:
    assert needs(CAPABLE, **more) == expected
