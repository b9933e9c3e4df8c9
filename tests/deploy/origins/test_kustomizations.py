"""Fields of built objects are placed at the resource, the patch or the kustomization that wrote them, with the real kustomize."""

import os
from pathlib import Path
from typing import Any

import pytest

from scclint.deploy.kustomize.kustomization import PatchEntry, closure
from scclint.deploy.origins.kustomizations import (
    Named,
    Patches,
    _Patch,
    _pointer,
    before_kustomize,
    by_name,
    corresponding,
    find_origin,
    from_wrapper,
)
from scclint.finding import Related
from scclint.objects.documents import load_file, load_text
from scclint.objects.expand import expand
from scclint.objects.kinds import SUBJECT_KINDS
from scclint.objects.types import ApiObject, Item
from scclint.yaml.nodes import to_data
from tests.deploy.kustomize.folders import DEPLOYMENT
from tests.deploy.tools import needs_kustomize, renderer
from tests.running import open_one, report_on, write_below

WEB = f"""\
{DEPLOYMENT}      - name: side
        image: example/side
"""
MERGE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
      - name: side
        securityContext:
          runAsUser: 7
"""
USER = ("web", "securityContext", "runAsUser")
SIDE = ("side", "securityContext", "runAsUser")


def indented(text: str, by: str) -> str:
    return "".join(f"{by}{line}\n" for line in text.splitlines())


def objects_of(root: Path, file: str) -> Named:
    text = (root / file).read_text(encoding="utf-8") if (root / file).is_file() else ""
    return by_name(obj for document in load_file(file, text, SUBJECT_KINDS) for obj in expand(document))


def traced(root: Path, files: dict[str, str], field: tuple[str, ...] = USER) -> Related | None:
    """Where the field of a container of the built Deployment comes from; the built kustomization is `k`."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    made = renderer().build_kustomize(str(root / "k"), str(root), origins=True)
    assert made.error == ""
    found = open_one(text=made.text).objects
    obj = next(o for o in found if o.name.endswith("web"))
    origin = find_origin(obj, lambda file: objects_of(root, file), from_wrapper(made.base, str(root)))
    assert origin is not None
    obj = obj.with_provenance(origin=origin)
    pod = ("spec", "template", "spec", "containers")
    containers: Any = obj.field(*pod).value
    # kustomize moves the containers that a merge patch changes to the front.
    index = [container["name"] for container in containers].index(field[0])
    return before_kustomize(obj, obj.field(*pod, index, *field[1:]), Patches(closure(str(root / "k"), str(root)), str(root)))


BASE = {"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": WEB}


def place(found: Related | None) -> tuple[str, str, int]:
    assert found is not None
    return found.message, found.span.file, found.span.line


@needs_kustomize
def test_a_value_that_no_patch_changes(tmp_path: Path) -> None:
    files = {**BASE, "k/kustomization.yaml": "namePrefix: prod-\nresources: [../base]\n"}
    assert place(traced(tmp_path, files)) == ("written here, before kustomize", "base/web.yaml", 14)


@needs_kustomize
def test_a_value_from_a_merge_patch(tmp_path: Path) -> None:
    for listing in ("patches: [{path: p.yaml}]", "patchesStrategicMerge: [p.yaml]"):
        files = {**BASE, "k/kustomization.yaml": f"namePrefix: prod-\nresources: [../base]\n{listing}\n", "k/p.yaml": MERGE}
        assert place(traced(tmp_path, files, SIDE)) == ("written by this patch", "k/p.yaml", 10)
        # The patch says nothing of the other container.
        assert place(traced(tmp_path, files)) == ("written here, before kustomize", "base/web.yaml", 14)


@needs_kustomize
@pytest.mark.parametrize(
    "head", ["patches:\n- patch: |\n", "patches:\n- path: ''\n  patch: |-\n", "patchesStrategicMerge:\n- |\n"]
)
def test_a_value_from_an_inline_patch(tmp_path: Path, head: str) -> None:
    text = f"resources: [../base]\n{head}{indented(MERGE, '    ')}"
    found = traced(tmp_path, {**BASE, "k/kustomization.yaml": text}, SIDE)
    line = text.splitlines().index("              runAsUser: 7") + 1
    assert place(found) == ("written by this patch", "k/kustomization.yaml", line)
    assert found is not None
    assert text.splitlines()[line - 1][found.span.column - 1 : found.span.end_column - 1] == "runAsUser: 7"


