"""scclint: which SCC would admit each pod, and which seccomp profile each container really runs with, from manifests alone.

The public API, kept stable by semantic versioning:

    cluster = scclint.Cluster.openshift("4.20", objects=[...])
    verdict = cluster.admit(pod, namespace="demo", user=scclint.User("alice", ("system:authenticated",)))
    scclint.effective_seccomp(verdict, cluster)
    scclint.lint(["manifests/"])
    scclint.lint_text(text, filename="web.yaml")

Names are imported when first used, so that `import scclint` costs nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scclint.admission.verdict import User, Verdict
    from scclint.cluster import Cluster
    from scclint.config.model import Config
    from scclint.engine.report import Report
    from scclint.engine.run import lint, lint_text
    from scclint.finding import Finding
    from scclint.seccomp.effective import ContainerSeccomp, effective_seccomp

__version__ = "0.1.0"

_HOMES = {
    "Cluster": "scclint.cluster",
    "Config": "scclint.config.model",
    "ContainerSeccomp": "scclint.seccomp.effective",
    "Finding": "scclint.finding",
    "Report": "scclint.engine.report",
    "User": "scclint.admission.verdict",
    "Verdict": "scclint.admission.verdict",
    "effective_seccomp": "scclint.seccomp.effective",
    "lint": "scclint.engine.run",
    "lint_text": "scclint.engine.run",
}

__all__ = [
    "Cluster",
    "Config",
    "ContainerSeccomp",
    "Finding",
    "Report",
    "User",
    "Verdict",
    "effective_seccomp",
    "lint",
    "lint_text",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'scclint' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
