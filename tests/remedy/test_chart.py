"""Fixes of what a chart renders to: a value in a values file, rendered again before it is shown, or the place in words."""

import re
import tarfile
from pathlib import Path
from shutil import rmtree

import pytest

from scclint.finding import Finding
from scclint.remedy.proofs import with_few_fixes
from scclint.run.run import report_of
from tests.deploy.tools import needs_helm, needs_kustomize
from tests.remedy.test_kustomize import after, findings, fixed
from tests.running import run_over, write_below

pytestmark = needs_helm

TEMPLATE = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
    spec:
      serviceAccountName: web
      {{- with .Values.podSecurityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      hostNetwork: {{ .Values.hostNetwork }}
      containers:
        - name: web
          image: registry.example/web:1
          securityContext:
            {{- toYaml .Values.securityContext | nindent 12 }}
"""

CRON_JOB = """apiVersion: VERSION
kind: CronJob
metadata: {name: web, namespace: shop}
spec:
  schedule: {{ .Values.schedule | default "@daily" | quote }}
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: web, image: "registry.example/web:1"}]
"""

VALUES = """# The pod.
podSecurityContext: {}
  # fsGroup: 2000

securityContext:
  runAsUser: 1001
  runAsNonRoot: true
hostNetwork: false
"""

CHART = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    "web/templates/web.yaml": TEMPLATE,
    "web/values.yaml": VALUES,
}


def test_a_value_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_below(tmp_path, CHART)
    found = fixed(tmp_path, monkeypatch)
    assert after(tmp_path, found) == {"web/values.yaml": VALUES.replace("  runAsUser: 1001\n", "")}
    assert found.fix is not None
    assert found.fix.title == (
        "Set `securityContext: {runAsUser: null}` in your own values (with helm: `--set securityContext.runAsUser=null`), "
        "or, for all users of the chart, remove runAsUser: 1001 in web/values.yaml, line 6."
    )


def test_the_last_value_leaves_an_empty_mapping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = VALUES.replace("  runAsNonRoot: true\n", "")
    write_below(tmp_path, {**CHART, "web/values.yaml": values})
    edited = after(tmp_path, fixed(tmp_path, monkeypatch))["web/values.yaml"]
    assert edited == values.replace("securityContext:\n  runAsUser: 1001\n", "securityContext: {}\n")


def test_a_value_is_written_below_a_key_that_the_template_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = VALUES.replace("  runAsUser: 1001\n", "")
    write_below(tmp_path, {**CHART, "web/values.yaml": values})
    edited = after(tmp_path, fixed(tmp_path, monkeypatch, "SEC210"))["web/values.yaml"]
    assert edited.startswith("# The pod.\npodSecurityContext:\n  seccompProfile:\n    type: RuntimeDefault\n")
    assert "  # fsGroup: 2000\n" in edited


def test_the_values_of_the_view_are_edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = VALUES.replace("  runAsUser: 1001\n", "")
    write_below(
        tmp_path, {**CHART, "web/values.yaml": values, "web/values-edge.yaml": "# Edge.\nhostNetwork: true\nreplicas: 2\n"}
    )
    found = fixed(tmp_path, monkeypatch)
    assert found.units == ("web#values-edge",)
    assert after(tmp_path, found) == {"web/values-edge.yaml": "# Edge.\nhostNetwork: false\nreplicas: 2\n"}
    assert found.fix is not None
    assert "(with helm: `--set hostNetwork=false`), or, for all users of these values, " in found.fix.title


def test_values_that_a_command_installs_are_the_own_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = VALUES.replace("  runAsUser: 1001\n", "")
    script = "#!/bin/sh\nhelm upgrade --install web ./web -f values-prod.yaml -n shop\n"
    write_below(
        tmp_path,
        {**CHART, "web/values.yaml": values, "values-prod.yaml": "hostNetwork: true\nreplicas: 2\n", "deploy.sh": script},
    )
    found = fixed(tmp_path, monkeypatch)
    assert found.fix is not None
    assert found.fix.title.endswith(" in values-prod.yaml, line 1.")
    assert "--set" not in found.fix.title


def test_the_values_of_all_views_with_the_finding_are_edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = VALUES.replace("podSecurityContext: {}\n  # fsGroup: 2000\n", "podSecurityContext: {fsGroup: 2000}\n")
    edge = "securityContext:\n  runAsUser: 1002\n"
    write_below(tmp_path, {**CHART, "web/values.yaml": values, "web/values-edge.yaml": edge})
    found = fixed(tmp_path, monkeypatch)
    assert found.units == ("web", "web#values-edge")
    assert after(tmp_path, found) == {
        "web/values.yaml": values.replace("{fsGroup: 2000}", "{}").replace("  runAsUser: 1001\n", ""),
        "web/values-edge.yaml": "securityContext:\n  runAsUser: null\n",
    }


def test_what_becomes_of_volumes_in_one_view_is_said_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = VALUES.replace("podSecurityContext: {}\n  # fsGroup: 2000\n", "podSecurityContext: {fsGroup: 2000}\n")
    template = f"{TEMPLATE}      {{{{- with .Values.volumes }}}}\n      volumes: {{{{ toYaml . | nindent 8 }}}}\n      {{{{- end }}}}\n"
    claim = "volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]\n"
    write_below(
        tmp_path, {**CHART, "web/templates/web.yaml": template, "web/values.yaml": values, "web/values-edge.yaml": claim}
    )
    fix = fixed(tmp_path, monkeypatch).fix
    assert fix is not None
    assert "On plain Kubernetes, nothing then makes the volumes writable for the pod's group." in fix.effect


@pytest.mark.parametrize(
    ("condition", "by_values"),
    [
        ("{{- if .Values.network.ofHost }}", True),
        ("{{- if and .Values.network.ofHost .Values.network.ports }}", False),
        ("{{- if not .Values.network.own }}{{ else }}", False),
    ],
    ids=["one value", "two values", "else"],
)
def test_values_that_conditions_around_the_fields_test_are_set_together(
    condition: str, by_values: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = VALUES.replace("  runAsUser: 1001\n", "") + "network: {ofHost: true, ports: true, own: true}\n"
    template = TEMPLATE.replace(
        "      hostNetwork: {{ .Values.hostNetwork }}\n", f"      {condition}\n      hostNetwork: true\n      {{{{- end }}}}\n"
    )
    template += (
        "          ports:\n            - containerPort: 8080\n              {{- if .Values.network.ports }}\n"
        "              hostPort: 8080\n              {{- end }}\n"
    )
    write_below(tmp_path, {**CHART, "web/templates/web.yaml": template, "web/values.yaml": values})
    fix = fixed(tmp_path, monkeypatch).fix
    assert fix is not None
    assert ("Set `network: {ofHost: false, ports: false}` in your own values" in fix.title) is by_values


def test_a_field_of_the_template_is_named_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = TEMPLATE.replace("{{ .Values.hostNetwork }}", "{{ if true }}true{{ end }}")
    write_below(tmp_path, {**CHART, "web/templates/web.yaml": template, "web/values.yaml": VALUES.replace("1001", "null")})
    found = fixed(tmp_path, monkeypatch)
    assert found.fix is None
    assert found.no_fix == "no values key is proved to change the field; it is written in web/templates/web.yaml, line 17"


def test_a_line_of_the_template_that_has_the_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = TEMPLATE.replace("{{ .Values.hostNetwork }}", "true")
    write_below(tmp_path, {**CHART, "web/templates/web.yaml": template, "web/values.yaml": VALUES.replace("1001", "null")})
    found = fixed(tmp_path, monkeypatch)
    assert (found.span.file, found.span.line) == ("web/templates/web.yaml", 17)
    assert after(tmp_path, found) == {"web/templates/web.yaml": template.replace("      hostNetwork: true\n", "")}


def test_a_field_is_written_above_one_that_the_template_always_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = re.sub(r"      \{\{- with .*?end \}\}\n", "", TEMPLATE, flags=re.DOTALL)
    write_below(tmp_path, {**CHART, "web/templates/web.yaml": template, "web/values.yaml": VALUES.replace("1001", "null")})
    found = fixed(tmp_path, monkeypatch, "SEC210")
    new = "      securityContext:\n        seccompProfile:\n          type: RuntimeDefault\n"
    assert after(tmp_path, found) == {
        "web/templates/web.yaml": template.replace("      containers:\n", f"{new}      containers:\n")
    }
    assert found.fix is not None
    assert found.fix.title.endswith("in web/templates/web.yaml, line 14.")


def test_a_field_is_written_beside_those_of_its_mapping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = re.sub(r"        \{\{- toYaml \. .*?\n", "        runAsNonRoot: true\n", TEMPLATE).replace(
        "with .Values", "if .Values"
    )
    values = VALUES.replace("1001", "null").replace("podSecurityContext: {}", "podSecurityContext: true")
    write_below(tmp_path, {**CHART, "web/templates/web.yaml": template, "web/values.yaml": values})
    edited = after(tmp_path, fixed(tmp_path, monkeypatch, "SEC210"))["web/templates/web.yaml"]
    new = "        seccompProfile:\n          type: RuntimeDefault\n        runAsNonRoot: true\n"
    assert edited == template.replace("        runAsNonRoot: true\n", new)


def test_no_second_mapping_is_written_beside_one_that_a_value_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = re.sub(r"      \{\{- with .*?end \}\}\n", '      securityContext: {{ printf "" }}\n', TEMPLATE, flags=re.DOTALL)
    write_below(tmp_path, {**CHART, "web/templates/web.yaml": template, "web/values.yaml": VALUES.replace("1001", "null")})
    assert fixed(tmp_path, monkeypatch, "SEC210").fix is None


@pytest.mark.parametrize(("version", "edited"), [("batch/v1beta1", "batch/v1"), ('{{ "batch/v1beta1" }}', None)])
def test_a_value_of_the_template_is_replaced(
    version: str, edited: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = CRON_JOB.replace("VERSION", version)
    write_below(tmp_path, {**CHART, "web/templates/web.yaml": template})
    found = fixed(tmp_path, monkeypatch, "MAN002")
    if edited is None:
        assert found.fix is None
    else:
        assert after(tmp_path, found) == {"web/templates/web.yaml": CRON_JOB.replace("VERSION", edited)}


@pytest.mark.parametrize(
    ("required", "left"), [('["runAsNonRoot", "runAsUser"]', '["runAsNonRoot"]'), ('["runAsNonRoot"]', None)]
)
def test_the_schema_no_longer_requires_a_value_that_is_removed(
    required: str, left: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = '{"properties": {"securityContext": {"required": REQUIRED, "properties": {"runAsUser": {"type": "integer"}}}}}\n'
    write_below(tmp_path, {**CHART, "web/values.schema.json": schema.replace("REQUIRED", required)})
    edited = {"web/values.yaml": VALUES.replace("  runAsUser: 1001\n", "")}
    if left is not None:
        edited["web/values.schema.json"] = schema.replace("REQUIRED", left)
    assert after(tmp_path, fixed(tmp_path, monkeypatch)) == edited


def test_a_mapping_within_one_that_a_template_writes_is_removed_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty `seLinuxOptions` is refused as well."""
    values = VALUES.replace("  runAsNonRoot", '  seLinuxOptions:\n    level: "s0:c1,c2"\n  runAsNonRoot')
    write_below(tmp_path, {**CHART, "web/values.yaml": values})
    assert after(tmp_path, fixed(tmp_path, monkeypatch)) == {"web/values.yaml": VALUES.replace("  runAsUser: 1001\n", "")}


