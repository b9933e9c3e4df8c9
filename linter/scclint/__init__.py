"""scclint: which SCC would admit each pod, and which seccomp profile each container really runs with, from manifests alone.

The public API, kept stable by semantic versioning:

    cluster = scclint.Cluster.openshift("4.20", objects=[...])
    judgement = cluster.judge(deployment)
    verdict = cluster.admit(pod, namespace="demo", user=scclint.User("alice", ("system:authenticated",)))
    scclint.effective_seccomp(verdict, cluster)
    scclint.lint(["manifests/"], scclint.load_config(".scclint.yaml"))
    scclint.lint_text(text, filename="web.yaml")
    scclint.lint_texts({"web.yaml": text, "rbac.yaml": more})
    scclint.find_units(["."])
    scclint.compare("main", ".")
    scclint.explain_message("unable to validate against any security context constraint: ...")

Names are imported when first used, so that `import scclint` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scclint.admission.verdict import User, Verdict
    from scclint.causes.lint import find_units, lint, lint_text, lint_texts
    from scclint.change.compare import compare
    from scclint.change.model import Differences
    from scclint.cluster import Cluster
    from scclint.cluster.judgement import Judgement, RequestOutcome
    from scclint.config.model import Config
    from scclint.deploy.unit import Unit
    from scclint.errors import ConfigError, LoadError, ModelError, RuleSetError, ScclintError, UsageError
    from scclint.finding import Finding
    from scclint.message.answers import Explanation
    from scclint.message.explain import explain_message
    from scclint.run.report import Report
    from scclint.run.rule_set import load_config
    from scclint.seccomp.effective import ContainerSeccomp, effective_seccomp

__version__ = "0.1.0"

_HOMES = {
    "Explanation": "scclint.message.answers",
    "Cluster": "scclint.cluster",
    "Differences": "scclint.change.model",
    "Config": "scclint.config.model",
    "ConfigError": "scclint.errors",
    "ContainerSeccomp": "scclint.seccomp.effective",
    "Finding": "scclint.finding",
    "Judgement": "scclint.cluster.judgement",
    "LoadError": "scclint.errors",
    "ModelError": "scclint.errors",
    "Report": "scclint.run.report",
    "RequestOutcome": "scclint.cluster.judgement",
    "RuleSetError": "scclint.errors",
    "ScclintError": "scclint.errors",
    "Unit": "scclint.deploy.unit",
    "UsageError": "scclint.errors",
    "User": "scclint.admission.verdict",
    "Verdict": "scclint.admission.verdict",
    "compare": "scclint.change.compare",
    "effective_seccomp": "scclint.seccomp.effective",
    "explain_message": "scclint.message.explain",
    "find_units": "scclint.causes.lint",
    "lint": "scclint.causes.lint",
    "lint_text": "scclint.causes.lint",
    "lint_texts": "scclint.causes.lint",
    "load_config": "scclint.run.rule_set",
}

__all__ = [
    "Cluster",
    "Config",
    "ConfigError",
    "ContainerSeccomp",
    "Differences",
    "Explanation",
    "Finding",
    "Judgement",
    "LoadError",
    "ModelError",
    "Report",
    "RequestOutcome",
    "RuleSetError",
    "ScclintError",
    "Unit",
    "UsageError",
    "User",
    "Verdict",
    "compare",
    "effective_seccomp",
    "explain_message",
    "find_units",
    "lint",
    "lint_text",
    "lint_texts",
    "load_config",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'scclint' has no attribute {name!r}")

    return getattr(import_module(_HOMES[name]), name)
