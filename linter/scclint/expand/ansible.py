"""The objects in the tasks of Ansible playbooks and roles that apply manifests with the module `k8s`.

A manifest is written in the task (`definition`), or in a file that the task names (`src`, `template`). Expressions have no value.
Source: the documentation of the module kubernetes.core.k8s.
"""

from collections.abc import Iterator
from typing import Any

from scclint.expand.item import TEMPLATE, Item, items_of, with_unknowns
from scclint.finding import Path
from scclint.limits import MAX_TEMPLATE_DEPTH
from scclint.load import load_file
from scclint.load.document import Document
from scclint.record import replace
from scclint.untyped import as_list, as_text, value_at
from scclint.yaml.nodes import SequenceNode, to_data

_MODULES = ("k8s", "kubernetes.core.k8s", "community.kubernetes.k8s", "community.okd.k8s", "redhat.openshift.k8s")
_DEFINITIONS = ("definition", "resource_definition", "inline")
_WITH_TASKS = ("tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always")
_APPLIES = ("", "present")
"""Values of `state` with which the module creates an object. With others it deletes one, or patches one that is there."""


def applied(document: Document) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the arguments of each task of a document that applies manifests, with the path to them."""
    if document.status == "parsed" and isinstance(document.root, SequenceNode) and "k8s" in document.text:
        yield from _tasks(to_data(document.root), (), 0)


def _tasks(listed: Any, path: Path, depth: int) -> Iterator[tuple[Path, dict[str, Any]]]:
    for index, task in enumerate(as_list(listed) if depth < MAX_TEMPLATE_DEPTH else ()):
        for key, value in task.items() if isinstance(task, dict) else ():
            if key in _WITH_TASKS:
                yield from _tasks(value, (*path, index, key), depth + 1)
            elif key in _MODULES and isinstance(value, dict) and as_text(value.get("state")) in _APPLIES:
                yield (*path, index, key), value


def objects_of_tasks(document: Document) -> Iterator[Item]:
    """Yield the objects that are written in the tasks of a document. Those without a namespace get that of the task."""
    assert document.root is not None
    for path, arguments in applied(document):
        provenance = replace(TEMPLATE, home=as_text(arguments.get("namespace")))
        for key in _DEFINITIONS:
            definition = arguments.get(key)
            for index, one in enumerate(definition if isinstance(definition, list) else [definition]):
                where = (*path, key, index) if isinstance(definition, list) else (*path, key)
                if isinstance(one, dict):
                    yield with_unknowns(Item(document.root, where, one, provenance))
                elif isinstance(one, str):
                    inner = (item for written in load_file("x.j2", one, frozenset()) for item in items_of(written))
                    yield from (
                        Item(document.root, where, item.data, replace(provenance, home=item.provenance.home or provenance.home))
                        for item in inner
                    )


def homes_of_files(document: Document) -> Iterator[tuple[str, str]]:
    """Yield the name of each file that a task applies in a namespace, without its folder, and the namespace."""
    for _, arguments in applied(document):
        namespace = as_text(arguments.get("namespace"))
        for key in ("src", "template"):
            for named in (arguments.get(key), value_at(arguments.get(key), ("path",))):
                if namespace and isinstance(named, str):
                    yield named.rpartition("/")[2].rstrip("\"' )}"), namespace
