"""Objects of the input are merged into those of the cluster as `oc apply` merges them: in a dump, the settings and a release."""

import json
from pathlib import Path
from typing import Any

import pytest

from scclint.change.compare import compare_sides
from scclint.cli import main
from scclint.config.model import Config
from scclint.config.records import NamespaceFacts
from scclint.registry import builtin
from tests.repository import git
from tests.running import open_one, report_on, write_files
from tests.yaml_text import write_yaml

Object = dict[str, Any]
RANGES = {
    "openshift.io/sa.scc.uid-range": "1000650000/10000",
    "openshift.io/sa.scc.mcs": "s0:c26,c5",
    "openshift.io/sa.scc.supplemental-groups": "1000650000/10000",
}
ENFORCE = "pod-security.kubernetes.io/enforce"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def namespace(labels: Object | None = None, annotations: Object | None = None) -> Object:
    metadata: Object = {"name": "shop"}
    metadata |= {"labels": labels} if labels is not None else {}
    metadata |= {"annotations": annotations} if annotations is not None else {}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def web(uid: int = 1000650001) -> Object:
    spec = {"securityContext": {"runAsUser": uid}, "containers": [{"name": "c", "image": "x"}]}
    template = {"metadata": {"labels": {"a": "b"}}, "spec": spec}
    metadata = {"name": "web", "namespace": "shop"}
    made = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": made}


def labels_after(*objects: Object, **settings: Any) -> Object:
    write_files({"unit/all.yaml": write_yaml(web(), *objects)})
    (world,) = open_one(["unit"], Config(**settings)).worlds.values()
    found: Object = world.cluster.namespaces["shop"]["metadata"]["labels"]
    return found


def rejected(*objects: Object, **settings: Any) -> bool:
    write_files({"unit/all.yaml": write_yaml(web(), *objects)})
    return any(finding.rule_id == "SCC101" for finding in report_on(["unit"], Config(**settings)).findings)


def test_a_namespace_keeps_the_ranges_of_the_cluster() -> None:
    write_files({"state.yaml": write_yaml(namespace({ENFORCE: "restricted"}, RANGES))})
    assert not rejected(namespace(), cluster_state=("state.yaml",))
    assert labels_after(namespace(), cluster_state=("state.yaml",)) == {ENFORCE: "restricted"}
    facts = NamespaceFacts("shop", labels={"team": "x"}, uid_range="1000650000/10000", mcs="s0:c26,c5", supplemental_groups="")
    assert not rejected(namespace(), namespaces=(facts,))
    assert labels_after(namespace({"a": "b"}), namespaces=(facts,)) == {"team": "x", "a": "b"}
    assert rejected(namespace())
    others = {**RANGES, "openshift.io/sa.scc.uid-range": "2000000000/10000"}
    assert rejected(namespace({}, others), cluster_state=("state.yaml",))


def test_a_field_that_was_applied_and_is_gone_is_deleted() -> None:
    old = namespace({ENFORCE: "privileged", "a": "b"})
    stored = namespace({ENFORCE: "privileged", "a": "b", "team": "x"}, {**RANGES, LAST_APPLIED: json.dumps(old)})
    write_files({"state.yaml": write_yaml(stored)})
    assert labels_after(namespace({"a": "b"}), cluster_state=("state.yaml",)) == {"a": "b", "team": "x"}
    assert labels_after(old, cluster_state=("state.yaml",)) == {ENFORCE: "privileged", "a": "b", "team": "x"}
    assert labels_after(cluster_state=("state.yaml",)) == {ENFORCE: "privileged", "a": "b", "team": "x"}
    assert not rejected(namespace({"a": "b"}), cluster_state=("state.yaml",))


def test_null_deletes_a_field() -> None:
    write_files({"state.yaml": write_yaml(namespace({ENFORCE: "privileged", "team": "x"}, RANGES))})
    assert labels_after(namespace({ENFORCE: None}), cluster_state=("state.yaml",)) == {"team": "x"}
    assert rejected(namespace({}, dict.fromkeys(RANGES)), cluster_state=("state.yaml",))


def test_context_is_applied_to_what_the_cluster_has() -> None:
    write_files({"state.yaml": write_yaml(namespace({"team": "x"}, RANGES)), "context.yaml": write_yaml(namespace({"a": "b"}))})
    write_files({"unit/all.yaml": write_yaml(web())})
    unit = open_one(["unit"], Config(cluster_state=("state.yaml",)), context=["context.yaml"])
    (world,) = unit.worlds.values()
    metadata = world.cluster.namespaces["shop"]["metadata"]
    assert (metadata["labels"], metadata["annotations"]) == ({"team": "x", "a": "b"}, RANGES)


def account(**fields: Any) -> Object:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "shop"}, **fields}


def test_a_service_account_keeps_what_its_manifest_does_not_name() -> None:
    write_files({"state.yaml": write_yaml(account(automountServiceAccountToken=False))})
    write_files({"unit/all.yaml": write_yaml(web(), account(imagePullSecrets=[{"name": "x"}]))})
    (world,) = open_one(["unit"], Config(cluster_state=("state.yaml",))).worlds.values()
    (workload,) = (obj for obj in world.objects if obj.kind == "Deployment")
    verdict = world.outcome(workload).verdict  # type: ignore[arg-type]  # it is a workload
    assert verdict is not None and not verdict.submitted["spec"].get("volumes")


def scc(name: str, **fields: Any) -> Object:
    return {
        "apiVersion": "security.openshift.io/v1",
        "kind": "SecurityContextConstraints",
        "metadata": {"name": name},
        **fields,
    }


def findings(rule: str, *objects: Object, **settings: Any) -> list[str]:
    write_files({"unit/all.yaml": write_yaml(*objects)})
    return [found.message for found in report_on(["unit"], Config(**settings)).findings if found.rule_id == rule]


def test_a_partial_scc_is_a_change_of_the_installed_one() -> None:
    mine = scc("anyuid", users=["system:serviceaccount:shop:default"])
    assert not rejected(mine)
    assert findings("MAN002", web(), mine) == []
    (message,) = findings("SCC307", web(), mine)
    assert "for every workload in the cluster" in message
    write_files({"unit/all.yaml": write_yaml(web(), mine)})
    assert {found.rule_id for found in report_on(["unit"]).findings} & {"SCC301", "SCC309", "SCC311"} == set()
    assert rejected(scc("own", users=["system:serviceaccount:shop:default"]))
    assert findings("MAN002", scc("own", users=["system:serviceaccount:shop:default"])) != []


def test_the_manifests_of_the_base_were_applied_last(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = namespace({"security.openshift.io/disable-securitycontextconstraints": "true"})
    stored = namespace({**old["metadata"]["labels"], "team": "x"}, RANGES)
    write_files({"state.yaml": write_yaml(stored), "unit/ns.yaml": write_yaml(old), "unit/web.yaml": write_yaml(web(0))})
    git("init", "-q", at=here)
    git("add", ".", at=here)
    git("commit", "-qm", "before", at=here)
    (here / "unit/ns.yaml").write_text(write_yaml(namespace({"a": "b"})))
    options = ("check", "unit", "--cluster-state", "state.yaml", "--select", "SCC101", "--format", "concise")
    main(options)
    assert "SCC101" not in capsys.readouterr().out
    main([*options, "--diff-base", "HEAD"])
    assert "SCC101" in capsys.readouterr().out
    (change,) = compare_sides("HEAD", ".", Config(cluster_state=("state.yaml",)), builtin()).changes
    assert change.before is not None and change.after is not None
    assert (change.before.result, change.after.result) == ("skipped", "rejected")
