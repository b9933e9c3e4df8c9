"""What Red Hat OpenShift Pipelines adds to a cluster for the pods of Tekton tasks.

The operator (tektoncd/operator, `TektonConfig` with its defaults, from v0.74 on) creates a service account `pipeline` in every
namespace except those of the cluster itself, uses it for tasks that set no other account, and binds it to `pipelines-scc`. The
controller, which creates the pods of all tasks, may use `nonroot` everywhere (ClusterRoleBinding `openshift-pipelines-permission`).
"""

from collections.abc import Iterable
from typing import Any

from scclint.admission.authorize import controller_user
from scclint.cluster.addons import addon, grants_of_namespaces
from scclint.cluster.installed import objects_of_grants, scc_of

NAME = "pipelines"
"""The name of the add-on."""
SCC = "pipelines-scc"
CONTROLLER = controller_user("openshift-pipelines", "tekton-pipelines-controller")
"""Who creates the pods."""


def openshift_pipelines(namespaces: Iterable[str], *, installed: bool) -> list[dict[str, Any]]:
    """Return the operator's grants in these namespaces; with its SCC and its other grants unless these are `installed` already."""
    in_namespaces = objects_of_grants(grants_of_namespaces(NAME, namespaces))
    if installed:
        return [*in_namespaces]
    own = addon(NAME)
    return [*map(scc_of, own.sccs), *objects_of_grants(own.cluster_grants), *in_namespaces]
