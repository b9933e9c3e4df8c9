"""A fix is shown only after the edited unit was judged: what it must do, and what it must never do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scclint.config.model import Config
from scclint.finding import Finding, Fix, Severity
from scclint.record import replace
from scclint.remedy.fixes import FixOutcome
from scclint.remedy.proofs import with_fixes
from scclint.run.run import report_of
from scclint.source import Span
from tests.running import run_over
from tests.yaml_text import read_documents

FIXTURES = Path(__file__).parents[2] / "fixtures"

POD = """apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  serviceAccountName: web
  containers:
    - name: web
      image: registry.example/web:1
"""

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
    spec:
      serviceAccountName: web
      containers:
        - name: web
          image: registry.example/web:1
"""


IN_RANGE = "The image must allow any user ID."


def grant(scc: str) -> str:
    return f"""---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: web-{scc}, namespace: shop}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:{scc}"}}
subjects: [{{kind: ServiceAccount, name: web}}]
"""


def fixed(text: str, rule: str, folder: Path, **settings: object) -> Finding:
    """The first finding of a rule, with its fix or the reason why it has none."""
    return next(finding for finding in all_fixed(text, folder, **settings) if finding.rule_id == rule and finding.help)


def all_fixed(text: str, folder: Path, **settings: object) -> Iterator[Finding]:
    file = folder / "web.yaml"
    file.write_text(text, encoding="utf-8")
    run = run_over([str(file)], Config(render="never", **settings))  # type: ignore[arg-type]  # the fields of a configuration
    report = report_of(run)
    yield from with_fixes(run, report, report.live).live


def carried_out(text: str, fix: Fix | None) -> str:
    assert fix is not None
    lines = text.splitlines(keepends=True)
    for edit in reversed(fix.edits):
        lines[edit.line - 1 : edit.end_line - 1] = [edit.text]
    return "".join(lines)


def test_no_fix_gives_a_name_under_which_a_field_opens_something(tmp_path: Path) -> None:
    """The field has no effect as it is written. Under the name that it resembles, it would make the container privileged."""
    pod = DEPLOYMENT.replace("serviceAccountName: web", "hostPID: true") + "          securityContext: {Privileged: true}\n"
    finding = fixed(pod, "MAN003", tmp_path)
    assert "did you mean" not in finding.message
    assert "rivileged" not in carried_out(pod, finding.fix)
    harmless = DEPLOYMENT + "          securityContext: {readonlyRootFilesystem: true}\n"
    assert "readOnlyRootFilesystem: true" in carried_out(harmless, fixed(harmless, "MAN003", tmp_path).fix)


def test_a_profile_that_an_scc_applies_anyway_is_a_safe_fix(tmp_path: Path) -> None:
    finding = fixed(DEPLOYMENT, "SEC210", tmp_path)
    assert finding.fix is not None
    assert finding.fix.safety == "safe"
    assert carried_out(DEPLOYMENT, finding.fix) == DEPLOYMENT + (
        "      securityContext:\n        seccompProfile:\n          type: RuntimeDefault\n"
    )


def test_a_pinned_pod_is_pinned_to_the_scc_that_then_admits_it(tmp_path: Path) -> None:
    """`anyuid` rejects a pod that sets a profile. A profile alone would leave the pod without an SCC."""
    text = DEPLOYMENT.replace("      labels:", "      annotations: {openshift.io/required-scc: anyuid}\n      labels:") + grant(
        "anyuid"
    )
    edited = carried_out(text, fixed(text, "SEC201", tmp_path).fix)
    assert "openshift.io/required-scc: restricted-v2" in edited
    assert "type: RuntimeDefault" in edited


