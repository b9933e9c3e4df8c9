"""What the API server of a cluster says about the fields of objects, worked out once for each object."""

from scclint.admission.decoding import decode_object
from scclint.cluster import Cluster
from scclint.memo import Memo
from scclint.model.object import ApiObject
from scclint.model.scc import SecurityContextConstraints
from scclint.validation.problem import FieldProblem
from scclint.validation.validate import has_schema, validate


class FieldProblems:
    """Validates objects as the API server of `cluster`."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._memo = Memo()

    def of(self, obj: ApiObject) -> tuple[FieldProblem, ...]:
        """The fields of an object that the API server of the release rejects, does not know or misses."""
        return self._memo((FieldProblems.of, obj), lambda: self._of(obj))

    def _of(self, obj: ApiObject) -> tuple[FieldProblem, ...]:
        openshift = self._cluster.platform != "kubernetes"
        minor, whole = self._fields_of(obj), obj.provenance.whole and not obj.partial
        return tuple(validate(obj.manifest, obj.api_version, obj.kind, minor, openshift=openshift, whole=whole))

    def is_valid(self, obj: ApiObject) -> bool:
        """Whether the object has a schema and no problems."""
        return has_schema(obj.api_version, obj.kind, self._fields_of(obj)) and not self.of(obj)

    def malformed(self, obj: ApiObject) -> bool:
        """Whether the API server could not decode the object, so that the cluster does without it."""
        return bool(decode_object(obj.manifest, self._fields_of(obj)).errors)

    def _fields_of(self, obj: ApiObject) -> int:
        """The Kubernetes minor whose fields the cluster has for an object's kind."""
        cluster = self._cluster
        return cluster.scc_fields if isinstance(obj, SecurityContextConstraints) else cluster.kubernetes_minor
