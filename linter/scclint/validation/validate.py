"""Find the fields of an API object that the API server of a release rejects, does not know, or requires.

Two stages, as in the cluster: decoding (unknown fields and types, from the JSON Schemas of the minor, as kubectl and oc do
with strict field validation) and validation (ranges, closed lists, and the rules of pods and SCCs that join several fields).
"""

from collections.abc import Iterator, Mapping, Set
from typing import Any

from scclint.finding import Path
from scclint.objects.kinds import WORKLOAD_GROUPS, WORKLOADS
from scclint.objects.unknown import is_open
from scclint.platform.releases import TEMPLATES_OF_STATEFUL_SETS
from scclint.platform.schema import shapes
from scclint.record import replace
from scclint.validation.fields import walk
from scclint.validation.names import check_names
from scclint.validation.pods import check_pod
from scclint.validation.problem import FieldProblem, invalid, required, unsupported
from scclint.validation.sccs import check_scc
from scclint.yaml.untyped import as_mapping, as_mappings, as_text, value_at

__all__ = ["FieldProblem", "has_schema", "validate"]

SERVED_UNTIL: dict[tuple[str, str], tuple[int, str]] = {
    ("extensions/v1beta1", "Deployment"): (15, "apps/v1"),
    ("extensions/v1beta1", "DaemonSet"): (15, "apps/v1"),
    ("extensions/v1beta1", "ReplicaSet"): (15, "apps/v1"),
    ("apps/v1beta1", "Deployment"): (15, "apps/v1"),
    ("apps/v1beta1", "StatefulSet"): (15, "apps/v1"),
    ("apps/v1beta2", "Deployment"): (15, "apps/v1"),
    ("apps/v1beta2", "DaemonSet"): (15, "apps/v1"),
    ("apps/v1beta2", "ReplicaSet"): (15, "apps/v1"),
    ("apps/v1beta2", "StatefulSet"): (15, "apps/v1"),
    ("batch/v2alpha1", "CronJob"): (20, "batch/v1"),
    ("batch/v1beta1", "CronJob"): (24, "batch/v1"),
} | {
    (f"rbac.authorization.k8s.io/{version}", kind): (21, "rbac.authorization.k8s.io/v1")
    for version in ("v1alpha1", "v1beta1")
    for kind in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
}
"""Versions that the kinds once had: the last minor that served each, and the version to use instead."""


_RBAC = "rbac.authorization.k8s.io"
_GROUPS = {"ServiceAccount": "", "User": _RBAC, "Group": _RBAC}
"""The kinds of the subjects of a binding, each with its API group."""
_VOLUMES = ("template", "spec", "volumes")