def few(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """The rejected workloads, with the fixes that `check` looks for."""
    monkeypatch.chdir(folder)
    run = run_over(["."])
    report = report_of(run)
    return [found for found in with_few_fixes(run, report, report.live).live if found.rule_id == "SCC101"]


def test_switches_leave_renderings_for_the_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    switches = "".join(f"openshift{number}: false\n" for number in range(4))
    views = {f"web/values-{name}.yaml": "replicas: 2\n" for name in "abc"}
    write_below(tmp_path, {**CHART, **views, "web/values.yaml": VALUES + switches})
    (found,) = few(tmp_path, monkeypatch)
    assert after(tmp_path, found) == {"web/values.yaml": VALUES.replace("  runAsUser: 1001\n", "") + switches}


def test_the_lines_of_many_templates_are_tried_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = TEMPLATE.replace("{{- toYaml .Values.securityContext | nindent 12 }}", "runAsUser: 1001")
    named = {
        f"web/templates/{number}.yaml": template.replace("name: web\n  n", f"name: web{number}\n  n") for number in range(9)
    }
    write_below(tmp_path, {"web/Chart.yaml": CHART["web/Chart.yaml"], "web/values.yaml": "a: 1\n", **named})
    found = few(tmp_path, monkeypatch)
    assert {file: text for one in found for file, text in after(tmp_path, one).items()} == {
        file: text.replace("            runAsUser: 1001\n", "") for file, text in named.items()
    }


def test_one_field_is_a_value_and_another_a_line_of_the_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = TEMPLATE.replace("hostNetwork: {{ .Values.hostNetwork }}", "hostPID: true")
    write_below(tmp_path, {**CHART, "web/templates/web.yaml": template})
    assert after(tmp_path, fixed(tmp_path, monkeypatch)) == {
        "web/values.yaml": VALUES.replace("  runAsUser: 1001\n", ""),
        "web/templates/web.yaml": template.replace("      hostPID: true\n", ""),
    }


def test_the_value_of_a_subchart_is_set_in_its_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"shop/charts/{name}": text for name, text in CHART.items()}
    parent = "# The shop.\nweb:\n  securityContext:\n    runAsUser: 1001\n"
    write_below(
        tmp_path, {**files, "shop/Chart.yaml": CHART["web/Chart.yaml"].replace("web", "shop"), "shop/values.yaml": parent}
    )
    write_below(tmp_path, {"shop/charts/web/values.yaml": VALUES.replace("  runAsUser: 1001\n", "")})
    edited = after(tmp_path, fixed(tmp_path, monkeypatch))
    assert edited == {"shop/values.yaml": "# The shop.\nweb:\n  securityContext: {}\n"}


