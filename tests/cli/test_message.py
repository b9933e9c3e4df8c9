"""`scclint explain --message`: a pasted message, alone and with manifests beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, cli, here

__all__ = ["cli", "here"]

DENIAL = (
    'Error creating: pods "web-d9df65dc5-" is forbidden: unable to validate against any security context constraint: '
    '[provider "anyuid": Forbidden: not usable by user or serviceaccount, provider restricted-v2: .containers[0].runAsUser: '
    "Invalid value: 1000: must be in the ranges: [1000760000, 1000769999]]"
)
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1
          securityContext:
            runAsUser: 1000
"""


@pytest.fixture(autouse=True)
def _files(here: Path) -> None:
    Path("error.txt").write_text(DENIAL)
    Path("deploy").mkdir()
    Path("deploy/web.yaml").write_text(WEB.replace("NAME", "web"))
    Path("deploy/other.yaml").write_text(WEB.replace("NAME", "other"))


def words(text: str) -> str:
    """The text without the line breaks of a terminal."""
    return " ".join(text.split())


def test_a_message_alone(cli: Cli) -> None:
    run = cli("explain", "--message", "error.txt")
    assert (run.status, run.err) == (0, "")
    assert "No SCC admits the pods of Deployment web: SCC restricted-v2 rejects `runAsUser: 1000` of `containers[0]`." in words(
        run.out
    )
    assert "Do: Remove runAsUser: 1000 (in Deployment web" in words(run.out)
    assert "`oc adm policy add-scc-to-user nonroot-v2 -z SERVICE_ACCOUNT -n NAMESPACE`" in words(run.out)
    assert "The user IDs of the namespace are 1000760000 to 1000769999." in words(run.out)


def test_a_message_as_an_argument(cli: Cli) -> None:
    assert cli("explain", "--message", DENIAL).out == cli("explain", "--message", "error.txt").out


def test_each_incident_has_its_own_answer(cli: Cli) -> None:
    other = DENIAL.replace("web-", "api-").replace(
        "runAsUser: Invalid value: 1000: must be in the ranges: [1000760000, 1000769999]",
        "privileged: Invalid value: true: Privileged containers are not allowed",
    )
    Path("error.txt").write_text(f"{DENIAL}\n{other}\n{DENIAL}\n")
    run = cli("explain", "--message", "error.txt", "--format", "json")
    first, second = json.loads(run.out)["incidents"]
    assert (first["pod"], first["count"], first["uidRange"]) == ("web-d9df65dc5-", 2, [1000760000, 1000769999])
    assert (second["pod"], second["count"], second["uidRange"]) == ("api-d9df65dc5-", 1, [])
    assert [step["text"].split()[0] for step in first["steps"]] == ["Remove", "If"]
    assert "add-scc-to-user privileged" in second["steps"][0]["text"]


def test_a_product_whose_scc_lacks_a_field(cli: Cli) -> None:
    Path("error.txt").write_text(
        'pods "agent-" is forbidden: unable to validate against any security context constraint: [provider "anyuid": Forbidden: not '
        "usable by user or serviceaccount, provider agent: .containers[0].hostPort: Invalid value: 9090: Host ports are not allowed]"
    )
    run = cli("explain", "--message", "error.txt")
    assert "Do: In SCC agent, which the pod may use, add `allowHostPorts: true`" in words(run.out)


