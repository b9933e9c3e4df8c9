"""The kinds that scclint knows, as data: which of them make pods and where, which carry other objects, which have no namespace."""

from typing import NamedTuple

from scclint.finding import Path
from scclint.platform.terms import EACH

Key = tuple[str, str]
"""API group and kind. An OpenShift kind is also served without a group, by OpenShift's legacy API."""


class WorkloadKind(NamedTuple):
    """A kind of Kubernetes or OpenShift whose objects are or make pods.

    `groups` are the API groups that serve it. `template` leads from the object to the pod's metadata and spec. `needs_selector` is
    True where the API server requires a selector.
    """

    groups: tuple[str, ...]
    template: tuple[str, ...]
    needs_selector: bool = False


WORKLOADS: dict[str, WorkloadKind] = {
    "Pod": WorkloadKind(("",), ()),
    "PodTemplate": WorkloadKind(("",), ("template",)),
    "ReplicationController": WorkloadKind(("",), ("spec", "template")),
    "Deployment": WorkloadKind(("apps", "extensions"), ("spec", "template"), needs_selector=True),
    "ReplicaSet": WorkloadKind(("apps", "extensions"), ("spec", "template"), needs_selector=True),
    "StatefulSet": WorkloadKind(("apps",), ("spec", "template"), needs_selector=True),
    "DaemonSet": WorkloadKind(("apps", "extensions"), ("spec", "template"), needs_selector=True),
    "Job": WorkloadKind(("batch",), ("spec", "template")),
    "CronJob": WorkloadKind(("batch",), ("spec", "jobTemplate", "spec", "template")),
    "DeploymentConfig": WorkloadKind(("apps.openshift.io", ""), ("spec", "template")),
}

WORKLOAD_GROUPS: frozenset[str] = frozenset(group for row in WORKLOADS.values() for group in row.groups)
TEMPLATES: dict[Key, Path] = {(group, kind): row.template for kind, row in WORKLOADS.items() for group in WORKLOAD_GROUPS}
"""The path to the pod in a workload of each group and kind. In the group of another kind, a kind is a mistake and no other kind."""

CUSTOM_TEMPLATES: dict[Key, Path] = {
    ("argoproj.io", "Rollout"): ("spec", "template"),
    ("keda.sh", "ScaledJob"): ("spec", "jobTargetRef", "template"),
    ("kubeflow.org", "Notebook"): ("spec", "template"),
    ("apps.kruise.io", "CloneSet"): ("spec", "template"),
    ("apps.kruise.io", "StatefulSet"): ("spec", "template"),
    ("apps.kruise.io", "DaemonSet"): ("spec", "template"),
    ("apps.kruise.io", "BroadcastJob"): ("spec", "template"),
    ("apps.kruise.io", "AdvancedCronJob"): ("spec", "template", "jobTemplate", "spec", "template"),
}
"""The path to the pod in custom resources. An object without it makes no pods, as a Rollout that names a Deployment."""

CLAIM_TEMPLATES: frozenset[Key] = frozenset(
    (("apps", "StatefulSet"), ("apps.kruise.io", "StatefulSet"), ("apps.kruise.io", "CloneSet"))
)
"""The kinds whose controller adds a volume to each pod for each entry of `spec.volumeClaimTemplates` (`updateStorage`)."""

CUSTOM_POD_KINDS: frozenset[Key] = frozenset((
    ("elasticsearch.k8s.elastic.co", "Elasticsearch"), ("kibana.k8s.elastic.co", "Kibana"), ("apm.k8s.elastic.co", "ApmServer"),
    ("enterprisesearch.k8s.elastic.co", "EnterpriseSearch"), ("logstash.k8s.elastic.co", "Logstash"),
    ("maps.k8s.elastic.co", "ElasticMapsServer"), ("beat.k8s.elastic.co", "Beat"), ("agent.k8s.elastic.co", "Agent"),
    *(("monitoring.coreos.com", kind) for kind in ("Prometheus", "PrometheusAgent", "Alertmanager", "ThanosRuler")),
    ("opentelemetry.io", "OpenTelemetryCollector"),
    *(("sparkoperator.k8s.io", kind) for kind in ("SparkApplication", "ScheduledSparkApplication")),
    *(("argoproj.io", kind) for kind in ("Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow")),
    *(("ray.io", kind) for kind in ("RayCluster", "RayJob", "RayService", "RayCronJob")),
    *(("kubeflow.org", kind) for kind in ("JAXJob", "MPIJob", "PaddleJob", "PyTorchJob", "TFJob", "XGBoostJob")),
    ("batch.volcano.sh", "Job"), ("jobset.x-k8s.io", "JobSet"), ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"),
))  # fmt: skip
"""Kinds whose pods are put together from several fields, which `scclint.objects.custom_kinds` lists."""

