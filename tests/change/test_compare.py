"""Differences of single workloads, their effects and causes."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import scclint
from scclint.change.compare import compare_releases, compare_sides, what_if
from scclint.change.model import Differences, WorkloadChange
from scclint.config.model import Config
from scclint.errors import UsageError
from tests.deploy.tools import needs_kustomize
from tests.must_gather import files, write_archive, write_folder
from tests.running import write_files

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers:
        - {name: web, image: "registry.example/web:1", securityContext: {}}
"""
GRANT = """\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:anyuid"}
subjects: [{kind: ServiceAccount, name: web}]
"""
ROOT = WEB.replace("securityContext: {}", "securityContext: {runAsUser: 0}")
PRIVILEGED = WEB.replace("securityContext: {}", "securityContext: {privileged: true}")

Compare = Callable[..., Differences]


@pytest.fixture
def compared(tmp_path: Path) -> Compare:
    """Compares two texts, each the only file of its folder."""

    def run(before: str, after: str, **settings: Any) -> Differences:
        for side, text in (("before", before), ("after", after)):
            (tmp_path / side).mkdir(exist_ok=True)
            (tmp_path / side / "web.yaml").write_text(text)
        return compare_sides(str(tmp_path / "before"), str(tmp_path / "after"), Config(**settings))

    return run


def only(found: Differences) -> WorkloadChange:
    (change,) = found.changes
    return change


def causes(change: WorkloadChange) -> list[tuple[str, bool]]:
    return [(str(cause), cause.alone) for cause in change.causes]


def test_equal_sides_have_no_difference(compared: Compare) -> None:
    found = compared(WEB + GRANT, WEB + GRANT)
    assert (found.any, found.workloads, found.notices) == (False, 1, ())


UNNAMED = GRANT.replace(", namespace: shop", "")


def test_a_namespace_that_only_one_side_names_is_no_difference(compared: Compare) -> None:
    """A chart that starts to write metadata.namespace renders the same objects."""
    plain = ROOT.replace(", namespace: shop", "") + UNNAMED
    assert not compared(plain, ROOT + GRANT).any
    assert not compared(ROOT + GRANT, plain).any


def test_a_change_beside_a_namespace_that_only_one_side_names(compared: Compare) -> None:
    found = compared(WEB.replace(", namespace: shop", "") + UNNAMED, ROOT + GRANT)
    change = only(found)
    assert (change.namespace, change.effects) == ("shop", ("wider",))
    assert causes(change) == [("Deployment shop/web (changed)", True)]
    assert found.grants == ()
    found = compared(ROOT.replace(", namespace: shop", "") + UNNAMED, ROOT)
    assert causes(only(found)) == [("RoleBinding shop/web (removed)", True)]
    assert [(grant.name, grant.gained) for grant in found.grants] == [("web", False)]


def test_cluster_scoped_objects_have_no_namespace(compared: Compare) -> None:
    role = (
        "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: use}\nrules:\n"
        "- {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], resourceNames: [SCC], verbs: [use]}\n"
    )
    plain = (ROOT + GRANT.replace("system:openshift:scc:anyuid", "use") + role).replace(", namespace: shop", "")
    change = only(compared(plain.replace("[SCC]", "[anyuid]"), plain.replace("[SCC]", "[nonroot]"), namespace="shop"))
    assert causes(change) == [("ClusterRole use (changed)", True)]


def test_a_workload_that_moves_to_another_namespace_is_another_one(compared: Compare) -> None:
    found = compared(WEB, WEB.replace("namespace: shop", "namespace: store"))
    assert [(change.namespace, change.effects) for change in found.changes] == [("shop", ("removed",)), ("store", ("added",))]
    both = WEB + "---\n" + WEB.replace("namespace: shop", "namespace: store")
    found = compared(WEB.replace(", namespace: shop", ""), both)
    assert [(change.namespace, change.effects) for change in found.changes] == [
        ("", ("removed",)),
        ("shop", ("added",)),
        ("store", ("added",)),
    ]


