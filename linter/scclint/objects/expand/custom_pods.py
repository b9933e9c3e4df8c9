"""The pods that controllers put together from several fields of a custom resource (see `scclint.objects.custom_kinds`)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scclint.objects.custom_kinds import CustomPod
from scclint.objects.documents import load_text
from scclint.objects.documents.templates import is_field, readings
from scclint.objects.expand.carriers import resource_manifests
from scclint.objects.expand.item import each, with_expressions
from scclint.objects.expand.sourced_value import (
    NOTHING,
    Inner,
    PodPieces,
    SourcedValue,
    in_list,
    in_mapping,
    laid_over,
    named,
    pod_of,
)
from scclint.objects.types import Item
from scclint.objects.unknown import decisive_unknown
from scclint.platform.terms import EACH
from scclint.record import replace
from scclint.yaml.nodes import node_at, to_data
from scclint.yaml.untyped import as_list, as_text, mappings, value_at

_PATCHED = "podSpecPatch, which scclint cannot read, changes its pods"

_MERGE_KEYS = {
    **dict.fromkeys(("containers", "initContainers", "ephemeralContainers", "volumes", "env", "imagePullSecrets"), "name"),
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "ports": "containerPort",
}
"""The lists of a pod that a strategic merge patch merges item by item, each with the field that identifies an item; others it replaces."""


def pods(item: Item, rows: Iterable[CustomPod]) -> Iterator[Item]:
    """Yield the pods that the controller of a custom resource makes, in the order of the table, and the objects in its texts."""
    whole = SourcedValue(item.data, node_at(item.root, item.path), item.path)
    for row in rows:
        for path, data in each(item.data, row.at):
            if isinstance(data, dict) and not (row.unless and value_at(data, row.unless[:-1]) == row.unless[-1]):
                part = whole.at(*path)
                pod_part = laid_over(whole.at(*row.defaults), part) if row.defaults else part
                if pod := _pod(item, whole, pod_part, row):
                    yield pod
    if item.key[0] == "argoproj.io":
        below = ("spec", "workflowSpec") if item.key[1] == "CronWorkflow" else ("spec",)
        yield from resource_manifests(item, (*below, "templates", EACH))


def hook_pods(item: Item) -> Iterator[Item]:
    """Yield the pods of the lifecycle hooks of a DeploymentConfig, which run under the service account `default`.

    The deployer creates them. Source: `createHookPodManifest` in pkg/cli/deployer/strategy/support/lifecycle.go of openshift/oc.
    """
    whole = SourcedValue(item.data, node_at(item.root, item.path), item.path)
    strategy, template = whole.at("spec", "strategy"), whole.at("spec", "template", "spec")
    params = "recreateParams" if strategy.at("type").data == "Recreate" else "rollingParams"
    stated = {as_text(container.at("name").data): container for container in template.at("containers").items}
    for hook in ("pre", "mid", "post"):
        made = strategy.at(params, hook, "execNewPod")
        container = stated.get(as_text(made.at("containerName").data))
        if not made or container is None:
            continue
        kept = as_list(made.at("volumes").data)
        volumes = [volume for volume in template.at("volumes").items if volume.at("name").data in kept]
        mounts = [mount for mount in container.at("volumeMounts").items if mount.at("name").data in kept]
        fields = {key: container.at(key) for key in ("image", "resources", "securityContext") if container.at(key)}
        fields |= {"name": SourcedValue("lifecycle", None, container.path), "volumeMounts": in_list(mounts, container)}
        own = in_mapping(fields, container)
        spec = {"containers": in_list([own], template.at("containers")), "volumes": in_list(volumes, template)}
        spec |= {"securityContext": template.at("securityContext"), "restartPolicy": SourcedValue("Never", None, made.path)}
        metadata = {**whole.at("metadata").fields, "annotations": strategy.at("annotations"), "labels": strategy.at("labels")}
        inner: Inner = {("spec", "containers"): {0: own}, ("spec", "volumes"): dict(enumerate(volumes))}
        pieces = PodPieces(metadata, spec, replace(template, entry=made.entry), inner)
        yield pod_of(item, whole, pieces, part=f"{hook} hook")


def _pod(item: Item, whole: SourcedValue, part: SourcedValue, row: CustomPod) -> Item | None:
    """Return the pod that the mapping `part` describes; None if it has no containers."""
    template = part.at(*row.template) if row.template else NOTHING
    containers = [*template.at("spec", "containers").items, *_containers(part, row)]
    containers = [named(container, "main") for container in _with_main(containers, whole, part, row)]
    if not containers:
        return None
    spec = _spec(whole, part, template, row)
    volumes = [*spec.get("volumes", NOTHING).items, *_added_volumes(spec, part, row)]
    stated_patches = [at for at in (whole.at(*row.shared_patch), part.at(*row.patch)) if row.patch and at]
    patches = [(at, _parsed(at.data)) for at in stated_patches]
    for at, patch in patches:
        for field, value in (patch or {}).items():
            if field == "containers":
                containers = _merged_items(containers, value, field, at)
            elif field == "volumes":
                volumes = _merged_items(volumes, value, field, at)
            else:
                spec[field] = _merged(spec.get(field, NOTHING), value, field, at)
    stated = (template.at("spec", "containers"), *(part.at(*path) for path in row.containers))
    main = SourcedValue(None, part.node, part.path, part.entry or whole.at("spec").entry)
    spec["containers"] = in_list(map(_with_image, containers), next((place for place in stated if place.entry), main))
    if volumes:
        spec["volumes"] = in_list(volumes, spec.get("volumes", part))
    name = part.at(*row.called) if row.called else NOTHING
    marks = part.at(*row.metadata) if row.metadata else template.at("metadata")
    metadata = {**whole.at("metadata").fields, **{key: at for key in ("annotations", "labels") if (at := marks.at(key))}}
    # An item of a list has no key: its name stands for it.
    place = replace(part, data=None, entry=part.entry or name.entry or whole.at("spec").entry)
    inner: Inner = {
        ("spec", "containers"): dict(enumerate(containers)),
        ("spec", "volumes"): dict(enumerate(volumes)),
    }
    if any(patch is None for _, patch in patches):
        item = replace(item, provenance=replace(item.provenance, elsewhere=_PATCHED))
    part_name = " ".join(filter(None, (row.name, str(name.data) if name else "")))
    return pod_of(item, whole, PodPieces(metadata, spec, place, inner, name), part=part_name)


def _parsed(text: Any) -> dict[str, Any] | None:
    """Return a patch of a pod spec, with `Unknown` for its placeholders; None for one with directives, without a mapping, or with a
    placeholder that may decide a verdict.
    """
    whole = readings("", text)[0] if isinstance(text, str) else ""
    documents = [] if "$" in whole or any(map(is_field, whole.split())) else load_text("", whole, frozenset())
    roots = [document.root for document in documents if document.status == "parsed"]
    data = with_expressions(to_data(roots[0])) if len(roots) == len(documents) == 1 and roots[0] is not None else None
    return data if isinstance(data, dict) and not decisive_unknown({"spec": data}) else None


def _merged(base: SourcedValue, over: Any, field: str, place: SourcedValue) -> SourcedValue:
    """Return the value of a field with a strategic merge patch applied, which is the text at `place`. A null removes a field."""
    if isinstance(base.data, dict) and isinstance(over, dict):
        fields = dict(base.fields)
        for key, value in over.items():
            fields[key] = _merged(fields.get(key, NOTHING), value, key, place)
        return in_mapping({key: value for key, value in fields.items() if value.data is not None}, base)
    if field in _MERGE_KEYS and isinstance(over, list):
        return in_list(_merged_items(list(base.items), over, field, place), base if base.items else place)
    return replace(place, data=over)


def _merged_items(items: list[SourcedValue], over: Any, field: str, place: SourcedValue) -> list[SourcedValue]:
    """Return the items of a list with those of a strategic merge patch merged into them or added."""
    merged, key = list(items), _MERGE_KEYS[field]
    for value in mappings(over):
        index = next((i for i, item in enumerate(merged) if value_at(item.data, (key,)) == value.get(key)), len(merged))
        base = merged[index] if index < len(merged) else NOTHING
        merged[index : index + 1] = [_merged(base, value, "", place)]
    return merged


def _spec(whole: SourcedValue, part: SourcedValue, template: SourcedValue, row: CustomPod) -> dict[str, SourcedValue]:
    """Return the fields of the pod's spec: of its template, of `part`, and what the whole object sets for all its pods."""
    spec = template.at("spec").fields
    spec |= {field: value for field, path in row.spec.items() if (value := part.at(*path)).data is not None}
    if row.account and not spec.get("serviceAccountName"):
        spec["serviceAccountName"] = SourcedValue(f"{whole.at('metadata', 'name').data}{row.account}", None, part.path)
    for field, path in row.shared.items():
        _share(spec, field, _mounted(whole.at(*path), part) if row.mounted and field == "volumes" else whole.at(*path))
    return spec


