"""Rules of the API server about names: their syntax, that they are unique, and that references exist.

As apimachinery's, pkg/apis/core's and pkg/apis/apps' validation applies them on creation, with their words (without the regular
expressions that follow those). They apply to whole objects only, because a patch contains only some fields. The check of
the schema reports values of a wrong type. An unknown value counts as equal to any value.
"""

import re
from collections.abc import Iterable
from typing import Any

from scclint.finding import Path
from scclint.model.kinds import CLUSTER_SCOPED, WORKLOADS
from scclint.model.labels import labels_of
from scclint.model.terms import LONGEST_NAME
from scclint.model.unknown import is_open
from scclint.untyped import Object, as_mapping, as_mappings, value_at
from scclint.validation.problem import FieldProblem, Problems, duplicate, invalid, not_found

_FORMS = {
    "label": (63, r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", "characters or '-'"),
    "subdomain": (LONGEST_NAME, r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", "characters, '-' or '.'"),
}
"""RFC 1123's names in lower case: how long they may be, their form, and what they consist of in the API server's words."""


def check_names(root: Object, kind: str) -> Problems:
    """The problems of the names in an object of that kind; roles and bindings may be called almost anything."""
    metadata = as_mapping(root.get("metadata"))
    namespace, name = metadata.get("namespace"), metadata.get("name")
    problems: list[FieldProblem] = []
    if kind not in CLUSTER_SCOPED:
        problems += _check_form("label", namespace, ("metadata", "namespace"))
    if kind == "Namespace":
        problems += _check_form("label", name, ("metadata", "name"))
    elif kind in WORKLOADS or kind in ("ServiceAccount", "SecurityContextConstraints"):
        problems += _check_form("subdomain", name, ("metadata", "name"))
    yield from problems
    # A tool that sets the name or the selector of an object can also add to its pod.
    if kind not in WORKLOADS or problems or is_open(namespace) or is_open(name):
        return
    where = WORKLOADS[kind].template
    template = as_mapping(value_at(root, where))
    spec = as_mapping(root.get("spec"))
    if WORKLOADS[kind].needs_selector:
        if not spec.get("selector"):
            return
        yield from _check_selector(spec, template)
    yield from _check_pod_spec(as_mapping(template.get("spec")), (*where, "spec"), spec.get("volumeClaimTemplates"))


def _check_selector(spec: Object, template: Object) -> Problems:
    labels = labels_of(template)
    for key, wanted in as_mapping(as_mapping(spec.get("selector")).get("matchLabels")).items():
        label = labels.get(key, "")
        if not (isinstance(wanted, str) and isinstance(label, str)) or label == wanted:
            continue
        if not any(map(is_open, (wanted, label, key))):
            if not any(map(is_open, labels)):
                path = ("spec", "template", "metadata", "labels")
                detail = f"`selector` does not match template `labels` (it has {key}: {wanted})"
                yield invalid(path, labels, detail, code="selector-differs")
            return


def _check_pod_spec(spec: Object, path: Path, claim_templates: Any) -> Problems:
    volumes = [volume.get("name") for volume in as_mappings(spec.get("volumes"))]
    yield from _check_unlike(((name, (*path, "volumes", index, "name")) for index, name in enumerate(volumes)))
    containers = [
        (container, (*path, key, index))
        for key in ("containers", "initContainers")
        for index, container in enumerate(as_mappings(spec.get(key)))
    ]
    yield from _check_unlike((container.get("name"), (*where, "name")) for container, where in containers)
    volumes += [as_mapping(claim.get("metadata")).get("name") for claim in as_mappings(claim_templates)]
    # A tool that fills in an empty image can also add volumes.
    to_be_filled_in = any(container.get("image") == "" for container, _ in containers)
    if to_be_filled_in or any(map(is_open, (spec.get("volumes"), claim_templates, *volumes))):
        return
    known = {name for name in volumes if isinstance(name, str)}
    for container, where in containers:
        for index, mount in enumerate(as_mappings(container.get("volumeMounts"))):
            name = mount.get("name")
            if isinstance(name, str) and name and name not in known and not is_open(name):
                yield not_found((*where, "volumeMounts", index, "name"), name)


def _check_unlike(names: Iterable[tuple[Any, Path]]) -> Problems:
    """Names that are DNS labels, each unlike those before it."""
    seen = set()
    for name, path in names:
        yield from _check_form("label", name, path)
        if isinstance(name, str):
            if name in seen:
                yield duplicate(path, name)
            seen.add(name)


def _check_form(form: str, name: Any, path: Path) -> Problems:
    if not isinstance(name, str) or not name or is_open(name):
        return
    longest, pattern, made_of = _FORMS[form]
    if len(name) > longest:
        yield invalid(path, name, f"must be no more than {longest} characters")
    if not re.fullmatch(pattern, name):
        yield invalid(
            path,
            name,
            f"a lowercase RFC 1123 {form} must consist of lower case alphanumeric {made_of}, and must start and end with an "
            "alphanumeric character",
        )
