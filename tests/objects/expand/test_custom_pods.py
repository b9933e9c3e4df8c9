"""Custom resources whose controllers put pods together, and objects that carry pods where no pod template is."""

import base64
import json
from typing import Any

import pytest

import scclint
from scclint.objects.documents import load_text
from scclint.objects.expand import DEFAULTS, expand
from scclint.objects.types import ApiObject, UnknownKind, Workload
from scclint.run.report import Report

PRIVILEGED = {"securityContext": {"privileged": True}}
HOST = [{"name": "host", "hostPath": {"path": "/"}}]


def manifest(api_version: str, kind: str, spec: Any, **metadata: Any) -> str:
    return json.dumps({"apiVersion": api_version, "kind": kind, "metadata": {"name": "web", **metadata}, "spec": spec})


def objects(text: str) -> list[ApiObject]:
    return [obj for document in load_text("x.yaml", text, DEFAULTS.kinds) for obj in expand(document)]


def workloads(text: str) -> list[Workload]:
    found = [obj for obj in objects(text) if isinstance(obj, Workload)]
    assert [obj for obj in found if obj.partial] == []
    return found


def spec_of(text: str) -> dict[str, Any]:
    (workload,) = workloads(text)
    spec: dict[str, Any] = workload.pod.manifest["spec"]
    return spec


def refused(text: str) -> list[str]:
    report = scclint.lint_text(text, "x.yaml")
    assert report.crashes == ()
    return sorted({f.message.partition(":")[0] for f in report.findings if f.rule_id == "SCC101"})


