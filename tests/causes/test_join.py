"""One cause, one finding: which findings yield to which, and that one fix removes both."""

import re
from os import PathLike
from pathlib import Path

import pytest

from scclint.causes.consequences import related_places
from scclint.causes.join import YIELDS, joined
from scclint.cli import main
from scclint.config.model import Config
from scclint.finding import Finding, Severity, Subject, Suppression
from scclint.linting import lint_texts
from scclint.record import replace
from scclint.report import FORMATS
from scclint.run.report import Report
from scclint.run.run import report_of
from scclint.source import Span
from tests.running import check_in, run_over, write_files

FIXTURES = Path(__file__).parents[2] / "fixtures"


def finding(rule: str, severity: Severity = Severity.ERROR, name: str = "web", container: str = "", line: int = 1) -> Finding:
    subject = Subject("apps/v1", "Deployment", "shop", name, container)
    return Finding(
        rule, f"name-of-{rule}", "problem", severity, f"container {container} x", Span("a.yaml", line, 1, line, 2), subject
    )


TASK = replace(finding("SCC101"), subject=Subject("apps/v1", "Deployment", "shop", "web", part="task build"))


def shown(*findings: Finding) -> list[str]:
    return [f.rule_id for f in joined(Report(findings)).live]


def test_a_finding_yields_to_one_with_the_same_cause() -> None:
    report = joined(Report((finding("SCC101"), finding("SCC107", Severity.WARNING, line=3))))
    (winner,) = report.live
    assert [(related.message, related.span.line) for related in related_places(winner)] == [("also SCC107 (name-of-SCC107)", 3)]
    (loser,) = (f for f in report.findings if f.suppression)
    assert loser.suppression is not None
    assert (loser.suppression.by, loser.suppression.reason) == ("finding", "SCC101 in line 1 has the same cause")
    assert report.suppressed == 0


def test_chains_end_at_one_finding() -> None:
    report = joined(Report((finding("SCC103", Severity.WARNING), finding("SCC107", Severity.WARNING), finding("SCC101"))))
    (winner,) = report.live
    assert winner.rule_id == "SCC101"
    assert len(related_places(winner)) == 2


def test_a_refused_profile_is_one_error() -> None:
    """The demo has a pod that anyuid rejects because of its profile, and that no other SCC admits."""
    report = joined(report_of(run_over([str(FIXTURES / "demo" / "needs-anyuid.yaml")])))
    (winner,) = (f for f in report.live if f.severity is Severity.ERROR)
    assert (winner.rule_id, [r.message for r in related_places(winner)][1:]) == (
        "SEC206",
        ["also SCC101 (no-scc-admits)", "also SCC107 (fixed-id)"],
    )


@pytest.mark.parametrize(
    "findings",
    [
        (finding("SCC101", name="other"), finding("SCC107", Severity.WARNING)),
        (finding("SCC101", Severity.WARNING), finding("SCC107", Severity.ERROR)),
        (finding("SCC102", Severity.WARNING), finding("SEC201")),
        (finding("SCC107", Severity.WARNING), finding("MAN003")),
        (replace(finding("SCC101"), suppression=Suppression("baseline")), finding("SCC107", Severity.WARNING)),
        (TASK, finding("SCC107", Severity.WARNING)),
    ],
    ids=[
        "another object",
        "a winner that weighs less",
        "one direction only",
        "different causes",
        "a winner that a baseline hides",
        "another part of the object",
    ],
)
def test_what_does_not_yield(findings: tuple[Finding, ...]) -> None:
    assert shown(*findings) == [f.rule_id for f in findings if f.suppression is None]


ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: wide}
rules:
  - {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], verbs: [use]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: wide}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %s}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
