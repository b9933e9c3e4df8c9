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
    return "crun" if minor >= 31 and platform != "kubernetes" else "runc"


def release_of(name: str) -> Release:
    """Return the release of a name (`4.20`). Raises UsageError for one that is not known."""
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
