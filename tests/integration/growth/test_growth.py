"""Work grows with the input, never with its square: counted in lines that are run, which no busy machine can disturb."""

import json
import re
from collections.abc import Callable
from functools import partial
from itertools import starmap
from pathlib import Path
from typing import Any

import pytest

import scclint
from scclint.config.model import Config
from scclint.deploy.kustomize.kustomization import lay_out, read_kustomization
from scclint.deploy.origins.template_lines import marked
from scclint.objects.commands import documents_of_commands
from scclint.objects.pod import Pod
from scclint.objects.types import ApiObject
from scclint.report import render
from scclint.run import check
from scclint.run.report import Report
from scclint.yaml.nodes import ScalarNode
from tests.steps import steps

WORKLOAD = """---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web-{i}, namespace: ns-{n}}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      serviceAccountName: sa-{n}
      containers:
        - {{name: web, image: registry.example/web:1, securityContext: {{runAsUser: 1000}}}}
"""
OTHER = """---
apiVersion: v1
kind: ConfigMap
metadata: {{name: cm-{i}}}
data: {{a: b}}
"""
SCC = """---
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {{name: custom-{i}}}
allowPrivilegedContainer: false
allowHostDirVolumePlugin: false
allowHostNetwork: false
allowHostPorts: false
allowHostPID: false
allowHostIPC: false
allowPrivilegeEscalation: false
readOnlyRootFilesystem: false
requiredDropCapabilities: [ALL]
runAsUser: {{type: MustRunAsRange}}
seLinuxContext: {{type: MustRunAs}}
fsGroup: {{type: MustRunAs}}
supplementalGroups: {{type: RunAsAny}}
seccompProfiles: [runtime/default]
volumes: [configMap, emptyDir, projected, secret]
"""
GRANT = """---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: use-{i}, namespace: ns-{n}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: 'system:openshift:scc:nonroot'}}
subjects: [{{kind: ServiceAccount, name: sa-{n}, namespace: ns-{n}}}]
"""
OPENING = GRANT.replace("use-", "open-").replace("nonroot", "privileged").replace("sa-{n}", "missing-{i}")
NAMESPACES = 4


def manifests(workloads: int = 0, others: int = 0, sccs: int = 0, grants: int = 0, opening: int = 0) -> str:
    counted = ((WORKLOAD, workloads), (OTHER, others), (SCC, sccs), (GRANT, grants), (OPENING, opening))
    return "".join(text.format(i=i, n=i % NAMESPACES) for text, number in counted for i in range(number))


def lint(folder: Path, **kinds: int) -> Callable[[], Any]:
    file = folder / "all.yaml"
    file.write_text(manifests(**kinds), encoding="utf-8")
    return lambda: scclint.lint([str(file)], Config())


@pytest.mark.parametrize(
    ("small", "extra"),
    [
        ({"workloads": 20}, {"workloads": 20}),
        ({"others": 200, "workloads": 1}, {"others": 200}),
        ({"sccs": 10, "workloads": 4}, {"sccs": 10}),
        ({"grants": 20, "workloads": 4}, {"grants": 20}),
        ({"workloads": 10, "sccs": 10, "grants": 10}, {"workloads": 10}),
        ({"workloads": 10, "sccs": 10, "grants": 10}, {"sccs": 10}),
        ({"workloads": 10, "sccs": 10, "grants": 10}, {"grants": 10}),
    ],
    ids=lambda kinds: "+".join(f"{number} {kind}" for kind, number in kinds.items()),
)
def test_what_comes_on_top_costs_as_much_each_time(tmp_path: Path, small: dict[str, int], extra: dict[str, int]) -> None:
    """Three sizes in equal steps: the second step costs what the first did, where a square would double it."""
    sizes = [{kind: small.get(kind, 0) + step * extra.get(kind, 0) for kind in {*small, *extra}} for step in range(3)]
    lint(tmp_path, **sizes[0])()  # what is only done once, such as importing, does not count
    one, two, three = (steps(lint(tmp_path, **size)) for size in sizes)
    assert three - two <= 1.08 * (two - one)


