"""What a cluster reports about SELinux labels of volumes, compared with the findings about the manifests of its pods."""

from pathlib import Path
from typing import Any

import pytest

import scclint
from scclint.config.model import Config
from tests.must_gather import ROOT, dump, files, listed, one, write_folder
from tests.run.test_selinux_units import pod

BACKUP = (
    'SELinuxLabel ":::s0:c1,c2" conflicts with pod db that uses the same volume as this pod with SELinuxLabel ":::s0:c3,c4". If'
)
DB = 'SELinuxLabel ":::s0:c3,c4" conflicts with pod backup that uses the same volume as this pod with SELinuxLabel ":::s0:c1,c2". If'
START = "the cluster dump has events about conflicting SELinux labels of volumes: "
EVENTS = f"{ROOT}/namespaces/orders/core/events.yaml"
CONFIG_MAPS = f"{ROOT}/namespaces/openshift-config/core/configmaps.yaml"


def event(name: str, message: str, reason: str = "SELinuxLabelConflict", **more: Any) -> dict[str, Any]:
    about = {"apiVersion": "v1", "kind": "Pod", "name": name, "namespace": "orders"}
    return one("Event", f"{name}.17", namespace="orders", involvedObject=about, message=message, reason=reason, **more)


def config_map(present: str, name: str = "selinux-conflicts") -> str:
    found = one("ConfigMap", name, namespace="openshift-config", data={"conflictsPresent": present})
    return listed("ConfigMap", [one("ConfigMap", "ca", data={"a": "b"}), found])


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pods.yaml").write_text(pod("backup", "s0:c1,c2") + "---\n" + pod("db", "s0:c3,c4"), encoding="utf-8")


def notices(found: dict[str, str], **settings: Any) -> list[str]:
    write_folder(Path("dump"), {**files("4.22.1"), **found})
    report = scclint.lint(["pods.yaml"], Config(cluster_state=("dump",), **settings))
    return [notice.message for notice in report.notices if "SELinux" in notice.message]


def test_one_conflict_has_two_events_and_a_finding() -> None:
    text = listed("Event", [event("db", DB), event("backup", BACKUP), event("db", "Pulled", "Pulled")])
    assert notices({EVENTS: text}) == [f"{START}SEC218 explains those of pod orders/db with pod backup"]


def test_an_event_of_the_newer_api_and_its_policy() -> None:
    about = {"kind": "Pod", "name": "db", "namespace": "orders"}
    note = DB.replace("SELinuxLabel", "SELinuxChangePolicy")
    newer = one("Event", "x", "events.k8s.io/v1", regarding=about, note=note, reason="SELinuxChangePolicyConflict")
    assert notices({EVENTS: dump(newer)}) == [f"{START}SEC218 explains those of pod orders/db with pod backup"]


@pytest.mark.parametrize(
    "found",
    [
        event("other", DB.replace("backup", "others")),
        event("db-0", 'Volume "v" is mounted twice with different SELinux labels inside this pod', "MultipleSELinuxLabels"),
        {**event("db", DB), "involvedObject": {"kind": "Pod", "name": "db", "namespace": "stock"}},
    ],
)
def test_no_finding_explains_the_event_of_another_pod(found: dict[str, Any]) -> None:
    (notice,) = notices({EVENTS: listed("Event", [found])})
    assert notice.startswith(f"{START}no finding explains those of pod ")
    assert notice.endswith("; the input lacks the manifests of these pods, or has others than the cluster")


def test_the_config_map_alone() -> None:
    (notice,) = notices({CONFIG_MAPS: config_map("True")})
    assert "says that SELinux labels of pods conflict, and the dump has no event about them: pass what `oc get events" in notice
    (notice,) = notices({CONFIG_MAPS: config_map("False")})
    assert notice.endswith("says that no SELinux labels of pods conflict at present: SEC218 is about pods that do not run")
    assert notices({CONFIG_MAPS: config_map("True", "others")}) == []
    Path("pods.yaml").write_text(pod("db", "s0:c3,c4"), encoding="utf-8")
    assert notices({CONFIG_MAPS: config_map("False")}) == []


def test_what_the_cluster_reports_about_a_rule_that_is_off() -> None:
    assert notices({EVENTS: listed("Event", [event("db", DB)])}, ignore=("SEC218",)) == []


@pytest.mark.parametrize("text", ["kind: EventList\nitems:\n- x: {", listed("Event", [event("db", "Pulled", "Pulled")])])
def test_events_about_something_else_are_not_read(text: str) -> None:
    assert notices({EVENTS: text}) == []


def test_events_as_oc_get_writes_them() -> None:
    Path("events.yaml").write_text(dump({"apiVersion": "v1", "kind": "List", "items": [event("db", DB)]}), encoding="utf-8")
    report = scclint.lint(["pods.yaml"], Config(cluster_state=("events.yaml",)))
    assert [notice.message for notice in report.notices] == [f"{START}SEC218 explains those of pod orders/db with pod backup"]
