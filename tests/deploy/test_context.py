"""What a unit takes from others, clause by clause: by name only, and never from an alternative."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from scclint.config.model import Config
from scclint.config.records import UnitSettings
from scclint.record import replace
from scclint.run.judge import open_units
from scclint.run.report import Report
from scclint.source import Span
from tests.deploy.tools import needs_helm, needs_kustomize
from tests.deploy.trees import UNRENDERED, binding, deployment, role, rules_in, scc, write_units
from tests.running import report_on, run_over, write_below

ROOT = deployment(pod="runAsUser: 0")
NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop, annotations: {openshift.io/sa.scc.uid-range: 0/10000, openshift.io/sa.scc.mcs: "s0:c1,c2"}}
"""
GROUP_BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: grant}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:anyuid"}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: GROUP}]
"""
TO_ROLE = binding(name="grant").replace('"system:openshift:scc:anyuid"', "user")
ANY = {"run_as": "RunAsAny"}


def taken(root: str, unit: str, config: Config = UNRENDERED) -> set[str]:
    """What a unit takes, as unit, kind and name."""
    run = run_over([root], config)
    for opened in open_units(run):
        if opened.unit.name == unit:
            ours = {id(obj) for obj in opened.objects}
            world = next(iter(opened.worlds.values()))
            return {obj.named for obj in world.objects if id(obj) not in ours}
    raise AssertionError(f"no unit {unit} in {[unit.name for unit in run.units]}")


GIVEN = {
    "a binding to the account": (binding(), {"RoleBinding grant"}),
    "a binding to the accounts of the namespace": (
        GROUP_BINDING.replace("GROUP", "system:serviceaccounts:shop"),
        {"ClusterRoleBinding grant"},
    ),
    "an SCC that names the account": (
        scc(users='"system:serviceaccount:shop:web"'),
        {"SecurityContextConstraints custom"},
    ),
    "the role behind a binding and the SCC behind the role": (
        TO_ROLE + "---\n" + role("custom") + "---\n" + scc(),
        {"RoleBinding grant", "ClusterRole user", "SecurityContextConstraints custom"},
    ),
    "a namespace": (NAMESPACE, {"Namespace shop"}),
}


@pytest.mark.parametrize("clause", GIVEN)
def test_what_names_a_unit_reaches_it(clause: str, tmp_path: Path) -> None:
    given, names = GIVEN[clause]
    root = write_units(tmp_path, {"app": ROOT, "cluster": given})
    assert taken(root, "app") == names
    assert rules_in(report_on([root], UNRENDERED), "SCC101") == []


NEVER = {
    "a grant to everyone": GROUP_BINDING.replace("GROUP", "system:authenticated"),
    "a grant to all service accounts": GROUP_BINDING.replace("GROUP", "system:serviceaccounts"),
    "a binding whose namespace is not written": binding()
    .replace("namespace: shop", "labels: {}", 1)
    .replace(", namespace: shop", ""),
    "an account of another namespace": binding(namespace="bank"),
    "another account": binding(account="job"),
    "an SCC that names nobody": scc(),
    "an SCC for everyone": scc(groups='"system:authenticated"'),
}


@pytest.mark.parametrize("clause", NEVER)
def test_what_does_not_name_a_unit_does_not_reach_it(clause: str, tmp_path: Path) -> None:
    root = write_units(tmp_path, {"app": ROOT, "cluster": NEVER[clause]})
    assert taken(root, "app") == set()
    assert len(rules_in(report_on([root], UNRENDERED), "SCC101")) == 1


def test_the_scc_that_pods_require_reaches_them(tmp_path: Path) -> None:
    given = scc(groups='"system:authenticated"')
    root = write_units(tmp_path, {"app": deployment(required="custom"), "cluster": given})
    assert taken(root, "app") == {"SecurityContextConstraints custom"}


def test_the_role_behind_a_binding_of_the_unit_reaches_it(tmp_path: Path) -> None:
    root = write_units(tmp_path, {"app": ROOT + "---\n" + TO_ROLE, "cluster": role("custom") + "---\n" + scc()})
    assert taken(root, "app") == {"ClusterRole user", "SecurityContextConstraints custom"}


def test_findings_do_not_cross(tmp_path: Path) -> None:
    root = write_units(tmp_path, {"app": ROOT, "cluster": binding("privileged")})
    found = {f.units for f in report_on([root], UNRENDERED).findings if f.span.file.endswith("cluster/objects.yaml")}
    assert found == {("cluster",)}


def overlays(root: Path, more: Mapping[str, str], base: str = "resources: [web.yaml]\n") -> str:
    """Overlays dev and prod of one base, with a grant in dev only."""
    files = {"base/kustomization.yaml": base, "base/web.yaml": ROOT, "dev/grant.yaml": binding()}
    files["dev/kustomization.yaml"] = "resources: [../base, grant.yaml]\n"
    files["prod/kustomization.yaml"] = "resources: [../base]\n"
    return write_below(root, {**files, **more})


def test_dev_and_prod_of_one_base_share_nothing(tmp_path: Path) -> None:
    (finding,) = [f for f in report_on([overlays(tmp_path, {})], UNRENDERED).findings if f.rule_id == "SCC101"]
    assert finding.units == ("prod",)


def test_dev_and_prod_with_the_same_deployment_share_nothing(tmp_path: Path) -> None:
    root = write_units(tmp_path, {"dev": ROOT + "---\n" + binding(), "prod": ROOT})
    (finding,) = [f for f in report_on([root], UNRENDERED).findings if f.rule_id == "SCC101"]
    assert finding.units == ("prod",)


def test_plain_folders_with_the_same_deployment_share_nothing(tmp_path: Path) -> None:
    root = write_below(tmp_path, {"0-unsafe/web.yaml": ROOT, "1-safe/web.yaml": deployment()})
    (finding,) = [f for f in report_on([root]).findings if f.rule_id == "SCC101"]
    assert finding.units == ("0-unsafe",)


def test_a_common_component_makes_no_alternatives(tmp_path: Path) -> None:
    files = {
        "limits/kustomization.yaml": "kind: Component\nresources: [quota.yaml]\n",
        "limits/quota.yaml": "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: quota}\n",
        "app/kustomization.yaml": "resources: [web.yaml]\ncomponents: [../limits]\n",
        "app/web.yaml": ROOT,
        "cluster/kustomization.yaml": "resources: [grant.yaml]\ncomponents: [../limits]\n",
        "cluster/grant.yaml": binding(),
    }
    assert taken(write_below(tmp_path, files), "app") == {"RoleBinding grant"}


def test_a_bundle_neither_gives_nor_takes(tmp_path: Path) -> None:
    csv = "apiVersion: operators.coreos.com/v1alpha1\nkind: ClusterServiceVersion\nmetadata: {name: web.v1}\nspec: {}\n"
    files = {"op/manifests/csv.yaml": csv, "op/manifests/grant.yaml": binding(), "app/web.yaml": ROOT}
    assert len(rules_in(report_on([write_below(tmp_path, files)]), "SCC101")) == 1


def test_a_variant_takes_and_does_not_give(tmp_path: Path) -> None:
    # Beside a kustomization lies an unlisted copy of its Deployment, with a grant.
    files = {
        "app/kustomization.yaml": "resources: [web.yaml]\n",
        "app/web.yaml": ROOT,
        "app/old.yaml": ROOT + "---\n" + binding(),
        "other/kustomization.yaml": "resources: [job.yaml]\n",
        "other/job.yaml": ROOT.replace("name: web, n", "name: job, n"),
    }
    assert taken(write_below(tmp_path, files), "other") == set()


def clusters(root: Path, grants: Mapping[str, str], app: str) -> str:
    """An application's overlay, and the overlays of a cluster scope that have a grant or none, by path."""
    files = {f"{app}/kustomization.yaml": "resources: [web.yaml]\n", f"{app}/web.yaml": ROOT}
    namespace = NAMESPACE.replace("0/10000", "1000/10000")
    files |= {"cluster-scope/base/kustomization.yaml": "resources: [ns.yaml]\n", "cluster-scope/base/ns.yaml": namespace}
    for path, grant in grants.items():
        steps = "../" * (len(path.split("/")))
        folder = f"cluster-scope/{path}"
        files[f"{folder}/kustomization.yaml"] = (
            f"resources: [{steps}base, grant.yaml]\n" if grant else f"resources: [{steps}base]\n"
        )
        if grant:
            files[f"{folder}/grant.yaml"] = grant
    return write_below(root, files)


