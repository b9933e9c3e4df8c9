"""The functions of `import scclint` that other programs call."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import scclint
from scclint.cli import main
from tests.deploy.tools import needs_helm
from tests.must_gather import files, write_folder
from tests.remedy.test_chart import CHART
from tests.running import facts_of, write_files
from tests.yaml_text import read_yaml

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers:
        - {name: app, image: registry.example/app:1, securityContext: {runAsUser: 0}}
"""
GRANT = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:anyuid"}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rules(report: scclint.Report) -> list[str]:
    return [finding.rule_id for finding in report.findings]


def test_every_exported_name_exists() -> None:
    assert all(getattr(scclint, name) is not None for name in scclint.__all__)


def test_texts_are_judged_together() -> None:
    assert "SCC101" in rules(scclint.lint_text(WEB, filename="web.yaml"))
    together = scclint.lint_texts({"web.yaml": WEB, "rbac.yaml": GRANT})
    assert "SCC101" not in rules(together)
    assert together.files == {"web.yaml", "rbac.yaml"}


def test_context_of_a_text_is_read_from_disk(here: Path) -> None:
    (here / "rbac.yaml").write_text(GRANT)
    report = scclint.lint_text(WEB, filename="web.yaml", context=["rbac.yaml"])
    assert "SCC101" not in rules(report) and report.files == {"web.yaml"}


def test_settings_of_a_file(here: Path) -> None:
    (here / "settings.yaml").write_text("select: [SCC107]\ncluster: {openshift: ['4.16']}\n")
    config = scclint.load_config("settings.yaml")
    assert (config.select, config.openshift, config.file) == (("SCC107",), ("4.16",), "settings.yaml")
    (here / "settings.yaml").write_text("selct: []\n")
    with pytest.raises(scclint.ConfigError, match="selct"):
        scclint.load_config("settings.yaml")


def test_rule_modules_that_are_not_installed(here: Path) -> None:
    (here / "web.yaml").write_text(WEB)
    with pytest.raises(scclint.RuleSetError, match="no_such_module"):
        scclint.lint(["web.yaml"], scclint.Config(rule_modules=("no_such_module",)))
    (here / "settings.yaml").write_text("rule-modules: [no_such_module]\n")
    with pytest.raises(scclint.RuleSetError, match=r"settings\.yaml: rule-modules: 'no_such_module'"):
        scclint.load_config("settings.yaml")


def test_units_and_what_they_take_from_others(here: Path) -> None:
    for name in ("dev", "prod"):
        (here / name).mkdir()
        (here / name / "web.yaml").write_text(WEB)
    (here / "prod" / "rbac.yaml").write_text(GRANT)
    (here / "shared.yaml").write_text(WEB.replace("web", "db"))
    units = {unit.name: unit for unit in scclint.find_units(["."])}
    assert {name: (unit.kind, unit.path, unit.files) for name, unit in units.items()} == {
        ".": ("plain", ".", ("shared.yaml",)),
        "dev": ("plain", "dev", ("dev/web.yaml",)),
        "prod": ("plain", "prod", ("prod/rbac.yaml", "prod/web.yaml")),
    }
    assert [unit.context for unit in units.values()] == [(), (), ()]
    report = scclint.lint(["."])
    assert [(f.span.file, f.units) for f in report.findings if f.rule == "SCC101"] == [
        ("dev/web.yaml", ("dev",)),
        ("shared.yaml", (".",)),
    ]


def test_the_context_of_a_unit_names_objects_of_others(here: Path) -> None:
    for name in ("blue", "green"):
        (here / name).mkdir()
        (here / name / "app.yaml").write_text(WEB)
    (here / "extra").mkdir()
    (here / "extra" / "hydrator.metadata").write_text("{}")
    (here / "extra" / "manifest.yaml").write_text(GRANT)
    taken = {unit.name: unit.context for unit in scclint.find_units(["."])}
    assert {name: [(c.unit, c.kind, c.namespace, c.name) for c in context] for name, context in taken.items()} == {
        "blue": [("extra", "RoleBinding", "shop", "web")],
        "green": [("extra", "RoleBinding", "shop", "web")],
        "extra": [],
    }


