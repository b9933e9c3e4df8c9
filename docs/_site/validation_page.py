"""The page with everything that scclint validates, generated from the schemas and from the docstrings of the checks."""

import inspect
from collections.abc import Iterator
from types import ModuleType

from scclint.platform.releases import DEFAULT, kubernetes_of
from scclint.platform.schema import Shape, Type, shapes
from scclint.validation import details, names, pods, resources, sccs, security, volumes

INTRODUCTION = """# What is validated

scclint validates objects as the API server of the release does, and prints its words. A problem of a pod template is reported as
[MAN002](../rules/invalid-field.md). The API server does not validate the pod template of a StatefulSet up to OpenShift 4.20, and
rejects its pods instead. These tables are generated from the code.

For each field, scclint checks that the release has the field, that the value has its type, and that a required field is there."""

MODULES: dict[str, ModuleType] = {
    "Pods": pods,
    "Probes, variables and tolerations": details,
    "Resources": resources,
    "Security contexts": security,
    "Volumes and mounts": volumes,
    "Names and references": names,
    "SecurityContextConstraints": sccs,
}


def validation_page() -> str:
    """Return the page as Markdown."""
    parts = [INTRODUCTION, "## Rules that join fields"]
    for title, module in MODULES.items():
        rows = [f"| {check} |" for check in _checks(module)]
        parts += [f"### {title}", "\n".join(["| Check |", "|---|", *rows])]
    rows = [f"| `{field}` | {values} |" for field, values in sorted(set(_fields()))]
    parts += [
        f"## Values of fields\n\nThe values in OpenShift {DEFAULT}:",
        "\n".join(["| Field | Values |", "|---|---|", *rows]),
    ]
    return "\n\n".join(parts) + "\n"


def _checks(module: ModuleType) -> Iterator[str]:
    """Yield what each check of a module does, from its docstring. One without a docstring is part of another."""
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ == module.__name__ and name.lstrip("_").startswith("check_") and function.__doc__:
            text = " ".join((inspect.getdoc(function) or "").partition("\n\n")[0].split())
            yield text.replace("|", "\\|")


def _fields() -> Iterator[tuple[str, str]]:
    """Yield the fields with a closed list or a range of values, in the default release."""
    minor = int(kubernetes_of(DEFAULT).rpartition(".")[2])
    book = shapes(minor)
    todo, seen = [shape for kind in KINDS if (shape := book.decoded(kind))], set()
    while todo:
        shape = todo.pop()
        if shape.name in seen:
            continue
        seen.add(shape.name)
        for field, of_field in shape.fields.items():
            inner = of_field.item or of_field
            if inner.type is Type.OBJECT:
                todo.append(inner)
            elif inner.enum:
                yield f"{shape.name}.{field}", ", ".join(f"`{value}`" for value in inner.enum)
            elif inner.type is Type.INTEGER and (text := _range(inner)):
                yield f"{shape.name}.{field}", text


KINDS = (
    "Pod",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Job",
    "CronJob",
    "PodTemplate",
)


def _range(shape: Shape) -> str:
    highest = 2 ** (shape.bits - 1) - 1
    if shape.high < highest:
        return f"{shape.low} to {shape.high}"
    return "" if shape.low < 0 else f"{shape.low} or more"
