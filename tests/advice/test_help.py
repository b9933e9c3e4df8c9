"""Advice that you follow word for word removes the finding, and adds none that weighs as much."""

from collections.abc import Sequence

import pytest

from scclint import Config, Finding, lint_text
from scclint.finding import Severity

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  serviceAccountName: web
  containers:
    - name: web
      image: registry.example/web:1
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers:
        - name: web
          image: registry.example/web:1
"""
SCC = """\
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: agent}
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
runAsUser: {type: MustRunAsRange}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, emptyDir, projected, secret]
seccompProfiles: [runtime/default]
"""
ANNOTATION = "seccomp.security.alpha.kubernetes.io/pod"
PIN = "openshift.io/required-scc"
FITS = "SCC restricted-v2 then admits the pods with profile RuntimeDefault"
IN_RANGE = "the image must allow any user ID"
CAPABILITIES = (
    "If the container needs no more than some capabilities, replace privileged: true with them, so that a seccomp profile can "
    "apply, and use an SCC that allows these capabilities."
)

CLOSED = "port {0} is then closed to them, unless the pod sets the sysctl net.ipv4.ip_unprivileged_port_start to {0}"
ACCOUNT = "{kind: ServiceAccount, name: web}"
COPY = "a custom copy of anyuid with seccompProfiles: [runtime/default], instead of RoleBinding web-anyuid (SCC anyuid)"
NO_EFFECT = "Remove the profile if the container stays privileged: it has no effect."


def grant(scc: str) -> str:
    return f"""\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: web-{scc}, namespace: shop}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:{scc}"}}
