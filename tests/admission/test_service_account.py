from copy import deepcopy
from typing import Any

import pytest

from scclint.admission.service_account import MOUNT_PATH, service_account_of, with_service_account
from tests.admission.build import pod


def test_the_default_account_and_its_token_volume() -> None:
    made = pod({}, initContainers=[{"name": "i"}], volumes=[{"name": "v", "emptyDir": {}}])
    before = deepcopy(made)
    spec = with_service_account(made, None)["spec"]
    assert made == before
    assert spec["serviceAccountName"] == "default"
    assert [volume["name"] for volume in spec["volumes"]] == ["v", "kube-api-access-xxxxx"]
    for container in (spec["containers"][0], spec["initContainers"][0]):
        assert container["volumeMounts"] == [{"name": "kube-api-access-xxxxx", "readOnly": True, "mountPath": MOUNT_PATH}]


@pytest.mark.parametrize(
    ("on_pod", "on_account", "mounted"),
    [(None, None, True), (None, False, False), (True, False, True), (False, None, False), (False, True, False)],
)
def test_opting_out(on_pod: bool | None, on_account: bool | None, mounted: bool) -> None:
    made = pod(automountServiceAccountToken=on_pod)
    spec = with_service_account(made, {"automountServiceAccountToken": on_account})["spec"]
    assert bool(spec.get("volumes")) is mounted


def test_no_volume_where_every_container_mounts_its_own() -> None:
    own = {"volumeMounts": [{"name": "mine", "mountPath": MOUNT_PATH}]}
    spec = with_service_account(pod(own), None)["spec"]
    assert "volumes" not in spec
    assert spec["containers"][0]["volumeMounts"] == own["volumeMounts"]


@pytest.mark.parametrize(
    "path", ["/", "/data", "/var/run/secrets/kubernetes.io", "/var/run/secrets/kubernetes.io/serviceaccount/x"]
)
def test_a_mount_elsewhere_leaves_the_token_its_place(path: str) -> None:
    spec = with_service_account(pod({"volumeMounts": [{"name": "mine", "mountPath": path}]}), None)["spec"]
    assert [mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]] == [path, MOUNT_PATH]


@pytest.mark.parametrize("source", [{"projected": {"sources": []}}, {"emptyDir": {}}, {"hostPath": {"path": "/"}}, {}])
def test_a_volume_named_like_the_tokens_is_taken_for_it(source: dict[str, Any]) -> None:
    volume = {"name": "kube-api-access-abcde", **source}
    spec = with_service_account(pod(volumes=[volume]), None)["spec"]
    assert spec["volumes"] == [volume]
    assert spec["containers"][0]["volumeMounts"][0]["name"] == "kube-api-access-abcde"


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ({}, ""),
        ({"serviceAccount": "a"}, "a"),
        ({"serviceAccount": "a", "serviceAccountName": "b"}, "b"),
        ({"serviceAccountName": None}, ""),
    ],
)
def test_the_old_name_of_the_field(spec: dict[str, Any], name: str) -> None:
    assert service_account_of(pod(**spec)) == name


def test_a_mirror_pod_stays_as_it_is() -> None:
    made = pod(annotations={"kubernetes.io/config.mirror": ""})
    assert with_service_account(made, None) == made
