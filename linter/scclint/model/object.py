"""The API objects that bear on a verdict, each a view that knows its document and where it stands in it."""

from collections.abc import Mapping
from sys import intern
from typing import TYPE_CHECKING, Any

from scclint.finding import Path, shortened
from scclint.limits import MAX_OBJECT_NAME
from scclint.load.document import Document
from scclint.model.pod import Pod
from scclint.model.unknown import Unknown, is_expression
from scclint.model.view import View
from scclint.yaml.locate import node_at
from scclint.yaml.nodes import Node

if TYPE_CHECKING:
    from scclint.model.provenance import Origin, Parameter

CLUSTER_SCOPED = frozenset(
    (
        "SecurityContextConstraints",
        "Namespace",
        "Project",
        "ProjectRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "KubeletConfig",
        "MachineConfig",
        "MachineConfigPool",
    )
)
"""Kinds whose objects have no namespace."""

SELECTING = frozenset(("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"))
"""Kinds that make pods and must say by which labels they know them."""


LONGEST_NAME = 253
"""Characters of the name of an SCC, and of most other objects."""

NOTHING: Mapping[Any, Any] = {}


class ApiObject(View):
    """An object of the API as a manifest states it.

    `manifest` is what the cluster would be given, as plain values: `data` itself, except for objects that another object
    implies (the Role behind a ClusterServiceVersion's permissions). `namespace` is empty where none is written; `home` is
    then the namespace it goes to unless another is asked for, empty where that is nowhere in particular. `label` is what
    messages call it where kind and name would say nothing to its author. `partial` says why the object is no whole one (a
    kustomize patch) as a clause, else it is empty. `whole` is False where a kustomization takes the object in, so that it
    may get there what it lacks here.

    What it was made from: `substitutions` are the Template parameters behind its values, by path, for each object that holds
    it from the innermost on; `origin` is the file that kustomize took it from. `moved` maps paths of the object as it is
    modelled to where its author wrote them, if elsewhere.
    """

    __slots__ = (
        "api_version",
        "document",
        "home",
        "kind",
        "label",
        "manifest",
        "moved",
        "name",
        "namespace",
        "origin",
        "partial",
        "substitutions",
        "whole",
    )

    def __init__(self, document: Document, root: Node, data: dict[str, Any], path: Path = (), manifest: Any = None) -> None:
        super().__init__(root, data, path)
        self.document = document
        self.home = ""
        self.label = ""
        self.partial = ""
        self.whole = True
        self.substitutions: tuple[Mapping[Path, tuple[Parameter, ...]], ...] = ()
        self.origin: Origin | None = None
        self.moved: Mapping[Path, Path] = NOTHING
        self.manifest: dict[str, Any] = data if manifest is None else manifest
        metadata = self.manifest.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        # Of these there are few, whatever number of objects.
        self.api_version = intern(str(self.manifest.get("apiVersion") or ""))
        self.kind = intern(str(self.manifest.get("kind") or ""))
        self.name = str(metadata.get("name") or metadata.get("generateName") or "")
        self.namespace = intern(str(metadata.get("namespace") or ""))

    @property
    def file(self) -> str:
        return self.document.file

    @property
    def group(self) -> str:
        """The API group, as `apps`; empty for the core's."""
        return self.api_version.rpartition("/")[0]

    @property
    def named(self) -> str:
        """How messages call it: `Deployment web`."""
        if self.label:
            return shortened(self.label, MAX_OBJECT_NAME)
        return f"{self.kind} {shortened(self.name, MAX_OBJECT_NAME)}" if self.name else self.kind

    @property
    def implied(self) -> bool:
        """Whether no manifest states the object: another one implies it."""
        return self.manifest is not self.data

    def written(self, path: Path) -> Path:
        """The path, from the document's root, under which its author wrote what `path` leads to."""
        for end in range(len(path), 0, -1) if self.moved else ():
            if (prefix := self.moved.get(path[:end])) is not None:
                return prefix + path[end:]
        return path

    @property
    def lines(self) -> tuple[int, int]:
        """The first and last line of the object in its file, the last one of its last value."""
        node = node_at(self.root, self.path)
        return node.line, node.end_line

    @property
    def place(self) -> View:
        """Where findings about the object as a whole point: its name (of a CSV's deployment, the entry's), else its kind."""
        for path in (("metadata", "name"), ("name",), ("kind",)):
            if self.field(*path).present:
                return View(self.root, None, self.path + path)
        return self


