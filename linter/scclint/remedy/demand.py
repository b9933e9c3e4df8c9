"""What the pods of a service account ask of an SCC, and the SCC that allows just that."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from scclint.admission.pod import AdmissionPod, containers
from scclint.admission.seccomp import to_annotation
from scclint.admission.sysctl import safe
from scclint.admission.volumes import source_of
from scclint.cluster import Cluster
from scclint.finding import Path
from scclint.objects.types import Workload
from scclint.platform.releases import USER_NAMESPACE_LEVEL
from scclint.platform.terms import RESTRICTED
from scclint.record import record
from scclint.text import field_path, plain
from scclint.yaml.untyped import value_at

DEFAULT_PROFILE = "runtime/default"
_OF_ROOT = ("/dev/", "/etc/cni/", "/etc/kubernetes/", "/root/", "/run/", "/var/lib/", "/var/log/", "/var/run/")
"""The beginnings of host paths that only root may read."""

Object = dict[str, Any]


@record
class AskingPod:
    """A pod as it reaches SCC admission, without a required SCC, and the workload that creates it."""

    workload: Workload
    data: Object


class Demand:
    """What pods ask of an SCC. `reasons` name who asks, by the path in the SCC; an item of a list counts by its value."""

    def __init__(self, cluster: Cluster, pods: Sequence[AskingPod]) -> None:
        self._cluster = cluster
        self._pods = pods
        self.reasons: dict[Path, str] = {}
        self.notes: list[str] = []

    def scc(self, name: str) -> Object:
        """The SCC that allows what the pods ask for, with its fields in the order of the API."""
        restricted = self._cluster.sccs.get(RESTRICTED)
        privileged = self._flag("allowPrivilegedContainer", self._containers("privileged"))
        capabilities = self._capabilities()
        drops = [] if {"ALL", "*"} & set(capabilities) else ["ALL"]
        if drops and capabilities[1:]:
            self.notes.append(
                "check that the programs need no other capability, such as CHOWN or SETUID: this SCC drops all others"
            )
        escalation = self._escalation()
        scc: Object = {
            "apiVersion": "security.openshift.io/v1",
            "kind": "SecurityContextConstraints",
            "metadata": {"name": name},
            "allowPrivilegedContainer": privileged,
            "requiredDropCapabilities": drops,
            "allowedCapabilities": capabilities,
            "allowHostDirVolumePlugin": self._host_paths(),
            "volumes": self._volumes(restricted.volumes if restricted else ()),
            "allowHostNetwork": self._flag("allowHostNetwork", self._spec("hostNetwork")),
            "allowHostPorts": self._flag("allowHostPorts", self._host_ports()),
            "allowHostPID": self._flag("allowHostPID", self._spec("hostPID")),
            "allowHostIPC": self._flag("allowHostIPC", self._spec("hostIPC")),
            "allowPrivilegeEscalation": escalation,
            "seLinuxContext": self._se_linux(),
            "runAsUser": self._user(),
            "supplementalGroups": self._group("supplementalGroups"),
            "fsGroup": self._group("fsGroup"),
            "readOnlyRootFilesystem": all(c.get("readOnlyRootFilesystem") is True for _, _, c in self._each()),
            "seccompProfiles": self._profiles(),
        }
        if drivers := self._drivers():
            scc["allowedFlexVolumes"] = drivers
        if sysctls := self._sysctls():
            scc["allowedUnsafeSysctls"] = sysctls
        hidden = [pod.data["spec"].get("hostUsers") for pod in self._pods]
        if USER_NAMESPACE_LEVEL.holds(self._cluster.scc_fields) and all(value is False for value in hidden):
            scc["userNamespaceLevel"] = "RequirePodLevel"
        return scc

    def _at(self, pod: AskingPod, path: Path, value: Any) -> str:
        return f"{pod.workload.kind} {pod.workload.name}: {field_path(path)}: {plain(value)}"

    def _flag(self, field: str, reasons: Iterable[str]) -> bool:
        why = next(iter(reasons), "")
        if why:
            self.reasons[field,] = why
        return bool(why)

    def _spec(self, field: str) -> Iterator[str]:
        return (self._at(pod, ("spec", field), True) for pod in self._pods if pod.data["spec"].get(field) is True)

    def _each(self) -> Iterator[tuple[AskingPod, Path, Mapping[str, Any]]]:
        """Every container with its security context, the path of which is given."""
        for pod in self._pods:
            for field, index, container in containers(pod.data["spec"]):
                yield pod, ("spec", field, index, "securityContext"), container.get("securityContext") or {}

    def _containers(self, field: str) -> Iterator[str]:
        return (self._at(pod, (*at, field), True) for pod, at, context in self._each() if context.get(field) is True)

    def _escalation(self) -> bool:
        by_capability = (
            self._at(pod, (*at, "capabilities", "add"), "CAP_SYS_ADMIN")
            for pod, at, context in self._each()
            if "CAP_SYS_ADMIN" in ((context.get("capabilities") or {}).get("add") or ())
        )
        reasons = (*self._containers("allowPrivilegeEscalation"), *self._containers("privileged"), *by_capability)
        return self._flag("allowPrivilegeEscalation", reasons)

    def _names(self, field: str, demands: Iterable[tuple[str, str]], base: Iterable[str] = ()) -> list[str]:
        """The names of `base`, and those asked for with the first reason for each."""
        names = list(base)
        for name, why in demands:
            if name not in names:
                names.append(name)
                self.reasons[field, name] = why
        return names

    def _capabilities(self) -> list[str]:
        demands = (
            (name, self._at(pod, (*at, "capabilities", "add"), name))
            for pod, at, context in self._each()
            for name in (context.get("capabilities") or {}).get("add") or ()
        )
        names = self._names("allowedCapabilities", demands)
        return ["NET_BIND_SERVICE", *(name for name in names if name != "NET_BIND_SERVICE")]

    def _host_paths(self) -> bool:
        reasons = (
            self._at(pod, ("spec", "volumes", index, "hostPath", "path"), (volume["hostPath"] or {}).get("path"))
            for pod in self._pods
            for index, volume in enumerate(pod.data["spec"].get("volumes") or ())
            if volume.get("hostPath") is not None
        )
        allowed = self._flag("allowHostDirVolumePlugin", reasons)
        if allowed:
            self.notes.append("check that the SELinux label and the user of the containers may access the host paths")
        return allowed

    def _volumes(self, base: Iterable[str]) -> list[str]:
        demands = (
            (kind, f"{pod.workload.kind} {pod.workload.name}: {field_path(('spec', 'volumes', index, field))}")
            for pod in self._pods
            for index, volume in enumerate(pod.data["spec"].get("volumes") or ())
            for field, kind in (source_of(volume),)
        )
        return sorted(self._names("volumes", demands, base))

    def _drivers(self) -> list[dict[str, str]]:
        volumes = (volume for pod in self._pods for volume in pod.data["spec"].get("volumes") or ())
        drivers = dict.fromkeys((volume.get("flexVolume") or {}).get("driver") for volume in volumes)
        return [{"driver": driver} for driver in drivers if driver]

    def _host_ports(self) -> Iterator[str]:
        for pod in self._pods:
            for port in AdmissionPod(pod.data).host_ports:
                yield self._at(pod, port.path, port.port)

    def _sysctls(self) -> list[str]:
        demands = (
            (str(sysctl.get("name")), self._at(pod, ("spec", "securityContext", "sysctls", index, "name"), sysctl.get("name")))
            for pod in self._pods
            for index, sysctl in enumerate((pod.data["spec"].get("securityContext") or {}).get("sysctls") or ())
        )
        safe_names = safe(self._cluster.kubernetes_minor)
        unsafe = {name: why for name, why in demands if name not in safe_names}
        for name in (name for name in unsafe if "/" in name):
            self.notes.append(
                f"write {name.replace('/', '.')} instead of {name} in the pods if you can: an SCC cannot name a sysctl with slashes, "
                f"so this one allows {_sysctl_pattern(name)}"
            )
        return self._names("allowedUnsafeSysctls", ((_sysctl_pattern(name), why) for name, why in unsafe.items()))

    def _se_linux(self) -> Object:
        demands = [
            (self._at(pod, (*at, "seLinuxOptions"), options), options)
            for pod, at, context in self._contexts()
            if (options := context.get("seLinuxOptions"))
        ]
        if not demands:
            return {"type": "MustRunAs"}
        self.reasons["seLinuxContext",], first = demands[0]
        if first.get("level") and all(options == first for _, options in demands):
            return {"type": "MustRunAs", "seLinuxOptions": dict(first)}
        self.notes.append(
            "remove seLinuxOptions from the pods if you can: without a level of their own, only RunAsAny allows them"
        )
        return {"type": "RunAsAny"}

    def _contexts(self) -> Iterator[tuple[AskingPod, Path, Mapping[str, Any]]]:
        for pod in self._pods:
            yield pod, ("spec", "securityContext"), pod.data["spec"].get("securityContext") or {}
        yield from self._each()

    def _user(self) -> Object:
        ids: dict[int, str] = {}
        unset = []
        root = ""
        for pod, at, context in self._each():
            pod_context = pod.data["spec"].get("securityContext") or {}
            holder, where = (
                (context, at) if context.get("runAsUser") is not None else (pod_context, ("spec", "securityContext"))
            )
            user = holder.get("runAsUser")
            if user is None:
                unset.append(context.get("runAsNonRoot", pod_context.get("runAsNonRoot")) is True)
                added = [name for name in (context.get("capabilities") or {}).get("add") or () if name != "NET_BIND_SERVICE"]
                needs = [((*at, "privileged"), True)] if context.get("privileged") else []
                needs += [((*at, "capabilities", "add"), name) for name in added]
                needs += _paths_of_root(pod.data["spec"], value_at(pod.data, at[:-1]))
                if needs and not (root or unset[-1]):
                    root = self._at(pod, *needs[0])
            else:
                ids.setdefault(user, self._at(pod, (*where, "runAsUser"), user))
        if root:
            # The image usually runs as root. Another user does not limit a privileged container, and cannot use added capabilities
            # or what belongs to root.
            self.reasons["runAsUser",] = root
            return {"type": "RunAsAny"}
        if not ids:
            return {"type": "MustRunAsRange"}
        self.reasons["runAsUser",] = next(iter(ids.values()))
        if unset and all(unset) and 0 not in ids:
            return {"type": "MustRunAsNonRoot"}
        return {"type": "MustRunAsRange", "uidRangeMin": min(ids), "uidRangeMax": max(ids)}

    def _group(self, field: str) -> Object:
        ids: dict[int, str] = {}
        for pod in self._pods:
            value = (pod.data["spec"].get("securityContext") or {}).get(field)
            if value == []:
                self.reasons[field,] = self._at(pod, ("spec", "securityContext", field), value)
                self.notes.append(f"remove {field}: [] from the pods if you can: only RunAsAny allows an empty list")
                return {"type": "RunAsAny"}
            groups = [] if value is None else [value]
            for group in value if isinstance(value, list) else groups:
                ids.setdefault(group, self._at(pod, ("spec", "securityContext", field), group))
        if not ids:
            return {"type": "MustRunAs"}
        self.reasons[field,] = next(iter(ids.values()))
        return {"type": "MustRunAs", "ranges": [{"min": min(ids), "max": max(ids)}]}

    def _profiles(self) -> list[str]:
        demands = (
            (entry, self._at(pod, (*at, "seccompProfile", "type"), profile.get("type")))
            for pod, at, context in self._contexts()
            if (entry := to_annotation(profile := context.get("seccompProfile") or {}))
        )
        return self._names("seccompProfiles", demands, [DEFAULT_PROFILE])


def _paths_of_root(spec: Object, container: Object) -> Iterator[tuple[Path, Any]]:
    """Yield the host paths that a container writes to, or that only root may read, each after its place."""
    for index, volume in enumerate(spec.get("volumes") or ()):
        path = (volume.get("hostPath") or {}).get("path") or ""
        mounts = [mount for mount in container.get("volumeMounts") or () if mount.get("name") == volume.get("name")]
        if path and any(f"{path}/".startswith(_OF_ROOT) or mount.get("readOnly") is not True for mount in mounts):
            yield ("spec", "volumes", index, "hostPath", "path"), path


def _sysctl_pattern(name: str) -> str:
    """Return what `allowedUnsafeSysctls` needs for a sysctl: the part before the first slash as a prefix, since the API rejects slashes."""
    first, slash, _ = name.partition("/")
    return f"{first}*" if slash else name
