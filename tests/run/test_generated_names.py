"""An object with `metadata.generateName` is judged like one with a name, and is never the same object as another one."""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from scclint.change.compare import compare_sides
from scclint.cluster import Cluster
from scclint.config.model import Config
from scclint.linting import lint
from scclint.registry import builtin
from tests.deploy.tools import needs_helm, renderer
from tests.running import write_below

Object = dict[str, Any]

RBAC = "rbac.authorization.k8s.io"
EVERYONE = {"apiGroup": RBAC, "kind": "Group", "name": "system:authenticated"}
PRIVILEGED = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "system:openshift:scc:privileged"}
ACCOUNT = {"kind": "ServiceAccount", "name": "web", "namespace": "shop"}
CONTAINER = {"name": "web", "image": "registry.example/web:1", "securityContext": {"privileged": True}}


def obj(api_version: str, kind: str, *, namespace: str = "", **fields: Any) -> Object:
    metadata = {"name": "web", **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


OBJECTS = {
    "binding of the cluster": obj(f"{RBAC}/v1", "ClusterRoleBinding", roleRef=PRIVILEGED, subjects=[EVERYONE]),
    "binding of cluster-admin": obj(
        f"{RBAC}/v1", "ClusterRoleBinding", roleRef=PRIVILEGED | {"name": "cluster-admin"}, subjects=[EVERYONE]
    ),
    "binding of a namespace": obj(f"{RBAC}/v1", "RoleBinding", namespace="shop", roleRef=PRIVILEGED, subjects=[ACCOUNT]),
    "OpenShift's own binding": obj(
        "authorization.openshift.io/v1", "ClusterRoleBinding", roleRef={"name": PRIVILEGED["name"]}, subjects=[EVERYONE]
    ),
    "role": obj(
        f"{RBAC}/v1",
        "ClusterRole",
        rules=[
            {"apiGroups": ["security.openshift.io"], "resources": ["securitycontextconstraints"], "verbs": ["use", "update"]}
        ],
    ),
    "SCC": obj(
        "security.openshift.io/v1",
        "SecurityContextConstraints",
        allowPrivilegedContainer=True,
        groups=["system:authenticated"],
        runAsUser={"type": "RunAsAny"},
        seLinuxContext={"type": "RunAsAny"},
        seccompProfiles=["*"],
    ),
    "namespace": obj("v1", "Namespace")
    | {"metadata": {"name": "web", "labels": {"pod-security.kubernetes.io/enforce": "high"}}},
    "workload": obj(
        "apps/v1",
        "DaemonSet",
        namespace="shop",
        spec={
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"hostPID": True, "containers": [CONTAINER]}},
        },
    ),
    "pod": obj("v1", "Pod", namespace="shop", spec={"hostPID": True, "containers": [CONTAINER]}),
}


for index, each in enumerate(OBJECTS.values()):
    each["metadata"] = each["metadata"] | {"name": f"web-{index}"}


def generated(item: Object) -> Object:
    metadata = {("generateName" if key == "name" else key): value for key, value in item["metadata"].items()}
    return {**item, "metadata": metadata}


CHART = {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "values.yaml": "web: true\n"}


def in_list(*items: Object) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def in_template(item: Object) -> str:
    return json.dumps(
        {"apiVersion": "template.openshift.io/v1", "kind": "Template", "metadata": {"name": "t"}, "objects": [item]}
    )


def with_expression(item: Object) -> str:
    return json.dumps(item | {"metadata": item["metadata"] | {"annotations": {"a": "{{.A}}"}}})


FORMS: Mapping[str, Callable[[Object, int], dict[str, str]]] = {
    "alone": lambda item, n: {f"{n}.yaml": json.dumps(item, indent=1)},
    "JSON": lambda item, n: {f"{n}.json": json.dumps(item)},
    "List": lambda item, n: {f"{n}.yaml": in_list(item)},
    "Template": lambda item, n: {f"{n}.yaml": in_template(item)},
    "template of an operator": lambda item, n: {f"assets/{n}.yaml.tmpl": json.dumps(item)},
    "Go template": lambda item, n: {f"assets/{n}.yaml": with_expression(item)},
    "Ansible": lambda item, n: {
        f"roles/r{n}/templates/a{n}.yaml.j2": json.dumps(item),
        f"roles/r{n}/tasks/main.yml": f"- k8s: {{state: present, template: a{n}.yaml.j2}}\n",
    },
    "Ansible, inline": lambda item, n: {
        f"roles/r{n}/tasks/main.yml": json.dumps([{"kubernetes.core.k8s": {"state": "present", "definition": item}}])
    },
    "script": lambda item, n: {f"deploy-{n}.sh": f"oc create -f - <<'EOF'\n{json.dumps(item)}\nEOF\n"},
    "resource that kustomize refuses": lambda item, n: {
        f"k{n}/kustomization.yaml": "resources: [a.yaml]\n",
        f"k{n}/a.yaml": json.dumps(item),
    },
    "chart": lambda item, n: {
        **CHART,
        f"templates/{n}.yaml": f"{{{{- if .Values.web }}}}\n{json.dumps(item)}\n{{{{- end }}}}\n",
    },
    "chart's unconditional template": lambda item, n: {**CHART, f"templates/{n}.yaml": f"{json.dumps(item)}\n"},
}


