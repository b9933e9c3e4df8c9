"""Several processes judge one unit, and the report is the same."""

import os
from pathlib import Path

import pytest

from scclint.config.model import Config
from scclint.files.sources import find_sources
from scclint.outcome.world import World
from scclint.registry import builtin
from scclint.report import render
from scclint.run import judge
from scclint.run.options import RunOptions
from scclint.run.report import Report
from scclint.run.run import run

DEPLOYMENT = """---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web-{i}, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
        - {{name: web, image: registry.example/web:1, securityContext: {{runAsUser: {user}}}}}
"""
GRANT = """---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: open, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: 'system:openshift:scc:privileged'}
subjects: [{kind: ServiceAccount, name: default, namespace: shop}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(judge, "MIN_SPLIT", 2)
    monkeypatch.chdir(tmp_path)
    text = "".join(DEPLOYMENT.format(i=i, user=i % 3 * 1000) for i in range(12))
    # One object is there twice, in the parts of different processes.
    (tmp_path / "all.yaml").write_text(text + GRANT + DEPLOYMENT.format(i=0, user=1000), encoding="utf-8")
    return tmp_path


def report_on(folder: Path, jobs: int) -> Report:
    config = Config(openshift=("4.16", "4.20"))
    return run(find_sources([str(folder)], config), config, builtin(), RunOptions(jobs=jobs))


def test_parts_of_a_unit_make_the_same_report(folder: Path) -> None:
    assert len(report_on(folder, 1).findings) > 10
    for output_format in ("json", "full"):
        whole, parts = (render(report_on(folder, jobs), output_format) for jobs in (1, 3))
        assert parts == whole


def test_a_small_unit_beside_a_large_one(folder: Path) -> None:
    other = folder / "overlay"
    other.mkdir()
    generator = "secretGenerator: [{name: keys, files: [trust.jks]}]\n"
    (other / "kustomization.yaml").write_text(f"resources: [web.yaml]\n{generator}", encoding="utf-8")
    (other / "trust.jks").write_bytes(b"\0\1")
    (other / "web.yaml").write_text(DEPLOYMENT.format(i=99, user=5), encoding="utf-8")
    whole, parts = (render(report_on(folder, jobs), "json") for jobs in (1, 3))
    assert parts == whole


def test_a_part_whose_process_dies_is_judged_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, parent, merged = render(report_on(folder, 1), "json"), os.getpid(), World.merged

    def dying(self: World, obj: object) -> object:
        if os.getpid() != parent:
            os._exit(9)
        return merged(self, obj)

    monkeypatch.setattr(World, "merged", dying)
    assert render(report_on(folder, 2), "json") == whole
