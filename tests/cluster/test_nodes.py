"""Pools: which kubelet and CRI-O settings they have, and which pods can land there."""

from typing import Any
from urllib.parse import quote

import pytest

from scclint.cluster import Cluster
from scclint.cluster.nodes import NodePool, node_pools, pools_for, pools_of_release, possible_pools
from scclint.linting import lint_text

WORKER = {"pools.operator.machineconfiguration.openshift.io/worker": ""}
MASTER = {"pools.operator.machineconfiguration.openshift.io/master": ""}
ROLE = "node-role.kubernetes.io/"


def kubelet(name: str, labels: dict[str, str], **config: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {"machineConfigPoolSelector": {"matchLabels": labels}, "kubeletConfig": config}
    return {"kind": "KubeletConfig", "metadata": {"name": name}, "spec": spec}


def pool(name: str, **labels: str) -> dict[str, Any]:
    roles = {"key": "machineconfiguration.openshift.io/role", "operator": "In", "values": ["worker", name]}
    spec = {
        "nodeSelector": {"matchLabels": {f"{ROLE}{name}": ""}},
        "machineConfigSelector": {"matchExpressions": [roles]},
    }
    return {"kind": "MachineConfigPool", "metadata": {"name": name, "labels": labels}, "spec": spec}


def drop_in(name: str, role: str, text: str, path: str = "/etc/crio/crio.conf.d/99-x.conf") -> dict[str, Any]:
    files = [{"path": path, "contents": {"source": f"data:,{quote(text)}"}}]
    metadata = {"name": name, "labels": {"machineconfiguration.openshift.io/role": role}}
    return {"kind": "MachineConfig", "metadata": metadata, "spec": {"config": {"storage": {"files": files}}}}


def defaults(objects: list[dict[str, Any]]) -> dict[str, bool | None]:
    return {found.name: found.seccomp_default for found in node_pools(objects)}


def test_seccomp_default_is_per_pool() -> None:
    assert defaults([]) == {"master": False, "worker": False}
    assert defaults([kubelet("k", WORKER, seccompDefault=True)]) == {"master": False, "worker": True}
    custom = [pool("infra", tier="infra"), kubelet("k", {"tier": "infra"}, seccompDefault=True)]
    assert defaults(custom) == {"infra": True, "master": False, "worker": False}
    assert node_pools(custom)[0].decided_by == ("k",)


def test_expressions_select_pools_and_no_selector_selects_none() -> None:
    config = kubelet("k", {}, seccompDefault=True)
    assert defaults([config]) == {"master": False, "worker": False}
    config["spec"]["machineConfigPoolSelector"] = {"matchExpressions": [{"key": next(iter(MASTER)), "operator": "Exists"}]}
    assert defaults([config]) == {"master": True, "worker": False}


def test_disagreeing_configs_leave_it_open() -> None:
    both = [kubelet("a", WORKER, seccompDefault=True), kubelet("b", WORKER, seccompDefault=False)]
    assert defaults(both)["worker"] is None
    assert defaults([both[0], kubelet("c", WORKER, maxPods=100)])["worker"] is None
    assert defaults([both[1], kubelet("c", WORKER, maxPods=100)])["worker"] is False


def test_crio_drop_ins_are_merged_by_file_name() -> None:
    first = '[crio.runtime]\nseccomp_profile = "/a"\nprivileged_seccomp_profile = "/p"\n'
    second = '[crio.runtime]\nseccomp_profile = "/b"\n[crio.runtime.runtimes.kata]\nseccomp_profile = "/k"\n'
    configs = [
        drop_in("z", "worker", first, "/etc/crio/crio.conf.d/10-a"),
        drop_in("a", "worker", second, "/etc/crio/crio.conf.d/20-b"),
        drop_in("m", "master", "not toml ["),
        drop_in("w", "worker", first, "/etc/other.conf"),
    ]
    infra, master, worker = node_pools([*configs, pool("infra")])
    for found in (infra, worker):
        assert (found.seccomp_profile, found.privileged_seccomp_profile) == ("/b", "/p")
        assert found.handler_profiles == (("kata", "/k"),)
    assert (master.seccomp_profile, master.privileged_seccomp_profile) == ("", "")


@pytest.mark.parametrize("text", ["a = " + "[" * 5000 + "]" * 5000, "a" + ".a" * 5000 + " = 1"], ids=["deep", "long key"])
def test_a_drop_in_made_to_break_is_no_crash(text: str) -> None:
    worker = node_pools([drop_in("z", "worker", text)])[-1]
    assert worker.seccomp_profile == ""


def test_the_last_table_of_a_runtime_handler_replaces_the_others() -> None:
    table = "[crio.runtime.runtimes.{}]\nseccomp_profile = {}\n"
    first = table.format("kata", '"/k"') + table.format("crun", '"/c"') + table.format("odd", "5")
    configs = [
        drop_in("a", "worker", first, "/etc/crio/crio.conf.d/10-a"),
        drop_in("b", "worker", '[crio.runtime.runtimes.kata]\nruntime_type = "vm"\n', "/etc/crio/crio.conf.d/20-b"),
        drop_in("c", "worker", '[crio.runtime]\ndefault_runtime = "runc"\n', "/etc/crio/crio.conf.d/30-c"),
    ]
    _, worker = node_pools(configs)
    assert (worker.handler_profiles, worker.default_handler) == ((("crun", "/c"),), "runc")


def landing(spec: dict[str, Any], *objects: dict[str, Any]) -> list[str]:
    return [found.name for found in pools_for({"spec": spec}, node_pools([pool("infra"), *objects]))]


MASTER_TOLERATION = {"key": f"{ROLE}master", "operator": "Exists", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, ["infra", "worker"]),
        ({"tolerations": [MASTER_TOLERATION]}, ["infra", "master", "worker"]),
        ({"tolerations": [{"operator": "Exists"}]}, ["infra", "master", "worker"]),
        ({"tolerations": [{"key": f"{ROLE}master"}]}, ["infra", "master", "worker"]),
        ({"tolerations": [{"key": f"{ROLE}master", "value": "x"}]}, ["infra", "worker"]),
        ({"tolerations": [{"key": f"{ROLE}master", "effect": "NoExecute", "operator": "Exists"}]}, ["infra", "worker"]),
        ({"nodeSelector": {f"{ROLE}infra": ""}}, ["infra"]),
        ({"nodeSelector": {f"{ROLE}worker": ""}}, ["infra", "worker"]),
        ({"nodeSelector": {f"{ROLE}control-plane": ""}, "tolerations": [MASTER_TOLERATION]}, ["master"]),
        ({"nodeSelector": {"kubernetes.io/os": "windows"}}, []),
        ({"nodeSelector": {"kubernetes.io/os": "linux", "disk": "ssd"}}, ["infra", "worker"]),
    ],
)
def test_where_pods_can_land(spec: dict[str, Any], expected: list[str]) -> None:
    assert landing(spec) == expected


