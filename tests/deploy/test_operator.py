"""Templates that operators and Ansible roles apply are units of their own, judged as far as their expressions leave it decided."""

import re
from pathlib import Path
from shutil import which

import pytest

from scclint.causes.join import joined
from scclint.finding import Finding
from tests.running import report_on, run_over, write_files

POD = """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
  namespace: {{ .Namespace }}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      serviceAccountName: agent
      hostPID: true
      containers:
      - name: agent
        image: {{ .Image }}
        ports: [{containerPort: {{ .Port }}}]
        securityContext: {privileged: true}
"""
BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: agent, namespace: {{ .Namespace }}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: 'system:openshift:scc:privileged'}
subjects: [{kind: ServiceAccount, name: agent, namespace: {{ .Namespace }}}]
"""
CSV = """\
apiVersion: operators.coreos.com/v1alpha1
kind: ClusterServiceVersion
metadata: {name: agent.v1, annotations: {operatorframework.io/suggested-namespace: agents}}
spec:
  install:
    strategy: deployment
    spec:
      deployments: []
      permissions:
      - serviceAccountName: agent
        rules:
        - {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], resourceNames: [privileged], verbs: [use]}
"""
TASKS = """\
- name: deploy
  kubernetes.core.k8s:
    state: present
    namespace: agents
    definition:
      apiVersion: v1
      kind: Pod
      metadata: {name: agent}
      spec:
        serviceAccountName: agent
        hostNetwork: true
        containers: [{name: agent, image: "{{ image }}"}]
- block:
  - k8s: {state: absent, definition: {apiVersion: v1, kind: Pod, metadata: {name: gone}, spec: {hostPID: true}}}
  - k8s:
      template: "templates/agent.yaml.j2"
      namespace: agents
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def found() -> list[str]:
    """The facts but advice and what the manifests ask for, each place and rule once."""
    counted = (
        f for f in report_on(["."]).findings if f.kind != "advice" and (f.rule_id != "SCC102" or f.what.startswith("SCC "))
    )
    return [*dict.fromkeys(f"{f.span.file}:{f.span.line} {f.rule_id}" for f in counted)]


def gaps() -> list[tuple[str, int, str]]:
    """The file, line and access word of each gap."""
    return [(fact.span.file, fact.span.line, fact.what) for fact in report_on(["."]).findings if fact.kind == "gap"]


def only(rule: str) -> list[Finding]:
    """The facts of a rule, one for each place."""
    return [*{fact.span: fact for fact in joined(report_on(["."])).live if fact.rule_id == rule}.values()]


def names() -> dict[str, str]:
    return {unit.name: unit.kind for unit in run_over(["."]).units}


def test_a_template_with_its_grant() -> None:
    write_files({"bindata/agent/daemonset.yaml": POD, "bindata/agent/role_binding.yaml": BINDING})
    assert found() == [
        "bindata/agent/daemonset.yaml:12 SCC102",
        "bindata/agent/daemonset.yaml:17 SEC203",
        "bindata/agent/role_binding.yaml:4 RBA402",
    ]
    assert names() == {"bindata": "operator"}


def test_a_template_without_a_grant_is_rejected() -> None:
    write_files({"bindata/agent/daemonset.yaml": POD})
    assert found() == ["bindata/agent/daemonset.yaml:17 SCC101"]


def test_the_bundle_grants_to_the_account_of_a_template() -> None:
    write_files({"bindata/daemonset.yaml": POD, "bundle/manifests/agent.clusterserviceversion.yaml": CSV})
    assert "bindata/daemonset.yaml:12 SCC102" in found()
    assert "bindata/daemonset.yaml:17 SCC101" not in found()


def test_another_account_of_the_bundle_is_none() -> None:
    csv = CSV.replace("serviceAccountName: agent", "serviceAccountName: other")
    write_files({"bindata/daemonset.yaml": POD, "bundle/manifests/agent.clusterserviceversion.yaml": csv})
    assert "bindata/daemonset.yaml:17 SCC101" in found()


@pytest.mark.parametrize("name", ["agent.yaml.j2", "agent.j2", "agent.yaml.tmpl", "agent.jinja"])
def test_names_of_templates(name: str) -> None:
    write_files({f"deploy/{name}": POD})
    assert found() == [f"deploy/{name}:17 SCC101"]


def test_files_with_other_content_are_left_out() -> None:
    write_files(
        {
            "deploy/a.sh.j2": f"cat <<EOF\n{POD}EOF\n",
            "deploy/b.j2": "a: {{ b }}\n",
            "pod.yaml": "kind: ConfigMap\napiVersion: v1\n",
        }
    )
    assert list(run_over(["."]).outline.files) == ["pod.yaml"]


def test_what_an_expression_decides_has_no_verdict() -> None:
    write_files({"deploy/agent.yaml": POD.replace("serviceAccountName: agent", "serviceAccountName: {{ .Account }}")})
    report = report_on(["."])
    gap, *others = (fact for fact in report.findings if fact.kind == "gap")
    assert gap.message == "DaemonSet agent: no verdict, because {{ .Account }} has no value"
    assert sorted(fact.what for fact in (gap, *others)) == ["hostPID", "privileged"]
    assert {(fact.rule_id, fact.what) for fact in report.findings if fact.kind == "access"} == {
        ("SCC102", "hostPID"),
        ("SCC102", "privileged"),
    }


def test_a_template_that_is_not_yaml_is_named_by_the_access_it_asks_for() -> None:
    write_files(
        {"deploy/a.yaml": "kind: Pod\na: {{ b }}\n  c: [\n", "deploy/b.yaml": POD + "  - {{ c }}\n    privileged: true\n"}
    )
    assert {(file, word) for file, _, word in gaps()} == {("deploy/b.yaml", "privileged"), ("deploy/b.yaml", "hostPID")}
    (notice,) = (notice.message for notice in report_on(["."]).notices if "template" in notice.message)
    assert notice.startswith("deploy/a.yaml: not judged, because it is a template")


