"""Names of the Kubernetes API that several layers go by."""

CONTAINER_LISTS = ("initContainers", "containers", "ephemeralContainers")
"""The lists of containers in a pod's spec, in the order in which the kubelet and SCC admission look at them."""

LONGEST_NAME = 253
"""Characters of the name of an SCC, and of most other objects."""

POD_SECCOMP_ANNOTATION = "seccomp.security.alpha.kubernetes.io/pod"
CONTAINER_SECCOMP_ANNOTATION_PREFIX = "container.seccomp.security.alpha.kubernetes.io/"
"""Before the container's name."""

UNSPECIFIED_NAMESPACE = "unspecified"
"""Where objects go that name no namespace when none was asked for: an ordinary project of the cluster. No message shows it."""
