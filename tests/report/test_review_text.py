"""The table of `scclint review`, whole and on narrow terminals."""

import re
from pathlib import Path
from typing import Any

import pytest

from scclint.config.model import Config
from scclint.outcome.rows import WorkloadRow
from scclint.record import replace
from scclint.report.review_text import render_text
from scclint.text import display_width
from tests.running import open_one

MANIFESTS = """\
kind: Pod
apiVersion: v1
metadata: {name: web, namespace: shop}
spec:
  initContainers: [{name: a-container-with-a-rather-long-name, image: i}]
  containers: [{name: 画像, image: i}]
---
kind: Template
apiVersion: template.openshift.io/v1
metadata: {name: t}
parameters: [{name: NAME, required: true}]
objects:
- kind: Job
  apiVersion: batch/v1
  metadata: {name: open}
  spec: {template: {spec: {hostNetwork: "${{NAME}}", containers: [{name: c, image: i}]}}}
"""


def rows(*arguments: Any, **options: Any) -> list[WorkloadRow]:
    """The rows of the one unit of a run (see `run_over`)."""
    unit = open_one(*arguments, **options)
    return [unit.row(world, workload) for workload in unit.workloads for world in unit.worlds.values()]


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Text":
    monkeypatch.chdir(tmp_path)
    Path("m.yaml").write_text(MANIFESTS, encoding="utf-8")
    return Text()


class Text:
    """The review of `MANIFESTS` as text, without the totals."""

    def __call__(self, *, width: int | None = None, color: bool = False, releases: tuple[str, ...] = ("4.20",)) -> list[str]:
        config = replace(Config(), openshift=releases)
        *table, gap, _ = render_text(rows(["m.yaml"], config), color, None).splitlines()
        if width is not None:
            table = render_text(rows(["m.yaml"], config), color, width).splitlines()
            table = table[: len(table) - table[::-1].index("") - 1]
        assert gap == ""
        return table


WHOLE = """\
  SCC     GRANTED TO  POD SECURITY  CONTAINER                            PROFILE     SOURCE           SECCOMP  CRICTL
m.yaml:3  Pod shop/web
  anyuid  kube:admin  INVALID       a-container-with-a-rather-long-name  Unconfined  kubelet default  0        null
                                    画像                                 Unconfined  kubelet default  0        null
m.yaml:15  Job open
  unknown, because ${{NAME}} has no value
""".splitlines()


def test_totals() -> None:
    text = render_text(rows(text=MANIFESTS, filename="m.yaml"), color=False)
    assert text.splitlines()[-1] == "2 workloads: 1 rejected, 1 unknown."


def test_whole(text: Text) -> None:
    assert text() == WHOLE
    assert text(width=len(WHOLE[0]) + 1) == WHOLE


def test_folded(text: Text) -> None:
    assert text(width=70) == [
        "  SCC     GRANTED TO  POD SECURITY",
        "    CONTAINER             PROFILE     SOURCE           SECCOMP  CRICTL",
        "m.yaml:3  Pod shop/web",
        "  anyuid  kube:admin  INVALID",
        "    a-container-with-a-…  Unconfined  kubelet default  0        null",
        "    画像                  Unconfined  kubelet default  0        null",
        "m.yaml:15  Job open",
        "  unknown, because ${{NAME}} has no value",
    ]


def test_no_line_is_wider_than_the_terminal_while_that_can_be(text: Text) -> None:
    for width in range(62, 110):
        assert all(display_width(line) <= width for line in text(width=width)), width
    assert text(width=15)[-7:-4] == ["m.yaml:15", "  Job open", "  unknown,"]


def test_colour_moves_nothing(text: Text) -> None:
    for width in (None, 70):
        painted = text(width=width, color=True)
        assert [re.sub("\x1b\\[[0-9;]*m", "", line) for line in painted] == text(width=width)
        assert painted != text(width=width)


def test_releases_are_told_apart(text: Text) -> None:
    lines = text(releases=("4.12", "4.20"))
    assert [line for line in lines if line.startswith("m.yaml:3")] == [
        "m.yaml:3  Pod shop/web (4.12, 4.20)",
    ]


def test_none() -> None:
    assert render_text([], False) == "No workloads found.\n"


def test_the_pods_of_one_object_have_names_of_their_own() -> None:
    text = """\
kind: PyTorchJob
apiVersion: kubeflow.org/v1
metadata: {name: train, namespace: shop}
spec:
  pytorchReplicaSpecs:
    Master: {template: {spec: {containers: [{name: a, image: i}]}}}
    Worker: {template: {spec: {containers: [{name: a, image: i}]}}}
"""
    lines = render_text(rows(text=text, config=Config()), color=False).splitlines()
    named = [line.rpartition("  ")[2] for line in lines if "train" in line]
    assert named == ["Master of PyTorchJob train in shop", "Worker of PyTorchJob train in shop"]
