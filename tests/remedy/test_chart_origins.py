"""Each way in which a chart's values reach a pod: the finding stands at the value, and the fix that is proved there holds."""

from pathlib import Path
from textwrap import dedent, indent

import pytest

from tests.deploy.tools import needs_helm
from tests.remedy.test_kustomize import fixed
from tests.running import write_below

pytestmark = needs_helm

HEAD = """apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: a}}}}
  template:
    metadata: {{labels: {{app: a}}}}
    spec:
"""
CONTAINERS = "      containers:\n        - {name: main, image: registry.example/a:1}\n"


def deployment(spec: str, name: str = "web") -> str:
    """A Deployment with this pod, whose indentation is cut."""
    return HEAD.format(name=name) + indent(dedent(spec), "      ")


def with_pod_context(text: str) -> str:
    """A Deployment whose pod has this context and one container."""
    return deployment(text) + CONTAINERS


def chart(template: str, values: str, folder: str = "web", **more: str) -> dict[str, str]:
    name = folder.rpartition("/")[2]
    return {
        f"{folder}/Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 0.1.0\n",
        f"{folder}/templates/web.yaml": template,
        f"{folder}/values.yaml": dedent(values),
        **{f"{folder}/templates/_{file}.tpl": dedent(text) for file, text in more.items()},
    }


PASSED = with_pod_context("securityContext: {{- toYaml .Values.podSecurityContext | nindent 8 }}\n")
ONE = "podSecurityContext:\n  runAsUser: 1000\n"
OF_CONTAINER = deployment("""\
    containers:
      - name: main
        image: registry.example/a:1
        securityContext: {{- toYaml .Values.sc | nindent 12 }}
      - name: second
        image: registry.example/b:1
        securityContext: {{- toYaml .Values.sc | nindent 12 }}
    """)
