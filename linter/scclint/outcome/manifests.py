"""The manifests of objects as a cluster would be given them."""

from collections.abc import Iterable, Iterator
from typing import Any

from scclint.objects.kinds import CLUSTER_SCOPED
from scclint.objects.types import ApiObject, SeccompProfileFile, SecurityContextConstraints, Workload
from scclint.objects.unknown import first_unknown, known
from scclint.platform.terms import LONGEST_NAME, UNSPECIFIED_NAMESPACE
from scclint.yaml.untyped import as_mapping


def namespace_of(obj: ApiObject, requested_namespace: str) -> str:
    """The namespace an object goes to when `requested_namespace` is the one for objects that name none (empty: none was asked for)."""
    return obj.namespace or requested_namespace or obj.provenance.home or UNSPECIFIED_NAMESPACE


def manifests(objects: Iterable[ApiObject], requested_namespace: str) -> Iterator[dict[str, Any]]:
    """What the cluster would be given of each object: plain values, with the name and the namespace filled in where none is written.

    An unknown value is kept as its text, so two fields with one parameter are equal. An SCC with unknown values other than
    names is left out, and one whose name is longer than any may be: no cluster has it.
    """
    for obj in objects:
        if isinstance(obj, Workload | SeccompProfileFile):
            continue
        if isinstance(obj, SecurityContextConstraints) and (_is_open(obj.manifest) or len(obj.name) > LONGEST_NAME):
            continue
        manifest = known(obj.manifest) if obj.provenance.unfilled else obj.manifest
        if obj.is_generated:
            manifest = {**manifest, "metadata": {**as_mapping(manifest.get("metadata")), "name": obj.name}}
        namespace = namespace_of(obj, requested_namespace)
        if obj.kind not in CLUSTER_SCOPED and not obj.namespace:
            yield {**manifest, "metadata": {**as_mapping(manifest.get("metadata")), "namespace": namespace}}
        elif (
            obj.provenance.home and obj.kind == "ClusterRoleBinding" and isinstance(subjects := manifest.get("subjects"), list)
        ):
            yield {**manifest, "subjects": [{"namespace": namespace, **s} if isinstance(s, dict) else s for s in subjects]}
        else:
            yield manifest


def _is_open(scc: dict[str, Any]) -> bool:
    named = ("metadata", "users", "groups")
    return first_unknown({key: value for key, value in scc.items() if key not in named}) is not None