def test_no_fix_grants_anything(tmp_path: Path) -> None:
    text = DEPLOYMENT + "          securityContext: {privileged: true}\n"
    finding = fixed(text, "SCC101", tmp_path)
    assert finding.fix is None
    assert finding.no_fix == "the manifest does not show which capabilities replace privileged"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("          volumeMounts: [{name: dev, mountPath: /dev}]\n      volumes: [{name: dev, hostPath: {path: /dev}}]\n",
         "container web mounts hostPath /dev"),
        ("          volumeMounts: [{name: d, mountPath: /d, mountPropagation: Bidirectional}]\n      volumes: [{name: d, emptyDir: {}}]\n",
         "container web mounts volume d with mountPropagation: Bidirectional"),
        ("          args: [exec nsenter -t 1 -m]\n", "container web runs nsenter"),
        ("      hostPID: true\n", "container web is privileged and the pod sets hostPID: true"),
    ],
)  # fmt: skip
def test_help_and_fix_agree_on_a_pod_that_is_privileged_by_nature(more: str, why: str, tmp_path: Path) -> None:
    text = DEPLOYMENT + "          securityContext: {privileged: true}\n" + more + grant("privileged")
    finding = fixed(text, "SCC102", tmp_path)
    assert finding.no_fix == f"the pod is privileged by nature: {why}"
    assert f"privileged containers, because {why}" in finding.help
    refused = fixed(text.replace(grant("privileged"), ""), "SCC101", tmp_path)
    assert refused.help.startswith("Grant service account web a custom SCC")


def test_capabilities_instead_of_privileged_are_advised_only_where_they_may_do(tmp_path: Path) -> None:
    """A hostPath volume of another container does not need privileged: true."""
    mounts = "volumeMounts: [{name: dev, mountPath: /dev}]"
    text = DEPLOYMENT + (
        "          securityContext: {privileged: true}\n"
        f"        - {{name: other, image: registry.example/other:1, {mounts}}}\n"
        "      volumes: [{name: dev, hostPath: {path: /dev}}]\n"
    )
    assert fixed(text + grant("privileged"), "SCC102", tmp_path).help.startswith(
        "If the container needs no more than some capabilities"
    )


def test_a_fix_that_changes_the_user_is_not_safe(tmp_path: Path) -> None:
    """The image names the user of a pod under `anyuid`. A pod under `restricted-v2` keeps its user."""
    fix = fixed(POD, "SEC201", tmp_path).fix
    assert fix is not None
    assert fix.safety == "unsafe"
    assert fix.effect == f"SCC restricted-v2 then admits the pod with profile RuntimeDefault. {IN_RANGE}"
    same = fixed(DEPLOYMENT, "SEC210", tmp_path).fix
    assert same is not None
    assert same.effect == "The pods are the same after admission."


def test_a_fix_of_a_namespace_names_the_workloads_whose_user_changes(tmp_path: Path) -> None:
    namespace = (
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, annotations: {openshift.io/sa.scc.uid-range: 0/10000}}\n---\n"
    )
    finding = fixed(namespace + DEPLOYMENT, "SCC113", tmp_path)
    assert finding.fix is not None
    changed = "In Deployment web, the image must allow any user ID."
    assert changed in finding.fix.effect
    assert changed[1:-1] in finding.help
    elsewhere = fixed(namespace + DEPLOYMENT.replace("namespace: shop", "namespace: other"), "SCC113", tmp_path)
    assert "user ID" not in elsewhere.help
    assert elsewhere.fix is not None
    assert "user ID" not in elsewhere.fix.effect


def test_the_profile_beside_a_privileged_container_is_written_where_it_counts(tmp_path: Path) -> None:
    """SEC203 reports a profile of the pod that its privileged container ignores."""
    text = DEPLOYMENT.replace("namespace: shop", "namespace: default") + (
        "        - {name: agent, image: registry.example/agent:1, securityContext: {privileged: true}}\n"
    )
    finding = fixed(text, "SEC201", tmp_path)
    assert finding.fix is not None
    assert finding.fix.title == "Write seccompProfile: {type: RuntimeDefault} in the securityContext of container web."
    assert "in the securityContext of container web" in finding.help


