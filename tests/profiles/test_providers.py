"""Where the file of a localhostProfile comes from."""

import base64
import gzip
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from scclint.limits import MAX_INFLATED
from scclint.profiles.providers import DEPTH, ProfileObjects, localhost_path, operator_profile, resolve_localhost

GROUP = "security-profiles-operator.x-k8s.io"
LOG = {"defaultAction": "SCMP_ACT_LOG"}


def profile(
    name: str, namespace: str = "", version: str = "v1beta1", labels: dict[str, str] | None = None, **spec: Any
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "labels": labels or {}}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": f"{GROUP}/{version}", "kind": "SeccompProfile", "metadata": metadata, "spec": {**LOG, **spec}}


def machine_config(name: str, role: str, path: str, source: str, **contents: str) -> dict[str, Any]:
    return {
        "apiVersion": "machineconfiguration.openshift.io/v1",
        "kind": "MachineConfig",
        "metadata": {"name": name, "labels": {"machineconfiguration.openshift.io/role": role}},
        "spec": {"config": {"storage": {"files": [{"path": path, "contents": {"source": source, **contents}}]}}},
    }


@pytest.mark.parametrize(
    ("reference", "given"),
    [
        ("operator/demo/web.json", profile("web", "demo")),
        ("operator/demo/web.json", profile("web")),
        ("operator/demo/web.json", profile("web.json", "demo")),
        ("operator/web.json", profile("web")),
        ("operator/web.json", profile("web", version="v1")),
        ("operator/web.json", profile("web", "demo", "v1")),
    ],
)
def test_a_seccomp_profile_of_the_same_scope_provides_the_path(reference: str, given: dict[str, Any]) -> None:
    found = resolve_localhost(reference, ProfileObjects([given]))
    assert [(p.kind, p.content, p.path, p.problem) for p in found.providers] == [("SeccompProfile", LOG, ("spec",), "")]
    assert found.providers[0].source is given
    assert not found.mismatch


@pytest.mark.parametrize(
    ("reference", "given", "expected", "reason"),
    [
        ("operator/web.json", profile("web", "demo"), "operator/demo/web.json", "up to 0.8"),
        ("operator/demo/web.json", profile("web", version="v1"), "operator/web.json", "cluster-scoped"),
        ("operator/demo/web.json", profile("web", "shop"), "operator/shop/web.json", "in namespace shop, not demo"),
    ],
)
def test_a_path_of_another_operator_release_is_no_provider_but_told(
    reference: str, given: Any, expected: str, reason: str
) -> None:
    found = resolve_localhost(reference, ProfileObjects([given]))
    assert found.providers == ()
    assert (found.expected, found.meant) == (expected, given)
    assert reason in found.mismatch


def test_another_kind_of_that_name_or_another_path_provides_nothing() -> None:
    other = {"apiVersion": "example.com/v1", "kind": "SeccompProfile", "metadata": {"name": "web"}, "spec": LOG}
    for reference in ("operator/web.json", "web.json", "operator/a/b/web.json", "operator/web"):
        found = resolve_localhost(reference, ProfileObjects([other] if reference == "operator/web.json" else [profile("web")]))
        assert (found.providers, found.mismatch) == ((), "")


def test_base_profiles_come_before_the_profile_itself() -> None:
    rules = {name: [{"action": "SCMP_ACT_ALLOW", "names": [name]}] for name in ("a", "b", "c")}
    base = [profile("b", baseProfileName="c", syscalls=rules["b"]), profile("c", syscalls=rules["c"])]
    top = profile("a", baseProfileName="b", syscalls=rules["a"], state="Enabled")
    content, problem = operator_profile(top, ProfileObjects([top, *base]))
    assert problem == ""
    assert content == {**LOG, "syscalls": [*rules["c"], *rules["b"], *rules["a"]]}


@pytest.mark.parametrize(
    ("profiles", "problem"),
    [
        ([profile("a", baseProfileName="oci://ghcr.io/x/y:v1")], "in a registry"),
        ([profile("a", baseProfileName="b")], "'b' is not in the input"),
        ([profile("a", baseProfileName="b"), profile("b", baseProfileName="a")], "form a cycle at 'a'"),
        ([profile("a", "x", baseProfileName="b"), profile("b", "y")], "'b' is not in the input"),
        (
            [profile("a" if not i else f"p{i}", baseProfileName=f"p{i + 1}") for i in range(DEPTH + 3)],
            f"more than {DEPTH} deep",
        ),
    ],
)
def test_base_profiles_that_cannot_be_had(profiles: list[dict[str, Any]], problem: str) -> None:
    assert problem in operator_profile(profiles[0], ProfileObjects(profiles))[1]


def test_a_chain_of_the_allowed_depth_is_followed() -> None:
    chain = [profile(f"p{i}", baseProfileName=f"p{i + 1}") for i in range(DEPTH)] + [profile(f"p{DEPTH}")]
    assert operator_profile(chain[0], ProfileObjects(chain))[1] == ""


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (profile("web", disabled=True), "disabled"),
        (profile("web", version="v1", state="Disabled"), "disabled"),
        (profile("web", labels={"spo.x-k8s.io/partial": "true"}), "partial"),
    ],
)
def test_profiles_that_are_not_written_to_disk(given: dict[str, Any], problem: str) -> None:
    assert problem in resolve_localhost("operator/web.json", ProfileObjects([given])).providers[0].problem


