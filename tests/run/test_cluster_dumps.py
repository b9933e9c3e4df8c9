"""Dumps of a cluster: a folder and an archive give the same results, and the release and kind of cluster are those of the dump."""

import contextlib
import io
import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

import scclint
from scclint.admission.admit import SUBJECT_TYPE
from scclint.cli import main
from scclint.cluster.installed import Installation, own_sccs
from scclint.config.model import Config
from scclint.limits import MIN_CACHED
from scclint.run.report import Report
from tests import must_gather
from tests.must_gather import ROOT, files, pod, write_archive, write_folder
from tests.running import open_one

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: ACCOUNT
      containers: [{name: web, image: example/web}]
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    deploy("web")
    return tmp_path


def deploy(account: str) -> None:
    Path("web.yaml").write_text(WEB.replace("ACCOUNT", account), encoding="utf-8")


def printed(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([*arguments, "web.yaml"])
    return status, out.getvalue(), err.getvalue()


def check(*arguments: str) -> tuple[int, str, str]:
    return printed("check", "--no-cache", *arguments)


def lint(found: dict[str, str], **settings: Any) -> Report:
    write_folder(Path("dump"), found)
    return scclint.lint(["web.yaml"], Config(cluster_state=("dump",), **settings))


def found_by(report: Report, rule: str) -> list[str]:
    return [finding.message for finding in report.findings if finding.rule_id == rule]


@pytest.mark.parametrize("account", ["web", "legacy", "special"])
@pytest.mark.parametrize("rbac", [True, False])
def test_a_folder_and_archives_of_it_give_the_same_bytes(here: Path, account: str, rbac: bool) -> None:
    deploy(account)
    gathered = files(rbac=rbac)
    write_folder(here / "folder", gathered)
    shuffled = [*gathered.items()]
    random.Random(1).shuffle(shuffled)
    write_archive(here / "plain.tar", gathered)
    write_archive(here / "shuffled.tar.gz", dict(shuffled), prefix="./")
    write_archive(
        here / "members.tgz", gathered, zipped=[name for name in gathered if name.endswith(".yaml")], prefix="deep/down/"
    )
    write_archive(here / "named-otherwise", gathered)
    for command in (
        ("check", "--no-cache"),
        ("check", "--no-cache", "--format", "json"),
        ("check", "--no-cache", "--format", "sarif"),
        ("review",),
    ):
        expected = printed(*command, "--cluster-state", "folder")
        assert expected[0] in (0, 1)
        for archive in ("plain.tar", "shuffled.tar.gz", "members.tgz", "named-otherwise"):
            assert printed(*command, "--cluster-state", archive) == expected


def test_the_objects_of_a_dump_decide_verdicts(here: Path) -> None:
    write_folder(here, files())
    assert "SCC restricted-v2" in check("--cluster-state", ROOT, "--select", "SCC114")[1]
    deploy("special")
    assert "  mine " in printed("review", "--cluster-state", ROOT)[1]
    deploy("legacy")
    out = printed("review", "--cluster-state", "must-gather.local.5551")[1]
    assert "  anyuid " in out and "kubelet default" in out and "RuntimeDefault" in out, "the KubeletConfig counts"
    fixed = WEB.replace("image: example/web", "image: example/web, securityContext: {runAsUser: 1000720005}")
    Path("web.yaml").write_text(fixed, encoding="utf-8")
    assert "[SCC101]" in check()[1]
    assert "[SCC101]" not in check("--cluster-state", ROOT)[1], "the ranges of the namespace count"


POLICY = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-pods}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  validations: [{expression: "false"}]
"""
BINDING = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-pods}
spec: {policyName: no-pods, validationActions: [Deny]}
"""


def test_the_admission_policies_of_a_dump_count(here: Path) -> None:
    pytest.importorskip("cel", reason="needs the extra `cel`")
    folder = "cluster-scoped-resources/admissionregistration.k8s.io"
    gathered = files("4.18.5") | {f"{folder}/validatingadmissionpolicies/no-pods.yaml": POLICY}
    assert found_by(lint(gathered), "PSA507") == [], "a policy without a binding denies nothing"
    (message,) = found_by(lint(gathered | {f"{folder}/validatingadmissionpolicybindings/no-pods.yaml": BINDING}), "PSA507")
    assert "ValidatingAdmissionPolicy 'no-pods' with binding 'no-pods' denied request" in message


