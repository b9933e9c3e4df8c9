"""Kustomizations with other fields than they have on the disk: those that what deploys them adds, and without what is remote."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scclint.deploy.kustomize import NAMES
from scclint.deploy.kustomize.kustomization import Closure, content_of, key_of
from scclint.objects.documents import load_text

_SUFFIXES = (".yaml", ".yml")
_INCLUDING = ("resources", "bases", "components")


def edited(data: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a kustomization with fields laid over it: lists get more items, mappings more keys, and other values are replaced."""
    made = dict(data)
    for name, value in fields.items():
        key = key_of(made, name)
        base = made.get(key)
        if isinstance(value, list) and isinstance(base, list):
            names = [item.get("name") for item in value] if key == "images" else []
            base = [item for item in base if not (isinstance(item, dict) and item.get("name") in names)]
            made[key] = [*base, *value]
        elif isinstance(value, dict) and isinstance(base, dict):
            made[key] = {**base, **value}
        else:
            made[key] = value
    return made


def generated(folder: str) -> dict[str, Any]:
    """The kustomization that Flux generates for a folder without one: of its manifests, and of the kustomizations in folders below."""
    return {"resources": sorted(_resources(folder, ""))}


def _resources(folder: str, inside: str) -> Iterator[str]:
    for name in sorted(os.listdir(os.path.join(folder, inside))):
        path = os.path.join(inside, name)
        there = os.path.join(folder, path)
        if os.path.isdir(there) and not os.path.islink(there):
            if any(os.path.isfile(os.path.join(there, file_name)) for file_name in NAMES):
                yield path
            else:
                yield from _resources(folder, path)
        elif name.endswith(_SUFFIXES):
            yield path


def without(data: Mapping[str, Any], values: frozenset[str]) -> dict[str, Any]:
    """The data of a kustomization that includes none of these."""
    made = dict(data)
    for key in (key_of(made, name) for name in _INCLUDING):
        if isinstance(made.get(key), list):
            made[key] = [item for item in made[key] if item not in values]
    return made


def changed_texts(closure: Closure, root: str, fields: str, text_of: Callable[[str], str | None]) -> dict[str, str]:
    """The texts of the kustomizations of a closure that are not built as they are, by real path.

    `fields` are those that are laid over the kustomization that is built, as JSON. `text_of` reads a file; None if there is none.
    """
    entry = os.path.realpath(os.path.join(root, closure.entry))
    remote: dict[str, set[str]] = {}
    for file, _, value in closure.remote:
        remote.setdefault(os.path.realpath(os.path.join(root, file)), set()).add(value)
    texts = {}
    for path in {*remote, *([entry] if fields or text_of(entry) is None else [])}:
        text = text_of(path)
        data = generated(os.path.dirname(path)) if text is None else content_of(load_text(path, text, frozenset()))[0]
        if path == entry and fields:
            data = edited(data, json.loads(fields))
        texts[path] = json.dumps(without(data, frozenset(remote.get(path, ()))))
    return texts
