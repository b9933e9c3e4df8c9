"""The OpenShift releases that scclint knows, with the versions of Kubernetes and CRI-O in each.

OpenShift 4.23 and 5.0 are built from the same sources. Their Kubernetes version is that of the vendored kube-apiserver in
openshift/microshift; the minor version of CRI-O follows that of Kubernetes (cri-o/cri-o, release branches).

OpenShift 5.1 is a preview. In August 2026, the branch release-5.1 of openshift/microshift still had Kubernetes 1.36 and the feature gates of
5.0. That `SELinuxMount` is on by default there is announced (openshift/enhancements, `storage/selinuxmount-ga-block-upgrade.md`).
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from scclint.errors import UsageError


class Release(NamedTuple):
    """One release: its name (`4.20`) and the minor versions of Kubernetes and CRI-O in it (33 for 1.33).

    The release marked `default` is judged if none is asked for. `announced` are feature gates that are announced to be on by
    default, and that its sources do not have on yet: the release is a preview.
    """

    name: str
    kubernetes: int
    crio: int
    default: bool = False
    announced: tuple[str, ...] = ()


RELEASES: Mapping[str, Release] = MappingProxyType(
    {
        release.name: release
        for release in (
            Release("4.11", kubernetes=24, crio=24),
            Release("4.12", kubernetes=25, crio=25),
            Release("4.13", kubernetes=26, crio=26),
            Release("4.14", kubernetes=27, crio=27),
            Release("4.15", kubernetes=28, crio=28),
            Release("4.16", kubernetes=29, crio=29),
            Release("4.17", kubernetes=30, crio=30),
            Release("4.18", kubernetes=31, crio=31),
            Release("4.19", kubernetes=32, crio=32),
            Release("4.20", kubernetes=33, crio=33),
            Release("4.21", kubernetes=34, crio=34),
            Release("4.22", kubernetes=35, crio=35, default=True),
            Release("4.23", kubernetes=36, crio=36),
            Release("5.0", kubernetes=36, crio=36),
            Release("5.1", kubernetes=36, crio=36, announced=("SELinuxMount",)),
        )
    }
)
"""The releases by name, oldest first."""

DEFAULT = next(release.name for release in RELEASES.values() if release.default)
"""The name of the release that is judged if none is asked for."""

ORDER: Mapping[str, int] = MappingProxyType({name: index for index, name in enumerate(RELEASES)})
"""The position of each release in time, to compare two by."""


def is_within(release: str, since: str = "", until: str = "") -> bool:
    """Return whether a release is neither older than `since` nor newer than `until`; an empty bound is none."""
    at = ORDER[release]
    return (not since or ORDER[since] <= at) and (not until or at <= ORDER[until])


_MINORS = [release.kubernetes for release in RELEASES.values()]
KUBERNETES = tuple(f"1.{minor}" for minor in range(min(_MINORS), max(_MINORS) + 1))
"""The versions of Kubernetes that can be judged, oldest first."""

NEWEST_KUBERNETES = KUBERNETES[-1]


RUNTIMES = ("crun", "runc")
"""The container runtimes of OpenShift's nodes."""


def installed_runtime(minor: int, platform: str) -> str:
    """Return the container runtime of new nodes of a release with Kubernetes 1.`minor`.

    OpenShift installs crun since 4.18. A cluster that was upgraded to 4.18 has a MachineConfig that keeps runc.
    """
    return "crun" if CRUN.holds(minor) and platform != "kubernetes" else "runc"


def release_of(name: str) -> Release:
    """Return the release of a name (`4.20`). Raises UsageError for one that is not known."""
    if not isinstance(name, str):
        raise UsageError(f"a release is a text such as '4.20', and not the number {name!r}")
    if name not in RELEASES:
        raise UsageError(f"OpenShift {name!r} is not a release scclint knows. Use one of {', '.join(RELEASES)}.")
    return RELEASES[name]


def shown_release(name: str) -> str:
    """Return a release as people read it: `5.1 (planned)` for a preview. Another text is returned as it is."""
    return f"{name} (planned)" if name in RELEASES and RELEASES[name].announced else name


def minor_release(version: str) -> str:
    """Return the release that a version belongs to: `4.20` for `v4.20`, `4.20.3` and `4.20.0-rc.1`. Another text is returned as it is."""
    match = re.fullmatch(r"v?(\d+\.\d+)(?:\.\d[\w.+-]*)?", version, re.ASCII)
    return match[1] if match else version


