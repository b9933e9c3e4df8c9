"""The objects of the API as manifests state them: views of a document that know where each value was written, and how it came to be."""

from collections.abc import Mapping
from sys import intern
from typing import Any, ClassVar, Literal, NamedTuple, Self

from scclint.finding import Path, shortened
from scclint.limits import MAX_OBJECT_NAME
from scclint.objects.documents.document import Document
from scclint.objects.kinds import KINDS, NO_KIND, WORKLOADS, Key
from scclint.objects.pod import AddedFields, Pod
from scclint.objects.unknown import Unknown, is_expression
from scclint.objects.view import Field, View
from scclint.platform.terms import generated_name
from scclint.record import EMPTY, record, replace, set_fields
from scclint.yaml.nodes import Node, node_at
from scclint.yaml.untyped import as_list, as_mapping, as_text, mappings, value_at


class Parameter(NamedTuple):
    """A parameter of a Template: its value (None if unknown), the path of the value from the document's root, and in words where
    the value comes from.
    """

    name: str
    value: str | None
    path: Path
    how: str


@record
class Origin:
    """The file that kustomize built an object from, as its annotation has it, and the object in that file if it was found."""

    file: str
    source: "ApiObject | None" = None


INSTALL_NAMESPACE = "install namespace of "
"""Before the name of a ClusterServiceVersion: the namespace that its operator is installed in, in words."""


@record
class Provenance:
    """Facts about an object besides its data. The defaults are for an object that is in its file as the cluster gets it.

    - `home`: the namespace the object goes to if it names none and the user asked for none; empty if it is not known.
    - `placed_by`: what says that `home` is its namespace, if that is not what carries the object: a task of Ansible, a kustomization, the
      installation of its operator, or the only namespace in which the input has its service account.
    - `placeholder`: the placeholder that it names as its namespace, and in place of which the namespace of its account is taken.
    - `operator`: the name of the ClusterServiceVersion from which OLM creates it.
    - `label`: the name of the object in messages, if its author does not know its kind and name.
    - `number`: which of several objects with one `generateName` it is, from 0.
    - `part`: which of the pods of its object it is: `task build`; empty if the object has one pod.
    - `run`: the object that runs the pod, if that is another one: `PipelineRun build-1`.
    - `partial`: why the object is not a whole one, as a clause: it is a kustomize patch.
    - `unplaced`: whether it names namespace `default` only because Helm was given no namespace.
    - `whole`: False where a kustomization takes the object in, so that kustomize may add the fields that it lacks.
    - `elsewhere`: what decides about its pods and is not in the input, as a clause.
    - `beyond`: whether that is in the input but beyond a limit of scclint.
    - `template`: whether it was read from a template, so that expressions in it have no value, and it may have more fields.
    - `command`: the command in a script that creates it; empty if a manifest states it.
    - `static`: whether a kubelet runs it as a static pod, so that no admission looks at it.
    - `origin`: the file that kustomize built it from.
    - `assumed`: for an SCC, which accounts placeholders in `users` are taken for, as a clause.
    - `moved`: for an object that was put together, where its author wrote each part, by the path of the part in the object.
    - `substitutions`: the Template parameters behind its values, by path, for each Template around it from the innermost on.
    """

    home: str = ""
    placed_by: Literal["", "task", "kustomization", "installation", "account"] = ""
    placeholder: str = ""
    operator: str = ""
    label: str = ""
    number: int = 0
    part: str = ""
    run: str = ""
    partial: str = ""
    unplaced: bool = False
    whole: bool = True
    elsewhere: str = ""
    beyond: bool = False
    template: bool = False
    command: str = ""
    static: bool = False
    origin: Origin | None = None
    assumed: str = ""
    moved: Mapping[Path, Path] = EMPTY
    substitutions: tuple[Mapping[Path, tuple[Parameter, ...]], ...] = ()

    @property
    def package(self) -> str:
        """The package of `operator`: `PACKAGE.v1.2.3`."""
        return self.operator.partition(".")[0]

    @property
    def unfilled(self) -> bool:
        """Whether a value of the object can be `Unknown`."""
        return self.template or bool(self.substitutions)

    def within(self, outer: "Provenance") -> "Provenance":
        """Return the provenance of an object that an object of provenance `outer` carries."""
        if not (outer.home or outer.unfilled):
            return self
        return replace(
            self,
            home=self.home or outer.home,
            template=self.template or outer.template,
            whole=self.whole and outer.whole,
            substitutions=(*self.substitutions, *outer.substitutions),
        )


