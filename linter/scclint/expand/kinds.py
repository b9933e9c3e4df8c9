"""Which kinds bear on a verdict, and how each becomes a model object. The one place that knows the list."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from scclint.finding import Path, shortened
from scclint.limits import AddedTextCounter
from scclint.load.document import Document, objects
from scclint.load.sniff import HOLDERS
from scclint.model.node_config import (
    MachineConfig,
    MachineConfigPool,
    ProfileBinding,
    SeccompProfile,
    SeccompProfileFile,
    is_profile,
)
from scclint.model.object import (
    ApiObject,
    KubeletConfig,
    Namespace,
    Role,
    RoleBinding,
    SecurityContextConstraints,
    ServiceAccount,
    Unread,
    Workload,
)
from scclint.model.unknown import Unknown
from scclint.record import EMPTY, record, replace
from scclint.yaml.locate import locate
from scclint.yaml.nodes import Node

if TYPE_CHECKING:
    from scclint.expand.tekton_runs import References
    from scclint.expand.template import Instance

TEMPLATES: dict[tuple[str, str], Path] = {
    ("", "Pod"): (),
    ("", "PodTemplate"): ("template",),
    ("", "ReplicationController"): ("spec", "template"),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("extensions", "Deployment"): ("spec", "template"),
    ("extensions", "ReplicaSet"): ("spec", "template"),
    ("extensions", "DaemonSet"): ("spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    ("apps.openshift.io", "DeploymentConfig"): ("spec", "template"),
    ("", "DeploymentConfig"): ("spec", "template"),
}
"""Where a workload of (API group, kind) carries its pod; () is the object itself. Without a group they are OpenShift's legacy API."""

OBJECTS: dict[tuple[str, str], type[ApiObject]] = {
    ("security.openshift.io", "SecurityContextConstraints"): SecurityContextConstraints,
    ("", "SecurityContextConstraints"): SecurityContextConstraints,
    ("", "Namespace"): Namespace,
    ("project.openshift.io", "Project"): Namespace,
    ("project.openshift.io", "ProjectRequest"): Namespace,
    ("", "ServiceAccount"): ServiceAccount,
    ("rbac.authorization.k8s.io", "Role"): Role,
    ("rbac.authorization.k8s.io", "ClusterRole"): Role,
    ("rbac.authorization.k8s.io", "RoleBinding"): RoleBinding,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): RoleBinding,
    ("authorization.openshift.io", "Role"): Role,
    ("authorization.openshift.io", "ClusterRole"): Role,
    ("authorization.openshift.io", "RoleBinding"): RoleBinding,
    ("authorization.openshift.io", "ClusterRoleBinding"): RoleBinding,
    ("machineconfiguration.openshift.io", "KubeletConfig"): KubeletConfig,
    ("machineconfiguration.openshift.io", "MachineConfig"): MachineConfig,
    ("machineconfiguration.openshift.io", "MachineConfigPool"): MachineConfigPool,
    ("security-profiles-operator.x-k8s.io", "SeccompProfile"): SeccompProfile,
    ("security-profiles-operator.x-k8s.io", "ProfileBinding"): ProfileBinding,
}

EMBEDDED: dict[tuple[str, str], Path] = {
    ("argoproj.io", "Rollout"): ("spec", "template"),
    ("keda.sh", "ScaledJob"): ("spec", "jobTargetRef", "template"),
    ("sources.knative.dev", "ContainerSource"): ("spec", "template"),
    ("apps.kruise.io", "CloneSet"): ("spec", "template"),
    ("apps.kruise.io", "StatefulSet"): ("spec", "template"),
    ("apps.kruise.io", "DaemonSet"): ("spec", "template"),
    ("apps.kruise.io", "BroadcastJob"): ("spec", "template"),
    ("apps.kruise.io", "AdvancedCronJob"): ("spec", "template", "jobTemplate", "spec", "template"),
}
"""Custom resources that may have a pod template, and where; one that has none (a Rollout of a Deployment's) makes no pods."""

Build = Callable[[Document, Node, dict[str, Any], Path], Iterator[ApiObject]]


def _csv(document: Document, root: Node, data: dict[str, Any], path: Path) -> Iterator[ApiObject]:
    from scclint.expand.csv import build_csv

    return build_csv(document, root, data, path)


def _knative(document: Document, root: Node, data: dict[str, Any], path: Path) -> Iterator[ApiObject]:
    from scclint.expand.knative import build_knative

    return build_knative(document, root, data, path)


COMPOSED: dict[tuple[str, str], Build] = {
    ("operators.coreos.com", "ClusterServiceVersion"): _csv,
    ("serving.knative.dev", "Configuration"): _knative,
    ("serving.knative.dev", "Service"): _knative,
}
"""Kinds that stand for other objects, several of them or with a pod in a shape of their own."""