ARGO = "argoproj.io/v1alpha1"
SPARK = "sparkoperator.k8s.io/v1beta2"
MONITORING = "monitoring.coreos.com/v1"
TEMPLATE = {"spec": {"containers": [{"name": "a", "image": "x", **PRIVILEGED}]}}
RAY = {"headGroupSpec": {"template": TEMPLATE}, "workerGroupSpecs": [{"groupName": "a", "template": TEMPLATE}]}
DRIVER = {"serviceAccount": "spark", "podSecurityContext": {"runAsUser": 185}, "hostNetwork": True, **PRIVILEGED}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            manifest("elasticsearch.k8s.elastic.co/v1", "Elasticsearch", {
                "nodeSets": [
                    {"name": "hot", "podTemplate": {"spec": {"initContainers": [{"name": "sysctl", **PRIVILEGED}]}}},
                    {"name": "cold"},
                ]
            }),
            ["node set hot of Elasticsearch web"],
        ),
        (
            manifest("kibana.k8s.elastic.co/v1", "Kibana", {"podTemplate": {"spec": {"containers": [{"name": "kibana", **PRIVILEGED}]}}}),
            ["Kibana web"],
        ),
        (
            manifest("beat.k8s.elastic.co/v1beta1", "Beat", {"type": "filebeat", "daemonSet": {}}),
            ["DaemonSet of Beat web"],
        ),
        (
            manifest("agent.k8s.elastic.co/v1alpha1", "Agent", {
                "statefulSet": {"podTemplate": {"spec": {"hostNetwork": True}}},
            }),
            ["StatefulSet of Agent web"],
        ),
        (manifest(MONITORING, "Prometheus", {"securityContext": {"runAsUser": 1000}}), ["Prometheus web"]),
        (manifest(MONITORING, "Alertmanager", {"containers": [{"name": "alertmanager", **PRIVILEGED}]}), ["Alertmanager web"]),
        (manifest(MONITORING, "ThanosRuler", {"volumes": HOST}), ["ThanosRuler web"]),
        (manifest("monitoring.coreos.com/v1alpha1", "PrometheusAgent", {"hostNetwork": True}), ["PrometheusAgent web"]),
        (manifest(SPARK, "SparkApplication", {"driver": DRIVER, "executor": {}}), ["driver of SparkApplication web"]),
        (
            manifest(SPARK, "ScheduledSparkApplication", {"template": {"driver": {}, "executor": {"sidecars": [PRIVILEGED]}}}),
            ["executor of ScheduledSparkApplication web"],
        ),
        (
            manifest(ARGO, "Workflow", {"templates": [
                {"name": "a", "container": {"image": "x", **PRIVILEGED}},
                {"name": "b", "script": {"image": "x", "source": "true"}, "sidecars": [{"name": "s", "image": "x", **PRIVILEGED}]},
                {"name": "c", "containerSet": {"containers": [{"name": "d", "image": "x", **PRIVILEGED}]}},
                {"name": "e", "steps": [[{"name": "f", "inline": {"container": {"image": "x", **PRIVILEGED}}}]]},
                {"name": "g", "container": {"image": "x"}},
            ]}),
            ["template a of Workflow web", "template b of Workflow web", "template c of Workflow web", "template of Workflow web"],
        ),
        (
            manifest(ARGO, "CronWorkflow", {"workflowSpec": {
                "volumes": HOST,
                "templates": [{"name": "a", "container": {"image": "x"}}],
            }}),
            ["template a of CronWorkflow web"],
        ),
        (
            manifest(ARGO, "WorkflowTemplate", {
                "templateDefaults": {"container": {"securityContext": {"runAsUser": 0}}},
                "templates": [{"name": "a", "container": {"image": "x"}}],
            }),
            ["template a of WorkflowTemplate web"],
        ),
        *(
            (manifest("ray.io/v1", kind, spec), [f"head of {kind} web", f"worker group a of {kind} web"])
            for kind, spec in [
                ("RayCluster", RAY),
                ("RayService", {"rayClusterConfig": RAY}),
                ("RayJob", {"rayClusterSpec": RAY}),
                ("RayCronJob", {"jobTemplate": {"rayClusterSpec": RAY}}),
            ]
        ),
        (manifest("ray.io/v1", "RayJob", {"submitterPodTemplate": TEMPLATE}), ["submitter of RayJob web"]),
        (
            manifest("ray.io/v1", "RayCronJob", {"jobTemplate": {"submitterPodTemplate": TEMPLATE}}),
            ["submitter of RayCronJob web"],
        ),
        *(
            (manifest("kubeflow.org/v1", kind, {field: {role: {"template": TEMPLATE}}}), [f"{role} of {kind} web"])
            for kind, field, roles in [
                ("JAXJob", "jaxReplicaSpecs", ["Worker"]),
                ("MPIJob", "mpiReplicaSpecs", ["Launcher", "Worker"]),
                ("PaddleJob", "paddleReplicaSpecs", ["Master", "Worker"]),
                ("PyTorchJob", "pytorchReplicaSpecs", ["Master", "Worker"]),
                ("TFJob", "tfReplicaSpecs", ["Chief", "Evaluator", "Master", "PS", "Worker"]),
                ("XGBoostJob", "xgbReplicaSpecs", ["Master", "Worker"]),
            ]
            for role in roles
        ),
        (manifest("kubeflow.org/v1", "Notebook", {"template": TEMPLATE}), ["Notebook web"]),
        (
            manifest("batch.volcano.sh/v1alpha1", "Job", {"tasks": [{"name": "a", "template": TEMPLATE}]}),
            ["task a of Job web"],
        ),
        (
            manifest("jobset.x-k8s.io/v1alpha2", "JobSet", {
                "replicatedJobs": [{"name": "a", "template": {"spec": {"template": TEMPLATE}}}],
            }),
            ["replicated job a of JobSet web"],
        ),
        (
            manifest("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", {
                "leaderWorkerTemplate": {"leaderTemplate": TEMPLATE, "workerTemplate": TEMPLATE},
            }),
            ["leader of LeaderWorkerSet web", "worker of LeaderWorkerSet web"],
        ),
        (
            manifest("sources.knative.dev/v1", "ContainerSource", {"template": {"spec": {"containers": [{"image": "x", **PRIVILEGED}]}}}),
            ["ContainerSource web"],
        ),
    ],
)  # fmt: skip
def test_pods_that_no_scc_admits(text: str, names: list[str]) -> None:
    assert refused(text) == names


def test_what_the_controller_adds() -> None:
    spec = spec_of(
        manifest(MONITORING, "Prometheus", {"serviceAccountName": "k8s", "containers": [{"name": "prometheus", "tty": True}]})
    )
    assert spec["serviceAccountName"] == "k8s"
    (container,) = spec["containers"]
    assert (container["image"], container["tty"], container["securityContext"]["capabilities"]) == ("", True, {"drop": ["ALL"]})
    spec = spec_of(manifest("beat.k8s.elastic.co/v1beta1", "Beat", {"type": "filebeat", "deployment": {
        "podTemplate": {"spec": {"volumes": [{"name": "beat-data", "emptyDir": {}}]}}
    }}))  # fmt: skip
    assert spec["volumes"] == [{"name": "beat-data", "emptyDir": {}}]
    assert [container["name"] for container in spec["containers"]] == ["filebeat"]


