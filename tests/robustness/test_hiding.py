"""No document can keep a workload from being seen: the findings are the same whether or not documents are passed over unread."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from scclint import lint, lint_text
from scclint.finding import Finding

SPEC = "{containers: [{name: app, image: a, securityContext: {privileged: true}}]}"


def findings(text: str) -> list[Finding]:
    return list(lint_text(text, "f.yaml").findings)


def test_the_disguises_do_hide_something_from_a_naive_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison would notice: a filter that only looks for a line `kind: ConfigMap` loses this Pod."""
    text = f'kind: ConfigMap\napiVersion: v1\nmetadata: {{name: hidden}}\nspec: {SPEC}\n"kind": Pod\n'
    assert any(f.rule_id == "SCC102" for f in findings(text))
    with pytest.raises(AssertionError), monkeypatch.context() as naive:
        naive.setattr(
            "scclint.objects.documents.other_kind",
            lambda chunk, kinds: ("ConfigMap", "v1") if "kind: ConfigMap\n" in chunk.text else None,
        )
        seen = findings(text)
        naive.setattr("scclint.objects.documents.other_kind", lambda *_: None)
        assert findings(text) == seen


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("# {{\nx: " + "[" * 300 + "]" * 300, "nested deeper"),
        ("# {{\nb: &b [" + "[]," * 2000 + "]\nx: [" + "*b," * 150 + "]", "expand to more"),
        ("# {{\nx: {a: [" + ",".join(f"h{i}:'{i}" for i in range(20)) + "]}", ""),
    ],
)
def test_too_large_does_not_pass_for_a_template(text: str, why: str) -> None:
    """Template source is passed over quietly; what the cluster might take must not be, whatever braces stand in a comment."""
    report = lint_text(f"apiVersion: v1\nkind: Pod\nmetadata: {{name: hidden}}\nspec: {SPEC}\n{text}\n", "f.yaml")
    if why:
        (finding,) = report.findings
        assert finding.rule_id == "MAN001"
        assert why in finding.message
        assert report.tally.unparsable == 1
    assert report.findings or report.tally.unsupported == 1


def test_submodule_that_is_called_like_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    import subprocess

    from scclint.files import SourceFile, discover

    outer = tmp_path_factory.mktemp("outer")
    inner = outer / "x.yaml"
    inner.mkdir()
    (inner / "pod.yaml").write_text("a: b\n", encoding="utf-8")
    identity = [
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@example",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "advice.addEmbeddedRepo=false",
    ]
    for folder in (inner, outer):
        for argv in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
            subprocess.run(["git", *identity, *argv], cwd=folder, check=True, capture_output=True)
    monkeypatch.chdir(outer)
    assert [item.display for item in discover(["."]) if isinstance(item, SourceFile)] == ["x.yaml/pod.yaml"]


POD = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: evil}}\nspec: {SPEC}\n"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


@pytest.mark.parametrize("border", ["---#x: |", "---#", "---\u00a0# x", "---\u3000", "---\v", "---\u2003#"])
@pytest.mark.parametrize("before", [CONFIG_MAP, POD, f"{CONFIG_MAP}data:\n  x: 'a\n"])
def test_a_border_that_kubectl_alone_sees(border: str, before: str) -> None:
    """It cuts at lines that begin with dashes and have only white space or a comment behind them, for all that YAML says."""
    text = f"{before}{border}\n" + "".join(f" {line}\n" for line in POD.splitlines())
    (found,) = (f for f in lint_text(text, "x.yaml").findings if f.rule_id == "MAN001")
    assert found.span.line == before.count("\n") + 1
    assert "kubectl takes this line for the border of two documents" in found.message


@pytest.mark.parametrize("text", [f"---#x\n{POD}", f"--- # x\n{POD}--- # y\n{CONFIG_MAP}", f"---\t\n{POD}---x: 1\n"])
def test_what_is_no_such_border(text: str) -> None:
    assert not [f for f in lint_text(text, "x.yaml").findings if "border" in f.message]


@pytest.mark.parametrize(
    "root",
    [
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n",
        "apiVersion: v1\nkind: PodList\n",
        "apiVersion: v1\nkind: PodList\nmetadata: {name: a}\n",
    ],
)
def test_items_without_a_kind_have_that_of_the_root(root: str) -> None:
    """As in kubectl, for which whatever has a list of items is a list."""
    text = f"{root}items:\n- metadata: {{name: evil}}\n  spec: {SPEC}\n"
    assert {f.subject.name for f in lint_text(text, "x.yaml").findings if f.rule_id == "SCC102"} == {"evil"}


