"""Folders with kustomizations, and what a run that renders nothing makes of them."""

from typing import Any

import scclint
from scclint.config.model import Config
from scclint.objects.types import ApiObject, Workload
from scclint.run.judge import open_units
from scclint.run.report import Report
from tests.running import run_over

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: example/web
        securityContext:
          runAsUser: 0
"""


def objects(*paths: str, **settings: Any) -> list[ApiObject]:
    config = Config(render="never", **settings)
    return [o for unit in open_units(run_over(paths, config)) for o in unit.objects]


def workload(*paths: str) -> Workload:
    (found,) = (o for o in objects(*paths) if isinstance(o, Workload))
    return found


def notes(paths: list[str]) -> list[str]:
    """The notices of a run that renders nothing. The notice that says this is left out."""
    return [n.message for n in scclint.lint(paths, Config(render="never")).notices if "unrendered" not in n.message]


def strict(*paths: str) -> Report:
    return scclint.lint(paths, Config(render="never"))


BASE = {"base/web.yaml": DEPLOYMENT}


BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: 'system:openshift:scc:anyuid'}
subjects:
- {kind: ServiceAccount, name: default}
"""