WRITTEN = Provenance()
"""The provenance of an object that is in its file as the cluster gets it."""


@record
class Item:
    """What an object is made of: an API object as plain data, at `path` below the root of a document.

    `model` is the class of its model object, None while the object can still expand to others. `template` leads from `data` to the
    pod of a workload. `manifest` is the object that the cluster gets, if it is not `data`.
    """

    root: Node
    path: Path
    data: dict[str, Any]
    provenance: Provenance = WRITTEN
    model: "type[ApiObject] | None" = None
    template: Path | None = None
    manifest: dict[str, Any] | None = None

    @property
    def key(self) -> Key:
        """The API group and kind; empty texts for those of `apiVersion` and `kind` that `data` does not have, or not as text."""
        return as_text(self.data.get("apiVersion")).rpartition("/")[0], as_text(self.data.get("kind"))

    @property
    def name(self) -> str:
        """The name, or the prefix of a generated name; empty if the object has neither."""
        return str(value_at(self.data, ("metadata", "name")) or value_at(self.data, ("metadata", "generateName")) or "")


class ApiObject(View):
    """An object of the API as a manifest states it.

    `manifest` is what the cluster would be given, as plain values: `data` itself, except for objects that another object
    implies (the Role behind a ClusterServiceVersion's permissions). `name` is the prefix of a name that the API server generates.
    `namespace` is empty where none is written. `partial` says as a clause why the object is not a whole one (a kustomize patch),
    else it is empty.
    """

    __slots__ = ("api_version", "document", "item", "kind", "manifest", "name", "namespace", "partial", "provenance")

    document: Document
    item: Item
    manifest: dict[str, Any]
    provenance: Provenance
    api_version: str
    kind: str
    name: str
    namespace: str
    partial: str
    why_partial: ClassVar[str] = ""
    """Why all objects of a class are partial; empty if they are not."""

    def __init__(self, document: Document, item: Item) -> None:
        super().__init__(item.root, item.data, item.path)
        manifest = item.data if item.manifest is None else item.manifest
        metadata = as_mapping(manifest.get("metadata"))
        provenance = item.provenance
        set_fields(
            self,
            document=document,
            item=item,
            manifest=manifest,
            provenance=provenance,
            # A run has many objects and few of these texts.
            api_version=intern(str(manifest.get("apiVersion") or "")),
            kind=intern(str(manifest.get("kind") or "")),
            name=str(metadata.get("name") or "") or generated_name(metadata, provenance.number),
            namespace=intern(str(metadata.get("namespace") or "")),
            partial=provenance.partial or self.why_partial,
        )

    def with_provenance(self, **changes: Any) -> Self:
        """Return the same object with these fields of its provenance changed."""
        return type(self)(self.document, replace(self.item, provenance=replace(self.provenance, **changes)))

    def without_namespace(self) -> Self:
        """Return the same object as if it named no namespace."""
        data, manifest = (
            {
                **whole,
                "metadata": {key: value for key, value in as_mapping(whole.get("metadata")).items() if key != "namespace"},
            }
            for whole in (self.data, self.manifest)
        )
        return type(self)(self.document, replace(self.item, data=data, manifest=manifest if self.implied else None))

    def same_content(self, other: "ApiObject") -> bool:
        """Return whether two objects differ in nothing but their metadata."""
        return self is other or {**self.manifest, "metadata": None} == {**other.manifest, "metadata": None}

    @property
    def file(self) -> str:
        return self.document.file

    @property
    def is_generated(self) -> bool:
        """Whether the API server generates the name, so that no other object has it and nothing refers to it."""
        return bool(self.name) and not as_mapping(self.manifest.get("metadata")).get("name")

    @property
    def group(self) -> str:
        """The API group, as `apps`; empty for the core's."""
        return self.api_version.rpartition("/")[0]

    @property
    def named(self) -> str:
        """What messages call it: `Deployment web`."""
        if self.provenance.command:
            return f"`{shortened(self.provenance.command, MAX_OBJECT_NAME)}`"
        if self.provenance.label:
            return shortened(self.provenance.label, MAX_OBJECT_NAME)
        return f"{self.kind} {shortened(self.name, MAX_OBJECT_NAME)}".strip() or "object"

    @property
    def implied(self) -> bool:
        """Whether no manifest states the object: another one implies it."""
        return self.manifest is not self.data

    def written(self, path: Path) -> Path:
        """The path, from the document's root, under which its author wrote what `path` leads to."""
        moved = self.provenance.moved
        for end in range(len(path), 0, -1) if moved else ():
            if (prefix := moved.get(path[:end])) is not None:
                return prefix + path[end:]
        return path

    @property
    def lines(self) -> tuple[int, int]:
        """The first and last line of the object in its file, the last one of its last value."""
        node = node_at(self.root, self.path)
        return node.line, node.end_line

    @property
    def place(self) -> View:
        """Where findings about the object as a whole point: its name or `generateName` (of a CSV's
        deployment, the entry's), else its kind."""
        for path in (("metadata", "name"), ("metadata", "generateName"), ("name",), ("kind",)):
            if self.field(*path).present:
                return View(self.root, None, self.path + path)
        return self


