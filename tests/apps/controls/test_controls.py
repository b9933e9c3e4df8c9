"""The controls of frameworks: the data is complete, each check finds what it is for, and nothing passes by absence."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from scclint.apps.controls.api_server import ADMISSION_PLUGIN
from scclint.apps.controls.assess import Assessment, assess
from scclint.apps.controls.checks import CHECKS
from scclint.apps.controls.facts import ControlFacts, control_facts
from scclint.apps.controls.frameworks import framework, frameworks
from scclint.apps.controls.report import render_json, render_markdown, render_sarif
from scclint.apps.controls.scope import PERMITTED
from scclint.errors import UsageError
from scclint.registry import builtin
from scclint.run.run import report_of
from scclint.run.shared import Run
from scclint.run.views import viewed
from tests.change.test_compare import GRANT, PRIVILEGED, ROOT, SCC, WEB
from tests.deploy.tools import needs_kustomize
from tests.running import run_over

SCHEMA = json.loads((Path(__file__).parents[3] / "schemas" / "controls.json").read_text())
CONFINED = WEB.replace(
    "securityContext: {}", "securityContext: {allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL]}}"
)
STIG = "stig-ocp4-v2r3"


def facts(run: Run, name: str) -> list[ControlFacts]:
    return [one.value for one in viewed(run, control_facts(framework(name)))]


def assessed(text: str, name: str = "cis-ocp-1.9") -> dict[str, Assessment]:
    run = run_over(text=text, filename="input.yaml")
    report = report_of(run)
    return {one.control.id: one for one in assess(framework(name), facts(run, name), report.findings)}


def test_controls_name_only_rules_and_checks_that_exist() -> None:
    known = {rule.id for rule in builtin()}
    used: set[str] = set()
    for one in frameworks():
        assert len({control.id for control in one.controls}) == len(one.controls)
        for control in one.controls:
            assert set(control.rules) <= known, control.id
            used.update(control.checks)
    assert used == {*CHECKS, ADMISSION_PLUGIN}


def test_an_unknown_framework() -> None:
    with pytest.raises(
        UsageError, match=r"unknown framework 'cis'\. Did you mean cis-ocp-1\.9\? Use one of cis-ocp-1\.9, stig"
    ):
        framework("cis")


@pytest.mark.parametrize("name", [one.name for one in frameworks()])
def test_nothing_passes_by_absence(name: str) -> None:
    found = assessed("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", name)
    assert {one.status for one in found.values()} == {"not assessable"}
    assert all(one.why for one in found.values())


def test_a_workload_that_is_rejected_makes_nothing_pass() -> None:
    found = assessed(ROOT)
    assert found["5.2.1"].why == "the input has no workload that runs, and no SCC and no binding"
    assert found["5.7.2"].why == "the input has no workload that runs"


def test_a_confined_workload_passes() -> None:
    found = assessed(CONFINED)
    passed = {one.control.id for one in found.values() if one.status == "pass"}
    assert passed == {"5.1.5", "5.7.2", *(f"5.2.{number}" for number in range(1, 10))}


@pytest.mark.parametrize(
    ("control", "text"),
    [
        ("5.2.1", PRIVILEGED),
        ("5.2.2", WEB.replace("      serviceAccountName: web\n", "      serviceAccountName: web\n      hostPID: true\n")),
        ("5.2.3", WEB.replace("      serviceAccountName: web\n", "      serviceAccountName: web\n      hostIPC: true\n")),
        ("5.2.4", WEB.replace("      serviceAccountName: web\n", "      serviceAccountName: web\n      hostNetwork: true\n")),
        ("5.2.5", WEB.replace("securityContext: {}", "securityContext: {allowPrivilegeEscalation: true}")),
        ("5.2.6", ROOT),
        ("5.2.7", WEB.replace("securityContext: {}", "securityContext: {capabilities: {add: [NET_RAW]}}")),
        ("5.2.8", WEB.replace("securityContext: {}", "securityContext: {capabilities: {add: [CHOWN]}}")),
        ("5.2.9", WEB.replace("securityContext: {}", "securityContext: {runAsUser: 0, capabilities: {drop: [CHOWN]}}")),
        ("5.1.5", WEB.replace("      serviceAccountName: web\n", "")),
    ],
)
def test_a_check_finds_what_it_is_for(control: str, text: str) -> None:
    grant = GRANT.replace(":anyuid", ":privileged").replace("name: web}]", "name: web}, {kind: ServiceAccount, name: default}]")
    found = assessed(text + grant)[control]
    assert found.status == "fail"
    assert [evidence.span.line for evidence in found.evidence if evidence.message.startswith("Deployment web")] == [3]


def test_a_grant_of_an_scc_fails_what_the_scc_allows() -> None:
    found = assessed(CONFINED + GRANT.replace(":anyuid", ":hostnetwork"))
    failed = {control: [evidence.message for evidence in one.evidence] for control, one in found.items() if one.evidence}
    assert failed.keys() == {"5.2.4", "5.2.5", "5.2.7", "5.2.10"}
    user = "system:serviceaccount:shop:web"
    assert failed["5.2.4"] == [f"RoleBinding web: lets {user} use SCC hostnetwork, which allows the network of the host"]


HOST = WEB.replace("name: web, namespace", "name: host, namespace").replace(
    "      serviceAccountName: web\n",
    "      serviceAccountName: web\n      hostPID: true\n      hostIPC: true\n      hostNetwork: true\n"
    "      securityContext: {seccompProfile: {type: Unconfined}, runAsUser: 0}\n      volumes: [{name: root, hostPath: {path: /}}]\n",
)


@pytest.mark.parametrize(
    ("context", "failed"),
    [
        ("{}", {"5.2.2", "5.2.3", "5.2.4", "5.2.6", "5.7.2"}),
        (
            "{privileged: true}",
            {*(f"5.2.{number}" for number in range(1, 10)), "5.7.2"},
        ),
        ("{allowPrivilegeEscalation: true}", {"5.2.2", "5.2.3", "5.2.4", "5.2.5", "5.2.6", "5.7.2"}),
        (
            "{capabilities: {add: [NET_RAW]}}",
            {"5.2.2", "5.2.3", "5.2.4", "5.2.6", "5.2.7", "5.2.8", "5.2.9", "5.7.2"},
        ),
    ],
)
def test_a_rejected_pod_fails_what_it_asks_for(context: str, failed: set[str]) -> None:
    """Beside a pod that runs. What the rejected pod leaves to its SCC does not count."""
    rejected = "---\n" + HOST.replace("securityContext: {}", f"securityContext: {context}")
    found = assessed(CONFINED + rejected)
    assert {control for control, one in found.items() if one.evidence} == failed
    messages = [evidence.message for one in found.values() for evidence in one.evidence]
    assert all(text.startswith("Deployment host: ") and text.endswith(" (the cluster rejects the pods)") for text in messages)


def test_a_rejected_pod_that_asks_for_nothing_fails_nothing() -> None:
    """Its user ID is not in the range."""
    rejected = WEB.replace("name: web, namespace", "name: other, namespace").replace("Context: {}", "Context: {runAsUser: 1}")
    found = assessed(CONFINED + "---\n" + rejected)
    assert {control for control, one in found.items() if one.status == "fail"} == set()


@pytest.mark.parametrize(
    ("text", "fails"),
    [
        (SCC.replace("NAME", "mine").replace("users: []", "users: [system:serviceaccount:shop:web]"), True),
        (SCC.replace("NAME", "mine").replace("users: []", "users: [alice]"), True),
        (SCC.replace("NAME", "mine").replace("users: []", "groups: ['system:serviceaccounts:shop']"), True),
        (SCC.replace("NAME", "mine").replace("users: []", "groups: [developers]"), True),
        (SCC.replace("NAME", "mine").replace("users: []", "users: [system:admin]"), False),
        (SCC.replace("NAME", "mine"), False),
    ],
)
def test_access_to_an_scc_by_its_lists(text: str, fails: bool) -> None:
    text = text.replace("allowPrivilegedContainer: false", "allowPrivilegedContainer: true")
    found = assessed(text + binding("restricted-v2", ALICE))
    assert found["5.2.10"].status == ("fail" if fails else "pass")


@pytest.mark.parametrize(
    ("subject", "fails"),
    [
        ("{kind: ServiceAccount, name: web}", True),
        ("{kind: Group, name: 'system:serviceaccounts'}", True),
        ("{kind: Group, name: 'system:serviceaccounts:shop'}", True),
        ("{kind: Group, name: 'system:authenticated'}", True),
        ("{kind: User, name: alice}", False),
        ("{kind: ServiceAccount, name: operator, namespace: openshift-demo}", False),
    ],
)
def test_a_service_account_that_may_do_everything(subject: str, fails: bool) -> None:
    """Its pods may use every SCC. An administrator needs none."""
    found = assessed(CONFINED + binding("x", subject).replace("system:openshift:scc:x", "cluster-admin"))
    failed = {control for control, one in found.items() if one.evidence}
    assert failed == ({*(f"5.2.{number}" for number in (1, 2, 3, 4, 5, 6, 7, 9, 10))} if fails else set())


def test_an_scc_that_lists_the_default_account() -> None:
    text = SCC.replace("NAME", "mine").replace("users: []", "users: [system:serviceaccount:shop:NAME]")
    found = assessed(CONFINED + "---\n" + text.replace("NAME", "default"))["5.1.5"]
    assert [evidence.message for evidence in found.evidence] == [
        "SecurityContextConstraints mine: lists service account default"
    ]
    assert assessed(CONFINED + "---\n" + text.replace("NAME", "web"))["5.1.5"].status == "pass"


RBAC = "apiVersion: rbac.authorization.k8s.io/v1\nkind: "
BOUND = RBAC + "RoleBinding\nmetadata: {name: g, namespace: shop}\nroleRef: {kind: ClusterRole, name: edit}\nsubjects: "


@pytest.mark.parametrize("name", [one.name for one in frameworks()])
@pytest.mark.parametrize(
    "text",
    [
        BOUND + "[true]\n",
        BOUND + "[{kind: Group, name: [a]}]\n",
        BOUND + "[{kind: User, name: {a: b}}]\n",
        RBAC + "ClusterRole\nmetadata: {name: x}\nrules: [{apiGroups: [''], resources: 1, verbs: [get]}]\n",
        RBAC + "ClusterRole\nmetadata: {name: x, labels: 1}\n",
    ],
)
def test_an_object_that_the_api_server_cannot_decode_is_not_in_the_cluster(text: str, name: str) -> None:
    assert "pass" not in {one.status for one in assessed(text, name).values()}


def test_empty_entries_of_a_binding() -> None:
    """The API server takes null for an empty subject, and the binding is in the cluster."""
    assert assessed(BOUND + "[null, {kind: User, name: alice}]\n")["5.2.10"].status == "pass"


def test_wildcards_in_roles() -> None:
    role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: a, namespace: b}\nrules:\n"
    found = assessed(role + "- {apiGroups: ['*'], resources: [pods], verbs: ['*']}\n")["5.1.3"]
    assert [evidence.message for evidence in found.evidence] == ["Role a: * in apiGroups, verbs"]
    assert assessed(role + "- {apiGroups: [''], resources: ['*/scale'], verbs: [get]}\n")["5.1.3"].status == "fail"
    assert assessed(role + "- {apiGroups: [''], resources: [pods/log], verbs: [get]}\n")["5.1.3"].status == "pass"


def binding(scc: str, subject: str, namespace: str = "shop") -> str:
    return (
        "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n"
        f"metadata: {{name: grant, namespace: {namespace}}}\n"
        f'roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:{scc}"}}\n'
        f"subjects: [{subject}]\n"
    )


ALICE = "{kind: User, name: alice}"
RESTRICTED = SCC.replace("NAME", "mine").replace("runAsUser: {type: RunAsAny}", "runAsUser: {type: MustRunAsRange}")


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (binding("nonroot", ALICE), ["RoleBinding grant: binds a role that allows the use of SCC nonroot"]),
        (binding("restricted-v2", ALICE), []),
        (binding("nonroot", ALICE, "openshift-demo"), []),
        (
            binding("nonroot", '{kind: Group, name: "system:cluster-admins"}'),
            ["RoleBinding grant: binds a role that allows the use of SCC nonroot"],
        ),
        (binding("nonroot", "{kind: ServiceAccount, name: agent, namespace: openshift-demo}"), []),
        (SCC.replace("NAME", "mine").replace("users: []", "users: [alice]"), ["SCC mine is not permitted, and lists alice"]),
        (SCC.replace("NAME", "mine").replace("users: []", "users: [system:admin]"), []),
        (RESTRICTED.replace("users: []", "users: [alice]"), []),
        (
            RESTRICTED.replace("users: []", 'groups: ["system:authenticated"]'),
            ["SCC mine lists group system:authenticated"],
        ),
        (SCC.replace("NAME", "restricted"), ["SCC restricted allows what it must not allow"]),
    ],
)
def test_v_257557(text: str, messages: list[str]) -> None:
    found = assessed(text, STIG)["V-257557"]
    assert [evidence.message for evidence in found.evidence] == messages
    assert found.status == ("fail" if messages else "not assessable")


def test_v_257557_passes_with_sccs_and_bindings() -> None:
    assert assessed(RESTRICTED + binding("restricted-v2", ALICE), STIG)["V-257557"].status == "pass"


def test_json_follows_its_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    found = json.loads(
        render_json(framework("cis-ocp-1.9"), list(assessed(PRIVILEGED + GRANT.replace(":anyuid", ":privileged")).values()))
    )
    Draft202012Validator(SCHEMA).validate(found)
    assert found["summary"]["fail"] == sum(control["status"] == "fail" for control in found["controls"])


@pytest.mark.parametrize(
    ("mark", "status"),
    [
        ("# scclint: ignore[SEC201] the runtime filters calls", "suppressed"),
        ("# scclint: ignore[SEC201]", "fail"),
        ("# scclint: ignore[SEC201] until=2020-01-01 for now", "fail"),
        ("# scclint: ignore[SCC104] for another rule", "fail"),
    ],
)
def test_a_suppression_with_a_reason_counts_apart(mark: str, status: str) -> None:
    """JSON still calls the control failed: a status has the meaning that it always had."""
    text = mark.replace("ignore[", "ignore-file[") + "\n" + WEB + GRANT
    found = assessed(text, "nist-800-53")["CM-6(1)"]
    assert found.status == status
    (control,) = json.loads(render_json(framework("nist-800-53"), [found]))["controls"]
    assert (control["status"], control["suppressed"]) == ("fail", status == "suppressed")
    reason = "(suppressed by comment: the runtime filters calls)"
    assert all((reason in finding["message"]) == control["suppressed"] for finding in control["findings"])


def test_a_suppressed_finding_beside_another_changes_no_status() -> None:
    other = WEB.replace("name: web, namespace", "name: other, namespace")
    text = "# scclint: ignore-file[RBA402] needed\n" + WEB + GRANT + "---\n" + other
    assert assessed(text, "nist-800-53")["CM-6(1)"].status == "fail"


def test_markdown_is_a_page() -> None:
    text = render_markdown(framework(STIG), list(assessed(binding("nonroot", ALICE), STIG).values()))
    assert text.startswith("# Red Hat OpenShift Container Platform 4.x STIG V2R3\n\n0 pass, 1 fail, 1 not assessable.")


def test_sarif_has_taxonomies_and_relationships() -> None:
    log: dict[str, Any] = json.loads(
        render_sarif(report_of(run_over(text=WEB + GRANT + "---\nkind: [\n", filename="input.yaml")))
    )
    run = log["runs"][0]
    assert [taxonomy["name"] for taxonomy in run["taxonomies"]] == [one.name for one in frameworks()]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    for relationship in rules["SEC201"]["relationships"]:
        target = relationship["target"]
        taxonomy = run["taxonomies"][target["toolComponent"]["index"]]
        assert taxonomy["taxa"][target["index"]]["id"] == target["id"]
    assert "relationships" not in rules["MAN001"]


def _check_text(objects: list[dict[str, Any]]) -> set[str]:
    """The names that the check text of V-257557 reports, by its jq expressions: SCCs with other members, and bindings to their roles."""
    flags = ("IPC", "PID", "Ports", "Network", "DirVolumePlugin")
    sccs = [one for one in objects if one["kind"] == "SecurityContextConstraints"]
    nonpermitted = {
        scc["metadata"]["name"]
        for scc in sccs
        if any(scc.get(f"allowHost{flag}") for flag in flags)
        or scc.get("allowPrivilegedContainer")
        or scc["runAsUser"]["type"] != "MustRunAsRange"
    }
    found = {
        scc["metadata"]["name"]
        for scc in sccs
        if (scc["metadata"]["name"] in nonpermitted and not {*scc["users"], *scc["groups"]} <= PERMITTED)
        or (scc["metadata"]["name"] not in nonpermitted and "system:authenticated" in scc["groups"])
    }
    roles = {
        role["metadata"]["name"]
        for role in objects
        if role["kind"] == "ClusterRole" and any(set(rule["resourceNames"]) & nonpermitted for rule in role["rules"])
    }
    return found | {
        binding["metadata"]["name"]
        for binding in objects
        if binding["kind"] == "RoleBinding"
        and binding["roleRef"]["name"] in roles
        and not binding["metadata"]["namespace"].startswith(("kube-", "openshift-"))
    }


@pytest.mark.parametrize("seed", range(40))
def test_v_257557_is_its_check_text(seed: int) -> None:
    pick = random.Random(seed)
    objects: list[dict[str, Any]] = []
    for name in ("one", "two", "three"):
        objects.append({
            "apiVersion": "security.openshift.io/v1",
            "kind": "SecurityContextConstraints",
            "metadata": {"name": name},
            "allowHostPID": pick.random() < 0.3,
            "allowHostPorts": pick.random() < 0.3,
            "allowPrivilegedContainer": pick.random() < 0.3,
            "runAsUser": {"type": pick.choice(("MustRunAsRange", "MustRunAsRange", "RunAsAny", "MustRunAsNonRoot"))},
            "seLinuxContext": {"type": "MustRunAs"},
            "users": pick.sample(["alice", "system:admin"], pick.randint(0, 1)),
            "groups": pick.sample(["system:authenticated", "system:nodes"], pick.randint(0, 1)),
        })  # fmt: skip
        rules = [{"apiGroups": ["security.openshift.io"], "resources": ["securitycontextconstraints"], "verbs": ["use"]}]
        rules[0]["resourceNames"] = pick.sample(["one", "two", "three"], pick.randint(1, 2))
        rbac = "rbac.authorization.k8s.io"
        objects.append({"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": {"name": f"use-{name}"}, "rules": rules})
        objects.append({
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": f"bind-{name}", "namespace": pick.choice(("shop", "openshift-shop", "kube-shop"))},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": pick.choice(("use-one", "use-two", "use-three"))},
            "subjects": [{"kind": "User", "name": "alice"}],
        })  # fmt: skip
    text = "---\n".join(json.dumps(one) + "\n" for one in objects)
    evidence = assessed(text, STIG)["V-257557"].evidence
    assert {one.message.split()[1].rstrip(":") for one in evidence} == _check_text(objects)


def test_certsuite_asks_for_each_capability_on_its_own() -> None:
    found = {control.id: control.checks for control in framework("certsuite-5.5").controls}
    assert found["access-control-sys-admin-capability-check"] == ["adds-sys-admin"]
    assert {check for checks in found.values() for check in checks} <= CHECKS.keys()


@needs_kustomize
def test_what_fails_a_control_is_where_people_edit_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("base").mkdir()
    Path("base/kustomization.yaml").write_text("resources: [web.yaml]\n")
    Path("base/web.yaml").write_text(PRIVILEGED)
    for name in ("one", "two"):
        Path(name).mkdir()
        Path(name, "kustomization.yaml").write_text("resources: [../base]\n")
    run = run_over(["."])
    (control,) = (
        one
        for one in assess(framework("cis-ocp-1.9"), facts(run, "cis-ocp-1.9"), report_of(run).findings)
        if one.control.id == "5.2.1"
    )
    assert [evidence.span.file for evidence in control.evidence] == ["base/web.yaml"]