TEKTON = frozenset(("Task", "ClusterTask", "TaskRun", "Pipeline", "PipelineRun", "StepAction"))
"""Kinds of tekton.dev, whose pods may be made of several objects."""

PARAMETRIC = (("template.openshift.io", "Template"), ("", "Template"))
"""Kinds whose objects hold parameters still to be filled in."""

CARRIERS: dict[tuple[str, str], tuple[Path, Path]] = {
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
}
"""Kinds that carry whole objects to other clusters: where the list of them is, and where in each entry the object."""

STATE_KINDS = frozenset(kind for _, kind in OBJECTS) | {"List"}
"""What a dump of a cluster is read for."""

SUBJECT_KINDS = STATE_KINDS | TEKTON | {kind for _, kind in (*TEMPLATES, *EMBEDDED, *COMPOSED, *PARAMETRIC, *CARRIERS)}
"""Documents of other kinds need not be parsed, but for those of the configuration."""


@record
class Extras:
    """What a run adds to the tables.

    `pods` tells where custom resources of (API version, kind) keep a pod template, `params` gives values to parameters of
    Templates, by name. `references` tell what Tekton's objects mean by the names of others. `added` counts what Templates
    come to.
    """

    pods: Mapping[tuple[str, str], Path] = EMPTY
    params: Mapping[str, str] = EMPTY
    references: "References | None" = None
    added: AddedTextCounter | None = None

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds whose documents have to be parsed, and `HOLDERS`."""
        return SUBJECT_KINDS | {HOLDERS} | {kind for _, kind in self.pods}


NO_EXTRAS = Extras()

_LONGEST_KIND = 60
"""Characters of an expression in place of a kind."""


def build_all(document: Document, extras: Extras = NO_EXTRAS) -> Iterator[ApiObject]:
    """The model objects of a document, in order. Raises LimitError for what comes to more than scclint looks at."""
    root = document.root
    if root is not None:
        for node in objects(document):
            yield from build(document, root, node.data, node.path, extras)


def build(document: Document, root: Node, data: dict[str, Any], path: Path, extras: Extras = NO_EXTRAS) -> Iterator[ApiObject]:
    """The model objects that one API object stands for: one for a kind in the tables, none for others.

    One of another kind that holds containers is `Unread`, and so is one of a kind that is not known.
    """
    api_version, kind = data.get("apiVersion"), data.get("kind")
    if isinstance(api_version, Unknown) or isinstance(kind, Unknown):
        told = {key: shortened(" ".join(str(data.get(key) or "").split()), _LONGEST_KIND) for key in ("apiVersion", "kind")}
        yield Unread(document, root, {**told, "metadata": data.get("metadata")}, path)
        return
    if not isinstance(api_version, str) or not isinstance(kind, str):
        return
    group = api_version.rpartition("/")[0]
    embedded = extras.pods.get((api_version, kind)) or EMBEDDED.get((group, kind))
    if embedded and _holds(data, embedded):
        yield Workload(document, root, data, path, embedded)
    elif (group, kind) in TEMPLATES:
        yield Workload(document, root, data, path, TEMPLATES[group, kind])
    elif (group, kind) in OBJECTS:
        yield OBJECTS[group, kind](document, root, data, path)
    elif (group, kind) in COMPOSED:
        yield from COMPOSED[group, kind](document, root, data, path)
    elif group == "tekton.dev" and kind in TEKTON:
        from scclint.expand.tekton import build_tekton

        yield from build_tekton(document, root, data, path, extras.references)
    elif (group, kind) in PARAMETRIC:
        from scclint.expand.template import instantiate

        added = extras.added or AddedTextCounter()
        instances = instantiate(data, path, extras.params, added, locate(root, path)[0])
        yield from _build_instances(document, root, instances, replace(extras, added=added))
    elif (group, kind) in CARRIERS and _holds(data, CARRIERS[group, kind][0], list):
        from scclint.expand.carriers import carried

        yield from _build_instances(document, root, carried(data, path, *CARRIERS[group, kind]), extras)
    elif not kind and is_profile(data):
        yield SeccompProfileFile(document, root, {k: v for k, v in data.items() if v or k not in ("apiVersion", "kind")}, path)
    elif kind and api_version:
        from scclint.expand.unknown_kinds import holds_containers

        if holds_containers(group, kind, data):
            yield Unread(document, root, {k: v for k, v in data.items() if k in ("apiVersion", "kind", "metadata")}, path)


def _build_instances(document: Document, root: Node, instances: "Iterable[Instance]", extras: Extras) -> Iterator[ApiObject]:
    """The model objects of what an object holds whole."""
    for instance in instances:
        for obj in build(document, root, instance.data, instance.path, extras):
            obj.home = obj.home or instance.home
            if instance.substitutions:
                obj.substitutions = (*obj.substitutions, instance.substitutions)
            yield obj


def _holds(data: Any, path: Path, kind: type = dict) -> bool:
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return isinstance(data, kind)
