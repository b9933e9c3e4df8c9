"""OpenShift Templates, processed as `oc process` does (library-go, templateprocessing)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scclint
from scclint.config.model import Config
from scclint.limits import AddedTextCounter
from scclint.objects.documents import load_text
from scclint.objects.expand import Settings, expand
from scclint.objects.expand.template import declared, instantiate
from scclint.objects.kinds import SUBJECT_KINDS
from scclint.objects.types import ApiObject, Item, Parameter, Workload
from scclint.objects.unknown import Unknown, first_unknown
from scclint.record import EMPTY
from scclint.run.report import Report
from scclint.yaml.nodes import ScalarNode, to_data

ROOT = ScalarNode(("t.yaml", 7, 1, 7, 5), None, "", True)


def instances(template: dict[str, Any], path: tuple[str | int, ...] = (), given: Mapping[str, str] = EMPTY) -> list[Item]:
    return instantiate(Item(ROOT, path, template), given, AddedTextCounter())


def substitutions_of(item: Item) -> Mapping[tuple[str | int, ...], tuple[Parameter, ...]]:
    return item.provenance.substitutions[0] if item.provenance.substitutions else {}


def processed(value: Any, parameters: list[dict[str, Any]], **given: str) -> Any:
    """What becomes of one value in an object."""
    return instances({"objects": [{"kind": "X", "value": value}], "parameters": parameters}, (), given)[0].data["value"]


def param(name: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"name": name, **({} if value is None else {"value": value}), **more}


A, B = param("A", "1"), param("B", "two")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("${A}", "1"),
        ("${A}-${B}-${A}", "1-two-1"),
        ("x${NOBODY}y", "x${NOBODY}y"),
        ("${{A}}", 1),
        ("${{B}}", "two"),
        ("${{NOBODY}}", "${{NOBODY}}"),
        ("a${{A}}", "a${{A}}"),
        ("${{A}} ", "${{A}} "),
        ("${A", "${A"),
        ("$A", "$A"),
        ("${A-B}", "${A-B}"),
        ("$${A}", "$1"),
        (["${A}", {"k": "${B}"}], ["1", {"k": "two"}]),
        ({"${B}": "${A}"}, {"two": "1"}),
        (7, 7),
        (None, None),
        (True, True),
    ],
)
def test_references(written: Any, expected: Any) -> None:
    found = processed(written, [A, B])
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("true", True),
        ("null", None),
        ("0", 0),
        ('{"runAsUser": 0}', {"runAsUser": 0}),
        ("[1, 2]", [1, 2]),
        ('"x"', "x"),
        ("01", "01"),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("{", "{"),
        ("[" * 100_000, "[" * 100_000),
    ],
)
def test_whole_values_are_json_where_they_can_be(value: str, expected: Any) -> None:
    assert processed("${{V}}", [param("V", value)]) == expected


def test_a_value_that_brings_in_a_reference() -> None:
    """library-go replaces reference by reference in the growing text, looking for those of the original one."""
    parameters = [param("A", "${B}"), param("B", "b")]
    assert processed("${A}", parameters) == "${B}"
    assert processed("${A}${B}", parameters) == "b${B}"


@pytest.mark.parametrize(
    ("parameter", "given", "expected"),
    [
        (param("P", "v"), {}, "v"),
        (param("P", "v"), {"P": "w"}, "w"),
        (param("P", "v"), {"OTHER": "w"}, "v"),
        (param("P", 8080), {}, "8080"),
        (param("P", True), {}, "true"),
        (param("P"), {}, ""),
        (param("P", required=False), {}, ""),
        (param("P", required=True), {"P": "w"}, "w"),
        (param("P", generate="expression", **{"from": "[a-z]{8}"}), {"P": "w"}, "w"),
        (param("P", "v", generate="expression", **{"from": "[a-z]{8}"}), {}, "v"),
        (param("P", "v"), {"P": ""}, ""),
    ],
)
def test_where_a_value_comes_from(parameter: dict[str, Any], given: dict[str, str], expected: str) -> None:
    assert processed("${P}", [parameter], **given) == expected


@pytest.mark.parametrize(
    "parameter",
    [
        param("P", required=True),
        param("P", "", required=True),
        param("P", generate="expression", **{"from": "[a-z]{8}"}),
    ],
)
@pytest.mark.parametrize("written", ["${P}", "x-${P}", "${A}${P}", "${{P}}"])
def test_what_nobody_knows(parameter: dict[str, Any], written: str) -> None:
    found = processed(written, [A, parameter])
    assert isinstance(found, Unknown)
    assert found.text == written


def test_the_last_of_a_name_counts() -> None:
    assert processed("${P}", [param("P", "1"), param("P", "2")]) == "2"


def test_keys_of_unknown_parts_stay() -> None:
    assert processed({"${P}": 1}, [param("P", required=True)]) == {"${P}": 1}


@pytest.mark.parametrize("odd", [None, 3, "x", [], [1, None], [{"name": 7}], {}])
def test_odd_templates_do_no_harm(odd: Any) -> None:
    assert instances({"objects": odd, "parameters": odd, "labels": odd}) == [] or isinstance(odd, list)
    assert declared({"parameters": odd}) == frozenset()


def test_namespaces() -> None:
    def namespace(written: Any) -> Any:
        template = {"objects": [{"metadata": {"name": "x", "namespace": written}}], "parameters": [param("NS", "shop")]}
        return instances(template)[0].data["metadata"].get("namespace")

    assert namespace("fixed") is None
    assert namespace("${NS}") == "shop"
    assert namespace("pre-${NS}") == "pre-shop"
    assert namespace("${{NS}}") is None  # that form is no reference where library-go looks for one
    assert namespace(3) is None


def test_labels() -> None:
    template = {
        "labels": {"app": "${APP}", "tier": "web"},
        "objects": [{"metadata": {"labels": {"tier": "db", "own": "1"}}}, {"kind": "NoMetadata"}],
        "parameters": [param("APP", "shop")],
    }
    first, second = instances(template)
    assert first.data["metadata"]["labels"] == {"tier": "web", "own": "1", "app": "shop"}
    assert second.data == {"kind": "NoMetadata"}


def test_a_value_is_decoded_once() -> None:
    objects = [{"metadata": "${{M}}", "a": "${{V}}", "b": "${{V}}"}, {"metadata": "${{M}}", "a": "${{V}}"}]
    parameters = [param("V", "[1, 2]"), param("M", '{"name": "x"}'), param("N", "1")]
    first, second = instances({"objects": objects, "labels": {"app": "shop"}, "parameters": parameters})
    assert first.data["a"] is first.data["b"] is second.data["a"]
    assert first.data["metadata"] == second.data["metadata"] == {"name": "x", "labels": {"app": "shop"}}


@pytest.mark.parametrize(
    ("more", "known"),
    [({"labels": {"app": "${P}"}}, {("labels", "app")}), ({"labels": {}}, set()), ({"labels": "${P}"}, set())],
)
def test_parameters_of_labels_count_where_there_are_labels(more: dict[str, Any], known: set[tuple[str, ...]]) -> None:
    template = {"objects": [{"metadata": {}}, {"metadata": 3}], "parameters": [param("P", "v")], **more}
    assert [set(substitutions_of(i)) for i in instances(template)] == [known, set()]


def test_lists_among_the_objects() -> None:
    template = {"objects": [{"kind": "List", "items": [{"kind": "A"}, {"kind": "B"}]}, {"kind": "C"}]}
    found = instances(template, ("items", 2))
    assert [(i.data["kind"], i.path) for i in found] == [
        ("A", ("items", 2, "objects", 0, "items", 0)),
        ("B", ("items", 2, "objects", 0, "items", 1)),
        ("C", ("items", 2, "objects", 1)),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet="${}AB_x", max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet="kAB", max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_without_parameters_nothing_changes(value: Any) -> None:
    assert processed(value, []) == value


@given(JSON, st.text(max_size=5))
def test_recorded_substitutions_are_where_strings_changed(value: Any, filled: str) -> None:
    template = {
        "objects": [{"kind": "X", "value": value}],
        "parameters": [param("A", filled or "-"), param("B", required=True)],
    }
    instance = instances(template)[0]

    def compare(before: Any, after: Any, path: tuple[Any, ...]) -> None:
        if path in substitutions_of(instance):
            assert isinstance(before, str)
            assert "A}" in before or "B}" in before
        elif isinstance(before, dict):
            assert isinstance(after, dict)
            for key in before:
                compare(before[key], after[key], (*path, key))
        elif isinstance(before, list):
            assert isinstance(after, list)
            for index, item in enumerate(before):
                compare(item, after[index], (*path, index))
        else:
            assert before == after

    compare(value, instance.data["value"], ("objects", 0, "value"))


# From here on whole manifests.

TEMPLATE = """\
apiVersion: template.openshift.io/v1
kind: Template
metadata:
  name: shop