def test_spark_pods_get_the_volumes_that_they_mount() -> None:
    text = manifest(SPARK, "SparkApplication", {
        "volumes": HOST, "driver": {}, "executor": {"volumeMounts": [{"name": "host", "mountPath": "/x"}]}
    })  # fmt: skip
    driver, executor = (workload.pod.manifest["spec"] for workload in workloads(text))
    assert ("volumes" in driver, executor["volumes"]) == (False, HOST)


def test_what_a_workflow_sets_for_all_templates() -> None:
    text = manifest(ARGO, "Workflow", {
        "serviceAccountName": "all", "securityContext": {"runAsUser": 0}, "volumes": HOST,
        "templates": [{"name": "a", "serviceAccountName": "own", "volumes": [{"name": "b"}], "container": {"image": "x"}}],
    })  # fmt: skip
    spec = spec_of(text)
    assert (spec["serviceAccountName"], spec["securityContext"]) == ("own", {"runAsUser": 0})
    assert [volume["name"] for volume in spec["volumes"]] == ["b", "host"]


def test_the_pods_of_one_object_are_no_duplicates() -> None:
    text = manifest(
        ARGO, "WorkflowTemplate", {"templates": [{"name": name, "container": {"image": name}} for name in ("a", "b")]}
    )
    assert [f.rule_id for f in scclint.lint_text(text, "x.yaml").findings if f.rule_id == "MAN008"] == []


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize(
    ("patch", "spec"),
    [
        ("{}", {}),
        ("hostPID: true", {"hostPID": True}),
        ('{"hostNetwork": true}', {"hostNetwork": True}),
        ("volumes: [{name: h, hostPath: {path: /}}]", {"volumes": [{"name": "h", "hostPath": {"path": "/"}}]}),
    ],
)
def test_a_patch_of_the_pod_is_merged(patch: str, spec: dict[str, Any], shared: bool) -> None:
    own = {} if shared else {"podSpecPatch": patch}
    at = {"podSpecPatch": patch} if shared else {}
    text = manifest(ARGO, "Workflow", {**at, "templates": [{"name": "a", "container": {"image": "x", **PRIVILEGED}, **own}]})
    made = {"containers": [{"name": "main", "image": "x", **PRIVILEGED}]}
    assert spec_of(text) == {**made, **spec}
    assert "SCC101" in {f.rule_id for f in scclint.lint_text(text, "x.yaml").findings}


def test_a_patch_merges_containers_by_name_and_removes_what_is_null() -> None:
    patch = """
containers:
- {name: main, securityContext: {privileged: true, runAsUser: null}, volumeMounts: [{name: a, mountPath: /a}]}
- {name: other, image: z}
"""
    container = {"image": "x", "securityContext": {"runAsUser": 0}, "volumeMounts": [{"name": "b", "mountPath": "/b"}]}
    text = manifest(ARGO, "Workflow", {"podSpecPatch": patch, "templates": [{"name": "a", "container": container}]})
    main, other = spec_of(text)["containers"]
    assert main["securityContext"] == {"privileged": True}
    assert [mount["mountPath"] for mount in main["volumeMounts"]] == ["/b", "/a"]
    assert other == {"name": "other", "image": "z"}


@pytest.mark.parametrize(
    "patch",
    [
        '{"terminationGracePeriodSeconds": {{workflow.parameters.seconds}}}',
        "containers: [{name: main, resources: {limits: {memory: '{{inputs.parameters.memory}}'}}}]",
    ],
)
def test_a_placeholder_of_a_patch_that_admission_does_not_read_leaves_the_verdict(patch: str) -> None:
    templates = [{"name": "a", "container": {"image": "x", **PRIVILEGED}}]
    text = manifest(ARGO, "Workflow", {"podSpecPatch": patch, "templates": templates})
    report = scclint.lint_text(text, "x.yaml")
    assert "SCC101" in {finding.rule_id for finding in report.findings} and not report.notices


