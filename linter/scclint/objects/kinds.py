"""The kinds that scclint knows, in one table: what an object of each becomes, and where the pods and objects in it are.

`scclint.objects.expand` does with an object what its row in `KINDS` says. All other lists of kinds follow from the rows. A document of a
kind without a row is read only if it seems to contain a pod, an SCC or a grant.
"""

from typing import Literal, NamedTuple

from scclint.finding import Path
from scclint.objects.custom_kinds import CUSTOM_PODS, CustomPod
from scclint.platform.terms import EACH

Key = tuple[str, str]
"""API group and kind. An OpenShift kind is also served without a group, by OpenShift's legacy API."""


class Carried(NamedTuple):
    """Whole objects for other clusters: the path to their list, and in each entry the path to the object, to a text with objects, or to
    such texts by name."""

    listed: Path
    within: Path = ()


class Created(NamedTuple):
    """Whole objects that the controller creates in the namespace of the object: the paths to these."""

    paths: tuple[Path, ...]


class CustomPods(NamedTuple):
    """Pods that the controller puts together from several fields."""

    pods: tuple[CustomPod, ...]


class NodeAccess(NamedTuple):
    """The field that gives the pods of the object access to the node, although the object contains no container, and what it does."""

    field: Path
    what: str


Special = Literal[
    "ClusterServiceVersion", "Knative", "Kyverno", "MachineConfig", "Tekton", "TektonConfig", "Template", "TemplateInstance"
]
"""Objects or pods that only the function for this kind finds."""

Contents = Carried | Created | CustomPods | NodeAccess | Special


class Kind(NamedTuple):
    """A kind, and what scclint does with its objects.

    - `groups`: the API groups that serve it.
    - `template`: leads from the object to the pod's metadata and spec, for kinds with a pod template.
    - `model`: the class in `scclint.objects.types` that the object becomes. If it is empty, an object counts only for what is in it: a
      custom resource without a template makes no pods, as a Rollout that names a Deployment.
    - `contains`: the pods and objects in the object; None for a kind that contains none.
    - `references`: the paths to the references to ConfigMaps and Secrets, whose texts are manifests for another cluster.
    - `needs_selector`: the API server requires a selector.
    - `has_claims`: the controller adds a volume to each pod for each entry of `spec.volumeClaimTemplates` (`updateStorage`).
    - `cluster_scoped`: the object has no namespace; for kinds of which the namespace is asked.
    """

    name: str
    groups: tuple[str, ...]
    template: Path | None = None
    model: str = ""
    contains: Contents | None = None
    references: tuple[Path, ...] = ()
    needs_selector: bool = False
    has_claims: bool = False
    cluster_scoped: bool = False

    @property
    def holds_objects(self) -> bool:
        """Whether the object holds others as they are written."""
        return isinstance(self.contains, Carried | Created) or self.contains in ("Template", "TemplateInstance")


_OF_POD = ("spec", "template")

_WORKLOADS = (
    Kind("Pod", ("",), (), "Workload"),
    Kind("PodTemplate", ("",), ("template",), "Workload"),
    Kind("ReplicationController", ("",), _OF_POD, "Workload"),
    Kind("Deployment", ("apps", "extensions"), _OF_POD, "Workload", needs_selector=True),
    Kind("ReplicaSet", ("apps", "extensions"), _OF_POD, "Workload", needs_selector=True),
    Kind("StatefulSet", ("apps",), _OF_POD, "Workload", needs_selector=True, has_claims=True),
    Kind("DaemonSet", ("apps", "extensions"), _OF_POD, "Workload", needs_selector=True),
    Kind("Job", ("batch",), _OF_POD, "Workload"),
    Kind("CronJob", ("batch",), ("spec", "jobTemplate", "spec", "template"), "Workload"),
    Kind("DeploymentConfig", ("apps.openshift.io", ""), _OF_POD, "Workload"),
)
"""Kinds of Kubernetes and OpenShift whose objects are or make pods."""

