"""Copies of Go modules in `vendor/` are not judged, unless the user names their folder."""

from pathlib import Path

import pytest

from scclint.report.text import judged_summary
from tests.running import report_on, write_files

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a, securityContext: {privileged: true}}]}\n"
MODULES = "# k8s.io/kubernetes v1.34.0\n"
TREE = {
    "deploy/pod.yaml": POD,
    "vendor/modules.txt": MODULES,
    "vendor/k8s.io/kubernetes/cluster/pod.yaml": POD,
    "tests/e2e/vendor/modules.txt": MODULES,
    "tests/e2e/vendor/k8s.io/apiserver/pod.yaml": POD,
    "tests/e2e/vendor/k8s.io/apiserver/vendor/pod.yaml": POD,
    "charts/vendor/pod.yaml": POD,
}


@pytest.fixture(autouse=True)
def _tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_files(TREE)


def test_they_are_left_out_and_those_that_ask_for_access_to_the_node_are_named() -> None:
    report = report_on(["."])
    judged = {finding.span.file for finding in report.findings if finding.kind != "gap"}
    assert judged == {"deploy/pod.yaml", "charts/vendor/pod.yaml"}
    told = "not judged, because it is in a copy of Go modules; to judge it, name this folder"
    gaps = [(fact.span.file, fact.what, fact.message) for fact in report.findings if fact.kind == "gap"]
    inner = "tests/e2e/vendor/k8s.io/apiserver"
    assert gaps == [
        (f"{inner}/pod.yaml", "privileged", f"tests/e2e/vendor: {told}"),
        (f"{inner}/vendor/pod.yaml", "privileged", f"tests/e2e/vendor: {told}"),
        ("vendor/k8s.io/kubernetes/cluster/pod.yaml", "privileged", f"vendor: {told}"),
    ]


def test_the_summary_counts_them() -> None:
    write_files({"vendor/k8s.io/kubernetes/cluster/pod.yaml": POD.replace("privileged: true", "runAsUser: 0")})
    write_files(
        {
            f"tests/e2e/vendor/k8s.io/apiserver/{name}pod.yaml": "kind: CustomResourceDefinition\nhostPath:\n  type: object\n"
            for name in ("", "vendor/")
        }
    )
    report = report_on(["."])
    assert report.notices == ()
    assert "; 2 files (and 3 files of copied Go modules left out), " in judged_summary(report)


@pytest.mark.parametrize("path", ["vendor", "vendor/k8s.io", "./vendor/", "vendor/k8s.io/kubernetes/cluster/pod.yaml"])
def test_they_are_judged_where_the_user_names_them(path: str) -> None:
    report = report_on([path])
    assert {finding.span.file for finding in report.findings if finding.kind != "gap"} == {
        "vendor/k8s.io/kubernetes/cluster/pod.yaml"
    }
    assert report.notices == ()


def test_the_nearest_folder_that_the_user_names_counts() -> None:
    report = report_on([".", "vendor"])
    assert {finding.span.file for finding in report.findings if finding.kind != "gap"} == {
        "deploy/pod.yaml",
        "charts/vendor/pod.yaml",
        "vendor/k8s.io/kubernetes/cluster/pod.yaml",
    }