def affinity(*terms: list[dict[str, Any]]) -> dict[str, Any]:
    required = {"nodeSelectorTerms": [{"matchExpressions": term} for term in terms]}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}


def test_node_affinity() -> None:
    infra = {"key": f"{ROLE}infra", "operator": "Exists"}
    not_infra = {"key": f"{ROLE}infra", "operator": "DoesNotExist"}
    assert landing(affinity([infra])) == ["infra"]
    assert landing(affinity([not_infra])) == ["worker"]
    assert landing(affinity([infra], [not_infra])) == ["infra", "worker"]
    assert landing(affinity([infra, {"key": "disk", "operator": "In", "values": ["ssd"]}])) == ["infra"]
    assert landing(affinity([{"key": f"{ROLE}worker", "operator": "In", "values": ["x"]}])) == []


def test_taints_that_a_kubelet_config_registers() -> None:
    taints = [{"key": "gpu", "value": "yes", "effect": "NoExecute"}, {"key": "soft", "effect": "PreferNoSchedule"}]
    config = kubelet("k", WORKER, registerWithTaints=taints)
    assert landing({}, config) == [], "MachineConfigs of the workers, so the kubelet's too, reach custom pools"
    assert landing({"tolerations": [{"key": "gpu", "value": "yes"}]}, config) == ["infra", "worker"]
    own = kubelet("i", {"tier": "infra"}, maxPods=100)
    assert [p.name for p in pools_for({}, node_pools([pool("infra", tier="infra"), config, own]))] == ["infra"]