BLANKS = ("", "kind:, apiVersion:", "kind: '', apiVersion: ", "kind: ~, apiVersion: ''", "kind: ''", "apiVersion:")


@pytest.mark.parametrize("blank", BLANKS)
def test_an_item_without_kind_and_version_has_those_of_its_typed_list(blank: str) -> None:
    fields = "".join(f"  {field.strip()}\n" for field in blank.split(","))
    item = f"- metadata: {{name: evil, namespace: x}}\n{fields}  spec: {SPEC}\n"
    report = lint_text(f"apiVersion: v1\nkind: PodList\nitems:\n{item}", "x.yaml")
    assert {f.subject.name for f in report.findings if f.rule_id == "SCC102"} == {"evil"}
    assert not [f for f in report.findings if f.rule_id == "MAN002"]


def test_a_typed_list_of_bindings_has_bindings() -> None:
    subject = "{kind: Group, name: g, apiGroup: rbac.authorization.k8s.io}"
    role = "{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: 'system:openshift:scc:privileged'}"
    item = f"- {{kind: '', metadata: {{name: b}}, roleRef: {role}, subjects: [{subject}]}}\n"
    text = f"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBindingList\nitems:\n{item}"
    assert "RBA402" in [f.rule_id for f in lint_text(text, "x.yaml").findings]


@pytest.mark.parametrize(
    ("fields", "missing"), [("kind: Pod", "apiVersion"), ("apiVersion: v1", "kind"), ("kind: '', apiVersion: v1", "kind")]
)
@pytest.mark.parametrize("root", ["apiVersion: v1\nkind: PodList\n", "apiVersion: v1\nkind: List\n"])
def test_an_item_with_one_of_kind_and_version_is_refused(root: str, fields: str, missing: str) -> None:
    item = f"- {{{fields}, metadata: {{name: evil}}, spec: {SPEC}}}\n"
    (finding,) = lint_text(f"{root}items:\n{item}", "x.yaml").findings
    assert (finding.rule_id, finding.span.line) == ("MAN002", 4)
    assert f"{missing}: Required value" in finding.message


POLICY = "apiVersion: policy.open-cluster-management.io/v1\nkind: ConfigurationPolicy\nmetadata: {name: p}\nspec:\n"
ENTRY = "  object-templates:\n  - complianceType: musthave\n    objectDefinition: "
TEMPLATE = "apiVersion: template.openshift.io/v1\nkind: Template\nparameters:\n- "
OPEN_KINDS = {
    f"{POLICY}{ENTRY}{{apiVersion: v1, kind: '{{{{ \"Pod\" }}}}', metadata: {{name: evil}}, spec: {SPEC}}}\n": '{{ "Pod" }} evil',
    f'{POLICY}{ENTRY}\'{{{{ fromSecret "a" "b" | toLiteral }}}}\'\n': '{{ fromSecret "a" "b" | toLiteral }}',
    f"{TEMPLATE}{{name: K, generate: expression, from: Pod}}\nobjects:\n- {{apiVersion: v1, kind: '${{K}}', spec: {SPEC}}}\n": "${K}",
    f"{TEMPLATE}{{name: V, required: true}}\nobjects:\n- {{apiVersion: '${{V}}', kind: Pod, spec: {SPEC}}}\n": "Pod",
}


@pytest.mark.parametrize(("text", "called"), OPEN_KINDS.items(), ids=range(len(OPEN_KINDS)))
def test_an_object_whose_kind_is_filled_in_later_is_told(text: str, called: str) -> None:
    notices = [notice.message for notice in lint_text(text, "x.yaml").notices]
    assert [n.partition(": ")[2] for n in notices if "not judged" in n] == [
        f"{called}: not judged, because its kind has a placeholder"
    ]


def test_a_raw_template_within_a_policy_is_told() -> None:
    raw = f"    object-templates-raw: |\n      {{{{ range .x }}}}\n      - objectDefinition: {{spec: {SPEC}}}\n      {{{{ end }}}}\n"
    inner = POLICY.replace("\n", "\n      ").rstrip() + "\n    " + raw.replace("\n", "\n    ").rstrip()
    outer = "apiVersion: policy.open-cluster-management.io/v1\nkind: Policy\nmetadata: {name: p}\nspec:\n  policy-templates:\n"
    report = lint_text(f"{outer}  - objectDefinition:\n      {inner}\n", "x.yaml")
    assert [(f.kind, f.what, f.message.partition("; ")[0]) for f in report.findings] == [
        (
            "gap",
            "privileged",
            "ConfigurationPolicy p: not judged, because scclint does not know which pods kind ConfigurationPolicy creates",
        )
    ]