@pytest.mark.parametrize(
    ("would", "level", "violations", "expected"),
    [
        (
            "violates",
            "restricted",
            'seccompProfile (pod or container "a" must set x)',
            "Do: Write `seccompProfile: {type: RuntimeDefault}` in the securityContext of container a",
        ),
        (
            "violates",
            "restricted",
            'seccompProfile (pod or container "a" must s',
            "seccompProfile: {type: RuntimeDefault}` in the securityContext",
        ),
        ("violates", "restricted", "", "Do: Write the fields that the message names"),
        ("violates", "baseline", "host namespaces (hostNetwork=true)", "pod-security.kubernetes.io/enforce=privileged"),
        (
            "would violate",
            "restricted",
            'runAsNonRoot != true (pod or container "a" must set x)',
            "The pod is created all the same",
        ),
    ],
)
def test_pod_security(cli: Cli, would: str, level: str, violations: str, expected: str) -> None:
    Path("error.txt").write_text(f'pods "web" is forbidden: {would} PodSecurity "{level}:latest": {violations}')
    assert expected in words(cli("explain", "--message", "error.txt").out)


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        (
            "spec.containers[0].securityContext.runAsUser: Invalid value: 7: must be: 101",
            "Do: Find the SCC that is none of OpenShift's and that this pod may use",
        ),
        ("provider restricted-v2: .spec.securityContext.fsGroup: Inva", "Do: Remove `fsGroup` ("),
        (
            'provider restricted-v2: .containers[0].seLinuxOptions.level: Invalid value: "": must be s0:c1,c2',
            "Do: Remove seLinuxOptions (",
        ),
        (
            'spec.containers[0].capabilities.add: Invalid value: "NET_BIND_SERVICE": capability may not be added, '
            "spec.containers[0].runAsUser: Invalid value: 7: must be in the ranges: [10, 19]",
            "SCC restricted rejects `runAsUser: 7` of `containers[0]`.",
        ),
        (
            'provider "anyuid": Forbidden: not usable by user or serviceaccount, provider "nonroot-v2": Forbidden: not usable by user or '
            'serviceaccount, provider "nonroot": Forbidden: not usable by user or serviceaccount, provider "hostmount-anyuid": Forbidden: '
            'not usable by user or serviceaccount, spec.containers[0].securityContext.capabilities.add: Invalid value: "NET_BIND_SERVICE": '
            "capability may not be added, spec.containers[0].runAsUser: Invalid value: 7: must be in the ranges: [10, 19]",
            "If it is of this product, write `allowedCapabilities: [NET_BIND_SERVICE]` in it",
        ),
        (
            "provider restricted-v3: .containers[0].runAsUser: Invalid value: 1000: must be in the ranges: [1000740000, 1000749999]",
            "which has `runAsUser: {type: MustRunAsRange, uidRangeMin: 1000, uidRangeMax: 65534}`: `oc get scc restricted-v3 -o yaml`",
        ),
        (
            "provider anyuid: .spec.hostNetwork: Invalid value: true: Host network is not allowed to be used, provider anyuid: "
            ".containers[0].runAsUser: Invalid value: 7: must be in the ranges: [10, 19]",
            "SCC anyuid of this cluster rejects `runAsUser: 7` of `containers[0]`, which SCC anyuid of OpenShift allows.",
        ),
        (
            'provider restricted-v2: .spec.volumes[3]: Invalid value: "hostPath": hostPath volumes are not allowed to be used',
            "Or: If the program can do without, remove hostPath volumes (",
        ),
        ("provider restricted-v3: .spec.hostUsers: Invalid value: true: must be false", "or write `hostUsers: false`"),
        ("", "the list of reasons is empty, so the account of the pod may use no SCC at all"),
        (
            'provider "restricted-v2": Forbidden: not usable by user or serviceaccount',
            "`oc adm policy add-scc-to-group restricted-v2 system:authenticated`",
        ),
        (
            'provider restricted-v2: .spec.securityContext.sysctls[0]: Forbidden: unsafe sysctl "kernel.sem" is not allowed',
            "Do: Remove sysctls (",
        ),
        (
            "pod.metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: Forbidden: unconfined is not an allowed seccomp profile. "
            "Valid values are [runtime/default]",
            "Do: Write seccompProfile: {type: RuntimeDefault} in the pod's securityContext (",
        ),
        (
            "provider restricted-v2: .containers[1].runAsUser: Invalid value: 1337: must be in the ranges: [10, 19]",
            "The user ID 1337 is that of the proxy of Istio, whose webhook adds the container to the pod",
        ),
        (
            "provider restricted-v2: .spec.hostPID: Invalid value: true: Host PID is not allowed to be used",
            "Or: If the product brings an SCC of its own",
        ),
    ],
)
def test_what_a_denial_needs(cli: Cli, reasons: str, expected: str) -> None:
    Path("error.txt").write_text(
        f'pods "a-" is forbidden: unable to validate against any security context constraint: [{reasons}]'
    )
    assert expected in words(cli("explain", "--message", "error.txt").out)


def test_an_scc_of_openshift_that_rejects_what_it_does_not_allow_is_not_changed(cli: Cli) -> None:
    run = cli("explain", "--message", "error.txt")
    assert "of this cluster" not in run.out
    assert "none of OpenShift's" not in run.out


