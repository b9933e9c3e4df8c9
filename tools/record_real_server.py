"""Build the API server of an OpenShift release, and record what it answers to generated manifests.

    python tools/record_real_server.py build --microshift GIT --release 5.0 --output FOLDER
    python tools/record_real_server.py record --server FOLDER --release 5.0 --seed 7 --cases 400 --output FILE.jsonl.gz RECORDING ...

`GIT` is the git directory of a clone of openshift/microshift, whose branches `release-X` contain openshift/kubernetes with all patches.
`build` needs Go, 5 to 10 minutes of CPU and 4 GB of disk. It writes the sources, the binary and what `record` needs to FOLDER.

`record` starts etcd (of Debian's package etcd-server) and the API server, creates the objects of clusters from other recordings, and
sends manifests with `dryRun=All`. Each manifest is one of the recordings with fields of others and of `EXTRA`, so that one seed always
gives the same manifests. `tools/compare_real_server.py` compares the answers with scclint. The API server has the feature gates of the
feature set Default.
"""

import argparse
import copy
import gzip
import http.client
import json
import os
import random
import re
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from compare_real_server import fields_of
from ruamel.yaml import YAML

from scclint.admission.admit import VALIDATED_SCC
from scclint.admission.aggregate import Aggregation, selectors_of
from scclint.admission.authorize import controller_user
from scclint.cluster import Cluster
from scclint.objects.kinds import TEMPLATES
from scclint.platform.pod_names import controller_of
from scclint.yaml.untyped import value_at

Json = dict[str, Any]

SOURCES = "deps/github.com/openshift/kubernetes/"
CONFIG = "assets/controllers/kube-apiserver/defaultconfig.yaml"
SCC_CRD = "assets/crd/0000_03_config-operator_01_securitycontextconstraints.crd.yaml"
VERSION = "Makefile.kube_git.var"
FEATURES = "vendor/github.com/openshift/api/features/features.go"
"""The gates of the release. The copy within openshift/kubernetes may be older."""

PLUGINS = "pkg/controllers/kube-apiserver.go"
"""MicroShift's list of the plugins that need API servers or objects which it does not have. None of them changes a pod."""

PATHS = {
    ("v1", "Pod"): "/api/v1/namespaces/{}/pods",
    ("v1", "ReplicationController"): "/api/v1/namespaces/{}/replicationcontrollers",
    ("apps/v1", "DaemonSet"): "/apis/apps/v1/namespaces/{}/daemonsets",
    ("apps/v1", "Deployment"): "/apis/apps/v1/namespaces/{}/deployments",
    ("apps/v1", "ReplicaSet"): "/apis/apps/v1/namespaces/{}/replicasets",
    ("apps/v1", "StatefulSet"): "/apis/apps/v1/namespaces/{}/statefulsets",
    ("batch/v1", "CronJob"): "/apis/batch/v1/namespaces/{}/cronjobs",
    ("batch/v1", "Job"): "/apis/batch/v1/namespaces/{}/jobs",
}
CLUSTER_PATHS = {
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "CSIDriver": "/apis/storage.k8s.io/v1/csidrivers",
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "Namespace": "/api/v1/namespaces",
    "PriorityClass": "/apis/scheduling.k8s.io/v1/priorityclasses",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
    "RuntimeClass": "/apis/node.k8s.io/v1/runtimeclasses",
    "SecurityContextConstraints": "/apis/security.openshift.io/v1/securitycontextconstraints",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
}
ADMIN = ("kube:admin", ("system:authenticated", "system:authenticated:oauth", "system:cluster-admins"))

NODE, REQUIRED, PREFERRED = (
    "nodeAffinity",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution",
)

