"""The effective profile where node pools differ: seccompDefault, and CRI-O's own settings."""

from typing import Any
from urllib.parse import quote

import pytest

from scclint.cluster import Cluster
from scclint.seccomp.effective import ContainerSeccomp, effective_seccomp

MACHINE = "machineconfiguration.openshift.io/v1"
ANYWHERE = [{"operator": "Exists"}]


def kubelet(pool: str, name: str = "confine", **config: Any) -> dict[str, Any]:
    selector = {"matchLabels": {f"pools.operator.machineconfiguration.openshift.io/{pool}": ""}}
    spec = {"machineConfigPoolSelector": selector, "kubeletConfig": config or {"seccompDefault": True}}
    return {"apiVersion": MACHINE, "kind": "KubeletConfig", "metadata": {"name": name}, "spec": spec}


def crio(role: str, settings: str) -> dict[str, Any]:
    source = "data:," + quote(f"[crio.runtime]\n{settings}\n")
    files = [{"path": "/etc/crio/crio.conf.d/99-seccomp.conf", "contents": {"source": source}}]
    metadata = {"name": f"99-{role}-crio", "labels": {"machineconfiguration.openshift.io/role": role}}
    return {
        "apiVersion": MACHINE,
        "kind": "MachineConfig",
        "metadata": metadata,
        "spec": {"config": {"storage": {"files": files}}},
    }


def effective(
    *objects: dict[str, Any], release: str = "4.20", tolerations: Any = None, runtime: str | None = None, **context: Any
) -> tuple[ContainerSeccomp, Cluster]:
    """Of a pod in a namespace without SCC admission, so that the nodes alone decide."""
    containers = [{"name": "app", "image": "x", "securityContext": context}]
    spec = {"containers": containers, "tolerations": tolerations, "runtimeClassName": runtime}
    cluster = Cluster.openshift(release, objects)
    verdict = cluster.admit({"metadata": {"name": "web"}, "spec": spec}, namespace="kube-system")
    (one,) = effective_seccomp(verdict, cluster)
    return one, cluster


def test_all_pools_on_which_the_pod_can_land_default() -> None:
    one, _ = effective(kubelet("worker"))
    assert (one.type, one.source, one.proc_mode) == ("RuntimeDefault", "kubelet default", 2)
    assert one.why == "The kubelet runs with seccompDefault, set by KubeletConfig confine."


def test_a_pod_that_also_lands_on_masters_depends_on_the_node() -> None:
    one, _ = effective(kubelet("worker"), tolerations=ANYWHERE)
    assert (one.type, one.source, one.proc_mode, one.crictl) == (None, "kubelet default", None, None)
    assert one.why == "It depends on the node pool: unconfined on master, RuntimeDefault on worker."
    assert one.profile == {}
    asked, _ = effective(kubelet("worker"), tolerations=ANYWHERE, seccompProfile={"type": "RuntimeDefault"})
    assert (asked.type, asked.source) == ("RuntimeDefault", "container field")


def test_only_masters_default() -> None:
    one, _ = effective(kubelet("master"))
    assert (one.type, one.why) == ("Unconfined", "The manifest sets no profile, and no SCC applies one.")


def test_pools_that_disagree_with_themselves() -> None:
    one, _ = effective(kubelet("worker", "a"), kubelet("worker", "b", seccompDefault=False))
    assert (one.type, one.source) == (None, "kubelet default")
    assert one.why == "No profile is set, and the KubeletConfigs of node pool worker disagree on seccompDefault (a, b)."


def test_a_kubelet_config_for_a_pool_that_is_not_there() -> None:
    one, _ = effective(kubelet("gpu"))
    assert one.type is None
    assert one.why == "It depends on the node pool: unconfined on worker, RuntimeDefault on the pool of KubeletConfig confine."


def test_the_gate_is_closed_in_4_11() -> None:
    assert effective(kubelet("worker"), release="4.11")[0].type == "Unconfined"


@pytest.mark.parametrize(
    ("path", "localhost"),
    [("/var/lib/kubelet/seccomp/admin.json", "admin.json"), ("/etc/crio/admin.json", "/etc/crio/admin.json")],
)
def test_a_profile_for_privileged_containers(path: str, localhost: str) -> None:
    drop_in = crio("worker", f'privileged_seccomp_profile = "{path}"')
    one, _ = effective(drop_in, privileged=True)
    assert (one.type, one.source, one.localhost_profile) == ("Localhost", "CRI-O configuration", localhost)
    assert (one.proc_mode, one.crictl) == (2, path)
    assert effective(drop_in)[0].type == "Unconfined", "others do not get it"
    assert effective(drop_in, release="4.19", privileged=True)[0].source == "privileged", "CRI-O has it from 1.33 on"


def test_privileged_containers_by_pool() -> None:
    one, _ = effective(crio("worker", 'privileged_seccomp_profile = "/p.json"'), tolerations=ANYWHERE, privileged=True)
    assert (one.type, one.why) == (None, "It depends on the node pool: unconfined on master, /p.json on worker.")


def test_a_file_that_replaces_runtime_default_is_told() -> None:
    one, _ = effective(crio("worker", 'seccomp_profile = "/etc/s.json"'), seccompProfile={"type": "RuntimeDefault"})
    assert one.type == "RuntimeDefault"
    assert one.why == "The container field sets it. CRI-O's seccomp_profile replaces it with /etc/s.json on worker."


SANDBOXED = {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "sandboxed"}, "handler": "kata"}
OF_KATA = 'seccomp_profile = "/s"\n[crio.runtime.runtimes.kata]\nseccomp_profile = "/k"'


@pytest.mark.parametrize(
    ("settings", "runtime", "release", "replaced"),
    [
        (OF_KATA, "sandboxed", "4.21", "/k on worker for runtime handler kata"),
        (OF_KATA, "sandboxed", "4.20", "/s on worker"),
        (OF_KATA, None, "4.21", "/s on worker"),
        (OF_KATA, "other", "4.21", "a file on worker if the handler of the pod's RuntimeClass is kata"),
        (OF_KATA.replace("kata", "crun"), None, "4.21", "/k on worker for runtime handler crun"),
        (f'default_runtime = "kata"\n{OF_KATA}', None, "4.21", "/k on worker for runtime handler kata"),
        (OF_KATA.replace("/k", ""), "sandboxed", "4.21", "/s on worker"),
    ],
)
def test_the_file_of_a_runtime_handler_comes_first(settings: str, runtime: str, release: str, replaced: str) -> None:
    profile = {"type": "RuntimeDefault"}
    one, _ = effective(crio("worker", settings), SANDBOXED, release=release, runtime=runtime, seccompProfile=profile)
    assert one.why == f"The container field sets it. CRI-O's seccomp_profile replaces it with {replaced}."


def test_an_unknown_runtime_class_does_not_matter_without_files_of_handlers() -> None:
    one, _ = effective(crio("worker", ""), release="4.21", runtime="other", seccompProfile={"type": "RuntimeDefault"})
    assert one.why == "The container field sets it."
