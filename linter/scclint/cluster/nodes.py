"""Node pools of OpenShift as far as they bear on seccomp: the kubelet's default, CRI-O's own profiles, and who lands there.

From KubeletConfig, ContainerRuntimeConfig, MachineConfigPool and MachineConfig objects. Pools that the input lacks but every
cluster has, `master` and `worker`, are taken as installed. Node labels other than roles are not in manifests: a selector on them
excludes no pool.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator

from scclint.limits import MAX_TOML_KEY
from scclint.objects.ignition import MACHINE_CONFIG, ROLE_LABEL, files_of
from scclint.platform.labels import labels_of, meets, selects
from scclint.platform.releases import HANDLER_SECCOMP_PROFILES, PRIVILEGED_SECCOMP_PROFILE, RUNTIMES, SECCOMP_DEFAULT_SETTING
from scclint.platform.terms import POOL_LABELS
from scclint.record import grouped, record, replace
from scclint.yaml.untyped import Object, as_mapping, as_text, mappings

_KEY_PART = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')"""
_LONG_KEY = re.compile(rf"(?<![A-Za-z0-9_-]){_KEY_PART}(?:[ \t]*+\.[ \t]*+{_KEY_PART}){{{MAX_TOML_KEY}}}")
"""A dotted key with more parts than `tomllib` can read quickly."""
_ROLE = "node-role.kubernetes.io/"
_BUILT_IN = "machineconfiguration.openshift.io/mco-built-in"


@record
class Taint:
    """A taint that keeps pods away which do not tolerate it: `NoSchedule` or `NoExecute`."""

    key: str
    value: str
    effect: str


_INSTALLED_TAINTS = {"master": (Taint(f"{_ROLE}master", "", "NoSchedule"),)}
"""Of pools, those that their nodes are installed with."""


_RHEL_10 = r"rhel-10(?![0-9])"
"""The beginning of the name of an operating system stream of RHEL 10."""

_RUNTIME_DROP_IN = "/etc/crio/crio.conf.d/01-ctrcfg-defaultRuntime"
"""The file that the machine config operator makes of `defaultRuntime` of a ContainerRuntimeConfig."""


@record
class NodePool:
    """A MachineConfigPool.

    `roles` are the role labels its nodes surely have, `labels` the other ones. `seccomp_default` is the kubelet's, None where
    KubeletConfigs disagree; `decided_by` names the KubeletConfigs that set it. `seccomp_profile` and
    `privileged_seccomp_profile` are CRI-O's, as paths on the node, empty where not set. `handler_profiles` are the paths that
    CRI-O has for the pods of single runtime handlers, and `default_handler` is the handler of the pods without a RuntimeClass, empty for the
    installed one. `lacks_runtime`: the machine config operator does not roll the pool out, because it asks for RHEL 10, which has no runc,
    and for runc.
    """

    name: str
    roles: frozenset[str]
    taints: tuple[Taint, ...] = ()
    seccomp_default: bool | None = False
    decided_by: tuple[str, ...] = ()
    seccomp_profile: str = ""
    privileged_seccomp_profile: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    handler_profiles: tuple[tuple[str, str], ...] = ()
    default_handler: str = ""
    lacks_runtime: bool = False

    def takes(self, role: str) -> bool:
        """Return whether MachineConfigs of a role apply to its nodes: those of the role, and those of workers except for the control plane."""
        return role in ("", self.name) or (role == "worker" and "worker" in self.roles)


def node_pools(objects: Iterable[Object]) -> tuple[NodePool, ...]:
    """The pools of a cluster with these objects, by name."""
    objects = sorted(objects, key=_name)
    configs = [o for o in objects if o.get("kind") == "KubeletConfig"]
    machine_configs = [o for o in objects if o.get("kind") == MACHINE_CONFIG]
    runtimes = [o for o in objects if o.get("kind") == "ContainerRuntimeConfig"]
    pools = _pool_objects(objects)
    worker = next(pool for pool in pools if _name(pool) == "worker")
    return tuple(_pool(pool, worker, configs, machine_configs, runtimes) for pool in pools)