def test_labels_that_a_pool_selects_its_nodes_by() -> None:
    fast = {"kind": "MachineConfigPool", "metadata": {"name": "fast"}}
    fast["spec"] = {"nodeSelector": {"matchLabels": {"disk": "ssd"}}}
    assert landing({"nodeSelector": {"disk": "ssd"}}, fast) == ["fast", "infra", "worker"], "others may have the label as well"
    assert landing({"nodeSelector": {"disk": "hdd"}}, fast) == ["infra", "worker"]
    assert landing(affinity([{"key": "disk", "operator": "DoesNotExist"}]), fast) == ["infra", "worker"]


@pytest.mark.parametrize(
    "spec",
    [
        {"nodeSelector": [1], "tolerations": {"a": 1}, "affinity": []},
        {"tolerations": [1, None, {"key": ["x"]}]},
        {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [1, {}]}}}},
        affinity([1]),  # type: ignore[list-item]
        affinity([{"key": 1, "operator": "In", "values": 3}]),
    ],
)
def test_a_pod_of_another_shape_is_no_crash(spec: dict[str, Any]) -> None:
    landing(spec)


def test_a_release_has_only_its_own_settings() -> None:
    text = '[crio.runtime]\nprivileged_seccomp_profile = "/p"\n'
    objects = [kubelet("k", WORKER, seccompDefault=True), drop_in("d", "worker", text)]

    def worker(minor: int) -> NodePool:
        return next(found for found in pools_of_release(objects, minor) if found.name == "worker")

    assert (worker(24).seccomp_default, worker(24).decided_by) == (False, ())
    assert (worker(25).seccomp_default, worker(25).decided_by) == (True, ("k",))
    assert (worker(32).privileged_seccomp_profile, worker(33).privileged_seccomp_profile) == ("", "/p")


def test_a_pool_that_the_input_lacks_is_named_after_its_config() -> None:
    objects = [kubelet("k", {"tier": "gpu"}, seccompDefault=True), kubelet("off", {"tier": "x"}, seccompDefault=False)]
    objects.append(kubelet("x", {"tier": "gpu"}, maxPods=1))
    found = {pool.name: pool.seccomp_default for pool in pools_of_release(objects, 33)}
    assert found == {"master": False, "worker": False, "the pool of KubeletConfig k": True}
    nobody = kubelet("none", {}, seccompDefault=True)
    assert {pool.name for pool in pools_of_release([nobody], 33)} == {"master", "worker"}
    assert not any(pool.name.startswith("the pool") for pool in pools_of_release(objects, 24))


def test_nodes_of_no_known_pool_are_workers() -> None:
    pools = node_pools([])
    assert [found.name for found in possible_pools({"spec": {"nodeSelector": {f"{ROLE}infra": ""}}}, pools)] == ["worker"]
    plain = (NodePool("a", frozenset(), labels=(("pool", "a"),)), NodePool("b", frozenset(), labels=(("pool", "b"),)))
    assert possible_pools({"spec": {"nodeSelector": {"pool": "c"}}}, plain) == plain
    assert possible_pools({"spec": {"nodeSelector": {"pool": "b"}}}, plain) == plain[1:]


def test_a_pool_takes_the_machine_configs_of_its_role_and_of_workers() -> None:
    infra, master, worker = node_pools([pool("infra")])
    assert [found.takes("worker") for found in (infra, master, worker)] == [True, False, True]
    assert [found.takes("infra") for found in (infra, master, worker)] == [True, False, False]
    assert all(found.takes("") for found in (infra, master, worker))


def test_a_cluster_without_words_about_nodes_has_no_pools() -> None:
    assert Cluster.openshift("4.20").node_pools == ()
    assert Cluster.openshift("4.20").pools_of({"spec": {}}) == ()
    config = {"apiVersion": "machineconfiguration.openshift.io/v1", **kubelet("k", WORKER, seccompDefault=True)}
    assert [found.name for found in Cluster.openshift("4.20", [config]).pools_of({"spec": {}})] == ["worker"]


