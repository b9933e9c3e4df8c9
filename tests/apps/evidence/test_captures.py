"""Captures from nodes and dumps of the API, and whose they are."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.apps.evidence.captures import Identity, Observation, SeccompRequest, read_evidence
from scclint.errors import LoadError

ID = "0123456789abcdef" * 4
LABELS = {
    "io.kubernetes.container.name": "app",
    "io.kubernetes.pod.name": "web-1",
    "io.kubernetes.pod.namespace": "demo",
}
WHO = Identity("demo", "web-1", "app")
PROFILE = {"defaultAction": "SCMP_ACT_LOG"}


def inspect(seccomp: Any = None, labels: dict[str, str] | None = None, pid: int = 42, **info: Any) -> dict[str, Any]:
    spec = {
        "annotations": {"io.kubernetes.cri-o.SeccompProfilePath": "RuntimeDefault"},
        "linux": {"seccomp": seccomp},
        "process": {"capabilities": {"bounding": ["CAP_KILL"]}},
    }
    status = {"id": ID, "labels": LABELS if labels is None else labels, "metadata": {"name": "app"}}
    return {"status": status, "info": {"pid": pid, "runtimeSpec": spec, **info}}


def pod(name: str = "web-1", **context: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "demo",
            "annotations": {"openshift.io/scc": "anyuid"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "web", "controller": True}],
        },
        "spec": {
            "nodeName": "worker-0",
            "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
            "initContainers": [{"name": "init", "securityContext": {"privileged": True}}],
            "containers": [{"name": "app", "securityContext": context}],
        },
        "status": {"containerStatuses": [{"name": "app", "containerID": f"cri-o://{ID}"}]},
    }


def read(*files: tuple[str, Any]) -> list[Observation]:
    return read_evidence((path, text if isinstance(text, str) else json.dumps(text)) for path, text in files)


def test_crictl_inspect() -> None:
    (seen,) = read(("a.json", inspect(PROFILE, privileged=False)))
    assert seen == Observation(
        WHO, "crictl", "a.json", True, PROFILE, "RuntimeDefault", None, False, frozenset({"CAP_KILL"}), container_id=ID, pid=42
    )
    old = inspect(PROFILE)
    old["info"]["runtimeSpec"]["annotations"] = {
        "io.kubernetes.cri-o.SeccompProfilePath": "localhost//var/lib/kubelet/seccomp/x.json"
    }
    assert read(("a.json", old))[0].profile_name == "/var/lib/kubelet/seccomp/x.json"
    (unconfined,) = read(("a.json", inspect(None, privileged=True)))
    assert (unconfined.has_profile, unconfined.profile, unconfined.privileged) == (True, None, True)


def test_names_from_the_runtimes_own_annotations() -> None:
    capture = inspect(labels={})
    capture["info"]["runtimeSpec"]["annotations"] |= LABELS
    assert read(("a.json", capture))[0].identity == WHO


@pytest.mark.parametrize("join", [lambda texts: "[" + ",".join(texts) + "]", "\n".join])
def test_many_containers_in_one_capture(join: Any) -> None:
    texts = [json.dumps(inspect(labels=LABELS | {"io.kubernetes.container.name": name})) for name in ("a", "b")]
    assert [seen.identity.container for seen in read(("all.json", join(texts)))] == ["a", "b"]


def test_what_jq_leaves() -> None:
    nothing, profile = read(("demo_web-1_app.json", "null\n"), ("web-1_app.json", PROFILE))
    assert (nothing.identity, nothing.has_profile, nothing.profile) == (WHO, True, None)
    assert (profile.identity, profile.profile) == (Identity("", "web-1", "app"), PROFILE)


def test_a_capture_named_for_the_container_id() -> None:
    ps = {"containers": [{"id": ID, "labels": LABELS, "metadata": {"name": "app"}}]}
    assert [seen.identity for seen in read((f"{ID[:13]}.json", "null"), ("ps.json", ps))] == [WHO]
    dumped = read((f"{ID}.json", "null"), ("pod.json", pod()))
    assert dumped[0].identity == WHO
    assert read((f"{ID[:13]}.json", "null"))[0].identity == Identity()


def test_proc_status() -> None:
    whole = "Name:\tsleep\nPid:\t42\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n"
    (seen,) = read(("x.status", whole))
    assert (seen.mode, seen.pid, seen.source) == (2, 42, "proc")
    both = read(("x.status", whole + whole.replace("42", "43").replace(":\t2", ":\t0")))
    assert [(s.pid, s.mode) for s in both] == [(42, 2), (43, 0)]
    grepped = read(("x", "/proc/42/status:Seccomp:\t2\n/proc/43/status:Seccomp:\t0\n"))
    assert [(s.pid, s.mode) for s in grepped] == [(42, 2), (43, 0)]
    assert read(("x", "Seccomp: 0"))[0].mode == 0


def test_a_pid_names_a_process() -> None:
    seen = read(("status", "Name:\tsleep\nPid:\t42\nSeccomp:\t2\n"), ("a.json", inspect()))
    assert seen[0].identity == WHO


@pytest.mark.parametrize(
    "wrap", [lambda p: p, lambda p: {"kind": "List", "items": [p]}, lambda p: {"kind": "PodList", "items": [p]}]
)
def test_pod_dumps(wrap: Any) -> None:
    dump = pod(seccompProfile={"type": "Localhost", "localhostProfile": "x.json"})
    init, app = read(("pods.json", wrap(dump)))
    assert (init.identity.container, init.privileged, init.requested) == ("init", True, SeccompRequest("RuntimeDefault"))
    assert (app.requested, app.scc, app.owner) == (
        SeccompRequest("Localhost", "x.json"),
        "anyuid",
        ("ReplicaSet", "web"),
    )


def test_pod_dumps_in_yaml() -> None:
    text = "kind: Pod\nmetadata: {name: a}\nspec:\n  containers: [{name: x}]\n---\nkind: Node\n"
    assert [seen.identity for seen in read(("pods.yaml", text))] == [Identity("", "a", "x")]


@pytest.mark.parametrize("text", ["just words", "{", "[1]", '{"a": 1}', "a: [", "true"])
def test_anything_else_is_an_error(text: str) -> None:
    with pytest.raises(LoadError):
        read(("x", text))


@pytest.mark.parametrize(
    "capture",
    [
        {"info": None, "status": None},
        {"info": {"runtimeSpec": []}},
        {"kind": "Pod", "spec": []},
        {"kind": "PodList", "items": [3]},
    ],
)
def test_captures_with_holes_say_nothing_and_do_no_harm(capture: dict[str, Any]) -> None:
    assert all(not seen.has_profile and seen.mode is None for seen in read(("x", capture)))


pieces = st.sampled_from(
    ["null", "{", "}", "[", "]", ",", ":", '"info"', '"status"', "kind: Pod", "\n", "Seccomp: 2", "Pid:", "1", "---", "\x00"]
)


@given(st.lists(pieces, max_size=12).map("".join) | st.text(max_size=40))
def test_no_text_is_a_crash(text: str) -> None:
    with suppress(LoadError):
        read_evidence([("x", text)])
