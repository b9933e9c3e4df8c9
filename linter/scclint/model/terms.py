"""Names of the Kubernetes API that several layers go by."""

CONTAINER_LISTS = ("initContainers", "containers", "ephemeralContainers")
"""The lists of containers in a pod's spec, in the order in which the kubelet and SCC admission look at them."""

POD_SECCOMP_ANNOTATION = "seccomp.security.alpha.kubernetes.io/pod"
CONTAINER_SECCOMP_ANNOTATION_PREFIX = "container.seccomp.security.alpha.kubernetes.io/"
"""Before the container's name."""