def test_branches_that_exclude_each_other() -> None:
    shared = POD.replace("        securityContext: {privileged: true}\n", "")
    pod = shared.replace("hostPID: true\n", "{{ if .Host }}\n      hostPID: true\n{{ else }}\n      hostIPC: true\n{{ end }}\n")
    write_files(
        {"bindata/agent.yaml": pod, "bindata/sa.yaml": "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: agent}\n"}
    )
    assert names() == {"bindata": "operator", "bindata#2": "operator"}
    assert found() == ["bindata/agent.yaml:13 SCC101", "bindata/agent.yaml:15 SCC101"]


def test_an_ansible_role() -> None:
    pod = POD.replace("  namespace: {{ .Namespace }}\n", "")
    write_files({"roles/agent/tasks/main.yml": TASKS, "roles/agent/templates/agent.yaml.j2": pod})
    run = run_over(["."])
    assert names() == {"roles/agent": "ansible"}
    assert found() == [
        "roles/agent/tasks/main.yml:11 SCC102",
        "roles/agent/templates/agent.yaml.j2:16 SCC101",
    ]
    assert run.units


def test_a_list_that_is_no_playbook() -> None:
    write_files({"tasks/main.yml": "- name: k8s\n  other: {definition: {apiVersion: v1, kind: Pod, spec: {hostPID: true}}}\n"})
    assert found() == []


def test_scripts_grant() -> None:
    pod = (
        POD.replace("  namespace: {{ .Namespace }}\n", "  namespace: agents\n")
        .replace("{{ .Image }}", "a")
        .replace("{{ .Port }}", "1")
    )
    write_files({"agent.yaml": pod, "hack/deploy.sh": "oc adm policy add-scc-to-user privileged -z agent -n agents\n"})
    assert found() == ["agent.yaml:12 SCC102", "agent.yaml:17 SEC203", "hack/deploy.sh:1 RBA402"]


def test_a_script_for_another_account_grants_nothing() -> None:
    pod = (
        POD.replace("  namespace: {{ .Namespace }}\n", "  namespace: agents\n")
        .replace("{{ .Image }}", "a")
        .replace("{{ .Port }}", "1")
    )
    write_files({"agent.yaml": pod, "Makefile": "deploy:\n\toc adm policy add-scc-to-user privileged -z other -n agents\n"})
    assert "agent.yaml:17 SCC101" in found()


def test_code_and_scripts_are_named() -> None:
    write_files(
        {
            "pkg/pod.go": "x := true\nsc := corev1.SecurityContext{\n\tPrivileged: ptr.To(true),\n}\n",
            "hack/grant.sh": "oc create rolebinding a --clusterrole=system:openshift:scc:anyuid --user=b -n c\n",
            "pkg/pod_test.go": "Privileged: ptr.To(true)\n",
            "hack/run.sh": "oc apply -f - <<EOF\nhostPID: true\nEOF\n",
            "web.yaml": "apiVersion: v1\nkind: Service\n",
        }
    )
    assert gaps() == [("hack/run.sh", 2, "hostPID"), ("pkg/pod.go", 3, "privileged")]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("framework/pods_test.go", "HostPID: true,\n"),
        ("framework/pods.go", 'import "github.com/onsi/gomega"\nHostPID: true,\n'),
        ("hack/kind.sh", "kind: Cluster\nextraMounts:\n- hostPath: /shared\n  containerPath: /shared\n"),
        ("tasks.py", 'CONFIG = """\nextraVolumes:\n- hostPath: /etc/kubernetes\n  mountPath: /etc\n"""\n'),
        ("hack/kind.sh", "extraMounts:\n- containerPath: /shared\n  hostPath: ${DIR}/shared\n"),
        ("hack/kind.sh", "extraMounts:\n- hostPath: ${DIR}\n  containerPath: /shared\n"),
        ("install.sh", "kind: CustomResourceDefinition\n  hostPath:\n    description: a path\n    properties:\n"),
        ("install.sh", '{"hostPath": {"type": "object", "properties": {}}}\n'),
        ("install.sh", "if oc api-resources | grep -q SecurityContextConstraints; then\n"),
        ("install.sh", "  # privileged: true\n"),
        ("pkg/types.go", "return &corev1.HostPathVolumeSource{}\n"),
        ("pkg/client.go", "scc := &securityv1.SecurityContextConstraints{}\n"),
        ("pkg/pods.go", "\t// HostPID: true,\n"),
        ("pkg/paths.go", "hostPath := path.Join(folder, name)\n"),
        ("pkg/yaml.go", "const daemonSet = `\nhostPID: false\n  privileged: false\n`\n"),
    ],
)
def test_what_no_code_or_script_deploys_is_not_named(file: str, text: str) -> None:
    write_files({file: text, "web.yaml": "apiVersion: v1\nkind: Service\n"})
    assert not run_over(["."]).notices