@needs_kustomize
def test_an_inline_patch_whose_lines_cannot_be_told(tmp_path: Path) -> None:
    import json

    text = f"resources: [../base]\npatches:\n- patch: {json.dumps(MERGE)}\n"
    assert place(traced(tmp_path, {**BASE, "k/kustomization.yaml": text}, SIDE)) == (
        "written by this patch",
        "k/kustomization.yaml",
        3,
    )


OPERATION = "- op: replace\n  path: /spec/template/spec/containers/0/securityContext/runAsUser\n  value: 9\n"
HOLDER = "- op: replace\n  path: /spec/template/spec/containers/0/securityContext\n  value:\n    runAsUser: 9\n"


@needs_kustomize
@pytest.mark.parametrize(("operation", "line"), [(OPERATION, 3), (HOLDER, 4)])
@pytest.mark.parametrize(
    "target", ["{kind: Deployment}", "{name: w.b}", "{group: apps, version: v1, kind: Deployment, name: web}"]
)
def test_a_value_from_a_json_patch(tmp_path: Path, operation: str, line: int, target: str) -> None:
    listing = f"resources: [../base]\npatches:\n- target: {target}\n  path: p.yaml\n"
    files = {**BASE, "k/kustomization.yaml": listing, "k/p.yaml": operation}
    assert place(traced(tmp_path, files)) == ("written by this patch", "k/p.yaml", line)
    inline = f"resources: [../base]\npatches:\n- target: {target}\n  patch: |\n{indented(operation, '    ')}"
    found = traced(tmp_path, {**BASE, "k/kustomization.yaml": inline})
    assert place(found) == ("written by this patch", "k/kustomization.yaml", line + 4)


@needs_kustomize
@pytest.mark.parametrize(
    ("patch", "line"),
    [
        ("- {op: remove, path: /spec/template/spec/containers/0/securityContext/runAsUser}\n", 1),
        (
            "- {op: test, path: /kind, value: Deployment}\n- {op: remove, path: /spec/template/spec/containers/0/securityContext}\n",
            2,
        ),
        (MERGE.replace("name: side", "name: web").replace("runAsUser: 7", "runAsUser: null"), 10),
        (MERGE.replace("name: side", "name: web").replace("          runAsUser: 7", "          $patch: delete"), 10),
    ],
)
def test_a_value_that_a_patch_removes(tmp_path: Path, patch: str, line: int) -> None:
    listing = "resources: [../base]\npatches: [{path: p.yaml, target: {kind: Deployment}}]\n"
    found = traced(tmp_path, {**BASE, "k/kustomization.yaml": listing, "k/p.yaml": patch})
    assert place(found) == ("written by this patch", "k/p.yaml", line)


@needs_kustomize
def test_the_last_patch_wins(tmp_path: Path) -> None:
    inner = "resources: [web.yaml]\npatches: [{path: p.yaml, target: {kind: Deployment}}]\n"
    outer = "resources: [../base]\npatches:\n- {path: one.yaml, target: {kind: Deployment}}\n- {path: two.yaml, target: {kind: Deployment}}\n"
    files = {**BASE, "base/kustomization.yaml": inner, "base/p.yaml": OPERATION, "k/kustomization.yaml": outer}
    files |= {"k/one.yaml": OPERATION, "k/two.yaml": OPERATION}
    assert place(traced(tmp_path, files)) == ("written by this patch", "k/two.yaml", 3)
    files |= {"k/one.yaml": OPERATION.replace("9", "8"), "k/two.yaml": MERGE}
    assert place(traced(tmp_path, files)) == ("written by this patch", "k/one.yaml", 3)


