"""Rules of the API server about names: their syntax, that they are unique, and that references exist.

As apimachinery's, pkg/apis/core's and pkg/apis/apps' validation applies them on creation, with their words. They apply to whole
objects only, because a patch contains only some fields. The check of the schema reports values of a wrong type. An unknown value
counts as equal to any value.
"""

import re
from collections.abc import Iterable, Iterator, Set
from typing import Any

from scclint.finding import Path
from scclint.objects.kinds import CLUSTER_SCOPED, WORKLOADS
from scclint.objects.unknown import is_open
from scclint.platform.labels import labels_of
from scclint.platform.releases import JSON_IN_MESSAGES
from scclint.platform.terms import LONGEST_NAME
from scclint.validation.problem import FieldProblem, Printed, Problems, duplicate, invalid, not_found, printed, size
from scclint.yaml.untyped import Object, as_mapping, as_mappings, value_at

_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LONGEST_PART = 63
_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_FORMS = {
    "label": (63, _LABEL, "characters or '-'", "'my-name',  or '123-abc'"),
    "subdomain": (LONGEST_NAME, rf"{_LABEL}(\.{_LABEL})*", "characters, '-' or '.'", "'example.com'"),
}
"""RFC 1123's names in lower case: how long they may be, their form, and in the API server's words their characters and examples."""


def check_names(root: Object, kind: str, kubernetes_minor: int, rejected: Set[Path]) -> Problems:
    """Names of objects and namespaces; roles and bindings may be called almost anything.

    `rejected` are the paths of other problems: a mount cannot name a volume that has one.
    """
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
    where = WORKLOADS[kind].template or ()
    template = as_mapping(value_at(root, where))
    spec = as_mapping(root.get("spec"))
    if WORKLOADS[kind].needs_selector:
        if not spec.get("selector"):
            return
        yield from _check_selector(spec, template, kubernetes_minor)
    path = (*where, "spec")
    yield from _check_pod_spec(as_mapping(template.get("spec")), path, spec.get("volumeClaimTemplates"), rejected)


def _check_selector(spec: Object, template: Object, minor: int) -> Problems:
    """The labels of the pod template match the selector."""
    labels = labels_of(template)
    for key, wanted in as_mapping(as_mapping(spec.get("selector")).get("matchLabels")).items():
        label = labels.get(key, "")
        if not (isinstance(wanted, str) and isinstance(label, str)) or label == wanted:
            continue
        if not any(map(is_open, (wanted, label, key))):
            if not any(map(is_open, labels)):
                path = ("spec", "template", "metadata", "labels")
                detail = "`selector` does not match template `labels`"
                value = labels if JSON_IN_MESSAGES.holds(minor) else _as_go_map(labels)
                yield invalid(path, value, detail, code="selector-differs", hint=f"{key}: {wanted}")
            return


def _as_go_map(labels: Object) -> Printed:
    return Printed(f"map[string]string{{{', '.join(f'{printed(key)}:{printed(labels[key])}' for key in sorted(labels))}}}")


def _check_pod_spec(spec: Object, path: Path, claim_templates: Any, rejected: Set[Path]) -> Problems:
    """Names of containers and volumes, each unlike the others, and mounts that name a volume."""
    volumes = [volume.get("name") for volume in as_mappings(spec.get("volumes"))]
    place = len(path) + 2
    refused = {rejected_path[:place] for rejected_path in rejected}
    unlike = list(_check_unlike(((name, (*path, "volumes", index, "name")) for index, name in enumerate(volumes)), refused))
    yield from unlike
    refused.update(problem.path[:place] for problem in unlike)
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
    volume_names = {
        name for index, name in enumerate(volumes) if isinstance(name, str) and (*path, "volumes", index) not in refused
    }
    for container, where in containers:
        for index, mount in enumerate(as_mappings(container.get("volumeMounts"))):
            name = mount.get("name")
            if isinstance(name, str) and name and name not in volume_names and not is_open(name):
                yield not_found((*where, "volumeMounts", index, "name"), name)


def _check_unlike(names: Iterable[tuple[Any, Path]], refused: Set[Path] = frozenset()) -> Problems:
    """Names that are DNS labels, each unlike those before it, without those of items that are `refused` for another reason."""
    earlier_names = set()
    for name, path in names:
        yield from _check_form("label", name, path)
        if isinstance(name, str):
            if name in earlier_names:
                yield duplicate(path, name)
            if path[:-1] not in refused:
                earlier_names.add(name)


def _check_form(form: str, name: Any, path: Path) -> Problems:
    """A name is a label or a subdomain of RFC 1123 in lower case."""
    if isinstance(name, str) and name and not is_open(name):
        for error in dns_errors(form, name):
            yield invalid(path, name, error)


def qualified_errors(name: str) -> Iterator[str]:
    """Yield why a text is no name with an optional prefix, as the key of a label is (`IsQualifiedName`)."""
    prefix, slash, part = name.rpartition("/")
    if slash:
        yield from (f"prefix part {error}" for error in (dns_errors("subdomain", prefix) if prefix else ("must be non-empty",)))
    if not part:
        yield "name part must be non-empty"
    elif size(part) > _LONGEST_PART:
        yield f"name part must be no more than {_LONGEST_PART} characters"
    if not re.fullmatch(_QUALIFIED, part):
        yield (
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
            f"(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{_QUALIFIED}')"
        )


def dns_errors(form: str, name: str) -> Iterator[str]:
    """Yield why a text is no name of RFC 1123 in lower case: no `label`, or no `subdomain`."""
    longest, pattern, made_of, examples = _FORMS[form]
    if size(name) > longest:
        yield f"must be no more than {longest} characters"
    if not re.fullmatch(pattern, name):
        if form == "label" and re.fullmatch(_FORMS["subdomain"][1], name):
            yield "must not contain dots"
            return
        yield (
            f"a lowercase RFC 1123 {form} must consist of lower case alphanumeric {made_of}, and must start and end with an "
            f"alphanumeric character (e.g. {examples}, regex used for validation is '{pattern}')"
        )