@pytest.mark.parametrize(
    ("default_runtime", "drop_ins", "expected"),
    [
        ("runc", (), "runc"),
        ("", (), ""),
        # A drop-in whose name sorts after the operator's file has the last word.
        ("crun", ("/etc/crio/crio.conf.d/99-runtime",), "runc"),
        ("crun", ("/etc/crio/crio.conf.d/00-runtime",), "crun"),
    ],
)
def test_the_runtime_of_a_pool(default_runtime: str, drop_ins: tuple[str, ...], expected: str) -> None:
    selector = {"matchLabels": {"pools.operator.machineconfiguration.openshift.io/worker": ""}}
    spec = {"machineConfigPoolSelector": selector, "containerRuntimeConfig": {"defaultRuntime": default_runtime}}
    objects = [{"kind": "ContainerRuntimeConfig", "metadata": {"name": "runtime"}, "spec": spec}]
    objects += [drop_in("d", "worker", '[crio.runtime]\ndefault_runtime = "runc"\n', path) for path in drop_ins]
    infra, master, worker = node_pools([*objects, pool("infra")])
    assert (infra.default_handler, master.default_handler, worker.default_handler) == (expected, "", expected)


@pytest.mark.parametrize(
    ("stream", "default_runtime", "handler", "refused"),
    [
        ("rhel-10", "", "crun", False),
        ("rhel-10", "crun", "crun", False),
        ("rhel-10", "runc", "runc", True),
        ("rhel-10-coreos", "runc", "runc", True),
        ("rhel-9", "runc", "runc", False),
        ("rhel-100", "runc", "runc", False),
        ("", "runc", "runc", False),
        ("rhel-9", "", "", False),
    ],
)
@pytest.mark.parametrize("drop_in_file", [True, False])
def test_rhel_10_has_no_runc(stream: str, default_runtime: str, handler: str, refused: bool, drop_in_file: bool) -> None:
    worker = pool("worker", **{"pools.operator.machineconfiguration.openshift.io/worker": ""})
    worker["spec"]["osImageStream"] = {"name": stream}
    selector = {"matchLabels": {"pools.operator.machineconfiguration.openshift.io/worker": ""}}
    spec = {"machineConfigPoolSelector": selector, "containerRuntimeConfig": {"defaultRuntime": default_runtime}}
    setting = f'[crio.runtime]\ndefault_runtime = "{default_runtime}"\n' if default_runtime else ""
    of_file = drop_in("d", "worker", setting, "/etc/crio/crio.conf.d/99-runtime")
    config = of_file if drop_in_file else {"kind": "ContainerRuntimeConfig", "metadata": {"name": "runtime"}, "spec": spec}
    (found,) = (each for each in node_pools([worker, config]) if each.name == "worker")
    assert (found.default_handler, found.lacks_runtime) == (handler, refused)


def test_new_nodes_run_crun_since_openshift_4_18() -> None:
    pod = {"spec": {"runtimeClassName": "vm"}}
    kata = {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "vm"}, "handler": "kata"}
    assert Cluster.openshift("4.17").runtimes({}) == ("runc",)
    assert Cluster.openshift("4.18").runtimes({}) == ("crun",)
    assert Cluster.kubernetes("1.33").runtimes({}) == ("runc",)
    # Nothing is known of other runtimes. A RuntimeClass that the input lacks may have any handler.
    assert Cluster.openshift("4.18", [kata]).runtimes(pod) == ()
    assert Cluster.openshift("4.18").runtimes(pod) == ("crun",)


def test_a_pool_that_is_not_rolled_out_is_told() -> None:
    pool_and_config = """\
apiVersion: machineconfiguration.openshift.io/v1
kind: MachineConfigPool
metadata: {name: worker, labels: {pools.operator.machineconfiguration.openshift.io/worker: ""}}
spec: {osImageStream: {name: STREAM}, machineConfigSelector: {matchLabels: {machineconfiguration.openshift.io/role: worker}}}
---
apiVersion: machineconfiguration.openshift.io/v1
kind: ContainerRuntimeConfig
metadata: {name: runc}
spec:
  machineConfigPoolSelector: {matchLabels: {pools.operator.machineconfiguration.openshift.io/worker: ""}}
  containerRuntimeConfig: {defaultRuntime: runc}
"""
    refused = lint_text(pool_and_config.replace("STREAM", "rhel-10"), "nodes.yaml").notices
    assert [
        "MachineConfigPool worker: the machine config operator does not roll it out" in notice.message for notice in refused
    ] == [True]
    assert lint_text(pool_and_config.replace("STREAM", "rhel-9"), "nodes.yaml").notices == ()