def found(folder: Path, form: str, items: Iterable[Object], config: Config) -> list[tuple[str, str, str, str]]:
    """What the rules report, when each object is written in a form."""
    files: dict[str, str] = {}
    for number, item in enumerate(items):
        files |= FORMS[form](item, number)
    report = lint(write_below(folder, files), config)
    named = [(os.path.relpath(f.span.file, folder), f.rule_id, f.heading, f.subject.kind) for f in report.findings]
    return sorted(named)


@pytest.mark.parametrize(
    ("form", "render"), [*((form, "auto") for form in FORMS), *((form, "never") for form in FORMS if "chart" in form)]
)
def test_judged_like_a_name(form: str, render: str, tmp_path: Path) -> None:
    config = Config(render=render)
    if "chart" in form and render == "auto" and renderer().helm.problem:
        pytest.skip(renderer().helm.problem)
    named = found(tmp_path / "named", form, OBJECTS.values(), config)
    assert found(tmp_path / "generated", form, map(generated, OBJECTS.values()), config) == named
    assert len({file for file, *_ in named}) >= len(OBJECTS) - 1 or render == "never"


def binding(role: str, group: str, kind: str = "ClusterRoleBinding") -> Object:
    """A binding of a release's role for an SCC, with a generated name."""
    subjects = [EVERYONE | {"name": group}]
    role_ref = PRIVILEGED | {"name": f"system:openshift:scc:{role}"}
    return generated(
        obj(f"{RBAC}/v1", kind, namespace="shop" if kind == "RoleBinding" else "", roleRef=role_ref, subjects=subjects)
    )


def test_one_prefix_names_several_objects(tmp_path: Path) -> None:
    """`oc create` makes an object of each, so that each grant counts and none replaces another."""
    files = {"a.yaml": in_list(*(binding(scc, "dev") for scc in ("privileged", "anyuid", "privileged")))}
    report = lint(write_below(tmp_path, files))
    granting = [finding.subject.name for finding in report.findings if finding.rule_id in ("RBA402", "RBA403")]
    assert granting == ["web", "web", "web"]
    assert "MAN008" not in {finding.rule_id for finding in report.findings}


@needs_helm
def test_units_share_a_prefix(tmp_path: Path) -> None:
    """A unit takes the grant of another unit although it has an object with the same prefix."""
    other = generated(obj(f"{RBAC}/v1", "ClusterRoleBinding", roleRef=PRIVILEGED, subjects=[ACCOUNT]))
    workload = OBJECTS["workload"]
    pod = {"serviceAccountName": "web", "containers": [CONTAINER]}
    template = workload["spec"]["template"] | {"spec": pod}
    workload = workload | {"spec": workload["spec"] | {"template": template}}
    role_binding = binding("anyuid", "dev")
    files = {
        "grants/a.yaml": json.dumps(other),
        "chart/Chart.yaml": CHART["Chart.yaml"],
        "chart/templates/a.yaml": in_list(workload, role_binding),
    }
    found_rules = {
        finding.rule_id for finding in lint(write_below(tmp_path, files)).findings if finding.subject.kind == "DaemonSet"
    }
    assert "SCC102" in found_rules
    assert "SCC101" not in found_rules


@pytest.mark.parametrize("kind", ["ClusterRoleBinding", "RoleBinding"])
def test_a_change_adds_a_grant(kind: str, tmp_path: Path) -> None:
    before = write_below(tmp_path / "before", {"a.yaml": in_list(binding("anyuid", "dev", kind))})
    items = [binding("anyuid", "dev", kind), binding("privileged", "everyone", kind)]
    for name, objects in (("last", items), ("first", items[::-1])):
        after = write_below(tmp_path / name, {"a.yaml": in_list(*objects)})
        new = compare_sides(before, after, Config(), builtin()).report.live
        assert {(fact.what, fact.who) for fact in new} == {("SCC privileged", "group everyone")}


def test_of_the_library() -> None:
    """`Cluster` takes objects with `generateName`, as the API server does."""
    bindings = [binding("privileged", "dev"), binding("anyuid", "dev"), binding("anyuid", "qa")]
    cluster = Cluster.openshift("4.20", bindings)
    added = {binding.ref.name: binding.groups for binding in cluster.grants.added_bindings}
    assert added == {"web": ("dev",), "web (2)": ("dev",), "web (3)": ("qa",)}
    more = cluster.with_objects([binding("privileged", "qa")])
    assert {binding.ref.name for binding in more.grants.added_bindings} == {"web", "web (2)", "web (3)", "web (4)"}


def test_thousands_with_one_prefix(tmp_path: Path) -> None:
    """Each finds its name at once."""
    bindings = [binding("anyuid", f"team-{index}") for index in range(3000)]
    cluster = Cluster.openshift("4.20", bindings)
    assert len(cluster.grants.added_bindings) == 3000
    folder = write_below(tmp_path, {"a.yaml": in_list(*bindings)})
    assert lint(folder, Config(select=("RBA402",))).tally.linted == 1
