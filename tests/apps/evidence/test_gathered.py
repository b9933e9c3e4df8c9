"""Must-gathers as evidence of `scclint verify`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scclint.admission.admit import SUBJECT_TYPE
from scclint.cli import main
from scclint.files.dump import pod_in_dump
from scclint.profiles.runtime_default import resolve
from scclint.seccomp.capabilities import CRIO_DEFAULT
from tests.must_gather import ROOT, dump, files, one, pod, write_archive, write_folder

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers: [{name: web, image: example/web}]
"""
CONFINED = {"seccompProfile": {"type": "RuntimeDefault"}}
Verify = Callable[..., tuple[int, str]]


@pytest.fixture
def verify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verify:
    monkeypatch.chdir(tmp_path)
    Path("web.yaml").write_text(WEB, encoding="utf-8")

    def run(*words: str) -> tuple[int, str]:
        status = main(["verify", "--manifests", "web.yaml", *words])
        shown = capsys.readouterr()
        return status, shown.out + shown.err

    return run


def running(scc: str, **annotations: str) -> dict[str, Any]:
    found = pod("web-5d-aaaaa", scc, **annotations)
    found["spec"]["containers"][0]["securityContext"] = CONFINED if scc != "anyuid" else {}
    return found


def inspected(crio: str) -> str:
    labels = {
        "io.kubernetes.pod.namespace": "shop",
        "io.kubernetes.pod.name": "web-5d-aaaaa",
        "io.kubernetes.container.name": "web",
    }
    spec = {"linux": {"seccomp": resolve(crio, CRIO_DEFAULT)}, "process": {"capabilities": {"bounding": sorted(CRIO_DEFAULT)}}}
    return json.dumps(
        {"status": {"id": "ab" * 32, "labels": labels}, "info": {"runtimeSpec": spec, "privileged": False, "pid": 12}}
    )


def node(crio: str) -> dict[str, str]:
    text = dump(one("Node", "worker-0", status={"nodeInfo": {"containerRuntimeVersion": f"cri-o://{crio}-2.rhaos"}}))
    return {f"{ROOT}/cluster-scoped-resources/core/nodes/worker-0.yaml": text}


@pytest.mark.parametrize("form", ["folder", "dump.tar.gz"])
@pytest.mark.parametrize(
    ("scc", "rbac", "status", "expected"),
    [
        ("restricted-v2", True, 0, "1 agree, 0 disagree, 0 without evidence"),
        ("restricted-v2", False, 0, "1 agree, 0 disagree, 0 without evidence"),
        ("anyuid", True, 1, "SCC anyuid admitted the pod, not restricted-v2: the input lacks a grant"),
        (
            "anyuid",
            False,
            4,
            "SCC anyuid admitted the pod, and the dump of the cluster lacks the RBAC that decides whether it may use anyuid",
        ),
    ],
)
def test_pods_of_a_must_gather(verify: Verify, form: str, scc: str, rbac: bool, status: int, expected: str) -> None:
    gathered = files("4.20.1", rbac=rbac, pods=[running(scc)])
    (write_archive if form.endswith("gz") else write_folder)(Path(form), gathered)
    for words in (("--evidence", form), ("--evidence", form, "--cluster-state", form)):
        ended, shown = verify(*words)
        assert ended == status, shown
        assert expected in shown


def test_a_dump_as_state_is_evidence_too(verify: Verify) -> None:
    write_folder(Path("dump"), files("4.20.1", pods=[running("anyuid")]))
    Path("empty").mkdir()
    status, shown = verify("--evidence", "empty", "--cluster-state", "dump")
    assert status == 1 and "SCC anyuid admitted the pod" in shown


def test_whose_rights_admitted_the_pod(verify: Verify) -> None:
    for subject, status in (("user", 0), ("serviceaccount", 1)):
        write_folder(Path("dump"), files("4.20.1", pods=[running("restricted-v2", **{SUBJECT_TYPE: subject})]))
        ended, shown = verify("--evidence", "dump")
        assert ended == status, shown
        assert ("the rights of its service account admitted the pod, not those of its creator" in shown) is bool(status)


def test_a_folder_of_crictl_inspect(verify: Verify) -> None:
    write_folder(Path("containers"), {f"crictl_inspect_{'ab' * 32}": inspected("1.33.0")})
    status, shown = verify("--evidence", "containers", "--openshift", "4.20")
    assert (status, "1 agree" in shown) == (0, True), shown
    assert "evidence:  containers/crictl_inspect_abab" in shown
    status, shown = verify("--evidence", "containers", "--openshift", "4.12")
    assert status == 1 and "release: the profile is the RuntimeDefault of" in shown


def test_the_nodes_of_a_dump_give_the_release_of_crio(verify: Verify) -> None:
    Path("evidence").mkdir()
    Path("evidence/shop_web-5d-aaaaa_web.json").write_text(inspected("1.33.0"), encoding="utf-8")
    write_folder(Path("dump"), files("4.12.1", pods=[]) | node("1.33.0"))
    assert verify("--evidence", "evidence", "--cluster-state", "dump")[0] == 0
    write_folder(Path("dump"), node("1.24.0"))
    assert verify("--evidence", "evidence", "--cluster-state", "dump")[0] == 1
    assert verify("--evidence", "evidence", "--cluster-state", "dump", "--openshift", "4.20")[0] == 0


def test_an_archive_without_captures(verify: Verify) -> None:
    write_archive(Path("other.tar"), {"a/b.yaml": "kind: Pod\n"})
    status, shown = verify("--evidence", "other.tar")
    assert status == 2
    assert "other.tar: has no pods of a must-gather" in shown
    assert verify("--evidence", "absent.tar") == (2, "scclint: no such evidence: absent.tar\n")


def test_a_capture_that_is_no_file(verify: Verify) -> None:
    folder = Path("dump/namespaces/shop/pods/web")
    folder.mkdir(parents=True)
    (folder / "web.yaml").symlink_to("/etc/passwd")
    status, shown = verify("--evidence", "dump")
    assert status == 2 and "is a link, which is not followed" in shown


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("x/namespaces/shop/pods/a/a.yaml", "namespaces/shop/pods/a/a.yaml"),
        ("x/namespaces/shop/shop.yaml", ""),
    ],
)
def test_places_of_captures(path: str, place: str) -> None:
    assert pod_in_dump(path) == place