CSV: Key = ("operators.coreos.com", "ClusterServiceVersion")
SUBSCRIPTION = "Subscription"
"""The kind of OLM that has an operator installed."""
INSTALLATIONS = ("OperatorGroup", SUBSCRIPTION)
"""The kinds of OLM in whose namespace an operator is installed."""

CONTAINER_SOURCE: Key = ("sources.knative.dev", "ContainerSource")
KNATIVE: frozenset[Key] = frozenset((
    ("serving.knative.dev", "Configuration"), ("serving.knative.dev", "Service"), CONTAINER_SOURCE,
))  # fmt: skip
"""Kinds with a pod template whose containers need no name."""

TEKTON_GROUP = "tekton.dev"
TEKTON = frozenset(("Task", "ClusterTask", "TaskRun", "Pipeline", "PipelineRun", "StepAction"))
"""Kinds of tekton.dev, whose pods may be made of several objects."""

TEMPLATE: frozenset[Key] = frozenset((("template.openshift.io", "Template"), ("", "Template")))
"""The OpenShift Template: objects with parameters."""

TEMPLATE_INSTANCE: Key = ("template.openshift.io", "TemplateInstance")
"""The object that contains a Template, which OpenShift processes in the cluster."""

MACHINE_CONFIG: Key = ("machineconfiguration.openshift.io", "MachineConfig")

GENERATORS: frozenset[Key] = frozenset((("kyverno.io", "ClusterPolicy"), ("kyverno.io", "Policy")))
"""Kinds whose rules generate whole objects."""

TRIGGERS: dict[Key, tuple[Path, ...]] = {
    ("argoproj.io", "Sensor"): (
        ("spec", "triggers", EACH, "template", "k8s", "source", "resource"),
        ("spec", "triggers", EACH, "template", "argoWorkflow", "source", "resource"),
    ),
    ("triggers.tekton.dev", "TriggerTemplate"): (("spec", "resourcetemplates", EACH),),
    ("core.strimzi.io", "StrimziPodSet"): (("spec", "pods", EACH),),
}
"""Kinds whose controller creates whole objects in the namespace of the object: the paths to these."""

NODE_ACCESS: dict[Key, tuple[Path, str]] = {
    **{
        (group, kind): ((*below, "volumes", EACH, "hostDisk"), "its hostDisk puts a path of the node into its pod")
        for group, kind, below in (
            ("kubevirt.io", "VirtualMachine", ("spec", "template", "spec")),
            ("kubevirt.io", "VirtualMachineInstance", ("spec",)),
            ("kubevirt.io", "VirtualMachineInstanceReplicaSet", ("spec", "template", "spec")),
            ("pool.kubevirt.io", "VirtualMachinePool", ("spec", "virtualMachineTemplate", "spec", "template", "spec")),
        )
    },
    **{
        (group, kind): (
            ("spec", "strategy", "customStrategy", "exposeDockerSocket"),
            "its exposeDockerSocket gives its privileged build pods the container socket of the node",
        )
        for group in ("build.openshift.io", "")
        for kind in ("BuildConfig", "Build")
    },
}
"""The field by which a custom resource gives its pods access to the node, although it contains no container, and what the field does."""

TEKTON_CONFIG: Key = ("operator.tekton.dev", "TektonConfig")

POLICIES = (
    "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding",
)  # fmt: skip
"""Kinds of admissionregistration.k8s.io that the API server evaluates itself."""

