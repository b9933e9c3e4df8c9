"""One cause, one finding: which findings yield to which, and that one fix removes both."""

from os import PathLike
from pathlib import Path

import pytest

from scclint.causes.consequences import related_places
from scclint.causes.join import YIELDS, joined
from scclint.finding import Finding, Severity, Subject, Suppression
from scclint.linting import lint_texts
from scclint.record import replace
from scclint.run.report import Report
from scclint.run.run import report_of
from scclint.source import Span
from tests.running import run_over, write_files

FIXTURES = Path(__file__).parents[2] / "fixtures"


def finding(rule: str, severity: Severity = Severity.ERROR, name: str = "web", container: str = "", line: int = 1) -> Finding:
    subject = Subject("apps/v1", "Deployment", "shop", name, container)
    return Finding(
        rule, f"name-of-{rule}", "problem", severity, f"container {container} x", Span("a.yaml", line, 1, line, 2), subject
    )


TASK = replace(finding("SEC206"), subject=Subject("apps/v1", "Deployment", "shop", "web", part="task build"))


def shown(*findings: Finding) -> list[str]:
    return [f.rule_id for f in joined(Report(findings)).live]


def test_a_finding_yields_to_one_with_the_same_cause() -> None:
    report = joined(Report((finding("SEC206"), finding("SCC101", Severity.WARNING, line=3))))
    (winner,) = report.live
    assert [(related.message, related.span.line) for related in related_places(winner)] == [("also SCC101 (name-of-SCC101)", 3)]
    (loser,) = (f for f in report.findings if f.suppression)
    assert loser.suppression is not None
    assert (loser.suppression.by, loser.suppression.reason) == ("finding", "SEC206 in line 1 has the same cause")
    assert report.suppressed == 0


def test_a_refused_profile_is_one_error() -> None:
    """The demo has a pod that anyuid rejects because of its profile, and that no other SCC admits."""
    report = joined(report_of(run_over([str(FIXTURES / "demo" / "needs-anyuid.yaml")])))
    (winner,) = (f for f in report.live if f.severity is Severity.ERROR)
    assert (winner.rule_id, [r.message for r in related_places(winner)][1:]) == ("SEC206", ["also SCC101 (no-scc-admits)"])


@pytest.mark.parametrize(
    "findings",
    [
        (finding("SEC206", name="other"), finding("SCC101")),
        (finding("SEC206", Severity.WARNING), finding("SCC101", Severity.ERROR)),
        (finding("SEC206"), finding("MAN003")),
        (replace(finding("SEC206"), suppression=Suppression("comment", "ours")), finding("SCC101")),
        (TASK, finding("SCC101")),
    ],
    ids=[
        "another object",
        "a winner that weighs less",
        "different causes",
        "a winner that somebody accepted",
        "another part of the object",
    ],
)
def test_what_does_not_yield(findings: tuple[Finding, ...]) -> None:
    assert shown(*findings) == [f.rule_id for f in findings if f.suppression is None]


PODS = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: NAME, namespace: shop}
spec:
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec:
      serviceAccountName: agent
      containers: [{name: agent, image: registry.example/agent:1, securityContext: {privileged: true}}]