@pytest.mark.parametrize(
    ("file", "text", "named"),
    [
        ("hack/latest.sh", "hostPID: true\n", "hack/latest.sh:1 (hostPID)"),
        ("hack/e2e.sh", "hostPID: true\n", "hack/e2e.sh:1 (hostPID)"),
        ("scripts/e2e-test.sh", "cat <<E | oc apply -f -\n  hostPID: true\nE\n", "scripts/e2e-test.sh:2 (hostPID)"),
        ("hack/kind.sh", "- hostPath: /a\n  containerPath: /b\n- hostPath:\n    path: /\n", "hack/kind.sh:3 (hostPath)"),
        ("hack/kind.sh", "- hostPath: /a\n- hostPath: {path: /}\n", "hack/kind.sh:2 (hostPath)"),
        ("install.sh", "  hostPath:\n    description: a\n---\n  hostPath:\n    type: Directory\n", "install.sh:4 (hostPath)"),
        ("install.sh", "hostPath:\n  description: a\n  path: /\n", "install.sh:1 (hostPath)"),
        ("install.sh", '{"hostPath": {"properties": {}, "path": "/"}}\n', "install.sh:1 (hostPath)"),
        ("install.sh", "- {hostPath: /a, x: {hostPID: true}}\n", "install.sh:1 (hostPID)"),
        ("install.sh", "hostPath: $VOLUME\n", "install.sh:1 (hostPath)"),
        ("install.sh", "kind: SecurityContextConstraints\n", "install.sh:1 (an SCC)"),
        ("install.sh", 'kind: !!str "SecurityContextConstraints"\n', "install.sh:1 (an SCC)"),
        ("install.sh", "# privileged: true\n  privileged: true\n", "install.sh:2 (privileged)"),
        ("pkg/pods.go", "&corev1.HostPathVolumeSource{}\n&corev1.HostPathVolumeSource{Path: a}\n", "pkg/pods.go:2 (hostPath)"),
        (
            "pkg/scc.go",
            "scc := &v1.SecurityContextConstraints{}\nscc.AllowPrivilegedContainer = true\n",
            "pkg/scc.go:2 (an SCC)",
        ),
        ("pkg/scc.go", "&v1.SecurityContextConstraints{\n\tUsers: users,\n", "pkg/scc.go:1 (an SCC)"),
        ("pkg/yaml.go", "const daemonSet = `\nspec:\n  hostPID: true\n`\n", "pkg/yaml.go:3 (hostPID)"),
        ("pkg/yaml.go", "const scc = `\nkind: SecurityContextConstraints\n`\n", "pkg/yaml.go:2 (an SCC)"),
        ("pkg/yaml.go", 'Volume = "- name: a\\n  hostPath:\\n    path: /etc\\n"\n', "pkg/yaml.go:1 (hostPath)"),
    ],
)
def test_the_line_that_asks_for_access_is_named(file: str, text: str, named: str) -> None:
    write_files({file: text, "web.yaml": "apiVersion: v1\nkind: Service\n"})
    assert [f"{file}:{line} ({word})" for file, line, word in gaps()] == [named]


@pytest.mark.parametrize("file", ["roles/x/defaults/main.yml", "vars/pods.yaml"])
def test_manifests_in_variables_are_named(file: str) -> None:
    text = "pods:\n- yaml: |\n    apiVersion: v1\n    kind: Pod\n    spec: {containers: [{name: a, securityContext: {privileged: true}}]}\n"
    write_files({file: text, "web.yaml": "apiVersion: v1\nkind: Service\n", "roles/x/tasks/main.yml": "- debug: {msg: a}\n"})
    assert [(place, word) for place, _, word in gaps()] == [(file, "privileged")]
    write_files({file: text.replace("true", "false")})
    assert not gaps()


def test_variables_in_the_assets_of_an_operator() -> None:
    pod = POD.replace("{{ .Namespace }}", "${NAMESPACE}").replace("{{ .Image }}", "${IMAGE}").replace("{{ .Port }}", "1")
    write_files({"assets/agent.yaml": pod, "bundle/manifests/agent.clusterserviceversion.yaml": CSV})
    assert names() == {"assets": "operator", "bundle": "bundle"}
    assert found() == [
        "assets/agent.yaml:12 SCC102",
        "assets/agent.yaml:17 SEC203",
        "bundle/manifests/agent.clusterserviceversion.yaml:12 RBA402",
    ]


def test_patches_for_the_assets_of_an_operator() -> None:
    part = POD.replace("        image: {{ .Image }}\n", "").replace("  selector: {matchLabels: {app: agent}}\n", "")
    write_files(
        {
            "assets/node.yaml": POD,
            "assets/azure/patches/node.yaml": part,
            "assets/azure/patches.yaml": POD.replace("agent", "b"),
        }
    )
    assert {place.partition(":")[0] for place in found()} == {"assets/node.yaml", "assets/azure/patches.yaml"}
    assert "assets/azure/patches: not judged, because each is a part or a patch" in str(run_over(["."]).notices)
    # The name of the folder makes no patch of a whole object.
    write_files({"assets/azure/patches/node.yaml": POD})
    assert "assets/azure/patches/node.yaml" in {place.partition(":")[0] for place in found()}


def test_the_same_expression_names_the_same_account() -> None:
    pod, binding = (text.replace("name: agent", "name: {{ .Prefix }}agent") for text in (POD, BINDING))
    pod = pod.replace("serviceAccountName: agent", "serviceAccountName: {{ .Prefix }}agent")
    write_files({"deploy/agent.yaml": pod, "deploy/role_binding.yaml": binding})
    assert found() == ["deploy/agent.yaml:12 SCC102", "deploy/agent.yaml:17 SEC203", "deploy/role_binding.yaml:4 RBA402"]


FLOW = "apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {hostPID: true, containers: [{name: c, image: i}]}"
PRIVILEGED = (
    "apiVersion: v1\n{0}kind: Pod\n{0}metadata: {{name: {1}, namespace: agents}}\n"
    "{0}spec: {{hostPID: true, containers: [{{name: c, image: i}}]}}\n"
)


