"""What Tekton's objects refer to in other objects of the input."""

from pathlib import Path

import pytest

import scclint
from scclint.config.model import Config
from scclint.objects.types import ApiObject, Workload
from scclint.run.judge import open_units
from scclint.run.report import Report
from tests.running import open_one, run_over

TASK = """\
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: build, annotations: {of: task}}
spec:
  steps:
  - {name: make, image: example/make}
"""
RUN = """\
---
apiVersion: tekton.dev/v1
kind: TaskRun
metadata: {generateName: build-, annotations: {of: run, openshift.io/required-scc: nonroot-v2}}
spec:
  serviceAccountName: builder
  podTemplate: {securityContext: {runAsUser: 7}}
  taskRef: {name: build}
"""
PIPELINE = """\
---
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: {name: ship}
spec:
  tasks:
  - {name: first, taskRef: {name: build}}
  - name: second
    taskSpec: {steps: [{name: test, image: example/test}]}
  - {name: third, taskRef: {kind: ClusterTask, name: deploy}}
"""
PIPELINE_RUN = """\
---
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {name: ship-1}
spec:
  pipelineRef: {name: ship}
  taskRunTemplate: {serviceAccountName: shipper}
  taskRunSpecs:
  - {pipelineTaskName: second, serviceAccountName: tester}
"""
CLUSTER_TASK = """\
---
apiVersion: tekton.dev/v1beta1
kind: ClusterTask
metadata: {name: deploy}
spec:
  steps:
  - {name: deploy, image: example/deploy}
"""


def objects(text: str) -> list[ApiObject]:
    config = Config()
    return list(open_one(config=config, text=text).objects)


def pods(text: str) -> list[Workload]:
    """The pods of which something is known."""
    return [obj for obj in objects(text) if isinstance(obj, Workload) and not obj.provenance.elsewhere]


def unjudged(report: Report) -> list[str]:
    return [notice.message for notice in report.notices if "no verdict" in notice.message]


def accounts(text: str) -> list[tuple[str, str]]:
    return [(found.named, found.pod.service_account) for found in pods(text)]


def lint(text: str) -> Report:
    return scclint.lint_text(text, "x.yaml")


def test_a_task_is_judged_as_it_is_run() -> None:
    (found,) = pods(TASK + RUN)
    assert (found.named, found.kind, found.name) == ("Task build, run by TaskRun build-", "Task", "build")
    assert found.pod.service_account == "builder"
    assert (found.pod.service_account_name.span.line, found.place.span.line) == (12, 3)
    user = found.pod.field("spec", "securityContext", "runAsUser")
    assert (user.value, user.span.line) == (7, 13)
    assert found.pod.annotations == {"of": "run", "openshift.io/required-scc": "nonroot-v2"}
    assert found.pod.annotation("openshift.io/required-scc").span.line == 10
    tally = lint(TASK + RUN).tally
    assert (tally.linted, tally.workloads, tally.other) == (2, 1, 0)


def test_runs_that_settle_the_same_are_one() -> None:
    assert len(pods(TASK + RUN + RUN)) == 1
    named = RUN.replace("builder", "other")
    assert accounts(TASK + RUN + named) == [
        ("Task build, run by TaskRun build-", "builder"),
        ("Task build, run by TaskRun build-", "other"),
    ]
    plain = "---\napiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {name: plain, annotations: {a: b}}\n"
    plain += "spec: {taskRef: {name: build}}\n"
    assert accounts(TASK + plain) == [("Task build", "pipeline")]
    assert [account for _, account in accounts(TASK + plain + RUN)] == ["pipeline", "builder"]


