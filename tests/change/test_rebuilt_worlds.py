"""The worlds that `diff` rebuilds, to find causes and for --what-if, keep what the settings and a dump say of the cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scclint.change.compare import compare_releases, compare_sides, what_if
from scclint.config.model import Config
from tests.apps.controls import dumps
from tests.change.test_compare import GRANT, WEB, causes, only
from tests.must_gather import dump, write_archive, write_folder
from tests.running import write_file

if TYPE_CHECKING:
    from collections.abc import Callable

PIPELINE = WEB.replace("serviceAccountName: web", "serviceAccountName: pipeline").replace(
    "securityContext: {}", "securityContext: {capabilities: {add: [SETFCAP]}}"
)
"""A workload that only the SCC of the add-on `pipelines` admits, which the add-on grants in each namespace."""
NAMESPACE = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: NAME, labels: {LABELS}}\n"
both = pytest.mark.parametrize(("write", "name"), [(write_folder, "dump"), (write_archive, "dump.tar.gz")])


def cluster() -> list[dict[str, Any]]:
    """A cluster as installed. Its pod in a project sets no seccomp profile, so that SCC anyuid could admit it."""
    objects = dumps.clean()
    for one in objects:
        if one["metadata"]["name"] == "web-1":
            one["spec"]["securityContext"] = {}
    return objects


def compared(folder: Path, before: str, after: str, **settings: Any) -> Any:
    write_file(folder / "before" / "web.yaml", before)
    write_file(folder / "after" / "web.yaml", after)
    return compare_sides(str(folder / "before"), str(folder / "after"), Config(**settings))


def test_an_add_on_counts_where_causes_are_looked_for(tmp_path: Path) -> None:
    """Without the add-on in the rebuilt worlds, each changed object would seem to reject the pods."""
    after = PIPELINE.replace("{capabilities:", "{runAsUser: 65532, capabilities:") + GRANT.replace(
        "name: web}]", "name: other}]"
    )
    change = only(compared(tmp_path, PIPELINE, after, addons=("pipelines",)))
    assert change.before is not None
    assert change.after is not None
    assert (change.before.scc, change.after.scc) == ("pipelines-scc", "pipelines-scc")
    assert causes(change) == [("Deployment shop/web (changed)", True)]


def test_the_sccs_of_an_add_on_count(tmp_path: Path) -> None:
    """A binding to the SCC of an add-on, which no file defines."""
    agent = WEB.replace("securityContext: {}", "securityContext: {runAsUser: 7}")
    grant = GRANT.replace("system:openshift:scc:anyuid", "use-noobaa")
    role = (
        "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: use-noobaa}\nrules:\n"
        "- {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], resourceNames: [rook-ceph], verbs: [use]}\n"
    )
    change = only(compared(tmp_path, agent + role, agent + role + grant, addons=("odf",)))
    assert change.after is not None
    assert (change.effects[0], change.after.scc) == ("admitted", "rook-ceph")
    assert causes(change) == [("RoleBinding shop/web (added)", True)]
    assert not compared(tmp_path, agent + role, agent + role + grant).changes


def test_an_add_on_counts_in_a_namespace_that_what_if_adds(tmp_path: Path) -> None:
    base = write_file(tmp_path / "dump" / "web.yaml", WEB)
    new = write_file(
        tmp_path / "new.yaml", PIPELINE.replace("namespace: shop", "namespace: build").replace("name: web,", "name: ci,")
    )
    (change,) = what_if(str(Path(base).parent), [new], Config(addons=("pipelines",))).changes
    assert change.after is not None
    assert (change.name, change.effects, change.after.scc) == ("ci", ("added", "wider"), "pipelines-scc")
    (change,) = what_if(str(Path(base).parent), [new], Config()).changes
    assert change.effects == ("added", "refused")


def test_settings_of_the_cluster_count_in_the_matrix(tmp_path: Path) -> None:
    write_file(tmp_path / "web.yaml", PIPELINE)
    found = compare_releases(str(tmp_path), Config(openshift=("4.18", "4.22"), addons=("pipelines",)))
    assert found.changes == ()
    assert [[cell.scc for cell in row] for row in found.matrix] == [["pipelines-scc", "pipelines-scc"]]


@both
def test_what_if_on_a_dump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[..., Any], name: str) -> None:
    """An SCC, a binding and a namespace on top of a dump. The pods of the dump are judged for its release and with its grants."""
    monkeypatch.chdir(tmp_path)
    write(Path(name), dumps.files(cluster()))
    assert what_if(name, [], Config()).changes == ()
    Path("grant.yaml").write_text(GRANT)
    change = only(what_if(name, ["grant.yaml"], Config()))
    assert (change.kind, change.name, change.release) == ("Pod", "web-1", "4.18")
    assert change.span.file == f"{name}/namespaces/shop/pods/web-1/web-1.yaml"
    assert change.after is not None
    assert change.after.scc == "anyuid"
    assert causes(change) == [("RoleBinding shop/web (added)", True)]
    scc = {**dumps.custom("mine", priority=20), "users": ["system:serviceaccount:shop:web"]}
    Path("scc.yaml").write_text(dump(scc))
    (changed,) = what_if(name, ["scc.yaml"], Config()).changes
    assert changed.after is not None
    assert (changed.name, changed.after.scc) == ("web-1", "mine")
    Path("off.yaml").write_text(NAMESPACE.replace("NAME", "shop").replace("LABELS", 'openshift.io/run-level: "1"'))
    change = only(what_if(name, ["off.yaml"], Config()))
    assert change.effects == ("wider",)
    assert change.after is not None
    assert change.after.result == "skipped"
    assert causes(change) == [("Namespace shop (changed)", True)]
    Path("label.yaml").write_text(NAMESPACE.replace("NAME", "shop").replace("LABELS", "team: x"))
    assert what_if(name, ["label.yaml"], Config()).changes == ()


@both
def test_two_dumps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[..., Any], name: str) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path(f"before-{name}"), dumps.files(cluster()))
    grant = dumps.bind("web", "system:openshift:scc:anyuid", dumps.account("web"), namespace="shop")
    write(Path(f"after-{name}"), dumps.files([*cluster(), grant]))
    found = compare_sides(f"before-{name}", f"after-{name}", Config())
    assert found.notices == ()
    assert causes(only(found)) == [("RoleBinding shop/web (added)", True)]
    assert [(grant.gained, grant.name, grant.scc) for grant in found.grants] == [(True, "web", "anyuid")]
