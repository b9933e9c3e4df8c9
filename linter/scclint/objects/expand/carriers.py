"""Objects that contain whole objects, which an agent or a controller applies, and objects of unknown kinds that contain containers.

They are kinds of Open Cluster Management (ManifestWork, add-ons, policies), of Hive (SyncSet), of Fleet (Bundle) and of kapp-controller
(App). Kyverno policies, which generate objects in their own cluster, and triggers of Argo Events and Tekton are read in the same way, and so
are all kinds that scclint does not know, such as `Object` of Crossplane.
scclint judges the contained objects as if they were in their own file and were enforced, and assumes that the other cluster is like the
judged one. Manifests in Argo Workflows and static pods in MachineConfigs are written as text in a field, and so are those in the
ConfigMaps and Secrets that a ClusterResourceSet or the installation of a cluster refers to, or from which a container applies files.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scclint.finding import Path
from scclint.objects.documents import load_file, load_text
from scclint.objects.documents.document import Document
from scclint.objects.documents.sniff import names_containers
from scclint.objects.expand.item import each, items_of
from scclint.objects.ignition import files_of
from scclint.objects.kinds import KINDS, NO_CARRIERS, NO_HOLDERS, NO_KIND, PODLESS, SAMPLES, Carried, Created, NodeAccess
from scclint.objects.types import AdmissionPolicy, Item, MachineConfig, Parameter, Provenance, TektonConfig, UnknownKind
from scclint.objects.unknown import Unknown, is_open
from scclint.platform.terms import EACH, SCC_ROLE_PREFIX
from scclint.record import replace
from scclint.yaml.untyped import Object, as_mapping, as_text, from_base64, mappings, texts, value_at

_NAMED = 5
"""So many of the patterns that select namespaces are named."""


def carried(carrier: Item, contents: Carried) -> Iterator[Item]:
    """Yield the objects that another one carries, in order. One without a list of objects may contain containers elsewhere.

    Text with `{{` is filled in for each cluster, so that the whole value is unknown. An object without a namespace in a
    ConfigurationPolicy goes to the namespaces that the policy's selector includes; its home is the list of these names.
    """
    listed, within = contents
    entries = value_at(carrier.data, listed)
    if not isinstance(entries, list):
        yield from of_unknown_kind(carrier)
        return
    home = _selected(value_at(carrier.data, ("spec", "namespaceSelector", "include")))
    for index, entry in enumerate(entries):
        content = value_at(entry, within)
        where = (*carrier.path, *listed, index, *within)
        filled: dict[Path, tuple[Parameter, ...]] = {}
        if as_mapping(entry).get("encoding"):
            yield _unread(carrier, where, f"{entry.get('name')} in {carrier.data['kind']} {carrier.name}", "its text is packed")
            continue
        if isinstance(content, Unknown) or (isinstance(content, str) and "{{" in content and "\n" not in content):
            # All of the object is filled in.
            data: dict[str, Any] = {"kind": Unknown(str(content))}
            filled[where] = ()
        elif isinstance(content, dict) and "kind" in content and not _is_mere_check(entry, content):
            data = opened(content, where, filled)
        else:
            yield from _objects_in_texts(carrier, (*listed, index, *within))
            continue
        provenance = Provenance(home=home, substitutions=(filled,) if filled else ())
        yield Item(carrier.root, where, data, provenance.within(carrier.provenance))


def _is_mere_check(entry: Mapping[str, Any], manifest: Mapping[str, Any]) -> bool:
    """Whether a ConfigurationPolicy makes nothing of an entry: what must not be there, what is meant without a name, and
    fields that an SCC must have which is there already."""
    if "complianceType" not in entry:
        return False
    fields_of_scc = (
        manifest.get("kind") == "SecurityContextConstraints" and not {"runAsUser", "seLinuxContext"} <= manifest.keys()
    )
    return (
        fields_of_scc or str(entry["complianceType"]).lower() == "mustnothave" or not value_at(manifest, ("metadata", "name"))
    )


def _selected(names: Any) -> str:
    """Return patterns of namespaces as one name. A long list is shortened to its first items."""
    if not isinstance(names, list):
        return ""
    excess = len(names) - _NAMED
    return ", ".join(map(str, names[:_NAMED])) + (f" and {excess} more" if excess > 0 else "")


def generated(policy: Item) -> Iterator[Item]:
    """Yield a Kyverno policy that changes or refuses objects, and the objects that its rules generate from data, not those that they clone.

    Source: `generate` in https://kyverno.io/docs/policy-types/cluster-policy/generate. Variables (`{{ }}`) are filled in for each trigger.
    """
    if any(_decides(rule, policy.data) for _, rule in each(policy.data, ("spec", "rules", EACH))):
        yield replace(policy, model=AdmissionPolicy)
    for at in (("spec", "rules", EACH, "generate"), ("spec", "rules", EACH, "generate", "foreach", EACH)):
        for where, rule in each(policy.data, at):
            data = value_at(rule, ("data",))
            if not isinstance(data, dict):
                continue
            path = (*policy.path, *where, "data")
            filled: dict[Path, tuple[Parameter, ...]] = {}
            named = {key: rule[key] for key in ("name", "namespace") if key in rule}
            metadata = {**as_mapping(data.get("metadata")), **named}
            whole = {**data, "apiVersion": rule.get("apiVersion"), "kind": rule.get("kind"), "metadata": metadata}
            whole = opened(whole, path, filled)
            provenance = Provenance(substitutions=(filled,) if filled else ())
            yield Item(policy.root, path, whole, provenance.within(policy.provenance))


def _decides(rule: Any, policy: Object) -> bool:
    """Return whether a rule of a Kyverno policy changes objects, or refuses them: only the action `Enforce` refuses.

    Source: `failureAction` in https://kyverno.io/docs/policy-types/cluster-policy/validate and `verify-images`.
    """
    checks = [as_mapping(value_at(rule, ("validate",))), *mappings(value_at(rule, ("verifyImages",)))]
    actions = [check.get("failureAction") or value_at(policy, ("spec", "validationFailureAction")) for check in checks if check]
    return "mutate" in as_mapping(rule) or any(as_text(action).lower() == "enforce" for action in actions)


_CREATING = ("", "create", "submit", "submit-from", "update")
"""Operations of a trigger that may create the object. The others act on one that is there."""

_BY_CONTROLLER = "it also depends on the SCCs of the controller that creates the pod, which is not in the input"


def created(trigger: Item, contents: Created) -> Iterator[Item]:
    """Yield the objects that a controller creates for another one, such as an Argo Events Sensor, in the namespace of that one.

    Source: `argoWorkflow` and `k8s` in https://argoproj.github.io/argo-events/APIs/, `resourcetemplates` in
    https://tekton.dev/docs/triggers/triggertemplates/.
    """
    provenance = Provenance(home=as_text(value_at(trigger.data, ("metadata", "namespace")))).within(trigger.provenance)
    for path in contents.paths:
        below = path[-2:] if path[-2:] == ("source", "resource") else ()
        for where, around in each(trigger.data, path[: len(path) - len(below)]):
            manifest = value_at(around, below)
            operation = str(as_mapping(around).get("operation") or "") if below else ""
            if isinstance(manifest, dict) and operation in _CREATING:
                made = replace(provenance, elsewhere=_BY_CONTROLLER) if manifest.get("kind") == "Pod" else provenance
                yield Item(trigger.root, (*trigger.path, *where, *below), manifest, made)


def opened(data: Any, path: Path, filled: dict[Path, tuple[Parameter, ...]]) -> Any:
    """Return data in which each text with an expression is unknown, and add the paths of these texts to `filled`.

    Expressions are `{{ }}`, `${ }` of kro and `<< >>` of Flux.
    """
    if isinstance(data, str) and any(mark in data for mark in ("{{", "${", "<<")):
        filled[path] = ()
        return Unknown(data)
    if isinstance(data, dict):
        return {key: opened(value, (*path, key), filled) for key, value in data.items()}
    if isinstance(data, list):
        return [opened(value, (*path, index), filled) for index, value in enumerate(data)]
    return data


_OBJECT = r"(?m)^\s*+[\"']?apiVersion[\"']?\s*+:|^\s*+[{\[].*[\"']apiVersion[\"']\s*+:"
_KIND = r"[\"']?\bkind[\"']?\s*+:\s*+[\"']?[A-Z{$<]"
"""The keys of an object in a text, in YAML or JSON."""

_NODE = ("hostIPC", "hostNetwork", "hostPID")


SECURITY = frozenset((
    "allowPrivilegeEscalation", "capabilities", "fsGroup", "privileged", "runAsGroup", "runAsNonRoot", "runAsUser", "seLinuxOptions",
    "seccompProfile", "supplementalGroups",
))  # fmt: skip
"""Fields by which the security context of a pod or a container is known."""


def of_unknown_kind(item: Item) -> Iterator[Item]:
    """Yield the whole objects in an object of no known kind, and the object itself if it holds containers or access to the node elsewhere.

    A kind with whole objects in it, as data or as text, has them created: `Object` of Crossplane, `ResourceSet` of Flux,
    `ResourceGraphDefinition` of kro, `AppWrapper`, `NamespaceConfig`.
    """
    group, kind = item.key
    if kind in PODLESS or not NO_HOLDERS.isdisjoint((group, f"{group}/{kind}")):
        return
    carries = kind not in SAMPLES and not group.endswith(NO_CARRIERS)
    body = {key: value for key, value in item.data.items() if key not in ("metadata", "status")}
    rest, found = _parted(body, item.path) if carries else (body, [])
    made = Provenance(home=as_text(value_at(item.data, ("metadata", "namespace"))))
    for path, content in found:
        if isinstance(content, str):
            carrier = replace(item, path=(), provenance=made.within(item.provenance))
            yield from _objects(carrier, path, content, f"{path[-1]} in {kind} {item.name}")
            continue
        filled: dict[Path, tuple[Parameter, ...]] = {}
        data = opened(content, path, filled)
        provenance = replace(made, substitutions=(filled,) if filled else ())
        yield Item(item.root, path, data, provenance.within(item.provenance))
    if holds_containers(rest):
        yield _named_only(item)
    elif _carries_grant(rest):
        why = "it carries an SCC or a grant of one, and scclint does not know what its controller makes of it"
        yield replace(_named_only(item), provenance=replace(item.provenance, partial=why))


def _parted(data: Any, path: Path) -> tuple[Any, list[tuple[Path, Any]]]:
    """Return data without the whole objects in it, and these: each with its path, as data or as a text."""
    if isinstance(data, dict):
        if (
            isinstance(data.get("apiVersion"), str)
            and isinstance(data.get("kind"), str)
            and isinstance(data.get("metadata"), dict)
        ):
            return None, [(path, data)]
        if _is_mere_check(data, as_mapping(data.get("objectDefinition"))):
            return None, []
        parts = {key: _parted(value, (*path, key)) for key, value in data.items()}
        return {key: rest for key, (rest, _) in parts.items()}, [one for _, found in parts.values() for one in found]
    if isinstance(data, list):
        listed = [_parted(value, (*path, index)) for index, value in enumerate(data)]
        return [rest for rest, _ in listed], [one for _, found in listed for one in found]
    if isinstance(data, str) and re.search(_OBJECT, data) and re.search(_KIND, data):
        return None, [(path, data)]
    return data, []


def with_node_access(item: Item, contents: NodeAccess) -> Iterator[Item]:
    """Yield an object that gives its pods access to the node and contains no container, otherwise nothing."""
    if any(value for _, value in each(item.data, contents.field)):
        yield replace(_named_only(item), provenance=replace(item.provenance, partial=contents.what))


def tekton_config(item: Item) -> Iterator[Item]:
    """Yield a TektonConfig, which is named as well if it changes what the pods of tasks or of the operator's components may do."""
    yield replace(item, model=TektonConfig)
    template = value_at(item.data, ("spec", "pipeline", "default-pod-template"))
    if names_containers(as_text(template)) or holds_containers(item.data):
        why = "scclint does not apply the security context and volumes in it to the pods of tasks and of the operator"
        yield replace(_named_only(item), provenance=replace(item.provenance, partial=why))


