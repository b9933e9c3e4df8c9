"""Which tool reads the source of an Application, and which folders several Applications or clusters share."""

import pytest

from scclint.config.model import Config
from scclint.linting import find_units
from tests.deploy.test_deployments import CHART, WEB, application, gaps, here, judged, names, of_chart, rejected
from tests.deploy.tools import needs_helm, needs_kustomize
from tests.running import write_files

__all__ = ["here"]


PLAIN_PID = WEB.replace("spec: {containers", "spec: {hostPID: true, containers")
REMOVED = 'patches: [{target: {kind: Deployment}, patch: \'[{"op": "remove", "path": "/spec/template/spec/hostPID"}]\'}]\n'


@needs_kustomize
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("    path: app\n    directory: {recurse: true}\n", True),
        ("    path: .\n    directory: {recurse: true, include: 'app/*'}\n", True),
        ("    path: app\n    directory: {include: '*.yaml'}\n", False),
        ("    path: app\n", False),
        ("    path: app\n    directory: {}\n", False),
    ],
)
def test_a_source_that_is_said_to_be_a_directory_is_not_built(source: str, expected: bool) -> None:
    app = {"app/kustomization.yaml": f"resources: [d.yaml]\n{REMOVED}", "app/d.yaml": PLAIN_PID}
    assert rejected(judged({**app, "root/app.yaml": application(source)})) is expected


@needs_kustomize
def test_the_namespace_of_a_kustomization_is_not_that_of_a_directory() -> None:
    files = {"app/kustomization.yaml": "namespace: other\nresources: [d.yaml]\n", "app/d.yaml": WEB}
    judged({**files, "root/app.yaml": application("    path: app\n    directory: {recurse: true}\n")})
    units = {unit.name: unit for unit in find_units(["."], Config())}
    assert units["app#shop"].kind == "directory" and units["app#shop"].files == ("app/d.yaml",)
    assert "app" not in units


def test_a_folder_is_deployed_with_and_without_those_around_it() -> None:
    write_files({"apps/a/d.yaml": WEB, "apps/b/d.yaml": WEB.replace("web", "other")})
    write_files({"root/1.yaml": application("    path: apps\n    directory: {recurse: true}\n", name="all")})
    write_files({"root/2.yaml": application("    path: apps/a\n", name="one").replace("namespace: shop", "namespace: a")})
    units = {unit.name: (unit.namespace, unit.files) for unit in find_units(["."], Config())}
    assert units["apps#all"] == ("shop", ("apps/a/d.yaml", "apps/b/d.yaml"))
    assert units["apps/a#one"] == ("a", ("apps/a/d.yaml",))


@needs_helm
def test_a_source_that_is_said_to_be_a_chart_is_one_whatever_is_beside_it() -> None:
    files = {**CHART, "chart/kustomization.yaml": "resources: [d.yaml]\n", "chart/d.yaml": WEB}
    assert rejected(judged({**files, "apps/app.yaml": of_chart("{valuesObject: {privileged: true}}")}))
    assert not rejected(judged({"apps/app.yaml": of_chart("{}")}))
    assert [name for name in names() if name.startswith("chart")] == ["chart#shop"]


@needs_helm
def test_a_chart_that_renders_the_application_that_deploys_it() -> None:
    template = "{{- if .Values.root }}\n" + of_chart("{valuesObject: {root: false}}") + "{{- end }}\n"
    chart = {**CHART, "chart/values.yaml": "privileged: true\nhost: {pid: false}\nnote: ''\nroot: true\n"}
    report = judged({**chart, "chart/templates/app.yaml": template})
    assert rejected(report) and not gaps(report)
    assert [name for name in names() if name.startswith("chart")] == ["chart", "chart#shop"]
