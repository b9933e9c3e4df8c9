"""From paths to documents and model objects: what is read, as what, and in which order."""

from pathlib import Path

import pytest

from scclint.cli import main
from scclint.config.model import Config
from scclint.config.records import PodTemplate
from scclint.objects.types import UnknownKind
from scclint.run.load import expand_settings
from tests.running import open_one, report_on, write_file, write_files

ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: example/web}]}\n"
CRAWLER = (
    "apiVersion: example.com/v1\nkind: Crawler\nmetadata: {name: c}\nspec: {pod: {spec: {containers: [{name: c, image: i}]}}}\n"
)
TEMPLATE = """\
apiVersion: template.openshift.io/v1
kind: Template
objects:
- apiVersion: v1
  kind: Pod
  metadata: {name: '${NAME}'}
  spec: {containers: [{name: web, image: example/web}]}
parameters:
- {name: NAME, required: true}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_targets_come_after_what_informs_them() -> None:
    """The last of a name is in force, and what is linted replaces what a dump has."""
    write_file("web.yaml", POD)
    write_file("state/sa.yaml", ACCOUNT)
    write_file("more/sa.yaml", ACCOUNT)
    config = Config(cluster_state=("state",))
    unit = open_one(["web.yaml"], config, context=["more"])
    assert [d.file for d in unit.inputs.documents] == ["state/sa.yaml", "more/sa.yaml", "web.yaml"]
    assert [o.file for o in unit.objects] == ["state/sa.yaml", "more/sa.yaml", "web.yaml"]


def test_a_dump_is_read_for_what_makes_a_cluster() -> None:
    write_file("web.yaml", POD)
    write_file("all.yaml", f"{ACCOUNT}---\n{POD}---\n{TEMPLATE}")
    config = Config(cluster_state=("all.yaml",))
    assert [d.status for d in open_one(["web.yaml"], config).inputs.described] == ["parsed"]
    assert [d.status for d in open_one(["web.yaml"], Config(), context=["all.yaml"]).inputs.described] == ["parsed"] * 3


def test_a_file_of_the_targets_is_not_read_twice() -> None:
    write_file("a/web.yaml", POD)
    inputs = open_one(["a/web.yaml"], Config(cluster_state=("a",)), context=["a"]).inputs
    assert (len(inputs.targets), inputs.context, inputs.described) == (1, [], [])


def test_configured_kinds_are_parsed() -> None:
    write_file("c.yaml", CRAWLER)
    (unread,) = open_one(["c.yaml"]).objects
    assert isinstance(unread, UnknownKind)
    config = Config(pod_templates=(PodTemplate("example.com/v1", "Crawler", ("spec", "pod")),))
    unit = open_one(["c.yaml"], config)
    assert [d.status for d in unit.inputs.targets] == ["parsed"]
    assert [o.named for o in unit.objects] == ["Crawler c"]
    assert "Crawler" in expand_settings(config).kinds
    assert "Crawler" not in expand_settings(Config()).kinds


WORKFLOW = """\
apiVersion: flows.example.com/v1alpha1
kind: Workflow
metadata: {name: hello}
spec:
  templates:
    - name: main
      container: {image: busybox}
"""


def test_what_holds_containers_is_no_other_kind() -> None:
    write_file("a.yaml", f"{WORKFLOW}---\n{POD}")
    write_file("b.yaml", WORKFLOW.replace("Workflow", "CronWorkflow"))
    write_file("c.yaml", WORKFLOW.replace("container", "retryStrategy"))
    report = report_on(["."], Config())
    assert (report.tally.linted, report.tally.other, report.tally.unsupported) == (1, 1, 2)
    (notice,) = report.notices
    assert (notice.level, notice.message) == (
        "note",
        "a.yaml: Workflow hello and b.yaml: CronWorkflow hello: not judged, "
        "because scclint does not know which pods kinds CronWorkflow and Workflow create; "
        "add the path of its pod template to `pod-templates` in the configuration",
    )
    alone = report_on(["b.yaml"], Config())
    assert alone.notices[0].message.startswith(
        "b.yaml: CronWorkflow hello: not judged, because scclint does not know which pods kind CronWorkflow creates"
    )


def test_what_holds_containers_is_no_matter_of_the_cluster() -> None:
    write_file("web.yaml", POD)
    write_file("more.yaml", WORKFLOW + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
    report = report_on(["web.yaml"], Config(cluster_state=("more.yaml",)), context=["more.yaml"])
    assert (report.notices, report.tally.documents) == ((), 1)


def test_parameters_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    write_file("t.yaml", TEMPLATE)
    main(["review", "--isolated", "t.yaml"])
    assert "Pod ${NAME}" in capsys.readouterr().out
    main(["review", "--isolated", "--param", "NAME=a", "--param", "NAME=b=c", "t.yaml"])
    assert "Pod b=c" in capsys.readouterr().out


def test_parameters_of_the_command_line_add_to_those_of_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    write_file(".scclint.yaml", "params: {NAME: from-file}\n")
    write_file("t.yaml", TEMPLATE)
    main(["review", "t.yaml"])
    assert "Pod from-file" in capsys.readouterr().out
    main(["review", "--param", "OTHER=x", "t.yaml"])
    assert "Pod from-file" in capsys.readouterr().out
    main(["review", "--param", "NAME=given", "t.yaml"])
    assert "Pod given" in capsys.readouterr().out


PART = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {SPECcontainers: [{name: a}]}\n"


def test_a_part_of_an_object_is_a_gap_only_if_it_asks_for_access_to_the_node(here: Path) -> None:
    write_files(
        {
            "tests/kuttl-test.yaml": "apiVersion: kuttl.dev/v1beta1\nkind: TestSuite\ntestDirs: [.]\n",
            "tests/e2e/patches/part.yaml": PART.replace("SPEC", ""),
            "tests/host.yaml": PART.replace("SPEC", "hostPID: true, ").replace("metadata: {name: a}", "metadata: {name: b}"),
            "latest/part.yaml": PART.replace("SPEC", "").replace("metadata: {name: a}", "metadata: {name: c}"),
        }
    )
    report = report_on(["."])
    assert [notice.message for notice in report.notices] == [
        "latest/part.yaml: Pod c (and 1 more like it): not judged, because container a has no image"
    ]
    assert [(fact.kind, fact.what, fact.span.file) for fact in report.findings] == [
        ("gap", "hostPID", "tests/host.yaml"),
        ("access", "hostPID", "tests/host.yaml"),
    ]


def test_a_part_that_deletes_an_object_is_not_named(here: Path) -> None:
    write_files({"part.yaml": PART.replace("SPEC", ""), "gone.yaml": f"$patch: delete\n{PART.replace('SPEC', '')}"})
    assert [notice.message for notice in report_on(["."]).notices] == [
        "part.yaml: Pod a: not judged, because container a has no image"
    ]


def test_the_file_of_a_tool_is_no_object_that_is_not_judged(here: Path) -> None:
    write_files({"skaffold.yaml": CRAWLER.replace("example.com/v1", "skaffold/v4beta6"), "crawler.yaml": CRAWLER})
    (notice,) = report_on(["."]).notices
    assert notice.message.startswith("crawler.yaml: Crawler c: not judged, because scclint does not know")
    write_files({"crawler.yaml": CRAWLER.replace("example.com/v1", "apps/v1")})
    (notice,) = report_on(["."]).notices
    assert notice.message.startswith("crawler.yaml: Crawler c: not judged, because scclint does not know")
