"""The denial texts that differ between releases: the paths of fields, and how a value is printed.

Sources: `sccmatching/provider.go`, `seccomp` and `sysctl` of openshift/apiserver-library-go as the kube-apiserver of each release
vendors them, and `field.Error` of k8s.io/apimachinery.
"""

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple


class Wording(NamedTuple):
    """How one release names fields and prints values. `{}` in a path is the 0-based index.

    `host_fields` stands before hostNetwork, hostPID, hostIPC and hostUsers of the pod, and `metadata` before its annotations.
    `volume_lead` says that the SCC's provider is named before a volume's path. `null` is an absent value, and `ids` prints a
    list of group IDs.
    """

    host_fields: str
    metadata: str
    sysctl: str
    volume: str
    volume_lead: bool
    flex_volume_driver: str
    null: str
    ids: Callable[[Sequence[int]], str]


def go_ids(ids: Sequence[int]) -> str:
    """Group IDs in Go syntax: `[]int64{1, 2}`."""
    return f"[]int64{{{', '.join(map(str, ids))}}}"


def json_ids(ids: Sequence[int]) -> str:
    """Group IDs as JSON: `[1,2]`."""
    return json.dumps(list(ids), separators=(",", ":"))


OPENSHIFT_4_11 = Wording(
    host_fields=".spec.securityContext",
    metadata="pod.metadata",
    sysctl="pod.spec.securityContext.sysctls[{}]",
    volume="spec.volumes[{}]",
    volume_lead=False,
    flex_volume_driver=".spec.securityContext.volumes[{}].driver",
    null='"null"',
    ids=go_ids,
)
# Kubernetes 1.34 prints values as JSON.
OPENSHIFT_4_21 = OPENSHIFT_4_11._replace(null="null", ids=json_ids)
OPENSHIFT_4_22 = OPENSHIFT_4_21._replace(
    host_fields=".spec",
    metadata="metadata",
    sysctl="spec.securityContext.sysctls[{}]",
    volume=".spec.volumes[{}]",
    volume_lead=True,
    flex_volume_driver=".spec.volumes[{}].flexVolume.driver",
)
_SINCE = ((22, OPENSHIFT_4_22), (21, OPENSHIFT_4_21), (0, OPENSHIFT_4_11))


@cache
def wording_of(release: int) -> Wording:
    """Return the wording of OpenShift 4.`release`."""
    return next(wording for since, wording in _SINCE if release >= since)