def test_a_volume_goes_with_its_mounts(tmp_path: Path) -> None:
    text = (
        DEPLOYMENT
        + "          volumeMounts:\n            - {name: host, mountPath: /host}\n            - {name: tmp, mountPath: /tmp}\n"
        + "      initContainers:\n        - name: first\n          image: registry.example/first:1\n"
        + "          volumeMounts: [{name: host, mountPath: /host}]\n"
        + "      volumes:\n        - name: tmp\n          emptyDir: {}\n        - name: host\n          hostPath: {path: /var/log}\n"
    )
    finding = fixed(text, "SCC101", tmp_path)
    edited = carried_out(text, finding.fix)
    assert "host" not in edited.replace("hostPath", "host").split("spec:", 2)[2].replace("- name: tmp", "")
    assert "{name: tmp, mountPath: /tmp}" in edited
    assert not [f for f in all_fixed(edited, tmp_path) if f.rule_id in ("SCC101", "MAN002")]


def test_a_claim_template_does_not_shift_the_volume_that_a_fix_removes(tmp_path: Path) -> None:
    text = (
        DEPLOYMENT.replace("kind: Deployment", "kind: StatefulSet")
        + "          volumeMounts: [{name: data, mountPath: /data}, {name: host, mountPath: /host}]\n"
        + "      volumes:\n        - name: host\n          hostPath: {path: /var/log}\n        - name: tmp\n          emptyDir: {}\n"
        + "  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce]}}]\n"
    )
    finding = fixed(text, "SCC101", tmp_path)
    edited = carried_out(text, finding.fix)
    assert "host" not in edited
    assert "{name: data, mountPath: /data}" in edited
    assert "- name: tmp\n          emptyDir: {}\n" in edited


def test_a_volume_with_data_is_never_removed(tmp_path: Path) -> None:
    text = DEPLOYMENT + "      volumes: [{name: data, nfs: {server: files, path: /}}]\n"
    finding = fixed(text, "SCC101", tmp_path)
    assert finding.fix is None
    assert finding.no_fix == "restricted-v2 rejects volume data, without which the pod would lose its data"


def test_the_fewest_fields_are_removed(tmp_path: Path) -> None:
    text = DEPLOYMENT + "          securityContext: {runAsUser: 1001, runAsNonRoot: true}\n      hostNetwork: true\n"
    edited = carried_out(text, fixed(text, "SCC101", tmp_path).fix)
    assert "securityContext: {runAsNonRoot: true}" in edited
    assert "hostNetwork" not in edited
    assert "runAsUser" not in edited


def test_a_field_that_is_gone_takes_an_empty_security_context_with_it(tmp_path: Path) -> None:
    text = DEPLOYMENT + "          securityContext:\n            runAsUser: 1001\n"
    assert carried_out(text, fixed(text, "SCC101", tmp_path).fix) == DEPLOYMENT


@pytest.mark.parametrize(
    ("spec", "demand"),
    [
        ("          securityContext: {capabilities: {add: [NET_ADMIN]}}\n", "capability NET_ADMIN"),
        ("          ports: [{containerPort: 8080, hostPort: 80}]\n", "hostPort 80"),
        ("      hostNetwork: true\n", "hostNetwork"),
        ("      volumes: [{name: log, hostPath: {path: /var/log}}]\n", "hostPath /var/log"),
    ],
)
def test_what_a_program_may_need_of_its_node_is_not_taken_from_it(spec: str, demand: str, tmp_path: Path) -> None:
    """The changed pod is admitted, but an agent without the host's network does nothing."""
    finding = fixed(DEPLOYMENT + spec, "SCC101", tmp_path)
    assert finding.fix is not None
    assert finding.fix.safety == "advice"
    assert finding.fix.effect == (
        f"SCC restricted-v2 then admits the pods with profile RuntimeDefault. {IN_RANGE} Decide whether the program works without {demand}."
    )


def test_two_fields_that_an_object_lacks_have_fixes_of_their_own(tmp_path: Path) -> None:
    scc = "apiVersion: security.openshift.io/v1\nkind: SecurityContextConstraints\nmetadata: {name: own}\n"
    finding = fixed(scc, "SCC311", tmp_path)
    assert finding.fix is not None
    assert finding.fix.title == "Write allowPrivilegeEscalation: false."


def test_an_annotation_that_only_silences_a_rule_is_no_fix(tmp_path: Path) -> None:
    """The pod gets the same SCC from everyone already, so that a required SCC would change nothing."""
    text = DEPLOYMENT + "          securityContext: {runAsUser: 1001}\n" + grant("nonroot-v2")
    for finding in all_fixed(text, tmp_path):
        if finding.fix is not None:
            assert "required-scc" not in carried_out(text, finding.fix)


