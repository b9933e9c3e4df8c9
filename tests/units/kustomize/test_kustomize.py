"""Kustomizations beside the manifests: patches, namespaces, and where built objects come from."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scclint
from scclint.config.model import Config
from scclint.engine.report import Report
from scclint.engine.run import find_units
from scclint.finding import Finding
from scclint.model.object import ApiObject
from scclint.model.workload import Workload
from scclint.units.kustomize.kustomization import Kustomization, lay_out, read_kustomization
from scclint.units.kustomize.trace import LONGEST, Named, find_origin
from tests.running import open_one, run_over

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: example/web
        securityContext:
          runAsUser: 0
"""
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


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(files: dict[str, str]) -> None:
    for name, text in files.items():
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")


def objects(*paths: str, **settings: Any) -> list[ApiObject]:
    config = Config(render="never", **settings)
    return [o for unit in run_over(paths, config).open_units() for o in unit.objects]


def workload(*paths: str) -> Workload:
    (found,) = (o for o in objects(*paths) if isinstance(o, Workload))
    return found


def notes(paths: list[str]) -> list[str]:
    """The notices of a run that renders nothing, but for the one that says so."""
    return [n.message for n in scclint.lint(paths, Config(render="never")).notices if "unrendered" not in n.message]


def strict(*paths: str) -> Report:
    return scclint.lint(paths, Config(profile="strict", render="never"))


def test_a_long_chain(here: Path) -> None:
    number = 2000
    write({f"d{i}/kustomization.yaml": f"resources: [../d{i + 1}]\n" for i in range(number)})
    write({f"d{number}/kustomization.yaml": "resources: [web.yaml]\n", f"d{number}/web.yaml": DEPLOYMENT})
    write({"d0/kustomization.yaml": "namespace: shop\nresources: [../d1]\n"})
    (found,) = objects(".")
    assert found.provenance.home == "shop"


OPERATION = "- op: replace\n  path: /spec/template/spec/containers/0/image\n  value: x\n"


@pytest.mark.parametrize("key", ["patches", "patchesJson6902"])
def test_json_patches_are_told_of(here: Path, key: str) -> None:
    told = "patches and other changes were not applied; lint the built output with `kustomize build FOLDER | scclint check -`"
    target = "target: {kind: Deployment}"
    write({"a/kustomization.yaml": f"{key}: [{{path: op.yaml, {target}}}]\n", "a/op.yaml": OPERATION})
    assert notes(["."]) == [f"a/op.yaml: {told}"]
    in_place = f"{key}:\n- {target}\n  patch: |\n" + "".join(f"    {line}\n" for line in OPERATION.splitlines())
    write({"b/kustomization.yaml": in_place})
    assert notes(["."]) == [f"a/op.yaml and b/kustomization.yaml: {told}"]
    assert notes(["a/op.yaml"]) == [], "what it patches, if anything, is not asked for"
    write({"a/op.yaml": PATCH})
    assert notes(["b"]) == [f"b/kustomization.yaml: {told}"]


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
    write({f"o/{name}": head + listing, "o/p/patch.yaml": PATCH})
    assert workload("o/p/patch.yaml").partial == f"it is a patch listed in o/{name}"
    assert workload(".").partial == f"it is a patch listed in o/{name}"
    assert workload(str(here / "o/p")).partial == f"it is a patch listed in {here}/o/{name}"


def test_a_patch_is_counted_and_not_judged(here: Path) -> None:
    write({"kustomization.yaml": "patches: [{path: patch.yaml}]\n", "patch.yaml": PATCH})
    report = strict("patch.yaml")
    assert [f.rule_id for f in report.findings if f.rule_id.startswith(("SCC", "SEC201", "MAN002"))] == []
    assert (report.tally.unsupported, report.tally.linted, report.tally.workloads) == (1, 0, 0)
    assert [n.message for n in report.notices] == [
        "patch.yaml: Deployment web: not judged, because it is a patch listed in kustomization.yaml"
    ]


def test_what_a_patch_writes_is_checked(here: Path) -> None:
    write({"kustomization.yaml": "patches: [{path: patch.yaml}]\n", "patch.yaml": PATCH.replace("privileged:", "priviledged:")})
    found = [f for f in strict("patch.yaml").findings if f.rule_id == "MAN003"]
    assert [f.span.line for f in found] == [12]