def test_a_lost_grant_rejects_the_pods(compared: Compare) -> None:
    found = compared(ROOT + GRANT, ROOT)
    change = only(found)
    assert change.effects == ("refused",)
    assert causes(change) == [("RoleBinding shop/web (removed)", True)]
    assert change.after is not None
    assert change.after.why.startswith("restricted-v2: .containers[0].runAsUser: Invalid value: 0")
    assert [(grant.gained, grant.name, grant.scc, grant.scope) for grant in found.grants] == [(False, "web", "anyuid", "shop")]
    assert (found.refused, found.wider) == (True, False)


def test_objects_that_make_a_difference_only_together(compared: Compare) -> None:
    """A role without a binding, or a binding without its role, grants nothing."""
    scc = "---\n" + SCC.replace("NAME", "mine")
    listed = scc.replace("users: []", 'users: ["system:serviceaccount:shop:web"]')
    assert causes(only(compared(WEB + scc, WEB + listed))) == [("SecurityContextConstraints mine (changed)", True)]
    binding = GRANT.replace("system:openshift:scc:anyuid", "use-mine")
    assert causes(only(compared(WEB + scc, WEB + scc + ROLE + binding))) == [
        ("ClusterRole use-mine (added)", False),
        ("RoleBinding shop/web (added)", False),
    ]


SCC = """\
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: NAME}
priority: null
users: []
allowPrivilegedContainer: false
allowHostDirVolumePlugin: false
runAsUser: {type: RunAsAny}
seLinuxContext: {type: MustRunAs}
seccompProfiles: [runtime/default]
volumes: [configMap, emptyDir, projected, secret]
"""
ROLE = """\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: use-mine}
rules:
  - {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], resourceNames: [mine], verbs: [use]}
"""


def test_a_workload_and_a_grant_that_only_together_admit_it(compared: Compare) -> None:
    change = only(compared(WEB, ROOT + GRANT))
    assert change.effects == ("wider",)
    assert causes(change) == [("Deployment shop/web (changed)", True), ("RoleBinding shop/web (added)", True)]
    assert ("uid of web", "first of the range (namespace)", "0 (manifest)") in change.differing()


@pytest.mark.parametrize(
    ("before", "after", "effects"),
    [
        ("", WEB, ("added",)),
        (WEB, "", ("removed",)),
        ("", ROOT, ("added", "refused")),
        ("", ROOT + GRANT, ("added", "wider")),
        (ROOT, ROOT + GRANT, ("admitted", "wider")),
        (WEB + GRANT, WEB, ("narrower",)),
        (WEB, WEB + GRANT, ("wider",)),
        (ROOT, WEB, ("admitted",)),
    ],
)
def test_effects(compared: Compare, before: str, after: str, effects: tuple[str, ...]) -> None:
    assert only(compared(before, after)).effects == effects


def test_an_scc_that_opens_the_node(compared: Compare) -> None:
    before, after = (
        SCC.replace("NAME", "mine"),
        SCC.replace("NAME", "mine").replace("DirVolumePlugin: false", "DirVolumePlugin: true"),
    )
    found = compared(before, after)
    (scc,) = found.sccs
    assert (scc.name, scc.opens, scc.closes, scc.wider) == ("mine", ("hostPath volumes",), (), True)
    assert not compared(after, before).wider


def test_every_scc_is_one_grant(compared: Compare) -> None:
    every = ROLE.replace("resourceNames: [mine], ", "") + GRANT.replace("system:openshift:scc:anyuid", "use-mine")
    found = compared(WEB, WEB + every)
    assert [(grant.name, grant.scc, grant.wider) for grant in found.grants] == [("web", "*", True)]


def test_namespaces_that_the_manifests_do_not_name(compared: Compare) -> None:
    before, after = (text.replace(", namespace: shop", "") for text in (WEB, WEB + GRANT))
    change = only(compared(before, after))
    assert (change.namespace, change.name, causes(change)) == ("", "web", [("RoleBinding web (added)", True)])