EXTRA: Mapping[str, tuple[Any, ...]] = {
    "container.livenessProbe": (
        {"httpGet": {"port": 0}},
        {"exec": {}},
        {"tcpSocket": {"port": "http_1"}},
        {"grpc": {"port": 70000}},
        {"httpGet": {"port": 80, "scheme": "ftp"}, "periodSeconds": -1},
        {"httpGet": {"port": 80}, "tcpSocket": {"port": 80}},
        {"httpGet": {"port": 80}, "successThreshold": 2},
        {"httpGet": {"port": 80, "path": ""}},
        {"httpGet": {"port": 80}, "terminationGracePeriodSeconds": 0},
        {},
    ),
    "container.readinessProbe": (
        {"httpGet": {"port": "a"}, "successThreshold": 3},
        {"exec": {"command": []}},
        {"timeoutSeconds": 1},
    ),
    "container.lifecycle": (
        {"preStop": {}},
        {"postStart": {"exec": {}}},
        {"preStop": {"sleep": {"seconds": -1}}},
        {"preStop": {"httpGet": {"port": 0}}},
    ),
    "container.resources": (
        {"limits": {"cpu": "-1"}},
        {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}},
        {"requests": {"memory": "1.5"}},
        {"limits": {"foo": "1"}},
        {"limits": {"example.com/gpu": "1"}, "requests": {"example.com/gpu": "2"}},
        {"limits": {"example.com/gpu": "500m"}},
        {"requests": {"hugepages-2Mi": "1Gi"}},
        {"claims": [{"name": "x"}]},
        {"claims": [{"name": "gpu"}, {"name": "gpu"}]},
        {"claims": [{"name": "gpu", "request": "A b"}, {"name": ""}]},
        {"claims": [{"name": "gpu", "request": "a"}, {"name": "gpu"}]},
        {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1500m", "memory": "512Mi"}},
        {"limits": {"hugepages-2Mi": "3Mi", "memory": "1Gi"}},
        {"limits": {"hugepages-2Mi": "4Mi", "cpu": 1}, "requests": {"hugepages-2Mi": "2Mi"}},
        {"limits": {"hugepages-x": "1Gi", "cpu": "1n"}},
        {"requests": {"example.com/gpu": "1"}},
        {"requests": {"memory": "-1Gi"}},
        {"limits": {"requests.cpu": "1", "pods": "1.5"}},
        {"limits": {"a b/c": "1"}},
        {"limits": {"requests.example.com/gpu": "1"}},
        {"limits": {"kubernetes.io/x": "1"}, "requests": {"kubernetes.io/x": "2"}},
        {"limits": {"ephemeral-storage": "1G"}, "requests": {"ephemeral-storage": "1Gi", "cpu": 0.25}},
        {"limits": {"memory": "1e3"}, "requests": {"memory": "1.0005Ki"}},
    ),
    "container.env": (
        [{"name": ""}],
        [{"name": "a=b", "value": "x"}],
        [{"name": "A", "value": "x", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
        [{"name": "A", "valueFrom": {}}],
        [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.bad"}}}],
        [{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.bad"}}}],
        [{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": ""}}}],
        [{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "2"}}}],
        [{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "requests.memory", "divisor": "1000Ki"}}}],
        [{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.ephemeral-storage", "divisor": "1024"}}}],
        [{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.hugepages-2Mi", "divisor": "1500m"}}}],
        [{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "requests.cpu", "divisor": "0.001"}}}],
        [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "", "key": "k"}}}],
        [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "a b"}}}],
    ),
    "container.envFrom": ([{}], [{"prefix": "1=", "secretRef": {"name": "s"}}], [{"secretRef": {"name": "S_"}}]),
    "container.imagePullPolicy": ("", "always", "Never"),
    "container.terminationMessagePolicy": ("", "Bad"),
    "container.volumeMounts": (
        [{"name": "nope", "mountPath": "/x"}],
        [{"name": "v0", "mountPath": ""}],
        [{"name": "v0", "mountPath": "/a", "subPath": "../b"}],
        [{"name": "v0", "mountPath": "/a"}, {"name": "v0", "mountPath": "/a"}],
        [{"name": "v0", "mountPath": "/a", "recursiveReadOnly": "Enabled"}],
    ),
    "container.ports": (
        [{"containerPort": 0}],
        [{"containerPort": 80, "protocol": "tcp"}],
        [{"containerPort": 80, "name": "Bad_Name"}],
    ),
    "spec.affinity": (
        {NODE: {REQUIRED: {"nodeSelectorTerms": []}}},
        {NODE: {PREFERRED: [{"weight": 0, "preference": {}}]}},
        {"podAffinity": {REQUIRED: [{"topologyKey": ""}]}},
        {"podAntiAffinity": {PREFERRED: [{"weight": 101, "podAffinityTerm": {"topologyKey": "a"}}]}},
        {NODE: {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "in"}]}]}}},
    ),
    "spec.tolerations": (
        [{"operator": "Exists", "value": "x"}],
        [{"key": "a", "operator": "equal"}],
        [{"effect": "NoSchedul"}],
        [{"key": "a", "effect": "NoSchedule", "tolerationSeconds": 3}],
        [{"key": "a b", "operator": "Exists"}],
    ),
    "spec.topologySpreadConstraints": (
        [{"maxSkew": 0, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule"}],
        [{"maxSkew": 1, "topologyKey": "", "whenUnsatisfiable": "x"}],
    ),
    "spec.terminationGracePeriodSeconds": (-1, 0),
    "spec.activeDeadlineSeconds": (0, -5),
    "spec.restartPolicy": ("", "Sometimes", "Never"),
    "spec.dnsPolicy": ("", "Bad", "None"),
    "spec.hostAliases": ([{"ip": "1.2.3"}], [{"ip": "1.2.3.4", "hostnames": ["a_b"]}]),
    "spec.nodeSelector": ({"a b": "c"}, {"a": "b c"}),
    "spec.serviceAccountName": ("Bad_Name", "missing"),
    "spec.schedulerName": ("",),
    "spec.imagePullSecrets": ([{"name": ""}], [{}]),
    "spec.hostname": ("a.b", "A"),
    "spec.subdomain": ("a.b",),
    "spec.enableServiceLinks": (False,),
    "spec.shareProcessNamespace": (True,),
    "spec.readinessGates": ([{"conditionType": "a b"}],),
    "spec.overhead": ({"cpu": "-1"}, {"foo": "1"}, {"cpu": "100m"}, {"hugepages-2Mi": "2Mi"}),
    "spec.resources": (
        {"limits": {"cpu": "1"}, "requests": {"cpu": "2"}},
        {"limits": {"example.com/gpu": "1"}},
        {"limits": {"memory": "1Mi"}},
        {"requests": {"cpu": "1m", "memory": "2Gi"}},
        {"claims": [{"name": "gpu"}]},
    ),
    "spec.resourceClaims": (
        [{"name": "gpu"}],
        [{"name": "Bad_Name", "resourceClaimName": "x"}, {"name": "gpu", "resourceClaimTemplateName": "A_"}],
        [{"name": "gpu", "resourceClaimName": "x", "resourceClaimTemplateName": "y"}],
        [{"name": "gpu", "resourceClaimName": "x"}, {"name": "gpu", "resourceClaimName": "y"}],
    ),
}
"""Values of fields that the recordings do not have."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the API server of a release, and record its answers.")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("build", help="build the API server")
    command.set_defaults(run=build)
    command.add_argument("--microshift", type=Path, required=True, metavar="GIT")
    command.add_argument("--release", required=True)
    command.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    command = commands.add_parser("record", help="record answers to generated manifests")
    command.set_defaults(run=record)
    command.add_argument("recordings", nargs="+", type=Path, help="recordings whose clusters and manifests are used")
    command.add_argument("--server", type=Path, required=True, metavar="FOLDER", help="what `build` wrote")
    command.add_argument("--release", required=True)
    command.add_argument("--seed", type=int, required=True)
    command.add_argument("--cases", type=int, default=400)
    command.add_argument("--output", type=Path, required=True, metavar="FILE")
    options = parser.parse_args()
    options.run(options)


# Build


def build(options: argparse.Namespace) -> None:
    branch, output = f"release-{options.release}", options.output.resolve()
    sources = output / "kubernetes"
    extract(options.microshift, branch, sources)
    for name in (CONFIG, SCC_CRD, FEATURES, PLUGINS):
        (output / Path(name).name).write_bytes(_shown(options.microshift, branch, name))
    written = dict(re.findall(r"^(KUBE_GIT_\w+)=(\S+)", _shown(options.microshift, branch, VERSION).decode(), re.MULTILINE))
    version = "k8s.io/component-base/version"
    values = {
        "gitVersion": written["KUBE_GIT_VERSION"],
        "gitMajor": written["KUBE_GIT_MAJOR"],
        "gitMinor": written["KUBE_GIT_MINOR"],
    }
    flags = " ".join(("-s -w", *(f"-X {version}.{name}={value}" for name, value in values.items())))
    environment = {**os.environ, "GOFLAGS": "-mod=vendor -p=2 -buildvcs=false", "CGO_ENABLED": "0"}
    command = ["go", "build", "-ldflags", flags, "-o", str(output / "kube-apiserver"), "./cmd/kube-apiserver"]
    subprocess.run(command, cwd=sources, env=environment, check=True)


def _shown(git: Path, branch: str, path: str) -> bytes:
    return subprocess.run(["git", "-C", str(git), "show", f"{branch}:{path}"], capture_output=True, check=True).stdout


def extract(git: Path, branch: str, output: Path) -> None:
    """Write the sources of openshift/kubernetes of a branch. Files that a partial copy of the repository lacks are left out."""
    command = ["git", "-C", str(git), "ls-tree", "-r", "-z", branch, "--", SOURCES]
    tree = subprocess.run(command, capture_output=True, check=True).stdout
    with subprocess.Popen(
        ["git", "-C", str(git), "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as batch:
        assert batch.stdin is not None
        assert batch.stdout is not None
        for entry in tree.split(b"\0")[:-1]:
            (mode, _, blob), path = entry.partition(b"\t")[0].split(), entry.partition(b"\t")[2].decode()
            batch.stdin.write(blob + b"\n")
            batch.stdin.flush()
            (_, found, *size) = batch.stdout.readline().split()
            if found == b"missing":
                print(f"missing: {path}")
                continue
            data = batch.stdout.read(int(size[0]) + 1)[:-1]
            target = output / path.removeprefix(SOURCES)
            target.parent.mkdir(parents=True, exist_ok=True)
            if mode == b"120000":
                target.symlink_to(data.decode())
            else:
                target.write_bytes(data)
        batch.stdin.close()


def default_gates(features: str) -> dict[str, bool]:
    """Return which feature gates of `features.go` are on in the feature set Default of a self-managed cluster."""
    gates: dict[str, bool] = {}
    for name, enabled in re.findall(r'newFeatureGate\("(\w+)"\)\.(.*?)mustRegister\(\)', features, re.DOTALL):
        calls = re.findall(r"\benable(?:In|ForClusterProfile)?\(((?:[^()]|\([^()]*\))*)\)", enabled)
        gates[name] = any(re.search(r"inDefault\(\)|configv1\.Default\b", call) and "Hypershift" not in call for call in calls)
    return gates


# The running server


class Server:
    """A running API server."""

    def __init__(self, port: int, token: str) -> None:
        self._address = f"https://127.0.0.1:{port}"
        self._token = token
        self._tls = ssl._create_unverified_context()

    def ready(self) -> bool:
        request = urllib.request.Request(f"{self._address}/readyz", headers={"Authorization": f"Bearer {self._token}"})
        try:
            with urllib.request.urlopen(request, context=self._tls, timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def delete(self, path: str) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        request = urllib.request.Request(self._address + path, headers=headers, method="DELETE")
        urllib.request.urlopen(request, context=self._tls, timeout=60).close()

    def post(
        self, path: str, item: Json, user: tuple[str, tuple[str, ...]] | None = None, query: str = "", method: str = "POST"
    ) -> tuple[Json, list[str]]:
        """Return the answer to the creation of an object, and the warnings. A `Status` is a refusal. `user` is impersonated."""
        headers = [("Authorization", f"Bearer {self._token}"), ("Content-Type", "application/json")]
        request = urllib.request.Request(self._address + path + query, json.dumps(item).encode(), dict(headers), method=method)
        if user:
            request.add_header("Impersonate-User", user[0])
        opener = urllib.request.build_opener(_Groups(user[1] if user else (), self._tls))
        try:
            answer = opener.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            warnings = [re.sub(r"\\(.)", r"\1", text[len('299 - "') : -1]) for text in answer.headers.get_all("Warning") or ()]
            return json.loads(answer.read()), warnings


class _Groups(urllib.request.HTTPSHandler):
    """Sends one header for each group, which `urllib` cannot express."""

    def __init__(self, groups: tuple[str, ...], tls: ssl.SSLContext) -> None:
        super().__init__(context=tls)
        self._groups = groups

    def https_open(self, request: urllib.request.Request) -> Any:
        groups = self._groups

        class Connection(http.client.HTTPSConnection):
            def endheaders(self, *args: Any, **named: Any) -> None:
                for group in groups:
                    self.putheader("Impersonate-Group", group)
                super().endheaders(*args, **named)

        return self.do_open(Connection, request, context=self._context)


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Start etcd and the API server that `build` made, and stop both in the end."""
    port = 20_000 + os.getpid() % 20_000
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        _write_config(folder, home, port)
        etcd = ["etcd", "--data-dir", str(home / "etcd"), "--log-level", "error"]
        for flag, offset in (("client", 1), ("peer", 2)):
            url = f"http://127.0.0.1:{port + offset}"
            etcd += [
                f"--listen-{flag}-urls",
                url,
                "--advertise-client-urls" if flag == "client" else "--initial-advertise-peer-urls",
                url,
            ]
        etcd += ["--initial-cluster", f"default=http://127.0.0.1:{port + 2}"]
        kube = [str(folder.resolve() / "kube-apiserver"), "--openshift-config", str(home / "config.json")]
        log = (folder / "server.log").open("wb")
        processes = [subprocess.Popen(command, stdout=log, stderr=log, cwd=home) for command in (etcd, kube)]
        try:
            server = Server(port, "recorder")
            deadline = time.monotonic() + 300
            while not server.ready():
                if time.monotonic() > deadline or any(process.poll() is not None for process in processes):
                    raise SystemExit(f"the API server did not start: see {folder / 'server.log'}")
                time.sleep(1)
            yield server
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait(60)
            log.close()


def _write_config(folder: Path, home: Path, port: int) -> None:
    """Write the configuration of MicroShift with own certificates and addresses, and the feature gates of Default."""
    config = YAML(typ="safe").load((folder / Path(CONFIG).name).read_text())
    gates = default_gates((folder / Path(FEATURES).name).read_text())
    key = home / "account.key"
    subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
    (home / "tokens.csv").write_text('recorder,recorder,recorder,"system:masters"\n')
    arguments: dict[str, list[str]] = config["apiServerArguments"]
    own = (
        "audit-",
        "tls-",
        "kubelet-",
        "proxy-client-",
        "requestheader-",
        "client-ca-file",
        "etcd-cafile",
        "etcd-certfile",
        "etcd-keyfile",
    )
    arguments = {name: value for name, value in arguments.items() if not name.startswith(own)}
    plugins = arguments["enable-admission-plugins"]
    listed = re.search(r'"disable-admission-plugins": \{([^}]*)\}', (folder / Path(PLUGINS).name).read_text())
    disabled = re.findall(r'"([^"]+)"', listed[1] if listed else "")
    arguments |= {
        "advertise-address": ["127.0.0.1"],
        "cert-dir": [str(home / "certificates")],
        "etcd-servers": [f"http://127.0.0.1:{port + 1}"],
        "enable-admission-plugins": [name for name in plugins if name not in disabled],
        "disable-admission-plugins": disabled,
        "feature-gates": [f"{name}={str(on).lower()}" for name, on in gates.items()],
        "service-account-issuer": ["https://kubernetes.default.svc"],
        "service-account-signing-key-file": [str(key)],
        "service-account-key-file": [str(key)],
        "service-cluster-ip-range": ["10.43.0.0/16"],
        "shutdown-delay-duration": ["0s"],
        "token-auth-file": [str(home / "tokens.csv")],
    }
    config["apiServerArguments"] = arguments
    defaults = config["admission"]["pluginConfig"]["PodSecurity"]["configuration"]["defaults"]
    defaults["enforce"] = "restricted" if gates.get("OpenShiftPodSecurityAdmission") else "privileged"
    config["servingInfo"] = {"bindAddress": f"127.0.0.1:{port}", "bindNetwork": "tcp4"}
    (home / "config.json").write_text(json.dumps(config))


# Recording


def record(options: argparse.Namespace) -> None:
    states, cases = _read(options.recordings)
    generated = list(generate(cases, options.seed, options.cases))
    with running(options.server) as server, gzip.open(options.output, "wt", encoding="utf-8") as output:
        installed = list(_installed(options))
        _create_all(server, installed)
        for state in states:
            _create_all(server, _aggregated(installed, state["objects"]))
            # The caches of the plugins follow.
            time.sleep(3)
            output.write(json.dumps({**state, "release": options.release}) + "\n")
            for case in (case for case in generated if case["state"] == state["state"]):
                if (answered := _answer(server, case)) and not _unknown_drivers(case["manifest"], state["objects"]):
                    line = {"type": "case", "release": options.release, **case, "server": answered}
                    if "(0x" in answered.get("message", ""):
                        line["skip"] = {"message": "the text has a memory address"}
                    output.write(json.dumps(line) + "\n")
            for item in state["objects"]:
                if item["kind"] in ("ClusterRole", "ClusterRoleBinding", "CSIDriver", "SecurityContextConstraints"):
                    server.delete(f"{CLUSTER_PATHS[item['kind']]}/{item['metadata']['name']}")


def _unknown_drivers(manifest: Json, objects: list[Json]) -> set[str]:
    """Return the drivers of inline volumes that the cluster does not have: scclint does not say what happens to them."""
    volumes = _template(manifest)["spec"].get("volumes")
    used = {value_at(volume, ("csi", "driver")) for volume in volumes or ()} - {None, ""}
    return used - {item["metadata"]["name"] for item in objects if item["kind"] == "CSIDriver"}


def _read(recordings: list[Path]) -> tuple[list[Json], list[Json]]:
    """Return the clusters and cases of recordings. A cluster with a namespace of an earlier one is left out, with its cases."""
    states: dict[str, Json] = {}
    cases: list[Json] = []
    seen: set[str] = {"default", "kube-system", "kube-public"}
    for recording in recordings:
        with gzip.open(recording, "rt", encoding="utf-8") as lines:
            for item in map(json.loads, lines):
                if item["type"] == "case":
                    cases += [item] if item["state"] in states else []
                    continue
                namespaces = {one["metadata"]["name"] for one in item["objects"] if one["kind"] == "Namespace"}
                if not namespaces & seen:
                    states[item["state"]] = item
                seen |= namespaces
    return list(states.values()), cases


def generate(cases: list[Json], seed: int, number: int) -> Iterator[Json]:
    """Yield manifests: those of recorded cases with one to five fields of other cases or of `EXTRA`, in a kind drawn by chance."""
    chance = random.Random(seed)
    by_state: dict[str, list[Json]] = {}
    for case in cases:
        by_state.setdefault(case["state"], []).append(case)
    names = list(by_state)
    templates = [template for case in cases if (template := _template(case["manifest"]))]
    for index in range(number):
        base = chance.choice(by_state[chance.choice(names)])
        template = copy.deepcopy(_template(base["manifest"]))
        if not template:
            continue
        for _ in range(chance.randint(1, 5)):
            _mutate(template, chance.choice(templates), chance)
        name = f"s{seed}-{index}"
        kind = chance.choice([base["manifest"]["kind"], "Pod", *[kind for _, kind in PATHS]])
        manifest = _manifest(kind, name, base["manifest"]["metadata"]["namespace"], template, chance)
        user, groups = ("alice", ["system:authenticated"]) if kind == "Pod" else _controller(kind)
        yield {
            "id": f"{base['state']}/{name}",
            "state": base["state"],
            "creator": {"user": user, "groups": groups},
            "manifest": manifest,
        }


def _controller(kind: str) -> tuple[str, list[str]]:
    user = controller_user(name=controller_of(kind))
    return user.name, list(user.groups)


def _template(manifest: Json) -> Json:
    group = manifest["apiVersion"].rpartition("/")[0]
    found = manifest if manifest["kind"] == "Pod" else value_at(manifest, TEMPLATES.get((group, manifest["kind"]), ()))
    if not isinstance(found, dict) or not isinstance((found.get("spec") or {}).get("containers"), list):
        return {}
    metadata = {key: value for key, value in (found.get("metadata") or {}).items() if key in ("labels", "annotations")}
    return {"metadata": metadata, "spec": found["spec"]}


def _mutate(template: Json, other: Json, chance: random.Random) -> None:
    """Set or remove one field of a template: to the value of another template, or to one of `EXTRA`."""
    spec, theirs = template["spec"], copy.deepcopy(other["spec"])
    container = chance.choice([one for one in spec["containers"] if isinstance(one, dict)] or [{}])
    given = chance.choice([one for one in theirs["containers"] if isinstance(one, dict)] or [{}])
    match chance.choice(
        ("context", "container context", "container", "spec", "extra", "extra", "volume", "annotations", "remove")
    ):
        case "context" if isinstance(theirs.get("securityContext"), dict):
            _take(spec, "securityContext", theirs["securityContext"], chance)
        case "container context" if isinstance(given.get("securityContext"), dict):
            _take(container, "securityContext", given["securityContext"], chance)
        case "container" if fields := [field for field in given if field not in ("name", "image")]:
            field = chance.choice(fields)
            container[field] = given[field]
        case "spec" if fields := [field for field in theirs if field != "containers"]:
            field = chance.choice(fields)
            spec[field] = theirs[field]
        case "extra":
            part, _, field = chance.choice(list(EXTRA)).partition(".")
            value = copy.deepcopy(chance.choice(EXTRA[f"{part}.{field}"]))
            (container if part == "container" else spec)[field] = value
        case "volume" if isinstance(theirs.get("volumes"), list) and isinstance(spec.get("volumes", []), list):
            spec["volumes"] = [*spec.get("volumes", []), *theirs["volumes"][:1]]
        case "annotations" if isinstance(other["metadata"].get("annotations"), dict):
            template["metadata"]["annotations"] = copy.deepcopy(other["metadata"]["annotations"])
        case "remove" if fields := [field for field in spec if field != "containers"]:
            del spec[chance.choice(fields)]


def _take(part: Json, field: str, given: Json, chance: random.Random) -> None:
    if given:
        key = chance.choice(list(given))
        held = part.get(field)
        part[field] = {**(held if isinstance(held, dict) else {}), key: given[key]}


def _manifest(kind: str, name: str, namespace: str, template: Json, chance: random.Random) -> Json:
    metadata = {"name": name, "namespace": namespace}
    if kind == "Pod":
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {**template["metadata"], **metadata}, "spec": template["spec"]}
    version = next(version for version, one in PATHS if one == kind)
    labels = template["metadata"]["labels"] = {**(template["metadata"].get("labels") or {}), "app": "x"}
    if kind in ("Job", "CronJob"):
        template["spec"].setdefault("restartPolicy", chance.choice(("Never", "OnFailure")))
        spec: Json = {"template": template}
        if kind == "CronJob":
            spec = {"schedule": "* * * * *", "jobTemplate": {"spec": spec}}
    else:
        selector = {"app": labels["app"]}
        spec = {"template": template, "selector": selector if kind == "ReplicationController" else {"matchLabels": selector}}
    if kind == "StatefulSet":
        spec["serviceName"] = "x"
        if chance.random() < 0.4:
            claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
            spec["volumeClaimTemplates"] = [{"metadata": {"name": chance.choice(("data", "v0"))}, "spec": claim}]
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def _installed(options: argparse.Namespace) -> Iterator[Json]:
    """Yield the objects of the release, as scclint knows them, and the right of everyone to create pods and workloads."""
    yield YAML(typ="safe").load((options.server / Path(SCC_CRD).name).read_text())
    cluster = Cluster.openshift(options.release, cluster_admins=True)
    yield from cluster.namespaces.values()
    for kind in ("SecurityContextConstraints", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"):
        yield from cluster._objects.of(kind).values()
    rules = [{"apiGroups": ["", "apps", "batch"], "resources": ["*"], "verbs": ["create"]}]
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "recorder"},
        "rules": rules,
    }
    yield role
    subject = {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "system:authenticated"}
    reference = {"kind": "ClusterRole", "apiGroup": "rbac.authorization.k8s.io", "name": "recorder"}
    yield {**role, "kind": "ClusterRoleBinding", "roleRef": reference, "subjects": [subject]}