def _added_volumes(spec: Mapping[str, SourcedValue], part: SourcedValue, row: CustomPod) -> Iterator[SourcedValue]:
    """Yield the volumes that the controller adds to those of the spec."""
    taken = {volume.data.get("name") for volume in spec.get("volumes", NOTHING).items if isinstance(volume.data, dict)}
    for name, made in row.volumes.items():
        if name not in taken:
            yield SourcedValue({"name": name, **made}, None, part.path)


def _share(spec: dict[str, SourcedValue], field: str, value: SourcedValue) -> None:
    """Add a field that the whole object sets: lists are joined, other fields count if the pod has none."""
    pod_value = spec.get(field, NOTHING)
    if pod_value.items and value.items:
        spec[field] = in_list([*pod_value.items, *value.items], pod_value)
    elif not pod_value and value:
        spec[field] = value


def _mounted(volumes: SourcedValue, part: SourcedValue) -> SourcedValue:
    """Return the volumes that the main container mounts."""
    names = {mount.get("name") for mount in mappings(part.at("volumeMounts").data)}
    return in_list([v for v in volumes.items if isinstance(v.data, dict) and v.data.get("name") in names], volumes)


def _containers(part: SourcedValue, row: CustomPod) -> Iterator[SourcedValue]:
    for path in row.containers:
        value = part.at(*path)
        if isinstance(value.data, list):
            yield from value.items
        elif isinstance(value.data, dict):
            yield value


def _with_main(containers: list[SourcedValue], whole: SourcedValue, part: SourcedValue, row: CustomPod) -> list[SourcedValue]:
    """Return the containers with the one that the controller adds: over its own fields, those that the object states count."""
    if not row.main:
        return containers
    stated_name = whole.at(*row.main_at).data if row.main_at else None
    name = stated_name if isinstance(stated_name, str) and stated_name else row.main
    fixed: dict[str, Any] = {"name": name, **row.fixed}
    stated = {field: value for field, path in row.container.items() if (value := part.at(*path)).data is not None}
    made = laid_over(
        SourcedValue(fixed, None, part.path), in_mapping({"name": SourcedValue(name, None, part.path), **stated}, part)
    )
    mine = [index for index, c in enumerate(containers) if isinstance(c.data, dict) and c.data.get("name") == name]
    if not mine:
        return [made, *containers]
    return [laid_over(made, container) if index == mine[0] else container for index, container in enumerate(containers)]


def _with_image(container: SourcedValue) -> SourcedValue:
    """Return a container with an empty image if it has none: the controller fills it in, and admission does not read it."""
    if not isinstance(container.data, dict) or "image" in container.data:
        return container
    return replace(container, data={**container.data, "image": ""})
