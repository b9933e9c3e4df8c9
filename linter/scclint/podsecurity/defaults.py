"""What an OpenShift release, or Kubernetes alone, configures for Pod Security Admission. A release is given by its Kubernetes minor.

Sources: `bindata/assets/config/defaultconfig.yaml` and `pkg/operator/configobservation/auth` of
openshift/cluster-kube-apiserver-operator, and the feature gates in `payload-manifests/featuregates` of openshift/api. MicroShift:
`assets/controllers/kube-apiserver/defaultconfig.yaml` of openshift/microshift. HyperShift: `v2/kas/config.go` of
openshift/hypershift. ROKS: `assets/kube-apiserver/config.yaml` of openshift/ibm-roks-toolkit, release branches 4.11 to 4.17.
"""

from scclint.platform.releases import HYPERSHIFT_ENFORCES, POD_SECURITY_ENFORCED, USER_NAMESPACES_GATE_ON
from scclint.podsecurity.checks import Library
from scclint.podsecurity.levels import Policy, Standard

KUBERNETES = Policy(Standard("privileged"), Standard("privileged"), Standard("privileged"))
"""The policy of a namespace without labels on Kubernetes without configuration."""
ADVISING = Policy(Standard("privileged"), Standard("restricted"), Standard("restricted"))
ENFORCING = Policy(Standard("restricted"), Standard("restricted"), Standard("restricted"))


def exempts(platform: str, user: str) -> bool:
    """Return whether a platform exempts the pods that `user` creates. It is the same in every release.

    The creator of the pods of a workload is a controller.
    """
    return platform != "kubernetes" and user == "system:serviceaccount:openshift-infra:build-controller"


def enforces(minor: int, platform: str = "openshift", *, tech_preview: bool = False) -> bool:
    """Return whether an OpenShift release enforces `restricted` unless a namespace's labels say otherwise.

    `tech_preview`: the cluster uses the feature set TechPreviewNoUpgrade. Where a release enforces, its label syncer writes
    `enforce` labels, too.
    """
    match platform:
        case "kubernetes" | "roks":
            return False
        case "microshift":
            return True
        case "hypershift" if not HYPERSHIFT_ENFORCES.holds(minor):
            return False
        case _:
            return POD_SECURITY_ENFORCED.holds(minor, tech_preview=tech_preview)


def default_policy(minor: int, platform: str = "openshift", *, tech_preview: bool = False) -> Policy:
    """Return the policy of a namespace without labels."""
    if platform == "kubernetes":
        return KUBERNETES
    return ENFORCING if enforces(minor, platform, tech_preview=tech_preview) else ADVISING


def library_of(minor: int, platform: str = "openshift", *, tech_preview: bool = False) -> Library:
    """Return the library in the API server of a release.

    In OpenShift's feature sets, the gate UserNamespacesPodSecurityStandards is on from 4.20 (Kubernetes 1.33), with
    TechPreviewNoUpgrade from 4.18 (1.31). MicroShift has no feature sets and leaves the gate as Kubernetes has it.
    """
    if platform in ("kubernetes", "microshift"):
        return Library(minor)
    return Library(minor, user_namespaces=USER_NAMESPACES_GATE_ON.holds(minor, tech_preview=tech_preview))