class UnknownKind(ApiObject):
    """An object that holds containers and is of a kind that scclint does not know. Of its data only what names it is kept."""

    why_partial = "scclint does not know which pods its kind makes"


class Role(ApiObject):
    """A Role or ClusterRole (rbac.authorization.k8s.io, authorization.openshift.io), or what a CSV's permissions imply."""

    @property
    def rules(self) -> tuple[View, ...]:
        indices = range(len(as_list(self.data.get("rules"))))
        return tuple(rule for index in indices if (rule := self.rule(index)) is not None)

    def rule(self, index: int) -> View | None:
        """The rule at an index of the list as it is written; None if there is none."""
        rules = as_list(self.data.get("rules"))
        if index >= len(rules) or not isinstance(rules[index], dict):
            return None
        return View(self.root, rules[index], (*self.path, "rules", index))


class RoleBinding(ApiObject):
    """A RoleBinding or ClusterRoleBinding."""

    @property
    def role(self) -> tuple[str, str]:
        """The kind and the name of the role that it binds. The name is empty if it is missing.

        In OpenShift's own binding API, a reference with a namespace is a Role, and one without is a ClusterRole, whatever its kind.
        """
        reference = as_mapping(self.manifest.get("roleRef"))
        kind = reference.get("kind") if self.api_version.startswith("rbac.") else ""
        return str(kind or ("Role" if reference.get("namespace") else "ClusterRole")), str(reference.get("name") or "")


class SecurityContextConstraints(ApiObject):
    """An SCC object (security.openshift.io/v1); its fields sit at the top level."""


class Namespace(ApiObject):
    """A v1 Namespace, or an OpenShift Project or ProjectRequest, which create one."""


class ServiceAccount(ApiObject):
    """A v1 ServiceAccount, or the account that a ClusterServiceVersion's permissions name."""


class AdmissionPolicy(ApiObject):
    """A ValidatingAdmissionPolicy or MutatingAdmissionPolicy of admissionregistration.k8s.io, the binding of one, or a Kyverno policy."""


class TektonConfig(ApiObject):
    """An operator.tekton.dev TektonConfig, which says how OpenShift Pipelines is installed."""


class OperatorInstallation(ApiObject):
    """A Subscription or OperatorGroup of operators.coreos.com: OLM installs an operator in its namespace."""

    @property
    def package(self) -> str:
        """The package of the operator, to which a Subscription subscribes; empty for an OperatorGroup."""
        return as_text(value_at(self.manifest, ("spec", "name")))


class StorageObject(ApiObject):
    """A CSIDriver, StorageClass, PersistentVolume or PersistentVolumeClaim."""


class ProfileSource(ApiObject):
    """Anything that may hold seccomp profiles: a SeccompProfile, a MachineConfig, a profile file."""


class SeccompProfile(ProfileSource):
    """security-profiles-operator.x-k8s.io, v1beta1 and v1: the operator writes its spec to every node."""


class MachineConfig(ProfileSource):
    """machineconfiguration.openshift.io/v1: files for the nodes of a pool, profiles and CRI-O's configuration among them."""