def test_the_value_of_a_dependency_beside_the_chart_is_set_where_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = CHART["web/Chart.yaml"].replace("web", "shop") + (
        "dependencies:\n  - {name: web, version: 0.1.0, repository: 'https://charts.example'}\n"
    )
    write_below(tmp_path, {**CHART, "shop/Chart.yaml": parent, "shop/values.yaml": "# The shop.\nreplicas: 1\n"})
    found = fixed(tmp_path, monkeypatch)
    assert found.units == ("shop", "web")
    assert after(tmp_path, found) == {
        "web/values.yaml": VALUES.replace("  runAsUser: 1001\n", ""),
        "shop/values.yaml": "# The shop.\nreplicas: 1\nweb:\n  securityContext:\n    runAsUser: null\n",
    }


@pytest.mark.parametrize(("types", "told"), [('"integer"', False), ('["integer", "null"]', True)])
def test_no_option_is_printed_that_a_schema_rejects(
    types: str, told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"shop/charts/{name}": text for name, text in CHART.items()}
    schema = '{"properties": {"securityContext": {"properties": {"runAsUser": {"type": TYPES}}}}}'.replace("TYPES", types)
    parent = {
        "shop/Chart.yaml": CHART["web/Chart.yaml"].replace("web", "shop"),
        "shop/values.yaml": "web:\n  replicas: 1\n  securityContext:\n    runAsUser: 1002\n",
        "shop/charts/web/values.schema.json": schema,
        "shop/charts/web/values.yaml": VALUES.replace("  runAsUser: 1001\n", ""),
    }
    write_below(tmp_path, {**files, **parent})
    found = fixed(tmp_path, monkeypatch)
    assert found.fix is not None
    assert ("--set web.securityContext.runAsUser=null" in found.fix.title) is told


