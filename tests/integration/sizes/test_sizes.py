"""Input of a size that nobody writes by hand is judged in little time, and told in few words."""

import json
from pathlib import Path
from typing import Any

import pytest

import scclint
from scclint.report import FORMATS
from tests.cli.conftest import Cli
from tests.cli.test_bad_input import MIB
from tests.robustness.conftest import Run, pod
from tests.robustness.test_limits import check_rest, refused
from tests.running import facts_of


def test_huge_scalar(run: Run, folder: Path) -> None:
    """What a manifest may hold, a report need not repeat: names and values are shortened in it."""
    huge = "x" * 500_000
    text = pod(huge).replace("metadata:\n", f"metadata:\n  annotations: {{note: {huge}, openshift.io/required-scc: {huge}}}\n")
    (folder / "m.yaml").write_text(text, encoding="utf-8")
    for format in FORMATS:
        ran = run("check", ".", "--format", format)
        assert ran.status in (1, 2)
        assert "m.yaml" in ran.out
        assert len(ran.out) < 400_000, format
    assert len(run("review", ".").out) < 20_000
    assert len(run("explain", "m.yaml").out) < 20_000 + 3 * len(huge)
    check_rest(run("check", ".", "--format", "json"))


def test_huge_names_that_many_findings_repeat(run: Run, folder: Path) -> None:
    """Of a workload in what is said of its containers, of an SCC in what is said of the pods that it admits."""
    huge = "x" * 1_000_000
    containers = "".join(
        f"\n  - {{name: c{i}, image: i, securityContext: {{seccompProfile: {{type: Unconfined}}}}}}" for i in range(100)
    )
    scc = (
        f"apiVersion: security.openshift.io/v1\nkind: SecurityContextConstraints\nmetadata: {{name: y{huge}}}\npriority: 99\n"
        "seccompProfiles: ['*']\nrunAsUser: {type: RunAsAny}\nseLinuxContext: {type: RunAsAny}\n"
        "groups: [system:authenticated]\n---\n"
    )
    pods = f"{scc}apiVersion: v1\nkind: Pod\nmetadata: {{name: {huge}}}\nspec:\n  containers:{containers}\n"
    (folder / "m.yaml").write_text(pods, encoding="utf-8")
    report = scclint.lint([str(folder)])
    mine = [f for f in report.findings if f.span.file.endswith("m.yaml")]
    assert report.crashes == () and len(mine) > 100
    texts = [text for f in mine for text in (f.message, f.help, f.subject.name, *(r.message for r in f.related))]
    assert max(map(len, texts)) <= 10_000


def test_huge_key(run: Run, folder: Path) -> None:
    (folder / "m.yaml").write_text("kind: Pod\n" + "k" * 2_000_000 + ": 1\n", encoding="utf-8")
    refused(run, "m.yaml", 2, 2_000_001, "could not find expected ':'")


@pytest.mark.parametrize("document", ["---\n", "--- {}\n", "apiVersion: v1\nkind: ConfigMap\n---\n"])
def test_million_documents(run: Run, folder: Path, document: str) -> None:
    """Scaled down for the time a test may take; each costs the same as the last."""
    (folder / "m.yaml").write_text(document * 100_000, encoding="utf-8")
    report = check_rest(run("check", ".", "--format", "json"))
    assert report["summary"]["workloads"] == 2
    assert report["summary"]["documents"]["total"] == (2 if document == "---\n" else 100_002)


def test_aliases_of_many_small_documents(run: Run, folder: Path) -> None:
    """Each is within what the cluster takes; together they would cost minutes and gigabytes for a few kilobytes."""
    document = pod("m") + f"b: &b [{'[],' * 1000}]\nx: [{'*b,' * 90}]\n---\n"
    (folder / "m.yaml").write_text(document * 100, encoding="utf-8")
    report = check_rest(run("check", ".", "--format", "json"))
    refused_at = [f for f in facts_of(report) if f["rule"] == "MAN001"]
    assert report["summary"]["documents"]["unparsable"] == len(refused_at) == 98
    assert all("of this file expand to more than 200,000 values" in f["text"] for f in refused_at)


def test_many_suppressions_in_a_row(run: Run, folder: Path) -> None:
    (folder / "m.yaml").write_text("# scclint: ignore[SCC102] r\n" * 5_000 + pod("m"), encoding="utf-8")
    report = check_rest(run("check", ".", "--format", "json", "--select", "SCC102"))
    assert [f["line"] for f in facts_of(report) if f["file"] == "m.yaml"] == [5010, 5010]


@pytest.mark.parametrize(
    "spec",
    [
        {"containers": [{"name": f"c{n}", "image": "x", "ports": [{"hostPort": p} for p in range(1, 120)]} for n in range(50)]},
        {"containers": [{"name": "c", "image": "x"}], "securityContext": {"supplementalGroups": [*range(600)]}},
    ],
    ids=["ports", "groups"],
)
def test_pods_whose_denial_would_be_endless(run: Run, folder: Path, spec: dict[str, Any]) -> None:
    """The denial is cut, and the verdict is that of the cluster."""
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "large"}, "spec": {"hostPID": True, **spec}}
    (folder / "m.yaml").write_text(json.dumps(manifest), encoding="utf-8")
    report = check_rest(run("check", ".", "--format", "json"))
    assert {"SCC102", "SEC201"} <= {finding["rule"] for finding in facts_of(report) if finding["file"] == "m.yaml"}


def test_fifty_megabytes(beside: Cli) -> None:
    """Read and told apart within the time that a file of this size is allowed to take."""
    item = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\ndata:\n" + "  key: value\n" * 5000 + "---\n"
    pod = Path("input/zzz.yaml").read_text().replace("name: shell", "name: first")
    Path("input/a.yaml").write_text(item * (50 * MIB // len(item)) + pod)
    run = beside()
    assert run.status == 1
    assert "input/a.yaml:" in run.out