def kubernetes_of(release: str) -> str:
    """Return the Kubernetes version of an OpenShift release: `1.33` for `4.20`. Raises UsageError."""
    return f"1.{release_of(release).kubernetes}"


def first_with_kubernetes(minor: int) -> str:
    """Return the oldest release with Kubernetes 1.`minor` or newer: `4.20` for 33. Returns the newest release if there is none."""
    return next((release.name for release in RELEASES.values() if release.kubernetes >= minor), [*RELEASES][-1])


def minor_of_kubernetes(version: str) -> int:
    """Return the minor of a Kubernetes version: 33 for `1.33`. Raises UsageError for a version that is not known."""
    if version not in KUBERNETES:
        raise UsageError(f"Kubernetes {version!r} is not a version scclint knows. Use {KUBERNETES[0]} to {KUBERNETES[-1]}.")
    return int(version.removeprefix("1."))


class Difference(NamedTuple):
    """What some releases do and others do not: from the Kubernetes minor `since` on, and up to the minor `until`.

    With the feature set TechPreviewNoUpgrade it begins with the minor `tech_preview`, if that is set.
    """

    since: int = 0
    until: int = 1 << 31
    tech_preview: int | None = None

    def holds(self, minor: int, *, tech_preview: bool = False) -> bool:
        """Return whether a release with Kubernetes 1.`minor` does it."""
        since = self.since if self.tech_preview is None or not tech_preview else self.tech_preview
        return since <= minor <= self.until


# Admission by SCC.
ANY_PROFILE_BESIDE_DEFAULT = Difference(until=24)
"""An SCC that allows RuntimeDefault allows every seccomp profile: OpenShift 4.11."""
SECCOMP_FIELDS_OF_ANNOTATIONS = Difference(since=26)
"""The plugin sets seccomp fields from the annotations, before validation: OpenShift 4.13."""
TEMPLATES_AS_ADMITTED = Difference(since=26)
"""Pod Security warns about a template as SCC admission changes it: OpenShift 4.13."""
REQUIRED_SCC_ANNOTATION = Difference(since=27)
"""The plugin reads the annotation `openshift.io/required-scc`: OpenShift 4.14."""
ANY_VOLUME_IS_ALSO_IMAGE = Difference(since=31)
"""In the volumes of an SCC without hostPath, `*` stands for image volumes too: OpenShift 4.18."""
SUBJECT_TYPE_ANNOTATION = Difference(since=33)
"""The plugin says in an annotation whose right it used: OpenShift 4.20."""
USER_NAMESPACE_LEVEL = Difference(since=33, tech_preview=32)
"""The CustomResourceDefinition of SCCs has `userNamespaceLevel`: OpenShift 4.20."""

# The kubelet.
KUBELET_PODS = Difference(since=33)
"""The kubelet asks for the right to `nodes/pods` for its list of pods (KubeletFineGrainedAuthz): OpenShift 4.20."""

# The API server.
SECCOMP_ANNOTATIONS = Difference(until=26)
"""The API server copies the deprecated seccomp annotations of pods to unset fields: OpenShift 4.13."""
APP_ARMOR_FIELDS = Difference(since=30)
"""Pods have fields for AppArmor, which follow the annotations: OpenShift 4.17."""
APP_ARMOR_ANNOTATIONS_OF_FIELDS = Difference(until=33)
"""The API server writes annotations for AppArmor fields: OpenShift 4.20."""
ADMISSION_POLICIES = Difference(since=30)
"""ValidatingAdmissionPolicy is served: OpenShift 4.17."""
MUTATING_POLICIES = Difference(since=36)
"""MutatingAdmissionPolicy is evaluated unless a gate is set: OpenShift 4.23."""
INLINE_CSI_KNOWN = Difference(since=31)
"""OpenShift's plugin for inline CSI volumes is known to decide as `scclint.podsecurity.csi` does: OpenShift 4.18."""

