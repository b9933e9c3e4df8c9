"""Files that a tool writes again: an edit of such a file is lost, so that it has to be asked for."""

import re
from collections.abc import Iterable

from scclint.load.document import Document

_GENERATED = re.compile(r"(?im)do not edit|don't edit|@generated|^(?>.*?\bauto-?generated\b)(?>.*?\bnot\b).*\bedit")
_OPERATOR_SDK = "operators.operatorframework.io/builder"
_HEAD = 30
"""Lines at the start of a file whose comments may say that it is generated."""


def generator_of(text: str, documents: Iterable[Document], file: str) -> str:
    """Return as a clause what to change in place of a generated file; empty if nothing says that it is generated."""
    head = [line for line in text.split("\n", _HEAD)[:_HEAD] if line.lstrip().startswith(("#", "//"))]
    if any(_GENERATED.search(line) for line in head):
        return f"{file} is generated: change what it is generated from, or use --force-generated"
    for document in documents:
        if document.source:
            return f"Helm rendered {file}: change the chart or its values, or use --force-generated"
        if _OPERATOR_SDK in document.text and document.kind == "ClusterServiceVersion":
            return f"operator-sdk generates {file}: change the manifests in config/, or use --force-generated"
    return ""
