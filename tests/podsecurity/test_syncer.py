"""Which namespaces the label syncer controls and what it writes: the cases of its own tests, and the older releases."""

from typing import Any

import pytest

from scclint.errors import ModelError
from scclint.podsecurity.levels import LABELS
from scclint.podsecurity.syncer import SYNC_LABEL, SYSTEM_NAMESPACES, level_of_sccs, sync, why_not_synced
from tests.podsecurity.build import RESTRICTED, labels, namespace

BASELINE = {**RESTRICTED, "allowPrivilegeEscalation": True}
PRIVILEGED = {**RESTRICTED, "allowPrivilegedContainer": True}
UNREADABLE = {**RESTRICTED, "volumes": ["bogus"]}
ALL_SIX = dict.fromkeys(LABELS, "restricted")
YES, NO = {SYNC_LABEL: "true"}, {SYNC_LABEL: "false"}


def managed(manager: str, *names: str) -> list[dict[str, Any]]:
    return [{"manager": manager, "fieldsV1": {"f:metadata": {"f:labels": {f"f:{name}": {} for name in names}}}}]


def written(made: dict[str, Any], *sccs: dict[str, Any], minor: int = 36, enforcing: bool = True) -> dict[str, str]:
    return dict(sync(made, {"default": sccs}, minor, enforcing=enforcing).labels)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (namespace("openshift"), "system-namespace"),
        (namespace("kube-system", labels=YES), "system-namespace"),
        (namespace("openshift-config-managed"), "system-namespace"),
        (namespace("openshift-user-created"), "openshift-prefix"),
        (namespace("openshift-operators"), "openshift-prefix"),
        (namespace("openshift-user-created", labels=YES), None),
        (namespace(labels=NO), "opted-out"),
        (namespace(labels=YES), None),
        (namespace(labels={SYNC_LABEL: "False"}), None),
        (namespace(), None),
        (namespace(labels=ALL_SIX, managedFields=managed("someone", *LABELS)), "labels-owned"),
        (namespace(labels=labels(enforce="restricted") | YES, managedFields=managed("someone", LABELS[0])), None),
        (namespace(labels=labels(enforce="restricted"), managedFields=managed("cluster-policy-controller", LABELS[0])), None),
        (
            namespace(labels=labels(enforce="restricted") | NO, managedFields=managed("cluster-policy-controller", LABELS[0])),
            "opted-out",
        ),
        (namespace(labels=labels(enforce="restricted"), managedFields=managed("someone", "app")), None),
        (namespace(labels=labels(enforce_version="latest"), managedFields=managed("someone", LABELS[1])), None),
        (namespace(labels=ALL_SIX, managedFields=managed("someone", *LABELS[1:])), None),
        (namespace(labels=ALL_SIX), "labels-owned"),
        (namespace(labels=ALL_SIX | YES), None),
        (namespace(labels=ALL_SIX, managedFields=[None, {"manager": 1}, {"fieldsV1": []}]), None),
    ],
)
def test_the_namespaces_that_are_synced(made: dict[str, Any], why: str | None) -> None:
    assert why_not_synced(made, 27) == why
    if why == "labels-owned":
        assert why_not_synced(made, 26) is None


def test_there_are_65_system_namespaces() -> None:
    assert len(SYSTEM_NAMESPACES) == 65


@pytest.mark.parametrize(
    ("sccs", "level"),
    [
        ([RESTRICTED], "restricted"),
        ([RESTRICTED, BASELINE], "baseline"),
        ([PRIVILEGED, RESTRICTED], "privileged"),
        ([UNREADABLE, PRIVILEGED], "privileged"),
    ],
)
def test_the_least_strict_scc_counts(sccs: list[dict[str, Any]], level: str) -> None:
    assert level_of_sccs(sccs, "1000/1050", 35) == level
    accounts = {str(index): [scc] for index, scc in enumerate(sccs)}
    synced = sync(namespace(), accounts, 36, enforcing=True)
    assert (synced.level, synced.unsynced) == (level, None)
    assert synced.labels == labels(
        enforce=level, enforce_version="latest", audit=level, audit_version="latest", warn=level, warn_version="latest"
    )


