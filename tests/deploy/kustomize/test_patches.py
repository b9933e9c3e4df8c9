"""Patches of kustomizations: which files are patches, and what they say of the objects that they change."""

from pathlib import Path

import pytest

import scclint
from scclint.config.model import Config
from scclint.deploy.kustomize.kustomization import read_kustomization
from scclint.deploy.kustomize.surroundings import stands_alone
from scclint.linting import find_units
from scclint.objects.documents import load_text
from scclint.objects.expand import expand
from tests.deploy.kustomize.folders import DEPLOYMENT, notes, objects, strict, workload
from tests.deploy.tools import needs_kustomize
from tests.running import report_on, write_files

PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      - name: web
        image: example/other
        securityContext:
          privileged: true
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (DEPLOYMENT, True),
        (PATCH, False),
        ("apiVersion: x.io/v1\nkind: Foo\nmetadata: {name: a}\nspec: {containers: [{name: a, image: b}]}\n", False),
    ],
    ids=["whole", "patch", "unknown kind"],
)
def test_which_objects_stand_alone(text: str, expected: bool) -> None:
    (document,) = load_text("a.yaml", text, frozenset())
    (obj,) = expand(document)
    assert stands_alone(obj) == expected


@pytest.mark.parametrize("name", ["kustomization.yaml", "kustomization.yml", "Kustomization"])
@pytest.mark.parametrize(
    "head", ["", "kind: Kustomization\n", "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"]
)
@pytest.mark.parametrize(
    "listing",
    [
        "patches:\n- path: p/patch.yaml\n",
        "patchesStrategicMerge:\n- ./p/patch.yaml\n",
        "patchesJson6902:\n- path: p/patch.yaml\n  target: {kind: Deployment}\n",
    ],
)
def test_patches_are_partial(here: Path, name: str, head: str, listing: str) -> None:
    write_files({f"o/{name}": head + listing, "o/p/patch.yaml": PATCH})
    assert workload("o/p/patch.yaml").partial == f"it is a patch listed in o/{name}"
    assert workload(".").partial == f"it is a patch listed in o/{name}"
    assert workload(str(here / "o/p")).partial == f"it is a patch listed in {here}/o/{name}"


def test_a_patch_is_counted_and_not_judged(here: Path) -> None:
    write_files({"kustomization.yaml": "patches: [{path: patch.yaml}]\n", "patch.yaml": PATCH})
    report = strict("patch.yaml")
    assert {(f.kind, f.rule_id) for f in report.findings if f.kind != "advice"} == {("gap", "GAP001"), ("access", "SCC102")}
    assert (report.tally.unsupported, report.tally.linted, report.tally.workloads) == (1, 0, 0)
    (gap,) = (f for f in report.findings if f.kind == "gap")
    assert (gap.what, gap.message) == (
        "privileged",
        "Deployment web: not judged, because it is a patch listed in kustomization.yaml",
    )


def test_what_a_patch_writes_is_checked(here: Path) -> None:
    write_files(
        {"kustomization.yaml": "patches: [{path: patch.yaml}]\n", "patch.yaml": PATCH.replace("privileged:", "priviledged:")}
    )
    found = [f for f in strict("patch.yaml").findings if f.rule_id == "MAN003"]
    assert [f.span.line for f in found] == [12]


def test_a_patch_of_an_scc_is_no_scc(here: Path) -> None:
    """Taken whole it would replace the release's own."""
    scc = "apiVersion: security.openshift.io/v1\nkind: SecurityContextConstraints\nmetadata: {name: restricted-v2}\npriority: 20\n"
    write_files(
        {"kustomization.yaml": "patches: [{path: scc.yaml}]\nresources: [web.yaml]\n", "scc.yaml": scc, "web.yaml": DEPLOYMENT}
    )
    report = strict(".")
    assert {f.span.file for f in report.findings if f.kind != "gap"} == {"web.yaml"}
    assert (report.tally.unsupported, report.tally.workloads) == (1, 1)
    write_files({"kustomization.yaml": "resources: [web.yaml, scc.yaml]\n"})
    assert "scc.yaml" in {f.span.file for f in strict(".").findings}


def test_a_patch_with_all_rules_of_a_role_is_judged(here: Path) -> None:
    """kustomize replaces the list of rules. tektoncd/operator patches its ClusterRole so in `config/openshift/base`."""
    role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: web}\n"
    rules = "rules: [{apiGroups: [security.openshift.io], resources: [securitycontextconstraints], verbs: [use]}]\n"
    write_files({"base/kustomization.yaml": "resources: [role.yaml]\n", "base/role.yaml": f"{role}rules: []\n"})
    write_files({"kustomization.yaml": "resources: [base]\npatches: [{path: role.yaml}]\n", "role.yaml": role + rules})
    assert [(f.rule_id, f.span.file) for f in strict(".").findings] == [("RBA401", "role.yaml")]
    write_files({"role.yaml": role + rules.replace("[{", "[{$patch: delete, ")})
    assert [f for f in strict(".").findings if f.rule_id == "RBA401"] == []


