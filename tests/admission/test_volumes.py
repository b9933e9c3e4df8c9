from typing import Any

import pytest

from scclint.admission.field import FieldError
from scclint.admission.service_account import with_service_account
from scclint.admission.volumes import only_service_account_sources, source_of, validate
from tests.admission.build import pod, provider

TOKEN = {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}}
NAMESPACE = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}


def errors(mounted: list[dict[str, Any]], **fields: Any) -> list[FieldError]:
    return list(validate(provider(**fields), mounted))


def test_the_field_and_the_type_are_not_always_spelled_alike() -> None:
    assert source_of({"cephfs": {}}) == ("cephfs", "cephFS")
    assert source_of({"vsphereVolume": {}}) == ("vsphereVolume", "vsphere")
    assert source_of({"storageos": {}}) == ("storageos", "storageOS")


def test_a_volume_without_a_known_source_is_an_empty_dir() -> None:
    assert source_of({"name": "v"}) == ("", "emptyDir")
    assert source_of({"secret": None}) == ("", "emptyDir")
    assert source_of({"image": {}}) == ("image", "image")


def test_of_two_sources_the_first_in_the_plugins_order_counts() -> None:
    assert source_of({"secret": {}, "hostPath": {}}) == ("hostPath", "hostPath")


def test_types_must_be_listed() -> None:
    (error,) = errors([{"secret": {}}, {"hostPath": {}}], volumes=["secret", "nfs"])
    assert error.message("custom") == 'spec.volumes[1]: Invalid value: "hostPath": hostPath volumes are not allowed to be used'
    (later,) = errors([{"secret": {}}, {"hostPath": {}}], minor=35, volumes=["secret", "nfs"])
    assert (
        later.message("custom") == f"provider custom: .{error.message('custom')}"
        and later.text == f".{error.message('custom')}"
    )
    assert (error.path, error.value, error.allowed) == (("spec", "volumes", 1, "hostPath"), "hostPath", "nfs, secret")
    assert errors([{"hostPath": {}}], volumes=["*"], allowHostDirVolumePlugin=True) == []


@pytest.mark.parametrize(("types", "good"), [(["flexVolume"], False), (["*"], False), (["secret"], True)])
def test_flex_volume_drivers(types: list[str], good: bool) -> None:
    fields = {"volumes": types, "allowHostDirVolumePlugin": True, "allowedFlexVolumes": [{"driver": "a/b"}]}
    volumes: list[dict[str, Any]] = [{"flexVolume": {"driver": "a/b"}}, {"flexVolume": {"driver": "c"}}, {"secret": {}}]
    found = [error for error in errors(volumes, **fields) if "driver" in error.message("custom")]
    text = 'volumes[1].driver: Invalid value: "c": Flexvolume driver is not allowed to be used'
    assert [error.message("custom") for error in found] == ([] if good else [f"provider custom: .spec.securityContext.{text}"])
    assert all(error.path == ("spec", "volumes", 1, "flexVolume", "driver") for error in found)


def test_without_a_list_every_driver_is_fine() -> None:
    assert errors([{"flexVolume": {"driver": "c"}}], volumes=["flexVolume"]) == []


def test_the_token_volume_is_fine_where_secrets_are() -> None:
    mounted = with_service_account(pod(), None)["spec"]["volumes"]
    assert errors(mounted, volumes=["secret"]) == []
    assert errors(mounted, volumes=["projected"]) == []
    (error,) = errors(mounted, volumes=["configMap"])
    assert error.value == "projected"


def config_map(name: str, *keys: str) -> dict[str, Any]:
    return {"configMap": {"name": name, "items": [{"key": key, "path": key} for key in keys]}}


@pytest.mark.parametrize(
    ("source", "good"),
    [
        (TOKEN, True),
        ({"serviceAccountToken": {"path": "token", "audience": ""}}, True),
        ({"serviceAccountToken": {"path": "token", "audience": "vault"}}, False),
        ({"serviceAccountToken": {"path": "other"}}, False),
        ({"serviceAccountToken": {}}, False),
        (config_map("kube-root-ca.crt", "ca.crt"), True),
        (config_map("openshift-service-ca.crt", "service-ca.crt"), True),
        (config_map("kube-root-ca.crt", "service-ca.crt"), False),
        (config_map("kube-root-ca.crt"), False),
        (config_map("kube-root-ca.crt", "ca.crt", "ca.crt"), False),
        (config_map("other", "ca.crt"), False),
        ({"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "x"}]}}, False),
        ({"downwardAPI": {"items": [NAMESPACE]}}, True),
        ({"downwardAPI": {"items": []}}, True),
        ({"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}}, True),
        ({"downwardAPI": {"items": [{**NAMESPACE, "path": "x"}]}}, False),
        ({"downwardAPI": {"items": [{"path": "namespace"}]}}, False),
        ({"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.name"}}]}}, False),
        (
            {"downwardAPI": {"items": [{**NAMESPACE, "fieldRef": {"apiVersion": "v2", "fieldPath": "metadata.namespace"}}]}},
            False,
        ),
        (
            {
                "downwardAPI": {
                    "items": [{**NAMESPACE, "fieldRef": {"apiVersion": "apps/v1", "fieldPath": "metadata.namespace"}}]
                }
            },
            False,
        ),
        ({"secret": {"name": "x"}}, False),
        ({"clusterTrustBundle": {}}, False),
        ({}, False),
    ],
)
def test_what_counts_as_a_service_accounts_source(source: dict[str, Any], good: bool) -> None:
    assert only_service_account_sources({"sources": [TOKEN, source]}) is good


def test_a_projection_of_nothing_counts() -> None:
    assert only_service_account_sources({}) is True