_CUSTOM_WORKLOADS = (
    Kind("Rollout", ("argoproj.io",), _OF_POD),
    Kind("ScaledJob", ("keda.sh",), ("spec", "jobTargetRef", "template")),
    Kind("Notebook", ("kubeflow.org",), _OF_POD),
    Kind("CloneSet", ("apps.kruise.io",), _OF_POD, has_claims=True),
    Kind("StatefulSet", ("apps.kruise.io",), _OF_POD, has_claims=True),
    Kind("DaemonSet", ("apps.kruise.io",), _OF_POD),
    Kind("BroadcastJob", ("apps.kruise.io",), _OF_POD),
    Kind("AdvancedCronJob", ("apps.kruise.io",), ("spec", "template", "jobTemplate", "spec", "template")),
)
"""Custom resources with a pod template."""

TEKTON_GROUP = "tekton.dev"
CSV: Key = ("operators.coreos.com", "ClusterServiceVersion")
SUBSCRIPTION = "Subscription"
"""The kind of OLM that has an operator installed."""
INSTALLATIONS = ("OperatorGroup", SUBSCRIPTION)
"""The kinds of OLM in whose namespace an operator is installed."""

_CONTAINERS = (
    Kind("ClusterServiceVersion", (CSV[0],), contains="ClusterServiceVersion"),
    *(Kind(name, ("serving.knative.dev",), contains="Knative") for name in ("Configuration", "Service")),
    Kind("ContainerSource", ("sources.knative.dev",), contains="Knative"),
    *(
        Kind(name, (TEKTON_GROUP,), contains="Tekton")
        for name in ("Task", "ClusterTask", "TaskRun", "Pipeline", "PipelineRun", "StepAction")
    ),
    Kind("Template", ("template.openshift.io", ""), contains="Template"),
    Kind("TemplateInstance", ("template.openshift.io",), contains="TemplateInstance"),
    *(Kind(name, ("kyverno.io",), contains="Kyverno") for name in ("ClusterPolicy", "Policy")),
    *(Kind(name, (group,), contains=CustomPods(pods)) for (group, name), pods in CUSTOM_PODS.items()),
    Kind("ManifestWork", ("work.open-cluster-management.io",), contains=Carried(("spec", "workload", "manifests"))),
    Kind(
        "ManifestWorkReplicaSet",
        ("work.open-cluster-management.io",),
        contains=Carried(("spec", "manifestWorkTemplate", "workload", "manifests")),
    ),
    Kind(
        "AddOnTemplate", ("addon.open-cluster-management.io",), contains=Carried(("spec", "agentSpec", "workload", "manifests"))
    ),
    Kind(
        "Policy", ("policy.open-cluster-management.io",), contains=Carried(("spec", "policy-templates"), ("objectDefinition",))
    ),
    Kind(
        "ConfigurationPolicy",
        ("policy.open-cluster-management.io",),
        contains=Carried(("spec", "object-templates"), ("objectDefinition",)),
    ),
    *(Kind(name, ("hive.openshift.io",), contains=Carried(("spec", "resources"))) for name in ("SyncSet", "SelectorSyncSet")),
    Kind("Bundle", ("fleet.cattle.io",), contains=Carried(("spec", "resources"), ("content",))),
    Kind(
        "App",
        ("kappctrl.k14s.io",),
        contains=Carried(("spec", "fetch"), ("inline", "paths")),
        references=tuple(
            ("spec", "fetch", EACH, "inline", "pathsFrom", EACH, reference) for reference in ("configMapRef", "secretRef")
        ),
    ),
    Kind(
        "Sensor",
        ("argoproj.io",),
        contains=Created(
            (
                ("spec", "triggers", EACH, "template", "k8s", "source", "resource"),
                ("spec", "triggers", EACH, "template", "argoWorkflow", "source", "resource"),
            )
        ),
    ),
    Kind("TriggerTemplate", ("triggers.tekton.dev",), contains=Created((("spec", "resourcetemplates", EACH),))),
    Kind("StrimziPodSet", ("core.strimzi.io",), contains=Created((("spec", "pods", EACH),))),
    *(
        Kind(
            name,
            (group,),
            contains=NodeAccess((*below, "volumes", EACH, "hostDisk"), "its hostDisk puts a path of the node into its pod"),
        )
        for group, name, below in (
            ("kubevirt.io", "VirtualMachine", ("spec", "template", "spec")),
            ("kubevirt.io", "VirtualMachineInstance", ("spec",)),
            ("kubevirt.io", "VirtualMachineInstanceReplicaSet", ("spec", "template", "spec")),
            ("pool.kubevirt.io", "VirtualMachinePool", ("spec", "virtualMachineTemplate", "spec", "template", "spec")),
        )
    ),
    *(
        Kind(
            name,
            ("build.openshift.io", ""),
            contains=NodeAccess(
                ("spec", "strategy", "customStrategy", "exposeDockerSocket"),
                "its exposeDockerSocket gives its privileged build pods the container socket of the node",
            ),
        )
        for name in ("BuildConfig", "Build")
    ),
)
"""Kinds that contain pods or objects elsewhere than in a pod template."""

