"""What an OpenShift release, or Kubernetes alone, configures for Pod Security Admission. A release is given by its Kubernetes minor.

Sources: `bindata/assets/config/defaultconfig.yaml` and `pkg/operator/configobservation/auth` of
openshift/cluster-kube-apiserver-operator, and the feature gates in `payload-manifests/featuregates` of openshift/api.
"""

from scclint.podsecurity.checks import Library
from scclint.podsecurity.labels import Policy
from scclint.podsecurity.levels import Standard
from scclint.record import record

FIRST_WITH_GATE = 25
"""OpenShift 4.12: the feature gate OpenShiftPodSecurityAdmission exists from here on."""
FIRST_ENFORCING = 36
"""OpenShift 4.23 and 5.0: the gate is on in the feature set Default."""

KUBERNETES = Policy(Standard("privileged"), Standard("privileged"), Standard("privileged"))
"""The policy of a namespace without labels on Kubernetes without configuration."""
ADVISING = Policy(Standard("privileged"), Standard("restricted"), Standard("restricted"))
ENFORCING = Policy(Standard("restricted"), Standard("restricted"), Standard("restricted"))


@record
class Exemptions:
    """Users, namespaces and runtime classes whose pods are not checked."""

    users: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    runtime_classes: tuple[str, ...] = ()


OPENSHIFT_EXEMPTIONS = Exemptions(users=("system:serviceaccount:openshift-infra:build-controller",))
"""The same in every release. A pod's user is its creator, which for the pods of a workload is a controller."""


def enforces(minor: int, *, tech_preview: bool = False) -> bool:
    """Return whether an OpenShift release enforces Pod Security: the feature gate OpenShiftPodSecurityAdmission is on.

    `tech_preview`: the cluster uses the feature set TechPreviewNoUpgrade.
    """
    return minor >= (FIRST_WITH_GATE if tech_preview else FIRST_ENFORCING)


def default_policy(minor: int, *, tech_preview: bool = False) -> Policy:
    """Return the policy of a namespace without labels on an OpenShift release."""
    return ENFORCING if enforces(minor, tech_preview=tech_preview) else ADVISING


def openshift_library(minor: int, *, tech_preview: bool = False) -> Library:
    """Return the library in the API server of an OpenShift release.

    The gate UserNamespacesPodSecurityStandards is on from 4.20 (Kubernetes 1.33), with TechPreviewNoUpgrade from 4.18 (1.31).
    """
    return Library(minor, user_namespaces=minor >= (31 if tech_preview else 33))
