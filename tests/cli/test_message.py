"""`scclint explain --message`: a pasted message, alone and with manifests beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, cli, here

__all__ = ["cli", "here"]

DENIAL = (
    'Error creating: pods "web-d9df65dc5-" is forbidden: unable to validate against any security context constraint: '
    '[provider "anyuid": Forbidden: not usable by user or serviceaccount, provider restricted-v2: .containers[0].runAsUser: '
    "Invalid value: 1000: must be in the ranges: [1000760000, 1000769999]]"
)
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1
          securityContext:
            runAsUser: 1000
"""


@pytest.fixture(autouse=True)
def _files(here: Path) -> None:
    Path("error.txt").write_text(DENIAL)
    Path("deploy").mkdir()
    Path("deploy/web.yaml").write_text(WEB.replace("NAME", "web"))
    Path("deploy/other.yaml").write_text(WEB.replace("NAME", "other"))


def test_a_message_alone(cli: Cli) -> None:
    run = cli("explain", "--message", "error.txt")
    assert (run.status, run.err) == (0, "")
    assert "SCC restricted-v2, which the pod may use, rejects it:" in run.out
    assert "  Fix: Remove `runAsUser`." in run.out
    assert "The user IDs of the namespace are 1000760000 to 1000769999." in run.out


def test_the_finding_on_the_workload_and_its_fix(cli: Cli) -> None:
    run = cli("explain", "--message", "error.txt", "deploy")
    assert run.status == 0
    assert "deploy/web.yaml:13:13: error[SCC101] no-scc-admits" in run.out
    assert "fix: Remove runAsUser: 1000." in run.out
    # The name of the pod says which workload is meant.
    assert "other.yaml" not in run.out


def test_what_is_suppressed_is_a_cause_as_well(cli: Cli) -> None:
    Path(".scclint.yaml").write_text("baseline: baseline.json\nignores: [{rule: SCC107, reason: known}]\n")
    assert cli("check", "--write-baseline", "baseline.json", "deploy").status == 0
    assert "deploy/web.yaml:13:13: error[SCC101] no-scc-admits" in cli("explain", "--message", "error.txt", "deploy").out


def test_json(cli: Cli) -> None:
    run = cli("explain", "--message", "error.txt", "--format", "json", "deploy")
    document = json.loads(run.out)
    assert (document["version"], document["pod"], document["scc"]) == (1, "web-d9df65dc5-", "restricted-v2")
    assert [error["title"] for error in document["errors"]] == ["must be in the ranges"]
    assert {finding["rule"] for finding in document["findings"]} == {"SCC101", "SCC107"}
    assert document["findings"][0]["fix"] == "Remove runAsUser: 1000."


def test_manifests_that_do_not_have_the_problem(cli: Cli) -> None:
    Path("deploy/web.yaml").write_text(WEB.replace("NAME", "web").replace("runAsUser: 1000", "runAsNonRoot: true"))
    assert "scclint finds no such problem in the manifests" in cli("explain", "--message", "error.txt", "deploy").out


@pytest.mark.parametrize(("wording", "release"), [("[]int64{1}: 1 is", "4.20"), ("[1]: 1 is", "4.22")])
def test_the_release_follows_from_the_wording(cli: Cli, wording: str, release: str) -> None:
    Path("error.txt").write_text(
        f"{DENIAL[:-1]}, provider restricted-v2: .spec.fsGroup: Invalid value: {wording} not an allowed group]"
    )
    assert f"OpenShift {release};" in cli("explain", "--message", "error.txt", "deploy").out


def test_a_message_without_a_known_error(cli: Cli) -> None:
    Path("error.txt").write_text("hello\n")
    run = cli("explain", "--message", "error.txt")
    assert (run.status, run.out) == (2, "")
    assert run.err.startswith("scclint: error.txt: scclint knows no error in this message.")
    run = cli("explain")
    assert (run.status, run.out) == (2, "")
    assert "--message FILE" in run.err