# Validation.
HOST_USERS = Difference(since=25)
"""`hostUsers: false` excludes namespaces of the host."""
HOST_PORTS_OF_TEMPLATES = Difference(until=27)
"""Pod templates on the host network get their host ports."""
ENVIRONMENT_NAMES_RELAXED = Difference(since=32)
"""The name of an environment variable may have nearly every character."""
TOLERATION_VALUE_PRINTED = Difference(since=32)
"""The value of a toleration that must have none is printed, and not all its fields."""
BYTES_MAY_NOT_BE_MORE = Difference(since=32)
"""The text of `field.TooLong` begins with `may not be more than`."""
ZERO_SLEEP = Difference(since=33)
"""The action `sleep` of a handler may last 0 seconds."""
MISSING_DRIVER_IS_INVALID = Difference(until=33)
"""A missing name of a CSI driver is also reported as an invalid one."""
JSON_IN_MESSAGES = Difference(since=34)
"""Messages print mappings as JSON, and the names of resources in quotes."""
TEMPLATES_OF_STATEFUL_SETS = Difference(since=34)
"""The pod template of a StatefulSet is validated."""
RESTART_RULES = Difference(since=34)
"""The restart policy of a regular container is not rejected: 1.34 drops it, and 1.35 accepts it."""
FILE_KEYS_NAMED = Difference(since=34)
"""The text about sources of environment variables names `fileKeyRef`."""
HOST_USERS_BY_FIELD = Difference(since=34)
"""The text about `hostUsers` names the field as users write it."""
RESOURCES_OF_WINDOWS_PODS = Difference(since=34)
"""A Windows pod may not set `resources`."""
OS_NAME_WITHOUT_REASON = Difference(since=35)
"""The text about a missing `os.name` has no reason."""
NO_DEVICES_WITHOUT_HOST_USERS = Difference(since=35)
"""`hostUsers: false` excludes `volumeDevices`."""

# Pod Security.
HYPERSHIFT_ENFORCES = Difference(since=32)
"""Hosted control planes look at the gate OpenShiftPodSecurityAdmission, and before never enforce: OpenShift 4.19."""
POD_SECURITY_ENFORCED = Difference(since=36, tech_preview=25)
"""The gate OpenShiftPodSecurityAdmission is on: OpenShift 4.23 and 5.0, with TechPreviewNoUpgrade 4.12, the first that has it."""
USER_NAMESPACES_GATE_ON = Difference(since=33, tech_preview=31)
"""OpenShift's feature sets have the gate UserNamespacesPodSecurityStandards on: OpenShift 4.20."""
USER_NAMESPACES_GATE = Difference(until=34)
"""The library has the gate UserNamespacesPodSecurityStandards."""
ENFORCED_IS_WARNED = Difference(since=26)
"""A level that a label enforces is also warned about: OpenShift 4.13."""
SELINUX_USER_WITHOUT_TYPE = Difference(since=26)
"""The library names the user and role of `seLinuxOptions` without a wrong type: OpenShift 4.13."""
GO_UNICODE_15 = Difference(since=29)
"""The API server is built with Unicode 15: OpenShift 4.16."""
IMAGE_VOLUMES_RESTRICTED = Difference(since=33)
"""The level `restricted` allows image volumes: OpenShift 4.20."""
SYNCER_IGNORES_HOME = Difference(until=24)
"""The syncer does not take the namespace of a RoleBinding for a service account that names none: OpenShift 4.11."""
SYNCER_LEAVES_OWNED = Difference(since=27)
"""The syncer leaves a label alone that another field manager owns: OpenShift 4.14."""
PRIVILEGED_IS_FORCED = Difference(since=27)
"""A controller forces `privileged` on three namespaces: OpenShift 4.14."""
SYNCER_WRITES_LATEST = Difference(since=30)
"""The syncer writes the policy version `latest`, and before `v1.24`: OpenShift 4.17."""

# Nodes.
SECCOMP_DEFAULT_SETTING = Difference(since=25)
"""A KubeletConfig can set `seccompDefault`, whose feature gate is off before: OpenShift 4.12."""
PRIVILEGED_SECCOMP_PROFILE = Difference(since=33)
"""CRI-O has `privileged_seccomp_profile`: OpenShift 4.20."""
HANDLER_SECCOMP_PROFILES = Difference(since=34)
"""CRI-O has seccomp profiles of runtime handlers: OpenShift 4.21."""
GIT_REPO_VOLUMES = Difference(until=32)
"""The kubelet mounts gitRepo volumes: OpenShift 4.19."""
GIT_REPO_GATE = Difference(until=35)
"""The gate GitRepoVolumeDriver can be switched on: OpenShift 4.22."""
ONE_POD_VOLUME_LABELS = Difference(since=28)
"""Volumes that one pod may use are mounted with its SELinux label: OpenShift 4.15."""
CRUN = Difference(since=31)
"""New nodes have crun: OpenShift 4.18."""
