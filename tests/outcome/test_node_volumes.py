"""PersistentVolumes with a path of the node: which pods get them, and which paths open the node."""

from pathlib import Path

import pytest

from scclint.cluster.volumes import opens_node
from tests.running import report_on, write_files

VOLUME = """\
apiVersion: v1
kind: PersistentVolume
metadata: {name: pv, labels: {a: b}}
spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], SOURCE, MORE}
"""
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}MORE}
"""
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers: [{name: c, image: i, volumeMounts: [{name: v, mountPath: /data}]}]
  volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]
"""
STATEFUL_SET = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: i, volumeMounts: [{name: data, mountPath: /data}]}]}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], storageClassName: manual}}]
"""
ROOT = "hostPath: {path: /}"
REFERENCE = "claimRef: {name: data, namespace: shop}"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def found(files: dict[str, str]) -> list[tuple[str, str]]:
    write_files(files)
    report = report_on(["."])
    assert not report.crashes
    return [(f.span.file, f.message) for f in report.findings if "PersistentVolume" in f.message]


def volume(source: str = ROOT, more: str = REFERENCE) -> str:
    return VOLUME.replace("SOURCE", source).replace("MORE", more)


def claim(more: str = "") -> str:
    return CLAIM.replace("MORE", more)


MOUNTS = "mounts / of the node through PersistentVolume pv and claim"


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ((volume(), claim(), POD), f"Pod web: {MOUNTS} data"),
        ((volume(), POD), f"Pod web: {MOUNTS} data"),
        ((volume(more="storageClassName: manual"), claim(", volumeName: pv"), POD), f"Pod web: {MOUNTS} data"),
        (
            (
                volume(more="storageClassName: manual"),
                claim(", storageClassName: manual, selector: {matchLabels: {a: b}}"),
                POD,
            ),
            f"Pod web: can {MOUNTS.replace('mounts', 'mount')} data",
        ),
        ((volume("local: {path: /etc/kubernetes}"), claim(), POD), "Pod web: mounts /etc/kubernetes of the node"),
        ((volume(more="claimRef: {name: data-web-2, namespace: shop}"), STATEFUL_SET), f"StatefulSet web: {MOUNTS} data-web-0"),
        ((volume(more="storageClassName: manual"), STATEFUL_SET), "StatefulSet web: can mount / of the node"),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_a_volume_that_opens_the_node(manifest: tuple[str, ...], message: str, together: bool) -> None:
    files = {f"{index}.yaml": text for index, text in enumerate(manifest)}
    ((file, text),) = found({"a.yaml": "---\n".join(manifest)} if together else files)
    assert text.startswith(message)
    assert file == ("a.yaml" if together else "0.yaml")


@pytest.mark.parametrize(
    "manifest",
    [
        (volume(), claim()),
        (volume("hostPath: {path: /mnt/data}"), claim(), POD),
        (volume("nfs: {server: a, path: /}"), claim(), POD),
        (volume(more="claimRef: {name: other, namespace: shop}"), claim(), POD),
        (volume(more="claimRef: {name: data, namespace: other}"), claim(), POD),
        (volume(more="storageClassName: manual"), claim(", storageClassName: fast"), POD),
        (volume(more="storageClassName: manual"), claim(", storageClassName: manual, selector: {matchLabels: {a: c}}"), POD),
        (volume(more="storageClassName: manual"), claim(", storageClassName: manual").replace("Once", "Many"), POD),
        (volume(), claim(), POD.replace("volumeMounts", "volumeDevices").replace("mountPath", "devicePath")),
        (volume(more="claimRef: {name: data-other-0, namespace: shop}"), STATEFUL_SET),
    ],
)
def test_other_volumes(manifest: tuple[str, ...]) -> None:
    assert found({"a.yaml": "---\n".join(manifest)}) == []


def test_several_workloads_that_mount_one_volume_have_one_finding() -> None:
    other = POD.replace("name: web", "name: other")
    ((_, text),) = found({"a.yaml": "---\n".join((volume(), claim(), POD, other))})
    assert text.startswith("Pod web")


KUSTOMIZATION = "resources: [pod.yaml]\n"


@pytest.mark.parametrize(
    ("of_volume", "of_claim"),
    [
        (REFERENCE, ""),
        ("storageClassName: manual", ", volumeName: pv"),
        ("storageClassName: manual", ", storageClassName: manual"),
    ],
)
def test_a_volume_of_another_unit(of_volume: str, of_claim: str) -> None:
    files = {
        "app/kustomization.yaml": KUSTOMIZATION,
        "app/pod.yaml": POD,
        "pv.yaml": volume(more=of_volume),
        "pvc.yaml": claim(of_claim),
    }
    ((file, _),) = found(files)
    assert file == "app/pod.yaml"


OPENING = (
    "/ // /etc /etc/ /etc/kubernetes/pki /var /run/crio/crio.sock /var/run/crio /var/lib/kubelet/pods /proc /root /home/core/.ssh "
    "/var/log /var/lib /mnt/../etc /usr/local/bin /dev"
)
DATA = (
    "/mnt /mnt/data /data /srv/nfs /opt/app /var/mnt/x /var/lib/postgresql /tmp/x /home/user/data /mnt/local-storage/fast/sdb /etcd-data "
    "/variable /var/log/app"
)


@pytest.mark.parametrize("path", OPENING.split())
def test_paths_that_open_the_node(path: str) -> None:
    assert opens_node(path)


@pytest.mark.parametrize("path", ["", *DATA.split()])
def test_folders_for_data(path: str) -> None:
    assert not opens_node(path)