@pytest.mark.parametrize(
    ("tasks", "lines"),
    [
        ("- k8s:\n    resource_definition:\n      " + PRIVILEGED.format(" " * 6, "a"), [6]),
        ("- k8s: {state: '{{ state }}', definition: [{" + FLOW + "}]}\n", [1]),
        ("- k8s: {definition: '{{ item }}'}\n  loop:\n  - " + PRIVILEGED.format(" " * 4, "a"), [6]),
        ("- ansible.builtin.set_fact:\n    pod:\n      " + PRIVILEGED.format(" " * 6, "a"), [6]),
        ("- action: k8s\n  args:\n    definition:\n      " + PRIVILEGED.format(" " * 6, "a"), [7]),
        ("- local_action:\n    module: k8s\n    definition:\n      " + PRIVILEGED.format(" " * 6, "a"), [7]),
        ("- shell: |\n    oc apply -f - <<EOF\n    " + PRIVILEGED.format(" " * 4, "a") + "    EOF\n", [1]),
        (
            "- hosts: all\n  vars:\n    pod:\n      "
            + PRIVILEGED.format(" " * 6, "a")
            + "  tasks:\n  - k8s: {definition: '{{ pod }}'}\n",
            [7],
        ),
        (
            "- block:\n  - command: oc create -f {{ dir }}/pod.yaml\n  vars:\n    dir: /tmp\n"
            "- copy:\n    dest: '{{ dir }}/pod.yaml'\n    content: |\n      " + PRIVILEGED.format(" " * 6, "a"),
            [7],
        ),
        (
            "- copy:\n    dest: /tmp/a.yaml\n    content: |\n      "
            + PRIVILEGED.format(" " * 6, "a")
            + "- k8s: {src: /tmp/a.yaml}\n",
            [3],
        ),
        ("- hosts: all\n  vars: {pod: {" + FLOW + "}}\n  tasks:\n  - k8s: {definition: '{{ other }}'}\n", []),
        (
            "- copy:\n    dest: /tmp/a.yaml\n    content: |\n      "
            + PRIVILEGED.format(" " * 6, "a")
            + "- file: {path: /tmp/a.yaml}\n- shell: oc apply -f b.yaml\n",
            [],
        ),
        ("- k8s: {state: absent, definition: {apiVersion: v1, kind: Pod, spec: {hostPID: true}}}\n", []),
        ("- k8s: {state: patched, definition: {apiVersion: v1, kind: Pod, spec: {hostPID: true}}}\n", []),
        ("- other: {definition: {apiVersion: v1, kind: Pod, spec: {hostPID: true}}}\n", []),
    ],
)
def test_objects_in_tasks(tasks: str, lines: list[int]) -> None:
    write_files({"tasks/main.yml": tasks})
    assert [int(place.split(":")[1].split()[0]) for place in found() if place.endswith("SCC102")] == lines


def test_the_namespace_of_files_that_a_task_applies() -> None:
    binding = BINDING.replace(", namespace: {{ .Namespace }}", "")
    tasks = "- k8s: {definition: \"{{ lookup('template', 'a.yaml.j2') | from_yaml }}\", namespace: agents}\n"
    tasks += "- k8s: {src: '{{ item }}', namespace: others}\n  with_items: [files/b.yaml]\n"
    write_files(
        {"tasks/main.yml": tasks, "templates/a.yaml.j2": binding, "files/b.yaml": binding.replace("name: agent", "name: b")}
    )
    (unit,) = run_over(["."]).units
    assert unit.kind == "ansible"
    said = [f.message.partition("lets ")[2] for f in report_on(["."]).findings]
    assert said == ["service account others/b use SCC privileged", "service account agents/agent use SCC privileged"]


def test_documentation_only_explains() -> None:
    pod = POD.replace("{{ .Namespace }}", "agents").replace("{{ .Image }}", "a").replace("{{ .Port }}", "1")
    creating = (
        "oc create sa agent\n    oc create clusterrole use-scc --verb=use --resource=scc --resource-name=privileged\n    "
    )
    written = f"Run:\n\n    oc adm policy add-scc-to-user privileged -z agent -n agents\n    {creating}"
    write_files({"agent.yaml": pod, "README.md": written})
    (finding,) = only("SCC101")
    assert (finding.rule_id, finding.notes[1]) == (
        "SCC101",
        "README.md, line 3, tells the user to grant SCC privileged to service account agent, and no manifest grants it",
    )
    assert finding.help.startswith("Write the grant of SCC privileged to service account agent as a manifest.")
    write_files({"agent.yaml": pod.replace("namespace: agents", "")})
    (finding,) = only("SCC101")
    assert "README.md, line 3," in finding.notes[1], "the documentation says in which namespace"
    write_files({"agent.yaml": pod, "README.md": "Run `oc adm policy add-scc-to-user privileged -z agent -n others`.\n"})
    (finding,) = only("SCC101")
    assert finding.notes[0].startswith("restricted-v2: ")


def test_a_grant_of_an_scc_without_a_name_is_named() -> None:
    write_files(
        {
            "a.sh": 'oc adm policy add-scc-to-user "$1" -z agent -n agents\n',
            "a.yaml.j2": BINDING.replace("privileged", "{{ s }}"),
        }
    )
    report = report_on(["."])
    assert {fact.rule_id for fact in report.findings} == {"MAN006"}
    assert [notice.message for notice in report.notices] == [
        'a.sh:1: `oc adm policy add-scc-to-user "$1" -z agent -n agents` and a.yaml.j2:3: RoleBinding agent: not judged, because the name '
        "of the SCC that it grants has a placeholder"
    ]


CODE = """\
package controllers
// +kubebuilder:rbac:groups=security.openshift.io,resources=securitycontextconstraints,verbs=get;list
// +kubebuilder:rbac:groups="security.openshift.io",resources=securitycontextconstraints,verbs=get;create
// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=clusterroles,verbs=escalate;update
func f() {
\tkept := &rbacv1.ClusterRole{}
\trole := &rbacv1.ClusterRole{Rules: rules}
}
"""
ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: manager}
rules:
- {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], verbs: [create, get]}
- {apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [escalate, update]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: manager}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: manager}
subjects: [{kind: ServiceAccount, name: manager, namespace: agents}]
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("verbs: [create, get]", "verbs: [create, get, update]"),
        ("{name: manager}\nrules", "{name: '{{ .Name }}'}\nrules"),
        ("{name: manager}\nrules", "{name: manager, namespace: '{{ .Namespace }}'}\nrules"),
    ],
)
def test_a_marker_that_does_not_make_the_rule(old: str, new: str) -> None:
    write_files({"config/rbac/role.yaml": ROLE.replace(old, new), "controllers/agent.go": CODE})
    assert not any(
        "+kubebuilder" in note for finding in report_on(["."]).findings if finding.rule_id == "RBA406" for note in finding.notes
    )


