"""What describes the cluster is read and modelled once for all units of a run."""

from pathlib import Path
from typing import Any

import pytest

import scclint
from scclint.config.model import Config
from scclint.judge.worlds import Described, describe
from scclint.world import PROJECT_USER
from tests.running import run_over

POD = "apiVersion: v1\nkind: Pod\nmetadata: {{name: web, namespace: {namespace}}}\nspec: {{containers: [{{name: web, image: example/web}}]}}\n"
KUSTOMIZATION = "resources: [web.yaml]\nnamespace: {namespace}\n"
STATE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: grant{home}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:anyuid"}}
subjects: [{{kind: ServiceAccount, name: default, namespace: shop}}]
"""


@pytest.fixture
def units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for namespace in ("shop", "other"):
        folder = tmp_path / "units" / namespace
        folder.mkdir(parents=True)
        (folder / "web.yaml").write_text(POD.format(namespace=namespace))
        (folder / "kustomization.yaml").write_text(KUSTOMIZATION.format(namespace=namespace))
    return tmp_path


@pytest.mark.parametrize(
    ("home", "times"), [(", namespace: shop", 1), ("", 2)], ids=["placed", "in the namespace of each unit"]
)
def test_objects_of_the_cluster_are_modelled_once(units: Path, monkeypatch: pytest.MonkeyPatch, home: str, times: int) -> None:
    (units / "state.yaml").write_text(STATE.format(home=home))
    run = run_over(["units"], Config(cluster_state=("state.yaml",), render="never"))
    made: list[str] = []

    def counted(*values: Any) -> Described:
        made.append("described")
        return describe(*values)

    monkeypatch.setattr("scclint.judge.session.describe", counted)
    found = {
        opened.unit.name: [b.ref.namespace for b in world.cluster.grants.bindings if b.ref.name == "grant"]
        for opened in run.open_units()
        for world in opened.worlds.values()
    }
    assert found == {"shop": ["shop"], "other": ["shop" if home else "other"]}
    assert len(made) == times


def test_what_a_unit_defines_goes_before_what_a_dump_has(units: Path) -> None:
    (units / "state.yaml").write_text(STATE.format(home=", namespace: shop"))
    (units / "units/shop/web.yaml").write_text(
        POD.format(namespace="shop") + "---\n" + STATE.format(home=", namespace: shop").replace("anyuid", "privileged")
    )
    findings = scclint.lint(["units"], Config(cluster_state=("state.yaml",), render="never")).findings
    assert [f.span.file for f in findings if f.rule_id == "RBA402"] == ["units/shop/web.yaml"]


def test_what_the_api_server_rejects_leaves_what_a_dump_has(units: Path) -> None:
    (units / "state.yaml").write_text(STATE.format(home=", namespace: shop"))
    own = STATE.format(home=", namespace: shop").replace("anyuid", "privileged").replace("k8s.io/v1\n", "k8s.io/v1beta1\n")
    (units / "units/shop/web.yaml").write_text(POD.format(namespace="shop") + "---\n" + own)
    run = run_over(["units/shop"], Config(cluster_state=("state.yaml",), render="never"))
    (opened,) = run.open_units()
    (world,) = opened.worlds.values()
    (workload,) = opened.workloads
    chosen = world.outcome(workload, PROJECT_USER).verdict
    assert chosen is not None
    assert [c.scc for c in chosen.candidates if c.grant and c.grant.binding and c.grant.binding.name == "grant"] == ["anyuid"]


def test_what_a_dump_has_is_not_rejected(units: Path) -> None:
    """A cluster keeps an object that a later version of the API server would not accept anew."""
    (units / "state.yaml").write_text(STATE.format(home=", namespace: shop").replace("k8s.io/v1\n", "k8s.io/v1beta1\n"))
    run = run_over(["units/shop"], Config(cluster_state=("state.yaml",), render="never"))
    (opened,) = run.open_units()
    (world,) = opened.worlds.values()
    assert [b.ref.name for b in world.cluster.grants.added_bindings] == ["grant"]