def test_an_outcome_that_is_not_kept_is_not_computed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All rules ask about one workload before any asks about the next."""
    judge = lint(tmp_path, workloads=20)
    judge()  # what is only done once does not count
    kept = steps(judge)
    monkeypatch.setattr("scclint.outcome.outcomes.CANDIDATES_KEPT", 0)
    assert steps(judge) <= 1.005 * kept


def test_bindings_share_what_they_ask_about_workloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outcomes that are not kept are computed once more for all bindings, not for each."""
    monkeypatch.setattr("scclint.outcome.outcomes.CANDIDATES_KEPT", 0)
    lint(tmp_path, workloads=10, opening=10)()
    one, two, three = (steps(lint(tmp_path, workloads=size, opening=size)) for size in (10, 20, 30))
    assert three - two <= 1.08 * (two - one)


def task_run_specs(number: int) -> str:
    specs = "".join(f"  - {{pipelineTaskName: t{i}, serviceAccountName: s}}\n" for i in range(number))
    tasks = "".join(f"    - {{name: t{i}, taskSpec: {{steps: [{{name: a, image: x}}]}}}}\n" for i in range(number))
    head = "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: r}\nspec:\n  taskRunSpecs:\n"
    return f"{head}{specs}  pipelineSpec:\n    tasks:\n{tasks}"


def task_run_specs_of_one_name(number: int) -> str:
    text = task_run_specs(number)
    return re.sub(r"t\d+", "t", text.replace("serviceAccountName: s", "podTemplate: {a: b}"))


def tasks_of_one_name(number: int) -> str:
    head = "---\napiVersion: tekton.dev/v1\n"
    task = f"{head}kind: Task\nmetadata: {{name: t}}\nspec: {{steps: [{{name: a, image: x}}]}}\n"
    return (task + f"{head}kind: TaskRun\nmetadata: {{name: r}}\nspec: {{taskRef: {{name: t}}}}\n") * number


def bindings_to_one_role(number: int) -> str:
    head = "---\napiVersion: rbac.authorization.k8s.io/v1\n"
    rule = "- {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], verbs: [use], resourceNames: [nonroot]}\n"
    bindings = "".join(
        f"{head}kind: RoleBinding\nmetadata: {{name: b-{i}, namespace: a}}\nroleRef: {{kind: Role, name: r}}\n"
        f"subjects: [{{kind: ServiceAccount, name: s-{i}, namespace: a}}]\n"
        for i in range(number)
    )
    return f"{head}kind: Role\nmetadata: {{name: r, namespace: a}}\nrules:\n{rule * number}{bindings}"


def labels_to_be_filled_in(number: int) -> str:
    labels = "".join(f"        k{i}: a\n" for i in range(number))
    selector = "".join(f"      k{i}: '$(x)'\n" for i in range(number))
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n"
        f"  selector:\n    matchLabels:\n{selector}  template:\n    metadata:\n      labels:\n{labels}"
        "    spec:\n      containers:\n      - {name: a, image: x}\n"
    )


def namespaces_to_be_filled_in(number: int) -> str:
    granted = GRANT.replace("ns-{n}", "ns-{i}")
    workload = WORKLOAD.replace("ns-{n}", "{{namespace}}")
    return "".join(
        workload.format(i=i, n=i).replace("{namespace}", "'${NS}'") + granted.format(i=i, n=i) for i in range(number)
    )


def profile_of_repeated_names(number: int) -> str:
    names = ", ".join(["read"] * number)
    args = ", ".join(f"{{index: 0, value: {i}, op: SCMP_CMP_EQ}}" for i in range(number))
    head = "apiVersion: security-profiles-operator.x-k8s.io/v1\nkind: SeccompProfile\nmetadata: {name: p}\nspec:\n"
    rule = f"{{action: SCMP_ACT_ALLOW, names: [{names}], args: [{args}]}}"
    return f"{head}  defaultAction: SCMP_ACT_ERRNO\n  syscalls:\n  - {rule}\n"


def user_of_profile(path: str, number: int) -> str:
    context = f"{{seccompProfile: {{type: Localhost, localhostProfile: {path}}}}}"
    containers = f"[{{name: a, image: x, securityContext: {context}}}]"
    return f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{number}, namespace: a}}\nspec: {{containers: {containers}}}\n"


