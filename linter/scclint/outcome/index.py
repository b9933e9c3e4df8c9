"""Finds the objects of one unit by class, and by kind, namespace and name."""

import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TypeVar

from scclint.admission.verdict import ObjectRef
from scclint.objects.kinds import CLUSTER_SCOPED
from scclint.objects.types import ApiObject, Workload
from scclint.outcome.manifests import namespace_of

O = TypeVar("O", bound=ApiObject)
_Name = tuple[str, str, str]
"""What an `ObjectRef` holds."""


class ObjectIndex:
    """`namespace_asked` is the namespace for objects that name none; empty if none was asked for."""

    def __init__(self, objects: Sequence[ApiObject], namespace_asked: str) -> None:
        self.objects = tuple(objects)
        self.namespace_asked = namespace_asked
        self._by_name = {self._name(o): o for o in self.objects}

    def of(self, kind: type[O]) -> Iterator[O]:
        """The objects of a model class, in the order of the input."""
        return (o for o in self.objects if isinstance(o, kind))

    def namespace_of(self, obj: ApiObject) -> str:
        """The namespace the object goes to: the one it names, the one asked for, the one it is at home in."""
        return namespace_of(obj, self.namespace_asked)

    def find(self, ref: ObjectRef, near: ApiObject | None = None) -> ApiObject | None:
        """The object that a reference means; see `World.find`."""
        counts = self._by_name.get(ref)
        if near is not None and counts is not None:
            for place in (near.file, os.path.dirname(near.file)):
                twin = self._by_place.get((ref, place))
                if twin is not None and twin.same_content(counts):
                    return twin
        return counts

    @cached_property
    def _by_place(self) -> dict[tuple[_Name, str], ApiObject]:
        """The first object of each name in each file, and in each folder."""
        objects: dict[tuple[_Name, str], ApiObject] = {}
        for obj in self.objects:
            if not isinstance(obj, Workload):
                name = self._name(obj)
                objects.setdefault((name, obj.file), obj)
                objects.setdefault((name, os.path.dirname(obj.file)), obj)
        return objects

    def _name(self, obj: ApiObject) -> _Name:
        return obj.kind, "" if obj.kind in CLUSTER_SCOPED else self.namespace_of(obj), obj.name
