"""`scclint suggest`: the least SCC admits its pods, takes no other pod, and cannot be smaller."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scclint.config.model import Config
from scclint.errors import UsageError
from scclint.linting import lint_texts
from scclint.objects.types import Workload
from scclint.outcome.world import PROJECT_USER, World
from scclint.platform.terms import REQUIRED_SCC, UNSPECIFIED_NAMESPACE
from scclint.remedy.least_privilege import Suggestion, suggest, tighter
from scclint.report.suggest import render_yaml
from scclint.run.judge import open_units
from scclint.validation.validate import validate
from tests.running import open_one, run_over
from tests.yaml_text import read_documents

FIXTURES = Path(__file__).parents[2] / "fixtures"


def deployment(spec: str = "", context: str = "", name: str = "web", account: str = "web") -> str:
    return f"""apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      serviceAccountName: {account}
      {spec or "restartPolicy: Always"}
      containers:
        - name: web
          image: registry.example/web:1
          securityContext: {{{context}}}
"""


def opened(text: str, release: str = "4.22") -> tuple[World, list[Workload]]:
    one = open_one(text=text, config=Config(openshift=(release,), render="never"))
    (world,) = one.worlds.values()
    return world, one.workloads


def suggested(text: str, release: str = "4.22") -> Suggestion:
    world, workloads = opened(text, release)
    return suggest(world, workloads, "shop", workloads[0].pod.service_account)


def scc_of(found: Suggestion) -> dict[str, Any]:
    return next(dict(item) for item in found.objects if item["kind"] == "SecurityContextConstraints")


CUSTOM = {
    "root": deployment(context="runAsUser: 0"),
    "capability": deployment(context="capabilities: {add: [NET_ADMIN]}"),
    "host paths": deployment("volumes: [{name: log, hostPath: {path: /var/log}}]"),
    "host network and processes": deployment("{hostNetwork: true, hostPID: true}".strip("{}").replace(", ", "\n      ")),
    "privileged": deployment(context="privileged: true"),
    "a profile of its own": deployment(context="seccompProfile: {type: Localhost, localhostProfile: a.json}"),
    "two users": deployment(context="runAsUser: 0") + "---\n" + deployment(context="runAsUser: 7", name="job"),
    "SELinux type": deployment("securityContext: {seLinuxOptions: {type: spc_t}}"),
    "unsafe sysctl": deployment("securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}"),
    "sysctl with slashes": deployment("securityContext: {sysctls: [{name: kernel/msgmax, value: '1'}]}"),
    "host port": deployment().replace("image:", "ports: [{containerPort: 80, hostPort: 80}]\n          image:"),
    "nfs volume": deployment("volumes: [{name: data, nfs: {server: a, path: /}}]"),
}


@pytest.mark.parametrize("text", CUSTOM.values(), ids=CUSTOM)
def test_a_custom_scc_admits_its_pods_and_cannot_be_smaller(text: str) -> None:
    world, workloads = opened(text)
    found = suggest(world, workloads, "shop", "web")
    assert found.kind == "custom"
    assert {change[2] for change in found.pods} <= {found.scc, "restricted-v2"}
    scc = scc_of(found)
    pods = []
    for workload in workloads:
        verdict = world.outcome(workload).verdict
        assert verdict is not None
        pods.append({**verdict.submitted, "metadata": {"name": "a", "annotations": {REQUIRED_SCC: found.scc}}})
    now = [world.cluster.with_objects([{**scc, "users": ["system:serviceaccount:shop:web"]}])]
    before = [now[0].admit(pod, namespace="shop", user=PROJECT_USER).pod for pod in pods]
    for step in tighter(scc):
        smaller = world.cluster.with_objects([{**step, "users": ["system:serviceaccount:shop:web"]}])
        after = [smaller.admit(pod, namespace="shop", user=PROJECT_USER) for pod in pods]
        assert not all(verdict.allowed for verdict in after) or [verdict.pod for verdict in after] != before


@pytest.mark.parametrize("text", CUSTOM.values(), ids=CUSTOM)
def test_every_field_that_allows_something_has_its_reason(text: str) -> None:
    found = suggested(text)
    scc = scc_of(found)
    for field in ("allowPrivilegedContainer", "allowHostNetwork", "allowHostPorts", "allowHostPID", "allowPrivilegeEscalation"):
        assert scc[field] is ((field,) in found.reasons)
    for name in scc["allowedCapabilities"]:
        assert name == "NET_BIND_SERVICE" or ("allowedCapabilities", name) in found.reasons
    assert not {"priority", "users", "groups"} & scc.keys()
    assert scc["seccompProfiles"][0] == "runtime/default"
    assert all(reason.startswith("Deployment ") for reason in found.reasons.values())


@pytest.mark.parametrize("text", CUSTOM.values(), ids=CUSTOM)
def test_what_is_printed_is_yaml_that_scclint_accepts(text: str) -> None:
    found = suggested(text)
    stream = render_yaml(found)
    assert read_documents(stream) == [dict(item) for item in found.objects]
    report = lint_texts({"web.yaml": text, "scc.yaml": stream}, Config(render="never"))
    assert [f for f in report.findings if f.span.file == "scc.yaml" and f.kind in ("problem", "gap")] == []
    assert [f for f in report.findings if f.rule_id == "SCC101"] == []


def test_a_sysctl_with_slashes_is_allowed_by_the_part_before_them() -> None:
    """The API rejects an SCC that lists a sysctl with slashes, and the plugin compares the name as the pod writes it."""
    world, workloads = opened(deployment("securityContext: {sysctls: [{name: net/core/somaxconn, value: '1'}]}"))
    found = suggest(world, workloads, "shop", "web")
    scc = scc_of(found)
    assert scc["allowedUnsafeSysctls"] == ["net*"]
    assert validate(scc, scc["apiVersion"], scc["kind"], 35, openshift=True) == []
    assert any(note.startswith("write net.core.somaxconn instead of net/core/somaxconn in the pods") for note in found.notes)


def test_nothing_is_granted_where_nothing_is_needed() -> None:
    found = suggested(deployment())
    assert (found.kind, found.scc, found.objects) == ("usable", "restricted-v2", ())
    assert "nothing has to be granted" in render_yaml(found)


@pytest.mark.parametrize("pin", ["", "restricted-v2"])
def test_nothing_is_to_be_done_where_the_default_account_may_use_the_scc(pin: str) -> None:
    found = suggested(requiring(f"'{pin}'", deployment(account="default")))
    assert (found.kind, found.account, found.objects, found.notes, found.pin) == ("usable", "default", (), (), False)


def test_a_service_account_that_the_notes_name_is_printed() -> None:
    found = suggested(requiring("anyuid", deployment(account="default")))
    assert "set serviceAccountName: web in the pods, which run as the account default now" in found.notes
    assert ("ServiceAccount", "web") in [(item["kind"], item["metadata"]["name"]) for item in found.objects]


def requiring(scc: str, text: str) -> str:
    return text.replace(
        "metadata: {labels: {app: web}}", f"metadata: {{labels: {{app: web}}, annotations: {{{REQUIRED_SCC}: {scc}}}}}"
    )


def test_a_required_scc_is_granted_by_its_name() -> None:
    found = suggested(requiring("nested-container", deployment("hostUsers: false", "procMount: Unmasked, runAsUser: 1000")))
    assert (found.kind, found.scc, found.pin) == ("shipped", "nested-container", False)
    assert found.objects[-1]["roleRef"]["name"] == "system:openshift:scc:nested-container"
    assert [change[2] for change in found.pods] == ["nested-container"]


@pytest.mark.parametrize("scc", ["privileged", "machine-api-termination-handler", "missing"])
def test_an_scc_that_must_not_be_granted_is_not_required_any_longer(scc: str) -> None:
    found = suggested(requiring(scc, deployment(context="runAsUser: 1001")))
    assert (found.kind, found.scc) == ("shipped", "nonroot-v2")
    assert f"write {REQUIRED_SCC}: nonroot-v2 instead of {scc} in the pods of Deployment web" in found.notes
    assert [change[2] for change in found.pods] == ["nonroot-v2"]


def test_the_outcome_of_another_workload_is_that_without_an_annotation() -> None:
    found = suggested(deployment(context="privileged: true") + "---\n" + deployment(name="migrate"))
    assert not found.pin
    assert [change[2] for change in found.pods] == ["scc-shop-web", "restricted-v2"]


@pytest.mark.parametrize(
    ("context", "user"),
    [
        ("capabilities: {add: [NET_ADMIN]}", "RunAsAny"),
        ("capabilities: {add: [NET_ADMIN]}, runAsNonRoot: true", "MustRunAsRange"),
        ("capabilities: {add: [NET_ADMIN]}, runAsUser: 100", "MustRunAsRange"),
        ("capabilities: {add: [NET_BIND_SERVICE]}, allowPrivilegeEscalation: true", "MustRunAsRange"),
    ],
)
def test_a_container_uses_added_capabilities_as_the_user_of_its_image(context: str, user: str) -> None:
    assert scc_of(suggested(deployment(context=context)))["runAsUser"]["type"] == user


def test_a_privileged_container_keeps_the_user_of_its_image() -> None:
    assert scc_of(suggested(deployment(context="privileged: true")))["runAsUser"] == {"type": "RunAsAny"}
    assert suggested(deployment(context="privileged: true")).notes == ()
    limited = deployment(context="privileged: true, runAsNonRoot: true")
    assert scc_of(suggested(limited))["runAsUser"] == {"type": "MustRunAsRange"}
    changed = "the image must allow any user ID"
    own = "if one does not, write runAsUser: {type: RunAsAny} in the SCC"
    assert suggested(limited).notes == (f"check the images of Deployment web, because {changed}; {own}",)


@pytest.mark.parametrize(
    ("path", "mount", "user"),
    [
        ("/var/lib/kubelet/device-plugins", "readOnly: true", "RunAsAny"),
        ("/srv/data", "readOnly: false", "RunAsAny"),
        ("/etc/localtime", "readOnly: true", "MustRunAsRange"),
    ],
)
def test_host_paths_belong_to_root(path: str, mount: str, user: str) -> None:
    mounted = deployment(f"volumes: [{{name: a, hostPath: {{path: {path}}}}}]").replace(
        "image:", f"volumeMounts: [{{name: a, mountPath: /a, {mount}}}]\n          image:"
    )
    assert scc_of(suggested(mounted))["runAsUser"]["type"] == user


def test_an_empty_list_of_groups_is_admitted() -> None:
    found = suggested(
        deployment("hostNetwork: true\n      securityContext: {supplementalGroups: []}").replace(
            "kind: Deployment", "kind: DaemonSet"
        )
    )
    assert [change[2] for change in found.pods] == [found.scc]
    assert suggested(deployment("securityContext: {supplementalGroups: []}")).scc == "restricted-v2"


@pytest.mark.parametrize(
    ("text", "scc"),
    [
        (deployment(context="runAsUser: 1001"), "nonroot-v2"),
        (deployment("hostNetwork: true"), "hostnetwork-v2"),
    ],
)
def test_an_scc_of_the_release_comes_before_a_custom_one(text: str, scc: str) -> None:
    found = suggested(text)
    assert (found.kind, found.scc) == ("shipped", scc)
    # The account is not in the input.
    assert [item["kind"] for item in found.objects] == ["ServiceAccount", "RoleBinding"]
    assert [change[2] for change in found.pods] == [scc]
    account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: shop}\n"
    assert [item["kind"] for item in suggested(text + account).objects] == ["RoleBinding"]


def test_the_default_account_is_granted_nothing() -> None:
    found = suggested(deployment(context="runAsUser: 1001", account="default"))
    assert found.account == "web"
    assert [item["kind"] for item in found.objects] == ["ServiceAccount", "RoleBinding"]
    assert "set serviceAccountName: web" in found.notes[0]


def test_a_grant_of_a_wider_scc_makes_the_annotation_necessary() -> None:
    grant = """---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:anyuid"}