CARRIERS: dict[Key, tuple[Path, Path]] = {
    ("work.open-cluster-management.io", "ManifestWork"): (("spec", "workload", "manifests"), ()),
    ("work.open-cluster-management.io", "ManifestWorkReplicaSet"): (
        ("spec", "manifestWorkTemplate", "workload", "manifests"),
        (),
    ),
    ("addon.open-cluster-management.io", "AddOnTemplate"): (("spec", "agentSpec", "workload", "manifests"), ()),
    ("policy.open-cluster-management.io", "Policy"): (("spec", "policy-templates"), ("objectDefinition",)),
    ("policy.open-cluster-management.io", "ConfigurationPolicy"): (("spec", "object-templates"), ("objectDefinition",)),
    ("hive.openshift.io", "SyncSet"): (("spec", "resources"), ()),
    ("hive.openshift.io", "SelectorSyncSet"): (("spec", "resources"), ()),
    ("fleet.cattle.io", "Bundle"): (("spec", "resources"), ("content",)),
    ("kappctrl.k14s.io", "App"): (("spec", "fetch"), ("inline", "paths")),
}
"""Kinds that carry whole objects to other clusters: the path to their list, and in each entry the path to the object, to a text with
objects, or to such texts by name."""

MANIFEST_REFERENCES: dict[Key, tuple[Path, ...]] = {
    ("addons.cluster.x-k8s.io", "ClusterResourceSet"): (("spec", "resources", EACH),),
    ("kappctrl.k14s.io", "App"): tuple(
        ("spec", "fetch", EACH, "inline", "pathsFrom", EACH, reference) for reference in ("configMapRef", "secretRef")
    ),
    ("hive.openshift.io", "ClusterDeployment"): (
        ("spec", "provisioning", "manifestsConfigMapRef"),
        ("spec", "provisioning", "manifestsConfigMapRefs", EACH),
        ("spec", "provisioning", "manifestsSecretRef"),
    ),
    ("extensions.hive.openshift.io", "AgentClusterInstall"): (
        ("spec", "manifestsConfigMapRef"),
        ("spec", "manifestsConfigMapRefs", EACH),
    ),
    ("extensions.hive.openshift.io", "ImageClusterInstall"): (("spec", "extraManifestsRefs", EACH),),
    ("siteconfig.open-cluster-management.io", "ClusterInstance"): (("spec", "extraManifestsRefs", EACH),),
}
"""Kinds that have the objects in the texts of ConfigMaps and Secrets applied to another cluster: the paths to the references to these."""

STATE_KINDS = frozenset((
    "SecurityContextConstraints", "Namespace", "Project", "ProjectRequest", "ServiceAccount", "Role", "ClusterRole", "RoleBinding",
    "ClusterRoleBinding", "ContainerRuntimeConfig", "CSIDriver", "KubeletConfig", "MachineConfig", "MachineConfigPool",
    "PersistentVolume", "PersistentVolumeClaim", "RuntimeClass", "SeccompProfile", "StorageClass", "ProfileBinding", "List",
    "TektonConfig", *POLICIES, *INSTALLATIONS,
))  # fmt: skip
"""Kinds that describe a cluster and make no pods. Files that describe a cluster are read for these, and for the pods that run there."""

SUBJECT_KINDS = (
    STATE_KINDS
    | TEKTON
    | {kind for _, kind in (*TEMPLATES, *CUSTOM_TEMPLATES, CSV, *KNATIVE, *TEMPLATE, TEMPLATE_INSTANCE, *GENERATORS, *CARRIERS)}
    | {kind for _, kind in MANIFEST_REFERENCES}
    | {kind for _, kind in (*CUSTOM_POD_KINDS, *NODE_ACCESS, *TRIGGERS)}
)
"""Every kind above. A document of another kind is parsed only if the configuration names its kind."""

CLUSTER_SCOPED = frozenset((
    "SecurityContextConstraints", "Namespace", "Project", "ProjectRequest", "ClusterRole", "ClusterRoleBinding",
    "ContainerRuntimeConfig", "CSIDriver", "KubeletConfig", "MachineConfig", "MachineConfigPool", "PersistentVolume", "RuntimeClass",
    "StorageClass", "TektonConfig", *POLICIES,
))  # fmt: skip
"""Kinds whose objects have no namespace."""