def _named_only(item: Item) -> Item:
    """Return the object with nothing but what names it."""
    named = {name: value for name, value in item.data.items() if name in ("apiVersion", "kind", "metadata")}
    return replace(item, model=UnknownKind, data=named)


def holds_containers(data: Any) -> bool:
    """Return whether an object contains a container: a value with an image, under a field with a known name.

    In a template of a pod a container may lack the image, which a controller adds.

    The names are `containers`, `sidecarContainers`, `container` and `script` of Argo, and `steps` of Tekton. A security context also
    counts, and so do access to the node, such as a volume with `hostPath`, and a ConfigurationPolicy with a text template that contains
    one of these names.
    """
    if isinstance(data, dict):
        source = data.get("object-templates-raw")
        # In a Policy, the text is Unknown, because the templates of the Policy are filled in first.
        if isinstance(source, str | Unknown) and names_containers(str(source)):
            return True
        return any(
            _is_telling(key, value) or _is_pod_template(key, value) or holds_containers(value) for key, value in data.items()
        )
    return isinstance(data, list) and any(map(holds_containers, data))


def _carries_grant(data: Any) -> bool:
    """Return whether an object within another one is an SCC, a role that names SCCs, or a binding to the role of an SCC."""
    if isinstance(data, list):
        return any(map(_carries_grant, data))
    if not isinstance(data, dict):
        return False
    role = as_text(value_at(data, ("roleRef", "name")))
    resources = [name for _, name in each(data, ("rules", EACH, "resources", EACH))]
    is_grant = (
        data.get("kind") == "SecurityContextConstraints"
        or role.startswith(SCC_ROLE_PREFIX)
        or "securitycontextconstraints" in resources
    )
    return ("metadata" in data and is_grant) or any(map(_carries_grant, data.values()))


