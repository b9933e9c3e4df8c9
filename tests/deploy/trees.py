"""Trees with units, for tests of what units are to one another."""

from collections.abc import Mapping
from pathlib import Path

from scclint.config.model import Config
from scclint.run.report import Report
from tests.running import report_on, write_below

UNRENDERED = Config(render="never")
"""Judges kustomizations by their files, so that a test needs no kustomize."""


def write_units(root: Path, units: Mapping[str, str]) -> str:
    """Write kustomizations of one resource each, by folder. Return the folder in which all lie."""
    for folder, text in units.items():
        write_below(root / folder, {"kustomization.yaml": "resources: [objects.yaml]\n", "objects.yaml": text})
    return str(root)


def rules_in(report: Report, rule: str) -> list[str]:
    """The messages of one rule."""
    return [finding.message for finding in report.findings if finding.rule_id == rule]


def judged(root: Path, units: Mapping[str, str], config: Config = UNRENDERED) -> Report:
    """The report on a tree of kustomizations (see `write_units`)."""
    return report_on([write_units(root, units)], config)


def deployment(name: str = "web", *, namespace: str = "shop", account: str = "web", pod: str = "", required: str = "") -> str:
    """A Deployment; `pod` is more of its pod's spec in flow style, `required` an SCC that it requires."""
    named = f"{{name: {name}, namespace: {namespace}}}" if namespace else f"{{name: {name}}}"
    annotations = f"{{openshift.io/required-scc: {required}}}" if required else "{}"
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {named}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}, annotations: {annotations}}}
    spec:
      serviceAccountName: {account}
      securityContext: {{{pod}}}
      containers: [{{name: web, image: "registry.example/web:1"}}]
"""


def binding(scc: str = "anyuid", *, account: str = "web", namespace: str = "shop", name: str = "grant") -> str:
    """A RoleBinding of a service account to the release's role for an SCC."""
    return f"""\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: {name}, namespace: {namespace}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:{scc}"}}
subjects: [{{kind: ServiceAccount, name: {account}, namespace: {namespace}}}]
"""


def role(scc: str, name: str = "user") -> str:
    """A ClusterRole that allows the use of an SCC."""
    return f"""\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: {name}}}
rules:
  - {{apiGroups: [security.openshift.io], resources: [securitycontextconstraints], resourceNames: [{scc}], verbs: [use]}}
"""


def scc(name: str = "custom", *, users: str = "", groups: str = "", run_as: str = "RunAsAny") -> str:
    """An SCC that confines its pods by seccomp."""
    return f"""\
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {{name: {name}}}
users: [{users}]
groups: [{groups}]
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
runAsUser: {{type: {run_as}}}
seLinuxContext: {{type: MustRunAs}}
fsGroup: {{type: RunAsAny}}
supplementalGroups: {{type: RunAsAny}}
volumes: ["*"]
seccompProfiles: [runtime/default]
"""