"""


GRANT = """---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: agent-privileged, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:privileged"}
subjects: [{kind: ServiceAccount, name: agent}]
"""


def test_access_stands_by_itself() -> None:
    live = joined(report_of(run_over(text=PODS + GRANT))).live
    assert [(f.rule_id, f.what) for f in live if f.kind == "access"] == [
        ("SCC102", "SCC privileged"),
        ("SCC102", "privileged"),
        ("SEC203", "unconfined"),
        ("RBA402", "SCC privileged"),
    ]


def test_a_comment_at_the_pods_covers_no_grant() -> None:
    comment = "      # scclint: ignore[SCC102, SEC203] the agent manages the node\n"
    pods = PODS.replace("      containers:", f"{comment}      containers:")
    live = joined(report_of(run_over(text=pods + GRANT))).live
    assert [f.rule_id for f in live if f.kind == "access"] == ["RBA402"]


def test_containers_with_one_cause_are_one_finding() -> None:
    one, same = (replace(finding("SEC201", container=name), cause="anyuid applies none") for name in "ab")
    report = joined(Report((one, same, finding("SEC203", container="a"))))
    assert [f.rule_id for f in report.live] == ["SEC201", "SEC203"]
    assert report.live[0].message == "container a x; the same holds for container b"
    assert related_places(report.live[0])[0].message == "also SEC201 (name-of-SEC201) for container b"
    assert shown(one, replace(same, cause="")) == ["SEC201", "SEC201"]
    assert shown(one, replace(same, cause="nonroot applies none")) == ["SEC201", "SEC201"]


def test_the_table_has_no_circle() -> None:
    for loser in YIELDS:
        seen, pending = set(), [loser]
        while pending:
            rule = pending.pop()
            assert rule not in seen or rule != loser
            seen.add(rule)
            pending += YIELDS.get(rule, ())
        assert loser not in {rule for winner in YIELDS[loser] for rule in YIELDS.get(winner, ())}


def test_what_one_line_makes_of_several_objects_is_one_finding() -> None:
    one, same = (finding("SCC101", name=name) for name in ("web", "example-web"))
    (winner,) = joined(Report((one, same))).live
    assert related_places(winner)[0].message == "also SCC101 (name-of-SCC101) for Deployment shop/example-web"
    # One object may have two problems in one line.
    assert shown(one, replace(one, message="another")) == ["SCC101", "SCC101"]
    assert shown(one, replace(same, path=("spec", "replicas"))) == ["SCC101", "SCC101"]
    # The containers of one pod are one finding, and those of the pods that the line makes as well.
    pods = [replace(finding("SEC201", name=name), cause="default", path=("spec", part)) for name in ("a", "b") for part in "xy"]
    assert shown(*pods) == ["SEC201"]


def in_file(file: str, one: Finding, *contents: str) -> Finding:
    return replace(one, span=replace(one.span, file=file), contents=contents)


def test_several_fields_that_one_line_wrote_are_one_finding() -> None:
    one = replace(finding("MAN002"), message="env[10] has no name", path=("env", 10), help="Correct the field.")
    same = replace(one, message="env[11] has no name", path=("env", 11))
    (winner,) = joined(Report((one, same))).live
    assert [place.message for place in related_places(winner)] == ["also MAN002 (name-of-MAN002) for env[11]"]
    for other in (
        replace(same, help="Remove the field."),
        replace(same, span=Span("a.yaml", 2, 1, 2, 2)),
        replace(same, severity=Severity.WARNING),
        replace(same, rule_id="MAN001"),
        replace(same, subject=replace(same.subject, part="task build")),
    ):
        assert len(shown(one, other)) == 2
    # Each has an edit of its own.
    assert len(joined(Report((one, same)), each_edit=True).live) == 2


def test_copies_of_an_object_are_one_finding() -> None:
    """A script put `all.yaml` together, which has the findings of several files."""
    web, db = (finding("SCC101", name=name) for name in ("web", "db"))
    (winner, other) = joined(
        Report((in_file("all.yaml", web, "1"), in_file("all.yaml", db, "2"), in_file("web.yaml", web, "1", "3")))
    ).live
    assert [(f.span.file, f.subject.name) for f in (winner, other)] == [("all.yaml", "db"), ("web.yaml", "web")]
    assert [(related.message, related.span.file) for related in related_places(other)] == [
        ("also SCC101 (name-of-SCC101)", "all.yaml")
    ]


@pytest.mark.parametrize(
    "copy",
    [
        in_file("other/b.yaml", finding("SCC101"), "2"),
        in_file("b.yaml", finding("SCC101", Severity.WARNING), "1"),
        in_file("b.yaml", replace(finding("SCC101"), message="something else"), "1"),
        in_file("b.yaml", replace(finding("SCC101"), path=("spec",)), "1"),
        in_file("b.yaml", replace(finding("SCC101"), subject=replace(finding("SCC101").subject, namespace="test")), "1"),
    ],
    ids=["another content", "another severity", "another message", "another field", "another namespace"],
)
def test_what_is_no_copy(copy: Finding) -> None:
    assert shown(in_file("a.yaml", finding("SCC101"), "1"), copy) == ["SCC101", "SCC101"]


@pytest.mark.parametrize(("volume", "number"), [("emptyDir: {}", 1), ("hostPath: {path: /srv}", 2)])
def test_variants_of_an_object_that_need_different_remedies_are_two_findings(
    volume: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers: [{name: web, image: registry.example/web:1}]\n"
    )
    write_files({"a.yaml": pod, "b.yaml": f"{pod}  volumes: [{{name: data, {volume}}}]\n"})
    report = joined(report_of(run_over(["."])))
    assert len([f for f in report.live if f.rule_id == "SEC201"]) == number


def test_variants_of_an_object_in_one_folder_are_one_finding() -> None:
    assert shown(*(in_file(f"deploy/{file}", finding("SCC101"), file) for file in ("one-node.yaml", "nodes.yaml"))) == [
        "SCC101"
    ]


def test_each_copy_has_a_fix_of_its_own() -> None:
    report = Report(tuple(in_file(file, finding("SCC101"), "1") for file in ("a.yaml", "b.yaml")))
    assert len(joined(report).live) == 1
    assert len(joined(report, each_edit=True).live) == 2


def test_generated_files_may_differ_from_their_source() -> None:
    source, copy = in_file("base.yaml", finding("SCC101"), "1"), in_file("all.yaml", finding("SCC101"), "2")
    texts = {"all.yaml": "# Generated by make. DO NOT EDIT.\n", "base.yaml": ""}
    (winner,) = joined(Report((copy, source), texts=texts)).live
    assert winner.span.file == "base.yaml"


def test_an_object_that_has_fewer_containers_in_another_unit_is_one_finding() -> None:
    """An overlay deletes container a, so that b has another index there."""
    a, b = (
        replace(finding("SEC201", container=name, line=line), path=("containers", line)) for name, line in (("a", 1), ("b", 2))
    )
    units = [[replace(f, units=("base",), cause="none", help="a and b") for f in (a, b)]]
    units += [[replace(b, path=("containers", 1), units=("overlay",), cause="none", help="b")]]
    assert shown(*(f for unit in units for f in unit)) == ["SEC201"]


OLD = """\
apiVersion: %s
kind: Deployment
metadata: {name: %s}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}
"""


def test_old_versions_of_one_file_are_one_finding() -> None:
    versions = ("apps/v1beta1", "apps/v1beta1", "extensions/v1beta1")
    text = "---\n".join(OLD % (version, f"web-{number}") for number, version in enumerate(versions))
    live = [f for f in joined(report_of(run_over(text=text))).live if f.rule_id == "MAN002"]
    assert [(f.subject.name, len(related_places(f))) for f in live] == [("web-0", 2)]


def test_an_old_version_counts_once_in_a_folder() -> None:
    unselected = OLD.replace("  selector: {matchLabels: {app: web}}\n", "")
    texts: dict[str | PathLike[str], str] = {f"{name}.yaml": OLD % ("apps/v1beta1", name[-1]) for name in ("a", "b", "x/e")}
    texts["d.yaml"] = unselected % ("apps/v1beta1", "d")
    found = [f for f in joined(lint_texts(texts)).live if f.rule_id == "MAN002"]
    # Another fix is another finding.
    assert [f.span.file for f in found] == ["a.yaml", "d.yaml"]
    assert [related.span.file for related in related_places(found[0])] == ["b.yaml", "x/e.yaml"]


@pytest.mark.parametrize("folder", ["overlays/3.x", "ocp-3", "openshift_v3.11", "v3.11", "deploy-for-3.x"])
def test_an_old_version_weighs_the_same_in_a_folder_for_openshift_3(folder: str) -> None:
    (found,) = (f for f in lint_texts({f"{folder}/a.yaml": OLD % ("apps/v1beta1", "a")}).live if f.rule_id == "MAN002")
    assert found.severity is Severity.ERROR


@pytest.mark.parametrize("folder", ["v3.1.0", "3", "v3.11.2", "step-3", "ocp-31"])
def test_an_old_version_in_another_folder(folder: str) -> None:
    (found,) = (f for f in lint_texts({f"{folder}/a.yaml": OLD % ("apps/v1beta1", "a")}).live if f.rule_id == "MAN002")
    assert found.severity is Severity.ERROR


def test_unknown_fields_of_one_mapping_are_one_finding() -> None:
    text = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  triggers: []\n  test: false\n"
        "  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n"
        "    spec: {containers: [{name: web, image: a, ports: [{containerPort: 1, portName: x}]}]}\n"
    )
    report = joined(report_of(run_over(text=text)))
    found = [finding for finding in report.live if finding.rule_id == "MAN003"]
    assert [(f.path, [consequence.message for consequence in related_places(f)]) for f in found] == [
        (("spec", "triggers"), ["also MAN003 (unknown-field) for spec.test"]),
        (("spec", "template", "spec", "containers", 0, "ports", 0, "portName"), []),
    ]


@pytest.mark.parametrize(("file", "number"), [("web/Chart.yaml", 1), ("web/values.yaml", 2)])
def test_the_objects_of_a_packed_dependency_are_one_decision(file: str, number: int) -> None:
    span = Span(file, 8, 5, 8, 9)
    rights = [replace(finding("RBA407", name=name), span=span, path=("rules", name), units=("web",)) for name in "ab"]
    assert len(joined(Report(tuple(rights))).live) == number