def test_a_grant_that_is_not_needed_afterwards_is_named(tmp_path: Path) -> None:
    text = DEPLOYMENT + "          securityContext: {runAsUser: 1001}\n" + grant("nonroot-v2")
    fix = fixed(text, "SCC107", tmp_path).fix
    assert fix is not None
    assert (
        fix.effect
        == f"SCC restricted-v2 then admits the pods. {IN_RANGE} Afterwards, RoleBinding shop/web-nonroot-v2 is not needed."
    )
    found = [finding.rule_id for finding in all_fixed(carried_out(text, fix), tmp_path)]
    assert "SCC107" not in found
    assert "RBA403" in found


def test_a_binding_with_other_rights_is_needed_afterwards(tmp_path: Path) -> None:
    role = (
        "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: driver}\nrules:\n"
        "  - {apiGroups: [''], resources: [configmaps], verbs: [get]}\n"
        "  - apiGroups: [security.openshift.io]\n    resources: [securitycontextconstraints]\n"
        "    resourceNames: [nonroot-v2]\n    verbs: [use]\n"
    )
    binding = grant("nonroot-v2").replace("system:openshift:scc:nonroot-v2", "driver")
    text = DEPLOYMENT + "          securityContext: {runAsUser: 1001}\n" + binding + role
    fix = fixed(text, "SCC107", tmp_path).fix
    assert fix is not None
    assert "is not needed" not in fix.effect


def test_a_binding_with_another_subject_is_needed_afterwards(tmp_path: Path) -> None:
    binding = grant("nonroot-v2").replace("name: web}]", "name: web}, {kind: ServiceAccount, name: db, namespace: shop}]")
    other = DEPLOYMENT.replace("web", "db") + "          securityContext: {runAsUser: 1002}\n"
    text = DEPLOYMENT + "          securityContext: {runAsUser: 1001}\n" + binding + "---\n" + other
    fix = fixed(text, "SCC107", tmp_path).fix
    assert fix is not None
    assert "is not needed" not in fix.effect
    assert fix.effect.endswith("Afterwards, RoleBinding shop/web-nonroot-v2 need not name service account shop/web.")


def test_a_profile_of_the_pod_is_not_lost(tmp_path: Path) -> None:
    profile = "  securityContext: {seccompProfile: {type: Localhost, localhostProfile: a.json}}\n"
    finding = fixed(POD.replace("  serviceAccountName", f"{profile}  serviceAccountName"), "SCC102", tmp_path)
    assert finding.fix is None
    assert "would lose its seccomp profile" in finding.no_fix


def test_a_comment_above_a_removed_line_makes_a_fix_unsafe(tmp_path: Path) -> None:
    text = DEPLOYMENT.replace("  selector:", "  # The old name.\n  replica: 2\n  selector:").replace("replica: 2", "paws: 2")
    finding = fixed(text, "MAN003", tmp_path)
    assert finding.fix is not None
    assert finding.fix.safety == "unsafe"
    assert fixed(text.replace("  # The old name.\n", ""), "MAN003", tmp_path).fix is not None
    assert fixed(text.replace("  # The old name.\n", ""), "MAN003", tmp_path).fix.safety == "safe"  # type: ignore[union-attr]  # asserted above


def test_a_changed_scc_is_advice(tmp_path: Path) -> None:
    scc = "apiVersion: security.openshift.io/v1\nkind: SecurityContextConstraints\nmetadata: {name: own}\n"
    finding = fixed(scc, "SCC301", tmp_path)
    assert finding.fix is not None
    assert finding.fix.safety == "advice"
    assert carried_out(scc, finding.fix) == scc + "seccompProfiles:\n- runtime/default\n"


