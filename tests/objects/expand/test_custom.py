"""Custom resources that embed a pod."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scclint
from scclint.config.model import Config
from scclint.config.records import PodTemplate
from scclint.objects.documents import load_text
from scclint.objects.expand import DEFAULTS, Settings, expand
from scclint.objects.kinds import SUBJECT_KINDS
from scclint.objects.types import ApiObject, UnknownKind, Workload
from scclint.yaml.nodes import to_data
from tests.running import report_on


def objects(text: str, extras: Settings = DEFAULTS) -> list[ApiObject]:
    return [obj for document in load_text("x.yaml", text, extras.kinds) for obj in expand(document, extras)]


def workload(text: str, extras: Settings = DEFAULTS) -> Workload:
    (found,) = objects(text, extras)
    assert isinstance(found, Workload)
    return found


ROLLOUT = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: example/web
        securityContext:
          runAsUser: 0
"""


def test_rollout() -> None:
    found = workload(ROLLOUT)
    assert (found.named, found.controlled, found.partial) == ("Rollout web", True, "")
    report = scclint.lint_text(ROLLOUT, "x.yaml")
    assert [(f.rule_id, f.span.line) for f in report.findings if f.rule_id == "SCC101"] == [("SCC101", 12)]
    assert (report.tally.linted, report.tally.workloads) == (1, 1)


@pytest.mark.parametrize(
    ("api_version", "kind", "path"),
    [
        ("keda.sh/v1alpha1", "ScaledJob", "jobTargetRef.template"),
        ("sources.knative.dev/v1", "ContainerSource", "template"),
        ("apps.kruise.io/v1beta1", "CloneSet", "template"),
        ("apps.kruise.io/v1beta1", "StatefulSet", "template"),
        ("apps.kruise.io/v1alpha1", "DaemonSet", "template"),
        ("apps.kruise.io/v1alpha1", "BroadcastJob", "template"),
        ("apps.kruise.io/v1alpha1", "AdvancedCronJob", "template.jobTemplate.spec.template"),
    ],
)
def test_kinds_with_a_pod_template(api_version: str, kind: str, path: str) -> None:
    spec: Any = {"containers": [{"name": "c", "image": "example/c", "securityContext": {"privileged": True}}]}
    for key in reversed([*path.split("."), "spec"]):
        spec = {key: spec}
    text = json.dumps({"apiVersion": api_version, "kind": kind, "metadata": {"name": "web"}, "spec": spec})
    assert (workload(text).named, workload(text).controlled) == (f"{kind} web", True)
    assert [f.rule_id for f in scclint.lint_text(text, "x.json").findings] == ["SCC101", "SCC102"]


def test_rollout_of_a_deployment_makes_no_pods() -> None:
    head = ROLLOUT.partition("  template:")[0]
    assert objects(head + "  workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n") == []


CRAWLER = ROLLOUT.replace("argoproj.io/v1alpha1", "example.com/v1").replace("Rollout", "Crawler").replace("template:", "pod:")


def test_configured_kind() -> None:
    templates = (PodTemplate("example.com/v1", "Crawler", ("spec", "pod")),)
    report = scclint.lint_text(CRAWLER, "x.yaml", Config(pod_templates=templates))
    assert [(f.rule_id, f.span.line, str(f.subject)) for f in report.findings if f.rule_id == "SCC101"] == [
        ("SCC101", 12, "Crawler web")
    ]
    assert scclint.lint_text(CRAWLER, "x.yaml").tally.unsupported == 1


@pytest.mark.parametrize("key", [("example.com/v2", "Crawler"), ("example.com/v1", "Spider")])
def test_other_versions_and_kinds_stay_unknown(key: tuple[str, str]) -> None:
    (found,) = objects(CRAWLER, Settings({key: ("spec", "pod")}))
    assert isinstance(found, UnknownKind)


@pytest.mark.parametrize("path", [("spec", "nowhere"), ("spec", "pod", "spec", "containers"), ("kind",)])
def test_no_pod_where_it_should_be(path: tuple[str, ...]) -> None:
    (found,) = objects(CRAWLER, Settings({("example.com/v1", "Crawler"): path}))
    assert isinstance(found, UnknownKind)


SERVICE = """\
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: hello}
spec:
  template:
    spec:
      containers:
      - image: example/hello
        securityContext:
          runAsUser: 0
"""


