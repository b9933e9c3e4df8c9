"""Post-renderers of a HelmRelease: kustomizations through which the rendered objects of a chart go.

Source: `internal/postrender` of fluxcd/helm-controller.
"""

import json
import os
import re
import tempfile
from typing import TYPE_CHECKING, Any

from scclint.objects.documents import load_text
from scclint.record import replace
from scclint.yaml.nodes import to_data
from scclint.yaml.untyped import as_text, value_at

if TYPE_CHECKING:
    from scclint.deploy.render import Renderer, RendererOutput

_RENDERED = "rendered.yaml"
_DOCUMENTS = re.compile(r"^---$\n?", re.M)
_FIELDS = ("patches", "images")


def post_rendered(made: "RendererOutput", post: str, programs: "Renderer") -> "RendererOutput":
    """What a chart renders to, after the post-renderers. An object that they leave as it is keeps its text, and others keep the line that
    says which template they come from.
    """
    text = made.text
    for renderer in json.loads(post):
        with tempfile.TemporaryDirectory(prefix="scclint-", ignore_cleanup_errors=True) as folder:
            fields = {key: renderer[key] for key in _FIELDS if renderer.get(key)}
            for name, content in ((_RENDERED, text), ("kustomization.yaml", json.dumps({"resources": [_RENDERED], **fields}))):
                with open(os.path.join(folder, name), "w", encoding="utf-8", newline="") as file:
                    file.write(content)
            built = programs.build_kustomize(folder, folder)
        if built.error:
            return replace(made, notices=(*made.notices, f"its postRenderers are not applied: {built.error}"))
        text = _with_sources(built.text, text)
    return replace(made, text=text)


def _with_sources(built: str, rendered: str) -> str:
    by_name: dict[tuple[str, ...], tuple[str, str, Any]] = {}
    for document in load_text("", rendered, frozenset()):
        if document.root is not None:
            data = to_data(document.root)
            by_name[_name(data)] = document.source, document.text, data
    parts = []
    for part in _DOCUMENTS.split(built):
        for document in load_text("", part, frozenset()):
            data = to_data(document.root)
            source, text, before = by_name.get(_name(data), ("", "", None))
            lines = text if data == before else part
            parts.append(f"---\n# Source: {source}\n{lines}" if source and "# Source:" not in lines else f"---\n{lines}")
    return "\n".join(part.rstrip("\n") for part in parts) + "\n"


def _name(data: Any) -> tuple[str, ...]:
    return tuple(as_text(value_at(data, path)) for path in (("kind",), ("metadata", "namespace"), ("metadata", "name")))