def test_a_patch_of_an_scc_is_no_scc(here: Path) -> None:
    """Taken whole it would replace the release's own."""
    scc = "apiVersion: security.openshift.io/v1\nkind: SecurityContextConstraints\nmetadata: {name: restricted-v2}\npriority: 20\n"
    write(
        {"kustomization.yaml": "patches: [{path: scc.yaml}]\nresources: [web.yaml]\n", "scc.yaml": scc, "web.yaml": DEPLOYMENT}
    )
    report = strict(".")
    assert {f.span.file for f in report.findings} == {"web.yaml"}
    assert (report.tally.unsupported, report.tally.workloads) == (1, 1)
    write({"kustomization.yaml": "resources: [web.yaml, scc.yaml]\n"})
    assert "scc.yaml" in {f.span.file for f in strict(".").findings}


def test_a_patch_with_all_rules_of_a_role_is_judged(here: Path) -> None:
    """kustomize replaces the list of rules. tektoncd/operator patches its ClusterRole so in `config/openshift/base`."""
    role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: web}\n"
    rules = "rules: [{apiGroups: [security.openshift.io], resources: [securitycontextconstraints], verbs: [use]}]\n"
    write({"base/kustomization.yaml": "resources: [role.yaml]\n", "base/role.yaml": f"{role}rules: []\n"})
    write({"kustomization.yaml": "resources: [base]\npatches: [{path: role.yaml}]\n", "role.yaml": role + rules})
    assert [(f.rule_id, f.span.file) for f in strict(".").findings] == [("RBA401", "role.yaml")]
    write({"role.yaml": role + rules.replace("[{", "[{$patch: delete, ")})
    assert [f for f in strict(".").findings if f.rule_id == "RBA401"] == []


def test_a_resource_is_no_mere_patch(here: Path) -> None:
    write({"a/kustomization.yaml": "resources: [web.yaml]\n", "b/kustomization.yaml": "patches: [{path: ../a/web.yaml}]\n"})
    write({"a/web.yaml": DEPLOYMENT})
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
    write({"kustomization.yaml": other, "patch.yaml": PATCH})
    assert workload("patch.yaml").partial == ""


def test_what_a_resource_refers_to_may_come_from_a_patch(here: Path) -> None:
    mounting = DEPLOYMENT + "        volumeMounts: [{name: data, mountPath: /data}]\n"
    write({"base/web.yaml": mounting})
    found = [f.message for f in strict("base").findings if f.rule_id == "MAN002"]
    assert found == [
        'Deployment web: the API server rejects it: spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"'
    ]
    write({"base/kustomization.yaml": "resources: [web.yaml]\n"})
    assert [f.message for f in strict("base").findings if f.rule_id == "MAN002"] == []
    assert not workload("base").provenance.whole
    assert workload("base").partial == ""


BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: 'system:openshift:scc:anyuid'}
subjects:
- {kind: ServiceAccount, name: default}
"""


def home(*paths: str) -> str:
    return workload(*paths).provenance.home


def homes(*paths: str) -> list[str]:
    """The namespaces that the workload goes to, one for each unit."""
    return [o.provenance.home for o in objects(*paths) if isinstance(o, Workload)]


def test_namespace_of_its_resources(here: Path) -> None:
    write(
        {
            "kustomization.yaml": "namespace: shop\nresources: [web.yaml, rbac.yaml]\n",
            "web.yaml": DEPLOYMENT,
            "rbac.yaml": BINDING,
        }
    )
    assert home("web.yaml") == "shop"
    assert [f.rule_id for f in strict(".").findings if f.rule_id == "SCC101"] == []
    write({"rbac.yaml": BINDING.replace("name: default", "name: default, namespace: elsewhere")})
    assert [f.rule_id for f in strict(".").findings if f.rule_id == "SCC101"] == ["SCC101"]


def test_namespaces_written_and_asked_for_go_before(here: Path) -> None:
    named = DEPLOYMENT.replace("name: web\nspec", "name: web\n  namespace: own\nspec")
    write({"kustomization.yaml": "namespace: shop\nresources: [web.yaml]\n", "web.yaml": named})
    assert workload("web.yaml").namespace == "own"
    write({"web.yaml": DEPLOYMENT})
    from scclint.world.manifests import namespace_of

    assert namespace_of(workload("web.yaml"), "") == "shop"
    assert namespace_of(workload("web.yaml"), "asked") == "asked"


BASE = {"base/web.yaml": DEPLOYMENT}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"base": "namespace: a\nresources: [web.yaml]\n"}, "a"),
        ({"base": "resources: [web.yaml]\n", "prod": "namespace: p\nresources: [../base]\n"}, "p"),
        ({"base": "resources: [web.yaml]\n", "prod": "namespace: p\nbases: [../base/]\n"}, "p"),
        ({"base": "resources: [web.yaml]\n", "prod": "namespace: p\ncomponents: [../base]\n"}, "p"),
        ({"base": "namespace: a\nresources: [web.yaml]\n", "prod": "namespace: p\nresources: [../base]\n"}, "p"),
        ({"base": "namespace: a\nresources: [web.yaml]\n", "prod": "resources: [../base]\n"}, "a"),
        (
            {
                "base": "resources: [web.yaml]\n",
                "prod": "namespace: p\nresources: [../base]\n",
                "test": "namespace: t\nresources: [../base]\n",
            },
            "p t",
        ),
        (
            {
                "base": "resources: [web.yaml]\n",
                "prod": "namespace: p\nresources: [../base]\n",
                "test": "resources: [../base]\n",
            },
            "p ",
        ),
        (
            {
                "base": "namespace: a\nresources: [web.yaml]\n",
                "prod": "namespace: p\nresources: [../base]\n",
                "whole": "namespace: w\nresources: [../prod]\n",
            },
            "w",
        ),
        ({"base": "namespace: a\nresources: [../prod, web.yaml]\n", "prod": "namespace: p\nresources: [../base]\n"}, ""),
        ({"base": "namespace: a\nresources: [https://example.org/x?ref=1, other.yaml]\n"}, ""),
    ],
)
def test_overlays(here: Path, files: dict[str, str], expected: str) -> None:
    write(BASE | {f"{folder}/kustomization.yaml": text for folder, text in files.items()})
    assert homes(".") == expected.split(" ")


def test_home_does_not_spread_to_neighbours(here: Path) -> None:
    write({"kustomization.yaml": "namespace: shop\nresources: [web.yaml]\n", "web.yaml": DEPLOYMENT, "other.yaml": DEPLOYMENT})
    assert {o.file: o.provenance.home for o in objects(".")} == {"web.yaml": "shop", "other.yaml": ""}


def test_many_ways_to_one_base_take_no_time() -> None:
    """Each layer takes in the one below it twice, which makes two to the power of 60 ways."""
    layers = [
        Kustomization(f"/{i}{side}/kustomization.yaml", "", (f"/{i + 1}a", f"/{i + 1}b"), ())
        for i in range(60)
        for side in "ab"
    ]
    last = [Kustomization(f"/60{side}/kustomization.yaml", "n", ("/60/web.yaml",), ()) for side in "ab"]
    assert lay_out([*layers, *last]).namespaces == {"/60/web.yaml": "n"}


FOLDERS = ("a", "b", "c", "d")
KUSTOMIZATIONS = st.tuples(
    *(
        st.builds(
            lambda namespace, names, folder=folder: Kustomization(
                f"/{folder}/kustomization.yaml", namespace, tuple(f"/{name}" for name in names), ()
            ),
            st.sampled_from(["", "x", "y", "z"]),
            st.lists(st.sampled_from([*FOLDERS, "1.yaml", "2.yaml"]), max_size=4),
        )
        for folder in FOLDERS
    )
)


def ways(kustomizations: Iterable[Kustomization]) -> dict[str, set[str]]:
    """The namespaces of each file by every way to it that goes through no folder twice with one namespace."""
    by_folder = {os.path.dirname(k.file): k for k in kustomizations}
    taken = {name for k in by_folder.values() for name in k.resources}
    found: dict[str, set[str]] = {}

    def follow(name: str, namespace: str, way: frozenset[tuple[str, str]]) -> None:
        if name not in by_folder:
            found.setdefault(name, set()).add(namespace)
        elif (name, here := namespace or by_folder[name].namespace) not in way:
            for below in by_folder[name].resources:
                follow(below, here, way | {(name, here)})

    for folder in by_folder.keys() - taken:
        follow(folder, "", frozenset())
    return found


@given(KUSTOMIZATIONS)
def test_namespaces_by_all_ways(kustomizations: tuple[Kustomization, ...]) -> None:
    expected = {name: found.pop() for name, found in ways(kustomizations).items() if len(found) == 1 and "" not in found}
    assert lay_out(kustomizations).namespaces == expected


def test_inline_patches_name_no_file() -> None:
    found = read_kustomization(
        "kustomization.yaml", {"patchesStrategicMerge": ["kind: X\nmetadata: {}\n"], "patches": [{"patch": "x"}]}
    )
    assert found is not None
    assert found.patches == ()


# What `kustomize build` writes with `buildMetadata: [originAnnotations]`.

BUILT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  annotations:
    config.kubernetes.io/origin: |
      path: {path}
  name: {name}
spec:
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - image: example/web
        name: web
        securityContext:
          runAsUser: {user}
"""