@pytest.mark.parametrize(
    ("ref", "what"),
    [
        ("{name: test}", "Task test, which is not in the input"),
        ("{name: build, kind: ClusterTask}", "ClusterTask build, which is not in the input"),
        ("{resolver: hub, params: []}", "a Task of another source, which is not in the input"),
        ("{name: build, resolver: hub}", "a Task of another source, which is not in the input"),
        ("{name: build, bundle: example/bundle}", "a Task of another source, which is not in the input"),
        ("build", "a Task of another source, which is not in the input"),
        ("{name: 3}", "a Task of another source, which is not in the input"),
    ],
)
def test_a_run_of_another_task(ref: str, what: str) -> None:
    text = TASK + RUN.replace("taskRef: {name: build}", f"taskRef: {ref}")
    assert accounts(text) == [("Task build", "pipeline")]
    report = lint(text)
    assert unjudged(report) == [f"x.yaml: TaskRun build-: no verdict, because it runs {what}"]
    assert (report.tally.linted, report.tally.workloads, report.tally.other) == (2, 2, 0)


def test_a_task_of_which_there_are_two() -> None:
    why = "no verdict, because it runs Task build, of which the input has more than one"
    assert unjudged(lint(f"{TASK}---\n{TASK}{RUN}")) == [f"x.yaml: TaskRun build-: {why}"]
    two_actions = unjudged(lint(ACTION + "---\n" + ACTION + STEPS))
    assert two_actions == [
        "x.yaml: Task build: no verdict, because a step is StepAction clone, of which the input has more than one"
    ]


def test_a_custom_task_is_none() -> None:
    text = TASK + RUN.replace("taskRef: {name: build}", "taskRef: {name: build, apiVersion: example.com/v1}")
    assert (accounts(text), lint(text).tally.other) == ([("Task build", "pipeline")], 1)


def test_a_pipeline_elsewhere() -> None:
    report = lint(PIPELINE_RUN)
    why = "no verdict, because it runs Pipeline ship, which is not in the input"
    assert unjudged(report) == [f"x.yaml: PipelineRun ship-1: {why}"]
    assert [n.level for n in report.notices] == ["note", "note"]


def test_a_run_in_another_namespace_is_none_of_this_task() -> None:
    elsewhere = RUN.replace("metadata: {", "metadata: {namespace: ci, ")
    assert accounts(TASK.replace("metadata: {", "metadata: {namespace: shop, ") + elsewhere) == [("Task build", "pipeline")]
    # A task without a namespace may be applied to that of the run.
    assert [a for _, a in accounts(TASK + elsewhere)] == ["builder"]
    assert [a for _, a in accounts(TASK.replace("metadata: {", "metadata: {namespace: ci, ") + elsewhere)] == ["builder"]


def test_pipeline() -> None:
    assert accounts(TASK + PIPELINE) == [("Task build", "pipeline"), ("task second of Pipeline ship", "pipeline")]
    assert accounts(TASK + PIPELINE + PIPELINE_RUN + CLUSTER_TASK) == [
        ("Task build, run by PipelineRun ship-1", "shipper"),
        ("task second of Pipeline ship, run by PipelineRun ship-1", "tester"),
        ("ClusterTask deploy, run by PipelineRun ship-1", "shipper"),
    ]
    tally = lint(TASK + PIPELINE + PIPELINE_RUN + CLUSTER_TASK).tally
    assert (tally.linted, tally.workloads) == (4, 3)


def test_a_pipeline_within_its_run() -> None:
    held = PIPELINE_RUN.replace("pipelineRef: {name: ship}", "pipelineSpec: {tasks: [{name: one, taskRef: {name: build}}]}")
    assert accounts(TASK + held) == [("Task build, run by PipelineRun ship-1", "shipper")]
    assert lint(TASK + held).tally.linted == 2


def test_a_cluster_task_runs_in_the_namespace_of_its_run() -> None:
    runs = "".join(
        f"---\napiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {{name: d, namespace: {namespace}}}\n"
        "spec: {taskRef: {name: deploy, kind: ClusterTask}}\n"
        for namespace in ("a", "b", "a")
    )
    assert [found.namespace for found in pods(CLUSTER_TASK + runs)] == ["a", "b"]