def test_only_the_environment_that_fits_gives(tmp_path: Path) -> None:
    grants = {"overlays/prod/moc/smaug": "", "overlays/prod/osc/osc-cl1": binding()}
    smaug = clusters(tmp_path / "smaug", grants, "odh-operator/overlays/moc/smaug")
    assert "RoleBinding grant" not in taken(smaug, "odh-operator/overlays/moc/smaug")
    osc = clusters(tmp_path / "osc", grants, "odh-operator/overlays/osc/osc-cl1")
    assert "RoleBinding grant" in taken(osc, "odh-operator/overlays/osc/osc-cl1")


def test_a_tie_is_left_out_and_told(tmp_path: Path) -> None:
    grants = {"overlays/prod/a": binding("anyuid"), "overlays/prod/b": binding("privileged")}
    root = clusters(tmp_path, grants, "app")
    report = report_on([root], UNRENDERED)
    assert len(rules_in(report, "SCC101")) == 1
    told = [notice.message for notice in report.notices if notice.message.startswith("RoleBinding grant ")]
    units = "cluster-scope/overlays/prod/a and cluster-scope/overlays/prod/b"
    assert told == [f"RoleBinding grant differs in {units}, and these fit equally well, so scclint uses none of them"]


def test_equal_copies_are_no_tie(tmp_path: Path) -> None:
    root = clusters(tmp_path, {"overlays/prod/a": binding(), "overlays/prod/b": binding()}, "app")
    assert "RoleBinding grant" in taken(root, "app")