def built(path: str, name: str = "web", user: int = 0) -> str:
    return BUILT.replace("{path}", path).replace("{name}", name).replace("{user}", str(user))


def refused(path: str, name: str = "web", user: int = 0) -> Finding:
    (found,) = (f for f in scclint.lint_text(built(path, name, user), "built.yaml").findings if f.rule_id == "SCC101")
    assert found.span.line == 21
    return found


@pytest.mark.parametrize("path", ["base/web.yaml", "../../base/web.yaml"])
@pytest.mark.parametrize("name", ["web", "prod-web-v2"])
def test_the_same_field_in_its_origin(here: Path, path: str, name: str) -> None:
    write(BASE)
    related = [r for r in refused(path, name).related if r.span.file == "base/web.yaml"]
    assert [(r.message, r.span.line, r.span.column) for r in related] == [("written here, before kustomize", 14, 11)]


def test_a_value_that_a_patch_has_set(here: Path) -> None:
    write(BASE)
    related = [r for r in refused("base/web.yaml", user=7).related if r.span.file == "base/web.yaml"]
    assert [(r.message, r.span.line) for r in related] == [("Deployment web before kustomize", 4)]


def test_containers_that_moved(here: Path) -> None:
    first = "      containers:\n      - {name: first, image: i, securityContext: {runAsUser: 0}}\n"
    write({"base/web.yaml": DEPLOYMENT.replace("      containers:\n", first)})
    related = [r for r in refused("base/web.yaml").related if r.span.file == "base/web.yaml"]
    assert [(r.message, r.span.line) for r in related] == [("written here, before kustomize", 15)]


@pytest.mark.parametrize(
    "there", [{}, {"base/web.yaml": "kind: [\n"}, {"base/web.yaml": DEPLOYMENT.replace("name: web\nspec", "name: x\nspec")}]
)
def test_an_origin_that_is_not_there(here: Path, there: dict[str, str]) -> None:
    write(there)
    finding = refused("base/web.yaml")
    assert finding.notes == ("kustomize made it from base/web.yaml",)
    assert "base/web.yaml" not in {r.span.file for r in finding.related}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/etc/web.yaml", "kustomize made it from /etc/web.yaml"),
        (
            "b/w.yaml\n      repo: https://example.org/x\n      ref: v1",
            "kustomize made it from https://example.org/x//b/w.yaml",
        ),
        ("[", ""),
        ("''", ""),
        ("{a: b}", ""),
    ],
)
def test_origins_that_are_not_looked_up(path: str, said: str) -> None:
    (finding,) = (f for f in scclint.lint_text(built(path), "built.yaml").findings if f.rule_id == "SCC101")
    assert finding.notes == ((said,) if said else ())