def test_the_versions_of_an_operator_are_compared_by_workload(compared: Compare) -> None:
    """The namespace of an operator is named after its version, and that is no difference."""
    found = compared(CSV, CSV.replace("v1.0.0", "v1.1.0").replace("NAMES", "anyuid"))
    change = only(found)
    assert (change.kind, change.name, change.effects) == ("Deployment", "demo", ("wider",))
    assert [(cause.kind, cause.how, cause.alone) for cause in change.causes] == [("ClusterRole", "changed", True)]
    assert not compared(CSV, CSV.replace("v1.0.0", "v1.1.0")).any


CSV = """\
apiVersion: operators.coreos.com/v1alpha1
kind: ClusterServiceVersion
metadata: {name: demo.v1.0.0}
spec:
  install:
    strategy: deployment
    spec:
      clusterPermissions:
        - serviceAccountName: demo
          rules:
            - {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], resourceNames: [NAMES], verbs: [use]}
      deployments:
        - name: demo
          spec:
            selector: {matchLabels: {app: demo}}
            template:
              metadata: {labels: {app: demo}}
              spec:
                serviceAccountName: demo
                containers: [{name: demo, image: "registry.example/demo:1"}]
"""


@pytest.mark.parametrize("write", [write_folder, write_archive])
def test_dumps_of_a_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path, dict[str, str]], Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    before = files()
    scc = next(name for name in before if name.endswith("securitycontextconstraints/mine.yaml"))
    after = {**before, scc: before[scc] + "allowPrivilegedContainer: true\n"}
    names = ("before.tar.gz", "after.tar.gz") if write is write_archive else ("before", "after")
    for name, found in zip(names, (before, after), strict=True):
        write(Path(name), found)
    differences = compare_sides(*names, Config())
    (change,) = differences.sccs
    assert (change.name, change.opens, change.release) == ("mine", ("privileged containers",), "4.16")
    assert differences.changes == ()
    assert not [notice for notice in differences.notices if notice.level == "error"]


def test_what_if_a_binding_is_applied(tmp_path: Path) -> None:
    (tmp_path / "dump").mkdir()
    (tmp_path / "dump" / "web.yaml").write_text(WEB)
    (tmp_path / "grant.yaml").write_text(GRANT)
    found = what_if(str(tmp_path / "dump"), [str(tmp_path / "grant.yaml")], Config())
    assert only(found).effects == ("wider",)
    assert causes(only(found)) == [("RoleBinding shop/web (added)", True)]


def test_an_upgrade_after_which_pod_security_rejects_a_pod(tmp_path: Path) -> None:
    """From 5.0, the level of a namespace without labels is enforced. SCC admission gives the pod the same SCC as before."""
    (tmp_path / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {containers: [{name: web, image: i}]}\n"
    )
    change = only(compare_releases(str(tmp_path), Config(openshift=("4.22", "5.0"))))
    assert change.effects == ("refused",)
    assert change.before is not None
    assert change.after is not None
    assert (change.before.result, change.after.result, change.after.scc) == ("admitted", "rejected", "anyuid")
    assert change.after.why.startswith('violates PodSecurity "restricted:latest"')


def test_the_level_of_a_pod_does_not_depend_on_what_is_known_of_its_namespace(tmp_path: Path) -> None:
    """Before 4.14, the Pod Security level of namespace default is not known. What the pod meets is."""
    web = WEB.replace("namespace: shop", "namespace: default")
    (tmp_path / "web.yaml").write_text(web)
    found = compare_releases(str(tmp_path), Config(openshift=("4.13", "4.14", "4.22")))
    assert not found.changes
    assert {cell.pod_security for cell in found.matrix[0]} == {"baseline"}
    (tmp_path / "after.yaml").write_text(web.replace("serviceAccountName: web", "hostPID: true"))
    change = only(compare_sides(str(tmp_path / "web.yaml"), str(tmp_path / "after.yaml"), Config(openshift=("4.13",))))
    assert ("pod security", "baseline", "privileged") in change.differing()


