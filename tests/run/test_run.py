"""The run as a whole: what is reported, what is counted, what goes on when something fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import scclint
from scclint.config.model import Config
from scclint.config.records import Creator, GrantFacts, NamespaceFacts
from scclint.finding import Finding, Problem, Severity
from scclint.objects.types import Workload
from scclint.outcome.world import World
from scclint.record import replace
from scclint.registry import builtin, registry
from scclint.rule import rule
from tests.running import report_on

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: shell, namespace: shop}
spec:
  containers:
    - name: shell
      image: registry.example/shell:1
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1
          securityContext:
            runAsUser: 0
"""
GRANT = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: anyuid, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:anyuid"}
subjects: [{kind: ServiceAccount, name: default, namespace: shop}]
"""


def found(report: scclint.Report) -> list[tuple[str, int]]:
    """The rules and lines of problems."""
    return [(f.rule_id, f.span.line) for f in report.findings if f.kind == "problem"]


def test_an_administrators_bare_pod_runs_unconfined_and_the_deployment_does_not() -> None:
    assert found(scclint.lint_text(POD)) == [("SEC201", 6)]
    assert found(scclint.lint_text(DEPLOYMENT.replace("            runAsUser: 0\n", "            runAsNonRoot: true\n"))) == []


def test_who_creates_a_bare_pod_can_be_said() -> None:
    user = Config(creator=Creator("alice", ("system:authenticated",)))
    assert found(scclint.lint_text(POD, config=user)) == []


def test_context_informs_verdicts_and_is_not_reported_on(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(DEPLOYMENT)
    (tmp_path / "context").mkdir()
    (tmp_path / "context" / "grant.yaml").write_text(GRANT + "---\n" + POD)
    web = str(tmp_path / "web.yaml")
    alone = report_on([web])
    assert ("SCC101", 13) in found(alone)
    informed = report_on([web], context=[str(tmp_path / "context")])
    assert [rule for rule, _ in found(informed)] == ["SEC201"]
    assert {f.span.file for f in informed.findings} == {web}


def test_a_configured_grant_counts() -> None:
    config = Config(grants=(GrantFacts("anyuid", namespace="shop", service_account="default"),))
    assert [rule for rule, _ in found(scclint.lint_text(DEPLOYMENT, config=config))] == ["SEC201"]


@pytest.mark.parametrize("facts", [{"uid_range": "1000/100"}, {"mcs": "s0:c2,c1"}, {"supplemental_groups": "5/1"}])
def test_of_a_configured_namespace_not_all_need_be_told(facts: dict[str, str]) -> None:
    config = Config(namespaces=(NamespaceFacts("shop", {}, **facts),))
    in_range = DEPLOYMENT.replace("runAsUser: 0", f"runAsUser: {1005 if 'uid_range' in facts else 1000000005}")
    assert found(scclint.lint_text(in_range, config=config)) == []


def test_a_broken_document_is_a_finding_and_the_rest_goes_on() -> None:
    report = scclint.lint_text("a: [\n---\n" + POD + "---\nb: {\n")
    assert [rule for rule, _ in found(report)] == ["MAN001", "SEC201", "MAN001"]
    assert report.tally.documents == 3
    assert report.tally.unparsable == 2
    assert report.tally.linted == 1


def test_every_document_is_counted_once(tmp_path: Path) -> None:
    text = "\n---\n".join([POD, "kind: Service\napiVersion: v1", "# nothing", "a: [", "kind: Deployment\napiVersion: apps/v1"])
    tally = scclint.lint_text(text).tally
    assert (tally.documents, tally.linted, tally.other, tally.unsupported, tally.unparsable) == (4, 1, 1, 1, 1)
    assert tally.workloads == 1


def test_findings_shared_by_releases_are_one_and_name_them() -> None:
    report = scclint.lint_text(POD, config=Config(openshift=("4.16", "4.20")))
    assert {(f.rule_id, f.releases) for f in report.findings} == {
        ("PSA502", ("4.16",)),
        ("PSA502", ("4.20",)),
        ("SCC104", ("4.16", "4.20")),
        ("SEC201", ("4.16", "4.20")),
    }
    assert report.platform == "OpenShift 4.16, 4.20"


@rule("ZZZ999", "always-fails", "A rule with a bug", severity=Severity.ERROR, on=Workload, since="0.1")
def failing(workload: Workload, world: World) -> Iterator[Problem]:
    raise ZeroDivisionError("on purpose")
    yield


def test_a_rule_that_raises_is_a_crash_and_the_others_go_on() -> None:
    rules = registry([*builtin(), failing])
    report = report_on(text=POD, registry=rules)
    assert [(c.rule_id, c.subject.name, c.error) for c in report.crashes] == [
        ("ZZZ999", "shell", "ZeroDivisionError: on purpose")
    ]
    assert found(report) == [("SEC201", 6)]


HELPERS = {
    "scclint.run.load.with_kustomizations": "looking at kustomizations",
    "scclint.run.load.with_origins": "looking for what kustomize built from",
    "scclint.deploy.helm.chart.find_origins": "looking for Helm's templates",
    "scclint.deploy.origins.charts.Trace.finding": "looking for the lines of sources",
    "scclint.run.judge.unjudged": "looking at what is not judged",
    "scclint.run.judge.written_ignores": "applying suppressions",
}


@pytest.mark.parametrize("helper", HELPERS)
def test_a_bug_in_what_helps_findings_takes_none_of_them(helper: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Chart.yaml").write_text("name: web\n", encoding="utf-8")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "x.yaml").write_text(POD, encoding="utf-8")
    text = f"---\n# Source: web/templates/x.yaml\n{POD}"

    def fail(*arguments: object, **more: object) -> None:
        raise ZeroDivisionError("on purpose")

    assert not scclint.lint_text(text).crashes
    monkeypatch.setattr(helper, fail)
    report = scclint.lint_text(text)
    assert {f.rule_id for f in report.findings} == {"PSA502", "SCC104", "SEC201"}
    assert {c.error for c in report.crashes} == {f"{HELPERS[helper]}: ZeroDivisionError: on purpose"}


def test_severity_of_the_configuration_goes_before_the_rules() -> None:
    report = scclint.lint_text(POD, config=Config(severity={"SEC201": Severity.WARNING}))
    assert {f.rule_id: f.severity for f in report.findings} == {
        "PSA502": None,
        "SCC104": None,
        "SEC201": Severity.WARNING,
    }


def test_same_input_gives_the_same_report(tmp_path: Path) -> None:
    for name, text in (("b.yaml", POD), ("a.yaml", DEPLOYMENT), ("c.yaml", GRANT)):
        (tmp_path / name).write_text(text)
    reports = [scclint.lint([str(tmp_path)]) for _ in range(2)]
    assert reports[0].findings == reports[1].findings
    assert [f.span for f in reports[0].findings] == sorted(f.span for f in reports[0].findings)


def test_a_suppressed_finding_is_marked_not_dropped() -> None:
    text = POD.replace("    - name: shell", "    - name: shell  # scclint: ignore[SEC201] a debug pod")
    report = scclint.lint_text(text)
    by_rule: dict[str, Finding] = {f.rule_id: f for f in report.findings}
    suppression = by_rule["SEC201"].suppression
    assert suppression is not None
    assert suppression.reason == "a debug pod"
    assert found(replace(report, findings=report.live)) == []


def test_an_unknown_release_is_a_usage_error() -> None:
    with pytest.raises(scclint.errors.UsageError, match=r"4\.99"):
        scclint.lint_text(POD, config=Config(openshift=("4.99",)))


def test_a_problem_may_weigh_more_than_its_rule() -> None:
    misspelt = DEPLOYMENT.replace("runAsUser: 0", "readOnlyRootFilesystm: true")
    elsewhere = DEPLOYMENT.replace("spec:\n  selector", "spec:\n  replica: 2\n  selector")

    def severity(text: str, config: Config) -> Severity | None:
        return next(f.severity for f in scclint.lint_text(text, config=config).findings if f.rule_id == "MAN003")

    assert [severity(text, Config()) for text in (misspelt, elsewhere)] == [Severity.ERROR, Severity.WARNING]
    for chosen in Severity:
        config = replace(Config(), severity={"MAN003": chosen})
        assert [severity(text, config) for text in (misspelt, elsewhere)] == [chosen, chosen]


def test_sccs_are_not_judged_on_plain_kubernetes() -> None:
    scc = "apiVersion: security.openshift.io/v1\nkind: SecurityContextConstraints\nmetadata: {name: web}\n"
    assert {f.rule_id for f in scclint.lint_text(scc).findings} >= {"SCC301"}
    report = scclint.lint_text(scc, config=Config(platform="kubernetes"))
    assert [f.rule_id for f in report.findings if f.rule_id.startswith("SCC")] == []


def test_a_workload_without_a_verdict_is_told() -> None:
    report = scclint.lint_text(DEPLOYMENT.replace("runAsUser: 0", 'privileged: "yes"'))
    assert [n.message for n in report.notices if "no verdict" in n.message] == [
        "<stdin>: Deployment web: no verdict, because json: cannot unmarshal string into Go struct field "
        "SecurityContext.spec.containers.securityContext.privileged of type bool"
    ]


@pytest.mark.parametrize(
    ("rule_id", "text", "subjects"),
    [
        ("RBA405", GRANT, ("service account shop/default",)),
        (
            "SCC306",
            GRANT.replace("RoleBinding", "ClusterRoleBinding")
            .replace(", namespace: shop}\nrole", "}\nrole")
            .partition("subjects")[0]
            + "subjects: [{kind: Group, name: system:authenticated}, {kind: Group, name: system:serviceaccounts}]\n",
            ("system:authenticated", "system:serviceaccounts"),
        ),
        (
            "SCC306",
            "apiVersion: security.openshift.io/v1\nkind: SecurityContextConstraints\nmetadata: {name: wide}\n"
            "allowPrivilegedContainer: true\nrunAsUser: {type: RunAsAny}\nseLinuxContext: {type: RunAsAny}\n"
            "groups: [system:authenticated, a, system:unauthenticated]\n",
            ("system:authenticated", "system:unauthenticated"),
        ),
    ],
)
def test_each_subject_has_a_fact(rule_id: str, text: str, subjects: tuple[str, ...]) -> None:
    assert [f.subjects for f in scclint.lint_text(text).findings if f.rule_id == rule_id] == [
        (subject,) for subject in subjects
    ]


def granted_notices(text: str, config: Config | None = None) -> list[str]:
    return [n.message for n in scclint.lint_text(text, config=config).notices if "would give" in n.message]


def test_a_grant_in_a_namespace_that_the_workload_does_not_name_is_reported_beside_the_verdict() -> None:
    nameless = DEPLOYMENT.replace(", namespace: shop", "").replace(
        "            runAsUser: 0\n", "            runAsNonRoot: true\n"
    )
    notice = "in namespace shop, RoleBinding anyuid would give Deployment web SCC anyuid"
    advice = "the manifest sets no namespace: pass `-n shop` to judge it there"
    assert granted_notices(f"{nameless}---\n{GRANT}") == [f"{notice}; {advice}"]
    twice = "---\n".join((nameless, nameless.replace("web", "api", 1), GRANT))
    assert granted_notices(twice) == [f"{notice} (and 1 more like it); {advice}"]
    assert granted_notices(f"{nameless}---\n{GRANT}", Config(namespace="shop")) == []
    assert granted_notices(f"{DEPLOYMENT}---\n{GRANT}") == []
    assert granted_notices(f"{nameless}---\n{GRANT.replace('anyuid', 'restricted-v2')}") == []


def test_pods_on_windows_nodes_have_no_seccomp() -> None:
    windows = POD.replace("spec:\n", "spec:\n  nodeSelector: {kubernetes.io/os: windows}\n")
    report = scclint.lint_text(windows, config=Config(platform="kubernetes"))
    assert [f.rule_id for f in report.findings if f.rule_id == "SEC201"] == []
    assert "SEC201" in {f.rule_id for f in scclint.lint_text(POD, config=Config(platform="kubernetes")).findings}


def test_a_problem_that_a_rule_gives_twice_names_each_release_once() -> None:
    sentences = {"twice": "twice", "once": "Say it once."}

    @rule("XXX901", "stutter", "Says all twice", severity=Severity.WARNING, on=Workload, since="0.1", sentences=sentences)
    def stutter(workload: Workload, world: World) -> Iterator[Problem]:
        """Says all twice.

        ## How to fix it

        Say it once.
        """
        yield Problem("twice", at=workload.place, help="once")
        yield Problem("twice", at=workload.place, help="once")

    config = Config(openshift=("4.11", "4.22"))
    report = report_on(config=config, text=POD, registry=registry((stutter,)))
    assert [finding.releases for finding in report.findings] == [("4.11", "4.22")]


@pytest.mark.parametrize(
    ("directive", "is_part"),
    [
        ("include::../examples/part.yaml[tag=web]", True),
        ("include::{examples}/part.yaml[]", True),
        ("include::../examples/other.yaml[]", False),
        ("The file part.yaml is an example.", False),
    ],
)
def test_a_part_of_a_manifest_that_a_page_in_asciidoc_shows_is_no_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, directive: str, is_part: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "examples/part.yaml": "kind: Pod\n  metadata: {name: web}\n",
        "docs/guide.adoc": f"= Guide\n\n----\n{directive}\n----\n",
    }.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    report = report_on(["."])
    assert [finding.rule_id for finding in report.findings] == ([] if is_part else ["MAN001"])
    assert any("a page in AsciiDoc shows a part" in notice.message for notice in report.notices) is is_part
    # A file that the user names is judged.
    assert [finding.rule_id for finding in report_on([".", "examples/part.yaml"]).findings] == ["MAN001"]
