"""Names of the Kubernetes API that several layers go by."""

from scclint.yaml.untyped import Object

CONTAINER_LISTS = ("initContainers", "containers", "ephemeralContainers")
"""The lists of containers in a pod's spec, in the order in which the kubelet and SCC admission look at them."""

EACH = "*"
"""In a path through data: each item of a list."""

LONGEST_NAME = 253
"""Characters of the name of an SCC, and of most other objects."""

POD_SECCOMP_ANNOTATION = "seccomp.security.alpha.kubernetes.io/pod"
"""The deprecated annotation with the profile of the whole pod."""
CONTAINER_SECCOMP_ANNOTATION_PREFIX = "container.seccomp.security.alpha.kubernetes.io/"
"""Before the container's name."""
APPARMOR_ANNOTATION_PREFIX = "container.apparmor.security.beta.kubernetes.io/"
"""Before the container's name, in the deprecated annotation with its AppArmor profile."""

UNSPECIFIED_NAMESPACE = "unspecified"
"""Where objects go that name no namespace when none was asked for: an ordinary project of the cluster. No message shows it."""

REQUIRED_SCC = "openshift.io/required-scc"
"""The annotation of a pod that names the only SCC to try."""

UID_RANGE = "openshift.io/sa.scc.uid-range"
"""The annotation of a namespace with the range of its user IDs."""

RUNTIME_DEFAULT = ("runtime/default", "docker/default")
"""RuntimeDefault, as SCCs and annotations spell it."""

SCC_ROLE_PREFIX = "system:openshift:scc:"
"""Before the name of an SCC, in the name of the ClusterRole of the release that lets its subjects use it."""

POOL_LABELS = "pools.operator.machineconfiguration.openshift.io/"
"""Before the name of a pool, in the label by which a KubeletConfig selects it."""

RESTRICTED = "restricted-v2"
"""The SCC of the release that everyone may use."""

SERVICE_ACCOUNT_PREFIX = "system:serviceaccount:"
"""Before namespace and name in the user name under which a service account acts."""

SERVICE_ACCOUNTS_OF = "system:serviceaccounts:"
"""Before the namespace in the name of the group of its service accounts."""

EVERYONE = {
    "system:authenticated": "every user and every service account",
    "system:authenticated:oauth": "everyone who logs in",
    "system:serviceaccounts": "every service account of the cluster",
    "system:unauthenticated": "anyone, without logging in",
}
"""Groups that cover a whole cluster, and their members."""


def namespace_name(namespace: str) -> str:
    """Return the namespace if it is known by name; empty if not, as where an operator is installed is described in words."""
    return "" if " " in namespace or namespace == UNSPECIFIED_NAMESPACE else namespace


def shown_name(name: str) -> str:
    """Return the name of a user or group for people, with NAMESPACE in place of a namespace that the input does not name."""
    return ":".join("NAMESPACE" if part == UNSPECIFIED_NAMESPACE else part for part in name.split(":"))


def generated_name(metadata: Object, number: int = 0) -> str:
    """Return the name by which scclint knows an object whose name the API server generates: the prefix, with a number from the second on."""
    prefix = str(metadata.get("generateName") or "")
    return f"{prefix} ({number + 1})" if prefix and number else prefix


def members_of(group: str) -> str:
    """Return the members of a group that Kubernetes or OpenShift defines; empty for other groups."""
    if group.startswith(SERVICE_ACCOUNTS_OF):
        namespace = group.removeprefix(SERVICE_ACCOUNTS_OF)
        where = "its own namespace" if namespace == UNSPECIFIED_NAMESPACE else f"namespace {namespace}"
        return f"every service account of {where}"
    return EVERYONE.get(group, "")
