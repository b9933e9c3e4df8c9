"""What a Subscription of Red Hat Advanced Cluster Management deploys from the repository.

Source: the documentation of multicloud-operators-subscription: the annotations for Git, and the type and address of a Channel.
"""

import os

from scclint.admission.rbac import service_account_name
from scclint.deploy.deployers import NO_FOLDER, Deployer, Deployments
from scclint.deploy.unit import Deployment
from scclint.yaml.untyped import as_mapping, as_text, value_at

_PATHS = ("apps.open-cluster-management.io/git-path", "apps.open-cluster-management.io/github-path")
_OF_GIT = ("git", "github")
_OUTSIDE = "its channel lies outside the repository"
_HOME = "open-cluster-management-agent-addon"


def of_subscription(deployer: Deployer) -> Deployments:
    """What a Subscription deploys: a chart, a kustomization, or the manifests in a folder and below, in its own namespace.

    One whose Channel is not in the input is taken for one to this repository if the folder exists here.
    """
    annotations = as_mapping(value_at(deployer.data, ("metadata", "annotations")))
    key = next((key for key in _PATHS if as_text(annotations.get(key))), "")
    if not key:
        return
    path = as_text(annotations[key])
    at = ("metadata", "annotations", key)
    folder = deployer.repository.inside(path)
    home, _, name = as_text(value_at(deployer.data, ("spec", "channel"))).rpartition("/")
    channel = deployer.repository.referred("Channel", home or deployer.namespace, name)
    spec = as_mapping(channel.data.get("spec")) if channel is not None else {}
    is_git = channel is None or as_text(spec.get("type")).lower() in _OF_GIT
    if not is_git or not deployer.repository.is_ours(spec.get("pathname"), path):
        yield deployer.unfollowed(("spec", "channel"), _OUTSIDE)
    elif not os.path.isdir(folder):
        yield deployer.unfollowed(at, NO_FOLDER)
    else:
        yield Deployment(
            "Subscription",
            deployer.name,
            deployer.namespace,
            folder,
            tuple(filter(None, [channel.file])) if channel is not None else (),
            recurse=True,
            user=service_account_name(_HOME, "application-manager"),
            groups=("system:serviceaccounts", f"system:serviceaccounts:{_HOME}", "system:cluster-admins"),
        )