@pytest.mark.parametrize(
    "patch",
    [
        "{{inputs.parameters.p}}",
        "a: b: c",
        "- x",
        "containers: [{$patch: delete, name: main}]",
        "containers: [{name: main, securityContext: {privileged: '{{inputs.parameters.p}}'}}]",
        "hostPID: {{inputs.parameters.p}}",
    ],
)
def test_a_patch_that_cannot_be_read_leaves_no_verdict(patch: str) -> None:
    text = manifest(ARGO, "Workflow", {"podSpecPatch": patch, "templates": [{"name": "a", "container": {"image": "x"}}]})
    (notice,) = scclint.lint_text(text, "x.yaml").notices
    assert notice.message == (
        "x.yaml: template a of Workflow web: no verdict, because podSpecPatch, which scclint cannot read, changes its pods"
    )


def test_a_collector_makes_pods_unless_it_is_a_sidecar() -> None:
    spec = {
        "mode": "daemonset",
        "volumes": HOST,
        "volumeMounts": [{"name": "host", "mountPath": "/h"}],
        "config": {},
        **PRIVILEGED,
    }
    made = spec_of(manifest("opentelemetry.io/v1beta1", "OpenTelemetryCollector", spec))
    assert (made["serviceAccountName"], made["volumes"]) == ("web-collector", HOST)
    (container,) = made["containers"]
    assert (container["name"], container["securityContext"]) == ("otc-container", PRIVILEGED["securityContext"])
    assert workloads(manifest("opentelemetry.io/v1beta1", "OpenTelemetryCollector", {**spec, "mode": "sidecar"})) == []


def test_findings_point_into_the_resource() -> None:
    text = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: web}
spec:
  templates:
  - name: a
    container:
      image: x
      securityContext:
        privileged: true
"""
    finding = next(f for f in scclint.lint_text(text, "x.yaml").findings if f.rule_id == "SCC101")
    assert (finding.span.line, finding.path) == (10, ("spec", "templates", 0, "container", "securityContext", "privileged"))
    text = """\
apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata: {name: web}
spec:
  executor: {}
  driver:
    cores: 1
    securityContext:
      runAsUser: 0