def validate(
    root: Mapping[str, Any],
    api_version: str,
    kind: str,
    kubernetes_minor: int,
    *,
    openshift: bool = False,
    whole: bool = True,
    gates: Set[str] = frozenset(),
) -> list[FieldProblem]:
    """The problems of one API object, given as plain data: first those of decoding, then those of validation.

    `kubernetes_minor` is the minor of the target release (33 for Kubernetes 1.33 and OpenShift 4.20); beyond what the schemas
    cover, the nearest one counts. `openshift` says that SCC admission runs before validation, which from OpenShift 4.13 on
    makes the seccomp fields of a bare Pod follow its annotations. `whole` says that nothing will be added to the object, as is to
    a patch. `gates` are the feature gates that are off. A null counts as an absent field, and an unknown value
    (`scclint.objects.unknown`) is not judged. Kinds without schema have no problems; nothing is raised.
    """
    if bool(api_version) != bool(kind):
        missing = "kind" if api_version else "apiVersion"
        return [required((missing,), "kubectl takes an object only with both its kind and its apiVersion")]
    last, successor = SERVED_UNTIL.get((api_version, kind), (kubernetes_minor, api_version))
    group = api_version.rpartition("/")[0]
    detail = f"not served since Kubernetes 1.{last + 1}" if last < kubernetes_minor else ""
    if kind in WORKLOADS and group in WORKLOAD_GROUPS and (group not in WORKLOADS[kind].groups or successor[-2:] != "v1"):
        detail, successor = f"no matches for kind {kind}", "/".join(filter(None, (WORKLOADS[kind].groups[0], "v1")))
    if detail:
        return [replace(invalid(("apiVersion",), api_version, f"{detail}, use {successor}"), suggestion=successor)]
    book = shapes(kubernetes_minor)
    shape = book.kind(successor, kind)
    if shape is None:
        return []
    problems = walk(root, shape, book, kind)
    metadata = root.get("metadata")
    if metadata is None or (isinstance(metadata, dict) and not metadata.get("name") and not metadata.get("generateName")):
        problems.append(required(("metadata", "name"), "name or generateName is required"))
    problems += check_scc(root) if kind == "SecurityContextConstraints" else ()
    problems += check_pod(root, kind, kubernetes_minor, openshift=openshift, whole=whole, gates=gates)
    if whole:
        problems += check_names(root, kind, kubernetes_minor, {problem.path for problem in problems})
        problems += _check_binding(root, kind) if kind in ("RoleBinding", "ClusterRoleBinding") else ()
    problems = [
        problem for problem in problems if problem.code in ("unknown", "required") or not is_open(value_at(root, problem.path))
    ]
    if kind == "StatefulSet" and TEMPLATES_OF_STATEFUL_SETS.holds(kubernetes_minor):
        problems = _with_claims(problems, root)
    if kind == "SecurityContextConstraints":
        # Each field of an SCC except its metadata decides what containers may do.
        return [replace(problem, in_security_context=problem.path[:1] != ("metadata",)) for problem in problems]
    return problems


def _with_claims(problems: list[FieldProblem], root: Mapping[str, Any]) -> list[FieldProblem]:
    """Return the problems of a StatefulSet as if its claims came before its volumes and replaced those of the same name.

    The API server validates the pod template so, and its messages count the volumes so. The paths stay those of the manifest.
    """
    spec = as_mapping(root.get("spec"))
    claims = {as_text(as_mapping(claim.get("metadata")).get("name")) for claim in as_mappings(spec.get("volumeClaimTemplates"))}
    replaced = [volume.get("name") in claims for volume in as_mappings(value_at(spec, _VOLUMES))]
    renumbered_problems = []
    for problem in problems if claims else ():
        index = problem.path[4] if problem.path[:4] == ("spec", *_VOLUMES) and len(problem.path) > 4 else None
        if not isinstance(index, int) or problem.code in ("unknown", "wrong-type"):
            renumbered_problems.append(problem)
        elif not replaced[index]:
            place = len(claims) + index - sum(replaced[:index])
            message, whole = (text.replace(f"[{index}]", f"[{place}]", 1) for text in (problem.message, problem.whole))
            renumbered_problems.append(replace(problem, message=message, whole=whole))
    return renumbered_problems if claims else problems


def has_schema(api_version: str, kind: str, kubernetes_minor: int) -> bool:
    """Return whether `validate` knows the fields of a kind."""
    return shapes(kubernetes_minor).kind(api_version, kind) is not None


def _check_binding(root: Mapping[str, Any], kind: str) -> Iterator[FieldProblem]:
    """`ValidateRoleBinding` and `ValidateClusterRoleBinding`, without their checks of names.

    An empty group gets its default. Without the binding's own namespace, a service account's has to be said.
    """
    in_all = kind == "ClusterRoleBinding"
    closed: dict[Path, tuple[str, ...]] = {
        ("roleRef", "apiGroup"): (_RBAC,),
        ("roleRef", "kind"): ("ClusterRole",) if in_all else ("Role", "ClusterRole"),
    }
    for index, subject in enumerate(as_mappings(root.get("subjects"))):
        if (group := _GROUPS.get(as_text(subject.get("kind")))) is not None:
            closed[("subjects", index, "apiGroup")] = (group,)
        if in_all and group == "" and not subject.get("namespace"):
            yield required(("subjects", index, "namespace"))
    for path, supported in closed.items():
        value = value_at(root, path)
        if isinstance(value, str) and value and value not in supported:
            suggestion = (supported[0] or '""') if len(supported) == 1 else ""
            yield replace(unsupported(path, value, supported), suggestion=suggestion)