subjects: [{kind: ServiceAccount, name: web}]
"""
    found = suggested(deployment(context="runAsUser: 0") + grant)
    assert found.pin
    assert f"{REQUIRED_SCC}: scc-shop-web" in render_yaml(found)
    old = "remove RoleBinding web (SCC anyuid) from the account, unless pods that are not in the input need it"
    assert old in found.notes


def test_an_scc_that_the_account_may_use_already_is_not_granted_again() -> None:
    grant = """---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: every-scc}
rules: [{apiGroups: [security.openshift.io], resources: [securitycontextconstraints], verbs: [use]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: every-scc}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
"""
    found = suggested(deployment(context="runAsUser: 1001") + grant)
    assert (found.kind, found.scc, found.objects, found.pin) == ("usable", "nonroot-v2", (), True)
    assert f"{REQUIRED_SCC}: nonroot-v2" in render_yaml(found)


@pytest.mark.parametrize(
    "context", ["runAsUser: 0", "capabilities: {add: [NET_ADMIN]}", "readOnlyRootFilesystem: true, runAsUser: 0"]
)
def test_no_other_pod_is_captured(context: str) -> None:
    """A custom SCC must come after restricted-v2, or it takes every plain pod of the account, and those of administrators."""
    world, workloads = opened(deployment(context=context))
    found = suggest(world, workloads, "shop", "web")
    order = list(world.cluster.with_objects(found.objects).sccs)
    assert order.index(found.scc) > order.index("restricted-v2")


def test_several_workloads_of_an_account_share_one_scc() -> None:
    found = suggested(deployment(context="runAsUser: 0") + "---\n" + deployment("hostPID: true", name="job"))
    assert len(found.pods) == 2
    assert scc_of(found)["allowHostPID"] is True
    job = "check the images of Deployment job, because the containers then run as user ID 0: the image must allow it"
    assert any(note.startswith(job) for note in found.notes)


def test_containers_that_must_not_be_root_are_left_to_their_images() -> None:
    text = (
        deployment(context="runAsUser: 5, capabilities: {add: [NET_ADMIN]}")
        + "        - {name: b, image: b, securityContext: {runAsNonRoot: true}}\n"
    )
    assert scc_of(suggested(text))["runAsUser"] == {"type": "MustRunAsNonRoot"}


def test_without_a_verdict_there_is_no_suggestion() -> None:
    with pytest.raises(UsageError, match="SCC admission does not run in namespace default"):
        world, workloads = opened(deployment().replace("shop", "default"))
        suggest(world, workloads, "default", "web")


def test_a_placeholder_is_no_namespace() -> None:
    text = deployment(context="runAsUser: 1001").replace("namespace: shop", "namespace: FILLED BY THE OPERATOR")
    world, workloads = opened(text)
    with pytest.raises(UsageError, match="its namespace is FILLED BY THE OPERATOR, which is not filled in"):
        suggest(world, workloads, world.namespace_of(workloads[0]), "web")


def test_a_pod_without_a_verdict_is_left_to_the_author() -> None:
    unknown = deployment(context="runAsUser: '${ID}'", name="job")
    found = suggested(deployment(context="runAsUser: 1001") + "---\n" + unknown)
    assert [change[0] for change in found.pods] == ["Deployment web"]
    assert found.notes[0].startswith("check the rest by hand, because of Deployment job: its outcome is not known, because")


def accounts(paths: Iterator[Path]) -> Iterator[tuple[World, list[Workload], str, str]]:
    for path in paths:
        for unit in open_units(run_over([str(path)], Config(render="never"))):
            (world,) = unit.worlds.values()
            by_account: dict[tuple[str, str], list[Workload]] = {}
            for workload in unit.workloads:
                outcome = world.outcome(workload)
                if outcome.verdict is not None and not outcome.verdict.skipped and outcome.namespace != UNSPECIFIED_NAMESPACE:
                    by_account.setdefault((outcome.namespace, workload.pod.service_account), []).append(workload)
            for (namespace, account), workloads in by_account.items():
                yield world, workloads[:1] if account == "default" else workloads, namespace, account


def assert_all_admitted(paths: Iterator[Path], least: int) -> None:
    kinds: Counter[str] = Counter()
    for world, workloads, namespace, account in accounts(paths):
        try:
            found = suggest(world, workloads, namespace, account)
        except UsageError as error:
            kinds["none"] += 1
            assert "SCC" in str(error)
            continue
        kinds[found.kind] += 1
        assert {change[2] for change in found.pods} <= {found.scc, "restricted-v2"}
    assert kinds["usable"] + kinds["shipped"] + kinds["custom"] >= least
    assert kinds["none"] <= 0.05 * kinds.total()