def test_a_configured_unit_may_take_nothing(tmp_path: Path) -> None:
    root = write_units(tmp_path, {"app": ROOT, "cluster": binding()})
    alone = UnitSettings("app", Span("scclint.yaml", 1, 1, 1, 1), context=False)
    assert taken(root, "app", Config(root=root, render="never", units=(alone,))) == set()


def test_context_that_is_asked_for_reaches_all_units(tmp_path: Path) -> None:
    root = write_units(tmp_path / "tree", {"a": ROOT, "b": ROOT.replace("name: web, n", "name: job, n")})
    grant = write_below(tmp_path / "context", {"grant.yaml": GROUP_BINDING.replace("GROUP", "system:authenticated")})
    assert len(rules_in(report_on([root], UNRENDERED), "SCC101")) == 2
    assert rules_in(report_on([root], UNRENDERED, context=[grant]), "SCC101") == []


def of_the_namespace(root: str, release: str) -> set[str]:
    return taken(root, "app", Config(render="never", openshift=(release,)))


def test_where_the_label_syncer_enforces_all_accounts_of_the_namespace_count(tmp_path: Path) -> None:
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: job, namespace: shop}\n"
    root = write_units(tmp_path, {"app": ROOT, "cluster": account + "---\n" + binding(account="job")})
    assert of_the_namespace(root, "4.22") == set()
    assert of_the_namespace(root, "5.0") == {"ServiceAccount job", "RoleBinding grant"}


@needs_kustomize
def test_a_patch_that_removes_a_field_is_seen(tmp_path: Path) -> None:
    patch = "- op: remove\n  path: /spec/template/spec/securityContext/runAsUser\n"
    more = {
        "prod/kustomization.yaml": "resources: [../base]\npatches: [{path: patch.yaml, target: {kind: Deployment}}]\n",
        "prod/patch.yaml": patch,
        "dev/kustomization.yaml": "resources: [../base]\n",
        "dev/grant.yaml": "",
    }
    (finding,) = [f for f in report_on([overlays(tmp_path, more)]).findings if f.rule_id == "SCC101"]
    assert finding.units == ("dev",)