def test_a_resource_is_no_mere_patch(here: Path) -> None:
    write_files(
        {"a/kustomization.yaml": "resources: [web.yaml]\n", "b/kustomization.yaml": "patches: [{path: ../a/web.yaml}]\n"}
    )
    write_files({"a/web.yaml": DEPLOYMENT})
    assert {o.file for o in objects(".") if not o.partial} == {"a/web.yaml"}


@pytest.mark.parametrize(
    "other",
    [
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\npatches: [{path: patch.yaml}]\n",
        "kind: Something\npatches: [{path: patch.yaml}]\n",
        "- patches\n",
        "patches: {path: patch.yaml}\n",
        "patches: [3, null, {path: 7}]\n",
        "patches: [\n",
        "",
    ],
)
def test_what_is_no_kustomization(here: Path, other: str) -> None:
    write_files({"kustomization.yaml": other, "patch.yaml": PATCH})
    assert workload("patch.yaml").partial == ""


def test_what_a_resource_refers_to_may_come_from_a_patch(here: Path) -> None:
    mounting = DEPLOYMENT + "        volumeMounts: [{name: data, mountPath: /data}]\n"
    write_files({"base/web.yaml": mounting})
    found = [f.message for f in strict("base").findings if f.rule_id == "MAN002"]
    assert found == [
        'Deployment web: the API server rejects it: spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"'
    ]
    write_files({"base/kustomization.yaml": "resources: [web.yaml]\n"})
    assert [f.message for f in strict("base").findings if f.rule_id == "MAN002"] == []
    assert not workload("base").provenance.whole
    assert workload("base").partial == ""


def test_inline_patches_name_no_file() -> None:
    found = read_kustomization(
        "kustomization.yaml", {"patchesStrategicMerge": ["kind: X\nmetadata: {}\n"], "patches": [{"patch": "x"}]}
    )
    assert found is not None
    assert found.patches == ()


ELSEWHERE = "patches: [{path: ../app/web.yaml, target: {kind: ConfigMap}}]\n"
"""A kustomization that lists a file as a patch of something else than what the file defines."""


@pytest.mark.parametrize("render", ["never", "auto"])
@pytest.mark.parametrize("resources", ["", "resources: [settings.yaml]\n"], ids=["builds nothing", "builds"])
def test_no_kustomization_elsewhere_hides_an_object(here: Path, resources: str, render: str) -> None:
    settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"
    write_files({"app/web.yaml": DEPLOYMENT, "k/kustomization.yaml": ELSEWHERE + resources, "k/settings.yaml": settings})
    report = scclint.lint(["."], Config(render=render))
    (finding,) = [f for f in report.findings if f.rule_id == "SCC101"]
    assert (finding.span.file, finding.units) == ("app/web.yaml", (".",))
    assert [f.rule_id for f in scclint.lint(["app/web.yaml"]).findings if f.rule_id == "SCC101"] == ["SCC101"]


@pytest.mark.parametrize("prefix", ["", "namePrefix: my-\n"])
def test_a_whole_object_that_patches_one_of_the_build_is_a_patch(here: Path, prefix: str) -> None:
    patch = DEPLOYMENT.replace("name: web\nspec", f"name: {'my-' if prefix else ''}web\nspec")
    write_files({"base/kustomization.yaml": f"{prefix}resources: [web.yaml]\n", "base/web.yaml": DEPLOYMENT})
    write_files({"o/kustomization.yaml": "resources: [../base]\npatches: [{path: web.yaml}]\n", "o/web.yaml": patch})
    assert {o.file for o in objects(".") if not o.partial} == {"base/web.yaml"}
    assert [unit.name for unit in find_units(["."], Config(render="never"))] == ["o"]


def test_parts_that_nobody_creates_are_no_note(here: Path) -> None:
    part = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2}\n"
    write_files({"a/kustomization.yaml": "resources: []\n", "a/left.yaml": part, "b/lone.yaml": part})
    write_files({"chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n"})
    write_files({"chart/files/pod.yaml": part.replace("name: web", "name: {{ .Values.name }}")})
    assert notes(["."]) == ["b/lone.yaml: Deployment web: not judged, because it has no containers"]


@needs_kustomize
@pytest.mark.parametrize(("folder", "found"), [("deploy/web", ["MAN002"]), ("pkg/resources/web", [])])
def test_the_code_of_an_operator_gives_a_namespace(here: Path, folder: str, found: list[str]) -> None:
    subjects = "subjects: [{kind: ServiceAccount, name: web}]\n"
    head = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: web}\n"
    role = "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\n"
    write_files({f"{folder}/kustomization.yaml": "resources: [b.yaml]\n", f"{folder}/b.yaml": head + role + subjects})
    assert [finding.rule_id for finding in report_on(["."], Config(select=("MAN002",))).findings] == found