def test_a_class_of_errors_for_each_mistake() -> None:
    errors = (scclint.ModelError, scclint.UsageError, scclint.ConfigError, scclint.LoadError, scclint.RuleSetError)
    assert all(issubclass(error, scclint.ScclintError) for error in errors)
    with pytest.raises(scclint.UsageError, match=r"4\.99"):
        scclint.lint_text(WEB, config=scclint.Config(openshift=("4.99",)))


def test_one_path_or_several(here: Path) -> None:
    (here / "d").mkdir()
    (here / "d/web.yaml").write_text(WEB)
    (here / "rbac.yaml").write_text(GRANT)
    several: list[Any] = ["d", Path("d"), ["d"], [Path("d")], (path for path in ["d"])]
    assert [rules(scclint.lint(paths)) for paths in several] == [["SCC101", "SCC102", "SCC107"]] * 5
    assert [unit.files for paths in ("d", Path("d"), ["d"]) for unit in scclint.find_units(paths)] == [("d/web.yaml",)] * 3
    contexts: list[Any] = ["rbac.yaml", Path("rbac.yaml"), ["rbac.yaml"]]
    assert ["SCC101" in rules(scclint.lint("d", context=one)) for one in contexts] == [False] * 3
    assert ["SCC101" in rules(scclint.lint_text(WEB, Path("web.yaml"), context=one)) for one in contexts] == [False] * 3
    assert scclint.lint_texts({Path("d/new.yaml"): WEB}).files == {"d/new.yaml"}


@pytest.mark.parametrize("release", ["4.16", "4.20"])
def test_lint_returns_what_check_prints(here: Path, release: str, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "d").mkdir()
    (here / "d/web.yaml").write_text(WEB)
    (here / "d/rbac.yaml").write_text(GRANT.replace("anyuid", "privileged"))
    (here / "d/.scclint.yaml").write_text("ignore: [SCC104]\n")
    write_folder(here / "dump", files())
    for path in ("d", "dump", "d/web.yaml"):
        main(["check", "--no-cache", "--format", "json", "--openshift", release, path])
        printed = facts_of(json.loads(capsys.readouterr().out))
        report = scclint.lint(path, release=release)
        assert sorted((f.rule, f.span.file, f.span.line) for f in report.live if f.kind != "advice") == sorted(
            (f["rule"], f["file"], f["line"]) for f in printed if f["suppressed"] is None
        )
        assert facts_of(json.loads(report.to_json())) == printed


@pytest.mark.parametrize("paths", ["none.yaml", ["web.yaml", "none"], "https://example.com/web.yaml", "-"])
def test_a_path_that_is_not_there(here: Path, paths: Any) -> None:
    (here / "web.yaml").write_text(WEB)
    for function in (scclint.lint, scclint.find_units):
        with pytest.raises(scclint.LoadError, match="no such file or directory"):
            function(paths)
    questions = (
        lambda: scclint.explain_message("unable to validate against any security context constraint: []", paths),
        lambda: scclint.explain("deployment/web", paths),
        lambda: scclint.suggest("deployment/web", paths),
    )
    for question in questions:
        with pytest.raises(scclint.LoadError, match="no such file or directory"):
            question()


def test_an_error_names_the_file(here: Path) -> None:
    with pytest.raises(scclint.LoadError) as none:
        scclint.lint("gone/web.yaml")
    assert str(none.value) == "gone/web.yaml: no such file or directory"
    assert (none.value.file, none.value.message) == ("gone/web.yaml", "no such file or directory")