objects:
- apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: ${APP}
  spec:
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web}}
      spec:
        serviceAccountName: web
        containers:
        - name: ${APP}
          image: example/${APP}:${TAG}
          securityContext:
            runAsUser: ${{UID}}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRoleBinding
  metadata: {name: web}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: 'system:openshift:scc:anyuid'}
  subjects:
  - {kind: ServiceAccount, name: web, namespace: '${NAMESPACE}'}
parameters:
- name: APP
  value: front
- name: TAG
  required: true
- name: UID
  value: "0"
- name: NAMESPACE
  required: true
"""


def objects(text: str, **params: str) -> list[ApiObject]:
    extras = Settings(params=params)
    return [obj for document in load_text("t.yaml", text, SUBJECT_KINDS) for obj in expand(document, extras)]


def lint(text: str, **params: str) -> Report:
    return scclint.lint_text(text, filename="t.yaml", config=Config(params=params))


def test_objects_stand_where_the_template_has_them() -> None:
    workload, binding = objects(TEMPLATE)
    assert isinstance(workload, Workload)
    assert (workload.name, workload.path, workload.lines) == ("front", ("objects", 0), (6, 20))
    assert binding.place.span.line == 23
    uid = workload.pod.containers[0].field("securityContext", "runAsUser")
    assert (uid.value, uid.span.line) == (0, 20)


@pytest.mark.parametrize("version", ["template.openshift.io/v1", "v1"])
def test_both_versions(version: str) -> None:
    assert len(objects(TEMPLATE.replace("template.openshift.io/v1", version))) == 2


def test_template_in_json_and_in_a_list() -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Template", "objects": []}]})
    assert objects(text) == []
    inner = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "${N}"}}
    whole = {"apiVersion": "v1", "kind": "Template", "objects": [inner], "parameters": [{"name": "N", "value": "sa"}]}
    assert [(o.name, o.path) for o in objects(json.dumps({"apiVersion": "v1", "kind": "List", "items": [whole]}))] == [
        ("sa", ("items", 0, "objects", 0))
    ]


def test_templates_within_templates() -> None:
    """What an object of the inner one was made from is told for both; the outer one's is held once for all."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "${A}-${B}"}}
    inner = {"apiVersion": "v1", "kind": "Template", "objects": [account, account], "parameters": [param("B", "b")]}
    outer = {"apiVersion": "v1", "kind": "Template", "objects": [inner], "parameters": [param("A", "a")]}
    first, second = objects(json.dumps(outer))
    assert first.name == second.name == "a-b"
    by_inner, by_outer = first.provenance.substitutions
    at = (*first.path, "metadata", "name")
    assert ([p.name for p in by_inner[at]], [p.name for p in by_outer[at]]) == (["B"], ["A"])
    assert by_outer is second.provenance.substitutions[1]


