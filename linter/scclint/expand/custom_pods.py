"""The pods that controllers put together from several fields of a custom resource (see `scclint.model.custom_pods`)."""

from collections.abc import Iterator, Mapping
from typing import Any

from scclint.expand.item import Item, each
from scclint.expand.sourced_value import NOTHING, Inner, SourcedValue, in_list, in_mapping, laid_over, named, pod_of
from scclint.expand.texts import resource_manifests
from scclint.model.custom_pods import CUSTOM_PODS, CustomPod
from scclint.model.terms import EACH
from scclint.record import replace
from scclint.untyped import mappings
from scclint.yaml.locate import node_at

_PATCHED = "podSpecPatch, which scclint does not read, changes its pods"


def pods(item: Item) -> Iterator[Item]:
    """Yield the pods that the controller of a custom resource makes, in the order of the table, and the objects in its texts."""
    whole = SourcedValue(item.data, node_at(item.root, item.path), item.path)
    for row in CUSTOM_PODS[item.key]:
        for path, data in each(item.data, row.at):
            if isinstance(data, dict):
                part = whole.at(*path)
                own = laid_over(whole.at(*row.defaults), part) if row.defaults else part
                if pod := _pod(item, whole, own, row):
                    yield pod
    if item.key[0] == "argoproj.io":
        below = ("spec", "workflowSpec") if item.key[1] == "CronWorkflow" else ("spec",)
        yield from resource_manifests(item, (*below, "templates", EACH))


def _pod(item: Item, whole: SourcedValue, part: SourcedValue, row: CustomPod) -> Item | None:
    """Return the pod that the mapping `part` describes; None if it has no containers."""
    template = part.at(*row.template) if row.template else NOTHING
    containers = [*template.at("spec", "containers").items, *_containers(part, row)]
    containers = [named(container, "main") for container in _with_main(containers, whole, part, row)]
    if not containers:
        return None
    spec = _spec(whole, part, template, row)
    volumes = [*spec.get("volumes", NOTHING).items, *_added_volumes(spec, part, row)]
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
    patched = bool(row.patch and (part.at(*row.patch) or whole.at(*row.shared_patch)))
    elsewhere = _PATCHED if patched else item.provenance.elsewhere
    own = " ".join(filter(None, (row.name, str(name.data) if name else "")))
    return pod_of(item, whole, name, metadata, spec, place, inner, own, elsewhere=elsewhere)


def _spec(whole: SourcedValue, part: SourcedValue, template: SourcedValue, row: CustomPod) -> dict[str, SourcedValue]:
    """Return the fields of the pod's spec: of its template, of `part`, and what the whole object sets for all its pods."""
    spec = template.at("spec").fields
    spec |= {field: value for field, path in row.spec.items() if (value := part.at(*path)).data is not None}
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
    own = spec.get(field, NOTHING)
    if own.items and value.items:
        spec[field] = in_list([*own.items, *value.items], own)
    elif not own and value:
        spec[field] = value


def _mounted(volumes: SourcedValue, part: SourcedValue) -> SourcedValue:
    """Return the volumes that the main container mounts."""
    names = {mount.get("name") for mount in mappings(part.at("volumeMounts").data)}
    return in_list([v for v in volumes.items if isinstance(v.data, dict) and v.data.get("name") in names], volumes)


def _containers(part: SourcedValue, row: CustomPod) -> Iterator[SourcedValue]:
    for path in row.containers:
        found = part.at(*path)
        yield from found.items if isinstance(found.data, list) else [found] if isinstance(found.data, dict) else []


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
