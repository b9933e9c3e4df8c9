"""What the API server of a cluster says about the fields of objects, worked out once for each object."""

from collections.abc import Container, Sequence
from typing import Any, TypeVar

from scclint.admission.decoding import decode_object
from scclint.cluster import Cluster
from scclint.cluster.feature_gates import without_disabled_fields
from scclint.objects.kinds import TEMPLATES, WORKLOADS
from scclint.objects.types import ApiObject, SecurityContextConstraints, Workload
from scclint.objects.unknown import in_plain_words, known
from scclint.platform.releases import TEMPLATES_OF_STATEFUL_SETS
from scclint.record import Memo, replace
from scclint.validation.problem import FieldProblem
from scclint.validation.validate import has_schema, validate
from scclint.yaml.untyped import Object, value_at

_SPEC = ("spec", "template", "spec")
C = TypeVar("C")

OF_DECODING = ("unknown", "wrong-type")
"""The codes of problems that the API server finds before it drops fields."""


class FieldProblems:
    """Validates objects as the API server of `cluster`. `stored` are objects that the cluster has already, named by their `id`.

    Of an object and of what `merged` makes of it, all is the same.
    """

    def __init__(self, cluster: Cluster, stored: Container[int] = ()) -> None:
        self._cluster = cluster
        self._in_cluster = stored
        self._memo = Memo()
        self._stated: dict[int, SecurityContextConstraints] = {}

    def of(self, obj: ApiObject) -> tuple[FieldProblem, ...]:
        """The fields of an object that the API server of the release rejects, does not know or misses."""
        stated = self._stated.get(id(obj), obj)
        return self._memo((FieldProblems.of, stated), lambda: self._of(stated))

    def _of(self, obj: ApiObject) -> tuple[FieldProblem, ...]:
        # The fields of a pod that a controller puts together are those of its object.
        if obj.provenance.part:
            return ()
        problems = self._validated(obj, self.merged(obj).manifest)
        manifest = self._without_disabled(obj)
        if manifest is obj.manifest:
            return tuple(problems)
        # A field of a gate that is off is decoded, and then dropped before it is validated.
        undecoded = [problem for problem in problems if problem.code in OF_DECODING]
        return (*undecoded, *(problem for problem in self._validated(obj, manifest) if problem.code not in OF_DECODING))

    def merged(self, obj: C) -> C:
        """Return the object as it is once it is applied, if it is an SCC that the cluster has; else the object itself."""
        if not isinstance(obj, SecurityContextConstraints) or id(obj) in self._in_cluster or id(obj) in self._stated:
            return obj
        merged: C = self._memo((FieldProblems.merged, obj), lambda: self._merged(obj))  # type: ignore[assignment]
        return merged

    def _merged(self, obj: SecurityContextConstraints) -> SecurityContextConstraints:
        manifest = self._cluster.applied(obj.manifest)
        if manifest is None:
            return obj
        merged = type(obj)(obj.document, replace(obj.item, data=dict(manifest), manifest=None))
        self._stated[id(merged)] = obj
        return merged

    def _validated(self, obj: ApiObject, manifest: Object) -> list[FieldProblem]:
        openshift = self._cluster.platform != "kubernetes"
        minor, whole = self._fields_of(obj), obj.provenance.whole and not obj.partial
        gates = self._cluster.disabled_gates
        return validate(manifest, obj.api_version, obj.kind, minor, openshift=openshift, whole=whole, gates=gates)

    def _without_disabled(self, obj: ApiObject) -> dict[str, Any]:
        """Return the manifest without the fields of gates that are off: itself if it has none."""
        path = (*TEMPLATES.get((obj.group, obj.kind), ()), "spec")
        spec = value_at(obj.manifest, path) if obj.kind in WORKLOADS else None
        if not isinstance(spec, dict):
            return obj.manifest
        enabled_spec = without_disabled_fields(spec, self._cluster.disabled_gates)
        return obj.manifest if enabled_spec is spec else _with(obj.manifest, path, enabled_spec)

    def of_request(self, obj: ApiObject) -> tuple[FieldProblem, ...]:
        """The problems for which the API server rejects the object itself, and not only its pods.

        Kubernetes 1.33 and older validate little of the pod template of a StatefulSet.
        """
        problems = self.of(obj)
        if obj.kind != "StatefulSet" or TEMPLATES_OF_STATEFUL_SETS.holds(self._cluster.kubernetes_minor):
            return problems
        return tuple(
            problem
            for problem in problems
            if problem.path[:3] != _SPEC
            or problem.code in OF_DECODING
            or problem.path == (*_SPEC, "restartPolicy")
            or (problem.path == (*_SPEC, "activeDeadlineSeconds") and problem.code == "forbidden")
        )

    def is_valid(self, obj: ApiObject) -> bool:
        """Whether the object has a schema and no problems."""
        return has_schema(obj.api_version, obj.kind, self._fields_of(obj)) and not self.of(obj)

    def rejects(self, obj: ApiObject) -> bool:
        """Whether the API server rejects an object that is no workload, so that the cluster stays without it.

        An object that a later step completes is not rejected: a kustomization, OLM, a Template parameter or its author.
        """
        if isinstance(obj, Workload) or id(obj) in self._in_cluster:
            return False
        stated = self._stated.get(id(obj), obj)
        return self._memo((FieldProblems.rejects, stated), lambda: self._rejects(stated))

    def _rejects(self, obj: ApiObject) -> bool:
        if decode_object(known(obj.manifest), self._fields_of(obj)).errors:
            return True
        completed = not obj.provenance.whole or obj.provenance.unfilled
        return not obj.implied and not all(
            problem.code == "unknown"
            or (problem.code == "required" and completed)
            or in_plain_words(value_at(obj.manifest, problem.path))
            for problem in self.of(obj)
        )

    def _fields_of(self, obj: ApiObject) -> int:
        """The Kubernetes minor whose fields the cluster has for an object's kind."""
        cluster = self._cluster
        return cluster.scc_fields if isinstance(obj, SecurityContextConstraints) else cluster.kubernetes_minor


def _with(data: dict[str, Any], path: Sequence[str | int], value: Any) -> dict[str, Any]:
    """Return mappings with another value at a path of keys that they have."""
    key = str(path[0])
    return {**data, key: value if len(path) == 1 else _with(data[key], path[1:], value)}
