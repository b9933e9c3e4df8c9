"""`scclint verify` from manifests through admission to what nodes show: the captures of Red Hat's article, and what goes wrong."""

import json
from pathlib import Path

import pytest

from scclint.cli import main
from scclint.profiles.runtime_default import resolve

ARTICLE = Path(__file__).parents[3] / "fixtures" / "seccomp" / "article"
MANIFESTS, EVIDENCE = str(ARTICLE / "manifests.yaml"), str(ARTICLE / "evidence")
POOLED = """
apiVersion: machineconfiguration.openshift.io/v1
kind: KubeletConfig
metadata: {name: confine}
spec:
  machineConfigPoolSelector: {matchLabels: {pools.operator.machineconfiguration.openshift.io/worker: ""}}
  kubeletConfig: {seccompDefault: true}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: kube-system}
spec:
  tolerations: [{operator: Exists}]
  containers: [{name: app, image: registry.example/web:1}]
"""
LOCALHOST = """
apiVersion: security-profiles-operator.x-k8s.io/v1
kind: SeccompProfile
metadata: {name: web}
spec:
  defaultAction: SCMP_ACT_ERRNO
  syscalls: [{action: SCMP_ACT_ALLOW, names: [execve, read]}]
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
    - name: app
      image: registry.example/web:1
      securityContext: {seccompProfile: {type: Localhost, localhostProfile: operator/web.json}}
"""


def verify(*words: str, manifests: str = MANIFESTS, evidence: str = EVIDENCE) -> int:
    return main(["verify", "--isolated", "--manifests", manifests, "--evidence", evidence, *words])


def test_the_article_agrees(capsys: pytest.CaptureFixture[str]) -> None:
    assert verify("--openshift", "4.15") == 0
    out = capsys.readouterr().out.splitlines()
    assert out[-1] == "2 agree, 0 disagree, 0 without evidence"
    assert out[0] == f"agree: {MANIFESTS}:26: Deployment demo/confined, container app, pod confined-6d4cf56db6-x8x2p"
    assert [line.split(":", 1)[1].strip() for line in out if line.startswith("    predicted:")] == [
        "RuntimeDefault, Seccomp: 2, SCC restricted-v2",
        "Unconfined, Seccomp: 0, SCC anyuid",
    ]
    assert [line.split(":", 1)[1].strip() for line in out if line.startswith("    observed:")] == [
        "RuntimeDefault of CRI-O 1.25.0 to 1.29.8 and 1.30.0 to 1.30.5 (OpenShift 4.12 to 4.15, early 4.16 and 4.17), Seccomp: 2",
        "no profile, Seccomp: 0",
    ]


@pytest.mark.parametrize("crio", ["1.28", "1.29.8", "1.30.5"])
def test_the_crio_release_of_the_nodes(crio: str) -> None:
    assert verify("--crio", crio) == 0


def test_another_release_is_told_by_the_content(capsys: pytest.CaptureFixture[str]) -> None:
    assert verify("--openshift", "4.20") == 1
    out = capsys.readouterr().out
    assert out.startswith(f"disagree: {MANIFESTS}:26: Deployment demo/confined, container app")
    assert "    release: the profile is the RuntimeDefault of CRI-O 1.25.0 to 1.29.8" in out
    assert out.endswith("1 agree, 1 disagree, 0 without evidence\n")


