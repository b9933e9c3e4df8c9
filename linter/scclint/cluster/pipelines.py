"""What Red Hat OpenShift Pipelines adds to a cluster for the pods of Tekton tasks.

The operator (tektoncd/operator, `TektonConfig` with its defaults, from v0.74 on) creates a service account `pipeline` in every
namespace except those of the cluster itself, uses it for tasks that set no other account, and binds it to `pipelines-scc`. The
controller, which creates the pods of all tasks, may use `nonroot` everywhere (ClusterRoleBinding `openshift-pipelines-permission`).
`spec.platforms.openshift.scc.default` of the TektonConfig names another SCC than `pipelines-scc`, and an annotation of a Namespace another
one for that namespace (`pkg/reconciler/openshift/tektonconfig/rbac.go`).
"""

from collections.abc import Mapping
from typing import Any

from scclint.admission.authorize import controller_user
from scclint.cluster.addons import addon, grants_of_namespaces
from scclint.cluster.installed import objects_of_grants, scc_of

NAME = "pipelines"
"""The name of the add-on."""
SCC = "pipelines-scc"
SCC_ANNOTATION = "operator.tekton.dev/scc"
"""The annotation of a Namespace with the SCC for its account `pipeline`."""
CONTROLLER = controller_user("openshift-pipelines", "tekton-pipelines-controller")
"""Who creates the pods."""


def openshift_pipelines(namespaces: Mapping[str, str], *, installed: bool, default: str = SCC) -> list[dict[str, Any]]:
    """Return the operator's grants in these namespaces, each with the SCC that its annotation names, or the `default` if that is empty.

    Unless they are `installed` already, the SCC of the operator and its other grants are there as well.
    """
    in_namespaces = objects_of_grants(
        {
            **grant,
            "sccs": [namespaces[grant["namespace"]] or default],
            "role": "-".join(filter(None, (grant["role"], namespaces[grant["namespace"]]))),
        }
        for grant in grants_of_namespaces(NAME, namespaces)
    )
    if installed:
        return [*in_namespaces]
    operator = addon(NAME)
    return [*map(scc_of, operator.sccs), *objects_of_grants(operator.cluster_grants), *in_namespaces]
