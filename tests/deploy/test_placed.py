"""Which namespace a workload is judged in, and so which grants reach it."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from scclint.cli.main import main
from scclint.config.model import Config
from scclint.report import FORMATS, render
from tests.deploy.test_deployments import application
from tests.deploy.tools import needs_helm, needs_kustomize
from tests.deploy.trees import binding, deployment, scc
from tests.running import open_one, report_on, write_files

ROOT = deployment(namespace="", pod="runAsUser: 0")
SHOP = "system:serviceaccount:shop:web"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def found(files: Mapping[str, str], config: Config | None = None) -> set[str]:
    """The rules that report on the Deployment in some files."""
    write_files(files)
    report = report_on(["."], config or Config())
    return {f.rule_id for f in report.findings if f.subject.kind in ("Deployment", "StatefulSet", "Pod")}


def as_list(*texts: str) -> str:
    return "apiVersion: v1\nkind: List\nitems:\n" + "".join("- " + text.replace("\n", "\n  ").rstrip() + "\n" for text in texts)


def in_json(text: str) -> str:
    from scclint.objects.documents import data_of

    return json.dumps(data_of(text), indent=1)


WITH_USERS = scc(users=f'"{SHOP}"')
USERS = {
    "documents": {"a.yaml": ROOT + "---\n" + WITH_USERS},
    "files": {"a.yaml": ROOT, "sccs/b.yaml": WITH_USERS},
    "JSON": {"a.json": in_json(ROOT), "b.json": in_json(WITH_USERS)},
    "List": {"a.yaml": as_list(ROOT, WITH_USERS)},
    "ServiceAccount without a namespace": {
        "a.yaml": ROOT + "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n---\n" + WITH_USERS
    },
    "StatefulSet": {"a.yaml": ROOT.replace("Deployment", "StatefulSet") + "---\n" + WITH_USERS},
    "User of a binding": {
        "a.yaml": ROOT
        + "---\n"
        + binding().replace("kind: ServiceAccount, name: web, namespace: shop", f'kind: User, name: "{SHOP}"')
    },
}


@pytest.mark.parametrize("form", USERS)
def test_users_of_an_scc_place_a_workload(form: str) -> None:
    assert "SCC101" not in found(USERS[form])


NOT_PLACED = {
    "two namespaces": scc(users=f'"{SHOP}", "system:serviceaccount:bank:web"'),
    "another account": scc(users='"system:serviceaccount:shop:job"'),
    "a user": scc(users="web"),
    "an account of another namespace than the SCC's": WITH_USERS
    + "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: bank}\n",
}


@pytest.mark.parametrize("case", NOT_PLACED)
def test_what_does_not_place_a_workload(case: str) -> None:
    assert "SCC101" in found({"a.yaml": ROOT + "---\n" + NOT_PLACED[case]})


def test_users_count_in_an_overlay() -> None:
    files = {"app/a.yaml": ROOT + "---\n" + WITH_USERS, "app/kustomization.yaml": "resources: [a.yaml]\n"}
    assert "SCC101" not in found(files, Config(render="never"))


def test_a_namespace_that_is_written_goes_before_users() -> None:
    assert "SCC101" in found({"a.yaml": ROOT.replace("{name: web}", "{name: web, namespace: bank}", 1) + "---\n" + WITH_USERS})


GROUP = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: x, namespace: "{{ .Release.Namespace }}"}
subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: "system:serviceaccounts:{{ .Release.Namespace }}"}]
roleRef: {kind: ClusterRole, name: system:openshift:scc:privileged, apiGroup: rbac.authorization.k8s.io}
"""
LEGACY = """\
apiVersion: authorization.openshift.io/v1
kind: RoleBinding
metadata: {name: x, namespace: "{{ .Release.Namespace }}"}
groupNames: ["system:serviceaccounts:{{ .Release.Namespace }}"]
roleRef: {name: system:openshift:scc:privileged}
"""
USER = GROUP.replace("kind: Group", "kind: User").replace(
    "serviceaccounts:{{ .Release.Namespace }}", "serviceaccount:{{ .Release.Namespace }}:web"
)
OTHER = GROUP.replace("serviceaccounts:{{ .Release.Namespace }}", "serviceaccounts:bank")
CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "templates/a.yaml": deployment(namespace='"{{ .Release.Namespace }}"', pod="runAsUser: 65532"),
}


