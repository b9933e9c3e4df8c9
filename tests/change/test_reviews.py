"""A review of a change is quiet about moves and new forms, and reports what is worse.

The changes are made of one repository, whose findings before the change are known. All is judged in this process.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import chdir
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
import ruamel.yaml

from scclint.facts.difference import difference
from scclint.run.report import Report
from tests.deploy.tools import needs_helm, needs_kustomize
from tests.running import report_on, write_files

Files = Mapping[str, str]
Change = Callable[[dict[str, str]], dict[str, str]]

AGENT = """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: agent, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: agent, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:privileged"}
subjects: [{kind: ServiceAccount, name: agent, namespace: shop}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: shop}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      serviceAccountName: agent
      hostIPC: true
      containers:
      - name: agent
        image: registry.example/agent:1
        securityContext: {privileged: true}
        volumeMounts: [{name: log, mountPath: /log, readOnly: true}]
      - name: side
        image: registry.example/side:1
        securityContext: {capabilities: {add: [NET_ADMIN]}}
      volumes:
      - {name: log, hostPath: {path: /var/log}}
"""
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example/web:1
        securityContext: {runAsUser: 1000}
"""
RIGHTS = """\
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: wide}
allowHostIPC: true
allowHostNetwork: false
allowHostPID: true
allowHostPorts: false
allowHostDirVolumePlugin: false
allowPrivilegedContainer: false
readOnlyRootFilesystem: false
runAsUser: {type: MustRunAsRange}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
seccompProfiles: [runtime/default]
users: ["system:serviceaccount:shop:agent"]
volumes: [secret]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: operator}
rules:
- {apiGroups: [""], resources: [pods], verbs: [get]}
- {apiGroups: [""], resources: [serviceaccounts/token], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: operator}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: operator}
subjects: [{kind: ServiceAccount, name: operator, namespace: shop}]
"""
RULES = "".join(line for line in RIGHTS.splitlines(keepends=True) if line.startswith("- {apiGroups"))
NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: privileged}}
"""
NODE_PODS = "".join(
    f"""\