def _is_pod_template(key: str, value: Any) -> bool:
    """Return whether a value under a field such as `podTemplate` has the specification of a pod with a named container."""
    if not key.endswith(("template", "Template")):
        return False
    containers = mappings(value_at(value, ("spec", "containers")))
    return any(
        isinstance(name := item.get("name"), str) and "*" not in name and not _OF_CONTAINER.isdisjoint(item)
        for item in containers
    )


_OF_CONTAINER = frozenset(
    ("args", "command", "env", "envFrom", "lifecycle", "ports", "resources", "volumeDevices", "volumeMounts")
)
"""Fields of a container in a template of a pod."""


def _is_telling(key: str, value: Any) -> bool:
    if key.endswith(("securityContext", "SecurityContext")):
        return isinstance(value, dict) and not SECURITY.isdisjoint(value)
    if key in _NODE or (key == "hostPath" and isinstance(value, dict)):
        return value is True or "path" in as_mapping(value)
    is_holder = key.endswith(("container", "containers", "Container", "Containers")) or key in ("steps", "sidecars", "script")
    return is_holder and any(
        isinstance(item.get("image"), str | Unknown) for item in mappings(value if isinstance(value, list) else [value])
    )


STATIC_PODS = "/etc/kubernetes/manifests/"
"""The folder of a node whose pods the kubelet runs without the API server (KubeletConfiguration `staticPodPath` of OpenShift)."""

