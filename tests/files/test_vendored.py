"""Copies of Go modules in `vendor/` are not judged, unless the user names their folder."""

from pathlib import Path

import pytest

from tests.running import report_on, write_files

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a, securityContext: {privileged: true}}]}\n"
MODULES = "# k8s.io/kubernetes v1.34.0\n"
TREE = {
    "deploy/pod.yaml": POD,
    "vendor/modules.txt": MODULES,
    "vendor/k8s.io/kubernetes/test/pod.yaml": POD,
    "tests/e2e/vendor/modules.txt": MODULES,
    "tests/e2e/vendor/k8s.io/apiserver/pod.yaml": POD,
    "tests/e2e/vendor/k8s.io/apiserver/vendor/pod.yaml": POD,
    "charts/vendor/pod.yaml": POD,
}


@pytest.fixture(autouse=True)
def _tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_files(TREE)


def test_they_are_left_out_with_a_note() -> None:
    report = report_on(["."])
    assert {finding.span.file for finding in report.findings} == {"deploy/pod.yaml", "charts/vendor/pod.yaml"}
    told = "not judged, because they are copies of Go modules; to judge them, name this folder"
    notes = [(notice.level, notice.file, notice.message) for notice in report.notices if "Go modules" in notice.message]
    assert notes == [("note", "tests/e2e/vendor", f"2 files {told}"), ("note", "vendor", f"1 file {told}")]


@pytest.mark.parametrize("path", ["vendor", "vendor/k8s.io", "./vendor/", "vendor/k8s.io/kubernetes/test/pod.yaml"])
def test_they_are_judged_where_the_user_names_them(path: str) -> None:
    report = report_on([path])
    assert {finding.span.file for finding in report.findings} == {"vendor/k8s.io/kubernetes/test/pod.yaml"}
    assert report.notices == ()


def test_the_nearest_folder_that_the_user_names_counts() -> None:
    report = report_on([".", "vendor"])
    assert {finding.span.file for finding in report.findings} == {
        "deploy/pod.yaml",
        "charts/vendor/pod.yaml",
        "vendor/k8s.io/kubernetes/test/pod.yaml",
    }