def test_a_value_below_the_file_is_overridden_with_null(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"shop/charts/{name}": text for name, text in CHART.items()}
    write_below(
        tmp_path,
        {**files, "shop/Chart.yaml": CHART["web/Chart.yaml"].replace("web", "shop"), "shop/values.yaml": "# The shop.\na: 1\n"},
    )
    found = fixed(tmp_path, monkeypatch)
    assert after(tmp_path, found) == {"shop/values.yaml": "# The shop.\na: 1\nweb:\n  securityContext:\n    runAsUser: null\n"}
    assert found.fix is not None
    assert "`--set web.securityContext.runAsUser=null`" in found.fix.title


GRANT = """{{- if .Values.openshift.enabled }}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:hostnetwork-v2"}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
{{- end }}
"""


def switched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: str, values: str, **more: str) -> Finding:
    """The finding about a pod of a chart, whose fields no value sets by itself."""
    grant = {f"web/templates/{name}.yaml": text for name, text in more.items()}
    write_below(tmp_path, {**CHART, "web/templates/web.yaml": template, "web/values.yaml": values, **grant})
    return fixed(tmp_path, monkeypatch, "SCC101")


def test_a_switch_for_openshift_that_adds_a_grant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = TEMPLATE.replace("{{ .Values.hostNetwork }}", "true")
    values = VALUES.replace("  runAsUser: 1001\n", "") + "openshift:\n  # With an SCC.\n  enabled: false\n"
    found = switched(tmp_path, monkeypatch, template, values, grant=GRANT)
    assert found.fix is not None
    assert found.fix.safety == "advice"
    assert found.fix.title == (
        "Set `openshift: {enabled: true}` in your own values (with helm: `--set openshift.enabled=true`), "
        "or, for all users of the chart, write true for openshift.enabled in web/values.yaml, line 10."
    )
    assert found.fix.effect.startswith("SCC hostnetwork-v2 then admits the pods")
    assert found.fix.beside == "With it, web may use SCC hostnetwork-v2."
    assert after(tmp_path, found) == {"web/values.yaml": values.replace("enabled: false", "enabled: true")}


