from typing import Any

import pytest

from scclint.admission.provider import MCS, SUPPLEMENTAL_GROUPS, ProviderError, make_provider, make_providers
from scclint.platform.terms import UID_RANGE
from tests.admission.build import ANNOTATIONS, MUST, provider, scc

RANGE = {"type": "MustRunAsRange"}
BUILD = "error creating provider for SCC custom in namespace demo: "


def test_what_the_scc_leaves_open_comes_from_the_namespace() -> None:
    made = provider(runAsUser=RANGE, seLinuxContext=MUST, fsGroup=MUST, supplementalGroups=MUST)
    assert (made.minimum_uid, made.maximum_uid) == (1000680000, 1000689999)
    assert made.se_linux == {"level": "s0:c26,c15"}
    assert made.fs_group == ((1000680000, 1000680000),)
    assert made.supplemental_groups == ((1000680000, 1000689999),)


def test_what_the_scc_says_stays() -> None:
    made = provider(
        runAsUser={**RANGE, "uidRangeMin": 5, "uidRangeMax": 6},
        seLinuxContext={**MUST, "seLinuxOptions": {"level": "s0", "type": "t"}},
        fsGroup={**MUST, "ranges": [{"min": 1, "max": 2}]},
    )
    assert (made.minimum_uid, made.maximum_uid) == (5, 6)
    assert made.se_linux == {"level": "s0", "type": "t"}
    assert made.fs_group == ((1, 2),)


def test_the_level_is_added_to_the_other_options() -> None:
    made = provider(seLinuxContext={**MUST, "seLinuxOptions": {"type": "t", "level": ""}})
    assert made.se_linux == {"type": "t", "level": "s0:c26,c15"}


def test_under_run_as_any_ranges_and_options_do_not_count() -> None:
    made = provider(
        seLinuxContext={"type": "RunAsAny", "seLinuxOptions": {"level": "s0"}},
        fsGroup={"type": "RunAsAny", "ranges": [{"min": 1, "max": 2}]},
    )
    assert (made.se_linux, made.fs_group) == (None, ())


def test_without_the_annotation_groups_come_from_the_uid_range() -> None:
    made = make_provider(scc(supplementalGroups=MUST), "demo", {UID_RANGE: "7-9", MCS: "s0"}, 33)
    assert made.supplemental_groups == ((7, 9),)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"runAsUser": MUST}, "MustRunAs requires a UID"),
        ({"runAsUser": {**RANGE, "uidRangeMax": 5}}, "MustRunAsRange requires a UIDRangeMin"),
        ({"runAsUser": {**RANGE, "uidRangeMin": 5}}, "MustRunAsRange requires a UIDRangeMax"),
        ({"runAsUser": {"type": "Odd"}}, "Unrecognized RunAsUser strategy type Odd"),
        ({"runAsUser": None}, "Unrecognized RunAsUser strategy type "),
        ({"seLinuxContext": {"type": "Odd"}}, "Unrecognized SELinuxContext strategy type Odd"),
        ({"fsGroup": {"type": "Odd"}}, "Unrecognized FSGroup strategy type Odd"),
        ({"supplementalGroups": {"type": "Odd"}}, "Unrecognized SupplementalGroups strategy type Odd"),
        ({"runAsUser": {"type": "Odd"}, "fsGroup": {"type": "Odd"}}, "Unrecognized RunAsUser strategy type Odd"),
    ],
)
def test_sccs_that_cannot_be_built(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ProviderError) as raised:
        provider(**fields)
    assert str(raised.value) == BUILD + problem


@pytest.mark.parametrize(
    ("fields", "annotation", "value", "what", "problem"),
    [
        ({"runAsUser": RANGE}, UID_RANGE, "", "uid", f"found annotation {UID_RANGE} but it was empty"),
        ({"runAsUser": RANGE}, UID_RANGE, "5", "uid", "unexpected EOF"),
        ({"seLinuxContext": MUST}, MCS, "", "mcs", f"found annotation {MCS} but it was empty"),
        (
            {"fsGroup": MUST},
            SUPPLEMENTAL_GROUPS,
            "",
            "group",
            f"unable to find groups using {SUPPLEMENTAL_GROUPS} and {UID_RANGE} annotations",
        ),
        ({"supplementalGroups": MUST}, SUPPLEMENTAL_GROUPS, "1/2,x", "group", "expected integer"),
        ({"fsGroup": MUST}, SUPPLEMENTAL_GROUPS, "1/2,", "group", "EOF"),
    ],
)
def test_annotations_that_cannot_be_read(fields: dict[str, Any], annotation: str, value: str, what: str, problem: str) -> None:
    with pytest.raises(ProviderError) as raised:
        make_provider(scc(**fields), "demo", {**ANNOTATIONS, annotation: value}, 33)
    expected = (
        f"unable to find pre-allocated {what} annotation for namespace demo while trying to configure SCC custom: {problem}"
    )
    assert str(raised.value) == expected


@pytest.mark.parametrize("missing", [UID_RANGE, MCS])
def test_a_namespace_without_its_annotations_fails_as_a_whole(missing: str) -> None:
    annotations = {name: value for name, value in ANNOTATIONS.items() if name != missing}
    made, errors = make_providers([scc("a"), scc("b")], "demo", annotations, 33)
    assert made == ()
    assert errors == (f'error fetching namespace "demo": unable to find annotation {missing}',)


def test_every_scc_that_fails_is_reported() -> None:
    broken: dict[str, Any] = {"runAsUser": {"type": "Odd"}}
    made, errors = make_providers([scc("a"), scc("b", **broken), scc("c", **broken)], "demo", ANNOTATIONS, 33)
    assert [one.name for one in made] == ["a"]
    assert [error.split()[5] for error in errors] == ["b", "c"]
