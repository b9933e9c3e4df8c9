"""scclint: which SCC would admit each pod, and which seccomp profile each container really runs with, from manifests alone.

The public API, kept stable by semantic versioning:

    cluster = scclint.Cluster.openshift("4.20", objects=[...])
    judgement = cluster.judge(deployment)
    verdict = cluster.admit(pod, namespace="demo", user=scclint.User("alice", ("system:authenticated",)))
    scclint.effective_seccomp(verdict, cluster)
    report = scclint.lint(["manifests/"], scclint.load_config(".scclint.yaml"))
    scclint.lint_text(text, filename="web.yaml")
    scclint.lint_texts({"web.yaml": text, "rbac.yaml": more})
    scclint.find_units(["."])
    scclint.explain("deployment/web", "manifests/")
    scclint.suggest("deployment/web", "manifests/")
    scclint.compare("main", ".")
    scclint.explain_message("unable to validate against any security context constraint: ...")

Names are imported when first used, so that `import scclint` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scclint.admission.verdict import User, Verdict
    from scclint.cluster.judgement import Judgement, RequestOutcome
    from scclint.config.model import Config
    from scclint.deploy.unit import Unit
    from scclint.errors import ConfigError, LoadError, ModelError, RuleSetError, ScclintError, UsageError
    from scclint.facts.difference import FactDifference
    from scclint.finding import Finding
    from scclint.linting import difference, find_units, lint, lint_text, lint_texts
    from scclint.message.answers import Explanation
    from scclint.message.explain import explain_message
    from scclint.outcome.judge import JudgingCluster as Cluster
    from scclint.remedy.least_privilege import Suggestion
    from scclint.run.report import Report
    from scclint.run.rule_set import load_config
    from scclint.seccomp.effective import ContainerSeccomp, effective_seccomp
    from scclint.workloads import ExplainedWorkload, explain, suggest

__version__ = "0.1.0"

_HOMES = {
    "ExplainedWorkload": "scclint.workloads.ExplainedWorkload",
    "Explanation": "scclint.message.answers.Explanation",
    "Cluster": "scclint.outcome.judge.JudgingCluster",
    "Config": "scclint.config.model.Config",
    "ConfigError": "scclint.errors.ConfigError",
    "ContainerSeccomp": "scclint.seccomp.effective.ContainerSeccomp",
    "FactDifference": "scclint.facts.difference.FactDifference",
    "Finding": "scclint.finding.Finding",
    "Judgement": "scclint.cluster.judgement.Judgement",
    "LoadError": "scclint.errors.LoadError",
    "ModelError": "scclint.errors.ModelError",
    "Report": "scclint.run.report.Report",
    "RequestOutcome": "scclint.cluster.judgement.RequestOutcome",
    "RuleSetError": "scclint.errors.RuleSetError",
    "ScclintError": "scclint.errors.ScclintError",
    "Suggestion": "scclint.remedy.least_privilege.Suggestion",
    "Unit": "scclint.deploy.unit.Unit",
    "UsageError": "scclint.errors.UsageError",
    "User": "scclint.admission.verdict.User",
    "Verdict": "scclint.admission.verdict.Verdict",
    "difference": "scclint.linting.difference",
    "effective_seccomp": "scclint.seccomp.effective.effective_seccomp",
    "explain": "scclint.workloads.explain",
    "explain_message": "scclint.message.explain.explain_message",
    "find_units": "scclint.linting.find_units",
    "lint": "scclint.linting.lint",
    "lint_text": "scclint.linting.lint_text",
    "lint_texts": "scclint.linting.lint_texts",
    "load_config": "scclint.run.rule_set.load_config",
    "suggest": "scclint.workloads.suggest",
}
"""Where each name of the public API is defined."""

__all__ = [
    "Cluster",
    "Config",
    "ConfigError",
    "ContainerSeccomp",
    "ExplainedWorkload",
    "Explanation",
    "FactDifference",
    "Finding",
    "Judgement",
    "LoadError",
    "ModelError",
    "Report",
    "RequestOutcome",
    "RuleSetError",
    "ScclintError",
    "Suggestion",
    "Unit",
    "UsageError",
    "User",
    "Verdict",
    "difference",
    "effective_seccomp",
    "explain",
    "explain_message",
    "find_units",
    "lint",
    "lint_text",
    "lint_texts",
    "load_config",
    "suggest",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'scclint' has no attribute {name!r}")

    module, _, defined = _HOMES[name].rpartition(".")
    return getattr(import_module(module), defined)