def test_knative_service() -> None:
    found = workload(SERVICE)
    assert [c.name for c in found.pod.containers] == ["user-container"]
    assert found.partial == ""
    assert found.pod.manifest["spec"]["containers"][0]["name"] == "user-container"
    report = scclint.lint_text(SERVICE, "x.yaml")
    assert [(f.rule_id, f.span.line) for f in report.findings if f.rule_id == "SCC101"] == [("SCC101", 10)]


def test_knative_service_of_several_containers() -> None:
    more = "      - {name: cache, image: example/cache}\n      - {image: example/third}\n"
    assert [c.name for c in workload(SERVICE + more).pod.containers] == ["user-container-0", "cache", "user-container-1"]
    taken = "      - {name: user-container-0, image: example/cache}\n"
    assert [c.name for c in workload(SERVICE + taken).pod.containers] == ["user-container-1", "user-container-0"]


def test_knative_configuration() -> None:
    assert workload(SERVICE.replace("kind: Service", "kind: Configuration")).named == "Configuration hello"


ANYUID = """\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: anyuid}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: 'system:openshift:scc:anyuid'}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: 'system:serviceaccounts'}]
"""


def test_a_pod_of_openshift_serverless_may_land_on_anyuid() -> None:
    """Its queue-proxy names no seccomp profile, unlike upstream's."""
    report = scclint.lint_text(SERVICE + ANYUID, "x.yaml")
    (unconfined,) = (f for f in report.findings if f.rule_id == "SEC201")
    assert any("SCC anyuid admits it" in note for note in unconfined.notes)


def test_a_service_of_the_core_is_none() -> None:
    assert objects("apiVersion: v1\nkind: Service\nmetadata: {name: hello}\nspec: {selector: {app: hello}}\n") == []


@pytest.mark.parametrize("spec", ["{}", "{template: {}}", "{template: {spec: 3}}", "[]", "3"])
def test_odd_knative_services(spec: str) -> None:
    assert objects(f"apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {{name: x}}\nspec: {spec}\n") == []


def test_odd_names_of_containers() -> None:
    containers = "[{name: [x], image: y}, {image: y}, {name: {}, image: y}]"
    head = "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: x}\n"
    report = scclint.lint_text(f"{head}spec: {{template: {{spec: {{containers: {containers}}}}}}}\n", "x.yaml")
    assert not report.crashes and "no verdict" in report.notices[0].message


TASK = """\
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: build}
spec:
  stepTemplate:
    securityContext:
      seccompProfile:
        type: Unconfined
      runAsUser: 5
  steps:
  - name: compile
    image: example/compile
  - image: example/push
    securityContext:
      runAsUser: 0
      privileged: true
  sidecars:
  - name: docker
    image: example/docker
    securityContext:
      seccompProfile: {type: Unconfined}
  volumes:
  - name: cache
    emptyDir: {}
"""


@pytest.mark.parametrize("version", ["tekton.dev/v1", "tekton.dev/v1beta1"])
def test_task(version: str) -> None:
    found = workload(TASK.replace("tekton.dev/v1", version))
    assert [c.name for c in found.pod.containers] == ["compile", "unnamed-1", "docker"]
    compile_, push, docker = found.pod.containers
    assert (compile_.seccomp_type.value, compile_.seccomp_type.span.line) == ("Unconfined", 8)
    assert (push.seccomp_type.value, push.seccomp_type.span.line) == ("Unconfined", 8)
    assert (docker.seccomp_type.value, docker.seccomp_type.span.line) == ("Unconfined", 21)
    user = [c.field("securityContext", "runAsUser") for c in found.pod.containers]
    assert [(u.value, u.span.line) for u in user] == [(5, 9), (0, 15), (None, 20)]
    assert (push.privileged.value, push.privileged.span.line, push.span.line) == (True, 16, 13)
    assert found.lines == (1, 24)
    assert found.place.span.line == 3


