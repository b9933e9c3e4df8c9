"""The objects in what kustomize built, by kind and name, found without parsing it."""

import re

_DOCUMENT = re.compile(r"^---$", re.M)
_KIND = re.compile(r"^kind: (\S+)", re.M)
_METADATA = re.compile(r"^metadata:\n((?: .*\n)*)", re.M)
_NAME = re.compile(r"^  name: (.*)$", re.M)

Built = dict[str, list[str]]
"""Names by kind."""


def built_names(text: str) -> Built:
    """The objects in the output of kustomize, which writes each mapping in the same style."""
    by_kind: Built = {}
    for part in _DOCUMENT.split(text + "\n"):
        kind, metadata = _KIND.search(part), _METADATA.search(part)
        name = _NAME.search(metadata[1]) if metadata is not None else None
        if kind is not None and name is not None:
            by_kind.setdefault(kind[1].strip("'\""), []).append(name[1].strip("'\""))
    return by_kind


def is_built(kind: str, name: str, built: Built) -> bool:
    """Whether the objects have one of a kind and name, to which a prefix or suffix may have been added."""
    return any(name in built_name for built_name in built.get(kind, ()))
