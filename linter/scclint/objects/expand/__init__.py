"""Makes the objects of a document, with those that other objects contain or imply."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import suppress
from typing import TYPE_CHECKING

from scclint.finding import Path, shortened
from scclint.limits import AddedTextCounter, LimitError
from scclint.objects.documents.document import Document
from scclint.objects.documents.sniff import HOLDERS, WITH_TEXTS
from scclint.objects.expand.ansible import objects_of_tasks
from scclint.objects.expand.carriers import applied_manifests, of_unknown_kind
from scclint.objects.expand.item import Item, items_of, without_release_namespace
from scclint.objects.kinds import (
    CARRIERS,
    CSV,
    CUSTOM_POD_KINDS,
    CUSTOM_TEMPLATES,
    GENERATORS,
    INSTALLATIONS,
    KNATIVE,
    MACHINE_CONFIG,
    NODE_ACCESS,
    POLICIES,
    SUBJECT_KINDS,
    TEKTON,
    TEKTON_CONFIG,
    TEKTON_GROUP,
    TEMPLATE,
    TEMPLATE_INSTANCE,
    TEMPLATES,
    TRIGGERS,
)
from scclint.objects.kinds import Key as KindKey
from scclint.objects.types import (
    AdmissionPolicy,
    ApiObject,
    KubeletConfig,
    Namespace,
    OperatorInstallation,
    Role,
    RoleBinding,
    SeccompProfile,
    SeccompProfileFile,
    SecurityContextConstraints,
    ServiceAccount,
    StorageObject,
    TektonConfig,
    UnknownKind,
    Workload,
    is_profile,
)
from scclint.objects.unknown import Unknown
from scclint.record import EMPTY, record, replace
from scclint.yaml.nodes import SequenceNode
from scclint.yaml.untyped import value_at

if TYPE_CHECKING:
    from scclint.objects.expand.tekton_runs import References

_LONGEST_KIND = 60
"""Characters of an expression in place of a kind."""


@record
class Settings:
    """What `expand` needs to know beside the document.

    `pods` leads to the pod template of custom resources by (API version, kind). `params` are values for parameters of Templates by
    name. `namespace` is the one for objects that name none, empty if the user asked for none. `references` resolves the names in
    Tekton's objects. `added` counts the text that Templates add in one file. `applied` are the names of the ConfigMaps and Secrets whose
    texts are manifests that are applied.
    """

    pods: Mapping[tuple[str, str], Path] = EMPTY
    params: Mapping[str, str] = EMPTY
    namespace: str = ""
    references: "References | None" = None
    added: AddedTextCounter | None = None
    applied: Set[str] = frozenset()

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds whose documents have to be parsed, and `HOLDERS`."""
        return SUBJECT_KINDS | {HOLDERS} | {kind for _, kind in self.pods}


DEFAULTS = Settings()


def expand(document: Document, settings: Settings = DEFAULTS) -> Iterator[ApiObject]:
    """Yield the model objects of a document, in order. Raises LimitError if there are more than scclint judges."""
    if settings.added is None:
        settings = replace(settings, added=AddedTextCounter())
    items = items_of(document)
    if isinstance(document.root, SequenceNode):
        items = objects_of_tasks(document)
    if document.release_namespace:
        items = (without_release_namespace(item, document, settings.namespace) for item in items)
    for item in items:
        for made in _expanded(item, settings):
            parts = (document, made.root, made.data, made.path, made.provenance, made.manifest)
            if made.template is not None:
                yield Workload(*parts, template=made.template)
            else:
                yield (made.model or ApiObject)(*parts)


def with_references(settings: Settings, documents: Iterable[Document]) -> Settings:
    """Return the settings with the references between the objects of Tekton in some documents, also those that other objects carry."""
    may_refer = [d for d in documents if d.kind in TEKTON or (f"{TEKTON_GROUP}/" in d.text and d.status == "parsed")]
    items = [item for document in may_refer for item in _of_tekton(document, settings)]
    if not items:
        return settings
    from scclint.objects.expand.tekton_runs import References

    return replace(settings, references=References(items))


def _of_tekton(document: Document, settings: Settings) -> Iterator[Item]:
    """Yield the objects of Tekton that are written in a document, wherever in it they are."""
    settings = replace(settings, added=AddedTextCounter())
    pending = deque(items_of(document))
    while pending:
        item = pending.popleft()
        if item.key[0] == TEKTON_GROUP:
            yield item
        elif item.key in _CARRYING and item.root is document.root:
            # A document with too many objects is reported when it is expanded.
            with suppress(LimitError):
                pending.extend(_one_level(item, settings))