def test_a_task_runs_as_openshift_pipelines_has_it() -> None:
    """Its service account `pipeline` may use pipelines-scc, which is as anyuid, without any seccomp profile."""
    text = TASK.replace("      privileged: true\n", "").replace("      seccompProfile:\n        type: Unconfined\n", "")
    report = scclint.lint_text(text.replace("seccompProfile: {type: Unconfined}", "readOnlyRootFilesystem: true"), "x.yaml")
    found = [f for f in report.findings if f.rule_id == "SEC201"]
    assert [(f.subject.container, f.span.line, f.path[:3]) for f in found] == [
        ("compile", 6, ("spec", "steps", 0)),
        ("unnamed-1", 12, ("spec", "steps", 1)),
        ("docker", 17, ("spec", "sidecars", 0)),
    ]
    assert any("SCC pipelines-scc admits it" in note for note in found[0].notes)
    assert (report.tally.linted, report.tally.workloads) == (1, 1)


def _sccs(text: str) -> list[str]:
    """The SCCs that admit the pods of the text, empty for one that none does."""
    config = Config()
    (outcomes,) = report_on(config=config, text=text, review=True).outcomes.values()
    return [row.scc if row.verdict else row.unknown for row in outcomes]


ROOT_TASK = """\
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: build, namespace: ci}
spec:
  steps:
  - {name: compile, image: example/compile, securityContext: {runAsUser: 0}}
  volumes:
  - name: cache
    emptyDir: {}
"""


@pytest.mark.parametrize("source", ["csi: {driver: csi.example.com}", "ephemeral: {volumeClaimTemplate: {spec: {}}}"])
def test_volumes_of_pipelines_scc(source: str) -> None:
    assert _sccs(ROOT_TASK.replace("emptyDir: {}", source)) == ["pipelines-scc"]
    assert _sccs(ROOT_TASK.replace("emptyDir: {}", "nfs: {server: a, path: /}")) == [""]


@pytest.mark.parametrize(
    ("namespace", "scc"), [("ci", "pipelines-scc"), ("openshiftish", "pipelines-scc"), ("openshift-ci", ""), ("kube-ci", "")]
)
def test_openshift_pipelines_leaves_namespaces_of_the_cluster_alone(namespace: str, scc: str) -> None:
    assert _sccs(ROOT_TASK.replace("namespace: ci", f"namespace: {namespace}")) == [scc]


def test_what_the_input_says_of_pipelines_holds() -> None:
    scc = """\
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: pipelines-scc}
allowPrivilegedContainer: true
allowPrivilegeEscalation: true
runAsUser: {type: RunAsAny}
seLinuxContext: {type: RunAsAny}
fsGroup: {type: RunAsAny}
supplementalGroups: {type: RunAsAny}
seccompProfiles: ['*']
volumes: ['*']
"""
    refused = scclint.lint_text(TASK, "x.yaml").findings
    assert [(f.rule_id, f.span.line) for f in refused if f.rule_id == "SCC101"] == [("SCC101", 16)]
    admitted = scclint.lint_text(f"{TASK}---\n{scc}", "x.yaml").findings
    assert [f.rule_id for f in admitted if f.rule_id == "SCC101"] == []


def test_findings_in_a_task_say_where_it_is_written() -> None:
    (refused,) = (f for f in scclint.lint_text(TASK, "x.yaml").findings if f.rule_id == "SCC101")
    assert refused.path == ("spec", "steps", 1, "securityContext", "privileged")


RUN = """\
apiVersion: tekton.dev/v1
kind: TaskRun
metadata: {name: build-1}
spec:
  serviceAccountName: builder
  podTemplate:
    securityContext:
      runAsUser: 0
  taskSpec:
    steps:
    - name: compile
      image: example/compile
"""


def test_task_run() -> None:
    found = workload(RUN)
    assert (found.partial, found.controlled, found.pod.service_account) == ("", True, "builder")
    report = scclint.lint_text(RUN, "x.yaml")
    (refused,) = (f for f in report.findings if f.rule_id == "SCC101")
    assert refused.span.line == 8
    assert report.tally.workloads == 1


def test_volumes_of_a_task_run_are_those_of_its_task_and_its_pod_template() -> None:
    text = RUN.replace(
        "    securityContext:\n      runAsUser: 0\n", "    volumes:\n    - name: docker\n      hostPath: {path: /a}\n"
    )
    own = "    volumes:\n    - {name: cache, emptyDir: {}}\n    - {name: key, secret: {secretName: a}}\n"
    volumes = workload(text + own).pod.field("spec", "volumes")
    assert [v["name"] for v in volumes.value or ()] == ["cache", "key", "docker"]
    refused = [f for f in scclint.lint_text(text + own, "x.yaml").findings if f.rule_id == "SCC101"]
    assert [(f.span.line, f.path[:4]) for f in refused] == [(9, ("spec", "podTemplate", "volumes", 0))]
    assert [f.span.line for f in scclint.lint_text(text, "x.yaml").findings if f.rule_id == "SCC101"] == [9]