def pools_of_release(objects: Iterable[Object], minor: int) -> tuple[NodePool, ...]:
    """The pools of the OpenShift release with Kubernetes 1.`minor`, by name, with the settings that this release has.

    Up to 4.11 the kubelet's feature gate, which a KubeletConfig cannot set, keeps seccompDefault off; CRI-O has
    `privileged_seccomp_profile` from 1.33 (4.20) on, and profiles of runtime handlers from 1.34 (4.21) on. If a KubeletConfig turns
    seccompDefault on for a pool that is not among the objects, a pool with the name of the KubeletConfig is added.
    """
    objects = list(objects)
    pools = [*node_pools(objects)]
    if not SECCOMP_DEFAULT_SETTING.holds(minor):
        pools = [replace(pool, seccomp_default=False, decided_by=()) for pool in pools]
    else:
        for name in _stray(objects):
            pools.append(NodePool(f"the pool of KubeletConfig {name}", frozenset({"worker"}), (), True, (name,)))
    if not PRIVILEGED_SECCOMP_PROFILE.holds(minor):
        pools = [replace(pool, privileged_seccomp_profile="") for pool in pools]
    if not HANDLER_SECCOMP_PROFILES.holds(minor):
        pools = [replace(pool, handler_profiles=()) for pool in pools]
    return tuple(pools)


def possible_pools(pod: Object, pools: tuple[NodePool, ...]) -> tuple[NodePool, ...]:
    """Return the same as `pools_for`, but never empty: nodes without a known pool belong to the installed workers."""
    matches = pools_for(pod, pools)
    return matches or tuple(pool for pool in pools if pool.name == "worker") or pools


def pools_for(pod: Object, pools: Iterable[NodePool]) -> tuple[NodePool, ...]:
    """The pools on whose nodes a pod (a v1 Pod, or anything with its `spec`) can land, as far as that is known."""
    spec = as_mapping(pod.get("spec"))
    return tuple(pool for pool in pools if _selectable(spec, pool) and _tolerated(spec.get("tolerations"), pool.taints))


def _stray(objects: list[Object]) -> list[str]:
    """The names of the KubeletConfigs that turn seccompDefault on and whose selector matches no known pool."""
    pools = _pool_objects(objects)
    configs = [o for o in objects if o.get("kind") == "KubeletConfig" and _kubelet(o).get("seccompDefault") is True]
    return sorted(_name(c) for c in configs if _asks(c) and not any(_selects(c, pool) for pool in pools))


def _pool_objects(objects: list[Object]) -> list[Object]:
    """The MachineConfigPools by name, the built-in ones added where the input lacks them."""
    pools = {_name(o): o for o in objects if o.get("kind") == "MachineConfigPool"}
    for role in ("master", "worker"):
        labels = {_BUILT_IN: "", f"{POOL_LABELS}{role}": ""}
        selector = {"matchLabels": {f"{_ROLE}{role}": ""}}
        spec = {"nodeSelector": selector, "machineConfigSelector": {"matchLabels": {ROLE_LABEL: role}}}
        pools.setdefault(role, {"kind": "MachineConfigPool", "metadata": {"name": role, "labels": labels}, "spec": spec})
    return [pools[name] for name in sorted(pools)]