@pytest.mark.parametrize("rendered", [True, False])
def test_no_marker_makes_the_template_of_a_chart(rendered: bool) -> None:
    write_files({"config/rbac/role.yaml": ROLE.replace("name: manager", "name: other")})
    write_files({"controllers/agent.go": CODE, "made.go": f"// Code generated by x. DO NOT EDIT.\n{CODE}"})
    if rendered:
        write_files({"all.yaml": f"---\n# Source: a/templates/role.yaml\n{ROLE}"})
    else:
        write_files({"chart/Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", "chart/templates/role.yaml": ROLE})
    noted = {f.span.file: str(f.notes) for f in report_on(["."]).findings if "+kubebuilder" in str(f.notes)}
    assert noted.keys() == {"config/rbac/role.yaml"} and "made.go" not in noted["config/rbac/role.yaml"]


def test_a_marker_of_the_core_group() -> None:
    right = "{apiGroups: [''], resources: [secrets], verbs: [get]}"
    write_files(
        {
            "config/rbac/role.yaml": ROLE.replace("rules:\n", f"rules:\n- {right}\n"),
            "a.go": "// +kubebuilder:rbac:groups=core,resources=secrets,verbs=get\n",
        }
    )
    # The right of the core group alone has a marker.
    marked = [any("+kubebuilder" in note for note in finding.notes) for finding in only("RBA407")]
    assert len(marked) == 2 and sum(marked) == 1
    write_files({"config/rbac/role.yaml": ROLE.replace("[clusterroles], verbs: [escalate, update]", "[pods], verbs: [get]")})
    write_files(
        {
            "config/rbac/secrets.yaml": ROLE.replace("manager", "reader")
            .replace(
                "{apiGroups: [security.openshift.io], resources: [securitycontextconstraints], verbs: [create, get]}", right
            )
            .replace("\n- {apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [escalate, update]}", "")
        }
    )
    (finding,) = only("RBA407")
    assert finding.notes[1] == "`make` writes this rule from the marker +kubebuilder:rbac at a.go:1: change it there"


def test_the_markers_and_the_code_behind_rights() -> None:
    write_files({"config/rbac/role.yaml": ROLE, "controllers/agent.go": CODE})
    (scc,), (role,) = only("RBA406"), only("RBA407")
    change = "`make` writes this rule from the marker +kubebuilder:rbac at controllers/agent.go:{}: change it there"
    assert (scc.rule_id, scc.notes[0]) == ("RBA406", change.format(3))
    assert scc.help.startswith("If the program writes SCCs, ")
    assert (role.rule_id, role.notes[1]) == ("RBA407", change.format(4))
    assert role.help.startswith(
        "If the program creates roles (as controllers/agent.go:7 does), ship the roles with its manifests"
    )
    write_files(
        {
            "controllers/agent.go": CODE.replace("Rules: rules", "").replace("// +", "// ")
            + "x := securityv1.SecurityContextConstraints{a}"
        }
    )
    (scc,), (role,) = only("RBA406"), only("RBA407")
    assert scc.notes[0] == "they can use whatever they write into an SCC"
    assert scc.help.startswith("If the program writes SCCs (as controllers/agent.go:9 does), let an administrator")
    assert role.help.startswith("If the program creates roles, ")


def test_a_rule_of_several_markers_and_every_verb_on_roles() -> None:
    rule = "resources: [clusterrolebindings, clusterroles], verbs: ['*']"
    marker = "// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources={},verbs=*\n"
    code = marker.format("clusterroles") + "\n" + marker.format("clusterrolebindings")
    bound = "func f() {\nb := rbacv1.ClusterRoleBinding{RoleRef: r}\nr := rbacv1.ClusterRole{AggregationRule: a}\n}\n"
    role = ROLE.replace("resources: [clusterroles], verbs: [escalate, update]", rule)
    write_files({"config/rbac/role.yaml": role, "rbac.go": code + bound})
    bind, escalate = sorted(
        (fact for fact in joined(report_on(["."])).live if fact.rule_id == "RBA407"), key=lambda fact: fact.what
    )
    assert (
        bind.notes[1]
        == escalate.notes[1]
        == ("`make` writes this rule from the markers +kubebuilder:rbac at rbac.go:3 and rbac.go:1: change it there")
    )
    assert bind.help == (
        "Replace * (all verbs, bind included) in ClusterRole manager with the verbs that the program uses. If it binds roles (as "
        "rbac.go:5 does), ship the bindings with its manifests, or keep bind."
    )
    assert escalate.help == (
        "Replace * (all verbs, escalate included) in ClusterRole manager with the verbs that the program uses. If it creates roles (as "
        "rbac.go:6 does), ship the roles with its manifests, or keep escalate."
    )
    # The code may be that of the other program.
    other = ROLE.replace("manager", "agent").replace("securitycontextconstraints", "pods").replace("escalate, update", "create")
    write_files({"config/rbac/other.yaml": other})
    help_texts = " ".join(fact.help for fact in joined(report_on(["."])).live if fact.rule_id == "RBA407")
    assert "If it binds roles (as rbac.go:5 does), ship" in help_texts and "If it creates roles, ship" in help_texts


DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: manager, namespace: system}
spec:
  selector: {matchLabels: {app: manager}}
  template:
    metadata: {labels: {app: manager}}
    spec: {containers: [{name: manager, image: i}]}