_MOUNTED = ("configMap", "secret")
"""Sources of volumes whose files a container may apply."""

_REFERRING = frozenset(row.name for row in KINDS.values() if row.references) | {"List"}

_MADE_BY = ("create", "apply", "replace")
"""Values of `action` with which Argo creates the object of a resource template. Others patch, delete or get one."""


def machine_config(item: Item) -> Iterator[Item]:
    """Yield a MachineConfig, and the static pods that it writes to nodes."""
    yield replace(item, model=MachineConfig)
    for file in files_of(item.data, STATIC_PODS):
        where = f"{file.path} in MachineConfig {item.name}"
        if file.text is None:
            yield _unread(item, (*item.path, *file.at), where, file.problem)
        else:
            static = replace(item, provenance=replace(item.provenance, static=True))
            yield from _objects(static, file.at, file.text, where)


def resource_manifests(item: Item, templates: Path) -> Iterator[Item]:
    """Yield the objects that the resource templates of an Argo Workflow create."""
    for where, resource in each(item.data, (*templates, "resource")):
        text = value_at(resource, ("manifest",))
        if isinstance(text, str) and value_at(resource, ("action",)) in _MADE_BY:
            yield from _objects(item, (*where, "manifest"), text, f"the manifest in {item.data['kind']} {item.name}")


def references_to_manifests(documents: Iterable[Document]) -> Iterator[tuple[str, str]]:
    """Yield the names of the ConfigMaps and Secrets whose objects are applied to another cluster, and the place and name of what refers
    to them.
    """
    for document in documents:
        applies = any(tool in document.text for tool in ("kubectl", "oc")) and any(word in document.text for word in _MOUNTED)
        for item in items_of(document) if applies or document.kind in _REFERRING else ():
            named = [reference for path in KINDS.get(item.key, NO_KIND).references for _, reference in each(item.data, path)]
            names = [as_text(as_mapping(reference).get("name")) for reference in named]
            names += _applied_mounts(item.data) if applies else ()
            yield from ((name, f"{document.file}: {item.data['kind']} {item.name}") for name in names)