def test_a_switch_for_openshift_with_words_for_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = 'securityContext:\n            {{- if ne .Values.global.compatibility.openshift.adaptSecurityContext "force" }}\n'
    template = TEMPLATE.replace("securityContext:\n            {{- toYaml .Values.securityContext | nindent 12 }}", "").rstrip()
    template += f"\n          {lines}            runAsUser: 1001\n            {{{{- end }}}}\n"
    values = VALUES + "global: {compatibility: {openshift: {adaptSecurityContext: auto}}}\n"
    found = switched(tmp_path, monkeypatch, template, values)
    assert found.fix is not None
    assert found.fix.safety == "unsafe"
    assert "`--set global.compatibility.openshift.adaptSecurityContext=force`" in found.fix.title


PLATFORM = (
    TEMPLATE.partition("          securityContext:")[0]
    + """          {{- if ne .Values.global.platform "openshift" }}
          securityContext:
            runAsUser: 1001
          {{- end }}
"""
)


@pytest.mark.parametrize(
    ("head", "condition"),
    [
        ("", 'ne .Values.global.platform "openshift"'),
        ("", 'not (has .Values.global.platform (list "openshift" "ocp"))'),
        ("", 'not (list "openshift" "ocp" | has .Values.global.platform)'),
        ("{{- $on := lower .Values.global.platform }}\n", 'not (contains "openshift" $on)'),
        ("", 'ne (include "web.platform" .) "openshift"'),
        ("", 'ne (include "web.on-openshift" $) "true"'),
    ],
    ids=["compared", "in a list", "by a pipe", "by a variable", "by a named template", "in a named template"],
)
@pytest.mark.parametrize("platform", ["aks", '""'])
def test_a_switch_that_is_the_name_of_a_platform(
    head: str, condition: str, platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = (
        '{{- define "web.platform" }}{{ .Values.global.platform }}{{ end }}\n'
        '{{- define "web.on-openshift" }}{{ eq .Values.global.platform "openshift" }}{{ end }}\n'
    )
    template = head + PLATFORM.replace('ne .Values.global.platform "openshift"', condition)
    values = f"global:\n  platform: {platform}\nhostNetwork: false\n"
    found = switched(tmp_path, monkeypatch, template, values, named=named)
    assert found.fix is not None
    assert "`--set global.platform=openshift`" in found.fix.title
    assert after(tmp_path, found) == {"web/values.yaml": values.replace("aks", "openshift").replace('""', '"openshift"')}


def test_a_word_for_the_platform_that_decides_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = PLATFORM.replace(
        'ne .Values.global.platform "openshift"', 'and (ne .Values.flavour "plain") (ne .Values.cloud "none")'
    ).replace(
        "name: web\n          image",
        'name: {{ if eq .Values.global.platform "openshift" }}a{{ else }}web{{ end }}\n          image',
    )
    values = "global: {platform: aks}\nflavour: plenty\ncloud: aks\nhostNetwork: false\n"
    found = switched(tmp_path, monkeypatch, template, values)
    assert found.fix is None or "openshift" not in found.fix.title


def test_a_platform_whose_grant_needs_another_switch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = TEMPLATE.replace("{{ .Values.hostNetwork }}", "true")
    grant = GRANT.replace(".Values.openshift.enabled", 'and .Values.rbac.create (eq .Values.global.platform "openshift")')
    values = VALUES.replace("  runAsUser: 1001\n", "") + 'global: {platform: ""}\nrbac: {create: false}\n'
    found = switched(tmp_path, monkeypatch, template, values, grant=grant)
    assert found.fix is not None
    assert found.fix.safety == "advice"
    assert "`--set global.platform=openshift,rbac.create=true`" in found.fix.title
    assert found.fix.beside == "With it, web may use SCC hostnetwork-v2."


def test_an_scc_of_a_switch_is_granted_to_the_account_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Administrators, who may use every SCC, are no news."""
    template = TEMPLATE.replace("{{ .Values.hostNetwork }}", "true")
    scc = (
        '{{- if eq .Values.global.platform "openshift" }}\napiVersion: security.openshift.io/v1\n'
        "kind: SecurityContextConstraints\nmetadata: {name: web}\nallowHostNetwork: true\nallowHostPorts: true\n"
        "allowPrivilegeEscalation: false\nrequiredDropCapabilities: [ALL]\n"
        "runAsUser: {type: MustRunAsRange}\nfsGroup: {type: MustRunAs}\nsupplementalGroups: {type: RunAsAny}\n"
        "seLinuxContext: {type: MustRunAs}\nvolumes: ['*']\nusers: ['system:serviceaccount:shop:web']\n{{- end }}\n"
    )
    values = VALUES.replace("  runAsUser: 1001\n", "") + 'global: {platform: ""}\n'
    found = switched(tmp_path, monkeypatch, template, values, scc=scc)
    assert found.fix is not None
    assert found.fix.beside.startswith("With it, web may use SCC web")


def test_a_platform_and_a_privileged_helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = HELPER.replace(".Values.sysctlImage.enabled", ".Values.set_vm_max_map_count")
    template = PLATFORM.replace("      containers:", helper)
    values = "global:\n  platform: aks\nset_vm_max_map_count: true\nhostNetwork: false\n"
    found = switched(tmp_path, monkeypatch, template, values)
    assert found.fix is not None
    assert "`--set global.platform=openshift,set_vm_max_map_count=false`" in found.fix.title


def test_the_switch_of_a_block_whose_values_are_required(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = TEMPLATE.partition("      {{- with .Values.podSecurityContext }}\n")[0]
    containers = "      containers:\n        - {name: web, image: web}\n"
    block = (
        "      {{- if .Values.podSecurityContext.enabled }}\n      securityContext:\n"
        '        runAsUser: {{ required "a user" .Values.podSecurityContext.runAsUser }}\n      {{- end }}\n'
    )
    values = "podSecurityContext: {enabled: true, runAsUser: 1001}\n"
    found = switched(tmp_path, monkeypatch, before + block + containers, values)
    assert found.fix is not None
    assert "`--set podSecurityContext.enabled=false`" in found.fix.title


HELPER = """      {{- if .Values.sysctlImage.enabled }}
      initContainers:
        - name: sysctl
          image: registry.example/sysctl:1
          securityContext: {privileged: true, runAsUser: 0}
      {{- end }}
      containers:"""


def test_a_switch_of_a_privileged_helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = VALUES.replace("  runAsUser: 1001\n", "") + "sysctlImage:\n  enabled: true\n"
    found = switched(tmp_path, monkeypatch, TEMPLATE.replace("      containers:", HELPER), values)
    assert found.fix is not None
    assert found.fix.safety == "advice"
    assert "`--set sysctlImage.enabled=false`" in found.fix.title
    assert found.fix.effect.endswith("Decide whether the program works without privileged.")


@pytest.mark.parametrize(
    "template",
    [
        TEMPLATE.replace("{{ .Values.hostNetwork }}", "{{ if true }}true{{ end }}"),
        "{{- if not .Values.openshift.enabled }}\n"
        + TEMPLATE.replace("{{ .Values.hostNetwork }}", "{{ if true }}true{{ end }}")
        + "{{- end }}\n",
        TEMPLATE.replace("{{ .Values.hostNetwork }}", "{{ if true }}true{{ end }}").replace(
            "serviceAccountName: web", "{{- if .Values.openshift.enabled }}\n      hostPID: true\n      {{- end }}"
        ),
        TEMPLATE.replace("{{ .Values.hostNetwork }}", "{{ if true }}true{{ end }}")
        + '{{- if .Values.openshift.enabled }}\n{{- fail "not yet" }}\n{{- end }}\n',
    ],
    ids=["does nothing", "removes the workload", "does not suffice", "fails"],
)
def test_a_switch_that_does_not_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: str) -> None:
    values = VALUES.replace("  runAsUser: 1001\n", "") + "openshift: {enabled: false}\n"
    found = switched(tmp_path, monkeypatch, template, values)
    assert found.fix is None
    assert found.no_fix.startswith("no values key is proved to change the field")


def test_a_value_that_changes_another_pod_for_the_worse_is_no_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job may use nonroot-v2 only for its user ID, which the same value sets."""
    other = TEMPLATE.replace("name: web\n  name", "name: job\n  name").replace(
        "{{- toYaml .Values.securityContext | nindent 12 }}",
        "privileged: {{ not .Values.securityContext.runAsUser }}",
    )
    write_below(tmp_path, {**CHART, "web/templates/job.yaml": other})
    found = next(f for f in findings(tmp_path, monkeypatch) if f.rule_id == "SCC101" and "runAsUser" in f.message)
    assert found.fix is None
    assert found.no_fix == "SCC101 (no-scc-admits) would be reported for Deployment shop/job", (
        "what was tried, not where else to edit"
    )
    assert not found.remedies[0].operations, "nobody knows where the chart has the field"
    assert found.help.startswith("Grant service account web ")


def test_a_value_that_a_named_template_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = TEMPLATE.split("\n")
    named = "\n".join(['{{- define "web.pod" -}}', *(line.removeprefix("      ") for line in lines[11:-1]), "{{- end }}", ""])
    named = named.replace("nindent 8", "nindent 2").replace("nindent 12", "nindent 6")
    template = "\n".join([*lines[:11], '      {{- include "web.pod" . | nindent 6 }}', ""])
    write_below(tmp_path, {**CHART, "web/templates/web.yaml": template, "web/templates/_pod.tpl": named})
    found = fixed(tmp_path, monkeypatch)
    assert found.span.file == "web/values.yaml"
    assert after(tmp_path, found) == {"web/values.yaml": VALUES.replace("  runAsUser: 1001\n", "")}


@needs_kustomize
def test_a_fix_is_not_tried_where_nothing_renders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kustomization = "helmGlobals: {chartHome: ..}\nhelmCharts: [{name: absent, valuesFile: ../web/values.yaml}]\n"
    write_below(tmp_path, {**CHART, "ci/kustomization.yaml": kustomization})
    found = fixed(tmp_path, monkeypatch)
    assert after(tmp_path, found) == {"web/values.yaml": VALUES.replace("  runAsUser: 1001\n", "")}
    assert found.fix is not None
    assert found.fix.effect.endswith(" It was not tried in ci, which cannot be rendered.")


def test_a_text_that_helm_would_read_as_another_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = TEMPLATE.replace(
        "      hostNetwork:", "      nodeSelector:\n        {{- toYaml .Values.nodeSelector | nindent 8 }}\n      hostNetwork:"
    )
    write_below(tmp_path, {**CHART, "web/templates/web.yaml": template})
    write_below(tmp_path, {"web/values.yaml": VALUES.replace("  runAsUser: 1001\n", "") + "nodeSelector:\n  proxy: true\n"})
    found = fixed(tmp_path, monkeypatch, "MAN002")
    assert found.fix is not None
    assert (
        '`nodeSelector: {proxy: "true"}` in your own values (with helm: `--set-string nodeSelector.proxy=true`)'
        in found.fix.title
    )


@pytest.mark.parametrize(
    "reads", ["((.Values).global).openshift", '(dig "openshift" false .Values.global)', ".Values.global.openshift"]
)
def test_a_switch_that_the_values_do_not_have(reads: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = TEMPLATE.replace(
        "          securityContext:\n            {{- toYaml .Values.securityContext | nindent 12 }}\n",
        f"          {{{{- if not {reads} }}}}\n          securityContext: {{runAsUser: 1001}}\n          {{{{- end }}}}\n",
    )
    write_below(
        tmp_path, {**CHART, "web/templates/web.yaml": template, "web/values.yaml": "hostNetwork: false\nglobal:\n  name: a\n"}
    )
    found = fixed(tmp_path, monkeypatch)
    assert found.fix is not None
    assert "`--set global.openshift=true`" in found.fix.title


OPERATOR = """{{- $kind := ternary "ClusterRole" "Role" .Values.clusterWide }}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}
metadata: {name: web, namespace: shop}
rules:
  - {apiGroups: [""], resources: [secrets], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}Binding
metadata: {name: web, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: {{ $kind }}, name: web}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
"""


@pytest.mark.parametrize("key", ["clusterWide", "everywhere"])
def test_a_switch_that_limits_rights_to_a_namespace(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = VALUES.replace("  runAsUser: 1001\n", "") + f"{key}: true\n"
    files = {**CHART, "web/values.yaml": values, "web/templates/role.yaml": OPERATOR.replace("clusterWide", key)}
    write_below(tmp_path, files)
    found = fixed(tmp_path, monkeypatch, "RBA407") if key == "clusterWide" else None
    if found is None:
        (found,) = (f for f in findings(tmp_path, monkeypatch) if f.rule_id == "RBA407")
        assert found.fix is None, "nothing says that this switch is one of rights"
        return
    assert found.fix is not None
    assert found.fix.safety == "advice"
    assert "`--set clusterWide=false`" in found.fix.title
    assert found.fix.effect == "Decide whether the program works without these rights in the whole cluster."
    assert after(tmp_path, found) == {"web/values.yaml": values.replace("clusterWide: true", "clusterWide: false")}


@pytest.mark.parametrize(
    ("value", "condition", "title"),
    [
        ("watchNamespaces: []", "not .Values.watchNamespaces", "Write [my-namespace] for watchNamespaces in web/values.yaml"),
        ('watchNamespace: ""', "not .Values.watchNamespace", "`--set watchNamespace=my-namespace`"),
        ("scope: {enabled: false}", "not .Values.scope.enabled", "`--set scope.enabled=true`"),
        ("kindsOfNamespaces: []", "not .Values.kindsOfNamespaces", ""),
        ("watchNamespaces: []", "true", ""),
    ],
)
def test_switches_that_name_namespaces(
    value: str, condition: str, title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = VALUES.replace("  runAsUser: 1001\n", "") + f"{value}\n"
    template = OPERATOR.replace(".Values.clusterWide", f"({condition})")
    write_below(tmp_path, {**CHART, "web/values.yaml": values, "web/templates/role.yaml": template})
    (found,) = (f for f in findings(tmp_path, monkeypatch) if f.rule_id == "RBA407")
    assert title in found.fix.title if found.fix is not None else not title


def test_values_of_a_packed_dependency_are_set_in_the_chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_below(tmp_path, CHART)
    entry = "dependencies: [{name: web, version: 0.1.0, repository: 'https://charts.example'}]\n"
    shop = CHART["web/Chart.yaml"].replace("web", "shop") + entry
    write_below(tmp_path, {"shop/Chart.yaml": shop, "shop/values.yaml": "# The shop.\nweb:\n  hostNetwork: false\n"})
    (tmp_path / "shop/charts").mkdir()
    with tarfile.open(tmp_path / "shop/charts/web-0.1.0.tgz", "w:gz") as archive:
        archive.add(tmp_path / "web", "web")
    rmtree(tmp_path / "web")
    found = fixed(tmp_path, monkeypatch)
    assert (found.span.file, found.span.line) == ("shop/values.yaml", 2)
    assert after(tmp_path, found)["shop/values.yaml"].endswith(
        "web:\n  hostNetwork: false\n  securityContext:\n    runAsUser: null\n"
    )
    assert found.fix is not None
    assert "`--set web.securityContext.runAsUser=null`" in found.fix.title
