"""The configuration of the API server in a dump of a cluster: whether it enables the admission plugin of SCCs."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping

from scclint.apps.controls.grants import Evidence
from scclint.errors import LoadError
from scclint.expand.item import items_of
from scclint.files.dump import NAMESPACES, read_dump
from scclint.load import load_file
from scclint.record import record
from scclint.source import Span
from scclint.untyped import as_list, as_text, value_at
from scclint.yaml.locate import locate

ADMISSION_PLUGIN = "admission-plugin"
"""The name by which frameworks.json calls the check of `AdmissionPlugins`."""

_PLUGIN = "security.openshift.io/SecurityContextConstraint"
_FOLDER = f"{NAMESPACES}/openshift-kube-apiserver/core/configmaps"


@record
class AdmissionPlugins:
    """The admission plugins that the API server enables, and the place of its configuration."""

    enabled: tuple[str, ...]
    span: Span

    def problems(self) -> Iterator[Evidence]:
        """Yield that the plugin of SCCs is not among them, as rule api_server_admission_control_plugin_scc of ComplianceAsCode."""
        if _PLUGIN not in self.enabled:
            yield Evidence(f"the API server does not enable the admission plugin {_PLUGIN}", self.span)


def read_admission_plugins(dumps: Iterable[str]) -> AdmissionPlugins | None:
    """Return the admission plugins of the first of these dumps that has them in ConfigMap openshift-kube-apiserver/config."""
    for dump in dumps:
        for file in read_dump(dump, dump, _place):
            if isinstance(file, LoadError):
                raise file
            for document in load_file(os.path.join(dump, file.name), file.text, frozenset({"ConfigMap"})):
                for item in items_of(document):
                    if item.name == "config":
                        span, _ = locate(item.root, (*item.path, "data", "config.yaml"))
                        return AdmissionPlugins(_enabled(item.data), span)
    return None


def _place(path: str) -> str:
    """The path below the root of the dump of a file that may have the ConfigMap; empty for others."""
    start = path.replace(os.sep, "/").find(_FOLDER)
    return path[start:] if start >= 0 and path.endswith(("/configmaps.yaml", "/configmaps/config.yaml")) else ""


def _enabled(config: Mapping[str, object]) -> tuple[str, ...]:
    try:
        settings = json.loads(as_text(value_at(config, ("data", "config.yaml"))))
    except ValueError:
        return ()
    return tuple(map(as_text, as_list(value_at(settings, ("apiServerArguments", "enable-admission-plugins")))))