def profiles_with_users(number: int) -> str:
    profile = "---\napiVersion: security-profiles-operator.x-k8s.io/v1\nkind: SeccompProfile\nmetadata: {{name: p{i}}}\n"
    spec = "spec: {{defaultAction: SCMP_ACT_ERRNO, architectures: [SCMP_ARCH_X86_64], baseProfileName: p0}}\n"
    return "".join((profile + spec).format(i=i) + user_of_profile(f"operator/p{i}.json", i) for i in range(number))


def profiles_on_nodes_with_users(number: int) -> str:
    files = "".join(
        f"      - {{path: /var/lib/kubelet/seccomp/p{i}.json, contents: {{source: 'data:,{{}}'}}}}\n" for i in range(5 * number)
    )
    head = "apiVersion: machineconfiguration.openshift.io/v1\nkind: MachineConfig\nmetadata: {name: m}\nspec:\n"
    users = "".join(user_of_profile(f"p{i}.json", i) for i in range(number))
    return f"{head}  config:\n    ignition: {{version: 3.2.0}}\n    storage:\n      files:\n{files}{users}"


def sysctls_and_patterns(number: int) -> str:
    patterns = "".join(f"- c{i}*\n" for i in range(number))
    sysctls = "".join(f"    - {{name: z{i}, value: b}}\n" for i in range(number))
    pod = (
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: a, image: x}]\n  securityContext:\n"
    )
    return f"{SCC.format(i=0)}allowedUnsafeSysctls:\n{patterns}{pod}    sysctls:\n{sysctls}"


def pod_with(fields: str) -> str:
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: a}}\nspec:\n{fields}"


def privileged_containers(number: int) -> str:
    return pod_with(
        "  containers:\n"
        + "".join(f"  - {{name: c{i}, image: x, securityContext: {{privileged: true}}}}\n" for i in range(number))
    )


def containers_with_users(number: int) -> str:
    context = "{runAsUser: 5, runAsGroup: 5}"
    return pod_with(
        "  containers:\n" + "".join(f"  - {{name: c{i}, image: x, securityContext: {context}}}\n" for i in range(number))
    )


def mounts_of_the_node(number: int) -> str:
    mounts = "".join(f"    - {{name: v{i}, mountPath: /m{i}}}\n" for i in range(number))
    volumes = "".join(f"  - {{name: v{i}, hostPath: {{path: /a{i}}}}}\n" for i in range(number))
    return pod_with(f"  containers:\n  - name: a\n    image: x\n    volumeMounts:\n{mounts}  volumes:\n{volumes}")


def steps_of_a_task(number: int) -> str:
    listed = "".join(f"  - {{name: s{i}, image: x, securityContext: {{runAsUser: 5}}}}\n" for i in range(number))
    return f"apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {{name: t}}\nspec:\n  steps:\n{listed}"


def rules_for_everything(number: int) -> str:
    head = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\nrules:\n"
    return head + "- {apiGroups: ['*'], resources: ['*'], verbs: ['*']}\n" * number


def unknown_fields(number: int) -> str:
    return pod_with("  containers: [{name: a, image: x}]\n" + "".join(f"  hostPIDs{i}: true\n" for i in range(number)))


@pytest.mark.parametrize(
    "text",
    [
        containers_with_users,
        privileged_containers,
        mounts_of_the_node,
        steps_of_a_task,
        rules_for_everything,
        task_run_specs,
        task_run_specs_of_one_name,
        tasks_of_one_name,
        bindings_to_one_role,
        labels_to_be_filled_in,
        namespaces_to_be_filled_in,
        profile_of_repeated_names,
        profiles_with_users,
        profiles_on_nodes_with_users,
        sysctls_and_patterns,
    ],
)
def test_what_looks_up_something_each_time(text: Callable[[int], str]) -> None:
    scclint.lint_text(text(10), "x.yaml")
    one, two, three = (steps(partial(scclint.lint_text, text(number), "x.yaml")) for number in (20, 40, 60))
    assert three - two <= 1.03 * (two - one)