"""


POD_ON_NODE = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {hostPID: true, containers: [{name: p, image: registry.example/p:1}]}\n"


def test_the_fragments_of_kubebuilder_are_no_units() -> None:
    patch = DEPLOYMENT.replace("  selector: {matchLabels: {app: manager}}\n", "")
    write_files(
        {
            "config/default/kustomization.yaml": "resources:\n- ../manager\n#- ../webhook\n#- ../privileged\n",
            "config/default/manager_auth_proxy_patch.yaml": patch,
            "config/manager/kustomization.yaml": "resources: [manager.yaml]\n",
            "config/manager/manager.yaml": DEPLOYMENT,
            "config/webhook/kustomization.yaml": "resources: [service.yaml]\n",
            "config/webhook/service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: w}\n",
            "config/privileged/kustomization.yaml": "resources: [pod.yaml]\n",
            "config/privileged/pod.yaml": POD_ON_NODE,
            "config/samples/kustomization.yaml": "resources: [sample.yaml]\n",
            "config/samples/sample.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: s}\n",
        }
    )
    run = run_over(["."])
    # What a comment names is judged like everything else.
    assert [unit.name for unit in run.units] == ["config/default", "config/privileged", "config/samples", "config/webhook"]
    assert "config/default/manager_auth_proxy_patch.yaml: not judged, because each is a part or a patch that no " in str(
        run.notices
    )
    assert [unit.path for unit in run_over(["config/webhook"]).units] == ["config/webhook"]


@pytest.mark.parametrize(
    "namespace",
    ["system", "REPLACE_NAMESPACE", "NAMESPACE_PLACEHOLDER", "<namespace>", "%%%", "%%NS%%", "${NS}", "@@ns@@", "{{ ns }}"],
)
def test_a_placeholder_is_no_namespace(namespace: str) -> None:
    write_files({"binding.yaml": BINDING.replace("{{ .Namespace }}", f"'{namespace}'")})
    (finding,) = only("RBA402")
    assert finding.message == "RoleBinding agent: lets service account agent use SCC privileged"


@pytest.mark.skipif(not which("kustomize"), reason="needs kustomize")
@pytest.mark.parametrize("name", ["Makefile", "hack/deploy.sh", ".github/workflows/deploy.yaml"])
def test_a_build_without_load_restrictions(name: str) -> None:
    write_files(
        {
            "a/kustomization.yaml": "resources: [../b/pod.yaml]\nnamespace: agents\n",
            "b/pod.yaml": PRIVILEGED.format("", "a"),
        }
    )
    assert [unit.unrendered[:22] for unit in run_over(["."]).units] == ["kustomize build failed"]
    write_files({name: "run: kustomize build --load-restrictor LoadRestrictionsNone a | oc apply -f -\n"})
    assert [unit.rendered for unit in run_over(["."]).units if unit.kind == "kustomize"] == [True]


BUNDLED = """\
apiVersion: operators.coreos.com/v1alpha1
kind: ClusterServiceVersion
metadata: {name: agent.v1, annotations: {operatorframework.io/suggested-namespace: agents}}
spec:
  install:
    strategy: deployment
    spec:
      deployments: []
      clusterPermissions:
      - serviceAccountName: manager
        rules:
        - {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], verbs: [VERB]}
        - {apiGroups: [''], resources: [pods/exec], verbs: [create]}
"""
OF_MANAGER = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: manager}
rules:
- {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], verbs: [VERB]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: manager}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: manager}
subjects: [{kind: ServiceAccount, name: manager, namespace: system}]
"""


@pytest.mark.parametrize("folder", ["assets", "plain"])
def test_the_base_of_what_an_operator_applies(folder: str) -> None:
    """A generator makes complete assets of a base, which has no grant. Plain manifests without a grant are deployed without it."""
    pod, binding = (text.replace("{{ .Namespace }}", "agents").replace("{{ .Image }}", "i") for text in (POD, BINDING))
    pod = pod.replace("{{ .Port }}", "1")
    if folder == "assets":
        pod, binding = (text.replace("namespace: agents", "namespace: ${NAMESPACE}") for text in (pod, binding))
    write_files({f"{folder}/base/pod.yaml": pod})
    for made in ("one", "other"):
        write_files({f"{folder}/generated/{made}/pod.yaml": pod, f"{folder}/generated/{made}/binding.yaml": binding})
    rules = {finding.rule_id for finding in report_on(["."]).findings if finding.span.file == f"{folder}/base/pod.yaml"}
    assert rules == ({"SCC102", "SEC203"} if folder == "assets" else {"SCC101", "SCC102"})
    # An asset that nothing grants anything to stays rejected.
    write_files(
        {f"{folder}/generated/{made}/binding.yaml": binding.replace("name: agent", "name: b") for made in ("one", "other")}
    )
    assert f"{folder}/base/pod.yaml:17 SCC101" in found()


@pytest.mark.parametrize(
    ("name", "text", "is_named"),
    [
        ("deploy/pod-override.json.in", '{"spec": {"containers": [{"securityContext": {"privileged": true}}]}}', True),
        ("deploy/pod.yaml.tmpl", "spec:\n  hostPID: true\n  containers: []\n", True),
        ("deploy/pod.yaml.tpl", "initContainers:\n- securityContext: {privileged: true}\n", True),
        ("deploy/pod.in", "spec:\n  containers: [{name: a}]\n", False),
        ("deploy/values.yaml.j2", "agent: {privileged: true}\n", False),
        ("deploy/agent.service.in", "containers: a\nprivileged: true\n", False),
        ("chart/templates/_pod.tpl", "containers: []\nhostPID: true\n", True),
    ],
)
def test_parts_of_manifests_in_templates(name: str, text: str, is_named: bool) -> None:
    write_files({name: text, "chart/Chart.yaml": "name: a\nversion: 1.0.0\napiVersion: v2\n", "a.yaml": "a: 1\n"})
    assert (name in {file for file, _, _ in gaps()}) is is_named


GONE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: %s}\n"
ABSENT = "- k8s:\n    state: absent\n    template:\n    - gone.yml\n"