def _applied_mounts(data: Any) -> Iterator[str]:
    """Yield the names of the ConfigMaps and Secrets from whose mounts a container of a pod applies files."""
    if isinstance(data, list):
        for value in data:
            yield from _applied_mounts(value)
    elif isinstance(data, dict):
        parts = [part for field in ("steps", "containers", "initContainers") for part in mappings(data.get(field))]
        if parts and data.get("volumes"):
            yield from _mounted_and_applied(parts, mappings(data.get("volumes")))
        else:
            for value in data.values():
                yield from _applied_mounts(value)


def _mounted_and_applied(containers: Iterable[Mapping[str, Any]], volumes: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    from scclint.objects.commands import commands_in

    sources = {
        as_text(volume.get("name")): [
            as_text(as_mapping(source.get(kind)).get(key))
            for source in (volume, *mappings(value_at(volume, ("projected", "sources"))))
            for kind, key in (("configMap", "name"), ("secret", "secretName"), ("secret", "name"))
        ]
        for volume in volumes
    }
    for container in containers:
        words = [text for field in ("command", "args") for text in texts(container.get(field))]
        script = "\n".join((" ".join(words), *words, as_text(container.get("script"))))
        applied = [name for command in commands_in("x.sh", script) if command.applies for name in command.flag("filename", "k")]
        for mount in mappings(container.get("volumeMounts")):
            folder = as_text(mount.get("mountPath")).rstrip("/")
            if folder and any(name == folder or name.startswith(f"{folder}/") for name in applied):
                yield from filter(None, sources.get(as_text(mount.get("name")), ()))


def applied_manifests(item: Item) -> Iterator[Item]:
    """Yield the objects in the texts of a ConfigMap or Secret."""
    if item.data["kind"] == "Secret":
        encoded = as_mapping(item.data.get("data"))
        item = replace(item, data={**item.data, "data": {key: from_base64(as_text(value)) for key, value in encoded.items()}})
    for field in ("data", "stringData"):
        yield from _objects_in_texts(item, (field,))


def _objects_in_texts(item: Item, at: Path) -> Iterator[Item]:
    """Yield the objects in the text at a path, or in the texts that the mapping there has by name."""
    found = value_at(item.data, at)
    texts = {at: found} if isinstance(found, str) else {(*at, name): text for name, text in as_mapping(found).items()}
    for where, text in texts.items():
        if "apiVersion" in as_text(text):
            yield from _objects(item, where, text, f"{where[-1]} in {item.data['kind']} {item.name}")


def _objects(item: Item, at: Path, text: str, where: str) -> Iterator[Item]:
    """Yield the objects in a text, all at the place of the text, because the lines in it are no lines of the file."""
    path = (*item.path, *at)
    documents = load_text("", text, frozenset())
    if (is_open(text) or "{%" in text) and any(document.status != "parsed" for document in documents):
        # The expressions of Flux are read as those of Go.
        documents = load_file("x.tmpl", re.sub(r"<<([^<>\n]{1,200}+)>>", r"{{\1}}", text), frozenset())
    for document in documents:
        filled: dict[Path, tuple[Parameter, ...]] = {}
        objects = [inner for inner in items_of(document) if inner.data.get("kind") or not document.is_template]
        if document.status == "parsed" and (objects or not document.is_template):
            for inner in objects:
                data = opened(inner.data, path, filled)
                provenance = replace(
                    item.provenance,
                    home=inner.provenance.home or item.provenance.home,
                    template=inner.provenance.template or item.provenance.template,
                    whole=inner.provenance.whole and item.provenance.whole,
                    substitutions=(filled,) if filled else (),
                )
                yield Item(item.root, path, data, provenance)
        elif is_open(text) and document.status != "empty":
            yield _unread(item, path, where, "its placeholders decide what it is")
        elif document.status == "unparsable":
            yield _unread(item, path, where, "its text is not YAML")


def _unread(item: Item, path: Path, label: str, why: str) -> Item:
    provenance = replace(item.provenance, label=label, partial=why)
    return Item(item.root, path, {"kind": label}, provenance, UnknownKind)
