"""
Files that are applied together define one object twice, with different content. The later definition replaces the earlier one,
so a reviewer of the earlier one sees settings that the cluster does not use.

The rule compares workloads, SCCs, roles and bindings, and within one file all objects that scclint judges. It does not report
copies with equal content. It also does not report alternatives, such as `dev/web.yaml` and `prod/web.yaml`: files that
define the same object in different folders are not applied together (`scclint units` lists what is).

## How to fix it

Delete one of the definitions, or give the objects different names or namespaces.

`scclint fix` leaves this to you: only you know which of the definitions counts.

## Before

```yaml
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
automountServiceAccountToken: false
```

## After

```yaml
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
automountServiceAccountToken: false
```
"""

from collections.abc import Iterator

from scclint.api import (
    ApiObject,
    Location,
    Problem,
    Role,
    RoleBinding,
    SecurityContextConstraints,
    Severity,
    Workload,
    World,
    is_open,
    rule,
)

SENTENCES = {
    "replaced": "{object}: a later document defines the same object with a different {differing}, and replaces this one",
    "applies": "this definition applies",
    "delete": "Delete one of the two definitions, or give one of the objects another name or namespace.",
}

DECIDING = (Workload, SecurityContextConstraints, Role, RoleBinding)
"""Objects of which two definitions make two plain files alternatives, so that those in one unit are applied together."""

Identity = tuple[str, str, str, str, str]
"""API group, kind, namespace, name, and the place of the Template around it."""


@rule(
    "MAN008",
    "duplicate-object",
    "An object is defined twice with different content",
    severity=Severity.WARNING,
    on=ApiObject,
    since="0.1",
    sentences=SENTENCES,
    tags=("manifest",),
    cwe=(694,),
)
def check(obj: ApiObject, world: World) -> Iterator[Problem]:
    if not _is_stated(obj) or world.rejects(obj):
        return
    last = world.memo(_last_by_identity, lambda: _last_by_identity(world))[_identity(obj, world)]
    # One custom resource or Tekton object can have several pods.
    if obj.document is last.document and obj.provenance.moved:
        return
    # kustomize renames objects of different folders, and refuses those that it does not rename. Objects of other kinds do not
    # make two plain files alternatives.
    are_applied_together = isinstance(obj, DECIDING) and obj.provenance.whole and last.provenance.whole
    if last is obj or last.place.span == obj.place.span or (obj.file != last.file and not are_applied_together):
        return
    one, other = obj.manifest, last.manifest
    differing = [key for key in dict.fromkeys((*one, *other)) if one.get(key) != other.get(key)]
    if differing:
        yield Problem(
            "replaced",
            at=obj.place,
            facts={"differing": differing},
            related=(Location("applies", last.place),),
            help="delete",
        )


def _is_stated(obj: ApiObject) -> bool:
    """Whether a manifest states the object, under a name that is known."""
    name = obj.field("metadata", "name").value
    return isinstance(name, str) and bool(name) and not is_open(name) and not obj.partial and not obj.implied


def _identity(obj: ApiObject, world: World) -> Identity:
    # A Template is only stored, so that its objects are not applied with the rest of the file.
    template = f"{obj.file}:{obj.document.line}" if obj.document.kind == "Template" else ""
    return obj.group, obj.kind, world.namespace_of(obj), obj.name, template


def _last_by_identity(world: World) -> dict[Identity, ApiObject]:
    return {_identity(obj, world): obj for obj in world.of(ApiObject) if _is_stated(obj)}