@needs_kustomize
def test_a_patch_of_another_object_is_not_blamed(tmp_path: Path) -> None:
    other = WEB.replace("name: web\nspec", "name: other\nspec")
    listing = "resources: [../base, other.yaml]\npatches: [{path: p.yaml, target: {name: other}}]\nimages: [{name: example/web, newTag: v2}]\n"
    files = {**BASE, "k/kustomization.yaml": listing, "k/other.yaml": other, "k/p.yaml": OPERATION}
    image = ("web", "image")
    assert place(traced(tmp_path, files, image)) == ("written here, and changed by kustomize", "base/web.yaml", 12)


@needs_kustomize
def test_a_patch_that_may_have_changed_the_value(tmp_path: Path) -> None:
    """What it writes is changed again by a transformer, so that its value is not the built one."""
    image = ("web", "image")
    patch = "resources: [../base]\nimages: [{name: example/x, newTag: v2}]\npatches:\n- path: p.yaml\n"
    merge = MERGE.replace("name: side\n        securityContext:\n          runAsUser: 7", "name: web\n        image: example/x")
    found = traced(tmp_path, {**BASE, "k/kustomization.yaml": patch, "k/p.yaml": merge}, image)
    assert place(found) == ("written by this patch, and changed again", "k/p.yaml", 9)


@needs_kustomize
def test_a_field_that_a_replacement_writes(tmp_path: Path) -> None:
    replacement = """\
resources: [../base]
replacements:
- source: {kind: Deployment, fieldPath: metadata.name}
  targets:
  - select: {kind: Deployment}
    fieldPaths: ["spec.template.spec.containers.[name=side].workingDir"]
    options: {create: true}
"""
    found = traced(tmp_path, {**BASE, "k/kustomization.yaml": replacement}, ("side", "workingDir"))
    assert place(found) == ("written by this patch", "k/kustomization.yaml", 6)


@needs_kustomize
def test_generated_objects_come_from_their_kustomization(tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, image: i}]}\n"
    files = {"k/kustomization.yaml": "resources: [p.yaml, ../gen]\n", "k/p.yaml": pod}
    files["gen/kustomization.yaml"] = "configMapGenerator:\n- name: c\n  files: [pod.yaml]\n"
    files["gen/pod.yaml"] = pod
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    made = renderer().build_kustomize(str(tmp_path / "k"), str(tmp_path), origins=True)
    documents = [d for d in load_file("x", made.text, frozenset()) if d.kind == "ConfigMap"]
    root = documents[0].root
    assert root is not None
    origin = find_origin(
        ApiObject(documents[0], Item(root, (), to_data(root))),
        lambda file: {},
        from_wrapper(made.base, str(tmp_path)),
    )
    assert origin is not None
    assert origin.file == "gen/kustomization.yaml"


def test_paths_of_a_wrapper_start_at_the_root(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    base = str(tmp_path / "elsewhere/wrapper")
    resolve = from_wrapper(base, str(root))
    assert list(resolve(os.path.relpath(root / "a/b.yaml", base))) == ["a/b.yaml"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("web", True),
        ("w.b", True),
        ("we", False),
        ("", True),
        (None, True),
        ("(", True),
        ("(o|t)+her", True),
        ("a*b*c*d*", True),
        ("a*b*c*", False),
    ],
)
def test_which_objects_a_target_selects(pattern: object, expected: bool) -> None:
    """A pattern that Python cannot read, or might search for ever, selects: the value that the patch writes decides then."""
    listed = PatchEntry(("patches", 0), target={"name": pattern})
    (document,) = load_text("p.yaml", MERGE, frozenset())
    assert document.root is not None
    obj = ApiObject(document, Item(document.root, (), to_data(document.root)))
    assert _Patch(listed, document.root.span, document.root).applies(obj, obj) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"kind": "Deployment"}, True),
        ({"kind": "Job"}, False),
        ({"namespace": "shop"}, True),
        ({"namespace": "bank"}, False),
        ({"kind": "Deployment", "namespace": "shop", "name": "web"}, True),
    ],
)
def test_what_a_target_selects_by(target: dict[str, str], expected: bool) -> None:
    (document,) = load_text("p.yaml", MERGE.replace("{name: web}", "{name: web, namespace: shop}"), frozenset())
    assert document.root is not None
    obj = ApiObject(document, Item(document.root, (), to_data(document.root)))
    listed = PatchEntry(("patches", 0), target=target)
    assert _Patch(listed, document.root.span, document.root).applies(obj, obj) == expected