APPLICATION = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: openshift-gitops}
spec:
  destination: {server: https://kubernetes.default.svc, namespace: shop}
  source:
    repoURL: ''
    path: web
    helm:
      valuesObject:
        podSecurityContext:
          runAsUser: 1001
"""

CASES: dict[str, tuple[dict[str, str], str, int]] = {
    "one key": (chart(PASSED, ONE), "web/values.yaml", 2),
    "two keys under with": (
        chart(
            with_pod_context("""\
            {{- with .Values.podSecurityContext }}
            securityContext:
              {{- toYaml . | nindent 8 }}
            {{- end }}
            """),
            "podSecurityContext:\n  runAsUser: 1000\n  fsGroup: 2000\n",
        ),
        "web/values.yaml",
        3,
    ),
    "a scalar": (
        chart(with_pod_context("securityContext: {runAsUser: {{ .Values.user }}}\n"), "other: 1\nuser: 1000\n"),
        "web/values.yaml",
        2,
    ),
    "text that is YAML": (
        chart(
            with_pod_context('{{- include "pod" . | fromYaml | toYaml | nindent 6 }}\n'),
            ONE,
            pod='{{- define "pod" }}\nsecurityContext:\n{{ toYaml .Values.podSecurityContext | indent 2 }}\n{{- end }}\n',
        ),
        "web/values.yaml",
        2,
    ),
    "a helper with a default": (
        chart(
            with_pod_context('securityContext:\n  {{- include "ctx" . | nindent 8 }}\n'),
            "podSecurityContext:\n  runAsUser: 1000\n  fsGroup: 1000\n",
            ctx="""\
            {{- define "ctx" -}}
            {{- with .Values.podSecurityContext -}}
            {{- toYaml . -}}
            {{- else -}}
            runAsUser: 33099
            {{- end -}}
            {{- end -}}
            """,
        ),
        "web/values.yaml",
        3,
    ),
    "a switch beside": (
        chart(
            with_pod_context("""\
            {{- if .Values.podSecurityContext.enabled }}
            securityContext: {{- omit .Values.podSecurityContext "enabled" | toYaml | nindent 8 }}
            {{- end }}
            """),
            "podSecurityContext:\n  enabled: true\n  runAsUser: 1000\n",
        ),
        "web/values.yaml",
        3,
    ),
    "two containers": (chart(OF_CONTAINER, "sc:\n  runAsUser: 1000\n"), "web/values.yaml", 2),
    "a list of sidecars": (
        chart(
            deployment("containers: {{- toYaml .Values.sidecars | nindent 8 }}\n"),
            "sidecars:\n  - name: main\n    image: a\n    securityContext:\n      runAsUser: 1000\n",
        ),
        "web/values.yaml",
        5,
    ),
    "a list that is gone through": (
        chart(
            deployment("""\
            initContainers:
              {{- range .Values.init }}
              - name: {{ .name }}
                image: registry.example/i:1
                securityContext:
                  runAsUser: {{ .user }}
              {{- end }}
            """)
            + CONTAINERS,
            "init:\n  - name: first\n    user: 1000\n",
        ),
        "web/values.yaml",
        3,
    ),
    "a mapping that is gone through": (
        chart(
            with_pod_context("""\
            securityContext:
              {{- range $key, $value := .Values.podSecurityContext }}
              {{ $key }}: {{ $value }}
              {{- end }}
            """),
            ONE,
        ),
        "web/values.yaml",
        2,
    ),
    "a text that is a template": (
        chart(
            with_pod_context("securityContext: {{- tpl (toYaml .Values.podSecurityContext) . | nindent 8 }}\n"),
            "uid: 1000\npodSecurityContext:\n  runAsUser: {{ .Values.uid }}\n".replace("{{ .Values.uid }}", "1001"),
        ),
        "web/values.yaml",
        3,
    ),
    "a global value": (
        chart(with_pod_context("securityContext: {runAsUser: {{ .Values.global.uid }}}\n"), "global:\n  uid: 1000\n"),
        "web/values.yaml",
        2,
    ),
    "coalesce": (
        chart(
            with_pod_context("securityContext: {{- coalesce .Values.own .Values.podSecurityContext | toYaml | nindent 8 }}\n"),
            "own: {}\n" + ONE,
        ),
        "web/values.yaml",
        3,
    ),
    "merge": (
        chart(
            with_pod_context(
                "securityContext: {{- merge (dict) .Values.podSecurityContext .Values.defaults | toYaml | nindent 8 }}\n"
            ),
            "podSecurityContext: {fsGroupChangePolicy: Always}\ndefaults:\n  runAsUser: 1000\n",
        ),
        "web/values.yaml",
        3,
    ),
    "a value of a file": (
        {**chart(PASSED, "podSecurityContext: {}\n"), "web/ci/edge-values.yaml": "# Edge.\n" + ONE},
        "web/ci/edge-values.yaml",
        3,
    ),
    "a subchart": (
        {**chart("", "{}\n", "shop"), **chart(PASSED, ONE, "shop/charts/web")},
        "shop/charts/web/values.yaml",
        2,
    ),
    "a subchart with an alias": (
        {
            **chart("", "db:\n  podSecurityContext:\n    runAsUser: 1002\n", "shop"),
            **chart(PASSED, ONE, "shop/charts/web"),
            "shop/Chart.yaml": (
                "apiVersion: v2\nname: shop\nversion: 0.1.0\n"
                "dependencies:\n  - {name: web, alias: db, version: 0.1.0, repository: ''}\n"
            ),
        },
        "shop/values.yaml",
        3,
    ),
    "a global value of an umbrella": (
        {
            **chart("", "global:\n  uid: 1000\n", "shop"),
            **chart(with_pod_context("securityContext: {runAsUser: {{ .Values.global.uid }}}\n"), "{}\n", "shop/charts/web"),
        },
        "shop/values.yaml",
        2,
    ),
    "an Application": (
        {**chart(PASSED, "podSecurityContext: {}\n"), "apps/web.yaml": APPLICATION},
        "apps/web.yaml",
        12,
    ),
}

CASES |= {
    "an Application with a text of values": (
        {
            **chart(PASSED, "podSecurityContext: {}\n"),
            "apps/web.yaml": APPLICATION.replace("valuesObject:", "values: |"),
        },
        "apps/web.yaml",
        12,
    ),
    "a HelmRelease": (
        {
            **chart(PASSED, "podSecurityContext: {}\n"),
            "apps/web.yaml": """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: flux-system}
spec:
  chart: {spec: {chart: ./web, sourceRef: {kind: GitRepository, name: g}}}
  values:
    podSecurityContext:
      fsGroup: 1000