def test_an_object_is_summed_up_once_for_all_its_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sum takes as long as the object is large, in C, where no lines are counted."""
    summed: list[ApiObject] = []

    def content(obj: ApiObject) -> str:
        summed.append(obj)
        return ""

    monkeypatch.setattr(check, "_content", content)
    assert len(scclint.lint_text(unknown_fields(10), "x.yaml").findings) >= 10
    assert len(summed) == 1


def test_a_script_that_sets_many_variables() -> None:
    def read(number: int) -> None:
        grants = "oc adm policy add-scc-to-user $SCC -z web\n"
        assert len([*documents_of_commands("x.sh", "".join(f"V{i}=a\n" for i in range(number)) + grants)]) == 1

    one, two = (steps(partial(read, number)) for number in (100, 200))
    assert two <= 2.1 * one


def test_a_base_of_many_overlays() -> None:
    """Each sends it to a namespace of its own."""

    def lay(number: int) -> None:
        data = {f"/{i}/kustomization.yaml": {"namespace": f"ns-{i}", "resources": ["/base"]} for i in range(number)}
        data["/base/kustomization.yaml"] = {"resources": [f"/{i}.yaml" for i in range(number)]}
        lay_out(filter(None, starmap(read_kustomization, data.items())))

    one, two = (steps(partial(lay, number)) for number in (100, 200))
    assert two <= 2.1 * one


def test_many_units_that_define_one_object(tmp_path: Path) -> None:
    """Each is an alternative of each other one. Only a rule that asks about other units looks at them."""

    def judge(number: int) -> Callable[[], Any]:
        root = tmp_path / str(number)
        for i in range(number):
            folder = root / f"env-{i}"
            folder.mkdir(parents=True)
            (folder / "web.yaml").write_text(WORKLOAD.format(i=0, n=0).replace("runAsUser: 1000", ""), encoding="utf-8")
        return lambda: scclint.lint([str(root)], Config())

    judge(1)()
    one, two, three = (steps(judge(number)) for number in (60, 120, 180))
    assert three - two <= 1.01 * (two - one)


def test_files_that_are_named_one_by_one(tmp_path: Path) -> None:
    """As pre-commit names them."""

    def judge(number: int) -> Callable[[], Any]:
        files = [tmp_path / f"{i}.yaml" for i in range(number)]
        for file in files:
            file.write_text(OTHER.format(i=0), encoding="utf-8")
        return lambda: scclint.lint(list(map(str, files)), Config())

    judge(1)()
    one, two, three = (steps(judge(number)) for number in (60, 120, 180))
    assert three - two <= 1.01 * (two - one)


def test_containers_by_name() -> None:
    def look_up(number: int) -> None:
        root = ScalarNode(("x.yaml", 1, 1, 1, 1), None, "", True)
        containers = [{"name": f"c{i}"} for i in range(number)] + [{"name": "c0", "image": "other"}]
        pod = Pod(root, {"spec": {"containers": containers, "initContainers": [{"name": "c1"}]}}, (), "p")
        found = [pod.container(f"c{i}") for i in range(number)]
        assert [(c.list, c.data) for c in found if c is not None][2:] == [("containers", c) for c in containers[2:-1]]

    one, two = (steps(partial(look_up, number)) for number in (100, 200))
    assert two <= 2.1 * one


def test_what_points_into_one_long_line() -> None:
    def report(number: int) -> Report:
        spec = {"hostPID": True, "containers": [{"name": "a", "image": "x"}]}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "é🔥"}, "spec": spec}
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [pod] * number}, ensure_ascii=False)
        return scclint.lint_text(text, "x.json")

    render(report(1), "sarif")
    one, two, three = (steps(partial(render, report(number), "sarif")) for number in (20, 40, 60))
    assert three - two <= 1.03 * (two - one)


@pytest.mark.parametrize(
    "unit", ["a: b\n", "{{ if .x }}\n", "{{ define `x` }}\na: b\n{{ end }}\n", "a: b\n\n\n", "{{ .x\n}}\n", "{{"]
)
def test_marks_take_time_with_the_text_of_a_template(unit: str) -> None:
    one, two = (steps(partial(marked, unit * number, 0)) for number in (500, 1000))
    assert two <= 2.2 * one
