"""Access to the node that a chart may render when it is installed, and that no view of it renders."""

import time
from pathlib import Path

import pytest

from scclint.deploy.helm.unrendered import ChartSources
from scclint.run.report import Report
from tests.deploy.tools import needs_helm
from tests.running import report_on, write_files

SPEC = """\
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
"""
WEB = f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop}}
{SPEC}      containers: [{{name: c, image: i}}]
"""
EVIL = f"""\
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: evil, namespace: shop}}
{SPEC}      hostPID: true
      containers:
      - name: c
        image: i
        securityContext: {{privileged: true}}
      volumes: [{{name: h, hostPath: {{path: /}}}}]
"""
BINDING = """\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: evil, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: system:openshift:scc:privileged}
subjects: [{kind: ServiceAccount, name: default, namespace: shop}]
"""
CHART = {
    "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    "values.yaml": "more: false\n",
    "templates/web.yaml": WEB,
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def notes(files: dict[str, str]) -> tuple[list[tuple[str, int, str]], list[str]]:
    """The places that the installation decides, and the notices about those that values decide."""
    write_files({f"shop/{name}": text for name, text in {**CHART, **files}.items()})
    return found(report_on(["."]))


def found(report: Report) -> tuple[list[tuple[str, int, str]], list[str]]:
    gaps = [fact for fact in report.findings if fact.kind == "gap"]
    installation = {
        (fact.span.file.removeprefix("shop/"), fact.span.line, fact.message.partition(":")[0]): None
        for fact in gaps
        if "depends on the cluster or the release" in fact.message
    }
    by_values = {
        f"{fact.span.file}:{fact.span.line} {fact.message}": None for fact in gaps if "only other values" in fact.message
    }
    return [*installation], [*by_values]


CONDITIONS = [
    'if lookup "v1" "Namespace" "" "kube-system"',
    'if (lookup "v1" "Secret" "shop" "x").data',
    'if not (empty (lookup "v1" "Node" "" "").items)',
    'if .Capabilities.APIVersions.Has "example.com/v1"',
    'if semverCompare ">=99" .Capabilities.KubeVersion.Version',
    'if hasSuffix ".17" .Capabilities.KubeVersion.Version',
    'if eq .Capabilities.HelmVersion.Version "v3.0.1"',
    'if gt (len .Release.Namespace) 60',
    'if gt (len .Release.Name) 40',
    'if eq .Release.Name "prod"',
    'if eq (index . "Release" "Namespace") "kube-system"',
    'if gt .Release.Revision 7',
    'if eq (now | date "2006") "1999"',
    'if contains "aaaaaa" (randAlpha 4)',
    'if hasPrefix "abcdef" (uuidv4)',
    'if and .Values.more (lookup "v1" "Node" "" "a")',
    'with (lookup "v1" "Node" "" "a")',
    'range (lookup "v1" "Node" "" "").items',
    '$a := lookup "v1" "Node" "" "a" }}{{ if $a',
    '$a := 0 }}{{ if lookup "v1" "Node" "" "a" }}{{ $a = 1 }}{{ end }}{{ if $a',
    '$_ := set .Values "late" (lookup "v1" "Node" "" "a") }}{{ if .Values.late',
    'if eq (include "shop.where" .) "yes"',
    'if tpl .Values.asked .',
]  # fmt: skip
HELPERS = {
    "templates/_helpers.tpl": '{{ define "shop.where" }}{{ include "shop.node" . }}{{ end }}\n'
    '{{ define "shop.node" }}{{ if lookup "v1" "Node" "" "a" }}yes{{ end }}{{ end }}\n',
    "values.yaml": 'on: false\nasked: \'{{ lookup "v1" "Node" "" "a" | len | eq 1 | ternary "y" "" }}\'\n',
}


@needs_helm
@pytest.mark.parametrize("condition", CONDITIONS)
def test_what_the_installation_decides_is_named_with_its_line(condition: str) -> None:
    text = f"{{{{ {condition} }}}}\n{EVIL}{BINDING}{{{{ end }}}}\n"
    installation, by_values = notes({**HELPERS, "templates/evil.yaml": text})
    first = text[: text.index("hostPID")].count("\n") + 1
    grant = text[: text.index("system:openshift")].count("\n") + 1
    assert [place[:2] for place in installation] == [("templates/evil.yaml", first), ("templates/evil.yaml", grant)]
    assert [set(place[2].replace(" and ", ", ").split(", ")) for place in installation] == [
        {"hostPID", "privileged", "hostPath"},
        {"an SCC"},
    ]
    assert by_values == []


LOOKUP = 'lookup "v1" "Node" "" "a"'
ELSEWHERE = {
    "else": ("templates/evil.yaml", f"{{{{ if not ({LOOKUP}) }}}}\n{{{{ else }}}}\n{EVIL}{{{{ end }}}}\n", {}),
    "else if": (
        "templates/evil.yaml",
        f"{{{{ if .Values.more }}}}\n{{{{ else if {LOOKUP} }}}}\n{EVIL}{{{{ end }}}}\n",
        {},
    ),
    "named template": (
        "templates/_evil.tpl",
        f'{{{{ define "evil" }}}}\n{EVIL}{{{{ end }}}}\n',
        {"templates/a.yaml": f'{{{{ if {LOOKUP} }}}}{{{{ include "evil" . }}}}{{{{ end }}}}\n'},
    ),
    "named template of a named template": (
        "templates/_evil.tpl",
        f'{{{{ define "evil" }}}}\n{EVIL}{{{{ end }}}}\n{{{{ define "more" }}}}{{{{ template "evil" . }}}}{{{{ end }}}}\n',
        {"templates/a.yaml": f'{{{{ if {LOOKUP} }}}}{{{{ include "more" . }}}}{{{{ end }}}}\n'},
    ),
    "condition in a named template": (
        "templates/_evil.tpl",
        f'{{{{ define "evil" }}}}\n{{{{ if {LOOKUP} }}}}\n{EVIL}{{{{ end }}}}{{{{ end }}}}\n',
        {"templates/a.yaml": '{{ include "evil" . }}\n'},
    ),
    "choice of a function": (
        "templates/_evil.tpl",
        f'{{{{ define "evil" }}}}\n{EVIL}{{{{ end }}}}\n',
        {"templates/a.yaml": f'{{{{ ternary (include "evil" .) "" (not (empty ({LOOKUP}))) }}}}\n'},
    ),
    "subchart": (
        "charts/sub/templates/evil.yaml",
        f"{{{{ if {LOOKUP} }}}}\n{EVIL}{{{{ end }}}}\n",
        {"charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n"},
    ),
    "text of a file": (
        "files/evil.txt",
        EVIL,
        {"templates/a.yaml": f'{{{{ if {LOOKUP} }}}}\n{{{{ .Files.Get "files/evil.txt" }}}}\n{{{{ end }}}}\n'},
    ),
    "template in a file": (
        "files/evil.txt",
        f"{{{{ if {LOOKUP} }}}}\n{EVIL}{{{{ end }}}}\n",
        {"templates/a.yaml": '{{ tpl (.Files.Get "files/evil.txt") . }}\n'},
    ),
    "values": (
        "values.yaml",
        "evil:\n" + "".join(f"  {line}\n" for line in EVIL.splitlines()),
        {"templates/a.yaml": f"{{{{ if {LOOKUP} }}}}\n{{{{ toYaml .Values.evil }}}}\n{{{{ end }}}}\n"},
    ),
    "template in values": (
        "values.yaml",
        "evil: |\n" + "".join(f"  {line}\n" for line in f"{{{{ if {LOOKUP} }}}}\n{EVIL}{{{{ end }}}}".splitlines()),
        {"templates/a.yaml": "{{ tpl .Values.evil . }}\n"},
    ),
    "another object of the same kind": (
        "templates/evil.yaml",
        f"{EVIL.replace('evil', 'known')}---\n{{{{ if {LOOKUP} }}}}\n{EVIL}{{{{ end }}}}\n",
        {},
    ),
}


@needs_helm
@pytest.mark.parametrize("case", ELSEWHERE)
def test_wherever_the_line_is(case: str) -> None:
    file, text, others = ELSEWHERE[case]
    installation, by_values = notes({file: text, **others})
    line = text[: text.rindex("hostPID")].count("\n") + 1
    assert [place[:2] for place in installation] == [(file, line)]
    assert by_values == []


@needs_helm
@pytest.mark.parametrize(
    "value",
    [
        f"{{{{ not (empty ({LOOKUP})) }}}}",
        "{{ gt (len .Release.Namespace) 60 }}",
        f"{{{{ if {LOOKUP} }}}}true{{{{ else }}}}false{{{{ end }}}}",
        f'{{{{ ternary "true" "false" (not (empty ({LOOKUP}))) }}}}',
    ],
)
@pytest.mark.parametrize("field", ["hostPID", "hostNetwork", "hostIPC"])
def test_a_field_whose_value_the_installation_decides(field: str, value: str) -> None:
    installation, by_values = notes(
        {"templates/web.yaml": WEB.replace("      containers", f"      {field}: {value}\n      containers")}
    )
    assert installation == [("templates/web.yaml", 9, field)]
    assert by_values == []


@needs_helm
@pytest.mark.parametrize(
    "text",
    [
        EVIL,
        f"{{{{ if {LOOKUP} }}}}\n{WEB.replace('web', 'other')}{{{{ end }}}}\n",
        f"{{{{ if not ({LOOKUP}) }}}}\n{EVIL}{{{{ end }}}}\n",
        f'{{{{ if .Capabilities.APIVersions.Has "security.openshift.io/v1" }}}}\n{EVIL}{{{{ end }}}}\n',
        f"{{{{ if .Release.IsUpgrade }}}}\n{EVIL}{{{{ end }}}}\n",
        f"{{{{ if .Release.IsInstall }}}}\n{EVIL}{{{{ end }}}}\n",
        WEB.replace("web", "two").replace("      containers", "      hostPID: {{ .Values.more }}\n      containers"),
        f"{{{{ if {LOOKUP} }}}}\n# hostPID: true\n{{{{/* hostPID: true */}}}}\n{{{{ end }}}}\n",
        '{{ if .Capabilities.APIVersions.Has "policy/v1beta1" }}\napiVersion: policy/v1beta1\nkind: PodSecurityPolicy\n'
        "metadata: {name: a}\nspec:\n  privileged: true\n  hostPID: true\n{{ end }}\n",
        f"{{{{ range $n := list 1 2 }}}}\n---\n{EVIL.replace('evil', 'evil{{ $n }}')}{{{{ end }}}}\n",
    ],
)
def test_what_a_view_renders_needs_no_note(text: str) -> None:
    assert notes({"templates/more.yaml": text}) == ([], [])


@needs_helm
def test_what_values_decide_is_a_gap() -> None:
    more = {f"templates/{name}.yaml": f"{{{{ if .Values.more }}}}\n{EVIL}{{{{ end }}}}\n" for name in "abcde"}
    installation, by_values = notes(more)
    assert installation == []
    said = "hostPID, privileged and hostPath: only other values of chart shop than those in the input render it"
    assert by_values == [f"shop/templates/{name}.yaml:10 {said}" for name in "abcde"]
    assert notes({**more, "ci/on-values.yaml": "more: true\n"}) == ([], []), "a view renders them"


@needs_helm
def test_what_only_a_test_of_helm_creates_needs_no_note() -> None:
    pod = EVIL.replace("namespace: shop}", "namespace: shop, annotations: {helm.sh/hook: test}}")
    assert notes({"templates/tests/a.yaml": pod}) == ([], [])


@needs_helm
@pytest.mark.parametrize(
    "guard",
    [
        'if ne (sha256sum (include "evil" .)) (include "sum" .)',
        'if hasPrefix "scclint" (regexFind "scclint[a-z0-9]*" (include "evil" .))',
    ],
)
def test_a_chart_cannot_show_only_to_scclint_what_it_hides(guard: str) -> None:
    files = {
        "templates/_evil.tpl": f'{{{{ define "evil" }}}}\n{EVIL}{{{{ end }}}}\n{{{{ define "sum" }}}}SUM{{{{ end }}}}\n',
        "templates/known.yaml": EVIL.replace("evil", "known") + "# scclint0123456789abcdefn0x\n",
    }
    write_files({f"shop/{name}": text for name, text in {**CHART, **files}.items()})
    from hashlib import sha256

    rendered = f"\n{EVIL}"
    files["templates/_evil.tpl"] = files["templates/_evil.tpl"].replace("SUM", sha256(rendered.encode()).hexdigest())
    files["templates/a.yaml"] = f'{{{{ {guard} }}}}{{{{ include "evil" . }}}}{{{{ end }}}}\n'
    _, by_values = notes(files)
    assert any(note.startswith("shop/templates/_evil.tpl:") for note in by_values)


@pytest.mark.parametrize(
    "text",
    [
        "{{ if .Values.a }}" * 20_000 + "hostPID: true\n",
        "{{ if .Values.a }}" + "{{ else if .Values.b }}" * 20_000 + "hostPID: true\n",
        "".join(f"{{{{ $a{n} := $a{n + 1} }}}}" for n in range(20_000)) + "{{ $a20000 := now }}{{ if $a0 }}hostPID: true\n",
        "hostPath: {path: /}\n" * 20_000,
        "{{ set " + "a " * 100_000 + "}}hostPID: true\n",
        "---\nhostPID: true\n{{ now }}\n" * 20_000,
        "{{ include `a` . }}" * 20_000 + "hostPID: true\n",
    ],
)
def test_a_hostile_template_ends(tmp_path: Path, text: str) -> None:
    write_files({"templates/a.yaml": text, "values.yaml": "a: '" + "{{ now }}" * 10_000 + "'\n"})
    start = time.process_time()
    sources = ChartSources(str(tmp_path))
    list(sources.reported(sources.places))
    assert time.process_time() - start < 3