def test_findings_in_a_pod_template_say_where_it_is_written() -> None:
    (refused,) = (f for f in scclint.lint_text(RUN, "x.yaml").findings if f.rule_id == "SCC101")
    assert refused.path == ("spec", "podTemplate", "securityContext", "runAsUser")


def test_task_run_of_the_default_account() -> None:
    text = RUN.replace("  serviceAccountName: builder\n", "")
    assert workload(text).pod.service_account == "pipeline"
    assert [f.rule_id for f in scclint.lint_text(text, "x.yaml").findings if f.rule_id == "SCC101"] == []


def test_task_run_of_a_task_elsewhere() -> None:
    found = workload(RUN.partition("  taskSpec")[0] + "  taskRef: {name: build}\n")
    assert found.provenance.elsewhere == "it runs Task build, which is not in the input"


PIPELINE = """\
apiVersion: tekton.dev/v1
kind: Pipeline
metadata:
  name: ship
  annotations: {of: pipeline, only: pipeline}
spec:
  tasks:
  - name: fetch
    taskRef: {name: git-clone}
  - name: compile
    taskSpec:
      metadata:
        annotations: {of: task, openshift.io/required-scc: restricted-v2}
      steps:
      - {name: make, image: example/make}
  - name: wait
    taskSpec: {apiVersion: example.com/v1, kind: Wait, spec: {}}
  finally:
  - name: clean
    taskSpec:
      steps:
      - image: example/clean
        securityContext: {privileged: true}
"""


def pods(text: str) -> list[Workload]:
    return [obj for obj in objects(text) if isinstance(obj, Workload) and not obj.provenance.elsewhere]


def test_pipeline() -> None:
    compile_, clean = pods(PIPELINE)
    assert (compile_.named, clean.named) == ("task compile of Pipeline ship", "task clean of Pipeline ship")
    assert compile_.pod.annotations == {"of": "pipeline", "only": "pipeline", "openshift.io/required-scc": "restricted-v2"}
    assert (compile_.pod.service_account, compile_.controlled, compile_.place.span.line) == ("pipeline", True, 10)
    required = compile_.pod.annotation("openshift.io/required-scc")
    assert (required.span.line, compile_.written(required.path)[:5]) == (13, ("spec", "tasks", 1, "taskSpec", "metadata"))
    (refused,) = (f for f in scclint.lint_text(PIPELINE, "x.yaml").findings if f.rule_id == "SCC101")
    assert (refused.span.line, refused.path[:5]) == (23, ("spec", "finally", 0, "taskSpec", "steps"))
    assert str(refused.subject) == "Pipeline ship"
    report = scclint.lint_text(PIPELINE, "x.yaml")
    assert (report.tally.linted, report.tally.workloads, report.tally.other) == (1, 3, 0)


def test_a_pipeline_of_tasks_elsewhere() -> None:
    (fetch,) = objects(PIPELINE.partition("  - name: compile")[0])
    assert isinstance(fetch, Workload)
    assert (fetch.named, fetch.place.span.line) == ("task fetch of Pipeline ship", 8)
    assert fetch.provenance.elsewhere == "it runs Task git-clone, which is not in the input"