class Unread(ApiObject):
    """An object that holds containers, of which nobody knows what pods come of it. Of its data only what names it is kept."""

    __slots__ = ()

    def __init__(self, document: Document, root: Node, data: dict[str, Any], path: Path) -> None:
        super().__init__(document, root, data, path)
        self.partial = "what pods come of it is not known"


class Workload(ApiObject):
    """Anything that makes pods. `pod` is its pod, or its template's.

    `controlled` is True where a controller creates the pods, so that the rights of whoever applied the
    manifest do not count. `elsewhere` says what decides about the pod and is not in the input, else it is empty. `beyond` is True
    where that is in the input and too much to be looked at.
    """

    __slots__ = ("_template", "beyond", "controlled", "elsewhere", "pod")

    def __init__(
        self, document: Document, root: Node, data: dict[str, Any], path: Path, template: Path, manifest: Any = None
    ) -> None:
        super().__init__(document, root, data, path, manifest)
        self.controlled = bool(template) or _has_controller(self.manifest)
        self.elsewhere = ""
        self.beyond = False
        self._template = template
        self.pod = self._make_pod()
        self.partial = _why_partial(self)

    def _make_pod(self) -> Pod:
        data: Any = self.data
        for step in self._template:
            data = data.get(step) if isinstance(data, dict) else None
        # The API server shows a generated name by its prefix in errors about pods that controllers create.
        return Pod(self.root, data, self.path + self._template, f"{self.name}-" if self._template else self.name)


class SecurityContextConstraints(ApiObject):
    """An SCC object (security.openshift.io/v1); its fields sit at the top level."""

    __slots__ = ()


class Namespace(ApiObject):
    """A v1 Namespace, or an OpenShift Project or ProjectRequest, which create one."""

    __slots__ = ()


class ServiceAccount(ApiObject):
    __slots__ = ()


class Role(ApiObject):
    """A Role or ClusterRole (rbac.authorization.k8s.io, authorization.openshift.io), or what a CSV's permissions imply."""

    __slots__ = ()

    @property
    def rules(self) -> tuple[View, ...]:
        rules = self.data.get("rules")
        indices = range(len(rules)) if isinstance(rules, list) else ()
        return tuple(rule for index in indices if (rule := self.rule(index)) is not None)

    def rule(self, index: int) -> View | None:
        """The rule at an index of the list as it is written; None if there is none."""
        rules = self.data.get("rules")
        if not isinstance(rules, list) or index >= len(rules) or not isinstance(rules[index], dict):
            return None
        return View(self.root, rules[index], (*self.path, "rules", index))


class RoleBinding(ApiObject):
    """A RoleBinding or ClusterRoleBinding."""

    __slots__ = ()


class KubeletConfig(ApiObject):
    """machineconfiguration.openshift.io/v1: the kubelet's configuration for the pools it selects."""

    __slots__ = ()


def _has_controller(manifest: dict[str, Any]) -> bool:
    """Whether an object says that a controller made it, as a Pod does that was read from a cluster."""
    metadata = manifest.get("metadata")
    owners = metadata.get("ownerReferences") if isinstance(metadata, dict) else None
    return isinstance(owners, list) and any(isinstance(owner, dict) and owner.get("controller") is True for owner in owners)


def _why_partial(workload: Workload) -> str:
    """Why the object is no whole one, as a clause: patches and assertions of tests state some fields of an object only.

    What the API server requires tells them apart. An image that is written as empty is to be filled in by whatever applies
    the object, and nothing that admission looks at.
    """
    data, pod = workload.data, workload.pod
    spec, pod_spec = data.get("spec"), pod.data.get("spec")
    regular = [c for c in pod.containers if c.list == "containers"]
    parts = (data, spec, pod_spec, *(container.data for container in regular))
    if any(is_expression(key) for part in parts if isinstance(part, dict) for key in part):
        return "a key of it is an expression in parentheses, as in the assertions of tests"
    if not workload.name and workload.kind in SELECTING and isinstance(spec, dict) and not spec.get("selector"):
        return "it has neither a name nor a selector"
    if not regular:
        left_open = isinstance(pod_spec, Unknown) or (
            isinstance(pod_spec, dict) and isinstance(pod_spec.get("containers"), Unknown)
        )
        return "" if left_open else "it has no containers"
    for container in regular:
        if not container.name:
            return "a container has no name"
        # An image trigger of a DeploymentConfig may fill the image in later.
        if "image" not in container.data and workload.kind != "DeploymentConfig":
            return f"container {container.name} has no image"
    return ""
