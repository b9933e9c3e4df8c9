"""What describes the cluster is read and modelled once for all units of a run."""

from pathlib import Path
from typing import Any

import pytest

import scclint
from scclint.change.compare import compare_sides
from scclint.config.model import Config
from scclint.config.records import Creator, NamespaceFacts
from scclint.outcome.world import PROJECT_USER
from scclint.registry import builtin
from scclint.run.judge import open_units
from scclint.run.worlds import ClusterDescription, describe
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

    def counted(*values: Any) -> ClusterDescription:
        made.append("described")
        return describe(*values)

    monkeypatch.setattr("scclint.run.shared.describe", counted)
    found = {
        opened.unit.name: [b.ref.namespace for b in world.cluster.grants.bindings if b.ref.name == "grant"]
        for opened in open_units(run)
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
    assert [(f.what, f.span.file) for f in findings if f.rule_id == "RBA405"] == [("SCC privileged", "units/shop/web.yaml")]


def test_what_the_api_server_rejects_leaves_what_a_dump_has(units: Path) -> None:
    (units / "state.yaml").write_text(STATE.format(home=", namespace: shop"))
    own = STATE.format(home=", namespace: shop").replace("anyuid", "privileged").replace("k8s.io/v1\n", "k8s.io/v1beta1\n")
    (units / "units/shop/web.yaml").write_text(POD.format(namespace="shop") + "---\n" + own)
    run = run_over(["units/shop"], Config(cluster_state=("state.yaml",), render="never"))
    (opened,) = open_units(run)
    (world,) = opened.worlds.values()
    (workload,) = opened.workloads
    chosen = world.outcome(workload, PROJECT_USER).verdict
    assert chosen is not None
    assert [c.scc for c in chosen.candidates if c.grant and c.grant.binding and c.grant.binding.name == "grant"] == ["anyuid"]


def test_what_a_dump_has_is_not_rejected(units: Path) -> None:
    """A cluster keeps an object that a later version of the API server would not accept anew."""
    (units / "state.yaml").write_text(STATE.format(home=", namespace: shop").replace("k8s.io/v1\n", "k8s.io/v1beta1\n"))
    run = run_over(["units/shop"], Config(cluster_state=("state.yaml",), render="never"))
    (opened,) = open_units(run)
    (world,) = opened.worlds.values()
    assert [b.ref.name for b in world.cluster.grants.added_bindings] == ["grant"]


FIXED = POD.replace("spec: {{", "spec: {{securityContext: {{runAsUser: 1000650001}}, ")
RANGES = "openshift.io/sa.scc.uid-range: 1000650000/10000, openshift.io/sa.scc.mcs: 's0:c26,c5'"
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, {metadata}}}\n"
FACTS = NamespaceFacts("shop", {}, uid_range="1000650000/10000", mcs="s0:c26,c5")


@pytest.mark.parametrize("facts", [(), (FACTS,)], ids=["cluster state", "settings"])
@pytest.mark.parametrize(
    ("metadata", "rules"),
    [
        ("labels: {team: x}", set()),
        ("annotations: null", set()),
        ("annotations: {openshift.io/sa.scc.uid-range: 2000000000/10000}", {"SCC101"}),
    ],
)
def test_a_namespace_manifest_keeps_the_ranges_that_the_cluster_has(
    units: Path, facts: tuple[NamespaceFacts, ...], metadata: str, rules: set[str]
) -> None:
    (units / "units/shop/web.yaml").write_text(FIXED.format(namespace="shop"))
    (units / "units/shop/kustomization.yaml").unlink()
    (units / "units/shop/ns.yaml").write_text(NAMESPACE.format(metadata=metadata))
    (units / "state.yaml").write_text(NAMESPACE.format(metadata=f"annotations: {{{RANGES}}}"))
    config = Config(cluster_state=() if facts else ("state.yaml",), namespaces=facts, creator=Creator("alice"))
    assert {f.rule_id for f in scclint.lint(["units/shop"], config).findings} & {"SCC101"} == rules


def test_a_change_of_a_namespace_manifest_is_applied_to_the_namespace_of_the_cluster(units: Path) -> None:
    (units / "state.yaml").write_text(NAMESPACE.format(metadata=f"annotations: {{{RANGES}}}"))
    for folder, uid_range in (("old", "1000650000/10000"), ("new", "2000000000/10000")):
        (units / folder).mkdir()
        (units / folder / "web.yaml").write_text(FIXED.format(namespace="shop"))
        annotations = f"annotations: {{openshift.io/sa.scc.uid-range: {uid_range}}}"
        (units / folder / "ns.yaml").write_text(NAMESPACE.format(metadata=annotations))
    config = Config(cluster_state=("state.yaml",), creator=Creator("alice"))
    new = compare_sides("old", "new", config, builtin()).report.live
    assert [(fact.rule_id, fact.subject.name) for fact in new] == [("SCC101", "web")]


def test_a_finding_points_to_the_label_that_only_the_cluster_has(units: Path) -> None:
    (units / "state.yaml").write_text(NAMESPACE.format(metadata="labels: {pod-security.kubernetes.io/enforce: restricted}"))
    (units / "units/shop/ns.yaml").write_text(NAMESPACE.format(metadata="labels: {team: x}"))
    (units / "units/shop/kustomization.yaml").unlink()
    findings = scclint.lint(["units/shop"], Config(cluster_state=("state.yaml",))).findings
    (finding,) = (finding for finding in findings if finding.rule_id == "PSA501")
    assert [related.span.file for related in finding.related] == ["state.yaml"]
