"""Which SCCs, roles and bindings of the input are in force for a unit."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from scclint.config.model import Config
from scclint.finding import Severity
from scclint.report import FORMATS, render
from scclint.report.explain import render_text as explained
from scclint.report.who_can import of_scc, render_text, scc_view
from scclint.run.judge import open_units
from scclint.run.report import Report
from scclint.run.views import viewed
from tests.deploy.tools import needs_helm, needs_kustomize
from tests.deploy.trees import UNRENDERED, binding, deployment, role, scc
from tests.running import open_one, report_on, run_over, write_files

CUSTOM = scc("my-scc").replace("seccompProfiles: [runtime/default]\n", "")
CHART = {
    "app/Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.0.0\n",
    "app/templates/a.yaml": deployment(namespace="", account="default", pod="runAsUser: 0"),
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def report(files: Mapping[str, str], config: Config | None = None) -> Report:
    write_files(files)
    return report_on(["."], config or Config())


def rules(files: Mapping[str, str], config: Config | None = None) -> set[str]:
    return {finding.rule_id for finding in report(files, config).findings}


INSTALL = "oc apply -f scc/scc.yaml\nGRANT\nhelm install app ./app --namespace n\n"
GRANT = "oc adm policy add-scc-to-user my-scc system:serviceaccount:n:default"
BY_SCRIPT = {
    "user": ("install.sh", INSTALL.replace("GRANT", f"{GRANT} -n n")),
    "account": ("install.sh", INSTALL.replace("GRANT", "oc adm policy add-scc-to-user my-scc -z default -n n")),
    "group": ("install.sh", INSTALL.replace("GRANT", "oc adm policy add-scc-to-group my-scc system:serviceaccounts:n")),
    "Makefile": ("Makefile", "x:\n\t" + INSTALL.replace("GRANT", GRANT).replace("\n", "\n\t").rstrip() + "\n"),
    "two scripts": ("b.sh", INSTALL.replace("GRANT\n", "")),
    "here document": ("install.sh", f"oc apply -f - <<EOF\n{CUSTOM}EOF\n{INSTALL.replace('GRANT', GRANT)}"),
    "workflow": (
        ".github/workflows/a.yaml",
        "jobs:\n  a:\n    steps:\n    - run: |\n        " + INSTALL.replace("GRANT", GRANT).replace("\n", "\n        ") + "\n",
    ),
}


@needs_helm
@pytest.mark.parametrize("form", BY_SCRIPT)
def test_an_scc_that_a_script_applies_and_grants_is_there_for_a_chart(form: str) -> None:
    file, text = BY_SCRIPT[form]
    files = {**CHART, file: text, "scc/scc.yaml": CUSTOM}
    if form == "two scripts":
        files["a.sh"] = f"{GRANT}\n"
    if form == "here document":
        del files["scc/scc.yaml"]
    found = report(files)
    assert "SCC101" not in {finding.rule_id for finding in found.findings}
    assert "SEC201" in {finding.rule_id for finding in found.findings}
    assert not any("no pod in the input uses" in finding.message for finding in found.findings)


@needs_helm
def test_who_can_names_the_command_that_grants_an_scc() -> None:
    write_files({**CHART, "install.sh": INSTALL.replace("GRANT", GRANT), "scc/scc.yaml": CUSTOM})
    answer = render_text(of_scc(viewed(run_over(["."]), scc_view("my-scc", "")), "my-scc", ""))
    assert "ServiceAccount n/default" in answer
    assert "install.sh:2" in answer


NOT_GRANTED = {
    "another account": INSTALL.replace("GRANT", GRANT.replace(":default", ":other")),
    "another namespace": INSTALL.replace("GRANT", GRANT.replace(":n:", ":m:")),
    "another SCC": INSTALL.replace("GRANT", GRANT.replace("my-scc", "restricted-v2")),
}


@needs_helm
@pytest.mark.parametrize("case", NOT_GRANTED)
def test_a_grant_to_others_is_none_for_the_chart(case: str) -> None:
    files = {**CHART, "install.sh": NOT_GRANTED[case], "scc/scc.yaml": CUSTOM}
    assert "SCC101" in rules(files)


def test_a_command_that_grants_an_scc_of_no_one_is_reported() -> None:
    assert "RBA404" in rules({"install.sh": f"{GRANT}\n", "a.yaml": deployment(account="default", namespace="n")})


BOUND = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: KIND
metadata: {name: grant, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ROLE_KIND, name: NAME}
subjects: [SUBJECT]
"""
REJECTED = deployment(pod="runAsUser: 0")


