"""Objects that configure nodes: MachineConfigs and their pools, objects of the Security Profiles Operator, and files of seccomp
profiles.
"""

from collections.abc import Mapping
from typing import Any

from scclint.model.object import ApiObject
from scclint.untyped import as_text, mappings


class ProfileSource(ApiObject):
    """Anything that may hold seccomp profiles: a SeccompProfile, a MachineConfig, a profile file."""


class SeccompProfile(ProfileSource):
    """security-profiles-operator.x-k8s.io, v1beta1 and v1: the operator writes its spec to every node."""


class MachineConfig(ProfileSource):
    """machineconfiguration.openshift.io/v1: files for the nodes of a pool, profiles and CRI-O's configuration among them."""


class SeccompProfileFile(ProfileSource):
    """A seccomp profile as a file on a node: JSON in the form of OCI or of containers-common. It has no kind."""

    @property
    def named(self) -> str:
        return "the seccomp profile"


class KubeletConfig(ApiObject):
    """machineconfiguration.openshift.io/v1: the kubelet's configuration for the pools it selects."""


class ContainerRuntimeConfig(ApiObject):
    """machineconfiguration.openshift.io/v1: CRI-O's configuration for the pools it selects, its container runtime among it."""


class MachineConfigPool(ApiObject):
    """machineconfiguration.openshift.io/v1: a group of nodes that share their configuration."""


class RuntimeClass(ApiObject):
    """node.k8s.io/v1: the runtime handler of the pods that name the class."""


class ProfileBinding(ApiObject):
    """security-profiles-operator.x-k8s.io: gives containers of an image a SeccompProfile."""


def is_profile(data: Mapping[str, Any]) -> bool:
    """Whether a mapping without a kind is meant as a seccomp profile, well-formed or not."""
    actions = [data.get("defaultAction"), *(rule.get("action") for rule in mappings(data.get("syscalls")))]
    return any(as_text(action).startswith("SCMP_") for action in actions)
