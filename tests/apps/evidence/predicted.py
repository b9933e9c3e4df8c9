"""Predictions for one container, which tests change and compare with evidence."""

from typing import Any

from scclint.apps.evidence.predict import Prediction
from scclint.cluster import Cluster
from scclint.objects.documents import load_text
from scclint.objects.expand import expand
from scclint.objects.types import Workload
from scclint.outcome.rows import workload_row
from scclint.outcome.world import World
from scclint.record import replace

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: demo}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: registry.example/app}]}
"""


def prediction(type: str | None, mode: int | None, scc: str, source: str, profile: str | None = None) -> Prediction:
    """The prediction for container app of Deployment demo/web, with this effective profile."""
    (document,) = load_text("web.yaml", DEPLOYMENT, frozenset())
    (workload,) = (obj for obj in expand(document) if isinstance(obj, Workload))
    row = workload_row(World([workload], Cluster.openshift("4.22")), workload)
    (container,) = row.containers
    changes: dict[str, Any] = {"type": type, "proc_mode": mode, "source": source, "localhost_profile": profile}
    container = replace(container, effective=replace(container.effective, **changes))
    return Prediction(replace(row, scc=scc), container)