def test_a_namespace_parameter_is_where_the_template_goes() -> None:
    """The binding can only find the service account if the parameter repeats the target namespace."""
    found = [f for f in lint(TEMPLATE).findings if f.rule_id == "SEC201"]
    assert len(found) == 1
    assert any("SCC anyuid admits it" in note for note in found[0].notes)
    assert [(r.message, r.span.line) for r in found[0].flow] == [
        ("ClusterRoleBinding web binds ClusterRole system:openshift:scc:anyuid", 23)
    ]


REFUSED = TEMPLATE.replace("scc:anyuid", "scc:nonroot")
"""No SCC but anyuid and privileged takes user 0."""


@pytest.mark.parametrize(
    ("params", "related"),
    [({}, ("parameter UID has its value here", 33)), ({"UID": "3"}, ("parameter UID is given as '3'", 32))],
)
def test_related_place_of_the_parameter(params: dict[str, str], related: tuple[str, int]) -> None:
    text = REFUSED if not params else REFUSED.replace("scc:nonroot", "scc:restricted")
    found = [f for f in lint(text, **params).findings if f.rule_id == "SCC101"]
    assert len(found) == 1
    assert found[0].span.line == 20
    assert found[0].path == ("objects", 0, "spec", "template", "spec", "containers", 0, "securityContext", "runAsUser")
    assert [(r.message, r.span.line) for r in found[0].related if "parameter" in r.message] == [related]


def test_the_name_of_an_object_decides_nothing() -> None:
    found = [f for f in lint(TEMPLATE).findings if f.span.line == 9]
    assert all("parameter APP" not in r.message for f in found for r in f.related)