PIPELINE_RUN = """\
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {generateName: ship-}
spec:
  pipelineSpec:
    tasks:
    - name: compile
      taskSpec: {steps: [{name: make, image: example/make}], volumes: [{name: own, emptyDir: {}}]}
    - name: clean
      taskSpec: {steps: [{name: wipe, image: example/wipe}]}
  taskRunTemplate:
    serviceAccountName: builder
    podTemplate:
      securityContext: {runAsUser: 7}
      volumes: [{name: a, emptyDir: {}}, {name: b, emptyDir: {}}]
  taskRunSpecs:
  - pipelineTaskName: clean
    serviceAccountName: cleaner
    podTemplate:
      hostNetwork: true
      volumes: [{name: b, secret: {secretName: b}}, {name: c, emptyDir: {}}]
"""


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_pipeline_run(version: str) -> None:
    text = PIPELINE_RUN.replace("tekton.dev/v1", f"tekton.dev/{version}")
    if version == "v1beta1":
        head, _, tail = text.partition("  taskRunTemplate:\n")
        settled, _, specs = tail.partition("  taskRunSpecs:\n")
        specs = specs.replace("serviceAccountName", "taskServiceAccountName").replace("podTemplate", "taskPodTemplate")
        text = head + settled.replace("\n  ", "\n")[2:] + "  taskRunSpecs:\n" + specs
    compile_, clean = pods(text)
    assert [w.pod.service_account for w in (compile_, clean)] == ["builder", "cleaner"]
    assert [w.pod.field("spec", "hostNetwork").value for w in (compile_, clean)] == [None, True]
    for found, volumes in ((compile_, ["own", "a", "b"]), (clean, ["a", "b", "c"])):
        assert [v["name"] for v in found.pod.field("spec", "volumes").value or ()] == volumes
        user = found.pod.field("spec", "securityContext", "runAsUser")
        assert (user.value, user.span.line) == (7, 14 - (version == "v1beta1"))
    where = clean.pod.field("spec", "volumes", 1, "secret")
    assert where.span.line == text[: text.index("secret:")].count("\n") + 1


def test_task_in_a_list_and_in_a_template() -> None:
    item = "".join(f"  {line}\n" for line in TASK.replace("runAsUser: 0", "runAsUser: ${{UID}}").splitlines())
    listed = "apiVersion: v1\nkind: List\nitems:\n- " + item[2:]
    found = workload(listed)
    privileged = found.pod.containers[1].privileged
    assert (privileged.span.line, found.written(privileged.path)) == (
        19,
        ("items", 0, "spec", "steps", 1, "securityContext", "privileged"),
    )
    held = "apiVersion: v1\nkind: Template\nparameters:\n- {name: UID, value: '7'}\nobjects:\n- " + item[2:]
    user = workload(held).pod.containers[1].field("securityContext", "runAsUser")
    assert (user.value, user.span.line) == (7, 20)


@pytest.mark.parametrize(
    "spec",
    [
        "{}",
        "3",
        "{steps: 3}",
        "{steps: [3, null]}",
        "{steps: [], stepTemplate: 3}",
        "{sidecars: [{name: a, image: b}]}",
        "{steps: {}}",
        "{taskSpec: {steps: [3]}, podTemplate: 3, serviceAccountName: {}}",
        "{taskSpec: {steps: [{name: a, image: b}]}, podTemplate: {volumes: 3}}",
        "{tasks: 3, finally: [3]}",
        "{tasks: [{taskSpec: {steps: [3], metadata: 3}}]}",
        "{pipelineSpec: {tasks: [{name: 3, taskSpec: {steps: [{}]}}]}, taskRunSpecs: [3, {pipelineTaskName: 3, podTemplate: 4}]}",
    ],
)
@pytest.mark.parametrize("kind", ["Task", "TaskRun", "Pipeline", "PipelineRun"])
def test_odd_tasks(kind: str, spec: str) -> None:
    text = f"apiVersion: tekton.dev/v1\nkind: {kind}\nmetadata: {{name: x}}\nspec: {spec}\n"
    report = scclint.lint_text(text, "x.yaml", Config())
    assert report.crashes == ()


NAMES = st.sampled_from(["securityContext", "env", "image", "name"])
VALUES = st.recursive(st.integers() | st.none(), lambda v: st.dictionaries(NAMES, v, max_size=3) | st.lists(v, max_size=2))


@given(st.dictionaries(NAMES, VALUES), st.lists(st.dictionaries(NAMES, VALUES), max_size=2))
def test_positions_are_those_of_the_merged_values(template: Any, steps: Any) -> None:
    """What the containers say is what the tree says that findings are located in."""
    import json

    task = {"apiVersion": "tekton.dev/v1", "kind": "Task", "metadata": {"name": "t"}}
    found = workload(json.dumps({**task, "spec": {"steps": steps, "stepTemplate": template}}))
    for container in found.pod.containers:
        node: Any = to_data(found.root)
        for step in container.path:
            node = node[step]
        named = {**node, "name": container.data["name"]}
        assert container.data == named
        assert node.get("name") in (named["name"], None, 0, {}, [])


def test_all_kinds_are_parsed() -> None:
    assert {"Rollout", "Service", "Task", "ClusterTask", "TaskRun", "Pipeline", "PipelineRun", "Template"} <= SUBJECT_KINDS