def test_a_path_that_no_file_can_have_is_not_looked_up() -> None:
    asked: list[str] = []

    def objects_of(file: str) -> Named:
        asked.append(file)
        return {}

    for steps in (LONGEST // 3 - 2, LONGEST // 3 + 1, 100_000):
        config = Config()
        (obj,) = open_one(config=config, text=built("../" * steps + "w.yaml")).objects
        origin = find_origin(obj, objects_of)
        assert origin is not None and origin.source is None
    assert asked == ["../" * (LONGEST // 3 - 2) + "w.yaml", "w.yaml"]


def test_many_ways_to_write_the_path_of_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read once, and called by the plainest of them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "up").symlink_to("..")
    (tmp_path / "base" / "w.yaml").write_text(built("x"), encoding="utf-8")
    reads: list[str] = []

    def counted(path: str, name: str) -> str:
        reads.append(name)
        return Path(path).read_text(encoding="utf-8")

    monkeypatch.setattr("scclint.units.kustomize.surroundings.read", counted)
    text = "---\n".join(built("base/up/" * number + "base/w.yaml") for number in range(5))
    unit = open_one(text=text)
    found = unit.objects
    assert reads == ["base/w.yaml"]
    assert {origin.source.file for obj in found if (origin := obj.provenance.origin) and origin.source} == {"base/w.yaml"}


ELSEWHERE = "patches: [{path: ../app/web.yaml, target: {kind: ConfigMap}}]\n"
"""A kustomization that lists a file as a patch of something else than what the file defines."""


@pytest.mark.parametrize("render", ["never", "auto"])
@pytest.mark.parametrize("resources", ["", "resources: [settings.yaml]\n"], ids=["builds nothing", "builds"])
def test_no_kustomization_elsewhere_hides_an_object(here: Path, resources: str, render: str) -> None:
    settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"
    write({"app/web.yaml": DEPLOYMENT, "k/kustomization.yaml": ELSEWHERE + resources, "k/settings.yaml": settings})
    report = scclint.lint(["."], Config(profile="strict", render=render))
    (finding,) = [f for f in report.findings if f.rule_id == "SCC101"]
    assert (finding.span.file, finding.units) == ("app/web.yaml", (".",))
    assert [f.rule_id for f in scclint.lint(["app/web.yaml"]).findings if f.rule_id == "SCC101"] == ["SCC101"]


@pytest.mark.parametrize("prefix", ["", "namePrefix: my-\n"])
def test_a_whole_object_that_patches_one_of_the_build_is_a_patch(here: Path, prefix: str) -> None:
    patch = DEPLOYMENT.replace("name: web\nspec", f"name: {'my-' if prefix else ''}web\nspec")
    write({"base/kustomization.yaml": f"{prefix}resources: [web.yaml]\n", "base/web.yaml": DEPLOYMENT})
    write({"o/kustomization.yaml": "resources: [../base]\npatches: [{path: web.yaml}]\n", "o/web.yaml": patch})
    assert {o.file for o in objects(".") if not o.partial} == {"base/web.yaml"}
    assert [unit.name for unit in find_units(["."], Config(render="never"))] == ["o"]


def test_files_for_configmaps_are_no_manifests(here: Path) -> None:
    """kubeflow/manifests puts a script into a ConfigMap in `applications/pipeline/upstream/base/installs/multi-user`."""
    generator = "configMapGenerator: [{name: a, files: [sync.py, settings.yaml]}]\n"
    write({"kustomization.yaml": f"resources: [web.yaml]\n{generator}", "web.yaml": DEPLOYMENT})
    write({"sync.py": 'import x\nprint("{")\n  x: [', "settings.yaml": "a: [\n"})
    report = scclint.lint(["."], Config(render="never"))
    assert [f.span.file for f in report.findings if f.rule_id == "MAN001"] == ["settings.yaml"]
    assert "sync.py" not in report.files


def test_a_component_that_nothing_includes_tells_of_a_manifest_with_another_suffix(here: Path) -> None:
    component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [web.k8s, rest.yaml, gone.k8s]\n"
    write({"kustomization.yaml": component, "web.k8s": DEPLOYMENT, "rest.yaml": BINDING})
    said = "takes in web.k8s, not read for the name: call it .yaml, or name it on the command line"
    assert notes(["."]) == [said]
    assert notes([".", "web.k8s"]) == []


@pytest.mark.parametrize("annotation", ["7", "[]", "'['", "''", "'- a'", "'path: 7'"])
def test_an_annotation_that_names_no_origin(here: Path, annotation: str) -> None:
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a, annotations: {{config.kubernetes.io/origin: {annotation}}}}}\n"
    write({"pod.yaml": text})
    (obj,) = objects("pod.yaml")
    assert find_origin(obj, lambda file: {}) is None


def test_kustomize_adds_the_selector_and_the_namespace_of_subjects(here: Path) -> None:
    """Beside a remote resource nothing is rendered: the files lack what the build adds."""
    web = DEPLOYMENT.replace("  selector: {matchLabels: {app: web}}\n", "")
    grant = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: view}\n"
    grant += "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\nsubjects: [{kind: ServiceAccount, name: web}]\n"
    write({"web.yaml": web, "grant.yaml": grant})
    assert [f.rule_id for f in scclint.lint(["."]).findings if f.rule_id == "MAN002"] == ["MAN002", "MAN002"]
    remote = "resources: [web.yaml, grant.yaml, 'https://example.com/x.yaml']\ncommonLabels: {app: web}\nnamespace: shop\n"
    write({"kustomization.yaml": remote})
    assert [f.message for f in scclint.lint(["."]).findings if f.rule_id == "MAN002"] == []