"""
    finding = next(f for f in scclint.lint_text(text, "x.yaml").findings if f.rule_id == "SCC101")
    assert (finding.span.line, finding.path) == (9, ("spec", "driver", "securityContext", "runAsUser"))


POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "evil"},
    "spec": {"containers": [{"name": "c", "image": "x", **PRIVILEGED}]},
}


def resource(action: str, text: str) -> str:
    return manifest(ARGO, "Workflow", {"templates": [{"name": "a", "resource": {"action": action, "manifest": text}}]})


def test_the_objects_that_a_workflow_creates() -> None:
    (pod,) = workloads(resource("create", json.dumps(POD)))
    assert (pod.named, pod.place.span.line) == ("Pod evil", 1)
    assert objects(resource("delete", json.dumps(POD))) == []
    (opened,) = workloads(resource("apply", json.dumps({**POD, "metadata": {"name": "{{inputs.parameters.x}}"}})))
    assert opened.kind == "Pod"
    (unknown,) = objects(resource("create", "{{inputs.parameters.x}}"))
    assert isinstance(unknown, UnknownKind)
    report = scclint.lint_text(resource("create", "a: {{x}}{{y}}"), "x.yaml")
    told = "x.yaml: the manifest in Workflow web: not judged: its placeholders decide what it is"
    assert [n.message for n in report.notices] == [told]
    report = scclint.lint_text(resource("create", "a: b: c"), "x.yaml")
    assert [n.message for n in report.notices] == ["x.yaml: the manifest in Workflow web: not judged: its text is not YAML"]


def machine_config(text: str, path: str = "/etc/kubernetes/manifests/evil.yaml") -> str:
    source = "data:;base64," + base64.b64encode(text.encode()).decode()
    config = {"ignition": {"version": "3.2.0"}, "storage": {"files": [{"path": path, "contents": {"source": source}}]}}
    return manifest("machineconfiguration.openshift.io/v1", "MachineConfig", {"config": config})


def test_static_pods_run_without_admission() -> None:
    (pod,) = workloads(machine_config(json.dumps(POD)))
    assert (pod.named, pod.provenance.static) == ("Pod evil", True)
    report = scclint.lint_text(machine_config(json.dumps(POD).replace("true", "false")), "x.yaml")
    assert [(f.rule_id, f.span.line) for f in report.findings] == [("SEC201", 1)]
    assert any(
        "because the kubelet runs static pods, and no admission looks at them" in note for note in report.findings[0].notes
    )
    assert report.tally.workloads == 1
    assert workloads(machine_config(json.dumps(POD), "/etc/evil.yaml")) == []
    (pod,) = workloads(machine_config(json.dumps(POD), "/etc/kubernetes/x/..//manifests/evil"))
    assert [f.rule_id for f in scclint.lint_text(machine_config(json.dumps(POD)), "x.yaml").findings] == [
        "SCC102",
        "SCC109",
        "SEC203",
    ]


def test_a_static_pod_that_is_fetched_is_named() -> None:
    entry = {"path": "/etc/kubernetes/manifests/evil.yaml", "contents": {"source": "https://example.com/x"}}
    text = manifest("machineconfiguration.openshift.io/v1", "MachineConfig", {"config": {"storage": {"files": [entry]}}})
    (notice,) = scclint.lint_text(text, "x.yaml").notices
    assert (
        "/etc/kubernetes/manifests/evil.yaml in MachineConfig web: not judged: its content is fetched from https:"
        in notice.message
    )


def generate(rule: dict[str, Any]) -> str:
    return manifest("kyverno.io/v1", "ClusterPolicy", {"rules": [{"name": "r", "match": {}, "generate": rule}]})


def test_what_a_kyverno_policy_generates() -> None:
    named = {"apiVersion": "v1", "kind": "Pod", "name": "evil", "namespace": "shop"}
    (pod,) = workloads(generate({**named, "data": {"spec": POD["spec"]}}))
    assert (pod.named, pod.namespace) == ("Pod evil", "shop")
    (pod,) = workloads(generate({"foreach": [{**named, "namespace": "{{element}}", "data": {"spec": POD["spec"]}}]}))
    assert pod.named == "Pod evil"
    assert objects(generate({**named, "clone": {"name": "other"}})) == []


def test_the_template_in_an_instance() -> None:
    template = {"parameters": [{"name": "NAME", "value": "evil"}], "objects": [{**POD, "metadata": {"name": "${NAME}"}}]}
    text = manifest("template.openshift.io/v1", "TemplateInstance", {"template": template}, namespace="shop")
    (pod,) = workloads(text)
    assert (pod.name, pod.provenance.home) == ("evil", "shop")
    assert objects(manifest("template.openshift.io/v1", "TemplateInstance", {})) == []


DISK = {"volumes": [{"name": "d", "hostDisk": {"path": "/srv/disk.img", "type": "DiskOrCreate"}}]}
SOCKET = {"strategy": {"type": "Custom", "customStrategy": {"from": {}, "exposeDockerSocket": True}}}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (manifest("kubevirt.io/v1", "VirtualMachine", {"template": {"spec": DISK}}), "its hostDisk puts a path of the node into its pod"),
        (
            manifest("pool.kubevirt.io/v1beta1", "VirtualMachinePool", {"virtualMachineTemplate": {"spec": {"template": {"spec": DISK}}}}),
            "its hostDisk puts a path of the node into its pod",
        ),
        (manifest("kubevirt.io/v1", "VirtualMachineInstance", DISK), "its hostDisk puts a path of the node into its pod"),
        (
            manifest("build.openshift.io/v1", "BuildConfig", SOCKET),
            "its exposeDockerSocket gives its privileged build pods the container socket of the node",
        ),
        (manifest("kubevirt.io/v1", "VirtualMachine", {"template": {"spec": {"volumes": [{"name": "d"}]}}}), ""),
        (manifest("build.openshift.io/v1", "BuildConfig", {"strategy": {"customStrategy": {"from": {}}}}), ""),
    ],
)  # fmt: skip
def test_access_to_the_node_without_a_container(text: str, told: str) -> None:
    kind = json.loads(text)["kind"]
    report: Report = scclint.lint_text(text, "x.yaml")
    found = [n.message for n in report.notices if "not judged" in n.message]
    assert found == ([f"x.yaml: {kind} web: not judged: {told}"] if told else [])