def test_an_scc_that_cannot_be_read_leaves_the_labels() -> None:
    with pytest.raises(ModelError, match="bogus"):
        level_of_sccs([RESTRICTED, UNREADABLE], "1000/1050", 35)
    synced = sync(namespace(labels={"app": "x"}), {"default": [RESTRICTED, UNREADABLE]}, 35, enforcing=False)
    assert (synced.labels, synced.level, synced.unsynced) == ({"app": "x"}, None, "unreadable-scc")


@pytest.mark.parametrize(
    ("made", "accounts", "why"),
    [
        (namespace() | {"status": {"phase": "Terminating"}}, {"default": [RESTRICTED]}, "terminating"),
        (namespace(uid_range=None), {"default": [RESTRICTED]}, "no-uid-range"),
        (namespace(), {}, "no-accounts"),
        (namespace(), {"default": []}, "no-scc"),
        (namespace(labels=NO), {"default": [RESTRICTED]}, "opted-out"),
    ],
)
def test_namespaces_that_are_left_alone(made: dict[str, Any], accounts: dict[str, list[Any]], why: str) -> None:
    synced = sync(made, accounts, 36, enforcing=True)
    assert (synced.unsynced, synced.labels) == (why, made["metadata"].get("labels", {}))


def test_a_label_of_the_manifest_stays_and_the_others_are_filled_in() -> None:
    made = namespace(labels=labels(enforce_version="v1.25", warn="privileged"))
    assert written(made, BASELINE) == labels(
        enforce="baseline",
        enforce_version="v1.25",
        audit="baseline",
        audit_version="latest",
        warn="privileged",
        warn_version="latest",
    )
    forced = namespace(labels=labels(enforce="x", enforce_version="y") | YES)
    assert written(forced, RESTRICTED)[LABELS[0]] == "restricted"
    assert written(forced, RESTRICTED)[LABELS[1]] == "latest"


def test_a_label_that_nobody_else_owns_is_overwritten() -> None:
    made = namespace(labels=labels(enforce="bogus"), managedFields=managed("someone", LABELS[1]))
    assert LABELS[1] not in written(made, RESTRICTED)
    assert written(made, RESTRICTED)[LABELS[0]] == "restricted"


@pytest.mark.parametrize(("minor", "version"), [(24, "v1.24"), (27, "v1.24"), (29, "v1.24"), (30, "latest"), (35, "latest")])
def test_an_advising_syncer_writes_no_enforce_label(minor: int, version: str) -> None:
    expected = labels(audit="baseline", audit_version=version, warn="baseline", warn_version=version)
    assert written(namespace(), BASELINE, minor=minor, enforcing=False) == expected


def test_before_4_14_the_syncer_overwrites_every_label() -> None:
    made = namespace(labels=labels(enforce="privileged", warn="privileged", audit="privileged") | {"app": "x"})
    assert written(made, BASELINE, minor=26, enforcing=False) == labels(
        enforce="privileged", warn="baseline", warn_version="v1.24", audit="baseline", audit_version="v1.24"
    ) | {"app": "x"}
    assert written(made, BASELINE, minor=26, enforcing=True) == labels(enforce="baseline", enforce_version="v1.24") | {
        "app": "x"
    }


def test_three_namespaces_are_privileged_from_4_14_on() -> None:
    made = namespace("default", labels=labels(enforce="restricted"))
    assert written(made, RESTRICTED, minor=27) == labels(enforce="privileged", audit="privileged", warn="privileged")
    assert written(made, RESTRICTED, minor=26) == labels(enforce="restricted")
    assert written(namespace("kube-node-lease"), RESTRICTED, minor=27) == {}