def bound(
    name: str = "shop-anyuid-scc",
    kind: str = "ClusterRoleBinding",
    role_kind: str = "ClusterRole",
    subject: str = "{kind: ServiceAccount, name: web, namespace: shop}",
) -> str:
    text = BOUND.replace("ROLE_KIND", role_kind).replace("KIND", kind, 1).replace("NAME", name).replace("SUBJECT", subject)
    return text.replace(", namespace: shop", "", 1) if kind == "ClusterRoleBinding" else text


def severities(found: Report) -> dict[str, tuple[Severity | None, str]]:
    """The severity and message by rule, of what is said of Deployments."""
    return {f.rule_id: (f.severity, f.message) for f in found.findings if f.subject.kind == "Deployment"}


OPEN = {
    "ClusterRoleBinding": (bound(), "ClusterRole shop-anyuid-scc"),
    "RoleBinding": (bound(kind="RoleBinding"), "ClusterRole shop-anyuid-scc"),
    "Role": (bound(kind="RoleBinding", role_kind="Role"), "Role shop/shop-anyuid-scc"),
    "Group": (
        bound(subject='{kind: Group, apiGroup: rbac.authorization.k8s.io, name: "system:serviceaccounts:shop"}'),
        "ClusterRole shop-anyuid-scc",
    ),
    "User": (
        bound(subject='{kind: User, apiGroup: rbac.authorization.k8s.io, name: "system:serviceaccount:shop:web"}'),
        "ClusterRole shop-anyuid-scc",
    ),
    "role of an SCC that is not there": (bound('"system:openshift:scc:mine"'), "ClusterRole system:openshift:scc:mine"),
    "two": (bound() + "---\n" + bound("other", "RoleBinding"), "ClusterRole other or ClusterRole shop-anyuid-scc"),
}


@pytest.mark.parametrize("where", ["documents", "files", "script"])
@pytest.mark.parametrize("form", OPEN)
def test_a_role_that_is_not_in_the_input_leaves_a_rejection_open(form: str, where: str) -> None:
    grant, role_words = OPEN[form]
    files = {"a.yaml": f"{REJECTED}---\n{grant}"}
    if where == "files":
        files = {"a.yaml": REJECTED, "rbac/b.yaml": grant}
    if where == "script":
        files = {"a.yaml": REJECTED, "a.sh": f"oc apply -f - <<EOF\n{grant}EOF\n"}
    found = report(files)
    severity, message = severities(found)["SCC101"]
    assert severity is None, "it is a gap"
    are = "are" if form == "two" else "is"
    clause = f"rejected unless {role_words}, which {are} not in the input, grants an SCC"
    assert message.endswith(f"({clause})")
    for name in FORMATS:
        assert "not in the input" in " ".join(render(found, name).split())


CERTAIN = {
    "a role without SCCs": bound() + "---\n" + role("anyuid", "shop-anyuid-scc").replace("[use]", "[get]"),
    "a role of the platform": bound("view"),
    "a role of the platform that bears on no SCC": bound('"system:auth-delegator"'),
    "a role of monitoring": bound("cluster-monitoring-view"),
    "another account": bound(subject="{kind: ServiceAccount, name: job, namespace: shop}"),
    "another namespace": bound(kind="RoleBinding").replace("namespace: shop", "namespace: bank", 1),
}


