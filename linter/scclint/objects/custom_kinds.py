"""Custom resources whose controllers make pods of more than a pod template, as data: where each part of the pod is."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from scclint.finding import Path
from scclint.platform.terms import EACH
from scclint.record import EMPTY

Fields = Mapping[str, Path]


class CustomPod(NamedTuple):
    """How a controller makes a pod of a custom resource. An object in which `at` leads to no mapping has no such pod.

    - `at`: the mapping that describes the pod. All other paths begin there, those in `shared` at the object.
    - `name`: what the pod is called in messages; the value at `called`, if there is one, follows.
    - `template`: the pod template, which the other fields are laid over.
    - `defaults`: from the object to a mapping that the one at `at` is laid over.
    - `spec`: fields of the pod spec. `shared` are those that the whole object sets: lists are joined, other fields count if the pod has none.
    - `metadata`: the labels and annotations of the pod.
    - `containers`: containers, or lists of them. A container without a name is called `main`.
    - `main`: the container that the controller adds if there is none of that name; empty if it adds none. `main_at` leads from
      the object to its name, `container` to its fields, and `fixed` has the fields that the controller sets.
    - `volumes`: volumes that the controller adds if the pod has none of that name.
    - `mounted`: True if the pod gets only those shared volumes that `container` mounts.
    - `account`: what follows the name of the object in the service account that the operator creates if none is stated.
    - `unless`: a path and the value at its end with which the object makes no pod of its own.
    - `patch`: a text that is a strategic merge patch of the pod spec; `shared_patch` is one for all pods of the object.
    """

    at: Path
    name: str = ""
    called: Path = ()
    template: Path = ()
    defaults: Path = ()
    spec: Fields = EMPTY
    shared: Fields = EMPTY
    metadata: Path = ()
    containers: tuple[Path, ...] = ()
    main: str = ""
    main_at: Path = ()
    container: Fields = EMPTY
    fixed: Mapping[str, Any] = EMPTY
    volumes: Mapping[str, Any] = EMPTY
    mounted: bool = False
    account: str = ""
    unless: Path = ()
    patch: Path = ()
    shared_patch: Path = ()


def _same(*fields: str, below: Path = ()) -> dict[str, Path]:
    """Fields of the pod spec that have the same name in the custom resource."""
    return {field: (*below, field) for field in fields}


_SPEC = ("spec",)
_PLACING = ("affinity", "nodeSelector", "tolerations")


def _elastic(at: Path, main: str, *, name: str = "", called: Path = (), **more: Any) -> CustomPod:
    """A row of Elastic Cloud on Kubernetes.

    Source: the types in pkg/apis of elastic/cloud-on-k8s 3. The operator adds the main container, of which `podTemplate` may state
    some fields, and its own init containers, which need no rights.
    """
    return CustomPod(at, name, called, ("podTemplate",), main=main, **more)


def _host_volume(name: str) -> Mapping[str, Any]:
    """The data volume that the operator adds to Beats and Agents (`createDataVolume` in pkg/controller)."""
    return {name: {"hostPath": {"path": "/var/lib", "type": "DirectoryOrCreate"}}}


def _beats(field: str, name: str) -> CustomPod:
    return _elastic((*_SPEC, field), "beat", name=name, main_at=("spec", "type"), volumes=_host_volume("beat-data"))


def _agents(field: str, name: str, volumes: Mapping[str, Any]) -> CustomPod:
    return _elastic((*_SPEC, field), "agent", name=name, volumes=volumes)


_DROPS_ALL = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}


def _monitoring(main: str) -> CustomPod:
    """A row of the Prometheus Operator.

    Source: pkg/apis/monitoring/v1 and the statefulset.go of each kind in prometheus-operator/prometheus-operator 0.89. The operator
    gives the main container this security context, and merges `containers` over its own by name.
    """
    return CustomPod(
        _SPEC,
        spec=_same("serviceAccountName", "securityContext", "volumes", "hostNetwork", "hostUsers", "initContainers", *_PLACING),
        metadata=("podMetadata",),
        containers=(("containers",),),
        main=main,
        fixed={"securityContext": _DROPS_ALL},
    )


_COLLECTOR = CustomPod(
    _SPEC,
    spec={
        "serviceAccountName": ("serviceAccount",),
        "securityContext": ("podSecurityContext",),
        **_same("volumes", "hostNetwork", "hostPID", "shareProcessNamespace", "initContainers", *_PLACING),
    },
    metadata=("podMetadata",),
    containers=(("additionalContainers",),),
    main="otc-container",
    container=_same("image", "securityContext", "volumeMounts", "ports"),
    account="-collector",
    unless=("mode", "sidecar"),
)
"""The row of the OpenTelemetry operator, which creates the service account `NAME-collector`. In mode sidecar, the pods are those of others.