def _pool(
    pool: Object, worker: Object, configs: list[Object], machine_configs: list[Object], runtimes: list[Object]
) -> NodePool:
    """`worker` is the pool of the workers. The KubeletConfigs, MachineConfigs and ContainerRuntimeConfigs are sorted by name."""
    name = _name(pool)
    selector = as_mapping(as_mapping(pool.get("spec")).get("machineConfigSelector")) or {"matchLabels": {ROLE_LABEL: name}}
    # The MachineConfigs of the workers apply to the pool, and the operator makes one of each of their configurations.
    inherits = selects(selector, {ROLE_LABEL: "worker"})
    kubelet_configs = [c for c in configs if _selects(c, pool)] or [c for c in configs if inherits and _selects(c, worker)]
    runtimes = [c for c in runtimes if _selects(c, pool)] or [c for c in runtimes if inherits and _selects(c, worker)]
    wanted = [
        as_text(as_mapping(as_mapping(c.get("spec")).get("containerRuntimeConfig")).get("defaultRuntime")) for c in runtimes
    ]
    decided = {_name(c): value for c in kubelet_configs if isinstance(value := _kubelet(c).get("seccompDefault"), bool)}
    values = {*decided.values(), *([False] if decided and len(decided) < len(kubelet_configs) else [])}
    configured = next((runtime for runtime in reversed(wanted) if runtime), "")
    rhel_10 = _has_rhel_10(pool)
    crio, handlers = _crio_settings((c for c in machine_configs if selects(selector, labels_of(c))), configured)
    return NodePool(
        name,
        _roles(pool),
        (*_INSTALLED_TAINTS.get(name, ()), *_taints(kubelet_configs)),
        None if len(values) > 1 else True in values,
        tuple(decided),
        crio.get("seccomp_profile", ""),
        crio.get("privileged_seccomp_profile", ""),
        tuple(_other_labels(pool)),
        tuple((handler, path) for handler, path in sorted(handlers.items()) if path),
        crio.get("default_runtime", "crun" if rhel_10 else ""),
        rhel_10 and crio.get("default_runtime") == "runc",
    )


def _has_rhel_10(pool: Object) -> bool:
    """Return whether a pool asks for RHEL 10, which has crun and no runc.

    Source: openshift/enhancements, machine-config/block-runc-on-rhcos10-upgrade.md. The streams are called rhel-9 and rhel-10.
    """
    stream = as_text(as_mapping(as_mapping(pool.get("spec")).get("osImageStream")).get("name"))
    return re.match(_RHEL_10, stream) is not None


def _selects(config: Object, pool: Object) -> bool:
    """Whether a KubeletConfig or ContainerRuntimeConfig is for a pool. A selector that asks for nothing selects nothing, as in the operator."""
    return _asks(config) and selects(_selector(config), labels_of(pool))


def _asks(config: Object) -> bool:
    return bool(_selector(config).get("matchLabels") or _selector(config).get("matchExpressions"))


def _selector(config: Object) -> Object:
    return as_mapping(as_mapping(config.get("spec")).get("machineConfigPoolSelector"))


def _roles(pool: Object) -> frozenset[str]:
    selector = as_mapping(as_mapping(pool.get("spec")).get("nodeSelector"))
    keys = [*as_mapping(selector.get("matchLabels"))]
    keys += [str(e.get("key")) for e in mappings(selector.get("matchExpressions")) if e.get("operator") in ("In", "Exists")]
    roles = {key.removeprefix(_ROLE) for key in keys if key.startswith(_ROLE)} or {_name(pool)}
    if "master" in roles:
        return frozenset(roles | {"control-plane"})
    return frozenset(roles | {"worker"})


def _other_labels(pool: Object) -> Iterator[tuple[str, str]]:
    selector = as_mapping(as_mapping(pool.get("spec")).get("nodeSelector"))
    labels = sorted(as_mapping(selector.get("matchLabels")).items())
    return ((key, str(value)) for key, value in labels if not key.startswith(_ROLE))


def _taints(configs: Iterable[Object]) -> Iterator[Taint]:
    """Those that KubeletConfigs register nodes with."""
    for config in configs:
        for taint in mappings(_kubelet(config).get("registerWithTaints")):
            if taint.get("effect") in ("NoSchedule", "NoExecute"):
                yield Taint(str(taint.get("key", "")), str(taint.get("value") or ""), taint["effect"])


