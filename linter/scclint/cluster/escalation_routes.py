"""The ways to an SCC that a subject may not use, as data: each with the rights that lead to it, and the requests of each right.

Sources: "RBAC good practices" of Kubernetes, and the admission plugins of OpenShift's kube-apiserver.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from scclint.objects.kinds import KINDS, TEKTON, WORKLOAD_GROUPS, Created, CustomPods, Kind
from scclint.record import grouped

_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"
_CERTIFICATES = "certificates.k8s.io"
_AUTHENTICATION = "authentication.k8s.io"
_CHANGE = ("create", "update", "patch")


class ApiRequest(NamedTuple):
    """A right is to send one of these requests. `whole` is True if the resource belongs to no namespace, so only a ClusterRoleBinding
    grants it. `until` is the last Kubernetes minor on which the request is enough.
    """

    verbs: tuple[str, ...]
    group: str
    resources: tuple[str, ...]
    whole: bool = False
    until: int = 1_000


_APPS = ("deployments", "replicasets", "statefulsets", "daemonsets")


def _plural(kind: str) -> str:
    """Return the resource of a kind, as its CustomResourceDefinition calls it: `prometheuses`, `notebooks`."""
    name = kind.lower()
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("s", "x", "ch", "sh")) else f"{name}s"


def _makes_pods(row: Kind) -> bool:
    """Whether the controller of a kind makes pods of what an object of it says. Tasks and Pipelines make none until a run names them."""
    if row.contains == "Tekton":
        return row.name.endswith("Run")
    return row.template is not None or row.contains == "Knative" or isinstance(row.contains, CustomPods | Created)


def _custom_pods() -> Iterator[ApiRequest]:
    """Yield the requests that write the custom resources of which controllers make pods. What a run of Tekton runs cannot be changed."""
    for (group, _), row in KINDS.items():
        if group and group not in WORKLOAD_GROUPS and _makes_pods(row):
            yield ApiRequest(("create",) if row.name in TEKTON else _CHANGE, group, (_plural(row.name),))


REQUESTS: dict[str, tuple[ApiRequest, ...]] = {
    "bind": (ApiRequest(("bind",), _RBAC, ("clusterroles",)),),
    "write bindings": (
        ApiRequest(_CHANGE, _RBAC, ("clusterrolebindings",), whole=True),
        ApiRequest(_CHANGE, _RBAC, ("rolebindings",)),
    ),
    "escalate cluster roles": (ApiRequest(("escalate",), _RBAC, ("clusterroles",), whole=True),),
    "write cluster roles": (ApiRequest(_CHANGE, _RBAC, ("clusterroles",), whole=True),),
    "escalate roles": (ApiRequest(("escalate",), _RBAC, ("roles",)),),
    "write roles": (ApiRequest(_CHANGE, _RBAC, ("roles",)),),
    "impersonate users": (ApiRequest(("impersonate",), "", ("users",), whole=True),),
    "impersonate groups": (ApiRequest(("impersonate",), "", ("groups",), whole=True),),
    "impersonate accounts": (ApiRequest(("impersonate",), "", ("serviceaccounts",)),),
    "act as users": (ApiRequest(("impersonate:user-info",), _AUTHENTICATION, ("users",), whole=True),),
    "act as accounts": (ApiRequest(("impersonate:serviceaccount",), _AUTHENTICATION, ("serviceaccounts",)),),
    "act as groups": (ApiRequest(("impersonate:user-info",), _AUTHENTICATION, ("groups",), whole=True),),
    "act as nodes": (ApiRequest(("impersonate:arbitrary-node",), _AUTHENTICATION, ("nodes",), whole=True),),
    "act as its node": (ApiRequest(("impersonate:associated-node",), _AUTHENTICATION, ("nodes",), whole=True),),
    "create pods": (
        ApiRequest(("create",), "", ("pods",)),
        ApiRequest(_CHANGE, "", ("replicationcontrollers",)),
        ApiRequest(_CHANGE, "apps", _APPS),
        ApiRequest(_CHANGE, "batch", ("jobs", "cronjobs")),
        ApiRequest(_CHANGE, "apps.openshift.io", ("deploymentconfigs",)),
        *_custom_pods(),
    ),
    "create tokens": (ApiRequest(("create",), "", ("serviceaccounts/token",)),),
    "create secrets": (ApiRequest(("create",), "", ("secrets",)),),
    "read secrets": (ApiRequest(("get", "list", "watch"), "", ("secrets",)),),
    "read the certificate": (ApiRequest(("get", "list", "watch"), "", ("secrets",)),),
    "enter pods": (
        ApiRequest(("create",), "", ("pods/exec", "pods/attach")),
        ApiRequest(("get",), "", ("pods/exec", "pods/attach"), until=34),
        ApiRequest(("update", "patch"), "", ("pods/ephemeralcontainers",)),
    ),
    "change namespaces": (ApiRequest(("update", "patch"), "", ("namespaces",)),),
    "create namespaces": (ApiRequest(("create",), "", ("namespaces",), whole=True),),
    "write webhooks": (ApiRequest(_CHANGE, _ADMISSION, ("mutatingwebhookconfigurations",), whole=True),),
    "write policies": (ApiRequest(_CHANGE, _ADMISSION, ("mutatingadmissionpolicies",), whole=True),),
    "write policy bindings": (ApiRequest(_CHANGE, _ADMISSION, ("mutatingadmissionpolicybindings",), whole=True),),
    "create certificate requests": (ApiRequest(("create",), _CERTIFICATES, ("certificatesigningrequests",), whole=True),),
    "approve certificate requests": (
        ApiRequest(("update", "patch"), _CERTIFICATES, ("certificatesigningrequests/approval",), whole=True),
    ),
    "approve for the signer": (ApiRequest(("approve",), _CERTIFICATES, ("signers",), whole=True),),
    "reach kubelets": (ApiRequest(("get", "create"), "", ("nodes/proxy",), whole=True),),
    "create volumes": (ApiRequest(("create",), "", ("persistentvolumes",), whole=True),),
    "create claims": (ApiRequest(("create",), "", ("persistentvolumeclaims",)),),
    "write machine configs": (
        ApiRequest(_CHANGE, "machineconfiguration.openshift.io", ("machineconfigs",), whole=True),
    ),
    "configure nodes": (
        ApiRequest(
            _CHANGE, "machineconfiguration.openshift.io", ("kubeletconfigs", "containerruntimeconfigs"), whole=True
        ),
        ApiRequest(_CHANGE, "tuned.openshift.io", ("tuneds", "profiles"), whole=True),
        ApiRequest(_CHANGE, "performance.openshift.io", ("performanceprofiles",), whole=True),
    ),
    "configure the control plane": (
        ApiRequest(_CHANGE, "operator.openshift.io", ("kubeapiservers", "openshiftapiservers", "etcds"), whole=True),
        ApiRequest(_CHANGE, "config.openshift.io", ("clusterversions", "apiservers", "featuregates"), whole=True),
    ),
    "write identities": (
        ApiRequest(_CHANGE, "config.openshift.io", ("oauths",), whole=True),
        ApiRequest(_CHANGE, "oauth.openshift.io", ("oauthaccesstokens", "oauthauthorizetokens", "oauthclients"), whole=True),
        ApiRequest(_CHANGE, "user.openshift.io", ("identities", "useridentitymappings"), whole=True),
    ),
    "have controllers deploy": (
        ApiRequest(_CHANGE, "argoproj.io", ("applications", "applicationsets", "appprojects")),
        ApiRequest(_CHANGE, "kustomize.toolkit.fluxcd.io", ("kustomizations",)),
        ApiRequest(_CHANGE, "helm.toolkit.fluxcd.io", ("helmreleases",)),
        ApiRequest(_CHANGE, "policy.open-cluster-management.io", ("policies", "configurationpolicies")),
        ApiRequest(_CHANGE, "work.open-cluster-management.io", ("manifestworks", "manifestworkreplicasets")),
        ApiRequest(_CHANGE, "hive.openshift.io", ("syncsets", "selectorsyncsets")),
        ApiRequest(_CHANGE, "fleet.cattle.io", ("bundles",)),
    ),
    "write operators": (ApiRequest(_CHANGE, "operators.coreos.com", ("clusterserviceversions",)),),
    "create builds": (ApiRequest(("create",), "build.openshift.io", ("builds", "buildconfigs")),),
    "build custom images": (ApiRequest(("create",), "build.openshift.io", ("builds/custom",)),),
    "create subscriptions": (ApiRequest(("create",), "operators.coreos.com", ("subscriptions",)),),
    "change subscriptions": (ApiRequest(("update", "patch"), "operators.coreos.com", ("subscriptions",)),),
    "create operator groups": (ApiRequest(("create",), "operators.coreos.com", ("operatorgroups",)),),
    "write cluster extensions": (ApiRequest(_CHANGE, "olm.operatorframework.io", ("clusterextensions",), whole=True),),
}  # fmt: skip
"""The requests of each right."""

REQUESTS_BY_GROUP = grouped((request.group, (right, request)) for right, requests in REQUESTS.items() for request in requests)
"""The requests by API group, each with the right that it belongs to."""

Target = Literal["", "account", "identity", "pod", "user", "admission", "masters"]


class Route(NamedTuple):
    """A way to an SCC: all of `rights` together. `words` continue "it may"; `{where}` is replaced by the namespaces in which it counts.

    `target` says what else it needs where its rights count in single namespaces or for named objects only: an account that may use
    the SCC (`account`), one that can itself create pods with the SCC or has a way to it (`identity`), a pod that uses it (`pod`), a
    user or group that has a way to it (`user`), a namespace in which SCC admission runs (`admission`), or the namespace with the
    certificate of group system:masters (`masters`).
    In all namespaces, the release's own components have all of them. A `whole` way counts only if its rights are for the whole
    cluster. It exists from Kubernetes minor `since` to `until`. `mode` is the mode of constrained impersonation: the way leads only to
    what the subject may do in this mode.
    """

    name: str
    rights: tuple[str, ...]
    words: str
    target: Target = ""
    whole: bool = False
    since: int = 0
    until: int = 1_000
    mode: str = ""

    @property
    def in_namespaces(self) -> bool:
        """Whether a RoleBinding can grant each of the rights."""
        return not any(request.whole for right in self.rights for request in REQUESTS[right])


ROUTES = (
    Route("bind", ("bind", "write bindings"), "bind every role{where}, including cluster-admin"),
    Route("escalate", ("escalate cluster roles", "write cluster roles"), "write every right into a ClusterRole", whole=True),
    Route("escalate", ("escalate roles", "write roles"), "write every right into a Role{where}"),
    Route("impersonate", ("impersonate users",), "act as every user", "user", whole=True),
    Route("impersonate", ("impersonate groups", "impersonate accounts"), "act as a member of every group", "user"),
    Route("impersonate", ("impersonate groups", "impersonate users"), "act as a member of every group", "user"),
    Route(
        "impersonate",
        ("impersonate groups",),
        "act as a member of every group once it may act as any user",
        "user",
        whole=True,
    ),
    Route("webhook", ("write webhooks",), "change every pod through a mutating webhook", whole=True),
    Route("policy", ("write policies", "write policy bindings"), "change every pod through a mutating policy", whole=True, since=36),
    Route(
        "certificate",
        ("create certificate requests", "approve certificate requests", "approve for the signer"),
        "approve a client certificate for every user",
        whole=True,
    ),
    Route("kubelet", ("reach kubelets",), "run commands in every pod through the kubelets", whole=True),
    Route("machine config", ("write machine configs",), "write files and units of the nodes", whole=True),
    Route("nodes", ("configure nodes",), "change how the nodes run every pod", whole=True),
    Route("control plane", ("configure the control plane",), "change the API server and its admission", whole=True),
    Route("identity", ("write identities",), "log in as every user", whole=True),
    Route("deployer", ("have controllers deploy",), "have a controller apply every manifest", whole=True),
    Route("extension", ("write cluster extensions",), "install an extension as every service account", whole=True, since=31),
    Route("operator", ("create subscriptions",), "install every operator", whole=True),
    Route("operator", ("create subscriptions", "create operator groups"), "install operators{where}"),
    Route("operator", ("write operators",), "have OLM run every program with every right", whole=True),
    Route(
        "subscription",
        ("change subscriptions",),
        "change the source, environment and volumes of every operator that a Subscription installs",
        whole=True,
    ),
    Route("build", ("create builds", "build custom images"), "run custom builds{where}, whose pods are privileged"),
    Route("volume", ("create volumes", "create claims", "create pods"), "mount every path of a node{where} through a PersistentVolume"),
    Route("namespace", ("change namespaces",), "switch off SCC admission by a label{where}", "admission"),
    Route("namespace", ("create namespaces", "create pods"), "create a namespace without SCC admission, and pods in it", whole=True),
    Route("pod", ("create pods",), "create pods in every namespace as every service account (OpenShift's own included)", "account"),
    Route("token", ("create tokens",), "create tokens of every service account (OpenShift's own included)", "identity"),
    Route("token", ("impersonate accounts",), "act as every service account (OpenShift's own included)", "identity"),
    Route(
        "token",
        ("create secrets", "read secrets"),
        "create and read token secrets of every service account (OpenShift's own included)",
        "identity",
    ),
    Route("token", ("read secrets",), "read the token secrets of every service account (OpenShift's own included)", "identity", until=28),
    Route("secret", ("read secrets",), "read every secret (OpenShift's own included)", whole=True, since=29),
    Route("secret", ("read the certificate",), "read the certificate of group system:masters{where}", "masters"),
    Route("exec", ("enter pods",), "run commands in every pod (OpenShift's own included)", "pod"),
    Route("mode user-info", ("act as users",), "act as every user", "user", whole=True, since=36, mode="user-info"),
    Route(
        "mode user-info",
        ("act as groups", "act as users"),
        "act as a member of every group",
        "user",
        whole=True,
        since=36,
        mode="user-info",
    ),
    Route(
        "mode serviceaccount",
        ("act as accounts",),
        "act as every service account (OpenShift's own included)",
        "identity",
        since=36,
        mode="serviceaccount",
    ),
    Route("mode node", ("act as nodes",), "act as a node", whole=True, since=36, mode="arbitrary-node"),
    Route("mode node", ("act as its node",), "act as the node that it runs on", whole=True, since=36, mode="associated-node"),
)  # fmt: skip
"""The ways, the shortest first. Up to OpenShift 4.15, each service account has a secret with a token. In every release, the secret
`node-system-admin-client` in `openshift-kube-apiserver-operator` has a client certificate of group system:masters (source:
pkg/operator/certrotationcontroller of openshift/cluster-kube-apiserver-operator). The verb `impersonate:MODE` lets a subject act as another
one, but only for requests of which it has the verb `impersonate-on:MODE:VERB`, and never as group system:masters (source:
pkg/endpoints/filters/impersonation/mode.go of Kubernetes' apiserver, on by default from 1.36). OLM follows a Subscription when its source,
package or channel changes, and adds what `config` has to the containers of the operator (source: doc/design/subscription-config.md and
pkg/controller/registry/resolver/resolver.go of operator-framework/operator-lifecycle-manager), and creates the service accounts, roles and
pods of a ClusterServiceVersion. The operators of the control plane merge `spec.unsupportedConfigOverrides` into the configuration of their
programs (source: api/operator/v1/types.go of openshift/api)."""

MASTERS = ("openshift-kube-apiserver-operator", "node-system-admin-client")
"""The namespace and the name of the secret with the certificate of group system:masters."""

NO_REQUESTS = frozenset((
    "bind", "escalate cluster roles", "escalate roles", "approve for the signer",
    "impersonate users", "impersonate groups", "impersonate accounts",
))  # fmt: skip
"""Rights that are no requests of their own: the API server checks them of the user as whom a request is made, in every mode."""

OF_NODES = frozenset(("create tokens",))
"""The rights of nodes that lead to an SCC: tokens of the service accounts of their pods."""

ALONE = {
    right: all(route.whole for route in routes)
    for right, routes in grouped(
        (route.rights[0], route) for route in ROUTES if len(route.rights) == 1 and not route.mode and route.target != "masters"
    ).items()
}
"""The rights that are a way without another one, and whether they are only for the whole cluster."""