def test_a_base_that_many_share_has_one_finding(tmp_path: Path) -> None:
    files = {"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": ROOT}
    leaves = [f"leaf-{number:02}" for number in range(49)]
    files |= {f"{leaf}/kustomization.yaml": "resources: [../base]\n" for leaf in leaves}
    (finding,) = [f for f in report_on([write_below(tmp_path, files)], UNRENDERED).findings if f.rule_id == "SCC101"]
    assert finding.units == tuple(leaves)
    assert Path(finding.span.file).name == "web.yaml"


@needs_helm
def test_views_of_one_chart_share_nothing(tmp_path: Path) -> None:
    grant = "{{ if .Values.grant }}\n" + binding() + "{{ end }}\n"
    chart = {
        "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "values.yaml": "grant: false\n",
        "values-dev.yaml": "grant: true\n",
        "templates/web.yaml": ROOT,
        "templates/grant.yaml": grant,
    }
    report: Report = report_on([write_below(tmp_path, chart)])
    (finding,) = [f for f in report.findings if f.rule_id == "SCC101"]
    assert finding.units == (".",)


@needs_helm
@pytest.mark.parametrize(("name", "shown"), [("web-{{ .Release.Namespace }}", "web-${NAMESPACE}"), ("web", "web")])
def test_a_name_with_the_open_namespace_of_a_chart_says_so(name: str, shown: str, tmp_path: Path) -> None:
    chart = {
        "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "templates/web.yaml": ROOT.replace("name: web", f"name: {name}", 1),
    }
    (finding,) = [f for f in report_on([write_below(tmp_path, chart)]).findings if f.rule_id == "SCC101"]
    assert finding.message.startswith(f"Deployment {shown}: ") and "scclint-" not in finding.help


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers: [{name: web, image: "registry.example/web:1"}]
  volumes: [{name: files, csi: {driver: files.csi.example}}]
"""
DRIVER = """\
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata:
  name: files.csi.example
  labels: {security.openshift.io/csi-ephemeral-volume-profile: privileged}
"""


def test_a_unit_takes_the_csi_driver_of_its_volumes(tmp_path: Path) -> None:
    config = replace(UNRENDERED, openshift=("4.22",))
    root = write_units(tmp_path, {"app": POD, "storage": DRIVER, "other": deployment("other")})
    assert taken(root, "app", config) == {"CSIDriver files.csi.example"}
    assert taken(root, "other", config) == set()
    (message,) = rules_in(report_on([root], config), "PSA505")
    assert "(assumed" not in message


def test_grants_of_other_units_decide_the_level_where_the_syncer_enforces(tmp_path: Path) -> None:
    config = replace(UNRENDERED, openshift=("5.0",))
    pod = POD.partition("  volumes")[0]
    alone = write_units(tmp_path / "alone", {"app": pod, "other": deployment("other", namespace="other")})
    assert rules_in(report_on([alone], config), "PSA501")
    granted = write_units(
        tmp_path / "granted", {"app": pod, "db": deployment("db", account="db"), "rbac": binding(account="db")}
    )
    assert rules_in(report_on([granted], config), "PSA501") == []


@pytest.mark.parametrize(("other", "told"), [("{name: mesh, channel: beta}", 0), ("{name: mesh2, channel: stable}", 1)])
def test_the_channel_of_a_subscription_is_no_difference(other: str, told: int, tmp_path: Path) -> None:
    namespace = ROOT.partition("namespace: ")[2].partition("}")[0]
    start = f"apiVersion: operators.coreos.com/v1alpha1\nkind: Subscription\nmetadata: {{name: mesh, namespace: {namespace}}}\nspec: "
    grants = {"overlays/prod/a": f"{start}{{name: mesh, channel: stable}}\n", "overlays/prod/b": f"{start}{other}\n"}
    report = report_on([clusters(tmp_path, grants, "app")], UNRENDERED)
    assert len([notice for notice in report.notices if "these fit equally well" in notice.message]) == told