def test_names_mean_what_is_near(tmp_path: Path) -> None:
    """In the same file, else in the same folder, else the only one. A run that alternatives share runs the task of each."""
    for folder, account in (("one", "a"), ("two", "b")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "task.yaml").write_text(TASK)
        (tmp_path / folder / "run.yaml").write_text(RUN.replace("builder", account))
    (tmp_path / "run.yaml").write_text(RUN.replace("builder", "ambiguous"))
    (tmp_path / "both.yaml").write_text(TASK.replace("build,", "other,") + RUN.replace("name: build}", "name: other}"))
    config = Config()
    found = [w for unit in open_units(run_over([str(tmp_path)], config)) for w in unit.workloads]
    accounts = ["builder", "ambiguous", "a", "ambiguous", "b"]
    assert [f.pod.service_account for f in found if not f.provenance.elsewhere] == accounts


ACTION = """\
apiVersion: tekton.dev/v1beta1
kind: StepAction
metadata: {name: clone}
spec:
  params: [{name: url}]
  image: example/clone
  securityContext:
    privileged: true
---
"""
STEPS = """\
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: build}
spec:
  stepTemplate:
    securityContext:
      runAsUser: 7
  steps:
  - name: fetch
    ref: {name: clone}
    params: [{name: url, value: a}]
    securityContext: {privileged: false, runAsUser: 9}
  - {name: make, image: example/make}
"""


def test_step_action() -> None:
    """The security context is the action's and the template's, never the step's own."""
    text = ACTION + STEPS
    (found,) = pods(text)
    fetch, make = found.pod.containers
    assert (found.partial, found.provenance.elsewhere, fetch.name, fetch.data["image"]) == ("", "", "fetch", "example/clone")
    assert (fetch.privileged.value, fetch.privileged.span.line, fetch.span.line) == (True, 8, 18)
    assert [c.field("securityContext", "runAsUser").value for c in (fetch, make)] == [7, 7]
    (refused,) = (f for f in lint(text).findings if f.rule_id == "SCC101")
    assert refused.span.line == 8
    tally = lint(text).tally
    assert (tally.linted, tally.workloads, tally.unsupported) == (2, 1, 0)


@pytest.mark.parametrize(
    ("ref", "why"),
    [
        ("{name: clone}", "StepAction clone, which is not in the input"),
        ("{resolver: git, params: []}", "a StepAction of another source, which is not in the input"),
    ],
)
def test_a_step_action_elsewhere_leaves_the_verdict_open(ref: str, why: str) -> None:
    text = STEPS.replace("{name: clone}", ref)
    report = lint(text)
    assert unjudged(report) == [f"x.yaml: Task build: no verdict, because a step is {why}"]
    assert (report.tally.linted, report.tally.workloads, report.tally.unsupported) == (1, 1, 0)


def test_what_a_resolver_fetches_is_not_the_action_of_that_name() -> None:
    assert unjudged(lint(ACTION + STEPS.replace("ref: {name: clone}", "ref: {name: clone, resolver: git}")))


def test_a_sidecar_without_a_name() -> None:
    (found,) = pods(TASK + "  sidecars:\n  - image: example/database\n")
    assert ([c.name for c in found.pod.containers], found.partial) == (["make", "sidecar"], "")


@pytest.mark.parametrize(
    "more",
    [
        "kind: StepAction\nmetadata: {name: clone}\nspec: 3",
        "kind: StepAction\nmetadata: 3\nspec: {securityContext: 3, image: [3]}",
        "kind: TaskRun\nspec: {taskRef: 3}",
        "kind: TaskRun\nmetadata: {annotations: 3}\nspec: {taskRef: {name: build}, podTemplate: 3, serviceAccountName: {}}",
        "kind: PipelineRun\nspec: {pipelineSpec: {tasks: [3, {taskRef: {name: build}}]}, taskRunSpecs: {}}",
        "kind: PipelineRun\nspec: {pipelineRef: {name: build}, taskRunTemplate: 3}",
    ],
)
def test_odd_objects(more: str) -> None:
    report = scclint.lint_text(f"{STEPS}---\napiVersion: tekton.dev/v1\n{more}\n", "x.yaml", Config())
    assert report.crashes == ()


