"""A workload that names no namespace is judged in the only one that has its service account."""

from pathlib import Path

import pytest

import scclint
from scclint.config.model import Config
from scclint.outcome.world import PROJECT_USER
from scclint.run.run import report_of
from tests.running import open_one, run_over, write_files

WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers: [{name: web, image: "registry.example/web:1", securityContext: {runAsUser: 0}}]
"""


def account(namespace: str, name: str = "web") -> str:
    named = f", namespace: {namespace}" if namespace else ""
    return f"---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}{named}}}\n"


def binding(
    subject: str, kind: str = "ClusterRoleBinding", namespace: str = "", role: str = "system:openshift:scc:anyuid"
) -> str:
    named = f", namespace: {namespace}" if namespace else ""
    role_kind = "ClusterRole" if ":" in role else "Role"
    return (
        f"---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: web{named}}}\n"
        f"roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {role_kind}, name: '{role}'}}\n"
        f"subjects: [{{kind: ServiceAccount, {subject}}}]\n"
    )


ROLE = """\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: web}
rules:
- {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], resourceNames: [anyuid], verbs: [use]}
"""
OF_DEFAULT = WORKLOAD.replace("serviceAccountName: web", "serviceAccountName: default")


@pytest.mark.parametrize(
    ("text", "namespace"),
    [
        (WORKLOAD + account("shop"), "shop"),
        (WORKLOAD + binding("name: web, namespace: shop"), "shop"),
        (WORKLOAD + binding("name: web", "RoleBinding", "shop"), "shop"),
        (WORKLOAD + account("") + binding("name: web, namespace: shop"), "shop"),
        (WORKLOAD + account("shop") + account("test", "other"), "shop"),
        (WORKLOAD.replace("name: web}\nspec", "name: web, namespace: test}\nspec") + account("shop"), "test"),
        (WORKLOAD + account("shop") + account("test"), "unspecified"),
        (WORKLOAD + account("shop") + binding("name: web, namespace: test"), "unspecified"),
        (WORKLOAD + account("shop", "other"), "unspecified"),
        (WORKLOAD + account("<namespace>"), "<namespace>"),
        (WORKLOAD + binding("name: web, namespace: REPLACE_NAMESPACE"), "REPLACE_NAMESPACE"),
        (WORKLOAD + account("shop") + binding("name: web, namespace: REPLACE_NAMESPACE"), "unspecified"),
        (WORKLOAD + account(""), "unspecified"),
        (OF_DEFAULT + account("shop", "default"), "unspecified"),
        (OF_DEFAULT + binding("name: default, namespace: shop"), "unspecified"),
    ],
)
def test_namespace(text: str, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    opened = open_one(text=text)
    (world,) = opened.worlds.values()
    (workload,) = opened.workloads
    assert world.outcome(workload).namespace == namespace
    assert open_one(text=text, config=Config(namespace="asked")).workloads[0].provenance.placed_by == ""


def test_grants_of_such_accounts_go_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    opened = open_one(text=WORKLOAD + account("shop") + ROLE + binding("name: web", "RoleBinding", role="web"))
    (world,) = opened.worlds.values()
    verdict = world.outcome(opened.workloads[0], PROJECT_USER).verdict
    assert verdict is not None
    assert (verdict.scc, verdict.namespace) == ("anyuid", "shop")


def test_findings_name_the_namespace() -> None:
    (finding,) = (f for f in scclint.lint_text(WORKLOAD + account("shop")).findings if f.rule_id == "SCC101")
    assert finding.notes[-1] == "the manifest sets no namespace; shop is the only one in the input with service account web"
    (finding,) = (f for f in scclint.lint_text(WORKLOAD).findings if f.rule_id == "SCC101")
    assert not any("service account" in note for note in finding.notes)


@pytest.mark.parametrize("namespace", ["REPLACE_NAMESPACE", "system", "${NAMESPACE}"])
def test_a_placeholder_of_a_binding_is_that_of_the_workload(namespace: str) -> None:
    text = WORKLOAD + binding(f"name: web, namespace: '{namespace}'")
    findings = scclint.lint_text(text).findings
    assert "SEC201" in {f.rule_id for f in findings}
    assert "SCC101" not in {f.rule_id for f in findings}
    assert not any("service account web" in note and "only one" in note for f in findings for note in f.notes)
    other = text.replace("serviceAccountName: web", "serviceAccountName: other")
    assert "SCC101" in {f.rule_id for f in scclint.lint_text(other).findings}


@pytest.mark.parametrize(("namespace", "expected"), [("", "shop"), ("namespace: prod\n", "prod")])
def test_a_kustomization_goes_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, namespace: str, expected: str) -> None:
    monkeypatch.chdir(tmp_path)
    write_files(
        {
            "app/web.yaml": WORKLOAD + binding("name: web, namespace: shop"),
            "app/kustomization.yaml": f"resources: [web.yaml]\n{namespace}",
        }
    )
    opened = open_one(["app"], Config(render="never"))
    (world,) = opened.worlds.values()
    assert world.outcome(opened.workloads[0]).namespace == expected


def test_other_units_grant_to_such_an_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    kustomization = "resources: [all.yaml]\n"
    write_files(
        {
            "web/all.yaml": WORKLOAD + account("shop"),
            "web/kustomization.yaml": kustomization,
            "grants/all.yaml": binding("name: web, namespace: shop"),
            "grants/kustomization.yaml": kustomization,
        }
    )
    found = {f.rule_id for f in report_of(run_over(["."], Config(render="never"))).findings if f.span.file == "web/all.yaml"}
    assert "SEC201" in found
    assert "SCC101" not in found