def test_without_the_grant_the_second_deployment_is_predicted_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = (ARTICLE / "manifests.yaml").read_text("utf-8").split("\n---\n")
    alone = tmp_path / "m.yaml"
    alone.write_text("\n---\n".join(d for d in documents if "kind: RoleBinding" not in d), "utf-8")
    assert verify("--openshift", "4.15", "--format", "json", manifests=str(alone)) == 1
    found = json.loads(capsys.readouterr().out)
    by_name = {container["name"]: container for container in found["containers"]}
    assert by_name["confined"]["status"] == "agree"
    assert (by_name["unconfined"]["status"], by_name["unconfined"]["step"]) == ("disagree", "unexplained")
    assert by_name["unconfined"]["predicted"]["scc"] == "restricted-v2"


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert verify("--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["version"], found["agrees"], found["unmatched"]) == (1, True, [])
    confined, unconfined = found["containers"]
    assert (confined["status"], confined["closest"]["exact"], confined["closest"]["crio"]) == ("agree", True, "1.25.0")
    assert unconfined["closest"] is None
    assert confined["line"] == 26


def test_sarif_points_at_the_workload(tmp_path: Path) -> None:
    out = tmp_path / "v.sarif"
    assert verify("--openshift", "4.20", "--format", "sarif", "--output", str(out)) == 1
    run = json.loads(out.read_text("utf-8"))["runs"][0]
    (result,) = run["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert (result["ruleId"], region.pop("snippet")) == ("VER001", {"text": "name: confined"})
    assert region == {"startLine": 26, "startColumn": 3, "endLine": 26, "endColumn": 17}
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["VER001"]
    agreed = tmp_path / "a.sarif"
    assert verify("--openshift", "4.15", "--format", "sarif", "--output", str(agreed)) == 0
    assert json.loads(agreed.read_text("utf-8"))["runs"][0]["results"] == []


def test_two_formats_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "v.json"
    assert verify("--format", "text", "--output", "-", "--format", "json", "--output", str(out)) == 0
    assert capsys.readouterr().out.endswith("2 agree, 0 disagree, 0 without evidence\n")
    assert json.loads(out.read_text("utf-8"))["agrees"] is True


def test_what_cannot_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(evidence="missing") == 2
    assert "no such evidence: missing" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert verify(evidence=str(tmp_path / "empty")) == 2
    assert "empty: no file is there" in capsys.readouterr().err
    (tmp_path / "notes.yaml").write_text("a: 1\n")
    assert verify(evidence=str(tmp_path)) == 2
    assert "not a supported capture" in capsys.readouterr().err
    (tmp_path / "config.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n")
    assert verify(manifests=str(tmp_path / "config.yaml")) == 4
    (tmp_path / "broken.yaml").write_text("kind: Pod\n  x: [\n")
    assert verify(manifests=str(tmp_path / "broken.yaml")) == 2


def test_what_depends_on_the_node_is_no_disagreement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m.yaml").write_text(POOLED)
    (tmp_path / "kube-system_web_app.status").write_text("Name:\tapp\nSeccomp:\t2\n")
    seen = str(tmp_path / "kube-system_web_app.status")
    assert verify(manifests=str(tmp_path / "m.yaml"), evidence=seen) == 4
    out = capsys.readouterr().out
    assert "    predicted: undecided\n" in out
    assert "undecided: It depends on the node pool: unconfined on master, RuntimeDefault on worker.\n" in out


def test_the_content_of_a_localhost_profile_is_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifests, evidence = tmp_path / "m.yaml", tmp_path / "shop_web_app.json"
    manifests.write_text(LOCALHOST)

    def capture(profile: object) -> None:
        annotations = {"io.kubernetes.cri-o.SeccompProfilePath": "/var/lib/kubelet/seccomp/operator/web.json"}
        spec = {"annotations": annotations, "linux": {"seccomp": profile}, "process": {}}
        evidence.write_text(json.dumps({"info": {"runtimeSpec": spec}}))

    rules = [{"names": ["execve", "read"], "action": "SCMP_ACT_ALLOW"}]
    capture({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": rules})
    assert verify(manifests=str(manifests), evidence=str(evidence)) == 0
    capture({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules})
    assert verify(manifests=str(manifests), evidence=str(evidence)) == 1
    assert "content: the file on the node differs from the one in the input (operator/web.json)" in capsys.readouterr().out
    capture(resolve("1.35"))
    assert verify(manifests=str(manifests), evidence=str(evidence)) == 1


def test_evidence_about_other_containers_is_no_agreement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "web.yaml").write_text(POOLED)
    assert verify("--format", "json", manifests=str(tmp_path)) == 4
    printed = capsys.readouterr()
    assert json.loads(printed.out)["agrees"] is False
    assert printed.err.endswith("scclint: nothing was compared: the evidence decides about no container of the manifests\n")