@pytest.mark.parametrize(
    ("tasks", "is_judged"),
    [
        (ABSENT, False),
        ("- k8s: {state: absent, src: '{{ item }}'}\n  loop: [files/gone.yml]\n", False),
        (ABSENT.replace("absent", "'{{ state }}'"), True),
        (ABSENT.replace("absent", "present"), True),
        (ABSENT + "- k8s: {template: gone.yml, namespace: agents}\n", True),
    ],
)
@pytest.mark.parametrize("folder", ["roles/agent/tasks", "playbooks"])
@pytest.mark.parametrize("name", ["{{ name }}", "agent"])
def test_what_tasks_only_delete(tasks: str, is_judged: bool, folder: str, name: str) -> None:
    write_files({"roles/agent/tasks/main.yml": "- k8s: {src: other.yml, namespace: agents}\n"})
    write_files({f"{folder}/remove.yml": tasks, f"{folder}/gone.yml": GONE % name})
    assert bool(found()) is is_judged
    noted = f"{folder}/gone.yml: not judged, because each only names objects, for tasks and scripts to delete; to judge one, name it"
    assert (noted in [notice.message for notice in run_over(["."]).notices]) is not is_judged
    assert report_on([f"{folder}/gone.yml"]).findings
    # A whole object may be created in a way that is not followed.
    write_files({f"{folder}/gone.yml": PRIVILEGED.format("", "a")})
    assert f"{folder}/gone.yml:4 SCC102" in found()


@pytest.mark.parametrize(
    ("command", "is_granted"),
    [
        ('"{{ openshift_cli }} create -f pod.yml -n agents"', True),
        ("oc -n agents apply --filename=files/pod.yml", True),
        ("oc new-app --file=pod.yml -n agents", True),
        ("'oc process -f pod.yml -p A=b | oc apply -n agents -f -'", True),
        ('"oc process --local --file pod.yml -n others | oc create -f - -n agents"', True),
        ("'oc process -f pod.yml -n agents'", False),
        ("'oc process -f pod.yml -n agents | oc apply -f - -n others'", False),
        ("oc create -f pod.yml -n others", False),
        ("oc create -f other.yml -n agents", False),
        ("oc create --dry-run=client -f pod.yml -n agents", False),
    ],
)
def test_commands_in_tasks_say_the_namespace_of_files(command: str, is_granted: bool) -> None:
    write_files(
        {
            "roles/agent/tasks/main.yml": f"- command: {command}\n  args: {{chdir: '{{{{ folder }}}}'}}\n- name: grant\n"
            '  command: "{{ openshift_cli }} adm policy add-scc-to-user privileged -z default -n agents"\n',
            "roles/agent/files/pod.yml": re.sub(
                r"\{\{.*?\}\}", "1", POD.replace("  namespace: {{ .Namespace }}\n", "").replace("Name: agent", "Name: default")
            ),
        }
    )
    (rule,) = {line[-6:] for line in found() if "pod.yml" in line and "SCC10" in line}
    assert rule == ("SCC102" if is_granted else "SCC101")


@pytest.mark.skipif(not which("kustomize"), reason="needs kustomize")
@pytest.mark.parametrize("listed", ["bases/agent.clusterserviceversion.yaml, ", ""])
def test_what_a_bundle_is_made_of(listed: str) -> None:
    csv = BUNDLED.replace("VERB", "create").replace("agent.v1", "agent.v1.0.0")
    write_files(
        {
            "config/manifests/kustomization.yaml": f"resources: [{listed}pod.yaml, ../default]\n",
            "config/manifests/bases/agent.clusterserviceversion.yaml": csv,
            "config/manifests/pod.yaml": POD_ON_NODE,
            "config/default/kustomization.yaml": "resources: [role.yaml]\n",
            "config/default/role.yaml": OF_MANAGER.replace("VERB", "create"),
        }
    )
    assert "config/manifests" in names()
    write_files({"bundle/manifests/agent.clusterserviceversion.yaml": csv})
    run = run_over(["."])
    assert [unit.name for unit in run.units] == [".", "bundle", "config/default", "config/manifests/bases"]
    # The bundle has none of the other files of the kustomization.
    assert "config/manifests/pod.yaml" in {place.partition(":")[0] for place in found()}
    # A file with the name of the base is not yet one.
    for other in ("a: b\n", csv.partition("spec:")[0], csv.replace("agent.v1", "other.v1")):
        write_files({"config/manifests/bases/agent.clusterserviceversion.yaml": other})
        assert "config/manifests" in names(), other
    write_files({"config/manifests/bases/agent.clusterserviceversion.yaml": csv})
    write_files({"Makefile": "deploy:\n\tkustomize build config/manifests | oc apply -f -\n"})
    assert "config/manifests" in names()


@pytest.mark.parametrize(
    ("script", "is_judged"),
    [
        ("oc delete -f gone.yaml --ignore-not-found\n", False),
        ("kubectl delete -n agents --filename=gone.yaml\n", False),
        ("oc delete -f gone.yaml\noc apply -f gone.yaml\n", True),
        ("oc delete -f other.yaml -f $FILE -f -\n", True),
    ],
)
def test_what_scripts_only_delete(script: str, is_judged: bool) -> None:
    write_files({"clean.sh": script, "gone.yaml": GONE % "agent", "pod.yaml": PRIVILEGED.format("", "a")})
    assert ("gone.yaml:2 MAN002" in found()) is is_judged
    # A whole object may be created by hand.
    write_files({"clean.sh": "oc delete -f pod.yaml\n"})
    assert "pod.yaml:4 SCC102" in found()


