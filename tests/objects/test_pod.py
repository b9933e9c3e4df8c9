"""The pod that a controller makes of the template that the API server stores."""

from typing import Any

import pytest

from scclint.objects.documents import load_text
from scclint.objects.expand import expand
from scclint.objects.types import Workload
from scclint.text import field_path
from tests.yaml_text import write_yaml


def workload(kind: str, spec: dict[str, Any], group: str = "apps/v1", **fields: Any) -> Workload:
    pod = {"containers": [{"name": "c", "image": "i"}], **spec}
    own = pod if kind == "Pod" else {"template": {"spec": pod}, **fields}
    text = write_yaml({"apiVersion": group, "kind": kind, "metadata": {"name": "db"}, "spec": own})
    (found,) = (obj for document in load_text("a.yaml", text, frozenset()) for obj in expand(document))
    assert isinstance(found, Workload)
    return found


def claims(*names: str) -> list[dict[str, Any]]:
    return [{"metadata": {"name": name}, "spec": {}} for name in names]


VOLUMES = [{"name": "log", "hostPath": {"path": "/var/log"}}, {"name": "data", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}]


@pytest.mark.parametrize(
    ("kind", "group"),
    [("StatefulSet", "apps/v1"), ("StatefulSet", "apps.kruise.io/v1beta1"), ("CloneSet", "apps.kruise.io/v1alpha1")],
)
def test_a_claim_template_becomes_a_volume_and_replaces_one_of_the_same_name(kind: str, group: str) -> None:
    found = workload(kind, {"volumes": VOLUMES}, group, volumeClaimTemplates=claims("data", "more"))
    volumes = found.pod.manifest["spec"]["volumes"]
    assert [volume["name"] for volume in volumes] == ["data", "more", "log", "tmp"]
    assert volumes[0] == {"name": "data", "persistentVolumeClaim": {"claimName": "data-db-0"}}
    assert found.pod.template["spec"]["volumes"] == VOLUMES
    places = [field_path(found.pod.field("spec", "volumes", index).path) for index in range(4)]
    below = "spec.template.spec.volumes"
    assert places == ["spec.volumeClaimTemplates[0]", "spec.volumeClaimTemplates[1]", f"{below}[0]", f"{below}[2]"]
    path = found.pod.field("spec", "volumes", 2, "hostPath", "path")
    assert path.value == "/var/log"
    assert found.pod.path_in_manifest(path.path) == ("spec", "volumes", 2, "hostPath", "path")


@pytest.mark.parametrize(
    ("kind", "templates"),
    [
        ("Deployment", claims("data")),
        ("StatefulSet", []),
        ("StatefulSet", [None, {"metadata": {}}]),
    ],
)
def test_the_volumes_are_those_of_the_template(kind: str, templates: list[Any]) -> None:
    found = workload(kind, {"volumes": VOLUMES}, volumeClaimTemplates=templates)
    assert found.pod.manifest["spec"]["volumes"] == VOLUMES
    path = found.pod.field("spec", "volumes", 1).path
    assert field_path(path) == "spec.template.spec.volumes[1]"
    assert found.pod.path_in_manifest(path) == ("spec", "volumes", 1)
    assert found.pod.path_in_manifest(("spec", "selector")) is None


EMPTY = {"securityContext": {"supplementalGroups": [], "sysctls": [], "seLinuxOptions": {}}, "volumes": []}


def test_the_api_server_stores_no_empty_list() -> None:
    stored = workload("Deployment", EMPTY).pod
    assert stored.manifest["spec"] == {"containers": [{"name": "c", "image": "i"}], "securityContext": {"seLinuxOptions": {}}}
    assert stored.field("spec", "securityContext", "supplementalGroups").value == []
    assert stored.template["spec"]["securityContext"] == EMPTY["securityContext"]


def test_an_empty_list_in_a_bare_pod_reaches_admission() -> None:
    assert workload("Pod", EMPTY, "v1").pod.manifest["spec"]["securityContext"] == EMPTY["securityContext"]