"""


def test_a_binding_is_a_line_of_the_finding_on_its_role() -> None:
    (winner,) = joined(report_of(run_over(text=ROLE % "wide"))).live
    assert winner.rule_id == "RBA401"
    assert [related.message for related in related_places(winner)] == [
        "also RBA402 (scc-granted): ClusterRoleBinding wide: lets service account shop/web use every SCC"
    ]


@pytest.mark.parametrize(
    "text",
    [ROLE % "cluster-admin", (ROLE % "wide").replace("rules:\n  -", "rules:\n  # scclint: ignore[RBA401] ours\n  -")],
    ids=["another role", "a suppressed finding on the role"],
)
def test_a_binding_stands_by_itself(text: str) -> None:
    live = joined(report_of(run_over(text=text))).live
    assert [f.rule_id for f in live if f.rule_id == "RBA402"] == ["RBA402"]


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


def test_a_grant_yields_to_the_pods_that_run_by_it() -> None:
    pods, grant = PODS.replace("NAME", "agent"), GRANT
    (winner,) = joined(report_of(run_over(text=pods + grant))).live
    assert winner.rule_id == "SCC102"
    assert [related.message for related in related_places(winner) if related.message.startswith("also ")] == [
        "also RBA402 (scc-granted) for RoleBinding shop/agent-privileged",
        "also SEC203 (privileged-ignores-seccomp) for container agent",
    ]
    # What another subject gets is nothing that the finding on the pods is about.
    text = pods + grant.replace("name: agent}]", "name: agent}, {kind: ServiceAccount, name: other}]")
    assert "RBA402" in [f.rule_id for f in joined(report_of(run_over(text=text))).live]
    # A pod of the account that needs no grant may use it, and the finding on those that do says how to replace it.
    text = pods + "---\n" + PODS.replace("NAME", "web").replace(", securityContext: {privileged: true}", "") + grant
    assert [f.rule_id for f in joined(report_of(run_over(text=text))).live if f.rule_id[:3] in ("SCC", "RBA")] == ["SCC102"]


def test_containers_with_one_cause_are_one_finding() -> None:
    one, same = (replace(finding("SEC201", container=name), cause="anyuid applies none") for name in "ab")
    report = joined(Report((one, same, finding("SEC203", container="a"))))
    assert [f.rule_id for f in report.live] == ["SEC201", "SEC203"]
    assert report.live[0].message == "container a x; the same holds for container b"
    assert related_places(report.live[0])[0].message == "also SEC201 (name-of-SEC201) for container b"
    assert shown(one, replace(same, cause="")) == ["SEC201", "SEC201"]
    assert shown(one, replace(same, cause="nonroot applies none")) == ["SEC201", "SEC201"]


@pytest.mark.parametrize("by", ["comment", "annotation", "config"])
@pytest.mark.parametrize(("winner", "loser"), [(w, l) for l, winners in YIELDS.items() for w in winners])
def test_a_suppression_by_a_person_covers_what_does_not_reach_further(winner: str, loser: str, by: str) -> None:
    accepted = replace(finding(winner), suppression=Suppression(by, "ours"))
    (covered,) = (f for f in joined(Report((accepted, finding(loser)))).findings if f.rule_id == loser)
    further = (loser, winner) in {("SCC103", "SCC107"), ("SCC109", "SEC201"), ("RBA402", "RBA403")}
    assert covered.suppression == (None if further else Suppression(by, "ours"))
    (other,) = joined(Report((accepted, finding(loser, name="other")))).live
    assert other.suppression is None


def test_one_comment_at_the_pods_covers_their_grant() -> None:
    comment = "      # scclint: ignore[SCC102] the agent manages the node\n"
    pods = [PODS.replace("NAME", name).replace("      containers:", f"{comment}      containers:") for name in ("web", "db")]
    kept = pods[1].replace(comment, "")
    for text, left in ((pods[0], []), ("---\n".join(pods), []), (f"{pods[0]}---\n{kept}", ["SCC102"])):
        report = joined(report_of(run_over(text=f"{text}{GRANT}")))
        assert [f.rule_id for f in report.live if f.rule_id in ("SCC102", "RBA402")] == left
    wider = GRANT.replace("name: agent}]", "name: agent}, {kind: ServiceAccount, name: other}]")
    assert "RBA402" in [f.rule_id for f in joined(report_of(run_over(text=f"{pods[0]}{wider}"))).live]


AGENT = "{name: agent, image: registry.example/agent:1, securityContext: {privileged: true}}"
WEB = "{name: web, image: registry.example/web:1, securityContext: {seccompProfile: {type: RuntimeDefault}}}"
PRIVILEGED = {
    "container": f"      containers: [{AGENT}]",
    "init container": f"      containers: [{WEB}]\n      initContainers: [{AGENT}]",
}


def test_a_finding_about_something_else_of_the_pod_is_no_winner() -> None:
    """SCC102 also reports a path of the node behind a PersistentVolume, which has no cause."""
    volume = finding("SCC102", Severity.WARNING)
    pod = replace(finding("SCC102", Severity.WARNING, line=2), cause="SCC privileged", message="unconfined")
    loser = finding("SEC203", Severity.WARNING, line=3)
    assert [f.message for f in joined(Report((volume, pod, loser))).live if related_places(f)] == ["unconfined"]
    accepted = replace(volume, suppression=Suppression("comment", "ours"))
    assert shown(accepted, pod, loser) == ["SCC102"]
    assert shown(volume, replace(pod, suppression=Suppression("comment", "ours")), loser) == ["SCC102"]
    assert shown(volume, replace(pod, suppression=Suppression("baseline")), loser) == ["SCC102", "SEC203"]


@pytest.mark.parametrize("container", PRIVILEGED)
def test_every_format_says_that_a_privileged_container_runs_unconfined(
    container: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    containers = PODS.splitlines()[-1]
    text = PODS.replace(containers, PRIVILEGED[container]).replace("NAME", "agent") + GRANT
    file = tmp_path / "agent.yaml"
    file.write_text(text)
    for name, written in check_in(FORMATS, tmp_path, "--isolated", str(file))[1].items():
        assert "agent runs unconfined" in " ".join(written.split()), name
    main(["review", "--isolated", str(file)])
    assert "agent Unconfined" in " ".join(capsys.readouterr().out.split())


def test_a_terminal_shows_one_block_for_a_privileged_container(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "agent.yaml").write_text(PODS.replace("NAME", "agent") + GRANT)
    status = main(["check", "--isolated", str(tmp_path)])
    out = capsys.readouterr().out
    assert (status, re.findall(r"\[([A-Z]+\d+)\]", out)) == (1, ["SCC102"])
    assert main(["check", "--isolated", "--select", "SEC", str(tmp_path)]) == 1
    assert re.findall(r"\w+\[[A-Z]+\d+\]", capsys.readouterr().out) == ["warning[SEC203]"]


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


RIGHT = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: NAME-role}
rules:
- {apiGroups: [GROUP], resources: [RESOURCE], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: NAME-binding}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: NAME-role}
subjects: [{kind: ServiceAccount, name: ACCOUNT, namespace: NAME}]
"""