TEXT = '{"defaultAction": "SCMP_ACT_LOG"}'
HOST = "/var/lib/kubelet/seccomp/profiles/x.json"


def compressed(*texts: str) -> str:
    """The URL of gzip data, of one member for each text."""
    return f"data:;base64,{base64.b64encode(b''.join(gzip.compress(text.encode(), mtime=0) for text in texts)).decode()}"


@pytest.mark.parametrize(
    ("source", "contents"),
    [
        (f"data:,{quote(TEXT)}", {}),
        (f"data:application/json;charset=utf-8,{quote(TEXT)}", {}),
        (f"data:;base64,{base64.b64encode(TEXT.encode()).decode()}", {}),
        (compressed(TEXT), {"compression": "gzip"}),
        (compressed(TEXT[:9], TEXT[9:]), {"compression": "gzip"}),
    ],
)
def test_machine_config_files(source: str, contents: dict[str, str]) -> None:
    found = resolve_localhost("profiles/x.json", ProfileObjects([machine_config("50-x", "worker", HOST, source, **contents)]))
    provider = found.providers[0]
    assert (provider.kind, provider.name, provider.role, provider.content) == ("MachineConfig", "50-x", "worker", TEXT)
    assert provider.path == ("spec", "config", "storage", "files", 0, "contents", "source")


@pytest.mark.parametrize(
    ("source", "contents", "problem"),
    [
        ("https://example.com/x.json", {}, "fetched from https:"),
        ("data:;base64,###", {}, "not valid base64"),
        ("data:nothing", {}, "no comma"),
        ("data:,plain", {"compression": "gzip"}, "not gzip"),
        (compressed(TEXT)[:-8], {"compression": "gzip"}, "not gzip"),
        (compressed(" " * (MAX_INFLATED + 1)), {"compression": "gzip"}, "inflates to more than 256 KiB"),
        (compressed(*[" " * MAX_INFLATED] * 2), {"compression": "gzip"}, "inflates to more than 256 KiB"),
        ("data:,%ff%fe", {}, "not text"),
    ],
)
def test_machine_config_content_that_cannot_be_read(source: str, contents: dict[str, str], problem: str) -> None:
    provider = resolve_localhost(
        "profiles/x.json", ProfileObjects([machine_config("50-x", "worker", HOST, source, **contents)])
    ).providers[0]
    assert provider.content is None
    assert problem in provider.problem


def test_the_last_machine_config_of_each_role_counts() -> None:
    configs = [
        machine_config(name, role, HOST, f"data:,{name}")
        for name, role in (("60", "worker"), ("50", "worker"), ("55", "master"))
    ]
    found = resolve_localhost("profiles/x.json", ProfileObjects(configs)).providers
    assert [(p.role, p.content) for p in found] == [("master", "55"), ("worker", "60")]


def test_a_directory_stands_for_the_nodes(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "x.json").write_text(TEXT, "utf-8")
    (tmp_path / "bad.json").write_bytes(b"\xff")
    provider = resolve_localhost("profiles/x.json", ProfileObjects([]), [str(tmp_path)]).providers[0]
    assert (provider.kind, provider.content) == ("file", TEXT)
    assert "reading it failed" in resolve_localhost("bad.json", ProfileObjects([]), [str(tmp_path)]).providers[0].problem
    for outside in ("../x.json", f"{tmp_path}/bad.json", "missing.json", "profiles"):
        assert resolve_localhost(outside, ProfileObjects([]), [str(tmp_path / "profiles"), str(tmp_path)]).providers == ()


def test_a_directory_reaches_no_further_than_its_links_stay(tmp_path: Path) -> None:
    directory = tmp_path / "profiles"
    (directory / "data").mkdir(parents=True)
    (directory / "data" / "x.json").write_text(TEXT, "utf-8")
    (directory / "within").symlink_to("data")
    (tmp_path / "x.json").write_text(TEXT, "utf-8")
    (directory / "out").symlink_to("..")
    os.mkfifo(directory / "pipe.json")
    found = resolve_localhost("within/x.json", ProfileObjects([]), [str(directory)]).providers
    assert [provider.content for provider in found] == [TEXT]
    for name in ("out/x.json", "pipe.json"):
        assert resolve_localhost(name, ProfileObjects([]), [str(directory)]).providers == ()
    with open(directory / "large.json", "wb") as file:
        file.truncate(1 << 30)
    (large,) = resolve_localhost("large.json", ProfileObjects([]), [str(directory)]).providers
    assert "larger than 64 MiB" in large.problem


def test_localhost_path_by_scope() -> None:
    assert localhost_path(profile("web", "demo")) == "operator/demo/web.json"
    assert localhost_path(profile("web", "demo", "v1")) == "operator/web.json"
    assert localhost_path(profile("web.json")) == "operator/web.json"


@pytest.mark.parametrize(
    "broken", [{}, {"kind": "MachineConfig"}, {"kind": "MachineConfig", "spec": []}, profile("web") | {"spec": None}]
)
def test_objects_of_another_shape_are_passed_over(broken: dict[str, Any]) -> None:
    for found in resolve_localhost("operator/web.json", ProfileObjects([broken])).providers:
        assert found.content == {}