@pytest.mark.parametrize("case", CERTAIN)
def test_a_rejection_that_depends_on_no_role_is_an_error(case: str) -> None:
    severity, message = severities(report({"a.yaml": f"{REJECTED}---\n{CERTAIN[case]}"}))["SCC101"]
    assert severity is Severity.ERROR
    assert "unless" not in message


@pytest.mark.parametrize("namespace", ["", ", namespace: shop"])
def test_a_role_of_another_unit_counts(namespace: str) -> None:
    """The API server ignores the namespace of an object that has none."""
    granting = role("anyuid", "shop-anyuid-scc").replace("shop-anyuid-scc", f"shop-anyuid-scc{namespace}", 1)
    files = {
        "app/a.yaml": f"{REJECTED}---\n{bound()}",
        "app/kustomization.yaml": "resources: [a.yaml]\n",
        "rbac/a.yaml": granting,
        "rbac/kustomization.yaml": "resources: [a.yaml]\n",
    }
    assert "SCC101" not in severities(report(files, UNRENDERED))


def test_what_admits_a_pod_depends_on_no_other_role() -> None:
    found = severities(report({"a.yaml": f"{deployment(pod='')}---\n{bound()}"}))
    assert not any("unless" in message for _, message in found.values())


def test_an_open_rejection_says_so_in_explain() -> None:
    opened = open_one(text=f"{REJECTED}---\n{bound()}")
    row = opened.row(opened.world, opened.workloads[0])
    assert row.result == "rejected"
    assert row.rests_on == "rejected unless ClusterRole shop-anyuid-scc, which is not in the input, grants an SCC"
    assert row.rests_on in " ".join(
        explained([(opened, opened.world, opened.world.outcome(opened.workloads[0]), row)], color=False).split()
    )


APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: NAME, namespace: openshift-gitops}
spec:
  source: {repoURL: "https://git.example/team/repo.git", path: PATH}
  destination: {CLUSTER, namespace: shop}