def test_a_fix_holds_for_every_release(tmp_path: Path) -> None:
    """Before 4.14, the annotation does nothing, so it is no way to a profile there."""
    text = DEPLOYMENT.replace("      labels:", "      annotations: {openshift.io/required-scc: anyuid}\n      labels:") + grant(
        "anyuid"
    )
    assert fixed(text, "SEC201", tmp_path, openshift=("4.16", "4.20")).fix is not None
    older = fixed(text, "SEC201", tmp_path, openshift=("4.13", "4.20"))
    assert older.fix is None or "4.13" not in older.fix.title


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"# Code generated by make. DO NOT EDIT.\n{DEPLOYMENT}", "is generated"),
        (f"---\n# Source: web/templates/web.yaml\n{DEPLOYMENT}", "Helm rendered"),
        (DEPLOYMENT.replace("containers:", "containers: &all") + "x: *all\n", "the aliases *all repeat the value"),
    ],
)
def test_what_must_not_be_edited_has_no_fix(text: str, why: str, tmp_path: Path) -> None:
    text = text.replace("          image", "          securityContext: {runAsUser: 1001}\n          image")
    finding = fixed(text, "SCC101", tmp_path, openshift=("4.16",))
    assert finding.fix is None
    assert why in finding.no_fix


def test_two_containers_share_one_fix(tmp_path: Path) -> None:
    text = POD.replace("shop", "kube-public") + "    - name: other\n      image: registry.example/other:1\n"
    fixes = {finding.fix for finding in all_fixed(text, tmp_path) if finding.rule_id == "SEC201"}
    assert len(fixes) == 1
    assert None not in fixes


def test_the_second_edit_of_a_mapping_sees_the_first(tmp_path: Path) -> None:
    """`{}` and a line below it, both computed on one tree, would be no YAML."""
    text = POD + "  securityContext: {}\n"
    text = text.replace("shop}", "shop, annotations: {seccomp.security.alpha.kubernetes.io/pod: runtime/default}}")
    edited = carried_out(text, fixed(text, "SEC204", tmp_path).fix)
    assert edited.endswith("  securityContext:\n    seccompProfile:\n      type: RuntimeDefault\n")
    assert "annotations" not in edited


def test_a_suppression_is_never_removed_on_the_way(tmp_path: Path) -> None:
    text = (
        DEPLOYMENT + "          securityContext:\n            runAsUser: 1001  # scclint: ignore[SCC107] the image needs it\n"
    )
    finding = fixed(text, "SCC101", tmp_path, openshift=("4.16",))
    assert finding.fix is None
    assert finding.no_fix == "the edit would remove a suppression"


def test_a_parameter_of_a_template_is_not_overwritten(tmp_path: Path) -> None:
    lines = (DEPLOYMENT + "          securityContext:\n            runAsUser: ${{UID}}\n").replace("\n", "\n    ").rstrip(" ")
    text = (
        "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: web}\nobjects:\n  - "
        + lines
        + "parameters: [{name: UID, value: '1001'}]\n"
    )
    finding = fixed(text, "SCC101", tmp_path, openshift=("4.16",))
    assert finding.fix is None
    assert finding.no_fix == "a parameter of the Template sets the value"


def test_other_fields_of_a_template_are_fixed(tmp_path: Path) -> None:
    lines = (DEPLOYMENT + "          securityContext: {runAsUser: 1001}\n").replace("\n", "\n    ").rstrip(" ")
    text = "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: web}\nobjects:\n  - " + lines
    finding = fixed(text, "SCC101", tmp_path)
    assert carried_out(text, finding.fix).count("securityContext") == 0


def test_a_bug_in_a_proof_does_not_take_the_report_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*words: object) -> None:
        raise ZeroDivisionError("x")

    monkeypatch.setattr("scclint.remedy.fixes.prove", broken)
    file = tmp_path / "web.yaml"
    file.write_text(DEPLOYMENT + "          securityContext: {runAsUser: 1001}\n", encoding="utf-8")
    run = run_over([str(file)], Config(render="never"))
    report = report_of(run)
    fixed = with_fixes(run, report, report.live)
    assert [finding.rule_id for finding in fixed.live] == [finding.rule_id for finding in report.live]
    assert {crash.rule_id for crash in fixed.crashes} == {"fix"}