@needs_helm
def test_a_part_of_a_chart_is_linted_with_its_chart(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(CHART)
    main(["check", "--no-cache", "--format", "json", "web/values.yaml"])
    printed = facts_of(json.loads(capsys.readouterr().out))
    report = scclint.lint("web/values.yaml")
    assert [(f.rule, f.span.file) for f in report.problems] == [("SCC101", "web/values.yaml")]
    assert facts_of(json.loads(report.to_json())) == printed
    assert [one.row.name for one in scclint.explain("web/templates/web.yaml:22")] == ["web"]
    assert scclint.suggest("web/templates/web.yaml").scc == "nonroot-v2"


@pytest.mark.parametrize("what", ["deployment/web", "d/web.yaml", "d/web.yaml:3"])
def test_explain_and_suggest_answer_as_the_commands_do(what: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "d").mkdir()
    (here / "d/web.yaml").write_text(WEB)
    main(["explain", "--format", "json", "--openshift", "4.16,4.20", what, "d"])
    printed = json.loads(capsys.readouterr().out)["workloads"]
    explained = scclint.explain(what, "d", release=("4.16", "4.20"))
    assert [(one.row.release, one.row.scc) for one in explained] == [("4.16", ""), ("4.20", "")]
    for one, shown in zip(explained, printed, strict=True):
        assert one.verdict is not None and one.row.created == shown["created"]
        assert [(tried.scc, tried.outcome) for tried in one.verdict.candidates] == [
            (entry["scc"], entry["outcome"]) for entry in shown["candidates"]
        ]
        assert [(would.scc, would.outcome, [error.text for error in would.reasons]) for would in one.candidates] == [
            (entry["scc"], entry["wouldBe"], [reason["text"] for reason in entry["reasons"]]) for entry in shown["candidates"]
        ]
    main(["suggest", "--format", "json", "--openshift", "4.20", what, "d"])
    shown = json.loads(capsys.readouterr().out)
    suggestion = scclint.suggest(what, "d", release="4.20")
    assert (suggestion.scc, suggestion.kind, list(suggestion.objects)) == (shown["scc"], shown["kind"], shown["objects"])


def test_explain_and_suggest_refuse_what_is_no_workload(here: Path) -> None:
    (here / "web.yaml").write_text(WEB + "---\n" + WEB.replace("web", "db"))
    for question in (scclint.explain, scclint.suggest):
        with pytest.raises(scclint.UsageError, match=r"here are: deployment/web and deployment/db"):
            question("deployment/gone")
        with pytest.raises(scclint.UsageError, match=r"gone\.yaml: no such file or directory"):
            question("gone.yaml")
    with pytest.raises(scclint.UsageError, match="has several workloads"):
        scclint.suggest("web.yaml")
    with pytest.raises(scclint.UsageError, match="plain Kubernetes has no SCCs"):
        scclint.suggest("deployment/web", config=scclint.Config(platform="kubernetes"))
    assert [one.row.name for one in scclint.explain(Path("web.yaml"))] == ["web", "db"]
    assert max(map(len, map(repr, scclint.explain("web.yaml")))) < 100


def test_a_bare_pod_is_created_by_an_administrator_unless_a_user_is_given(here: Path) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"containers": [{"name": "web", "image": "x", "securityContext": {"privileged": True}}]},
    }
    (here / "pod.json").write_text(json.dumps(pod))
    cluster = scclint.Cluster.openshift("4.20")
    admin = scclint.User("kube:admin", ("system:authenticated", "system:authenticated:oauth", "system:cluster-admins"))
    alice = scclint.User("alice", ("system:authenticated",))
    first = "insights-runtime-extractor-scc"
    assert [cluster.judge(pod, user).pods[0].scc for user in (None, admin, alice)] == [first, first, None]
    assert [row.scc for row in scclint.lint("pod.json", release="4.20").rows] == [first]


@pytest.mark.parametrize("made", ["web.yaml", Path("web.yaml"), [], None, 3])
def test_an_object_is_a_dict(made: Any) -> None:
    with pytest.raises(scclint.ModelError, match="expected an object as a dict, found "):
        scclint.Cluster.openshift("4.20").judge(made)


def test_a_setting_that_is_one_text_in_place_of_several() -> None:
    with pytest.raises(scclint.UsageError, match=r"write Config\(openshift=\('4.20',\)\)"):
        scclint.lint_text(WEB, config=scclint.Config(openshift="4.20"))  # type: ignore[arg-type]  # the mistake
    with pytest.raises(scclint.UsageError, match="the setting select is a tuple of texts"):
        scclint.lint(".", config=scclint.Config(select="SCC101"))  # type: ignore[arg-type]  # the mistake
    assert rules(scclint.lint_text(WEB, config=scclint.Config(openshift=("4.20",), namespace="shop"))) == [
        "SCC101",
        "SCC102",
        "SCC107",
    ]