"""


def application(name: str, path: str, cluster: str) -> str:
    return APPLICATION.replace("NAME", name).replace("PATH", path).replace("CLUSTER", cluster)


def by_cluster(of_app: str, of_grant: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """An application and a grant, each deployed to a cluster."""
    return {
        ".git/config": '[remote "origin"]\n\turl = https://git.example/team/repo.git\n',
        "apps/web/a.yaml": REJECTED,
        "rbac/grants/a.yaml": binding(),
        "argo/a.yaml": application("web", "apps/web", of_app) + "---\n" + application("grants", "rbac/grants", of_grant),
        **(more or {}),
    }


@pytest.mark.parametrize(
    ("of_app", "of_grant", "admitted"),
    [
        ("name: prod", "name: prod", True),
        ('server: "https://prod.example"', 'server: "https://prod.example"', True),
        ('server: "https://kubernetes.default.svc"', "name: in-cluster", True),
        ("name: prod", "name: dev", False),
        ('server: "https://prod.example"', 'server: "https://dev.example"', False),
        ("name: prod", 'name: ""', True),
        ('name: ""', "name: prod", True),
    ],
)
def test_what_is_deployed_to_another_cluster_is_no_evidence(of_app: str, of_grant: str, admitted: bool) -> None:
    assert ("SCC101" not in rules(by_cluster(of_app, of_grant))) is admitted


def test_plain_files_and_commands_count_for_each_cluster() -> None:
    assert "SCC101" not in rules(by_cluster("name: prod", "name: dev", {"plain.yaml": binding(name="other")}))
    grant = {"a.sh": "oc adm policy add-scc-to-user anyuid -z web -n shop\n"}
    assert "SCC101" not in rules(by_cluster("name: prod", "name: dev", grant))


def test_the_destination_goes_before_the_names_of_folders() -> None:
    """The grant of the environment whose folder fits is deployed to another cluster."""
    files = by_cluster("name: east", "name: west")
    del files["rbac/grants/a.yaml"]
    files["apps/web/a.yaml"] = REJECTED
    files["apps/web-west/a.yaml"] = binding()
    files["z/east/a.yaml"] = binding("restricted-v2")
    files["argo/a.yaml"] = "---\n".join(
        (
            application("web", "apps/web", "name: east"),
            application("one", "apps/web-west", "name: west"),
            application("two", "z/east", "name: east"),
        )
    )
    assert "SCC101" in rules(files)
    # The same the other way round.
    write_files({"apps/web-west/a.yaml": binding("restricted-v2"), "z/east/a.yaml": binding()})
    assert "SCC101" not in {finding.rule_id for finding in report_on(["."]).findings}


OVERLAY = "resources: [../base]\nnamespace: shop\n"


@needs_kustomize
def test_overlays_of_one_base_in_one_namespace_stay_apart() -> None:
    write_files(
        {
            "base/a.yaml": deployment(namespace="", pod="runAsUser: 0"),
            "base/kustomization.yaml": "resources: [a.yaml]\n",
            "plain/kustomization.yaml": OVERLAY,
            "granted/kustomization.yaml": OVERLAY.replace("[../base]", "[../base, grant.yaml]"),
            "granted/grant.yaml": binding(),
        }
    )
    found = {opened.unit.name: opened.row(opened.world, opened.workloads[0]).result for opened in open_units(run_over(["."]))}
    assert found == {"granted": "admitted", "plain": "rejected"}


UPDATING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
  - {apiGroups: [""], resources: [namespaces], verbs: [update]}
"""
HELD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: agent}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: agent}
subjects: [{kind: ServiceAccount, name: agent}]
"""


@needs_kustomize
def test_a_finding_about_rights_of_another_unit_is_in_a_file_that_people_have() -> None:
    files = {
        "base/role.yaml": UPDATING,
        "base/kustomization.yaml": "namespace: shop\ncommonLabels: {app: agent}\nresources: [role.yaml]\n",
        "base/binding.yaml": HELD,
    }
    found = [finding.span for finding in report(files).findings if finding.rule_id == "RBA407"]
    assert [(span.file, span.line) for span in found] == [("base/role.yaml", 5)]


@pytest.mark.parametrize(
    ("file", "text", "reported"),
    [
        ("README.md", "```\ncat a.yaml | sed 's/PROJECT/'$PROJECT'/' | oc create -f -\n```\n", False),
        ("deploy.sh", 'sed -i -e "s|PROJECT|$1|g" a.yaml && oc apply -f a.yaml\n', False),
        ("README.md", "Write your PROJECT into a.yaml.\n", True),
        ("deploy.sh", "sed s/PROJECTS/$1/ a.yaml | oc apply -f -\n", True),
    ],
)
def test_a_word_that_a_command_replaces_is_no_value(file: str, text: str, reported: bool) -> None:
    bound = HELD.replace("{name: agent}\nroleRef", "{name: agent, namespace: PROJECT}\nroleRef")
    assert ("MAN002" in rules({"a.yaml": bound, file: text})) is reported


@needs_kustomize
@pytest.mark.parametrize(("namespace", "admitted"), [("system", False), ("tools", True)])
def test_two_units_with_one_placeholder_are_for_two_namespaces(namespace: str, admitted: bool) -> None:
    """kubebuilder writes `system` for a namespace that is still to be chosen."""
    write_files({
        "plugin/kustomization.yaml": "resources: [a.yaml]\n",
        "plugin/a.yaml": deployment(namespace=namespace, account="default", pod="runAsUser: 0"),
        "operator/kustomization.yaml": "resources: [b.yaml]\n",
        "operator/b.yaml": binding(account="default", namespace=namespace),
    })  # fmt: skip
    opened = next(unit for unit in open_units(run_over(["."])) if unit.unit.name == "plugin")
    outcome = opened.world.outcome(opened.workloads[0])
    assert (outcome.verdict is not None and outcome.verdict.allowed) is admitted
    assert admitted or outcome.unknown.startswith("namespace system is not filled in")
