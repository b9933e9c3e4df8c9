"""The pods of one object, and objects of one name, are compared each with its own counterpart."""

from pathlib import Path
from typing import Any

import pytest

from scclint.change.compare import compare_releases, compare_sides, what_if
from scclint.change.model import Differences
from scclint.config.model import Config

PRIVILEGED = ", securityContext: {privileged: true}"
PIPELINE = """\
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: {name: ci, namespace: shop}
spec:
  tasks:
  - {name: one, taskSpec: {steps: [{name: a, image: i}]}}
  - {name: two, taskSpec: {steps: [{name: b, image: i@}]}}
"""
PIPELINE_RUN = """\
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {name: ci-1, namespace: shop}
spec:
  pipelineSpec:
    tasks: [{name: one, taskSpec: {steps: [{name: a, image: i}]}}]
    finally: [{name: two, taskSpec: {steps: [{name: b, image: i@}]}}]
"""
WORKFLOW = """\
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: ci, namespace: shop}
spec:
  templates:
  - {name: one, container: {image: i}}
  - {name: two, container: {image: i@}}
"""
UNNAMED = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: ci-, namespace: shop}
spec:
  templates:
  - {name: main, steps: [[{name: a, inline: {container: {image: i}}}, {name: b, inline: {container: {image: i@}}}]]}
"""
TRAINING = """\
apiVersion: kubeflow.org/v1
kind: PyTorchJob
metadata: {name: ci, namespace: shop}
spec:
  pytorchReplicaSpecs:
    Master: {template: {spec: {containers: [{name: pytorch, image: i}]}}}
    Worker: {template: {spec: {containers: [{name: pytorch, image: i@}]}}}
"""
JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {generateName: ci-, namespace: shop}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: i@}]}}}
---
"""
RUN = """\
---
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {name: NAME, namespace: shop}
spec: {pipelineRef: {name: ci}, taskRunTemplate: {serviceAccountName: NAME}}
"""


def compared(folder: Path, before: str, after: str, file: str = "a.yaml", **settings: Any) -> Differences:
    for side, name, text in (("before", "a.yaml", before), ("after", file, after)):
        (folder / side).mkdir(exist_ok=True)
        (folder / side / name).write_text(text.replace("@", ""))
    return compare_sides(str(folder / "before"), str(folder / "after"), Config(**settings))


def shown(found: Differences) -> list[tuple[str, tuple[str, ...], list[str]]]:
    return [(change.part, change.effects, [str(cause) for cause in change.causes]) for change in found.changes]


@pytest.mark.parametrize(
    ("text", "kind", "part"),
    [
        (PIPELINE, "Pipeline shop/ci", "task two"),
        (PIPELINE_RUN, "PipelineRun shop/ci-1", "task two"),
        (WORKFLOW, "WorkflowTemplate shop/ci", "template two"),
        (UNNAMED, "Workflow shop/ci-", "template"),
        (TRAINING, "PyTorchJob shop/ci", "Worker"),
        (JOB.replace("@", "") + JOB, "Job shop/ci-", ""),
    ],
)
def test_a_later_pod_of_an_object_is_refused(tmp_path: Path, text: str, kind: str, part: str) -> None:
    found = compared(tmp_path, text, text.replace("@", PRIVILEGED))
    assert shown(found) == [(part, ("refused",), [f"{kind}{', ' + part if part else ''} (changed)"])]
    assert found.workloads == 2


@pytest.mark.parametrize("text", [PIPELINE, WORKFLOW, TRAINING])
def test_another_order_of_the_pods_is_no_change(tmp_path: Path, text: str) -> None:
    *first, one, two = text.replace("@", PRIVILEGED).splitlines(keepends=True)
    assert compared(tmp_path, text.replace("@", PRIVILEGED), "".join([*first, two, one]), "b.yaml").changes == ()


def test_a_pod_of_an_object_appears_and_another_one_is_gone(tmp_path: Path) -> None:
    found = compared(tmp_path, PIPELINE, PIPELINE.replace("name: two", "name: three").replace("@", PRIVILEGED))
    assert [(part, effects) for part, effects, _ in shown(found)] == [
        ("task three", ("added", "refused")),
        ("task two", ("removed",)),
    ]


def test_a_run_is_no_other_pod(tmp_path: Path) -> None:
    """A run that sets a service account of its own changes how the task runs. It does not replace the task."""
    found = compared(tmp_path, PIPELINE, PIPELINE + RUN.replace("NAME", "first"), addons=("pipelines",))
    assert [(part, effects) for part, effects, _ in shown(found)] == [
        (f"task {name}, run by PipelineRun first", ("narrower",)) for name in ("one", "two")
    ]


def test_runs_are_matched_by_name(tmp_path: Path) -> None:
    first, second = (RUN.replace("NAME", name) for name in ("first", "second"))
    found = compared(tmp_path, PIPELINE + second, PIPELINE + first + second)
    assert [(part, effects) for part, effects, _ in shown(found)] == [
        (f"task {name}, run by PipelineRun first", ("added",)) for name in ("one", "two")
    ]


def test_objects_of_one_name_are_matched_by_file(tmp_path: Path) -> None:
    """The first Job is gone. The other one is not taken for it."""
    for side, file in (("before", "b.yaml"), ("after", "b.yaml")):
        (tmp_path / side).mkdir()
        (tmp_path / side / file).write_text(JOB.replace("@", PRIVILEGED))
    found = compared(tmp_path, JOB, "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n")
    assert shown(found) == [("", ("removed",), ["Job shop/ci- (removed)"])]


def test_an_object_on_top_replaces_all_pods_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "dump").mkdir()
    (tmp_path / "dump" / "ci.yaml").write_text(PIPELINE.replace("@", ""))
    (tmp_path / "new.yaml").write_text("".join(PIPELINE.splitlines(keepends=True)[:-1]))
    found = what_if(str(tmp_path / "dump"), [str(tmp_path / "new.yaml")], Config())
    assert [(part, effects) for part, effects, _ in shown(found)] == [("task two", ("removed",))]


def test_the_table_of_releases_has_a_row_for_each_pod(tmp_path: Path) -> None:
    (tmp_path / "ci.yaml").write_text(PIPELINE.replace("@", ""))
    found = compare_releases(str(tmp_path), Config(openshift=("4.20", "4.22")))
    assert [(rows[0].name, rows[0].part) for rows in found.matrix] == [("ci", "task one"), ("ci", "task two")]