def test_one_name_or_object_of_a_cluster() -> None:
    few = scclint.Cluster.openshift("4.20", addons="odf", among="anyuid", objects=read_yaml(GRANT))
    several = scclint.Cluster.openshift("4.20", addons=["odf"], among=["anyuid"], objects=[read_yaml(GRANT)])
    assert few.sccs.keys() == several.sccs.keys() and "anyuid" in few.sccs
    root = {"spec": {"serviceAccountName": "web", "containers": [{"name": "a", "securityContext": {"runAsUser": 0}}]}}
    # The API server rejects every pod of a cluster that lacks a standard SCC.
    assert ["cache is missing hostaccess" in (c.admit(root, namespace="shop").message or "") for c in (few, several)] == [
        True,
        True,
    ]
    granted = scclint.Cluster.openshift("4.20", addons="odf", objects=read_yaml(GRANT))
    assert granted.admit(root, namespace="shop").scc == "anyuid"
    user: Any = scclint.User("alice", "system:cluster-admins")  # type: ignore[arg-type]  # the mistake
    assert scclint.Cluster.openshift("4.20").admit(root, namespace="shop", user=user).scc == "anyuid"


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (read_yaml(WEB), r"found Deployment of apps/v1: pass its pod template, object\['spec'\]\['template'\]$"),
        (
            {"apiVersion": "batch/v1", "kind": "CronJob", "spec": {}},
            r"object\['spec'\]\['jobTemplate'\]\['spec'\]\['template'\]$",
        ),
        (
            {"apiVersion": "v1", "kind": "Service", "spec": {}},
            "found Service of v1: `scclint.lint_text` judges whole manifests",
        ),
        ({"apiVersion": "v1", "kind": "PodList", "items": []}, "found PodList of v1"),
        ({"apiVersion": "v2", "kind": "Pod", "spec": {"containers": []}}, "found Pod of v2"),
        ({"spec": read_yaml(WEB)["spec"]}, "found an object without a kind"),
        (read_yaml(WEB)["spec"]["template"]["spec"], "found an object without a kind"),
        ([read_yaml(WEB)], "cannot unmarshal array"),
    ],
)
def test_a_cluster_admits_pods_and_nothing_else(made: Any, message: str) -> None:
    cluster = scclint.Cluster.openshift("4.20")
    with pytest.raises(scclint.ModelError, match=message):
        cluster.admit(made, namespace="shop")
    with pytest.raises(scclint.ModelError, match=message):
        cluster.pod_security(made)


def test_a_pod_template_is_admitted_as_a_pod() -> None:
    cluster, template = scclint.Cluster.openshift("4.20"), read_yaml(WEB)["spec"]["template"]
    pod = {"apiVersion": "v1", "kind": "Pod", **template, "unknown": {}}
    assert [cluster.admit(made, namespace="shop").allowed for made in (template, pod, {**template, "unknown": {}})] == [
        False
    ] * 3


POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "a", "image": "a"}]}}


CALLS: Any = scclint
"""The package without its types: the calls below are mistakes."""


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: CALLS.Cluster.openshift(4.20), r"a release is a text such as '4\.20', and not the number 4\.2$"),
        (lambda: CALLS.lint(".", release=5.0), "a release is a text"),
        (
            lambda: CALLS.lint(".", "4.20"),
            r"config is what load_config\(FILE\) returns, or Config\(\.\.\.\), and not '4\.20'",
        ),
        (lambda: CALLS.lint_text(WEB, config={"openshift": ["4.20"]}), "config is what load_config"),
        (lambda: CALLS.lint([]), r"no path is given: the working directory is '\.'"),
        (lambda: CALLS.Cluster.openshift("4.20").judge(POD, user="alice"), r"write scclint\.User\('alice', "),
        (lambda: CALLS.Cluster.openshift("4.20").admit(POD, namespace="shop", user="alice"), "a user has groups"),
        (lambda: CALLS.suggest("deployment/web", release=("4.20", "5.0")), "suggest is about one cluster"),
    ],
)
def test_an_argument_of_the_wrong_type_is_named(call: Callable[[], Any], message: str, here: Path) -> None:
    (here / "web.yaml").write_text(WEB)
    with pytest.raises(scclint.UsageError, match=message):
        call()


def test_the_objects_of_a_cluster_are_dicts() -> None:
    with pytest.raises(scclint.ModelError, match=r"expected an object as a dict, found str: 'web\.yaml'"):
        scclint.Cluster.openshift("4.20", objects=["web.yaml"])  # type: ignore[list-item]  # the mistake
