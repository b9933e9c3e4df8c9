"""Controls of a dump of a cluster: what the platform brings does not count, and each flaw fails its control.

`tools/check_controls.py` compares the same dumps with the rules of ComplianceAsCode.
"""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from scclint.cli import main
from tests.apps.controls import dumps


def statuses(folder: Path, framework: str = "cis-ocp-1.9", more: Path | None = None) -> dict[str, Any]:
    out = io.StringIO()
    paths = [str(path) for path in (folder, more) if path]
    with redirect_stdout(out):
        assert main(["controls", "--isolated", "--framework", framework, "--format", "json", *paths]) in (0, 1)
    return {one["id"]: one for one in json.loads(out.getvalue())["controls"]}


@pytest.mark.parametrize("framework", ["cis-ocp-1.9", "stig-ocp4-v2r3"])
def test_a_cluster_as_installed_passes(tmp_path: Path, framework: str) -> None:
    found = statuses(dumps.write(tmp_path, dumps.clean()), framework)
    left = {control for control, one in found.items() if one["status"] != "pass"}
    assert left == ({"5.7.3"} if framework == "cis-ocp-1.9" else {"V-257513"})
    assert not any(one["findings"] for one in found.values())


@pytest.mark.parametrize("flaw", dumps.FLAWS)
def test_a_flaw_fails_its_control(tmp_path: Path, flaw: str) -> None:
    control = flaw.partition(" ")[0]
    framework = "stig-ocp4-v2r3" if control.startswith("V-") else "cis-ocp-1.9"
    one = statuses(dumps.write(tmp_path, dumps.flawed(flaw)), framework)[control]
    assert one["status"] == "fail"
    assert len(one["findings"]) >= 1
    assert all((tmp_path / finding["file"]).exists() for finding in one["findings"])


def test_pods_of_the_platform_do_not_count(tmp_path: Path) -> None:
    objects = [one for one in dumps.clean() if one["metadata"]["name"] != "web-1"]
    found = statuses(dumps.write(tmp_path, objects))
    assert found["5.7.2"]["why"] == "the input has no workload that runs"
    assert found["5.1.5"]["status"] == "not assessable"


def test_the_place_of_the_api_server(tmp_path: Path) -> None:
    (finding,) = statuses(dumps.write(tmp_path, dumps.flawed("1.2.12")))["1.2.12"]["findings"]
    assert finding["file"].endswith("namespaces/openshift-kube-apiserver/core/configmaps.yaml")
    assert "does not enable the admission plugin security.openshift.io/SecurityContextConstraint" in finding["message"]


def test_two_dumps_of_one_cluster(tmp_path: Path) -> None:
    """The SCCs are in a must-gather, and the bindings in what `oc adm inspect` wrote."""
    general = ("SecurityContextConstraints", "ClusterVersion", "ConfigMap")
    objects = dumps.flawed("5.2.1")
    first = dumps.write(tmp_path / "must-gather.local.1" / "image", [one for one in objects if one["kind"] in general])
    second = dumps.write(tmp_path / "inspect.local.2", [one for one in objects if one["kind"] not in general])
    found = statuses(first.parent, more=second)
    assert {control for control, one in found.items() if one["status"] == "fail"} == {"5.2.1", "5.2.10"}
    (finding,) = found["5.2.1"]["findings"]
    assert finding["file"].endswith("inspect.local.2/namespaces/shop/rbac.authorization.k8s.io/rolebindings/mine.yaml")