def test_a_binding_of_another_kind_is_no_copy() -> None:
    of = "roleRef: {name: 'system:openshift:scc:privileged'}, subjects: [{kind: SystemGroup, name: 'system:authenticated'}]"
    plain, other = (
        f"{{apiVersion: v1, kind: {kind}, metadata: {{name: a}}, {of}}}" for kind in ("ClusterRoleBinding", "RoleBinding")
    )
    write_files(
        {"plain.yaml": plain, "t.yaml": f"{{apiVersion: v1, kind: Template, metadata: {{name: t}}, objects: [{other}]}}"}
    )
    assert {f.span.file for f in joined(report_on(["."])).live if f.what == "SCC privileged"} == {"plain.yaml", "t.yaml"}


@pytest.mark.parametrize(
    ("file", "text", "is_judged"),
    [
        ("assets/sa.yaml", "apiVersion: v1\nkind: ServiceAccount\nimagePullSecrets: [{name: a}]\n", False),
        ("assets/role.yaml", OF_MANAGER.replace("{name: manager}", "{labels: {a: b}}").replace("VERB", "use"), False),
        ("assets/role.yaml", OF_MANAGER.replace("{name: manager}", "{labels: {a: b}}", 1).replace("VERB", "use"), True),
        ("assets/pod.yaml", PRIVILEGED.replace("name: {1}, ", "").format("", "a"), True),
        ("deploy/sa.yaml", "apiVersion: v1\nkind: ServiceAccount\nimagePullSecrets: [{name: a}]\n", True),
    ],
)
def test_what_an_operator_merges_into_its_assets(file: str, text: str, is_judged: bool) -> None:
    write_files({file: text, "assets/binding.yaml": BINDING.replace("{{ .Namespace }}", "${NAMESPACE}")})
    assert any(line.startswith(file) and "MAN002" in line for line in found()) is is_judged
    assert any(file in notice.message for notice in run_over(["."]).notices) is not is_judged


@pytest.mark.parametrize(("header", "is_made"), [("# Generated file. Do not edit.\n", True), ("# Edit me.\n", False)])
def test_two_files_that_a_program_makes_of_one(header: str, is_made: bool) -> None:
    pod = header + re.sub(r"\{\{.*?\}\}", "1", POD)
    other = pod.replace("hostPID: true", "hostPID: true\n      nodeName: b")
    write_files({f"assets/generated/{folder}/pod.yaml": text for folder, text in (("one", pod), ("other", other))})
    live = [finding for finding in joined(report_on(["."])).live if finding.rule_id == "SCC101"]
    assert [finding.span.file.split("/")[2] for finding in live] == (["one"] if is_made else ["one", "other"])
    assert any("a program writes this file" in note for note in live[0].notes) is is_made
    # Another object, and another problem of the same.
    write_files({"assets/generated/other/pod.yaml": pod.replace("name: agent", "name: b")})
    assert len([finding for finding in joined(report_on(["."])).live if finding.rule_id == "SCC101"]) == 2


@pytest.mark.parametrize("folder", ["config/rbac", "acceptance/cluster", "tests/data"])
def test_the_name_of_a_folder_changes_no_help(folder: str) -> None:
    rbac = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- {apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [bind]}
- {apiGroups: [rbac.authorization.k8s.io], resources: [clusterrolebindings], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: agent}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: agent}
subjects: [{kind: ServiceAccount, name: agent, namespace: agents}]
"""
    write_files({f"{folder}/role.yaml": rbac, "main.go": "b := &rbacv1.ClusterRoleBinding{\n\tRoleRef: ref,\n}\n"})
    (finding,) = only("RBA407")
    assert "(as main.go:1 does)" in finding.help


OTHER = POD.replace("{{ .Namespace }}", "shop").replace("{{ .Image }}", "i").replace("{{ .Port }}", "80")


@pytest.mark.parametrize(
    ("task", "file"),
    [
        ("k8s: {state: present, src: e.txt}", "files/e.txt"),
        ("kubernetes.core.k8s: {state: present, template: e.conf}", "templates/e.conf"),
        ("k8s: {state: present, template: {path: '{{ role_path }}/templates/deep/e.conf'}}", "templates/deep/e.conf"),
        ("k8s: {state: present, template: [e.txt, {path: f.txt}]}", "templates/e.txt"),
        ("k8s: {definition: \"{{ lookup('file', 'e.txt') | from_yaml }}\"}", "files/e.txt"),
        ("k8s: {definition: \"{{ lookup('ansible.builtin.template', 'e.txt') | from_yaml_all | list }}\"}", "templates/e.txt"),
        ("{k8s: {src: '{{ item }}'}, loop: [e.txt]}", "files/e.txt"),
        ("shell: oc apply -f files/e.txt", "files/e.txt"),
    ],
)
@pytest.mark.parametrize("condition", ["", "{% if enabled %}\n"])
@pytest.mark.parametrize("tasks", ["roles/x/tasks/main.yml", "site/play.yml"])
def test_files_of_other_names_that_tasks_apply(task: str, file: str, condition: str, tasks: str) -> None:
    of_role = tasks.startswith("roles")
    written = f"- {task}\n" if of_role else f"- hosts: all\n  tasks:\n  - {task}\n"
    folder = "roles/x" if of_role else "site"
    write_files(
        {tasks: written, f"{folder}/{file}": f"{condition}{OTHER}{'{% endif %}' if condition else ''}", "other.txt": OTHER}
    )
    assert {line.partition(":")[0] for line in found()} == {f"{folder}/{file}"}


@pytest.mark.parametrize(
    "task",
    [
        "k8s: {state: absent, src: e.txt}",
        "k8s: {state: present, src: other.txt}",
        "copy: {src: e.txt, dest: /tmp/e.txt}",
        "debug: {msg: \"{{ lookup('file', 'e.txt') }}\"}",
    ],
)
def test_files_of_other_names_that_no_task_applies(task: str) -> None:
    write_files({"roles/x/tasks/main.yml": f"- {task}\n", "roles/x/files/e.txt": OTHER})
    assert found() == []


def test_a_condition_around_a_whole_document() -> None:
    write_files({"a.yaml": f"{{% if enabled %}}\n{OTHER}{{% endif %}}\n"})
    assert found()
