"""Makes the objects of a document, with those that other objects contain or imply."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import suppress
from typing import TYPE_CHECKING

from scclint.finding import Path, shortened
from scclint.limits import AddedTextCounter, LimitError
from scclint.objects.documents.document import Document
from scclint.objects.documents.sniff import HOLDERS
from scclint.objects.expand.ansible import objects_of_tasks
from scclint.objects.expand.carriers import applied_manifests, of_unknown_kind
from scclint.objects.expand.item import items_of, without_release_namespace
from scclint.objects.kinds import KINDS, NO_KIND, SUBJECT_KINDS, TEKTON, TEKTON_GROUP, WITH_TEXTS
from scclint.objects.types import (
    AdmissionPolicy,
    ApiObject,
    Item,
    KubeletConfig,
    MachineConfig,
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
            yield (made.model or ApiObject)(document, made)


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
        elif KINDS.get(item.key, NO_KIND).holds_objects and item.root is document.root:
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
    row = KINDS.get(item.key, NO_KIND)
    template = settings.pods.get((api_version, kind), row.template)
    if not (template and isinstance(value_at(item.data, template), dict)):
        template = row.template if row.model == "Workload" else None
    if template is not None:
        made = replace(item, model=Workload, template=template)
        if kind != "DeploymentConfig":
            return (made,)
        from scclint.objects.expand.custom_pods import hook_pods

        return (made, *hook_pods(item))
    if row.contains is not None:
        from scclint.objects.expand.expansions import expansion

        return expansion(item, row.contains, settings.params, settings.added or AddedTextCounter(), settings.references)
    if kind in WITH_TEXTS and item.name in settings.applied:
        return applied_manifests(item)
    if row.model:
        return (replace(item, model=_MODELS[row.model]),)
    if not kind and is_profile(item.data):
        stated = {name: value for name, value in item.data.items() if value or name not in ("apiVersion", "kind")}
        return (replace(item, model=SeccompProfileFile, data=stated),)
    if kind and api_version:
        return of_unknown_kind(item)
    return ()


_MODELS: Mapping[str, type[ApiObject]] = {
    model.__name__: model
    for model in (
        *(AdmissionPolicy, ApiObject, KubeletConfig, MachineConfig, Namespace, OperatorInstallation, Role, RoleBinding),
        *(SeccompProfile, SecurityContextConstraints, ServiceAccount, StorageObject, TektonConfig),
    )
}
"""The classes that the rows of `KINDS` name."""