Source: apis/v1beta1 and internal/manifests/collector of open-telemetry/opentelemetry-operator.
"""


def _spark(below: Path, role: str) -> CustomPod:
    """A row of the Spark operator.

    Source: api/v1beta2/sparkapplication_types.go of kubeflow/spark-operator, and its webhook, which adds the volumes that the pod mounts.
    """
    return CustomPod(
        (*below, role),
        role,
        template=("template",),
        spec={
            "serviceAccountName": ("serviceAccount",),
            "securityContext": ("podSecurityContext",),
            **_same("hostNetwork", "initContainers", "shareProcessNamespace", *_PLACING),
        },
        shared={"volumes": (*below, "volumes"), "nodeSelector": (*below, "nodeSelector")},
        containers=(("sidecars",),),
        main=f"spark-kubernetes-{role}",
        container=_same("image", "securityContext", "volumeMounts"),
        mounted=True,
    )


def _argo(below: Path, at: Path) -> CustomPod:
    """A row of Argo Workflows.

    Source: WorkflowSpec and Template in pkg/apis/workflow/v1alpha1/workflow_types.go of argoproj/argo-workflows 3.7, and
    workflow/controller/workflowpod.go. The containers `init` and `wait` of the executor are left out.
    """
    return CustomPod(
        at,
        "template",
        ("name",),
        defaults=(*below, "templateDefaults"),
        spec=_same("serviceAccountName", "securityContext", "volumes", "initContainers", *_PLACING),
        shared=_same("serviceAccountName", "securityContext", "volumes", "hostNetwork", *_PLACING, below=below),
        metadata=("metadata",),
        containers=(("container",), ("script",), ("containerSet", "containers"), ("sidecars",)),
        patch=("podSpecPatch",),
        shared_patch=(*below, "podSpecPatch"),
    )


def _workflow(below: Path) -> tuple[CustomPod, ...]:
    templates = (*below, "templates", EACH)
    inline = ((*templates, "steps", EACH, EACH, "inline"), (*templates, "dag", "tasks", EACH, "inline"))
    return tuple(_argo(below, at) for at in (templates, *inline))


def _ray(*below: str) -> tuple[CustomPod, ...]:
    """The rows of a Ray cluster, whose specification `below` leads to. Source: ray-operator/apis/ray/v1 of ray-project/kuberay 1.5.

    The head of a cluster that scales by itself has a service account of its own if its template names none; this is not modelled.
    """
    return (
        CustomPod((*below, "headGroupSpec"), "head", template=("template",)),
        CustomPod((*below, "workerGroupSpecs", EACH), "worker group", ("groupName",), ("template",)),
    )


def _replicas(field: str, *roles: str) -> tuple[CustomPod, ...]:
    """The rows of a job of the Kubeflow training operator. Source: pkg/apis/kubeflow.org/v1 of kubeflow/training-operator 1.9."""
    return tuple(CustomPod((*_SPEC, field, role), role, template=("template",)) for role in roles)


CUSTOM_PODS: dict[tuple[str, str], tuple[CustomPod, ...]] = {
    ("elasticsearch.k8s.elastic.co", "Elasticsearch"): (
        _elastic((*_SPEC, "nodeSets", EACH), "elasticsearch", name="node set", called=("name",)),
    ),
    ("kibana.k8s.elastic.co", "Kibana"): (_elastic(_SPEC, "kibana"),),
    ("apm.k8s.elastic.co", "ApmServer"): (_elastic(_SPEC, "apm-server"),),
    ("enterprisesearch.k8s.elastic.co", "EnterpriseSearch"): (_elastic(_SPEC, "enterprise-search"),),
    ("logstash.k8s.elastic.co", "Logstash"): (_elastic(_SPEC, "logstash"),),
    ("maps.k8s.elastic.co", "ElasticMapsServer"): (_elastic(_SPEC, "maps"),),
    ("beat.k8s.elastic.co", "Beat"): (_beats("daemonSet", "DaemonSet"), _beats("deployment", "Deployment")),
    ("agent.k8s.elastic.co", "Agent"): (
        _agents("daemonSet", "DaemonSet", _host_volume("agent-data")),
        _agents("deployment", "Deployment", _host_volume("agent-data")),
        _agents("statefulSet", "StatefulSet", EMPTY),
    ),
    ("monitoring.coreos.com", "Prometheus"): (_monitoring("prometheus"),),
    ("monitoring.coreos.com", "PrometheusAgent"): (_monitoring("prometheus"),),
    ("monitoring.coreos.com", "Alertmanager"): (_monitoring("alertmanager"),),
    ("monitoring.coreos.com", "ThanosRuler"): (_monitoring("thanos-ruler"),),
    ("opentelemetry.io", "OpenTelemetryCollector"): (_COLLECTOR,),
    ("sparkoperator.k8s.io", "SparkApplication"): tuple(_spark(_SPEC, role) for role in ("driver", "executor")),
    ("sparkoperator.k8s.io", "ScheduledSparkApplication"): tuple(
        _spark((*_SPEC, "template"), role) for role in ("driver", "executor")
    ),
    ("argoproj.io", "Workflow"): _workflow(_SPEC),
    ("argoproj.io", "WorkflowTemplate"): _workflow(_SPEC),
    ("argoproj.io", "ClusterWorkflowTemplate"): _workflow(_SPEC),
    ("argoproj.io", "CronWorkflow"): _workflow((*_SPEC, "workflowSpec")),
    ("ray.io", "RayCluster"): _ray("spec"),
    ("ray.io", "RayService"): _ray("spec", "rayClusterConfig"),
    ("ray.io", "RayJob"): (*_ray("spec", "rayClusterSpec"), CustomPod(_SPEC, "submitter", template=("submitterPodTemplate",))),
    ("ray.io", "RayCronJob"): (
        *_ray("spec", "jobTemplate", "rayClusterSpec"),
        CustomPod((*_SPEC, "jobTemplate"), "submitter", template=("submitterPodTemplate",)),
    ),
    ("kubeflow.org", "JAXJob"): _replicas("jaxReplicaSpecs", "Worker"),
    ("kubeflow.org", "MPIJob"): _replicas("mpiReplicaSpecs", "Launcher", "Worker"),
    ("kubeflow.org", "PaddleJob"): _replicas("paddleReplicaSpecs", "Master", "Worker"),
    ("kubeflow.org", "PyTorchJob"): _replicas("pytorchReplicaSpecs", "Master", "Worker"),
    ("kubeflow.org", "TFJob"): _replicas("tfReplicaSpecs", "Chief", "Evaluator", "Master", "PS", "Worker"),
    ("kubeflow.org", "XGBoostJob"): _replicas("xgbReplicaSpecs", "Master", "Worker"),
    # pkg/apis/batch/v1alpha1/job.go of volcano-sh/apis 1.13
    ("batch.volcano.sh", "Job"): (CustomPod((*_SPEC, "tasks", EACH), "task", ("name",), ("template",)),),
    # api/jobset/v1alpha2/jobset_types.go of kubernetes-sigs/jobset 0.10
    ("jobset.x-k8s.io", "JobSet"): (
        CustomPod((*_SPEC, "replicatedJobs", EACH), "replicated job", ("name",), ("template", "spec", "template")),
    ),
    # api/leaderworkerset/v1/leaderworkerset_types.go of kubernetes-sigs/lws 0.7
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): tuple(
        CustomPod((*_SPEC, "leaderWorkerTemplate"), role, template=(f"{role}Template",)) for role in ("leader", "worker")
    ),
}
"""The pods of each kind, for `scclint.objects.kinds`. All versions of a kind have these fields at the same place."""