@pytest.mark.parametrize(
    ("pointer", "steps"),
    [("/a/b", ("a", "b")), ("/a~1b", ("a/b",)), ("/a~0b", ("a~b",)), ("/~01", ("~1",)), ("/", ("",)), ("a", None), (3, None)],
)
def test_json_pointers(pointer: object, steps: tuple[str, ...] | None) -> None:
    assert _pointer(pointer) == steps


@pytest.mark.parametrize(
    ("built", "other", "path", "expected"),
    [
        ({"a": 1}, {"a": 2}, ("a",), ("a",)),
        ({"a": 1}, {}, ("a", "b"), ("a", "b")),
        ([{"name": "x"}, {"name": "y"}], [{"name": "y"}], (1, "b"), (0, "b")),
        ([{"name": "x"}], [{"name": "y"}], (0,), None),
        ([{"name": "x"}], None, (0,), None),
        ([1, 2], [1], (1,), None),
        ([1, 2], [1], (0,), (0,)),
        ([1, 2], None, (1,), (1,)),
        ({"a": [{"name": "x", "b": [5]}]}, {"a": [3, {"name": "x", "b": [6]}]}, ("a", 0, "b", 0), ("a", 1, "b", 0)),
    ],
)
def test_corresponding_paths(built: object, other: object, path: tuple[str | int, ...], expected: object) -> None:
    assert corresponding(built, other, path) == expected


@needs_kustomize
@pytest.mark.parametrize(("more", "place"), [("", "role.yaml"), ("a second role", "kustomization.yaml")])
def test_an_object_that_a_patch_renames_comes_from_the_only_one_of_its_kind(tmp_path: Path, more: str, place: str) -> None:
    role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: manager}\n"
    rules = "rules: [{apiGroups: [''], resources: [secrets], verbs: [get]}]\n"
    other = f"---\n{role.replace('manager', 'other')}{rules}" if more else ""
    bound = "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: manager}\n"
    binding = f"{role.replace('ClusterRole', 'ClusterRoleBinding').replace('manager', 'bound')}{bound}"
    patch = '  patch: \'[{"op": "replace", "path": "/metadata/name", "value": "shop"}]\'\n'
    write_below(tmp_path, {
        "kustomization.yaml": "resources: [role.yaml, binding.yaml]\npatches:\n- target: {kind: ClusterRole, name: manager}\n" + patch,
        "role.yaml": f"{role}{rules}{other}",
        "binding.yaml": f"{binding}subjects: [{{kind: ServiceAccount, name: a, namespace: b}}]\n",
    })  # fmt: skip
    found = [f for f in report_on([str(tmp_path)]).findings if f.rule_id == "RBA407"]
    assert [os.path.basename(f.span.file) for f in found] == [place]


@needs_kustomize
def test_an_unknown_field_is_found_by_its_key(tmp_path: Path) -> None:
    write_below(tmp_path, {
        "kustomization.yaml": "namePrefix: a-\nresources: [web.yaml]\n",
        "web.yaml": DEPLOYMENT.replace("spec:\n", "spec:\n  priorityClassName: high\n", 1),
    })  # fmt: skip
    (found,) = (f for f in report_on([str(tmp_path)]).findings if f.rule_id == "MAN003")
    line = (tmp_path / "web.yaml").read_text(encoding="utf-8").split("\n").index("  priorityClassName: high") + 1
    assert (os.path.basename(found.span.file), found.span.line) == ("web.yaml", line)


@needs_kustomize
def test_each_right_that_is_enough_is_placed_where_its_role_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    role = (Path(__file__).parents[3] / "fixtures/scc-escalation-path/bad-each-enough.yaml").read_text(encoding="utf-8")
    write_below("", {"role.yaml": role, "kustomization.yaml": "namePrefix: a-\nresources: [role.yaml]\n"})
    (found,) = (f for f in report_on(["."]).findings if f.rule_id == "RBA407")
    labelled = [at.span for at in found.related if at.label]
    assert [f"{span.file}:{span.line}" for span in (found.span, *labelled[:2])] == [
        "role.yaml:8",
        "role.yaml:13",
        "role.yaml:14",
    ]