---
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: kube-system}}
spec: {{containers: [{{name: {name}, image: registry.example/{name}:1}}]}}
"""
    for name in ("dns", "proxy")
)
PLAIN: Files = {
    "app/agent.yaml": AGENT,
    "app/web.yaml": WEB,
    "app/rights.yaml": RIGHTS,
    "app/namespace.yaml": NAMESPACE,
    "app/node.yaml": NODE_PODS,
}
BUILT: Files = {
    "k/base/agent.yaml": AGENT,
    "k/base/kustomization.yaml": "resources: [agent.yaml]\n",
    "k/one/kustomization.yaml": "resources: [../base]\n",
    "k/one/extra.yaml": WEB,
}
TWICE: Files = {**BUILT, "k/two/kustomization.yaml": "resources: [../base]\n"}
CHART: Files = {
    "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
    "c/values.yaml": "tag: 1\nprivileged: true\n",
    "c/templates/agent.yaml": AGENT.replace("privileged: true", "privileged: {{ .Values.privileged }}"),
}


def moved(old: str, new: str) -> Change:
    """Rename a file, or a folder with all that is in it."""
    return lambda files: {(new + name[len(old) :] if name.startswith(old) else name): text for name, text in files.items()}


def edited(file: str, old: str, new: str, count: int = 1) -> Change:
    def change(files: dict[str, str]) -> dict[str, str]:
        assert files[file].count(old) == count, (file, old)
        return files | {file: files[file].replace(old, new)}

    return change


def added(file: str, text: str) -> Change:
    return lambda files: files | {file: files.get(file, "") + text}


def written(file: str, write: Callable[[list[str]], str]) -> Change:
    """Write the documents of a file in another form."""
    return lambda files: files | {file: write([text for text in files[file].split("---\n") if text])}


def loaded(documents: list[str]) -> list[object]:
    return [ruamel.yaml.YAML(typ="safe", pure=True).load(text) for text in documents]


def as_block(documents: list[str]) -> str:
    from io import StringIO

    stream, yaml = StringIO(), ruamel.yaml.YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.dump_all(loaded(documents), stream)
    return stream.getvalue()


def as_json(documents: list[str]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": loaded(documents)})


def as_list(documents: list[str]) -> str:
    items = "".join("- " + "  ".join(text.splitlines(keepends=True)) for text in documents)
    return f"apiVersion: v1\nkind: List\nitems:\n{items}"


def split(files: dict[str, str]) -> dict[str, str]:
    documents = {f"app/agent-{n}.yaml": text for n, text in enumerate(files["app/agent.yaml"].split("---\n"))}
    return {name: text for name, text in files.items() if name != "app/agent.yaml"} | documents


def joined(files: dict[str, str]) -> dict[str, str]:
    return {"all.yaml": "---\n".join(files.values())}


def together(*changes: Change) -> Change:
    def change(files: dict[str, str]) -> dict[str, str]:
        for one in changes:
            files = one(files)
        return files

    return change


SIDE = "      - name: side\n"
OF_SIDE = AGENT[AGENT.index(SIDE) : AGENT.index("      volumes:")]
ACCOUNTS = "subjects: [{kind: ServiceAccount, name: agent, namespace: shop}]"
PRIVILEGED = "securityContext: {privileged: true}"
OVERLAY = "resources: [../base]\n"

SAME: dict[str, tuple[Files, Change]] = {
    "a file is renamed": (PLAIN, moved("app/agent.yaml", "app/z-agent.yaml")),
    "a folder is renamed": (PLAIN, moved("app/", "deploy/production/")),
    "a file goes to another folder": (PLAIN, moved("app/agent.yaml", "agent/agent.yaml")),
    "files swap names": (
        PLAIN,
        together(
            moved("app/agent.yaml", "app/tmp.yaml"),
            moved("app/web.yaml", "app/agent.yaml"),
            moved("app/tmp.yaml", "app/web.yaml"),
        ),
    ),
    "documents are reversed": (PLAIN, written("app/agent.yaml", lambda documents: "---\n".join(documents[::-1]))),
    "rights are reversed": (PLAIN, written("app/rights.yaml", lambda documents: "---\n".join(documents[::-1]))),
    "pods outside of SCC are reversed": (PLAIN, written("app/node.yaml", lambda documents: "---\n".join(documents[::-1]))),
    "a file is split": (PLAIN, split),
    "all files are joined": (PLAIN, joined),
    "flow becomes block": (PLAIN, written("app/agent.yaml", as_block)),
    "rights become block": (PLAIN, written("app/rights.yaml", as_block)),
    "YAML becomes JSON": (PLAIN, together(written("app/agent.yaml", as_json), moved("app/agent.yaml", "app/agent.json"))),
    "documents become a List": (PLAIN, written("app/agent.yaml", as_list)),
    "comments are added": (
        PLAIN,
        edited("app/agent.yaml", "      hostIPC: true\n", "      # for shared memory\n      hostIPC: true # yes\n"),
    ),
    "lines are added above": (PLAIN, edited("app/agent.yaml", "kind: DaemonSet\n", "\n\n\nkind: DaemonSet\n")),
    "keys are reordered": (
        PLAIN,
        together(
            edited("app/agent.yaml", "      hostIPC: true\n", ""),
            edited("app/agent.yaml", "path: /var/log}}\n", "path: /var/log}}\n      hostIPC: true\n"),
        ),
    ),
    "scalars are quoted": (PLAIN, edited("app/agent.yaml", "path: /var/log", 'path: "/var/log"')),
    "an anchor is used": (
        PLAIN,
        together(
            edited("app/agent.yaml", PRIVILEGED, "securityContext: &open {privileged: true}"),
            edited("app/agent.yaml", "image: registry.example/side:1", "image: &side registry.example/side:1"),
        ),
    ),
    "a label is added": (PLAIN, edited("app/agent.yaml", "labels: {app: agent}", "labels: {app: agent, tier: node}")),
    "an image is bumped": (PLAIN, edited("app/agent.yaml", "agent:1", "agent:2")),
    "replicas change": (PLAIN, edited("app/web.yaml", "replicas: 1", "replicas: 3")),
    "containers are reordered": (
        PLAIN,
        together(
            edited("app/agent.yaml", OF_SIDE, ""),
            edited("app/agent.yaml", "      containers:\n", f"      containers:\n{OF_SIDE}"),
        ),
    ),
    "access is removed": (PLAIN, edited("app/agent.yaml", "      hostIPC: true\n", "")),
    "a privileged container gets a capability instead": (
        PLAIN,
        edited(
            "app/agent.yaml",
            PRIVILEGED,
            "securityContext: {seccompProfile: {type: RuntimeDefault}, capabilities: {add: [SYS_ADMIN]}}",
        ),
    ),
    "a hostPath is narrowed": (PLAIN, edited("app/agent.yaml", "path: /var/log", "path: /var/log/pods")),
    "an ordinary pod is added": (
        PLAIN,
        added(
            "app/new.yaml",
            WEB.replace("name: web", "name: new").replace(
                "{runAsUser: 1000}",
                "{allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}",
            ),
        ),
    ),
    "an ID outside of the range becomes another one": (PLAIN, edited("app/web.yaml", "runAsUser: 1000", "runAsUser: 2000")),
    "an order of rules changes": (PLAIN, edited("app/rights.yaml", RULES, "".join(RULES.splitlines(keepends=True)[::-1]))),
    "a namespace loses its label": (
        PLAIN,
        edited("app/namespace.yaml", ", labels: {pod-security.kubernetes.io/enforce: privileged}", ""),
    ),
    "a kustomize base is moved": (
        BUILT,
        together(moved("k/base/", "bases/agent/"), edited("k/one/kustomization.yaml", "../base", "../../bases/agent")),
    ),
    "an overlay is renamed": (BUILT, moved("k/one/", "k/production/")),
    "a document says what nobody reads": (BUILT, added("README.md", "# All about it\n")),
    # Units are views of the same objects.
    "a second overlay": (BUILT, added("k/two/kustomization.yaml", OVERLAY)),
    "a third overlay": (TWICE, added("k/three/kustomization.yaml", OVERLAY)),
    "a file that nobody listed": (BUILT, edited("k/one/kustomization.yaml", "[../base]", "[../base, extra.yaml]")),
    "an Application that deploys the folder": (
        BUILT,
        added(
            "apps/a.yaml",
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  destination: {namespace: shop}\n"
            "  source: {repoURL: https://git.example/x/repo.git, path: k/one}\n",
        ),
    ),
    "a chart is bumped": (CHART, edited("c/Chart.yaml", "1.0.0", "1.0.1")),
    "a chart is moved": (CHART, moved("c/", "charts/c/")),
    "a chart gets a value that nobody uses": (CHART, edited("c/values.yaml", "tag: 1", "tag: 2")),
}

SAME["a newer release is beside the chart"] = (
    {f"charts/c/1.0.0{name[1:]}": text for name, text in CHART.items()},
    lambda files: files | {name.replace("1.0.0", "1.0.1"): text.replace("1.0.0", "1.0.1") for name, text in files.items()},
)

WORSE: dict[str, tuple[Files, Change]] = {
    "hostPID": (PLAIN, edited("app/agent.yaml", "hostIPC: true\n", "hostIPC: true\n      hostPID: true\n")),
    "a second privileged container": (
        PLAIN,
        edited("app/agent.yaml", "{capabilities: {add: [NET_ADMIN]}}", "{privileged: true}"),
    ),
    "another capability": (PLAIN, edited("app/agent.yaml", "add: [NET_ADMIN]", "add: [NET_ADMIN, SYS_PTRACE]")),
    "every capability": (PLAIN, edited("app/agent.yaml", "add: [NET_ADMIN]", "add: [ALL]")),
    # A part is known by its name.
    "a container is renamed": (PLAIN, edited("app/agent.yaml", "name: side\n", "name: helper\n")),
    "another hostPath": (PLAIN, edited("app/agent.yaml", "path: /var/log", "path: /etc")),
    "a wider hostPath": (PLAIN, edited("app/agent.yaml", "path: /var/log", "path: /")),
    "a hostPath to write": (PLAIN, edited("app/agent.yaml", ", readOnly: true", "")),
    "a hostPath for the other container": (
        PLAIN,
        edited(
            "app/agent.yaml",
            "{add: [NET_ADMIN]}}\n",
            "{add: [NET_ADMIN]}}\n        volumeMounts: [{name: log, mountPath: /log, readOnly: true}]\n",
        ),
    ),
    "a hostPort": (
        PLAIN,
        edited(
            "app/agent.yaml",
            "image: registry.example/side:1",
            "image: registry.example/side:1\n        ports: [{containerPort: 80, hostPort: 80}]",
        ),
    ),
    "a second object": (
        PLAIN,
        added("app/agent.yaml", "---\n" + AGENT.split("---\n")[2].replace("name: agent, namespace", "name: second, namespace")),
    ),
    "a copy in another namespace": (PLAIN, added("app/copy.yaml", AGENT.replace("shop", "dev"))),
    "another subject": (
        PLAIN,
        edited("app/agent.yaml", ACCOUNTS, ACCOUNTS.replace("}]", "}, {kind: ServiceAccount, name: other, namespace: shop}]")),
    ),
    "a group instead of a subject": (
        PLAIN,
        edited(
            "app/agent.yaml",
            ACCOUNTS,
            "subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: 'system:serviceaccounts:shop'}]",
        ),
    ),
    "another SCC": (
        PLAIN,
        added(
            "app/more.yaml",
            AGENT.split("---\n")[1]
            .replace("privileged", "hostaccess")
            .replace("name: agent, namespace: shop}\n", "name: more, namespace: shop}\n", 1),
        ),
    ),
    "a binding for the whole cluster": (
        PLAIN,
        edited(
            "app/agent.yaml",
            "kind: RoleBinding\nmetadata: {name: agent, namespace: shop}",
            "kind: ClusterRoleBinding\nmetadata: {name: agent}",
        ),
    ),
    "a binding with a generated name": (
        PLAIN,
        added(
            "app/more.yaml",
            AGENT.split("---\n")[1]
            .replace("{name: agent, namespace: shop}\n", "{generateName: more-, namespace: shop}\n", 1)
            .replace("name: agent, namespace: shop}]", "name: other, namespace: shop}]"),
        ),
    ),
    "a user of an SCC": (
        PLAIN,
        edited(
            "app/rights.yaml",
            'users: ["system:serviceaccount:shop:agent"]',
            'users: ["system:serviceaccount:shop:agent", jane]',
        ),
    ),
    "a group of an SCC": (PLAIN, edited("app/rights.yaml", "volumes: [secret]", "groups: [admins]\nvolumes: [secret]")),
    "an SCC that allows more": (PLAIN, edited("app/rights.yaml", "allowHostNetwork: false", "allowHostNetwork: true")),
    "an SCC that allows hostPath": (
        PLAIN,
        together(
            edited("app/rights.yaml", "volumes: [secret]", "volumes: [secret, hostPath]"),
            edited("app/rights.yaml", "allowHostDirVolumePlugin: false", "allowHostDirVolumePlugin: true"),
        ),
    ),
    "another way to escalate": (
        PLAIN,
        edited("app/rights.yaml", "resources: [pods], verbs: [get]", "resources: [users], verbs: [impersonate]"),
    ),
    "another subject of a way to escalate": (
        PLAIN,
        edited(
            "app/rights.yaml",
            "name: operator, namespace: shop}]",
            "name: operator, namespace: shop}, {kind: ServiceAccount, name: web, namespace: shop}]",
        ),
    ),
    "a right to write SCCs": (
        PLAIN,
        edited(
            "app/rights.yaml",
            'apiGroups: [""], resources: [pods], verbs: [get]',
            "apiGroups: [security.openshift.io], resources: [securitycontextconstraints], verbs: [create]",
        ),
    ),
    "a label that switches SCC admission off": (
        PLAIN,
        edited(
            "app/namespace.yaml", "labels: {", "labels: {security.openshift.io/disable-securitycontextconstraints: 'true', "
        ),
    ),
    "a run level": (PLAIN, edited("app/namespace.yaml", "labels: {", "labels: {openshift.io/run-level: '0', ")),
    "a range of user IDs from 0": (
        PLAIN,
        edited("app/namespace.yaml", "labels: {", "annotations: {openshift.io/sa.scc.uid-range: 0/1000}, labels: {"),
    ),
    "a pod that no SCC admits": (
        PLAIN,
        edited("app/web.yaml", "{runAsUser: 1000}", "{runAsUser: 1000, capabilities: {add: [SYS_ADMIN]}}"),
    ),
    "an unconfined container": (
        PLAIN,
        edited("app/agent.yaml", "{capabilities: {add: [NET_ADMIN]}}", "{seccompProfile: {type: Unconfined}}"),
    ),
    "another container without a profile": (
        PLAIN,
        edited("app/agent.yaml", SIDE, "      - {name: third, image: registry.example/third:1}\n" + SIDE),
    ),
    "a patch of one overlay": (
        TWICE,
        added(
            "k/two/kustomization.yaml",
            "patches:\n- patch: |\n    - {op: add, path: /spec/template/spec/hostPID, value: true}\n  target: {kind: DaemonSet}\n",
        ),
    ),
    "a value of a chart": ({**CHART, "c/values.yaml": "privileged: false\n"}, edited("c/values.yaml", "false", "true")),
    "another file of a chart": (
        CHART,
        added("c/templates/web.yaml", AGENT.split("---\n")[2].replace("name: agent, namespace", "name: second, namespace")),
    ),
}


WORSE["an older release"] = (
    {
        name: text.replace("privileged: true", "privileged: false")
        for name, text in SAME["a newer release is beside the chart"][0].items()
    },
    together(
        SAME["a newer release is beside the chart"][1],
        edited("charts/c/1.0.0/templates/agent.yaml", "hostIPC: true", "hostIPC: true\n      hostPID: true"),
    ),
)


@cache
def tree_of(files: tuple[tuple[str, str], ...]) -> tuple[Path, Report]:
    """The folder of a tree, and the report on it. The folder is a repository, which Applications name."""
    folder = Path(mkdtemp())
    for name in ("objects", "refs"):
        (folder / ".git" / name).mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / ".git" / "config").write_text('[remote "origin"]\n\turl = https://git.example/x/repo.git\n')
    with chdir(folder):
        write_files(dict(files))
        return folder, report_on(["."])


def sides(change: tuple[Files, Change]) -> tuple[tuple[Path, Report], tuple[Path, Report]]:
    files, of = change
    after = of(dict(files))
    assert after != files
    return tree_of(tuple(files.items())), tree_of(tuple(after.items()))


def marked(changes: dict[str, tuple[Files, Change]]) -> list[Any]:
    """The names of changes, each with the renderer that it needs."""
    needs = {id(BUILT): [needs_kustomize], id(CHART): [needs_helm]}
    names = {
        name: (any(file.endswith("/Chart.yaml") for file in files) and CHART) or ("k/one/kustomization.yaml" in files and BUILT)
        for name, (files, _) in changes.items()
    }
    return [pytest.param(name, id=name, marks=needs.get(id(files), ())) for name, files in names.items()]


def new_facts(change: tuple[Files, Change]) -> list[str]:
    """What a change has beyond the state before it."""
    (_, before), (_, after) = sides(change)
    return [str(fact.key) for fact in difference(before.findings, after.findings).new]


@pytest.mark.parametrize("name", marked(SAME))
def test_what_is_the_same_is_not_new(name: str) -> None:
    assert new_facts(SAME[name]) == []


@pytest.mark.parametrize("name", marked(WORSE))
def test_what_is_worse_is_new(name: str) -> None:
    assert new_facts(WORSE[name]) != []


@pytest.mark.parametrize(("priority", "number"), [("20", 1), ("0", 0)])
def test_a_higher_priority_is_new(priority: str, number: int) -> None:
    before = {**PLAIN, "app/rights.yaml": RIGHTS.replace("allowHostPID: true", "priority: 1\nallowHostPID: true")}
    new = new_facts((before, edited("app/rights.yaml", "priority: 1\n", f"priority: {priority}\n")))
    assert len([key for key in new if "priority" in key]) == number