_REFERRING = (
    Kind("ClusterResourceSet", ("addons.cluster.x-k8s.io",), references=(("spec", "resources", EACH),)),
    Kind(
        "ClusterDeployment",
        ("hive.openshift.io",),
        references=(
            ("spec", "provisioning", "manifestsConfigMapRef"),
            ("spec", "provisioning", "manifestsConfigMapRefs", EACH),
            ("spec", "provisioning", "manifestsSecretRef"),
        ),
    ),
    Kind(
        "AgentClusterInstall",
        ("extensions.hive.openshift.io",),
        references=(("spec", "manifestsConfigMapRef"), ("spec", "manifestsConfigMapRefs", EACH)),
    ),
    Kind("ImageClusterInstall", ("extensions.hive.openshift.io",), references=(("spec", "extraManifestsRefs", EACH),)),
    Kind("ClusterInstance", ("siteconfig.open-cluster-management.io",), references=(("spec", "extraManifestsRefs", EACH),)),
)
"""Kinds that only refer to the ConfigMaps and Secrets with the objects for another cluster."""

_RBAC = ("rbac.authorization.k8s.io", "authorization.openshift.io", "")
"""The last group is that of OpenShift's API before it had groups, which `oc` and Templates still accept."""
_MACHINE = ("machineconfiguration.openshift.io",)
_STORAGE = ("storage.k8s.io",)
_PROFILES = ("security-profiles-operator.x-k8s.io",)

_STATE = (
    Kind("SecurityContextConstraints", ("security.openshift.io", ""), model="SecurityContextConstraints", cluster_scoped=True),
    Kind("Namespace", ("",), model="Namespace", cluster_scoped=True),
    *(Kind(name, ("project.openshift.io",), model="Namespace", cluster_scoped=True) for name in ("Project", "ProjectRequest")),
    Kind("ServiceAccount", ("",), model="ServiceAccount"),
    Kind("Role", _RBAC, model="Role"),
    Kind("ClusterRole", _RBAC, model="Role", cluster_scoped=True),
    Kind("RoleBinding", _RBAC, model="RoleBinding"),
    Kind("ClusterRoleBinding", _RBAC, model="RoleBinding", cluster_scoped=True),
    *(Kind(name, _STORAGE, model="StorageObject", cluster_scoped=True) for name in ("CSIDriver", "StorageClass")),
    Kind("PersistentVolume", ("",), model="StorageObject", cluster_scoped=True),
    Kind("PersistentVolumeClaim", ("",), model="StorageObject"),
    Kind("TektonConfig", ("operator.tekton.dev",), model="TektonConfig", contains="TektonConfig", cluster_scoped=True),
    *(Kind(name, (CSV[0],), model="OperatorInstallation") for name in INSTALLATIONS),
    *(
        Kind(f"{policy}{part}", ("admissionregistration.k8s.io",), model="AdmissionPolicy", cluster_scoped=True)
        for policy in ("ValidatingAdmissionPolicy", "MutatingAdmissionPolicy")
        for part in ("", "Binding")
    ),
    Kind("ContainerRuntimeConfig", _MACHINE, model="ApiObject", cluster_scoped=True),
    Kind("KubeletConfig", _MACHINE, model="KubeletConfig", cluster_scoped=True),
    Kind("MachineConfig", _MACHINE, model="MachineConfig", contains="MachineConfig", cluster_scoped=True),
    Kind("MachineConfigPool", _MACHINE, model="ApiObject", cluster_scoped=True),
    Kind("RuntimeClass", ("node.k8s.io",), model="ApiObject", cluster_scoped=True),
    Kind("SeccompProfile", _PROFILES, model="SeccompProfile"),
    Kind("ProfileBinding", _PROFILES, model="ApiObject"),
)
"""Kinds that describe a cluster and make no pods."""

