"""The configuration of the API server in a dump of a cluster: whether it enables the admission plugin of SCCs."""

import json
import os
from collections.abc import Iterable, Mapping

from scclint.apps.controls.checks import Evidence
from scclint.errors import LoadError
from scclint.files.dump import NAMESPACES, read_dump
from scclint.objects.documents import load_file
from scclint.objects.expand.item import items_of
from scclint.yaml.nodes import locate
from scclint.yaml.untyped import as_text, texts, value_at

ADMISSION_PLUGIN = "admission-plugin"
"""The name by which frameworks.json calls the check of the API server's admission plugins."""

_PLUGIN = "security.openshift.io/SecurityContextConstraint"
_FOLDER = f"{NAMESPACES}/openshift-kube-apiserver/core/configmaps"


def admission_plugin_problems(dumps: Iterable[str]) -> tuple[Evidence, ...] | None:
    """Return what rule api_server_admission_control_plugin_scc of ComplianceAsCode reports: the plugin of SCCs is not enabled.

    The first of these dumps that has ConfigMap openshift-kube-apiserver/config counts. None if no dump has it.
    """
    for dump in dumps:
        for file in read_dump(dump, dump, _place):
            if isinstance(file, LoadError):
                raise file
            for document in load_file(os.path.join(dump, file.name), file.text, frozenset({"ConfigMap"})):
                for item in items_of(document):
                    if item.name == "config":
                        span, _ = locate(item.root, (*item.path, "data", "config.yaml"))
                        problem = Evidence(f"the API server does not enable the admission plugin {_PLUGIN}", span)
                        return () if _PLUGIN in _enabled(item.data) else (problem,)
    return None


def _place(path: str) -> str:
    """The path below the root of the dump of a file that may have the ConfigMap; empty for others."""
    start = path.replace(os.sep, "/").find(_FOLDER)
    return path[start:] if start >= 0 and path.endswith(("/configmaps.yaml", "/configmaps/config.yaml")) else ""


def _enabled(config: Mapping[str, object]) -> list[str]:
    try:
        settings = json.loads(as_text(value_at(config, ("data", "config.yaml"))))
    except ValueError:
        return []
    return texts(value_at(settings, ("apiServerArguments", "enable-admission-plugins")))
