"""Denial texts as each release writes them: the paths of fields, and how values and text are printed.

Sources: `sccmatching/provider.go`, `seccomp` and `sysctl` of openshift/apiserver-library-go as the kube-apiserver of each release
vendors them, `field.Error` of k8s.io/apimachinery, and `strconv.Quote` of the Go version that each release is built with.
"""

from functools import cache
from typing import NamedTuple

from scclint.platform.go_text import quote


class Wording(NamedTuple):
    """How one release names fields and prints values. `{}` in a path is the 0-based index.

    `host_fields` is the prefix of hostNetwork, hostPID, hostIPC and hostUsers of the pod, and `metadata` of its annotations.
    `volume_names_scc` says that the SCC is named before a volume's path. `null` is an absent value. `ids` are the beginning,
    the separator and the end of a list of group IDs. `unicode` is the Unicode version that decides which characters are
    printed as they are.
    """

    host_fields: str
    metadata: str
    sysctl: str
    volume: str
    volume_names_scc: bool
    flex_volume_driver: str
    null: str
    ids: tuple[str, str, str]
    unicode: str

    def value(self, value: object) -> str:
        """Return a value as `field.Error` prints it: an absent one, a boolean, text, a list of group IDs, or a number."""
        match value:
            case None:
                return self.null
            case bool():
                return "true" if value else "false"
            case str():
                return self.quote(value)
            case tuple():
                begin, separator, end = self.ids
                return f"{begin}{separator.join(map(str, value))}{end}"
            case _:
                return str(value)

    def quote(self, text: str) -> str:
        """Return `text` as Go's `%q` verb prints it."""
        return quote(text, self.unicode)


OPENSHIFT_4_11 = Wording(
    host_fields=".spec.securityContext",
    metadata="pod.metadata",
    sysctl="pod.spec.securityContext.sysctls[{}]",
    volume="spec.volumes[{}]",
    volume_names_scc=False,
    flex_volume_driver=".spec.securityContext.volumes[{}].driver",
    null='"null"',
    ids=("[]int64{", ", ", "}"),
    unicode="13.0.0",
)
# Go 1.21.
OPENSHIFT_4_16 = OPENSHIFT_4_11._replace(unicode="15.0.0")
# Kubernetes 1.34 prints values as JSON.
OPENSHIFT_4_21 = OPENSHIFT_4_16._replace(null="null", ids=("[", ",", "]"))
OPENSHIFT_4_22 = OPENSHIFT_4_21._replace(
    host_fields=".spec",
    metadata="metadata",
    sysctl="spec.securityContext.sysctls[{}]",
    volume=".spec.volumes[{}]",
    volume_names_scc=True,
    flex_volume_driver=".spec.volumes[{}].flexVolume.driver",
)
_SINCE = ((35, OPENSHIFT_4_22), (34, OPENSHIFT_4_21), (29, OPENSHIFT_4_16), (0, OPENSHIFT_4_11))
"""By the Kubernetes minor that each begins with."""


@cache
def wording_of(minor: int) -> Wording:
    """Return the wording of the OpenShift release with Kubernetes 1.`minor`."""
    return next(wording for since, wording in _SINCE if minor >= since)