def test_release_and_kind_of_cluster(here: Path) -> None:
    report = lint(files("4.16.12"))
    assert report.platform == "OpenShift 4.16"
    assert report.notices == ()
    assert lint(files("4.16.12", topology="External")).platform == "HyperShift 4.16"
    assert lint(files("4.16.12", topology="External", provider="IBMCloud")).platform == "ROKS 4.16"
    assert lint(files("4.16.12", topology="External"), settings={"cluster.platform": "openshift"}).platform == "OpenShift 4.16"
    assert lint(files("4.16.12"), platform="microshift").platform == "MicroShift 4.16"


def test_a_dump_of_microshift(here: Path) -> None:
    data = {"major": "4", "minor": "20", "patch": "3", "version": "4.20.3"}
    config_map = must_gather.one("ConfigMap", "microshift-version", namespace="kube-public", data=data)
    other = must_gather.one("ConfigMap", "kube-root-ca.crt", namespace="kube-public", data={"ca.crt": "x"})
    listed, alone = must_gather.listed("ConfigMap", [other, config_map]), must_gather.dump(config_map)
    for name, text in (("configmaps.yaml", listed), ("configmaps/microshift-version.yaml", alone)):
        found = {file: text for file, text in files(pods=[]).items() if "config.openshift.io" not in file}
        report = lint(found | {f"{ROOT}/namespaces/kube-public/core/{name}": text})
        assert report.platform == "MicroShift 4.20"
        shutil.rmtree("dump")


def test_a_dump_with_all_sccs_has_no_others(here: Path) -> None:
    sccs = {
        f"{ROOT}/cluster-scoped-resources/security.openshift.io/securitycontextconstraints/{name}.yaml": must_gather.dump(scc)
        for name, scc in own_sccs(Installation("4.22")).items()
        if name != "insights-runtime-extractor-scc"
    }

    def usable(found: dict[str, str], **settings: Any) -> set[str]:
        write_folder(Path("dump"), found)
        unit = open_one(["web.yaml"], Config(cluster_state=("dump",), **settings))
        return {*next(iter(unit.worlds.values())).cluster.sccs}

    assert "insights-runtime-extractor-scc" in usable(files("4.22.1"))
    assert usable(files("4.22.1") | sccs) == {*own_sccs(Installation("4.22")), "mine"} - {"insights-runtime-extractor-scc"}
    assert "insights-runtime-extractor-scc" in usable({}, openshift=("5.0",)), "another release can bring it back"
    assert "rook-ceph" in usable({}, addons=("odf",))


def test_a_dump_without_a_standard_scc(here: Path) -> None:
    folder = f"{ROOT}/cluster-scoped-resources/security.openshift.io/securitycontextconstraints"
    sccs = {
        f"{folder}/{name}.yaml": must_gather.dump(scc)
        for name, scc in own_sccs(Installation("4.22")).items()
        if name != "hostaccess"
    }
    report = lint(files("4.22.1") | sccs)
    text = "the cluster has no SCC hostaccess: SCC admission rejects every pod while a standard SCC is missing"
    assert [(notice.level, notice.message) for notice in report.notices] == [("warning", text)]
    (finding,) = (finding for finding in report.findings if finding.rule_id == "SCC101")
    assert any("cache is missing hostaccess" in note for note in finding.notes)


def test_the_feature_set(here: Path) -> None:
    def feature_set(name: str, **settings: Any) -> str:
        write_folder(Path("dump"), files(feature_set=name))
        unit = open_one(["web.yaml"], Config(cluster_state=("dump",), **settings))
        return unit.worlds["4.16"].cluster.feature_set

    assert feature_set("") == "Default"
    assert feature_set("TechPreviewNoUpgrade") == "TechPreviewNoUpgrade"
    assert feature_set("TechPreviewNoUpgrade", settings={"cluster.feature-set": "Default"}) == "Default"
    report = lint(files(feature_set="CustomNoUpgrade"))
    assert [n.message for n in report.notices] == [
        "the cluster dump has feature set CustomNoUpgrade, and pods are judged for Default"
    ]


def test_an_explicit_release_wins_and_is_told(here: Path) -> None:
    report = lint(files("4.16.12"), openshift=("4.20",))
    assert report.platform == "OpenShift 4.20"
    assert [n.message for n in report.notices] == ["the cluster dump is of OpenShift 4.16.12, and pods are judged for 4.20"]
    assert found_by(report, "SCC114") == [], "pods of another release show nothing"
    report = lint(files("4.16.12"), openshift=("4.16", "4.20"))
    assert report.notices == ()
    assert len(found_by(report, "SCC114")) == 1
    (notice,) = lint(files("4.16.12"), platform="kubernetes").notices
    assert notice.message == "the cluster dump is of OpenShift 4.16.12, and pods are judged for plain Kubernetes"