""",
        },
        "apps/web.yaml",
        8,
    ),
    "a template in a text of values": (
        chart(
            with_pod_context("{{- tpl .Values.pod . | nindent 6 }}\n"),
            "pod: |\n  securityContext:\n    runAsUser: 1000\n",
        ),
        "web/values.yaml",
        1,
    ),
    "a value that names another": (
        chart(
            with_pod_context("securityContext:\n  runAsUser: {{ tpl .Values.user . }}\n"),
            "uid: 1000\nuser: '{{ .Values.uid }}'\n",
        ),
        "web/values.yaml",
        1,
    ),
}
PLACES_ALONE = ("an Application", "an Application with a text of values", "a HelmRelease", "a template in a text of values")
"""Cases whose values no fix edits: they are in the object that deploys the chart, or are a template themselves."""

LITERALS: dict[str, tuple[dict[str, str], str, int]] = {
    "a literal": (chart(with_pod_context("securityContext:\n  runAsUser: 1000\n"), "a: 1000\n"), "web/templates/web.yaml", 10),
    "a default of a template": (
        chart(with_pod_context("securityContext:\n  runAsUser: {{ .Values.user | default 1000 }}\n"), "a: 1000\n"),
        "web/templates/web.yaml",
        10,
    ),
    "a default of a helper": (
        chart(
            with_pod_context('securityContext:\n  {{- include "ctx" . | nindent 8 }}\n'),
            "podSecurityContext: {}\n",
            ctx="""\
            {{- define "ctx" -}}
            {{- with .Values.podSecurityContext -}}
            {{- toYaml . -}}
            {{- else -}}
            runAsUser: 33099
            {{- end -}}
            {{- end -}}
            """,
        ),
        "web/templates/_ctx.tpl",
        5,
    ),
    "a literal of a helper of a helper": (
        chart(
            with_pod_context('securityContext:\n  runAsUser: {{ include "user" . }}\n'),
            "a: 1000\n",
            ctx="""\
            {{- define "user" -}}
            {{- include "uid" . -}}
            {{- end -}}
            {{- define "uid" -}}
            {{- 1000 -}}
            {{- end -}}
            """,
        ),
        "web/templates/_ctx.tpl",
        5,
    ),
    "a value that two lines of a helper have": (
        chart(
            with_pod_context('securityContext:\n  runAsUser: {{ include "user" . }}\n'),
            "a: 1000\n",
            ctx="""\
            {{- define "user" -}}
            {{- if .Values.a -}}
            {{- 1000 -}}
            {{- else -}}
            {{- default 1000 .Values.b -}}
            {{- end -}}
            {{- end -}}
            """,
        ),
        "web/templates/web.yaml",
        10,
    ),
}

DEFAULTS = """\
    {{- define "ctx" -}}
    {{- $defaults := dict "runAsUser" 33099 "fsGroupChangePolicy" "Always" -}}
    {{- toYaml (.Values.podSecurityContext | default $defaults) -}}
    {{- end -}}
    """
"""A helper whose defaults for an empty mapping have no lines of their own."""


@pytest.mark.parametrize("case", LITERALS)
def test_the_finding_is_at_the_line_that_has_the_value(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, file, line = LITERALS[case]
    write_below(tmp_path, files)
    found = fixed(tmp_path, monkeypatch)
    assert (found.span.file, found.span.line) == (file, line)
    assert found.fix is not None


def test_the_values_take_the_place_of_the_defaults_of_a_helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = with_pod_context('securityContext: {{- include "ctx" . | fromYaml | toYaml | nindent 8 }}\n')
    write_below(tmp_path, chart(template, "a: 1\npodSecurityContext: {}\n", ctx=DEFAULTS))
    found = fixed(tmp_path, monkeypatch)
    assert (found.span.file, found.span.line) == ("web/values.yaml", 2)
    assert found.fix is not None
    assert "podSecurityContext: {fsGroupChangePolicy: Always}" in found.fix.title


def test_a_value_that_is_added_to_the_defaults_of_a_helper_replaces_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = with_pod_context('securityContext: {{- include "ctx" . | fromYaml | toYaml | nindent 8 }}\n')
    merged = DEFAULTS.replace(
        "(.Values.podSecurityContext | default $defaults)", "(merge .Values.podSecurityContext $defaults)"
    )
    write_below(tmp_path, chart(template, "podSecurityContext: {}\n", ctx=merged))
    found = fixed(tmp_path, monkeypatch)
    assert (found.span.file, found.span.line) == ("web/templates/_ctx.tpl", 2)
    assert found.fix is None


def test_a_list_of_values_that_is_named_like_containers_gets_no_probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = deployment("""\
        securityContext: {{- .Values.pod | toYaml | nindent 8 }}
        initContainers:
          {{- toYaml .Values.extraInitContainers | nindent 8 }}
          - {name: first, image: registry.example/a:1, securityContext: {{- .Values.first | toYaml | nindent 12 }}}
        """).replace("{{- .Values.first | toYaml | nindent 12 }}", "{{ toJson .Values.first }}")
    values = "pod: {fsGroup: 0}\nfirst: {runAsUser: 1000}\nextraInitContainers: {}\n"
    write_below(
        tmp_path,
        chart(
            template.replace("toYaml .Values.extra", "with .Values.extra").replace(
                "Containers | nindent 8 }}", "Containers }}{{ toYaml . | nindent 8 }}{{ end }}"
            )
            + CONTAINERS,
            values,
        ),
    )
    found = fixed(tmp_path, monkeypatch)
    assert (found.span.file, found.span.line) == ("web/values.yaml", 1)


@pytest.mark.parametrize("case", CASES)
def test_the_finding_is_at_the_value_and_the_fix_holds(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, file, line = CASES[case]
    write_below(tmp_path, files)
    found = fixed(tmp_path, monkeypatch)
    assert (found.span.file, found.span.line) == (file, line)
    if case in PLACES_ALONE:
        return
    assert found.fix is not None, found.no_fix
    assert all(edit.file.endswith(".yaml") and "templates" not in edit.file for edit in found.fix.edits)
