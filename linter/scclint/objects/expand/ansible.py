"""The objects in the tasks of Ansible playbooks and roles that apply manifests.

A manifest is written in the task: in the arguments of the module `k8s`, in its loop, in a variable that it sets, in the text of a command, or
in that of a file which another task applies. Or it is in a variable of the play, or in a file that the task names (`src`, `template`,
`lookup`). Expressions have no value.
Source: the documentation of the module kubernetes.core.k8s.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from scclint.files import SUFFIXES
from scclint.finding import Path
from scclint.limits import MAX_TEMPLATE_DEPTH
from scclint.objects.documents import load_file
from scclint.objects.documents.document import Document
from scclint.objects.expand.item import TEMPLATE, items_of, with_unknowns
from scclint.objects.types import Item
from scclint.record import replace
from scclint.yaml.nodes import SequenceNode, to_data
from scclint.yaml.untyped import as_list, as_mapping, as_text, texts

if TYPE_CHECKING:
    from scclint.objects.commands import ScriptCommand

_MODULES = frozenset(("k8s", "set_fact", "shell", "command", "action", "local_action", "copy"))
"""Modules, without their collection, that create objects or set variables that others create objects of."""

_WITH_TASKS = ("tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always")
CREATES_NOTHING = ("absent", "patched")
"""Values of `state` with which the module deletes an object, or patches one that is there."""

_VARIABLE = r"\{\{-?\s*+(\w++)"
_APPLIED = r"\b(?:apply|create|replace|src:)([^\n]{1,200})"
_NAME = r"[\w.-]++"
_LOOKUP = r"(?:lookup|query|q)\(\s*+[\"'](?:ansible\.builtin\.)?(?:file|template)[\"']\s*+,\s*+[\"']([^\"']++)"
_LOOPS = ("loop", "with_items", "with_list", "with_fileglob", "with_file", "with_template")


def applied(document: Document) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield each task of a document that may create objects, with the path to it."""
    return ((path, task) for path, task in _tasks_of(document) if _argument(task, "state") not in CREATES_NOTHING)


def _tasks_of(document: Document) -> Iterator[tuple[Path, dict[str, Any]]]:
    text = document.text
    if document.status == "parsed" and isinstance(document.root, SequenceNode) and any(name in text for name in _MODULES):
        # A file that a task copies counts if another one applies it.
        used, tasks = "\n".join(re.findall(_APPLIED, text)), _tasks(to_data(document.root), (), 0)
        yield from ((path, task) for path, task in tasks if _argument(task, "dest").rpartition("/")[2] in used)


def _tasks(listed: Any, path: Path, depth: int) -> Iterator[tuple[Path, dict[str, Any]]]:
    for index, task in enumerate(as_list(listed) if depth < MAX_TEMPLATE_DEPTH else ()):
        if not isinstance(task, dict):
            continue
        for key in (key for key in _WITH_TASKS if key in task):
            yield from _tasks(task[key], (*path, index, key), depth + 1)
        declared = as_mapping(task.get("vars"))
        used = re.findall(_VARIABLE, str([task[key] for key in _WITH_TASKS if key in task])) if declared else ()
        if variables := {name: value for name, value in declared.items() if name in used}:
            yield (*path, index), {"vars": variables}
        modules = [key for key in map(str, task) if key.rpartition(".")[2] in _MODULES]
        if modules:
            yield (*path, index), task


def _argument(task: dict[str, Any], name: str) -> str:
    """Return an argument of the module of a task; empty if it has none of this name."""
    return next((as_text(value[name]) for value in task.values() if isinstance(value, dict) and name in value), "")


def objects_of_tasks(document: Document) -> Iterator[Item]:
    """Yield the objects that are written in the tasks of a document. Those without a namespace get that of the task."""
    assert document.root is not None
    for path, task in applied(document):
        provenance = replace(TEMPLATE, home=_argument(task, "namespace"))
        for where, found in _written(task, path):
            if isinstance(found, dict):
                yield with_unknowns(Item(document.root, where, found, provenance))
            else:
                yield from _of_text(Item(document.root, where, {}, provenance), found)


def _written(value: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any] | str]]:
    """Yield the objects within a task, and the texts that have the keys of some, with the path to each."""
    if isinstance(value, dict) and value.keys() >= {"apiVersion", "kind"}:
        yield path, value
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if key not in _WITH_TASKS:
                yield from _written(inner, (*path, key))
    elif isinstance(value, str) and "apiVersion" in value:
        yield path, value


def _of_text(place: Item, text: str) -> Iterator[Item]:
    """Yield the objects in a text, or in the here documents of a command, at the place of the text."""
    from scclint.objects.commands import here_documents

    texts = [text]
    if here := list(here_documents(text)):
        texts = [text[opening.end() : end] for opening, end in here]
    for item in (item for one in texts for document in load_file("x.j2", one, frozenset()) for item in items_of(document)):
        home = item.provenance.home or place.provenance.home
        yield replace(place, data=item.data, provenance=replace(place.provenance, home=home))


def files_of_tasks(document: Document) -> Iterator[tuple[str, str, str]]:
    """Yield each manifest that a task or a command in it names, without its folder, with the namespace and the state that it asks for."""
    for _, task in _tasks_of(document):
        namespace, state = _argument(task, "namespace"), _argument(task, "state")
        names = [name for name in re.findall(_NAME, str(task)) if name.endswith(SUFFIXES)]
        yield from ((name, namespace, state) for name in (*names, *(path.rpartition("/")[2] for path in _other_paths(task))))
    for command in _applying(document):
        names = [name.rpartition("/")[2] for name in command.flag("filename")]
        yield from ((name, namespace, "") for name in names for namespace in command.flag("namespace")[-1:])


def other_files_of_tasks(document: Document) -> Iterator[str]:
    """Yield the path of each file that tasks apply and that is not called like a manifest, as it is written, from the last expression on."""
    for _, task in applied(document):
        yield from _other_paths(task)
    for command in _applying(document):
        yield from (name for name in command.flag("filename") if not name.endswith(SUFFIXES))


def _other_paths(task: dict[str, Any]) -> Iterator[str]:
    """Yield the paths in `src`, `template` and lookups of a task that applies objects. `item` is each entry of its loop."""
    named = re.findall(_LOOKUP, str(task))
    for arguments in (value for key, value in task.items() if key.rpartition(".")[2] == "k8s" and isinstance(value, dict)):
        for value in (arguments.get("src"), arguments.get("template")):
            named += texts([as_mapping(entry).get("path", entry) for entry in (value if isinstance(value, list) else [value])])
    if any("{{" in path for path in named):
        named += re.findall(r"[\"']([^\"'{}]++)[\"']", str([task.get(key) for key in _LOOPS]))
    paths = (path.rpartition("}}")[2].lstrip("/").strip() for path in named)
    return (path for path in paths if path and not path.endswith(SUFFIXES))


def _applying(document: Document) -> "Iterator[ScriptCommand]":
    """Yield the commands in the tasks of a document that apply files."""
    from scclint.objects.commands import commands_in

    may_name = isinstance(document.root, SequenceNode) and any(flag in document.text for flag in (" -f", "--file"))
    return (command for command in (commands_in(document.file, document.text) if may_name else ()) if command.applies)