def test_a_deployment_of_a_cluster_service_version_is_fixed_where_it_is_written(tmp_path: Path) -> None:
    spec = (
        (DEPLOYMENT + "          securityContext: {runAsUser: 1001}\n")
        .partition("spec:\n")[2]
        .replace("\n", "\n        ")
        .rstrip(" ")
    )
    text = (
        "apiVersion: operators.coreos.com/v1alpha1\nkind: ClusterServiceVersion\nmetadata: {name: web.v1}\nspec:\n  install:\n"
        "    strategy: deployment\n    spec:\n      deployments:\n      - name: web\n        spec:\n        " + spec
    )
    finding = fixed(text, "SCC101", tmp_path)
    assert finding.fix is not None
    assert carried_out(text, finding.fix).count("securityContext") == 0


TASK = """apiVersion: tekton.dev/v1
kind: Task
metadata: {name: build, namespace: shop}
spec:
  steps:
    - name: compile
      image: registry.example/compile:1
    - name: pack
      image: registry.example/pack:1
      securityContext:
        runAsUser: 1001
"""


def test_the_steps_of_a_task_are_edited(tmp_path: Path) -> None:
    other = "---\n" + TASK.replace("name: build", "name: test")
    finding = fixed(TASK + other, "SEC201", tmp_path)
    edited = carried_out(TASK + other, finding.fix)
    before, after = (read_documents(text) for text in (TASK + other, edited))
    (own, *rest), (mine, *others) = after, before
    assert rest == others
    assert own["spec"].pop("stepTemplate") == {"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}
    del mine["spec"]["steps"][1]["securityContext"]
    assert own == mine


def test_a_task_with_the_steps_of_another_object_is_left(tmp_path: Path) -> None:
    head = "apiVersion: tekton.dev/v1beta1\nkind: StepAction\nmetadata: {name: pack, namespace: shop}\n"
    action = f"---\n{head}spec: {{image: registry.example/pack:1}}\n"
    text = TASK.split("    - name: pack", maxsplit=1)[0] + "    - name: pack\n      ref: {name: pack}\n" + action
    finding = fixed(text, "SEC201", tmp_path)
    assert finding.fix is None
    assert finding.no_fix == "other tasks and runs may take their fields from this object"


def test_an_object_that_is_written_as_text_is_left(tmp_path: Path) -> None:
    manifest = POD.replace("      image: registry.example/web:1", "      image: a\n      securityContext: {runAsUser: 1001}")
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: make, namespace: shop}\nspec:\n  entrypoint: make\n"
        "  templates:\n    - name: make\n      resource:\n        action: create\n        manifest: |\n"
        + "".join(f"          {line}\n" for line in manifest.splitlines())
    )
    found = [finding for finding in all_fixed(text, tmp_path, openshift=("4.16",)) if finding.rule_id == "SEC201"]
    assert [finding.no_fix for finding in found] == ["the object is written as text in another one"]
    assert found[0].fix is None


def test_the_fix_of_a_chart_is_advised_in_place_of_the_remedy_that_it_carries_out() -> None:
    finding = Finding(
        "SCC101", "no-scc-admits", "problem", Severity.ERROR, "a", Span("a.yaml", 1, 1, 1, 2), help="Grant an SCC."
    )
    fix = Fix("Remove a.", "The pod starts.", "unsafe", ())
    assert FixOutcome(fix).stamped(finding, is_advice=True).help == "Remove a. The pod starts."
    assert FixOutcome(fix).stamped(finding).help == "Grant an SCC."
    # The fix is the second thing to do, and what comes first stays.
    second = FixOutcome(replace(fix, second=True)).stamped(finding, is_advice=True)
    assert second.help == "Grant an SCC."


CSI_DRIVER = """\
---
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: {name: files.csi.example}
spec: {volumeLifecycleModes: [Ephemeral]}
"""


def test_a_volume_that_is_refused_in_any_case_keeps_no_fix_back(tmp_path: Path) -> None:
    """The inline volume is a finding of its own before and after."""
    user = "          securityContext: {runAsUser: 1001}\n"
    volume = "      volumes: [{name: files, csi: {driver: files.csi.example}}]\n"
    text = DEPLOYMENT + user + volume + CSI_DRIVER
    edited = carried_out(text, fixed(text, "SCC101", tmp_path).fix)
    assert edited == DEPLOYMENT + volume + CSI_DRIVER