class SeccompProfileFile(ProfileSource):
    """A seccomp profile as a file on a node: JSON in the form of OCI or of containers-common. It has no kind."""

    @property
    def named(self) -> str:
        return "the seccomp profile"


class KubeletConfig(ApiObject):
    """machineconfiguration.openshift.io/v1: the kubelet's configuration for the pools it selects."""


def is_profile(data: Mapping[str, Any]) -> bool:
    """Whether a mapping without a kind is meant as a seccomp profile, well-formed or not."""
    actions = [data.get("defaultAction"), *(rule.get("action") for rule in mappings(data.get("syscalls")))]
    return any(as_text(action).startswith("SCMP_") for action in actions)


class Workload(ApiObject):
    """An object that creates pods. `pod` is the pod itself or the one of its template.

    `controlled` is True if a controller creates the pods, so that the rights of the user who applies the manifest do not count.
    """

    __slots__ = ("controlled", "pod")

    pod: Pod
    controlled: bool

    def __init__(self, document: Document, item: Item) -> None:
        super().__init__(document, item)
        template = item.template or ()
        # A Pod that was read from a cluster says whether a controller made it.
        owners = mappings(value_at(self.manifest, ("metadata", "ownerReferences")))
        controlled = bool(template) or self.kind != "Pod" or any(owner.get("controller") is True for owner in owners)
        name = self._pod_name(template)
        added = AddedFields()
        if KINDS.get((self.group, self.kind), NO_KIND).has_claims:
            added = AddedFields(self._claims())
        if self.kind == "StatefulSet":
            # `initIdentity` of the controller: the name of the pod in DNS.
            added = added._replace(identity={"hostname": name, "subdomain": self.field("spec", "serviceName").value})
        pod = Pod(self.root, value_at(self.data, template), self.path + template, name, added if controlled else None)
        set_fields(self, controlled=controlled, pod=pod)
        # What is not in the input is no sign of a patch where it is missing.
        if not self.partial and not self.provenance.elsewhere:
            set_fields(self, partial=_why_partial(self))

    @property
    def is_hook(self) -> bool:
        """Whether its pod is that of a lifecycle hook of a DeploymentConfig, which the deployer creates."""
        return self.kind == "DeploymentConfig" and bool(self.provenance.part)

    @property
    def part(self) -> str:
        """Which of the pods of its object it is: `task build, run by PipelineRun build-1`; empty if the object has one pod."""
        run = f"run by {self.provenance.run}" if self.provenance.run else ""
        return ", ".join(filter(None, (self.provenance.part, run)))

    @property
    def _first(self) -> int:
        """The number of the first pod of a StatefulSet."""
        start = self.field("spec", "ordinals", "start").value
        return start if isinstance(start, int) else 0

    def _pod_name(self, template: Path) -> str:
        """Return the name of the pods in errors: the API server shows a generated name by its prefix."""
        ordinal = self._first if self.kind == "StatefulSet" else ""
        return f"{self.name}-{ordinal}" if template else self.name

    def _claims(self) -> dict[str, tuple[dict[str, Any], Field[Any]]]:
        """Return the volume of each claim template, and where the template is, by name. Of several with one name, the last counts."""
        templates = self.field("spec", "volumeClaimTemplates")
        claims = {}
        for index, item in enumerate(as_list(templates.value)):
            if name := value_at(item, ("metadata", "name")):
                source = {"persistentVolumeClaim": {"claimName": f"{name}-{self.name}-{self._first}"}}
                claims[str(name)] = {"name": name, **source}, templates.below(index)
        return claims


def _why_partial(workload: Workload) -> str:
    """Return as a clause why the object is not a whole one: patches and assertions of tests state only some fields of an object.

    A patch lacks fields that the API server requires. An empty image is filled in when the object is applied, and admission does not
    read it.
    """
    data, pod = workload.data, workload.pod
    spec, pod_spec = data.get("spec"), pod.data.get("spec")
    regular = [c for c in pod.containers if c.list == "containers"]
    parts = (data, spec, pod_spec, *(container.data for container in regular))
    if any(is_expression(key) for part in parts if isinstance(part, dict) for key in part):
        return "a key of it is an expression in parentheses, as in the assertions of tests"
    row = WORKLOADS.get(workload.kind)
    if row is not None and row.needs_selector and not workload.name and isinstance(spec, dict) and not spec.get("selector"):
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