def test_a_pipeline_in_a_pipeline_is_not_passed_over() -> None:
    nested = "  - name: inner\n    pipelineSpec: {tasks: [{name: t, taskSpec: {steps: [{name: s, image: example/s}]}}]}\n"
    report = lint(TASK + PIPELINE + nested + CLUSTER_TASK)
    assert unjudged(report) == [
        "x.yaml: task inner of Pipeline ship: no verdict, because it is a pipeline of its own, which scclint does not look into"
    ]
    assert (report.tally.linted, report.tally.workloads, report.tally.unsupported) == (3, 4, 0)


def test_the_controller_may_use_more_than_the_account() -> None:
    """pipelines-scc takes the group from the namespace's range and refuses this one; the controller's nonroot does not."""
    fixed = RUN.replace("{runAsUser: 7}", "{runAsUser: 65532, fsGroup: 65532}").replace(
        ", openshift.io/required-scc: nonroot-v2", ""
    )
    report = lint(TASK + fixed.replace("  serviceAccountName: builder\n", ""))
    assert {f.rule_id for f in report.findings} >= {"SEC201"} and "SCC101" not in {f.rule_id for f in report.findings}
    (unconfined,) = (f for f in report.findings if f.rule_id == "SEC201")
    assert any("SCC nonroot admits it" in note for note in unconfined.notes) and "creates it" not in unconfined.message


def test_what_verdicts_on_tasks_rest_on_is_said() -> None:
    assumed = "Tekton tasks are judged as OpenShift Pipelines runs them"
    assert [n.message.partition(",")[0] for n in lint(TASK).notices] == [assumed]
    own = "---\napiVersion: security.openshift.io/v1\nkind: SecurityContextConstraints\nmetadata: {name: pipelines-scc}\n"
    own += "runAsUser: {type: RunAsAny}\nseLinuxContext: {type: RunAsAny}\n"
    assert not [n for n in lint(TASK + own).notices if assumed in n.message]
    assert not scclint.lint_text(TASK, "x.yaml", Config(platform="kubernetes")).notices


STEPS_OF_ONE = "taskSpec: {steps: [{name: a, image: example/a, script: make, workingDir: /a}]}"


TOO_LARGE = "what the input runs in more than one way, or as part of more than one task, comes to more than 50,000 values"
TOO_MANY = "the input runs it in more ways than scclint looks at"


def beyond(report: Report) -> list[str]:
    """What is not looked at, which must not pass for judged; nothing else is without a verdict."""
    errors = [notice.message for notice in report.notices if notice.level == "error"]
    assert errors == unjudged(report)
    return [message.replace(", because ", ": ").replace(": no verdict", "") for message in errors]