@needs_helm
@pytest.mark.parametrize("namespace", ["", "shop"])
@pytest.mark.parametrize(
    ("grant", "admitted"),
    [
        (GROUP, True),
        (LEGACY, True),
        (USER, True),
        (GROUP.replace("kind: RoleBinding", "kind: ClusterRoleBinding"), True),
        (as_list(GROUP), True),
        (OTHER, False),
    ],
)
def test_a_grant_to_subjects_of_the_namespace_of_the_release(grant: str, admitted: bool, namespace: str) -> None:
    rules = found({**CHART, "templates/b.yaml": grant}, Config(namespace=namespace))
    assert ({"SCC102", "SEC201"} <= rules) is admitted
    assert ("SCC101" in rules) is not admitted


NAMED = {
    "Chart.yaml": CHART["Chart.yaml"],
    "templates/a.yaml": deployment(
        "web-{{ .Release.Namespace }}",
        namespace='"{{ .Release.Namespace }}"',
        account='"web-{{ .Release.Namespace }}"',
        pod="runAsUser: 0",
    ),
    "templates/b.yaml": scc(
        '"scc-{{ .Release.Namespace }}"', users='"system:serviceaccount:{{ .Release.Namespace }}:web-{{ .Release.Namespace }}"'
    ).replace("seccompProfiles: [runtime/default]\n", ""),
}


@needs_helm
def test_names_that_a_chart_makes_of_the_namespace_have_a_placeholder() -> None:
    write_files(NAMED)
    report = report_on(["."], Config())
    assert {"SCC301", "SEC201"} <= {f.rule_id for f in report.findings}
    assert {f.subject.name for f in report.findings} == {"web-${NAMESPACE}", "scc-${NAMESPACE}"}
    assert not {"MAN002", "MAN006"} & {f.rule_id for f in report.findings}
    for name in FORMATS:
        assert "unspecified" not in render(report, name)


PRIVILEGED_POD = """\
---
apiVersion: v1
kind: Pod
metadata: {name: bare}
spec: {hostPID: true, containers: [{name: c, image: i, securityContext: {privileged: true}}]}
"""
SET_OF_ONE = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: all, namespace: openshift-gitops}
spec:
  generators: [{list: {elements: [{env: dev}]}}]
  template:
    metadata: {name: web}
    spec: {destination: {namespace: shop}, source: {repoURL: "https://git.example/team/repo.git", path: app}}
"""
FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: web, namespace: flux-system}
spec:
  path: ./app
  sourceRef: {kind: GitRepository, name: repo}
"""
MADE_BY_A_CHART = {
    "destination": application("    path: app\n").replace("namespace: shop", "namespace: NS"),
    "name": application("    path: app\n", name="NS-web"),
    "namespace": application("    path: app\n").replace("openshift-gitops", "NS"),
    "path": application("    path: app/NS\n"),
    "values": application("    path: inner\n    helm: {valuesObject: {home: NS}}\n"),
    "release": application("    path: inner\n    helm: {releaseName: NS-web}\n"),
    "kustomize": application("    path: built\n    kustomize: {namespace: NS, namePrefix: NS-}\n"),
    "labels": application("    path: built\n    kustomize: {commonAnnotations: {a: NS}}\n"),
    "set": SET_OF_ONE.replace("namespace: shop", "namespace: NS"),
    "Flux": FLUX + "  targetNamespace: NS\n",
}