def test_options_that_differ_from_the_dump_are_told(here: Path) -> None:
    def told(**settings: Any) -> list[str]:
        return [n.message for n in lint(files("4.16.12", topology="External"), **settings).notices]

    assert told() == told(platform="hypershift") == []
    assert told(platform="microshift") == [
        "the cluster dump is of platform hypershift, and pods are judged for platform microshift"
    ]
    assert told(settings={"cluster.platform": "openshift"}) == [
        "the cluster dump is of platform hypershift, and pods are judged for platform openshift"
    ]
    assert told(feature_set="TechPreviewNoUpgrade") == [
        "the cluster dump has feature set Default, and pods are judged for TechPreviewNoUpgrade"
    ]


def test_an_unknown_release(here: Path) -> None:
    report = lint(files("4.9.1"))
    assert report.platform == "OpenShift 4.22"
    assert report.notices[0].level == "warning"
    assert report.notices[0].message == (
        "the cluster dump is of OpenShift 4.9.1, and pods are judged for 4.22: scclint knows 4.11 to 5.1"
    )


def test_an_upgrade_that_never_completed(here: Path) -> None:
    found = {name: text.replace("Completed", "Partial") for name, text in files("4.16.12").items()}
    assert lint(found).platform == "OpenShift 4.17"


def test_a_dump_without_rbac_says_how_to_collect_it(here: Path) -> None:
    notices = [(n.level, n.message) for n in lint(files(rbac=False)).notices]
    assert notices == [
        (
            "warning",
            "the cluster dump lacks the roles and role bindings that grant SCCs, and verdicts use defaults instead: collect them "
            "with `oc adm inspect ns/shop scc,clusterroles,clusterrolebindings` and "
            "`oc adm inspect -n shop roles,rolebindings,serviceaccounts`, and pass the folders that these commands write with "
            "--cluster-state",
        )
    ]


def test_a_dump_without_the_namespace(here: Path) -> None:
    found = {name: text for name, text in files(rbac=False).items() if "/namespaces/" not in name}
    second = WEB.replace("ACCOUNT", "web").replace("shop", "other")
    Path("web.yaml").write_text(f"{WEB}---\n{second}", encoding="utf-8")
    (notice,) = lint(found).notices
    assert "lacks the roles and role bindings that grant SCCs and namespaces other and shop" in notice.message
    assert "`oc adm inspect ns/other ns/shop scc,clusterroles,clusterrolebindings`" in notice.message
    assert "`oc adm inspect -A roles,rolebindings,serviceaccounts`" in notice.message


# Pods as evidence.


def test_pods_that_agree(here: Path) -> None:
    deploy("legacy")
    assert (
        found_by(lint(files("4.20.1", pods=[pod("web-5d-aaaaa", "anyuid", **{SUBJECT_TYPE: "serviceaccount"})])), "SCC114")
        == []
    )


def test_pods_under_another_scc(here: Path) -> None:
    pods = [
        pod("web-5d-aaaaa", "anyuid"),
        pod("web-5d-bbbbb", "restricted-v2"),
        pod("web-5d-ccccc", "anyuid"),
        pod("other-5d-aaaaa", "x"),
    ]
    for found in (files(pods=pods), files(pods=[], listed=pods), files(pods=pods[:1], listed=pods)):
        (message,) = found_by(lint(found), "SCC114")
        assert message == (
            "Deployment web: pods web-5d-aaaaa and web-5d-ccccc run under SCC anyuid in the cluster dump, but SCC restricted-v2 admits its pods"
        )
        for name in found:
            (Path("dump") / name).unlink()


def test_pods_of_another_namespace(here: Path) -> None:
    assert found_by(lint(files(pods=[pod("web-5d-aaaaa", "anyuid", "elsewhere")])), "SCC114") == []


def test_pods_that_another_subject_admitted(here: Path) -> None:
    deploy("legacy")
    (message,) = found_by(lint(files("4.20.1", pods=[pod("web-5d-aaaaa", "anyuid", **{SUBJECT_TYPE: "user"})])), "SCC114")
    assert message == (
        "Deployment web: pod web-5d-aaaaa runs under SCC anyuid in the cluster dump because its creator may use it; "
        "in the input, its service account may"
    )