@pytest.mark.parametrize(
    "spec",
    [
        '  "containe\\x72s": [{image: a}]\n',
        "  ? containers\n  : [{image: a}]\n",
        '  "securityContex\\u0074": {runAsUser: 0}\n',
        "  a:\n  - ? containers\n    : [{image: a}]\n",
    ],
)
def test_containers_of_an_unknown_kind_are_told_however_they_are_spelled(spec: str) -> None:
    report = lint_text(f"apiVersion: example.org/v1\nkind: Foo\nmetadata: {{name: a}}\nspec:\n{spec}", "x.yaml")
    assert ["Foo a: not judged" in notice.message for notice in report.notices] == [True]


@pytest.mark.parametrize(
    "broken",
    ["# {{\nx: [a\n", "x: [a # {{ b }}\n", "x: '{{ a }}\n", "x: {a: b\n# {{ .Values.x }}\n", "\t{{ a }}: [\n"],
)
def test_a_broken_manifest_does_not_pass_for_a_template(broken: str) -> None:
    (finding,) = lint_text(f"{POD}{broken}", "f.yaml").findings
    assert finding.rule_id == "MAN001"


@pytest.mark.parametrize(
    "source",
    [
        "image: {{ .Values.image }}\n",
        "{{- if .Values.x }}\na: {b: {{ .c }}}\n{{- end }}\n",
        "a:\n  {{- toYaml .Values.x | nindent 2 }}\nb: {{ .x }}-{{ .y }}\n",
        "{% if x %}\na: 1\n{% endif %}\nb: {{ x }}\n",
    ],
)
def test_actions_of_a_template_outside_of_a_chart_hide_no_pod(source: str) -> None:
    plain, template = lint_text(POD, "f.yaml"), lint_text(f"{POD}{source}", "f.yaml")
    assert plain.findings
    assert {f.rule_id for f in plain.findings if f.kind != "advice"} <= {f.rule_id for f in template.findings}


@pytest.mark.parametrize("name", [".gitignore", ".git/info/exclude", "k/.gitignore"])
def test_a_fifo_in_place_of_ignore_rules_stalls_nothing(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    from scclint.files import listed_by_git

    folder = tmp_path_factory.mktemp("work")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    (folder / "k").mkdir()
    fifo = folder / name
    fifo.unlink(missing_ok=True)
    fifo.parent.mkdir(exist_ok=True)
    os.mkfifo(fifo)
    assert listed_by_git(str(folder / "k")) is None


@pytest.mark.parametrize("version", ["", "apiVersion:\n", "apiVersion: ~\n", 'apiVersion: ""\n'])
def test_kubectl_creates_a_pod_without_a_version(version: str) -> None:
    report = lint_text(f"{version}kind: Pod\nmetadata: {{name: evil, namespace: x}}\nspec: {SPEC}\n", "f.yaml")
    assert report.tally.workloads == 1
    assert "SCC102" in {finding.rule_id for finding in report.findings}


@pytest.mark.parametrize("kind", ["FIFO below", "device below", "FIFO in the settings"])
def test_git_does_not_wait_for_rules_below_the_folder(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "web.yaml").write_text(POD)
    odd = folder / ".gitignore"
    if kind == "device below":
        odd.symlink_to("/dev/zero")
    elif kind == "FIFO below":
        os.mkfifo(odd)
    else:
        os.mkfifo(tmp_path / "rules")
        subprocess.run(["git", "config", "core.excludesFile", "rules"], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    began = time.monotonic()
    report = lint(["."])
    assert time.monotonic() - began < 30
    assert (report.tally.workloads, report.crashes) == (1, ())


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("rbac.authorization.k8s.io/aggregate-to-view", "admin"),
        ("rbac.authorization.k8s.io/aggregate-to-cluster-reader", "cluster-reader"),
        ("rbac.authorization.k8s.io/aggregate-to-view", "cluster-reader"),
        ("storage.openshift.io/aggregate-to-storage-admin", "storage-admin"),
        ("authorization.openshift.io/aggregate-to-basic-user", "basic-user"),
    ],
)
def test_a_grant_through_an_aggregated_role_of_the_release(label: str, role: str) -> None:
    rules = "[{apiGroups: [security.openshift.io], resources: [securitycontextconstraints], resourceNames: [privileged], verbs: [use]}]"
    api = "apiVersion: rbac.authorization.k8s.io/v1\n"
    innocent = f"{api}kind: ClusterRole\nmetadata: {{name: innocent, labels: {{{label}: 'true'}}}}\nrules: {rules}\n"
    refers = f"roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}\n"
    subjects = "subjects: [{kind: ServiceAccount, name: web, namespace: shop}]\n"
    binding = f"{api}kind: ClusterRoleBinding\nmetadata: {{name: b}}\n{refers}{subjects}"
    findings = lint_text(f"{innocent}---\n{binding}", "x.yaml").findings
    assert [f.subject.name for f in findings if f.rule_id == "RBA402"] == ["b"]