@needs_helm
@needs_kustomize
@pytest.mark.parametrize("case", MADE_BY_A_CHART)
def test_no_output_has_what_stands_for_the_namespace_of_a_release(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "repo").mkdir()
    monkeypatch.chdir(tmp_path / "repo")
    template = MADE_BY_A_CHART[case].replace("NS", "{{ .Release.Namespace }}")
    write_files(
        {
            "root/Chart.yaml": "apiVersion: v2\nname: root\nversion: 1.0.0\n",
            "root/templates/a.yaml": template,
            "app/a.yaml": ROOT + PRIVILEGED_POD,
            "built/kustomization.yaml": "resources: [a.yaml]\n",
            "built/a.yaml": ROOT,
            "inner/Chart.yaml": "apiVersion: v2\nname: inner\nversion: 1.0.0\n",
            "inner/values.yaml": "home: shop\n",
            "inner/templates/a.yaml": ROOT.replace(
                "{name: web}", "{name: '{{ .Release.Name }}', namespace: '{{ .Values.home }}'}"
            ),
        }
    )
    report = report_on(["."], Config())
    texts = [render(report, name) for name in FORMATS]
    for command in (
        ["units"],
        ["units", "--format", "json"],
        ["review"],
        ["review", "--format", "json"],
        ["who-can", "anyuid"],
    ):
        main(command)
        texts += capsys.readouterr()
    assert not [text for text in texts if "scclint-unspecified" in text]


TASK = """\
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: t1, namespace: shop}
spec:
  steps: [{name: s, image: "registry.example/s:1"}]
"""
RUN = """\
apiVersion: tekton.dev/v1
kind: TaskRun
metadata: {name: r1, namespace: shop}
spec:
  serviceAccountName: robot
  taskRef: {name: t1}
  podTemplate: {securityContext: {runAsUser: 1001, fsGroup: 0}}
"""
PIPELINE = """\
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: {name: p}
spec:
  tasks: [{name: a, taskRef: {name: t1}}]
"""
PIPELINE_RUN = RUN.replace("TaskRun", "PipelineRun").replace(
    "  serviceAccountName: robot\n  taskRef: {name: t1}\n  podTemplate: {",
    "  pipelineRef: {name: p}\n  taskRunTemplate:\n    serviceAccountName: robot\n    podTemplate: {",
)


def in_template(*items: str) -> str:
    return as_list(*items).replace(
        "v1\nkind: List\nitems:", "template.openshift.io/v1\nkind: Template\nmetadata: {name: t}\nobjects:", 1
    )


def in_trigger(run: str) -> str:
    head = "apiVersion: triggers.tekton.dev/v1beta1\nkind: TriggerTemplate\nmetadata: {name: t}\nspec:\n  resourcetemplates:\n"
    return head + "  - " + run.replace("\n", "\n    ").rstrip() + "\n"


LINKED = {
    "Template": in_template(TASK, RUN),
    "Template in a List": as_list(in_template(TASK, RUN)),
    "List in a Template": in_template(as_list(TASK, RUN)),
    "List": as_list(TASK, RUN),
    "Template beside the Task": in_template(RUN) + "---\n" + TASK.replace(", namespace: shop", ""),
    "JSON": in_json(in_template(TASK, RUN)),
    "run of a Pipeline": in_template(TASK, PIPELINE, PIPELINE_RUN),
    "documents": "---\n".join((TASK, RUN)),
    "TriggerTemplate": in_trigger(RUN) + "---\n" + TASK,
}


@pytest.mark.parametrize("form", LINKED)
def test_a_run_and_its_task_are_one_pod_wherever_they_are_written(form: str) -> None:
    opened = open_one(text=LINKED[form])
    (workload,) = opened.workloads
    assert workload.pod.service_account == "robot"
    verdict = opened.world.outcome(workload).verdict
    assert verdict is not None
    assert verdict.submitted["spec"]["securityContext"]["fsGroup"] == 0


def test_a_run_of_a_task_that_is_not_there_has_no_verdict() -> None:
    opened = open_one(text=in_template(TASK, RUN.replace("taskRef: {name: t1}", "taskRef: {name: t2}")))
    unknown = [opened.world.outcome(workload).unknown for workload in opened.workloads]
    assert unknown == ["", "it runs Task t2, which is not in the input"]