def _aggregated(installed: list[Json], objects: list[Json]) -> Iterator[Json]:
    """Yield objects with the rules that the aggregation controller gives ClusterRoles, since it does not run.

    Those of the release that have such rules come first.
    """
    roles = {item["metadata"]["name"]: item for item in (*installed, *objects) if item["kind"] == "ClusterRole"}
    aggregation = Aggregation(roles)
    for item in (*(item for item in installed if item["kind"] == "ClusterRole" and selectors_of(item)), *objects):
        own = not (item["kind"] == "ClusterRole" and selectors_of(item))
        sources = (item,) if own else aggregation.sources(item["metadata"]["name"])
        yield item if own else {**item, "rules": [rule for source in sources for rule in source.get("rules") or ()]}


def _create_all(server: Server, objects: Iterable[Json]) -> None:
    for item in objects:
        namespace = item["metadata"].get("namespace", "")
        if namespace:
            server.post("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        path = CLUSTER_PATHS[item["kind"]].format(namespace)
        for _ in range(30):
            answer, _ = server.post(path, item)
            if item["kind"] == "ClusterRole" and answer.get("reason") == "AlreadyExists":
                answer, _ = server.post(f"{path}/{item['metadata']['name']}", item, method="PUT")
            failed = answer["kind"] == "Status" and answer.get("reason") != "AlreadyExists"
            # The API of SCCs is there a moment after its definition.
            if not failed or answer.get("code") not in (404, 429, 500, 503):
                break
            time.sleep(1)
        if failed:
            print(f"not created: {item['kind']} {item['metadata']['name']}: {answer.get('message')}")


def _answer(server: Server, case: Json) -> Json | None:
    """Return the answer to a manifest, and to the pod that its controller makes, in the format of a recording; None without one."""
    manifest = case["manifest"]
    namespace = manifest["metadata"]["namespace"]
    creator = case["creator"]["user"], tuple(case["creator"]["groups"])
    path = PATHS[manifest["apiVersion"], manifest["kind"]].format(namespace)
    warnings: Json = {}
    pod, at, strict = manifest, "pod", "&fieldValidation=Strict"
    if manifest["kind"] != "Pod":
        made, warnings["workload"] = server.post(path, manifest, ADMIN, f"?dryRun=All{strict}")
        if made["kind"] == "Status":
            return _rejected(made, "workload", warnings)
        pod, strict = _pod_of(made), ""
        path = PATHS["v1", "Pod"].format(namespace)
    made, warnings["pod"] = server.post(path, pod, creator, f"?dryRun=All{strict}")
    if made["kind"] == "Status":
        return _rejected(made, at, warnings)
    annotations = made["metadata"].get("annotations") or {}
    return {"outcome": "created", "scc": annotations.get(VALIDATED_SCC), "fields": fields_of(made), **_some(warnings)}


def _some(warnings: Json) -> Json:
    found = {at: texts for at, texts in warnings.items() if texts}
    return {"warnings": found} if found else {}


def _pod_of(workload: Json) -> Json:
    """Return the pod that a controller makes of a workload as the API server stores it."""
    template = value_at(workload, TEMPLATES[workload["apiVersion"].rpartition("/")[0], workload["kind"]])
    name = workload["metadata"]["name"]
    metadata = {key: value for key, value in template["metadata"].items() if key in ("labels", "annotations")}
    spec = copy.deepcopy(template["spec"])
    if workload["kind"] == "StatefulSet":
        claims = [claim["metadata"]["name"] for claim in workload["spec"].get("volumeClaimTemplates") or ()]
        kept = [volume for volume in spec.get("volumes") or () if volume["name"] not in claims]
        added = [{"name": claim, "persistentVolumeClaim": {"claimName": f"{claim}-{name}-0"}} for claim in claims]
        spec |= {"volumes": [*added, *kept], "hostname": f"{name}-0", "subdomain": workload["spec"].get("serviceName", "")}
        labels = {"apps.kubernetes.io/pod-index": "0", "statefulset.kubernetes.io/pod-name": f"{name}-0"}
        metadata = {**metadata, "name": f"{name}-0", "labels": {**metadata["labels"], **labels}}
    else:
        metadata = {**metadata, "generateName": f"{name}-"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _rejected(status: Json, at: str, warnings: Json) -> Json | None:
    message = status.get("message", "")
    if status.get("code") in (429, 500, 503, 504):
        print(f"no answer: {message}")
        return None
    return {"outcome": "rejected", "step": step_of(status, message), "at": at, "message": message, **_some(warnings)}


def step_of(status: Json, message: str) -> str:
    """Return the step of admission that a refusal comes from."""
    if status.get("reason") == "Invalid":
        return "validation"
    for step, pattern in (
        ("service-account", r"error looking up service account"),
        ("runtime-class", r"pod rejected: "),
        ("csi", r"inline volume provided by CSIDriver|csi-ephemeral-volume-profile"),
        ("pod-security", r"violates PodSecurity"),
        ("scc", r"security ?context ?constraint|openshift\.io/required-scc|while trying to configure SCC"),
        ("decode", r"strict decoding error|cannot be handled as a|cannot unmarshal"),
    ):
        if re.search(pattern, message):
            return step
    return "other"


if __name__ == "__main__":
    main()