WORKLOADS: dict[str, Kind] = {row.name: row for row in _WORKLOADS}
WORKLOAD_GROUPS: frozenset[str] = frozenset(group for row in _WORKLOADS for group in row.groups)
TEMPLATES: dict[Key, Path] = {
    (group, row.name): row.template for row in _WORKLOADS for group in WORKLOAD_GROUPS if row.template is not None
}
"""The path to the pod in a workload of each group and kind. In the group of another kind, a kind is a mistake and no other kind."""

KINDS: dict[Key, Kind] = {
    **{(group, row.name): row for row in _WORKLOADS for group in WORKLOAD_GROUPS},
    **{(group, row.name): row for row in (*_CUSTOM_WORKLOADS, *_CONTAINERS, *_REFERRING, *_STATE) for group in row.groups},
}
"""The row of each group and kind."""

NO_KIND = Kind("", ())
"""The row of a kind that scclint does not know."""

TEKTON = frozenset(row.name for row in _CONTAINERS if row.contains == "Tekton")
"""Kinds of tekton.dev, whose pods may be made of several objects."""

STATE: dict[str, Kind] = {row.name: row for row in _STATE}

STATE_KINDS = frozenset((*STATE, "List"))
"""The kinds that describe a cluster. Files that describe a cluster are read for these, and for the pods that run there."""

SUBJECT_KINDS = frozenset(kind for _, kind in KINDS) | {"List"}
"""Every kind of the table. A document of another kind is parsed only if the configuration names its kind."""

CLUSTER_SCOPED = frozenset(row.name for row in _STATE if row.cluster_scoped)
"""Kinds whose objects have no namespace."""

WITH_TEXTS = ("ConfigMap", "Secret")
"""Kinds whose objects may hold manifests as text, which a ClusterResourceSet applies: those with the keys of one, or of its own type."""

PODLESS = frozenset(("ConfigMap", "ControllerRevision", "CustomResourceDefinition", "PodSecurityPolicy", "Secret"))
"""Kinds that mention containers in texts, schemas and records, and create no pods."""

NO_HOLDERS = frozenset((
    "admission.k8s.io", "argoproj.io/Application", "argoproj.io/ApplicationSet", "constraints.gatekeeper.sh", "helm.toolkit.fluxcd.io",
    "kubevirt.io", "kustomize.toolkit.fluxcd.io", "kyverno.io", "policies.kubewarden.io", "policies.kyverno.io",
))  # fmt: skip
"""API groups, and kinds with their group, whose objects describe the pods of others, have values and patches for what they deploy, which is
judged in its place, or mean the image of a virtual machine by a container."""

SAMPLES = ("ConsoleYAMLSample", "ConsoleQuickStart", "PackageManifest")
"""Kinds with objects that a user may create, as an example."""

NO_CARRIERS = ("cluster.x-k8s.io", "chainsaw.kyverno.io", "kuttl.dev", "cli.kyverno.io")
"""The ends of API groups whose objects carry what is for a cluster of another platform, or for tests."""
