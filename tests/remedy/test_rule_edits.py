"""Fixes that rules give themselves, for fields, keys and subjects of bindings."""

from pathlib import Path

import pytest

from tests.remedy.test_fixes import DEPLOYMENT, POD, carried_out, fixed, grant


@pytest.mark.parametrize(
    ("written", "corrected"),
    [
        ("env: [{name: PORT, value: 8080}]", 'env: [{name: PORT, value: "8080"}]'),
        ("env: [{name: MODE, value: 0644}]", 'env: [{name: MODE, value: "0644"}]'),
        ("env: [{name: DEBUG, value: yes}]", 'env: [{name: DEBUG, value: "yes"}]'),
        ('ports: [{containerPort: "8080"}]', "ports: [{containerPort: 8080}]"),
        ("stdin: 'true'", "stdin: true"),
    ],
)
def test_a_value_of_the_wrong_type_gets_or_loses_its_quotes(written: str, corrected: str, tmp_path: Path) -> None:
    text = DEPLOYMENT + f"          {written}\n"
    finding = fixed(text, "MAN002", tmp_path)
    assert finding.fix is not None
    assert finding.fix.safety == "safe"
    assert finding.fix.effect == "The API server then accepts the value."
    assert carried_out(text, finding.fix) == DEPLOYMENT + f"          {corrected}\n"


def test_a_value_that_is_no_number_is_left(tmp_path: Path) -> None:
    assert fixed(DEPLOYMENT + '          ports: [{containerPort: "http"}]\n', "MAN002", tmp_path).fix is None


def test_a_volume_without_a_source_is_an_empty_dir_already(tmp_path: Path) -> None:
    text = DEPLOYMENT + "      volumes: [{name: data, emptydir: {}}]\n"
    finding = fixed(text, "MAN003", tmp_path)
    assert finding.fix is not None
    assert (finding.fix.safety, finding.fix.effect) == ("safe", "The pods are the same after admission.")
    assert carried_out(text, finding.fix) == text.replace("emptydir", "emptyDir")
    limited = fixed(text.replace("{}", "{medium: Memory}"), "MAN003", tmp_path)
    assert limited.fix is not None and limited.fix.safety == "unsafe"


@pytest.mark.parametrize(("first", "safety"), [("1", "safe"), ("2", "unsafe")])
def test_of_a_key_that_is_written_twice_the_cluster_keeps_the_last(first: str, safety: str, tmp_path: Path) -> None:
    text = DEPLOYMENT.replace("  selector", f"  replicas: {first}\n  replicas: 1\n  selector")
    finding = fixed(text, "MAN004", tmp_path)
    assert finding.fix is not None
    assert (finding.fix.title, finding.fix.safety) == ("Remove the earlier replicas, which the cluster drops.", safety)
    assert carried_out(text, finding.fix) == DEPLOYMENT.replace("  selector", "  replicas: 1\n  selector")


def test_all_entries_but_the_last_go(tmp_path: Path) -> None:
    text = POD.replace("  containers", "  hostPID: true\n  hostPID: false\n  hostPID: false\n  containers")
    assert carried_out(text, fixed(text, "MAN004", tmp_path).fix) == POD.replace(
        "  containers", "  hostPID: false\n  containers"
    )


def test_two_mappings_of_one_key_are_for_the_author_to_merge(tmp_path: Path) -> None:
    text = DEPLOYMENT + "          securityContext: {privileged: false}\n          securityContext: {runAsNonRoot: true}\n"
    finding = fixed(text, "MAN004", tmp_path)
    assert (finding.fix, finding.no_fix) == (None, "")


def test_a_subject_without_need_is_removed_from_a_binding(tmp_path: Path) -> None:
    text = DEPLOYMENT + grant("nonroot-v2").replace("name: web}", "name: web}, {kind: ServiceAccount, name: other}")
    finding = fixed(text, "RBA403", tmp_path)
    assert finding.fix is not None
    assert (finding.fix.title, finding.fix.safety) == ("Remove web from the binding.", "advice")
    assert "subjects: [{kind: ServiceAccount, name: other}]" in carried_out(text, finding.fix)
