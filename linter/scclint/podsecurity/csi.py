"""The admission plugin CSIInlineVolumeSecurity: which inline CSI volumes a namespace's Pod Security level lets pods have.

Source: `openshift-kube-apiserver/admission/storage/csiinlinevolumesecurity/admission.go` of openshift/kubernetes, the same from
OpenShift 4.18 to 5.2.
"""

from collections.abc import Iterator, Mapping

from scclint.podsecurity.levels import LEVELS, Level, Policy, Standard, level_named, stricter
from scclint.record import record
from scclint.yaml.untyped import Object

PROFILE_LABEL = "security.openshift.io/csi-ephemeral-volume-profile"
"""The label of a CSIDriver with the strictest level of a namespace whose pods may have inline volumes of the driver."""

DEFAULTS = Policy(Standard("restricted"), Standard("restricted"), Standard("restricted"))
"""What the plugin takes for absent labels of a namespace, in every release and with every configuration of Pod Security."""

SHIPPED: Mapping[str, Level] = {
    "secrets-store.csi.k8s.io": "restricted",
    "csi.sharedresource.openshift.io": "restricted",
    "file.csi.azure.com": "privileged",
    "smb.csi.k8s.io": "privileged",
}
"""The levels in the labels of the drivers that OpenShift's own operators install."""


@record
class CsiVolume:
    """An inline CSI volume of a pod: its index in `spec.volumes`, its driver, and the plugin's decision.

    `profile` is the level of the driver, None if its label names no level. `known` is False if the decision is
    not certain: neither the input nor a release has the driver, so that another component may install it with a label, or the
    release is older than `INLINE_CSI_KNOWN`. `enforced` is the level of the namespace.
    `shipped`: the level is the one that an operator of OpenShift gives the driver.
    """

    index: int
    driver: str
    profile: Level | None
    known: bool
    enforced: Level
    shipped: bool = False

    @property
    def refused(self) -> bool:
        """Whether the plugin rejects the pod because of this volume."""
        return self.profile is None or stricter(self.enforced, self.profile)

    def denial(self, name: str, namespace: str) -> str:
        """Return why the plugin rejects the object `name` of a namespace because of this volume, in its words."""
        if self.profile is None:
            return f"invalid label {PROFILE_LABEL} for CSIDriver {self.driver}: must be one of {', '.join(LEVELS)}"
        what = f"{name} uses an inline volume provided by CSIDriver {self.driver}"
        return f"{what} and namespace {namespace} has a pod security enforce level that is lower than {self.profile}"


def inline_volumes(pod: Object, policy: Policy, drivers: Mapping[str, Mapping[str, str]]) -> Iterator[CsiVolume]:
    """Yield the plugin's decision on each inline CSI volume of a pod or pod template.

    `policy` is the one of the namespace with `DEFAULTS` for absent labels. `drivers` are the labels of the CSIDriver objects of the
    cluster by name.
    """
    if policy.enforce.level == policy.audit.level == policy.warn.level == "privileged":
        return
    for index, volume in enumerate((pod.get("spec") or {}).get("volumes") or ()):
        source = (volume or {}).get("csi")
        if source is None:
            continue
        driver = source.get("driver") or ""
        shipped = driver in SHIPPED and driver not in drivers
        level = SHIPPED[driver] if shipped else level_named(drivers.get(driver, {}).get(PROFILE_LABEL, "privileged"))
        # No driver has an empty name.
        yield CsiVolume(index, driver, level, shipped or driver in drivers or not driver, policy.enforce.level, shipped)