@pytest.mark.parametrize(
    ("would", "violations", "is_other_scc"),
    [
        ("violates", 'runAsNonRoot != true (pod or container "a" must set x)', True),
        ("would violate", 'runAsNonRoot != true (pod or container "a" must set x)', False),
        ("violates", "host namespaces (hostPID=true)", False),
    ],
)
def test_fields_that_restricted_v2_sets_are_missing_under_another_scc(
    cli: Cli, would: str, violations: str, is_other_scc: bool
) -> None:
    Path("error.txt").write_text(f'pods "web" is forbidden: {would} PodSecurity "restricted:latest": {violations}')
    assert ("another SCC such as `anyuid`" in words(cli("explain", "--message", "error.txt").out)) is is_other_scc


@pytest.mark.parametrize(
    "reason", ["provider restricted-v2: .containers[1].runAsUser: Invalid value: 7: must be in the ranges: [10, 19]"]
)
def test_a_pod_that_asks_for_a_user_alone_needs_no_mesh_and_no_scc_of_a_product(cli: Cli, reason: str) -> None:
    Path("error.txt").write_text(
        f'pods "a-" is forbidden: unable to validate against any security context constraint: [{reason}]'
    )
    out = words(cli("explain", "--message", "error.txt").out)
    assert "proxy of" not in out
    assert "Or: If the product brings" not in out


def test_a_pod_of_oc_debug(cli: Cli) -> None:
    Path("error.txt").write_text(
        'Error from server (Forbidden): pods "node-1-debug" is forbidden: unable to validate against any security context constraint: '
        "[provider restricted-v2: .containers[0].privileged: Invalid value: true: Privileged containers are not allowed]"
    )
    run = cli("explain", "--message", "error.txt")
    assert "which creates it with the rights of whoever runs the command" in words(run.out)
    assert "`oc adm policy add-scc-to-user privileged USER` if a person does" in words(run.out)


def test_answers_name_their_pods_and_the_namespace_of_the_command(cli: Cli) -> None:
    rows = [
        "$ oc get events -n shop",
        '1m  Warning  Failed  pod/api-7d4b9c6f5-x2k4p  Error: container create failed: exec: "/app/start.sh": permission denied',
        '1m  Warning  Failed  pod/db-0  Error: container has runAsNonRoot and image will run as root (pod: "db-0_shop(1)", container: db)',
    ]
    Path("error.txt").write_text("\n".join(rows))
    out = words(cli("explain", "--message", "error.txt").out)
    assert "The pods of Deployment api: The user ID that the SCC sets may not execute the program" in out
    assert "Pod db-0, container db: `runAsNonRoot: true` is set" in out
    assert "-z SERVICE_ACCOUNT -n shop`" in out
    Path("error.txt").write_text("mkdir /.kube: permission denied")
    assert cli("explain", "--message", "error.txt").out.startswith("The program writes /.kube.")


def test_a_record_of_the_mode_audit(cli: Cli) -> None:
    Path("error.txt").write_text(
        '{"objectRef": "shop/deployments/web", "pod-security.kubernetes.io/audit-violations": "would violate PodSecurity '
        '\\"restricted:latest\\": runAsNonRoot != true (pod or container \\"web\\" must set x)"}'
    )
    run = cli("explain", "--message", "error.txt")
    assert "would reject the pods of Deployment web" in words(run.out)
    assert "This is a record of the mode `audit`" in words(run.out)
    assert "oc label namespace shop --overwrite" in words(run.out)
    assert "pod-security.kubernetes.io/audit=baseline" in words(run.out)


def test_no_workload_makes_the_pod(cli: Cli) -> None:
    Path("error.txt").write_text(DENIAL.replace("web-", "api-"))
    run = cli("explain", "--message", "error.txt", "deploy")
    assert run.out.startswith("No workload in the manifests makes this pod.")
    assert "deploy/" not in words(run.out)


def test_a_container_that_the_manifest_does_not_have(cli: Cli) -> None:
    Path("error.txt").write_text(DENIAL.replace(".containers[0].", ".initContainers[0].").replace("1000:", "0:"))
    Path("deploy/web.yaml").write_text(WEB.replace("NAME", "web").replace("runAsUser: 1000", "runAsNonRoot: true"))
    run = cli("explain", "--message", "error.txt", "deploy")
    assert "The manifest has 0 initContainers, and the message is about initContainers[0]: a webhook" in words(run.out)


def test_the_finding_on_the_workload_and_its_fix(cli: Cli) -> None:
    run = cli("explain", "--message", "error.txt", "deploy")
    assert run.status == 0
    assert "deploy/web.yaml:13:13: error[SCC101] Deployment web: no SCC admits its pods" in words(run.out)
    assert "fix: Remove runAsUser: 1000." in words(run.out)
    # The name of the pod says which workload is meant.
    assert "other.yaml" not in words(run.out)


