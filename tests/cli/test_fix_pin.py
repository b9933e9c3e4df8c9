"""`scclint fix --pin` requires the SCC that admits each workload now, and changes no pod."""

from pathlib import Path

import pytest

from scclint.cli import main

PIN = "openshift.io/required-scc"
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
    spec:
      serviceAccountName: web
      containers: [{name: web, image: "registry.example/web:1"}]
"""
ANYUID = """apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:anyuid"}
subjects: [{kind: ServiceAccount, name: web}]
"""
BARE = "apiVersion: v1\nkind: Pod\nmetadata: {name: bare, namespace: shop}\nspec: {containers: [{name: a, image: a}]}\n"


def pinned(folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str, **texts: str) -> dict[str, str]:
    """The texts of the files after the command, by name."""
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)
    monkeypatch.chdir(folder)
    assert main(["fix", "--pin", "--isolated", *options, "."]) == 0
    return {name: (folder / f"{name}.yaml").read_text() for name in texts}


def test_each_workload_requires_the_scc_that_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = DEPLOYMENT.replace("NAME", "one") + "---\n" + DEPLOYMENT.replace("NAME", "two")
    after = pinned(tmp_path, monkeypatch, web=both, grant=ANYUID)
    assert after["web"].count(f"{PIN}: anyuid") == 2
    assert after["grant"] == ANYUID
    assert pinned(tmp_path, monkeypatch, web=after["web"]) == {"web": after["web"]}


def test_what_differs_by_creator_or_release_or_is_rejected_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    privileged = DEPLOYMENT.replace("NAME", "p").replace('web:1"}', 'web:1", securityContext: {privileged: true}}')
    outside = DEPLOYMENT.replace("NAME", "o").replace("namespace: shop", "namespace: default")
    texts = {"bare": BARE, "privileged": privileged, "outside": outside}
    assert pinned(tmp_path, monkeypatch, **texts) == texts
    web = DEPLOYMENT.replace("NAME", "web")
    assert pinned(tmp_path, monkeypatch, "--openshift", "4.12,4.22", web=web) == {"web": web}


def test_a_diff_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    web = DEPLOYMENT.replace("NAME", "web")
    assert pinned(tmp_path, monkeypatch, "--diff", web=web) == {"web": web}
    shown = capsys.readouterr()
    assert f"+        {PIN}: restricted-v2" in shown.out
    assert shown.err == "scclint: would pin 1 workload in 1 file\n"