DAEMON = """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: d
  namespace: '{{.NameSpace}}'
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      hostNetwork: true
      serviceAccountName: fw
      {{ if .X }}
      priorityClassName: system-node-critical
      {{ end }}
      containers: [{name: c, image: i, securityContext: {privileged: true}}]
"""
WITHOUT_BRANCH = DAEMON.replace("      {{ if .X }}\n", "").replace("      {{ end }}\n", "")
ACCOUNT = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: fw, namespace: NAMESPACE}\n"
TO_FW = binding("privileged", account="fw", namespace="openshift-fw").replace("RoleBinding", "ClusterRoleBinding", 1)
FILLED_IN = {
    "a branch": {"bindata/ds.yaml": DAEMON},
    "no branch": {"bindata/ds.yaml": WITHOUT_BRANCH},
    "no namespace": {"bindata/ds.yaml": DAEMON.replace("  namespace: '{{.NameSpace}}'\n", "")},
    "a variable": {"bindata/ds.yaml": WITHOUT_BRANCH.replace("{{.NameSpace}}", "${NAMESPACE}")},
    "its account": {"bindata/ds.yaml": DAEMON + ACCOUNT.replace("NAMESPACE", "'{{.NameSpace}}'")},
    "its account, no branch": {"bindata/ds.yaml": WITHOUT_BRANCH + ACCOUNT.replace("NAMESPACE", "'{{.NameSpace}}'")},
    "two folders": {
        "pkg/a/manifests/ds.yaml": DAEMON,
        "pkg/a/manifests/rbac/sa.yaml": ACCOUNT.replace("NAMESPACE", "'{{.NameSpace}}'"),
    },
    "a StatefulSet": {"bindata/ds.yaml": DAEMON.replace("DaemonSet", "StatefulSet")},
    "JSON": {"bindata/ds.json": in_json(WITHOUT_BRANCH)},
}
UNSAID = {"no namespace": "the manifest sets no namespace", "a variable": "namespace ${NAMESPACE} is a placeholder"}


@pytest.mark.parametrize("grant", ["binding", "users", "kustomization"])
@pytest.mark.parametrize("form", FILLED_IN)
def test_a_grant_counts_for_a_template_whose_namespace_is_filled_in(form: str, grant: str) -> None:
    files = {**FILLED_IN[form], "config/rbac.yaml": TO_FW + ACCOUNT.replace("NAMESPACE", "openshift-fw")}
    if grant == "users":
        files["config/rbac.yaml"] = scc(users='"system:serviceaccount:openshift-fw:fw"').replace(
            "allowPrivilegedContainer: false", "allowPrivilegedContainer: true\nallowHostNetwork: true"
        )
    if grant == "kustomization":
        files["config/kustomization.yaml"] = "resources: [rbac.yaml]\n"
    write_files(files)
    report = report_on(["."], Config(render="never"))
    assert "SCC101" not in {f.rule_id for f in report.findings}
    (finding,) = [f for f in report.findings if f.rule_id == "SCC102" and f.what.startswith("SCC ")]
    unsaid, _, why = finding.notes[-1].partition("; ")
    assert unsaid == UNSAID.get(form, "namespace {{.NameSpace}} is a placeholder")
    assert why == "openshift-fw is the only one in the input with service account fw"
    assert not [notice for notice in report.notices if "no verdict" in notice.message]


def test_a_grant_in_the_namespace_that_is_filled_in_goes_before_one_elsewhere() -> None:
    own = TO_FW.replace("privileged", "anyuid", 1).replace("openshift-fw", "'{{.NameSpace}}'")
    rules = found({"bindata/ds.yaml": f"{DAEMON}---\n{own}", "config/rbac.yaml": TO_FW})
    write_files({})
    assert "SCC102" not in rules


def test_of_several_namespaces_none_is_chosen() -> None:
    write_files(
        {"bindata/ds.yaml": DAEMON, "a/x.yaml": TO_FW, "b/x.yaml": TO_FW.replace("openshift-fw", "test").replace("grant", "b")}
    )
    report = report_on(["."])
    assert "SCC101" not in {finding.rule_id for finding in report.findings}
    gaps = {gap.message for gap in report.gaps if "service account openshift-fw/fw may use SCCs" in gap.message}
    assert len(gaps) == 1


def test_no_other_units_than_those_beside_a_unit_place_its_pods() -> None:
    files = {}
    for name in ("prod", "dev"):
        files[f"{name}/a.yaml"] = ROOT + "---\n" + binding(account="web").replace(", namespace: shop", "").replace("shop", name)
        files[f"{name}/kustomization.yaml"] = f"resources: [a.yaml]\nnamespace: {name}\n"
    files["prod/a.yaml"] = ROOT
    assert "SCC101" in found(files, Config(render="never"))