def _expanded(item: Item, settings: Settings) -> Iterator[Item]:
    """Yield the items of the model objects in an API object: the object itself, the objects that it carries or implies, or nothing."""
    if item.model is not None:
        yield item
        return
    for inner in _one_level(item, settings):
        yield from _expanded(inner, settings)


def _one_level(item: Item, settings: Settings) -> Iterable[Item]:
    """Return the items of an API object. Objects that can carry others have no model yet."""
    api_version, kind = item.data.get("apiVersion"), item.data.get("kind")
    if isinstance(api_version, Unknown) or isinstance(kind, Unknown):
        # An object whose kind is still to be filled in. The expression in its place is shown in part.
        texts = {key: " ".join(str(item.data.get(key) or "").split()) for key in ("apiVersion", "kind")}
        shown = {key: shortened(text, _LONGEST_KIND) for key, text in texts.items()}
        return (replace(item, model=UnknownKind, data={**shown, "metadata": item.data.get("metadata")}),)
    if not isinstance(api_version, str) or not isinstance(kind, str):
        return ()
    key = item.key
    template = settings.pods.get((api_version, kind)) or CUSTOM_TEMPLATES.get(key)
    if not (template and isinstance(value_at(item.data, template), dict)):
        template = TEMPLATES.get(key)
    if template is not None:
        made = replace(item, model=Workload, template=template)
        if kind != "DeploymentConfig":
            return (made,)
        from scclint.objects.expand.custom_pods import hook_pods

        return (made, *hook_pods(item))
    if key in EXPANDING:
        from scclint.objects.expand.expansions import expansion

        return expansion(item, settings.params, settings.added or AddedTextCounter(), settings.references)
    if kind in WITH_TEXTS and item.name in settings.applied:
        return applied_manifests(item)
    if key in MODELS:
        return (replace(item, model=MODELS[key]),)
    if not kind and is_profile(item.data):
        stated = {name: value for name, value in item.data.items() if value or name not in ("apiVersion", "kind")}
        return (replace(item, model=SeccompProfileFile, data=stated),)
    if kind and api_version:
        return of_unknown_kind(item)
    return ()


_RBAC = ("rbac.authorization.k8s.io", "authorization.openshift.io", "")
"""The last group is that of OpenShift's API before it had groups, which `oc` and Templates still accept."""

MODELS: dict[KindKey, type[ApiObject]] = {
    ("security.openshift.io", "SecurityContextConstraints"): SecurityContextConstraints,
    ("", "SecurityContextConstraints"): SecurityContextConstraints,
    ("", "Namespace"): Namespace,
    ("project.openshift.io", "Project"): Namespace,
    ("project.openshift.io", "ProjectRequest"): Namespace,
    ("", "ServiceAccount"): ServiceAccount,
    **{(group, kind): Role for group in _RBAC for kind in ("Role", "ClusterRole")},
    **{(group, kind): RoleBinding for group in _RBAC for kind in ("RoleBinding", "ClusterRoleBinding")},
    **{("storage.k8s.io", kind): StorageObject for kind in ("CSIDriver", "StorageClass")},
    **{("", kind): StorageObject for kind in ("PersistentVolume", "PersistentVolumeClaim")},
    TEKTON_CONFIG: TektonConfig,
    **{(CSV[0], kind): OperatorInstallation for kind in INSTALLATIONS},
    **{("admissionregistration.k8s.io", kind): AdmissionPolicy for kind in POLICIES},
    ("machineconfiguration.openshift.io", "ContainerRuntimeConfig"): ApiObject,
    ("machineconfiguration.openshift.io", "KubeletConfig"): KubeletConfig,
    ("machineconfiguration.openshift.io", "MachineConfigPool"): ApiObject,
    ("node.k8s.io", "RuntimeClass"): ApiObject,
    ("security-profiles-operator.x-k8s.io", "SeccompProfile"): SeccompProfile,
    ("security-profiles-operator.x-k8s.io", "ProfileBinding"): ApiObject,
}
"""The model of each kind that makes no pods and carries nothing. With MachineConfig, its kinds are `STATE_KINDS`."""

EXPANDING: frozenset[KindKey] = frozenset((
    CSV, MACHINE_CONFIG, TEKTON_CONFIG, TEMPLATE_INSTANCE, *KNATIVE, *TEMPLATE, *((TEKTON_GROUP, kind) for kind in TEKTON),
    *CARRIERS, *GENERATORS, *TRIGGERS, *CUSTOM_POD_KINDS, *NODE_ACCESS,
))  # fmt: skip
"""The kinds whose objects `scclint.objects.expand.expansions` expands to others."""

_CARRYING: frozenset[KindKey] = frozenset((TEMPLATE_INSTANCE, *TEMPLATE, *CARRIERS, *TRIGGERS))
"""The kinds whose objects hold others as they are written."""