def delivered(name: str, account: str = "manager", resource: str = "pods", kind: str = "") -> str:
    group = "security.openshift.io" if resource == "securitycontextconstraints" else "''"
    text = RIGHT.replace("NAME", name).replace("ACCOUNT", account).replace("RESOURCE", resource).replace("GROUP", group)
    return (
        text.replace("kind: ClusterRoleBinding\nmetadata: {", f"kind: RoleBinding\nmetadata: {{namespace: {kind}, ")
        if kind
        else text
    )


@pytest.mark.parametrize(
    ("other", "folder", "number"),
    [
        (delivered("x-a"), "deploy", 1),
        (delivered("b"), "deploy", 2),
        (delivered("x-a", resource="persistentvolumes, pods, persistentvolumeclaims"), "deploy", 2),
        (delivered("x-a", account="other"), "deploy", 2),
        (delivered("x-a", kind="openshift-etcd"), "deploy", 2),
        (delivered("x-a"), "config", 2),
    ],
    ids=["same", "another program", "more", "another account", "another scope", "one unit"],
)
def test_the_forms_in_which_a_program_is_delivered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str, folder: str, number: int
) -> None:
    monkeypatch.chdir(tmp_path)
    kustomization = "resources: [RESOURCES]\n"
    files = {"config/a.yaml": delivered("a"), f"{folder}/b.yaml": other}
    for name in {"config", folder}:
        resources = [file.partition("/")[2] for file in files if file.startswith(f"{name}/")]
        files[f"{name}/kustomization.yaml"] = kustomization.replace("RESOURCES", ", ".join(resources))
    write_files(files)
    live = [f for f in joined(report_of(run_over(["."], Config(render="never")))).live if f.rule_id == "RBA407"]
    assert len(live) == number
    assert live[0].span.file == "config/a.yaml"
    if number == 1:
        assert "also RBA407 (scc-escalation-path) for ClusterRoleBinding x-a-binding" in [
            r.message for r in related_places(live[0])
        ]


MARKER = "package a\n\n// +kubebuilder:rbac:groups=core,resources=pods,verbs=get;create\n"
SCCS = "securitycontextconstraints"
OWN_RULE = "rules:\n- {apiGroups: [''], resources: [services], verbs: [get]}\n"