@pytest.mark.parametrize(
    ("scc", "expected"),
    [
        ("anyuid", "anyuid could have admitted them"),
        ("absent", "but SCC restricted-v2 admits its pods"),
        ("restricted-v2", None),
    ],
)
def test_pods_without_rbac(here: Path, scc: str, expected: str | None) -> None:
    findings = [f for f in lint(files(rbac=False, pods=[pod("web-5d-aaaaa", scc)])).findings if f.rule_id == "SCC114"]
    assert [f.kind for f in findings] == (["gap"] if expected else [])
    assert all("; ".join((f.message, *f.notes)).partition(" (")[0] for f in findings)


def test_a_pod_that_was_made_from_another_manifest(here: Path) -> None:
    Path("web.yaml").write_text(
        WEB.replace("image: example/web", "image: example/web, securityContext: {privileged: true}"), encoding="utf-8"
    )
    report = lint(files(pods=[pod("web-5d-aaaaa", "restricted-v2")]))
    (finding,) = (f for f in report.findings if f.rule_id == "SCC114")
    assert finding.message.endswith("but no SCC admits its pods")
    assert any(
        "restricted-v2 rejects its pods as the manifest describes them: .containers[0]" in note for note in finding.notes
    )


def test_a_list_of_objects_is_evidence_too(here: Path) -> None:
    objects = [pod("web-5d-aaaaa", "anyuid"), must_gather.one("Namespace", "shop")]
    Path("state.yaml").write_text(must_gather.listed("", objects), encoding="utf-8")
    report = scclint.lint(["web.yaml"], Config(cluster_state=("state.yaml",)))
    assert len(found_by(report, "SCC114")) == 1
    assert report.notices == ()


def test_damaged_files_are_told(here: Path) -> None:
    name = f"{ROOT}/namespaces/shop/shop.yaml"
    report = lint({**files(), name: "kind: Namespace\nmetadata: ["})
    assert ("warning", "namespaces/shop/shop.yaml") in [(n.level, n.file) for n in report.notices]
    name = "namespaces/shop/pods/web-5d-aaaaa/web-5d-aaaaa.yaml"
    report = lint({**files(), f"{ROOT}/{name}": "kind: Pod\nmetadata: [openshift.io/scc"})
    assert [(n.level, n.file) for n in report.notices] == [("warning", name)]


def test_archives_that_are_no_dumps(here: Path) -> None:
    write_archive(here / "other.tar", {"state.yaml": "kind: List\n"})
    whole = write_archive(here / "dump.tgz", files()).read_bytes()
    (here / "cut.tgz").write_bytes(whole[: len(whole) // 2])
    for name, why in (
        ("other.tar", "has no file of a must-gather: scclint expects cluster-scoped-resources/ or namespaces/ in it"),
        ("cut.tgz", "is damaged: its compressed data cannot be read to the end"),
    ):
        assert check("--cluster-state", name)[::2] == (2, f"{name}: error: {why}\n")


@pytest.mark.parametrize("name", ["dump.tar", "dump.tgz"])
def test_damaged_archives_end_in_plain_words(here: Path, name: str) -> None:
    whole = write_archive(here / name, files()).read_bytes()
    chance = random.Random(6)
    for _ in range(60):
        data = bytearray(whole)
        match chance.randrange(4):
            case 0:
                del data[chance.randrange(len(data)) :]
            case 1:
                for _ in range(chance.randint(1, 100)):
                    data[chance.randrange(len(data))] = chance.randrange(256)
            case 2:
                block = chance.randrange(len(data)) // 512 * 512
                data[block : block + 512] = chance.randbytes(512)
            case _:
                start = chance.randrange(len(data))
                data[start:] = data[chance.randrange(len(data)) :]
        (here / f"damaged-{name}").write_bytes(data)
        status, out, err = check("--cluster-state", f"damaged-{name}")
        assert status in (0, 1, 2), err
        assert "Traceback" not in out + err
    assert sorted(os.listdir(here)) == [f"damaged-{name}", name, "web.yaml"], "nothing else is written"


def test_the_cache_knows_the_dump(here: Path) -> None:
    # Results are kept for input of this size.
    Path("big.yaml").write_text(f"{WEB}# {'x' * MIN_CACHED}\n", encoding="utf-8")
    texts = []
    for version in ("4.16.1", "4.20.1", "4.16.1"):
        write_archive(here / "dump.tgz", files(version))
        texts.append(printed("check", "--cluster-state", "dump.tgz", "big.yaml")[1])
    assert texts[0] == texts[2]
    assert "OpenShift 4.16;" in texts[0] and "OpenShift 4.20;" in texts[1]