def test_the_finding_on_an_image_that_cannot_run(cli: Cli) -> None:
    for name in ("web", "other"):
        Path(f"deploy/{name}.yaml").write_text(
            WEB.replace("NAME", name)
            .replace("registry.example/web:1", "nginx:1.25")
            .replace("runAsUser: 1000", "runAsNonRoot: true")
        )
    Path("error.txt").write_text("$ oc logs web-d9df65dc5-x2k4p\nbind() to 0.0.0.0:80 failed (13: Permission denied)\n")
    out = words(cli("explain", "--message", "error.txt", "deploy").out)
    assert "Deployment web makes it: deploy/web.yaml:3" in out
    assert "deploy/web.yaml:11:11: warning[SCC115]" in out
    assert "other.yaml" not in out


@pytest.mark.parametrize(
    ("text", "containers"),
    [
        ("open /data/temp-1.rdb: permission denied", {"cache", "zookeeper"}),
        ("/docker-entrypoint.sh: line 15: /conf/zoo.cfg: Permission denied", {"zookeeper"}),
        ("bind() to 0.0.0.0:80 failed (13: Permission denied)", {"proxy"}),
        ("open /database/file: permission denied", {"cache", "zookeeper", "proxy"}),
    ],
)
def test_the_container_whose_image_needs_the_path_or_port(cli: Cli, text: str, containers: set[str]) -> None:
    images = {"cache": "redis:7.2", "zookeeper": "zookeeper:3.9", "proxy": "nginx:1.25"}
    listed = "".join(f"    - {{name: {name}, image: '{image}'}}\n" for name, image in images.items())
    Path("pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop, annotations: "
        f"{{openshift.io/required-scc: restricted-v2}}}}\nspec:\n  containers:\n{listed}"
    )
    Path("error.txt").write_text(text)
    out = words(cli("explain", "--message", "error.txt", "pod.yaml").out)
    assert {name for name in ("cache", "zookeeper", "proxy") if f"Pod web: container {name}" in out} == containers, out


def test_json(cli: Cli) -> None:
    run = cli("explain", "--message", "error.txt", "--format", "json", "deploy")
    document = json.loads(run.out)
    (incident,) = document["incidents"]
    assert (document["version"], incident["pod"], incident["error"]) == (1, "web-d9df65dc5-", "must be in the ranges")
    assert incident["reasons"][0]["from"] == "SCC restricted-v2"
    assert (incident["workload"], incident["denied"]) == ("Deployment web", ["anyuid"])
    assert {finding["rule"] for finding in incident["findings"]} == {"SCC101", "SCC107"}
    assert incident["findings"][0]["fix"] == "Remove runAsUser: 1000."


def test_the_range_of_the_message_holds_for_the_manifests(cli: Cli) -> None:
    assert "must be in the ranges: [1000760000, 1000769999]" in words(
        cli("explain", "--message", "error.txt", "deploy").out.split("SCC101")[1]
    )


def test_manifests_that_do_not_have_the_problem(cli: Cli) -> None:
    Path("deploy/web.yaml").write_text(WEB.replace("NAME", "web").replace("runAsUser: 1000", "runAsNonRoot: true"))
    run = cli("explain", "--message", "error.txt", "deploy")
    assert "Deployment web makes it: deploy/web.yaml:3" in words(run.out)
    assert "The message says runAsUser: 1000 of container web, and the manifest does not set it there" in words(run.out)


@pytest.mark.parametrize(("wording", "release"), [("[]int64{1}: 1 is", "4.20"), ("[1]: 1 is", "4.22")])
def test_the_release_follows_from_the_wording(cli: Cli, wording: str, release: str) -> None:
    Path("error.txt").write_text(
        f"{DENIAL[:-1]}, provider restricted-v2: .spec.fsGroup: Invalid value: {wording} not an allowed group]"
    )
    assert f"OpenShift {release};" in cli("explain", "--message", "error.txt", "deploy").out


def test_a_message_without_a_known_error(cli: Cli) -> None:
    Path("error.txt").write_text("hello\n")
    run = cli("explain", "--message", "error.txt")
    assert (run.status, run.out) == (2, "")
    assert run.err.startswith("scclint: scclint knows no error in this text.")
    run = cli("explain")
    assert (run.status, run.out) == (2, "")
    assert "--message TEXT" in run.err
