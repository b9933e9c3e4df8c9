"""A field stands where the last of those that write it does: a resource, a patch, a component or a replacement."""

from pathlib import Path

import pytest

from scclint.config.model import Config
from tests.deploy.tools import needs_kustomize
from tests.running import report_on, write_files

pytestmark = needs_kustomize

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, annotations: {uid: '1000'}}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      containers:
        - name: main
          image: i
"""
PATCH = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - name: main
          securityContext:
            runAsUser: 1000
"""
REPLACEMENT = """- source: {kind: Deployment, name: web, fieldPath: metadata.annotations.uid}
  targets:
    - select: {kind: Deployment}
      fieldPaths:
        - metadata.annotations.other
        - spec.template.spec.FIELD
      options: {create: true}
"""
BASE = {"base/web.yaml": DEPLOYMENT, "base/kustomization.yaml": "resources: [web.yaml]\n"}
OVER = "resources: [../base]\npatches:\n- path: p.yaml\n"
COMPONENT = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n- path: p.yaml\n"
OF_POD, OF_CONTAINER = "securityContext.runAsUser", "containers.[name=main].securityContext.runAsUser"


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"base/web.yaml": f"{DEPLOYMENT}          securityContext: {{runAsUser: 1000}}\n"}, ("base/web.yaml", 12)),
        ({"over/p.yaml": PATCH, "over/kustomization.yaml": OVER}, ("over/p.yaml", 10)),
        (
            {
                "base/web.yaml": f"{DEPLOYMENT}          securityContext: {{runAsUser: 1000}}\n",
                "over/p.yaml": PATCH,
                "over/kustomization.yaml": OVER,
            },
            ("over/p.yaml", 10),
        ),
        (
            {
                "part/p.yaml": PATCH,
                "part/kustomization.yaml": COMPONENT,
                "over/kustomization.yaml": "resources: [../base]\ncomponents: [../part]\n",
            },
            ("part/p.yaml", 10),
        ),
        (
            {"over/kustomization.yaml": f"resources: [../base]\nreplacements:\n{REPLACEMENT.replace('FIELD', OF_POD)}"},
            ("over/kustomization.yaml", 8),
        ),
        (
            {
                "over/r.yaml": REPLACEMENT.replace("FIELD", OF_CONTAINER),
                "over/kustomization.yaml": "resources: [../base]\nreplacements: [{path: r.yaml}]\n",
            },
            ("over/r.yaml", 6),
        ),
    ],
    ids=[
        "a resource",
        "a patch",
        "a patch with the value of the base",
        "a component",
        "a replacement",
        "a file of replacements",
    ],
)
def test_the_last_writer(
    files: dict[str, str], place: tuple[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_files({**BASE, **files})
    (found,) = report_on(["."], Config(select=("SCC101",))).findings
    assert (found.span.file, found.span.line) == place


def test_a_replacement_of_another_container_wrote_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    other = REPLACEMENT.replace("FIELD", "containers.[name=other].securityContext.runAsUser").replace(".other", ".uid")
    context = "          securityContext: {runAsUser: 1000}\n"
    second = f"{DEPLOYMENT}{context}        - name: other\n          image: i\n{context.replace('1000', '5')}"
    write_files({**BASE, "base/web.yaml": second})
    write_files({"over/kustomization.yaml": f"resources: [../base]\nreplacements:\n{other}"})
    found = report_on(["."], Config(select=("SCC101",))).findings
    assert [(finding.span.file, finding.span.line) for finding in found] == [("base/web.yaml", 12)]