def _crio_settings(machine_configs: Iterable[Object], default_runtime: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the settings of `[crio.runtime]` that are set, and the `seccomp_profile` of each runtime handler, empty where not set.

    Files are merged as CRI-O does: crio.conf, then the drop-ins by file name, the last one wins. The last file with a table for a
    runtime handler replaces the whole table. `default_runtime` is that of a ContainerRuntimeConfig, empty without one.
    """
    files = (
        {_RUNTIME_DROP_IN: f'[crio.runtime]\ndefault_runtime = "{default_runtime}"\n'} if default_runtime in RUNTIMES else {}
    )
    for config in machine_configs:
        for file in files_of(config, "/etc/crio/crio.conf"):
            drop_in = file.path.startswith("/etc/crio/crio.conf.d/") or file.path == "/etc/crio/crio.conf"
            if drop_in and file.text is not None:
                files[file.path] = file.text
    settings: dict[str, str] = {}
    handlers: dict[str, str] = {}
    for path in sorted(files):
        runtime = _crio_runtime(files[path])
        keys = ("seccomp_profile", "privileged_seccomp_profile", "default_runtime")
        settings.update({key: runtime[key] for key in keys if isinstance(runtime.get(key), str)})
        tables = as_mapping(runtime.get("runtimes")).items()
        handlers.update({name: as_text(as_mapping(table).get("seccomp_profile")) for name, table in tables})
    return settings, handlers


def _crio_runtime(text: str) -> Object:
    """Return the table `crio.runtime` of a file in TOML; empty if the file cannot be read."""
    if _LONG_KEY.search(text):
        return {}
    try:
        return as_mapping(as_mapping(tomllib.loads(text).get("crio")).get("runtime"))
    except (ValueError, RecursionError):
        return {}


def _selectable(spec: Object, pool: NodePool) -> bool:
    wanted = as_mapping(spec.get("nodeSelector"))
    if any(_impossible({"key": key, "operator": "In", "values": [value]}, pool) for key, value in wanted.items()):
        return False
    affinity = as_mapping(as_mapping(spec.get("affinity")).get("nodeAffinity"))
    terms = as_mapping(affinity.get("requiredDuringSchedulingIgnoredDuringExecution")).get("nodeSelectorTerms")
    possible = (not any(_impossible(e, pool) for e in mappings(term.get("matchExpressions"))) for term in mappings(terms))
    return not mappings(terms) or any(possible)


def _impossible(expression: Object, pool: NodePool) -> bool:
    """Return whether no node of the pool can meet a requirement. This is known for roles, the operating system and the labels
    by which the pool selects its nodes. It is not known for other labels, and then the result is False.

    Role labels are taken to have the empty value they are set with; only a pool's own roles are known to be absent elsewhere.
    """
    key = str(expression.get("key", ""))
    if key == "kubernetes.io/os":
        return not meets({key: "linux"}, expression)
    if key in (labels := dict(pool.labels)):
        return not meets(labels, expression)
    if not key.startswith(_ROLE):
        return False
    role = key.removeprefix(_ROLE)
    return not meets({key: ""} if role in pool.roles else {}, expression)


def _tolerated(tolerations: object, taints: Iterable[Taint]) -> bool:
    different = {repr(toleration): toleration for toleration in mappings(tolerations)}.values()
    by_key = grouped((str(toleration.get("key") or ""), toleration) for toleration in different)
    return all(any(_tolerates(t, taint) for key in (taint.key, "") for t in by_key.get(key, ())) for taint in taints)


def _tolerates(toleration: Object, taint: Taint) -> bool:
    exists = toleration.get("operator") == "Exists"
    key = toleration.get("key") or ""
    if toleration.get("effect") not in (None, "", taint.effect) or not (key == taint.key or (not key and exists)):
        return False
    return exists or (toleration.get("value") or "") == taint.value


def _kubelet(config: Object) -> Object:
    return as_mapping(as_mapping(config.get("spec")).get("kubeletConfig"))


def _name(item: Object) -> str:
    return str(as_mapping(item.get("metadata")).get("name") or "")