subjects: [{{kind: ServiceAccount, name: web}}]
"""


def findings(text: str, config: Config | None = None) -> Sequence[Finding]:
    report = lint_text(text, "web.yaml", config)
    return [f for f in report.findings if f.suppression is None or f.suppression.by == "finding"]


def findings_of(text: str, rule: str) -> list[Finding]:
    return [finding for finding in findings(text) if finding.rule_id == rule]


def advice(text: str, rule: str) -> str:
    """What the findings of a rule advise, which is the same for all."""
    (help,) = {found.help for found in findings_of(text, rule) if found.help}
    return help


def errors(text: str) -> set[str]:
    return {finding.rule_id for finding in findings(text) if finding.severity is Severity.ERROR}


def assert_followed(before: str, after: str, rule: str) -> None:
    """Assert that the change removes the finding and adds no error."""
    assert rule in {finding.rule_id for finding in findings(before)}
    assert rule not in {finding.rule_id for finding in findings(after)}
    assert errors(after) <= errors(before)


def test_the_field_that_counts_without_the_annotation_is_not_left_unconfined() -> None:
    before = POD.replace("namespace: shop}", f"namespace: shop, annotations: {{{ANNOTATION}: runtime/default}}}}").replace(
        "  containers", "  securityContext: {seccompProfile: {type: Unconfined}}\n  containers"
    )
    assert advice(before, "SEC205") == "Delete the annotation, and set seccompProfile: {type: RuntimeDefault}."
    after = POD.replace("  containers", "  securityContext: {seccompProfile: {type: RuntimeDefault}}\n  containers")
    assert_followed(before, after, "SEC205")


def test_a_profile_of_the_pod_that_another_container_uses_is_not_to_be_removed() -> None:
    text = POD.replace("  containers:", "  securityContext: {seccompProfile: {type: RuntimeDefault}}\n  containers:") + (
        "      securityContext: {privileged: true}\n    - {name: proxy, image: registry.example/proxy:1}\n"
    )
    assert advice(text, "SEC203") == CAPABILITIES
    other = text.replace("proxy:1}", "proxy:1, securityContext: {seccompProfile: {type: RuntimeDefault}}}")
    assert advice(other, "SEC203") == f"{CAPABILITIES} {NO_EFFECT}"


def test_a_container_that_must_be_privileged_is_not_told_to_ask_for_capabilities() -> None:
    text = f"{POD}      securityContext: {{privileged: true, seccompProfile: {{type: RuntimeDefault}}}}\n"
    mounted = "      volumeMounts: [{name: dev, mountPath: /dev}]\n  volumes: [{name: dev, hostPath: {path: /dev}}]\n"
    assert advice(text, "SEC203") == f"{CAPABILITIES} {NO_EFFECT}"
    must = (
        "Record it with `scclint accept`: no capability replaces privileged: true, because container web mounts hostPath /dev."
    )
    assert advice(text + mounted, "SEC203") == f"{must} {NO_EFFECT}"


def test_half_a_range_does_not_ask_for_the_strategy_that_needs_both_ends() -> None:
    before = SCC.replace("{type: MustRunAsRange}", "{type: MustRunAsNonRoot, uidRangeMin: 1000}")
    assert advice(before, "SCC311") == "Remove uidRangeMin: 1000."
    assert_followed(before, before.replace(", uidRangeMin: 1000", ""), "SCC311")
    whole = before.replace("1000}", "1000, uidRangeMax: 2000}")
    assert {f.help for f in findings(whole) if f.rule_id == "SCC311"} == {
        "Write type: MustRunAsRange, or remove uidRangeMin.",
        "Write type: MustRunAsRange, or remove uidRangeMax.",
    }


def test_an_scc_of_the_release_is_not_to_be_changed() -> None:
    text = SCC.replace("agent", "privileged").replace("[runtime/default]", '["*"]')
    errors = [finding for finding in findings(text) if finding.severity is Severity.ERROR]
    assert [(error.rule_id, error.fix) for error in errors] == [("SCC307", None)]


def test_unconfined_is_replaced_where_no_other_profile_is_left() -> None:
    before = SCC.replace("[runtime/default]", "[unconfined]")
    assert advice(before, "SCC303") == "Write runtime/default instead of unconfined."
    assert_followed(before, SCC, "SCC303")


def test_workloads_that_ask_for_unconfined_change_with_the_scc() -> None:
    workload = DEPLOYMENT + "          securityContext: {seccompProfile: {type: Unconfined}}\n"
    before = SCC.replace("[runtime/default]", "[runtime/default, unconfined]\nusers: [system:serviceaccount:shop:web]") + (
        f"---\n{workload}"
    )
    text = advice(before, "SCC303")
    assert text.startswith("Remove unconfined, and set RuntimeDefault in Deployment web, which asks for Unconfined.")
    after = before.replace(", unconfined]", "]").replace("Unconfined", "RuntimeDefault")
    assert_followed(before, after, "SCC303")


@pytest.mark.parametrize("name", ["host", "hostnetworks", "privilege", "hostmount"])
def test_no_scc_that_opens_the_node_is_offered_for_a_name(name: str) -> None:
    text = advice(grant(name), "RBA404")
    assert text.startswith("Correct the name.")


def test_a_privileged_pod_is_not_told_to_set_what_contradicts_privileged() -> None:
    outside = POD.replace("namespace: shop", "namespace: default")
    assert "allowPrivilegeEscalation: false" in advice(outside, "SCC109")
    # The image may run as root, which the kubelet would refuse.
    assert "runAsNonRoot" not in advice(outside, "SCC109")
    assert advice(outside + "      securityContext: {privileged: true}\n", "SCC109") == (
        "Move the workload to its own project (which SCC admits the pod then depends on who creates it)."
    )


def test_what_moves_with_a_workload_is_named_after_what_to_write_in_place() -> None:
    outside = DEPLOYMENT.replace("namespace: shop", "namespace: default")
    assert advice(outside, "SCC109").startswith(f"Move the workload to its own project ({IN_RANGE}). Or write ")
    more = outside + (
        "          ports: [{containerPort: 443}]\n"
        "          envFrom: [{secretRef: {name: a}}]\n"
        "      volumes: [{name: b, configMap: {name: b}}]\n"
    )
    stays, moves = advice(more, "SCC109").split(" Or move ")
    assert stays.startswith("Write allowPrivilegeEscalation: false")
    assert "and record it with `scclint accept`" in stays
    assert "its Secrets, ConfigMaps and Services" in moves
    assert CLOSED.format(443) in moves


def test_a_port_that_a_user_other_than_root_may_not_open_is_named() -> None:
    root = (
        DEPLOYMENT
        + "          securityContext: {runAsUser: 0}\n          ports: [{containerPort: 80}, {containerPort: 8080}]\n"
    )
    assert f"{IN_RANGE}; {CLOSED.format(80)}" in advice(root, "SCC101")
    start = "      securityContext: {sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: '80'}]}\n"
    for text in (root.replace("containerPort: 80}", "containerPort: 1024}"), root + start):
        assert "closed" not in advice(text, "SCC101")


@pytest.mark.parametrize(
    ("image", "then"),
    [
        ("zookeeper:3.9", "; container web then cannot write to /conf, /data and /datalog)"),
        ("zookeeper", ")"),
        ("zookeeper:99", ")"),
        ("rabbitmq:4", ")"),
        ("registry.example/web:1", ")"),
    ],
)
def test_what_the_image_then_lacks_is_named(image: str, then: str) -> None:
    text = DEPLOYMENT.replace("registry.example/web:1", f"{image}\n          securityContext: {{runAsUser: 1001}}")
    found = advice(text, "SCC101")
    assert f"{IN_RANGE}{then}" in found, found


def test_a_windows_pod_is_told_nothing_of_users_and_profiles() -> None:
    text = (
        DEPLOYMENT + "      nodeSelector: {kubernetes.io/os: windows}\n      volumes: [{name: a, hostPath: {path: 'C:\\a'}}]\n"
    )
    assert "user" not in advice(text, "SCC101")
    assert "seccompProfiles" not in advice(text, "SCC101")


def test_a_copy_of_an_scc_takes_the_place_of_its_grant() -> None:
    text = DEPLOYMENT + "          securityContext: {runAsUser: 0}\n" + grant("anyuid")
    assert advice(text, "SEC201").startswith(f"Grant service account web {COPY}. Or remove runAsUser: 0, and write")


@pytest.mark.parametrize(
    ("image", "role", "subject", "first"),
    [
        ("registry.example/web:1", "anyuid", ACCOUNT, f"Grant service account web {COPY}"),
        ("registry.example/web:1", "nonroot", ACCOUNT, "Write seccompProfile"),
        ("docker.io/library/rabbitmq:4", "anyuid", ACCOUNT, "Write seccompProfile"),
        ("docker.io/library/nginx:1", "anyuid", ACCOUNT, f"Grant service account web {COPY}"),
        ("linuxserver/heimdall:2.2.2", "anyuid", ACCOUNT, f"Grant service account web {COPY}"),
        ("registry.example/web:1", "anyuid", "{kind: Group, name: system:authenticated}", "Write seccompProfile"),
    ],
)
def test_what_keeps_the_user_of_a_grant_comes_first(image: str, role: str, subject: str, first: str) -> None:
    text = DEPLOYMENT.replace("registry.example/web:1", image) + grant(role).replace(ACCOUNT, subject)
    found = [f.help for f in findings(text) if f.rule_id == "SEC201"]
    assert [text[: len(first)] for text in found] == [first] * (role == "anyuid")


@pytest.mark.parametrize("context", ["seccompProfile: {type: Localhost, localhostProfile: a.json}", "privileged: true"])
def test_no_field_is_to_be_removed_for_an_scc_that_leaves_the_pod_unconfined(context: str) -> None:
    profile = "  securityContext: {seccompProfile: {type: RuntimeDefault}}\n  containers"
    text = POD.replace("  containers", profile) + f"      securityContext: {{{context}}}\n" + grant("privileged")
    assert all("instead of anyuid" not in found.message for found in findings(text, Config(select=("SCC103",))))


def test_the_scc_to_require_is_named() -> None:
    text = advice(POD, "SCC104")
    assert text.startswith(
        f"Write {PIN}: restricted-v2 ({FITS.replace('pods', 'pod')}; {IN_RANGE}). Or use a Deployment or Job."
    )
    pinned = POD.replace("namespace: shop}", f"namespace: shop, annotations: {{{PIN}: restricted-v2}}}}")
    assert_followed(POD, pinned, "SCC104")


def test_no_scc_is_named_that_rejects_the_pod_of_another_creator() -> None:
    text = advice(POD.replace("  containers", "  hostPID: true\n  containers"), "SCC104")
    assert text.startswith(
        "Remove hostPID: true, and write seccompProfile: {type: RuntimeDefault} in the pod's securityContext (SCC restricted-v2"
    )
    assert "Or grant service account web a custom SCC" in text
    assert PIN not in text


def test_a_pod_that_requires_an_scc_is_told_to_require_the_granted_one() -> None:
    text = POD.replace("namespace: shop}", f"namespace: shop, annotations: {{{PIN}: hostnetwork}}}}").replace(
        "  containers", "  hostNetwork: true\n  containers"
    )
    assert (
        f"SCC hostnetwork-v2, the most restrictive that admits the pod, and name that SCC in the annotation {PIN} ({IN_RANGE})."
        in advice(text, "SCC104")
    )


def test_an_scc_that_applies_no_profile_is_not_to_be_granted() -> None:
    before = DEPLOYMENT.replace(
        "labels: {app: web}}\n    spec", f"labels: {{app: web}}, annotations: {{{PIN}: anyuid}}}}\n    spec"
    )
    assert advice(before, "SCC105") == f"Write {PIN}: restricted-v2 ({FITS}; {IN_RANGE})."
    assert_followed(before, before.replace(": anyuid", ": restricted-v2"), "SCC105")


def test_an_annotation_is_not_to_be_removed_where_no_other_scc_admits_the_pod() -> None:
    text = DEPLOYMENT.replace(
        "labels: {app: web}}\n    spec", f"labels: {{app: web}}, annotations: {{{PIN}: nonroot-v2}}}}\n    spec"
    )
    text += "          securityContext: {runAsUser: 1001}\n"
    assert advice(text, "SCC105").endswith(
        "Or grant service account web SCC nonroot-v2 with a RoleBinding to ClusterRole system:openshift:scc:nonroot-v2."
    )
    assert_followed(text, text + grant("nonroot-v2"), "SCC105")


def test_fields_are_to_be_removed_only_if_an_scc_then_admits_the_pod() -> None:
    root = "          securityContext: {runAsUser: 0}\n"
    assert advice(DEPLOYMENT + root, "SCC101").startswith(f"Remove runAsUser: 0 ({FITS}; {IN_RANGE}). Or grant")
    # The only SCC that the pod may use applies no profile, so that the container would run unconfined.
    required = DEPLOYMENT.replace(
        "labels: {app: web}}\n    spec", f"labels: {{app: web}}, annotations: {{{PIN}: agent}}}}\n    spec"
    )
    bare = SCC.replace("seccompProfiles: [runtime/default]", "users: [system:serviceaccount:shop:web]")
    text = advice(f"{required}{root}---\n{bare}", "SCC105")
    assert text.startswith(f"Remove runAsUser: 0, and write {PIN}: restricted-v2 ({FITS}; {IN_RANGE}).")
    assert_followed(f"{required}{root}---\n{bare}", f"{required.replace(': agent', ': restricted-v2')}---\n{bare}", "SCC105")


def test_a_profile_is_to_be_set_where_the_scc_that_then_admits_the_pod_applies_none() -> None:
    task = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: build, namespace: shop}\nspec:\n"
    step = "  steps: [{name: build, image: registry.example/build:1, securityContext: {privileged: true}}]\n"
    assert CAPABILITIES in advice(task + step, "SCC101")
    profiled = step.replace("privileged: true", "capabilities: {add: [SYS_ADMIN]}")
    assert "Or remove capability SYS_ADMIN, and write seccompProfile: {type: RuntimeDefault} on the pod's steps" in advice(
        task + profiled, "SCC101"
    )
    profile = "  stepTemplate: {securityContext: {seccompProfile: {type: RuntimeDefault}}}\n"
    assert_followed(task + profiled, task + profile + step.partition(", securityContext")[0] + "}]\n", "SCC101")


def test_a_volume_is_to_be_removed_with_its_mounts() -> None:
    mounted = (
        "          volumeMounts: [{name: logs, mountPath: /logs}]\n      volumes: [{name: logs, hostPath: {path: /var/log}}]\n"
    )
    assert "Or remove volume logs (hostPath /var/log) with its mounts (" in advice(DEPLOYMENT + mounted, "SCC101")
    granted = DEPLOYMENT + mounted + grant("hostmount-anyuid")
    assert "emove volume logs (hostPath /var/log) with its mounts, and write" in advice(granted, "SEC201")
    assert "Remove volume logs (hostPath /var/log) with its mounts" in advice(granted, "SCC102")


@pytest.mark.parametrize(
    ("asks", "first"),
    [
        ("      hostNetwork: true\n", "Grant service account web SCC hostnetwork-v2"),
        ("      hostPID: true\n", "Grant service account web a custom SCC"),
        ("      securityContext: {runAsUser: 1000}\n", "Remove runAsUser: 1000 ("),
        ("          ports: [{containerPort: 80, hostPort: 80}]\n", "Remove hostPort: 80 ("),
    ],
)
def test_a_grant_comes_before_the_loss_of_access_to_the_node(asks: str, first: str) -> None:
    assert advice(DEPLOYMENT + asks, "SCC101").startswith(first)


def test_who_narrows_a_grant_is_told_whose_user_changes() -> None:
    """Without the grant, the pods get an SCC that sets another user."""
    wide = SCC.replace("{type: MustRunAsRange}", "{type: RunAsAny}").replace(
        "metadata: {name: agent}", "metadata: {name: agent}\npriority: 5"
    )
    everyone = f"{wide}groups: [system:authenticated, system:serviceaccounts]\n---\n{DEPLOYMENT}"
    assert advice(everyone, "SCC306").endswith(f" (in Deployment web, {IN_RANGE}).")
    of_default = DEPLOYMENT.replace("      serviceAccountName: web\n", "")
    granted = of_default + grant("anyuid").replace("name: web}]", "name: default}]")
    assert advice(granted, "RBA405").endswith(f" (in Deployment web, {IN_RANGE}).")
    profiled = granted.replace(
        "      containers", "      securityContext: {seccompProfile: {type: RuntimeDefault}}\n      containers"
    )
    assert "user ID" not in advice(profiled, "RBA405")


def test_an_scc_for_a_privileged_pod_keeps_allowing_it() -> None:
    contradicting = (
        SCC.replace("allowPrivilegedContainer: false", "allowPrivilegedContainer: true")
        + "users: [system:serviceaccount:shop:web]\n"
    )
    assert advice(contradicting, "SCC311").startswith("Set allowPrivilegedContainer: false.")
    privileged = DEPLOYMENT + "          securityContext: {privileged: true}\n"
    assert advice(f"{contradicting}---\n{privileged}", "SCC311") == (
        "Set allowPrivilegeEscalation: true, because Deployment web has a privileged container."
    )


def test_a_profile_is_written_where_it_has_an_effect_and_none_is_written() -> None:
    own = "{seccompProfile: {type: Unconfined}}"
    text = POD.replace("namespace: shop", "namespace: kube-system") + (
        "    - {name: node, image: registry.example/node:1, securityContext: {privileged: true}}\n"
        f"    - {{name: proxy, image: registry.example/proxy:1, securityContext: {own}}}\n"
    )
    assert advice(text, "SEC201").startswith(
        "Write seccompProfile: {type: RuntimeDefault} in the securityContext of container web ("
    )
    both = text.replace(f", securityContext: {own}", "")
    assert " in the securityContext of containers web and proxy (" in findings_of(both, "SEC201")[0].help


def test_the_least_scc_is_not_to_be_replaced() -> None:
    binding = grant("x").replace('kind: ClusterRole, name: "system:openshift:scc:x"', "kind: ClusterRole, name: use-agent")
    role = (
        "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: use-agent}\nrules:\n"
        "  - apiGroups: [security.openshift.io]\n    resources: [securitycontextconstraints]\n"
        "    resourceNames: [agent]\n    verbs: [use]\n"
    )
    scc = SCC.replace("volumes: [", "allowHostDirVolumePlugin: true\nvolumes: [hostPath, ")
    pods = DEPLOYMENT + "      volumes: [{name: logs, hostPath: {path: /var/log}}]\n---\n"
    custom = "custom SCC that allows only what the pod needs"
    assert not any(custom in found.help for found in findings_of(pods + scc + role + binding, "SCC102"))
    wide = pods + scc + "allowHostPID: true\n" + role + binding
    assert "Allow in SCC agent only what the pods under it use" in advice(wide, "SCC102")


@pytest.mark.parametrize(("priority", "own"), [(10, True), (0, False)])
def test_a_grant_without_effect_is_for_an_account_of_its_own(priority: int, own: bool) -> None:
    # The other workload keeps the SCC, which the cluster tries first if its priority is higher.
    scc = SCC.replace("volumes: [", f"priority: {priority}\nallowHostDirVolumePlugin: true\nvolumes: [hostPath, ")
    users = 'users: ["system:serviceaccount:shop:web"]\nallowHostPID: true\n'
    agent = DEPLOYMENT.replace("name: web, namespace", "name: agent, namespace")
    agent = f"{agent}      hostPID: true\n      volumes: [{{name: logs, hostPath: {{path: /var/log}}}}]\n---\n"
    web = DEPLOYMENT.replace("serviceAccountName: web", "serviceAccountName: web\n      securityContext: {runAsUser: 1001}")
    scc = scc.replace("{type: MustRunAsRange}", "{type: RunAsAny}")
    found = [f for f in findings_of(f"{agent}{web}---\n{scc}{users}", "SCC102") if f.subject.name == "web"]
    assert ("service account of its own" in found[0].help) is own


def with_metadata(field: str, text: str) -> str:
    return DEPLOYMENT.replace("labels: {app: web}}", f"labels: {{app: web}}, {field}: {text}}}").replace(
        "labels: {app: web}, labels: {", "labels: {app: web, "
    )


@pytest.mark.parametrize(
    ("field", "asks", "refuses"),
    [
        ("annotations", '{consul.hashicorp.com/connect-inject: "true"}', '{consul.hashicorp.com/connect-inject: "false"}'),
        ("annotations", "{linkerd.io/inject: enabled}", "{linkerd.io/inject: disabled}"),
        ("labels", '{sidecar.istio.io/inject: "true"}', '{sidecar.istio.io/inject: "false"}'),
        ("labels", "{kuma.io/sidecar-injection: enabled}", "{kuma.io/sidecar-injection: disabled}"),
        ("annotations", '{dapr.io/enabled: "true"}', '{dapr.io/enabled: "false"}'),
    ],
)
def test_no_grant_is_to_be_narrowed_for_pods_to_which_a_webhook_adds_containers(field: str, asks: str, refuses: str) -> None:
    fixed = "          securityContext: {runAsUser: 1000, runAsNonRoot: true}\n"
    injected = with_metadata(field, asks) + fixed + grant("privileged")
    key = asks.strip("{").partition(":")[0]
    (found,) = findings_of(injected, "SCC102")
    assert found.message.endswith("its pods use none of it, as they are written")
    assert found.help == (
        f"Check what the containers need that a webhook adds because of {field.removesuffix('s')} {key}, and grant no more than that."
    )
    (granted,) = findings_of(injected, "RBA402")
    assert granted.help.endswith(
        f"(the containers that a webhook adds, because of {field.removesuffix('s')} {key}, may need more)."
    )
    alone = with_metadata(field, refuses) + fixed + grant("privileged")
    assert advice(alone, "SCC102").startswith("Remove runAsUser: 1000 (SCC restricted-v2 then admits the pods")


def test_the_label_of_a_namespace_makes_a_webhook_add_containers_unless_the_pod_refuses() -> None:
    namespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}\n"
    # restricted-v2 admits these pods as well, and everyone may use it.
    unneeded = DEPLOYMENT + grant("hostnetwork-v2")
    assert findings_of(unneeded, "RBA403")
    assert not findings_of(unneeded + namespace, "RBA403")
    refusing = with_metadata("annotations", '{sidecar.istio.io/inject: "false"}') + grant("hostnetwork-v2")
    assert findings_of(refusing + namespace, "RBA403")
    rejected = DEPLOYMENT + "          securityContext: {runAsUser: 1000}\n" + namespace
    because = "because of label istio-injection of the namespace, may need more"
    assert f"the containers that a webhook adds, {because}" in advice(rejected, "SCC101")


def test_an_id_that_is_needed_ends_with_a_grant_and_a_suppression() -> None:
    before = DEPLOYMENT + "          securityContext: {runAsUser: 1001}\n"
    granted = before + grant("nonroot-v2")
    assert "grant service account web SCC nonroot-v2, the most restrictive that admits the pod." in advice(before, "SCC101")
    assert advice(granted, "SCC107").endswith("Or suppress this finding with your reason if the program needs this ID.")
    ignore = "annotations: {scclint.dev/ignore: 'SCC107: the files belong to it'}"
    assert_followed(granted, granted.replace("namespace: shop}", f"namespace: shop, {ignore}}}", 1), "SCC107")


@pytest.mark.parametrize(
    "fields", ["runAsUser: 1001, capabilities: {add: [CHOWN]}", "seccompProfile: {type: Localhost, localhostProfile: a.json}"]
)
def test_no_suppression_is_asked_for_where_the_id_alone_is_not_the_cause(fields: str) -> None:
    text = advice(DEPLOYMENT + f"          securityContext: {{{fields}}}\n", "SCC101")
    assert "service account web a custom SCC" in text
    assert "suppress" not in text


def test_an_scc_that_allows_more_than_the_id_is_not_to_be_accepted() -> None:
    profile = "          securityContext: {runAsUser: 1001, seccompProfile: {type: RuntimeDefault}}\n"
    assert "suppress" not in advice(DEPLOYMENT + profile + grant("anyuid"), "SCC107")


@pytest.mark.parametrize(
    ("of_pod", "of_container", "group"),
    [
        ("runAsUser: 1000, runAsGroup: 1000", "", " with group 1000"),
        ("runAsGroup: 1000", "runAsUser: 1000", " with group 1000"),
        ("runAsUser: 1000", "runAsGroup: 1000", " with group 1000"),
        ("runAsUser: 1000, runAsGroup: 0", "", ""),
        ("runAsUser: 1000", "", ""),
    ],
)
def test_a_group_that_no_scc_rejects_stays_and_is_named(of_pod: str, of_container: str, group: str) -> None:
    """An image for any user ID gives its files to group 0, which a process has unless `runAsGroup` names another."""
    text = DEPLOYMENT.replace("      containers", f"      securityContext: {{{of_pod}}}\n      containers")
    text += f"          securityContext: {{{of_container}}}\n"
    first = advice(text, "SCC101").partition(". ")[0]
    assert first.startswith("Remove runAsUser: 1000 (")
    assert f"the image must allow any user ID{group}" in first
    assert ("with group" in first) is bool(group)


@pytest.mark.parametrize(
    ("kind", "role", "rights"),
    [
        ("RoleBinding", "view", "ClusterRole view"),
        ("RoleBinding", "cluster-admin", "ClusterRole cluster-admin in part, because it allows every SCC"),
    ],
)
def test_a_new_account_does_not_get_the_right_to_every_scc(kind: str, role: str, rights: str) -> None:
    text = DEPLOYMENT.replace("serviceAccountName: web", "hostPID: true") + (
        f"---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: b, namespace: shop}}\n"
        f"roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}\n"
        "subjects: [{kind: ServiceAccount, name: default, namespace: shop}]\n"
    )
    help = " ".join(found.help for found in findings(text) if found.rule_id in ("SCC101", "SCC102"))
    assert f"with the rights of default that the program uses ({rights})" in help


@pytest.mark.parametrize(
    ("volume", "said"), [("persistentVolumeClaim: {claimName: data}", True), ("emptyDir: {}", False)], ids=["persistent", "not"]
)
def test_what_becomes_of_volumes_without_a_group_is_said(volume: str, said: bool) -> None:
    text = DEPLOYMENT + f"      securityContext: {{fsGroup: 1001}}\n      volumes: [{{name: data, {volume}}}]\n"
    effect = "on plain Kubernetes, nothing then makes the volumes writable for the pod's group"
    assert (effect in advice(text, "SCC101")) is said


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ("{runAsUser: 1001, runAsNonRoot: true}", True),
        ("{runAsUser: 1001}", False),
        ("{runAsUser: 1001, runAsNonRoot: false}", False),
    ],
)
def test_what_a_container_needs_elsewhere_without_its_user_is_said(context: str, said: bool) -> None:
    text = DEPLOYMENT + f"          securityContext: {context}\n"
    effect = (
        "on plain Kubernetes, container web then starts only if the image names a user ID other than 0 (runAsNonRoot: true)"
    )
    assert (effect in advice(text, "SCC101")) is said


@pytest.mark.parametrize(("number", "told"), [(2, True), (3, False)])
def test_a_program_is_not_told_to_work_without_many_volumes_of_its_node(number: int, told: bool) -> None:
    volumes = "".join(f"        - {{name: v{n}, hostPath: {{path: /srv/v{n}}}}}\n" for n in range(number))
    found = advice(f"{DEPLOYMENT}      volumes:\n{volumes}", "SCC101")
    assert "custom SCC" in found
    assert ("remove volume v" in found.lower()) is told
