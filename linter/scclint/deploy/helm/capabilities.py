"""The facts about the cluster that a chart gets when it is rendered: the Kubernetes version, the APIs, the namespace.

The APIs are those of the page "API index" of the OpenShift documentation that plain Kubernetes does not have, and the stable ones of
Kubernetes with their kinds (https://kubernetes.io/docs/reference/kubernetes-api/): helm without a cluster knows no kind.
"""

from functools import cache

from scclint.files.package_data import read_json
from scclint.platform.releases import is_within, kubernetes_of


def kube_version(release: str) -> str:
    """Return the value of `helm template --kube-version` for an OpenShift release. Raises UsageError for an unknown one."""
    return f"{kubernetes_of(release)}.0"


@cache
def api_versions(release: str) -> tuple[str, ...]:
    """Return the values of `helm template --api-versions` for an OpenShift release, sorted.

    A chart may ask for `security.openshift.io/v1` or for `security.openshift.io/v1/SecurityContextConstraints`; helm knows only
    the forms it was given, so both are listed. Raises UsageError for an unknown release.
    """
    kubernetes_of(release)
    served = read_json(__file__, "api_versions.json")
    apis = {name: api for name, api in served.items() if is_within(release, api.get("since", ""))}
    return tuple(sorted([*apis, *(f"{name}/{kind}" for name, api in apis.items() for kind in api["kinds"])]))