def test_a_few_lines_do_not_ask_for_endless_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks by runs, tasks by volumes, steps by what all steps have: 50 of each, with a fortieth of the limits."""
    monkeypatch.setattr("scclint.objects.expand.tekton_runs.MAX_REPEATED", 1_250)
    monkeypatch.setattr("scclint.objects.expand.tekton_runs.MAX_TASK_REFERENCES", 250)
    many = range(50)
    tasks = "".join(f"  - {{name: t{i}, {STEPS_OF_ONE}}}\n" for i in many)
    runs = "".join(PIPELINE_RUN.replace("shipper", f"shipper-{i}") for i in many)
    pipeline = PIPELINE.partition("spec:")[0] + f"spec:\n  tasks:\n{tasks}"
    report = lint(pipeline + runs)
    assert beyond(report) == [f"x.yaml: task t35 of Pipeline ship (and 1 more like it): {TOO_LARGE}"]
    assert 200 < report.tally.workloads < 250
    volumes = "".join(f"    - {{name: v{i}, emptyDir: {{}}}}\n" for i in many)
    run = (
        f"kind: PipelineRun\nmetadata: {{name: r}}\nspec:\n  podTemplate:\n    volumes:\n{volumes}  pipelineSpec:\n    tasks:\n"
    )
    report = lint(f"apiVersion: tekton.dev/v1\n{run}" + "".join(f"  {line}\n" for line in tasks.splitlines()))
    assert beyond(report) == [f"x.yaml: task t8 of PipelineRun r: {TOO_LARGE}"]
    template = "".join(f"    k{i}: v\n" for i in many)
    steps = "".join(f"  - {{name: s{i}, image: example/s}}\n" for i in many)
    report = lint(f"{TASK.partition('spec:')[0]}spec:\n  stepTemplate:\n{template}  steps:\n{steps}")
    assert beyond(report) == [f"x.yaml: Task build: {TOO_LARGE}"]


def test_what_is_written_once_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scclint.objects.expand.tekton_runs.MAX_REPEATED", 0)
    assert beyond(lint(TASK)) == []
    assert beyond(lint(TASK + RUN.replace("  podTemplate: {securityContext: {runAsUser: 7}}\n", ""))) == []
    assert beyond(lint(TASK + RUN)) == [f"x.yaml: Task build: {TOO_LARGE}"]


def test_what_is_repeated_counts_in_all_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scclint.objects.expand.tekton_runs.MAX_REPEATED", 5_000)
    monkeypatch.setattr("scclint.objects.expand.tekton_runs.MAX_TASK_REFERENCES", 1_000)
    steps = "".join(f"  - {{name: s{i}, image: example/s}}\n" for i in range(50))
    head = "---\napiVersion: tekton.dev/v1\n"
    task = head + "kind: Task\nmetadata: {{name: t{0}}}\nspec:\n  steps:\n" + steps.replace("{", "{{").replace("}", "}}")
    runs = "".join(
        f"{head}kind: TaskRun\nmetadata: {{{{name: r{{0}}-{i}}}}}\n"
        f"spec: {{{{serviceAccountName: a{i}, taskRef: {{{{name: t{{0}}}}}}}}}}\n"
        for i in range(3)
    )
    assert beyond(lint("".join(task.format(i) for i in range(20)))) == []
    assert beyond(lint("".join((task + runs).format(i) for i in range(10)))) == []
    found = beyond(lint("".join((task + runs).format(i) for i in range(30)) + task.format("last")))
    assert found == [f"x.yaml: Task t16 (and 13 more like it): {TOO_LARGE}"]
    few = (
        PIPELINE.partition("spec:")[0]
        + "spec:\n  tasks:\n"
        + "".join(f"  - {{name: t{i}, taskRef: {{name: build}}}}\n" for i in range(501))
    )
    runs = "".join(PIPELINE_RUN.replace("shipper", f"shipper-{i}") for i in range(4))
    assert beyond(lint(TASK + few + runs)) == [f"x.yaml: Pipeline ship: {TOO_MANY}"]


@pytest.mark.parametrize("spec", ["".join(f"  k{i}: 1\n" for i in range(700)), "  env:\n" + "  - {name: a}\n" * 350])
def test_what_a_step_action_gives_counts_for_each_step(spec: str) -> None:
    action = ACTION.replace("  image:", spec + "  image:")
    assert beyond(lint(action + STEPS + "  - ref: {name: clone}\n" * 60)) == []
    assert beyond(lint(action + STEPS + "  - ref: {name: clone}\n" * 80)) == [f"x.yaml: Task build: {TOO_LARGE}"]


@pytest.mark.parametrize("place", ["taskRunTemplate: {podTemplate: {%s}}", "podTemplate: {%s}"])
def test_a_pod_template_of_a_run_counts_for_each_task_with_its_own(place: str) -> None:
    template = place % ", ".join(f"k{i}: 1" for i in range(500))
    run = f"---\napiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {{name: r}}\nspec:\n  {template}\n"
    tasks = "".join(f"    - {{name: t{i}, taskRef: {{name: build}}}}\n" for i in range(500))
    text = f"{TASK}{run}  pipelineSpec:\n    tasks:\n{tasks}  taskRunSpecs:\n"
    own = [f"  - {{pipelineTaskName: t{i}, podTemplate: {{z: 1}}}}\n" for i in range(500)]
    assert accounts(text + "".join(own[:50]))[0] == ("Task build, run by PipelineRun r", "pipeline")
    assert beyond(lint(text + "".join(own))) == [f"x.yaml: PipelineRun r: {TOO_LARGE}"]
    accounts_alone = (line.replace("podTemplate: {z: 1}", "serviceAccountName: a") for line in own)
    assert beyond(lint(text + "".join(accounts_alone))) == []


@pytest.mark.parametrize(
    "mark", ["openshift.io/required-scc: restricted-v2", "seccomp.security.alpha.kubernetes.io/pod: unconfined"]
)
def test_runs_that_differ_in_what_decides_are_two(mark: str) -> None:
    for run, expected in ((RUN.replace(", openshift.io/required-scc: nonroot-v2", ""), 2), (PIPELINE_RUN, 4)):
        marked = run.replace("metadata: {", "metadata: {annotations: {" + mark + "}, ").replace(", annotations: {of: run}", "")
        plain = run.replace("metadata: {", "metadata: {annotations: {a: b}, ").replace(", annotations: {of: run}", "")
        assert len(pods(TASK + (PIPELINE if run == PIPELINE_RUN else "") + plain + plain + marked)) == expected


def test_a_run_may_be_told_what_to_do_with_a_task_twice() -> None:
    specs = "".join(
        f"  - {{pipelineTaskName: second, podTemplate: {{{template}}}}}\n"
        for template in (
            "hostNetwork: true, volumes: [{name: a, hostPath: {path: /a}}, {name: [b], emptyDir: {}}]",
            "nodeSelector: {}",
            "hostNetwork: false, volumes: [{name: c, emptyDir: {}}, {name: a, emptyDir: {}}]",
        )
    )
    _, found = pods(TASK + PIPELINE + PIPELINE_RUN + specs)
    assert found.pod.manifest["spec"]["hostNetwork"] is False
    assert found.pod.manifest["spec"]["volumes"] == [{"name": name, "emptyDir": {}} for name in (["b"], "c", "a")]


def test_the_same_run_twice_counts_once() -> None:
    text = TASK + PIPELINE + PIPELINE_RUN + PIPELINE_RUN.replace("ship-1", "ship-2") + CLUSTER_TASK
    assert len(pods(text)) == 3
    assert lint(text).tally.linted == 5
    other = PIPELINE_RUN.replace("tester", "checker")
    assert [account for _, account in accounts(TASK + PIPELINE + PIPELINE_RUN + other)] == ["shipper", "tester", "checker"]


@pytest.mark.parametrize(("account", "is_open"), [("", True), ("  serviceAccountName: mine\n", False)])
def test_a_run_that_is_uploaded_to_kubeflow_pipelines(account: str, is_open: bool) -> None:
    text = (
        "apiVersion: tekton.dev/v1beta1\nkind: PipelineRun\n"
        "metadata: {name: coins, annotations: {pipelines.kubeflow.org/pipeline_spec: '{}'}}\n"
        f"spec:\n{account}  pipelineSpec: {{tasks: [{{name: flip, taskSpec: {{steps: [{{name: main, image: example/coin}}]}}}}]}}\n"
    )
    (pod,) = (obj for obj in open_one(text=text).workloads)
    assert ("Kubeflow Pipelines" in pod.provenance.elsewhere) is is_open
    assert ("SEC201" in {finding.rule_id for finding in scclint.lint_text(text).findings}) is False
    assert (
        "SEC201" in {f.rule_id for f in scclint.lint_text(text.replace("pipelines.kubeflow.org", "example.com")).findings}
    ) is is_open