CARRIED_SCC = "{apiVersion: security.openshift.io/v1, kind: SecurityContextConstraints, metadata: {name: evil}}"
_RULE = (
    "{apiGroups: [security.openshift.io], resources: [securitycontextconstraints], resourceNames: [privileged], verbs: [use]}"
)
CARRIED = {
    "SCC": CARRIED_SCC,
    "role": f"{{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {{name: r}}, rules: [{_RULE}]}}",
    "binding": "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: b}, roleRef: {apiGroup: "
    "rbac.authorization.k8s.io, kind: ClusterRole, name: 'system:openshift:scc:privileged'}, "
    "subjects: [{kind: ServiceAccount, name: web, namespace: shop}]}",
}
CARRIERS_UNKNOWN = {
    "Crossplane": "apiVersion: kubernetes.crossplane.io/v1alpha2\nkind: Object\nmetadata: {name: c}\nspec:\n  forProvider: {manifest: %s}\n",
    "kro": "apiVersion: kro.run/v1alpha1\nkind: ResourceGraphDefinition\nmetadata: {name: c}\nspec:\n  resources: [{id: a, template: %s}]\n",
    "JSON": '{"apiVersion": "kratix.io/v1", "kind": "Promise", "metadata": {"name": "c"}, "spec": [%s]}',
}


_INSIDE = {"Crossplane": ("spec", "forProvider", "manifest"), "kro": ("spec", "resources", 0, "template"), "JSON": ("spec", 0)}
"""Where each of these has the object."""


@pytest.mark.parametrize("carrier", CARRIERS_UNKNOWN)
@pytest.mark.parametrize(
    ("carried", "rule"),
    [
        ([CARRIED_SCC], "SCC301"),
        ([CARRIED["role"], CARRIED["binding"].replace("system:openshift:scc:privileged", "r")], "RBA402"),
        ([CARRIED["binding"]], "RBA402"),
    ],
    ids=CARRIED,
)
def test_a_grant_that_an_unknown_kind_carries_is_judged_in_its_place(carrier: str, carried: list[str], rule: str) -> None:
    alone = lint_text("\n---\n".join(carried), "x.yaml").findings
    text = "\n---\n".join(CARRIERS_UNKNOWN[carrier] % one for one in carried)
    report = lint_text(text, "x.yaml")
    assert rule in [f.rule_id for f in alone]
    assert [(f.rule_id, f.severity, f.message, f.path) for f in report.findings] == [
        (f.rule_id, f.severity, f.message, (*_INSIDE[carrier], *f.path)) for f in alone
    ]
    (place,) = {f.span.line for f in report.findings}
    assert carried[-1] in text.splitlines()[place - 1]
    assert not report.notices


@pytest.mark.parametrize("carrier", CARRIERS_UNKNOWN.values(), ids=CARRIERS_UNKNOWN)
@pytest.mark.parametrize("carried", CARRIED.values(), ids=CARRIED)
def test_a_grant_without_a_version_that_an_unknown_kind_carries_is_told(carrier: str, carried: str) -> None:
    (notice,) = lint_text(carrier % f"{{{carried.partition(', ')[2]}", "x.yaml").notices
    assert notice.level == "warning"
    assert " c: not judged: it carries an SCC or a grant of one" in notice.message


def test_a_raw_template_of_a_policy_that_makes_a_grant_is_told() -> None:
    raw = f"  object-templates-raw: |\n    {{{{ range .x }}}}\n    - objectDefinition: {CARRIED_SCC}\n    {{{{ end }}}}\n"
    (gap,) = lint_text(f"{POLICY}{raw}", "x.yaml").findings
    assert (gap.kind, gap.what) == ("gap", "an SCC")
    assert gap.message.startswith("ConfigurationPolicy p: not judged")


@pytest.mark.parametrize(
    "spec",
    [
        "clusterResourceWhitelist: [{group: security.openshift.io, kind: SecurityContextConstraints}]",
        "rules: [{resources: [securitycontextconstraints], operations: [CREATE]}]",
        "refs: [{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, name: 'system:openshift:scc:privileged'}]",
        "manifest: {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: a}, rules: [{resources: [pods]}]}",
    ],
)
def test_what_only_names_sccs_carries_no_grant(spec: str) -> None:
    report = lint_text(f"apiVersion: example.org/v1\nkind: Foo\nmetadata: {{name: a}}\nspec:\n  {spec}\n", "x.yaml")
    assert not report.notices
