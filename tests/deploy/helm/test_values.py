"""A finding in what a chart renders to stands at the value that sets the field, and names the line of the template."""

from pathlib import Path
from typing import Any

import pytest

from scclint.config.model import Config
from scclint.finding import Finding
from tests.deploy.tools import needs_helm
from tests.remedy.test_chart import CHART, TEMPLATE, VALUES
from tests.running import report_on, write_files

pytestmark = needs_helm


def found(files: dict[str, str], rule: str = "SCC101", **settings: Any) -> list[Finding]:
    write_files(files)
    report = report_on(["."], Config(**settings))
    return [finding for finding in report.live if finding.rule_id == rule]


def place(finding: Finding) -> tuple[str, int]:
    return finding.span.file, finding.span.line


def writers(finding: Finding) -> list[tuple[str, int, str]]:
    return [(r.span.file, r.span.line, r.message) for r in finding.related if r.message.startswith("the template writes")]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_field_that_a_mapping_of_values_sets() -> None:
    (finding,) = found(CHART)
    assert place(finding) == ("web/values.yaml", 6)
    assert writers(finding) == [("web/templates/web.yaml", 22, "the template writes securityContext.runAsUser here")]


def test_a_scalar_of_the_values_file_of_a_view() -> None:
    files = {
        **CHART,
        "web/values.yaml": VALUES.replace("  runAsUser: 1001\n", ""),
        "web/values-edge.yaml": "hostNetwork: true\n",
    }
    (finding,) = found(files)
    assert finding.units == ("web#values-edge",)
    assert place(finding) == ("web/values-edge.yaml", 1)


def test_a_mapping_under_with_that_lacks_the_field() -> None:
    text = VALUES.replace("podSecurityContext: {}\n  # fsGroup: 2000", "podSecurityContext:\n  runAsNonRoot: true")
    (finding,) = found({**CHART, "web/values.yaml": text.replace("  runAsUser: 1001\n", "")}, "SEC210")
    assert place(finding) == ("web/values.yaml", 2)


def test_a_mapping_of_which_the_template_leaves_out_a_key() -> None:
    template = TEMPLATE.replace("toYaml .Values.securityContext", 'omit .Values.securityContext "enabled" | toYaml')
    text = VALUES.replace("  runAsUser: 1001\n", "  enabled: true\n")
    (finding,) = found({**CHART, "web/templates/web.yaml": template, "web/values.yaml": text}, "PSA502", openshift=("4.12",))
    assert place(finding) == ("web/values.yaml", 5)


def test_a_template_that_is_included_by_name() -> None:
    """The pod is in a named template, and its container's context in one that this includes."""
    head, pod = TEMPLATE.split("      serviceAccountName: web\n")
    written = "{{- toYaml .Values.securityContext | nindent 12 }}"
    included = '{{- include "web.context" . | nindent 12 }}'
    helpers = f"""{{{{- define "web.pod" }}}}
{pod.replace(written, included)}{{{{- end }}}}
{{{{- define "web.context" -}}}}
{{{{- toYaml .Values.securityContext }}}}
{{{{- end }}}}
"""
    template = f'{head}{{{{- include "web.pod" . }}}}\n'
    (finding,) = found({**CHART, "web/templates/web.yaml": template, "web/templates/_web.tpl": helpers})
    assert place(finding) == ("web/values.yaml", 6)


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        ("shop/values.yaml", "# The shop.\nweb:\n  securityContext:\n    runAsUser: 1002\n", 4),
        ("shop/values.yaml", "{}\n", None),
    ],
)
def test_a_subchart(file: str, text: str, line: int | None) -> None:
    """The values of the parent override those of the subchart."""
    files = {f"shop/charts/{name}": content for name, content in CHART.items()}
    (finding,) = found({**files, "shop/Chart.yaml": CHART["web/Chart.yaml"].replace("web", "shop"), file: text})
    assert place(finding) == ((file, line) if line else ("shop/charts/web/values.yaml", 6))


@pytest.mark.parametrize(
    ("written", "template"),
    [
        ("runAsUser: {{ .Values.securityContext.runAsUser }}", "runAsUser: {{ add 1 .Values.securityContext.runAsUser }}"),
        (
            "runAsUser: {{ .Values.securityContext.runAsUser | int }}",
            "runAsUser: {{ if .Values.hostNetwork }}7{{ else }}8{{ end }}",
        ),
    ],
)
def test_only_a_key_whose_value_the_field_has(written: str, template: str) -> None:
    toyaml = "{{- toYaml .Values.securityContext | nindent 12 }}"
    (finding,) = found({**CHART, "web/templates/web.yaml": TEMPLATE.replace(toyaml, written)})
    assert place(finding) == ("web/values.yaml", 6)
    (finding,) = found({**CHART, "web/templates/web.yaml": TEMPLATE.replace(toyaml, template)})
    assert finding.span.file == "web/templates/web.yaml"
    assert writers(finding) == []


def test_a_comment_at_the_value_accepts_the_finding() -> None:
    """So does one in the template that is at the field in what it renders to."""
    accepted = "  runAsUser: 1001  # scclint: ignore[SCC101] the image needs it\n"
    assert found({**CHART, "web/values.yaml": VALUES.replace("  runAsUser: 1001\n", accepted)}) == []
    toyaml = "{{- toYaml .Values.securityContext | nindent 12 }}"
    written = "runAsUser: {{ .Values.securityContext.runAsUser }} # scclint: ignore[SCC101] the image needs it"
    assert found({**CHART, "web/templates/web.yaml": TEMPLATE.replace(toyaml, written)}) == []


def test_a_comment_at_another_value_accepts_nothing() -> None:
    text = VALUES.replace("  runAsNonRoot: true\n", "  runAsNonRoot: true  # scclint: ignore[SCC101] no reason\n")
    (finding,) = found({**CHART, "web/values.yaml": text})
    assert place(finding) == ("web/values.yaml", 6)