def test_unknown_uid_gives_no_verdict() -> None:
    text = TEMPLATE.replace('  value: "0"\n', "  required: true\n")
    report = lint(text)
    assert [f.rule_id for f in report.findings if f.rule_id.startswith(("SCC1", "SEC2"))] == []
    open_ = [f for f in report.findings if f.rule_id == "MAN006" and f.span.line == 20]
    assert len(open_) == 1
    assert "${{UID}}" in open_[0].message
    assert ("parameter UID must be given a value, as with --param", 32) in [(r.message, r.span.line) for r in open_[0].related]


def test_unknown_image_does_not_matter() -> None:
    workload = objects(TEMPLATE)[0]
    assert isinstance(workload, Workload)
    assert first_unknown(workload.pod.manifest) == ("spec", "containers", 0, "image")
    assert workload.partial == ""


def leaves(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(data, dict):
        return [path, *(p for key, value in data.items() for p in leaves(value, (*path, key)))]
    if isinstance(data, list):
        return [path, *(p for index, value in enumerate(data) for p in leaves(value, (*path, index)))]
    return [path]


EVERYTHING = """\
apiVersion: template.openshift.io/v1
kind: Template
parameters: [{name: P, required: true}]
objects:
- apiVersion: security.openshift.io/v1
  kind: SecurityContextConstraints
  metadata: {name: mine}
  priority: 5
  allowPrivilegedContainer: false
  requiredDropCapabilities: [ALL]
  runAsUser: {type: RunAsAny}
  seLinuxContext: {type: MustRunAs}
  fsGroup: {type: RunAsAny}
  supplementalGroups: {type: RunAsAny}
  seccompProfiles: ['*']
  volumes: ['*']
  users: [alice]
  groups: [staff]
- apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRole
  metadata: {name: use-mine}
  rules:
  - {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], resourceNames: [mine], verbs: [use]}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  metadata: {name: use-mine, namespace: '${NS}'}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: use-mine}
  subjects:
  - {kind: ServiceAccount, name: web, namespace: shop}
- apiVersion: v1
  kind: Namespace
  metadata: {name: shop, labels: {openshift.io/run-level: '2'}}
- apiVersion: v1
  kind: ServiceAccount
  metadata: {name: web}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    selector: {matchLabels: {app: web}}
    template:
      metadata:
        labels: {app: web}
        annotations: {seccomp.security.alpha.kubernetes.io/pod: runtime/default, openshift.io/required-scc: mine}
      spec:
        serviceAccountName: web
        hostNetwork: true
        securityContext: {fsGroup: 3}
        volumes:
        - {name: host, hostPath: {path: /}}
        containers:
        - name: web
          image: example/web
          ports: [{containerPort: 80, hostPort: 80}]
          securityContext:
            runAsUser: 1
            privileged: false
            capabilities: {add: [NET_ADMIN], drop: [ALL]}
            seccompProfile: {type: Localhost, localhostProfile: web.json}
- apiVersion: machineconfiguration.openshift.io/v1
  kind: KubeletConfig
  metadata: {name: all}
  spec: {kubeletConfig: {seccompDefault: true}}
"""
"""A Template with something of every kind that rules look at."""


def everything() -> Any:
    return to_data(load_text("t.yaml", EVERYTHING, frozenset())[0].root)


@pytest.mark.parametrize("kind", range(7))
def test_no_rule_stumbles_over_an_unknown_value(kind: int) -> None:
    """Every value in turn is left open, whole parts included."""
    for path in leaves(everything()["objects"][kind])[1:]:
        template = everything()
        at: Any = template["objects"][kind]
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = "${{P}}"
        report = scclint.lint_text(json.dumps(template, indent=1), filename="t.json")
        assert report.crashes == (), path


def test_parameters_that_no_template_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from scclint.cli import main

    file = tmp_path / "t.yaml"
    file.write_text(TEMPLATE, encoding="utf-8")
    main(["check", "--isolated", "--param", "TAG=1", "--param", "TGA=2", str(file)])
    said = capsys.readouterr().err
    assert "parameter TGA was given a value, but no Template has a parameter of that name" in said
    assert "parameter TAG" not in said


@pytest.mark.parametrize("wrong", ["TAG", "=1", ""])
def test_malformed_parameters(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    from scclint.cli import main

    with pytest.raises(SystemExit) as left:
        main(["check", "--isolated", "--param", wrong, "."])
    assert left.value.code == 2
    assert "expected NAME=VALUE" in capsys.readouterr().err
