"""Helm writes `default` where it was given no namespace: that is nobody's choice, and SCC admission does not run there."""

from pathlib import Path

import pytest

from scclint.config.model import Config
from scclint.run.report import Report
from tests.deploy.tools import needs_helm
from tests.deploy.trees import binding, deployment, rules_in, scc
from tests.running import report_on, write_below

SOURCE = "---\n# Source: web/templates/web.yaml\n"
ROOT = deployment(namespace="default", pod="runAsUser: 0")
CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "values.yaml": "{}\n",
    "templates/web.yaml": deployment(pod="runAsUser: 1000").replace("namespace: shop", 'namespace: "{{ .Release.Namespace }}"'),
    "templates/grant.yaml": binding("privileged", account="default")
    .replace("RoleBinding", "ClusterRoleBinding", 1)
    .replace("namespace: shop}", 'namespace: "{{ .Release.Namespace }}"}'),
    "templates/scc.yaml": scc(
        users='"system:serviceaccount:{{ .Release.Namespace }}:default"',
        groups='"system:serviceaccounts:{{ .Release.Namespace }}"',
    ),
}


def rendered(text: str, config: Config | None = None) -> Report:
    return report_on(config=config or Config(), text=SOURCE + text)


def test_helms_default_is_an_ordinary_namespace() -> None:
    report = rendered(ROOT)
    assert len(rules_in(report, "SCC101")) == 1
    (message,) = rules_in(report, "SCC109")
    assert "nobody gave a namespace" in message
    assert next(f.kind for f in report.findings if f.rule_id == "SCC109") == "access"


def test_it_is_said_once_for_a_file() -> None:
    assert len(rules_in(rendered(ROOT + SOURCE + ROOT.replace("name: web, n", "name: job, n")), "SCC109")) == 1


def test_default_counts_where_it_is_asked_for() -> None:
    report = rendered(ROOT, Config(namespace="default"))
    assert rules_in(report, "SCC101") == []
    assert "so no SCC restricts its pods" in rules_in(report, "SCC109")[0]


def test_default_counts_in_text_that_helm_did_not_render() -> None:
    report = report_on(text=ROOT)
    assert rules_in(report, "SCC101") == []
    assert "so no SCC restricts its pods" in rules_in(report, "SCC109")[0]


def test_a_namespace_that_is_asked_for_overrides_helms_default() -> None:
    grant = binding("anyuid", namespace="shop")
    report = rendered(ROOT + "---\n" + grant, Config(namespace="shop"))
    assert rules_in(report, "SCC101") == rules_in(report, "SCC109") == []
    assert len(rules_in(rendered(ROOT + "---\n" + grant), "SCC101")) == 1


def test_what_helm_wrote_no_namespace_for_goes_to_that_of_its_account() -> None:
    pod, account = (
        ROOT.replace(", namespace: default", ""),
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: shop}\n",
    )
    assert rules_in(rendered(f"{pod}---\n{account}---\n{binding('anyuid', namespace='shop')}"), "SCC101") == []
    assert len(rules_in(rendered(f"{pod}---\n{account}"), "SCC101")) == 1


@pytest.mark.parametrize("kind", ["RoleBinding", "ClusterRoleBinding"])
def test_a_grant_for_helms_default_reaches_the_pods_beside_it(kind: str) -> None:
    grant = binding("anyuid", namespace="default").replace("RoleBinding", kind, 1)
    assert rules_in(rendered(ROOT + SOURCE + grant), "SCC101") == []
    assert rules_in(rendered(ROOT + SOURCE + grant), "MAN002") == []


def test_an_scc_for_accounts_of_helms_default_reaches_the_pods_beside_it() -> None:
    for name in ('users="system:serviceaccount:default:web"', 'groups="system:serviceaccounts:default"'):
        field, value = name.split("=")
        custom = scc("custom", users=value if field == "users" else "", groups=value if field == "groups" else "")
        assert rules_in(rendered(ROOT + SOURCE + custom), "SCC101") == []


def texts(report: Report) -> list[str]:
    """Every text of a report."""
    found = [notice.message for notice in report.notices]
    for finding in report.findings:
        found += [finding.message, finding.help, finding.subject.namespace, *finding.notes]
        found += [place.message for place in (*finding.related, *finding.flow)]
    return found


@needs_helm
def test_no_message_shows_the_namespace_that_stands_for_none(tmp_path: Path) -> None:
    report = report_on([write_below(tmp_path, CHART)], Config())
    assert {"SCC107", "RBA405"} <= {finding.rule_id for finding in report.findings}
    assert rules_in(report, "SCC109") == []
    assert [text for text in texts(report) if "unspecified" in text] == []


@needs_helm
def test_a_chart_goes_to_the_namespace_that_is_asked_for(tmp_path: Path) -> None:
    report = report_on([write_below(tmp_path, CHART)], Config(namespace="shop"))
    assert {finding.subject.namespace for finding in report.findings if finding.subject.kind == "Deployment"} == {"shop"}


@needs_helm
def test_default_in_the_values_of_a_chart_is_not_given_either(tmp_path: Path) -> None:
    template = ROOT.replace("namespace: default", "namespace: '{{ .Values.global.namespace }}'")
    chart = {"Chart.yaml": CHART["Chart.yaml"], "values.yaml": "global: {namespace: default}\n", "templates/web.yaml": template}
    root = write_below(tmp_path, chart)
    report = report_on([root], Config())
    assert len(rules_in(report, "SCC101")) == 1
    assert "nobody gave a namespace" in rules_in(report, "SCC109")[0]
    assert rules_in(report_on([root], Config(namespace="default")), "SCC101") == []
    write_below(tmp_path, {"templates/web.yaml": ROOT, "values.yaml": "namespaces: default\n"})
    assert "so no SCC restricts its pods" in rules_in(report_on([root]), "SCC109")[0]
    write_below(tmp_path, {"templates/web.yaml": ROOT, "values.yaml": "a: b # namespace: default\n"})
    assert "so no SCC restricts its pods" in rules_in(report_on([root]), "SCC109")[0]