@pytest.mark.parametrize(
    ("files", "places"),
    [
        ({"config/r.yaml": delivered("a"), "deploy/r.yaml": delivered("b", account="other")}, ["config/r.yaml"]),
        ({"config/r.yaml": delivered("a", kind="openshift-etcd"), "deploy/r.yaml": delivered("b")}, ["deploy/r.yaml"]),
        (
            {"config/r.yaml": delivered("a"), "deploy/r.yaml": delivered("b").replace("rules:\n", OWN_RULE)},
            ["config/r.yaml", "deploy/r.yaml"],
        ),
        (
            {"config/r.yaml": delivered("a"), "deploy/r.yaml": delivered("b", resource="pods, pods/log")},
            ["config/r.yaml", "deploy/r.yaml"],
        ),
        (
            {"config/r.yaml": delivered("a"), "config/b.go": MARKER, "deploy/r.yaml": delivered("b"), "deploy/b.go": MARKER},
            ["config/r.yaml", "deploy/r.yaml"],
        ),
        (
            {
                "config/r.yaml": delivered("a"),
                "config/b.go": MARKER,
                "deploy/r.yaml": delivered("b"),
                "deploy/b.go": MARKER,
                "other/r.yaml": delivered("c"),
            },
            ["config/r.yaml", "deploy/r.yaml", "other/r.yaml"],
        ),
        ({"config/r.yaml": delivered("a"), "deploy/r.yaml": delivered("b"), "pkg/b.go": MARKER}, ["config/r.yaml"]),
        (
            {
                "config/r.yaml": delivered("a", resource=SCCS),
                "deploy/r.yaml": delivered("b", resource=SCCS),
                "pkg/b.go": MARKER.replace("core", "security.openshift.io").replace("pods", SCCS),
            },
            ["config/r.yaml"],
        ),
    ],
    ids=[
        "of another name",
        "for the cluster and for a namespace",
        "a rule without a marker",
        "a right without a marker",
        "two programs",
        "of one of two programs",
        "of one of two markers",
        "to write SCCs",
    ],
)
def test_what_comes_from_one_marker_is_one_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], places: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    folders = {file.partition("/")[0] for file in files if file.endswith(".yaml")}
    write_files({**files, **{f"{name}/kustomization.yaml": "resources: [r.yaml]\n" for name in folders}})
    if not any(file.endswith(".go") and not file.startswith("pkg") for file in files):
        write_files({"api/a.go": MARKER})
    live = joined(report_of(run_over(["."], Config(render="never")))).live
    assert [f.span.file for f in live if f.rule_id in ("RBA406", "RBA407")] == places


@pytest.mark.parametrize(
    ("account", "resource", "rules"),
    [("default", "pods", ["RBA407", "RBA407"]), ("manager", "securitycontextconstraints", ["RBA406"])],
)
def test_accounts_of_every_namespace_are_of_several_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, account: str, resource: str, rules: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_files({f"{name}/kustomization.yaml": "resources: [a.yaml]\n" for name in "ab"})
    write_files({f"{name}/a.yaml": delivered(name, account, resource) for name in "ab"})
    live = joined(report_of(run_over(["."], Config(render="never")))).live
    assert [f.rule_id for f in live if f.rule_id in ("RBA406", "RBA407")] == rules


@pytest.mark.parametrize(
    ("ref", "severity"), [("wide", Severity.ERROR), ("other", Severity.WARNING)], ids=["bound in another unit", "bound nowhere"]
)
def test_a_role_that_another_unit_binds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ref: str, severity: Severity) -> None:
    monkeypatch.chdir(tmp_path)
    role, binding = (ROLE % ref).replace("verbs: [use]", "verbs: [use, create]").split("---\n")
    write_files({f"{name}/kustomization.yaml": "resources: [a.yaml]\n" for name in "ab"})
    write_files({"a/a.yaml": role, "b/a.yaml": binding})
    found = [f for f in report_of(run_over(["."], Config(render="never"))).live if f.rule_id in ("RBA401", "RBA406")]
    assert [f.severity for f in found] == [severity] * 2
    assert [any("nothing in the input" in note for note in f.notes) for f in found] == [severity is Severity.WARNING] * 2


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


@pytest.mark.parametrize(("other", "number"), [("default", 1), ("kube-system", 2)])
def test_what_is_said_of_a_namespace_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str, number: int
) -> None:
    """Two kustomizations deploy to a namespace without SCC admission."""
    monkeypatch.chdir(tmp_path)
    profile = "containers: [{name: a, image: registry.example/a:1, securityContext: {seccompProfile: {type: RuntimeDefault}}}]"
    for name, namespace in (("a", "default"), ("b", other)):
        pod = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{{profile}}}\n"
        write_files({f"{name}/kustomization.yaml": "resources: [a.yaml]\n", f"{name}/a.yaml": pod})
    live = joined(report_of(run_over(["."], Config(render="never")))).live
    assert [f.rule_id for f in live if f.rule_id == "SCC109"] == ["SCC109"] * number


@pytest.mark.parametrize(("file", "number"), [("web/Chart.yaml", 1), ("web/values.yaml", 2)])
def test_the_objects_of_a_packed_dependency_are_one_decision(file: str, number: int) -> None:
    span = Span(file, 8, 5, 8, 9)
    rights = [replace(finding("RBA407", name=name), span=span, path=("rules", name), units=("web",)) for name in "ab"]
    assert len(joined(Report(tuple(rights))).live) == number