def test_the_public_function_takes_paths_and_releases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("before.yaml").write_text(WEB)
    Path("after.yaml").write_text(WEB + GRANT)
    assert [change.effects for change in scclint.compare("before.yaml", "after.yaml").changes] == [("wider",)]
    Path("after.yaml").unlink()
    assert [rows[0].name for rows in scclint.compare("4.14", "4.22").matrix] == ["web"]
    with pytest.raises(UsageError, match="nowhere is no file, no folder and no git revision"):
        scclint.compare("before.yaml", "nowhere")


def test_a_bundle_beside_which_plain_files_appear_is_the_same_unit(tmp_path: Path) -> None:
    """The folder becomes two units, and the name of the bundle gets its kind as a suffix."""
    for side, text in (("before", CSV), ("after", CSV.replace("NAMES", "anyuid"))):
        (tmp_path / side / "manifests").mkdir(parents=True)
        (tmp_path / side / "metadata").mkdir()
        (tmp_path / side / "metadata/annotations.yaml").write_text("annotations: {}\n")
        (tmp_path / side / "manifests/demo.clusterserviceversion.yaml").write_text(text)
    (tmp_path / "after/config.yaml").write_text(WEB)
    found = compare_sides(str(tmp_path / "before"), str(tmp_path / "after"), Config())
    assert [(c.unit, c.name, c.effects) for c in found.changes] == [(".", "web", ("added",)), (".#bundle", "demo", ("wider",))]


def test_a_folder_that_becomes_a_unit_of_another_kind_is_the_same_unit(tmp_path: Path) -> None:
    for side, text in (("before", WEB), ("after", ROOT)):
        (tmp_path / side).mkdir()
        (tmp_path / side / "web.yaml").write_text(text)
    (tmp_path / "after/kustomization.yaml").write_text("resources: [web.yaml]\n")
    change = only(compare_sides(str(tmp_path / "before"), str(tmp_path / "after"), Config(render="never")))
    assert (change.unit, change.name, change.effects) == (".", "web", ("applied", "refused"))


def test_capabilities_that_the_runtime_gives_anyway_are_no_gain(compared: Compare) -> None:
    hardened = WEB.replace("securityContext: {}", "securityContext: {capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}")
    assert only(compared(WEB + GRANT, hardened + GRANT)).effects == ("narrower",)
    assert "wider" in only(compared(hardened + GRANT, WEB + GRANT)).effects


APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: openshift-gitops}
spec:
  destination: {server: https://kubernetes.default.svc, namespace: shop}
  source: {repoURL: https://git.example/r.git, path: web, targetRevision: HEAD}
  project: default
"""


@needs_kustomize
@pytest.mark.parametrize(
    ("security", "effects"), [("runAsUser: 0", ("applied", "wider")), ("privileged: true", ("applied", "refused"))]
)
def test_what_a_unit_opens_is_new_when_an_application_begins_to_deploy_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: str, effects: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: shop}\n"
    for side, of_side in (("before", "runAsUser: 0"), ("after", security)):
        text = (ROOT.replace("runAsUser: 0", of_side) + GRANT + account).replace(", namespace: shop", "")
        write_files({f"{side}/web/kustomization.yaml": "resources: [d.yaml]\n", f"{side}/web/d.yaml": text})
    write_files({"after/app.yaml": APPLICATION})
    subprocess.run(["git", "init", "-q", "after"], check=True)
    subprocess.run(["git", "-C", "after", "remote", "add", "origin", "https://git.example/r.git"], check=True)
    found = compare_sides("before", "after", Config())
    assert [(c.unit, c.span.file, c.span.line, c.effects) for c in found.changes] == [
        ("web#web", "after/web/d.yaml", 3, effects)
    ]
    assert [(grant.scc, grant.gained) for grant in found.grants] == [("anyuid", True)]
