import pytest

from scclint.admission.constraints import VOLUME_TYPES, default_volumes
from tests.admission.build import MUST, scc


@pytest.mark.parametrize(
    ("volumes", "host_dir", "stored"),
    [
        (None, True, ("*",)),
        (None, False, tuple(sorted(VOLUME_TYPES - {"hostPath"}))),
        ([], True, ("hostPath",)),
        ([], False, ("none",)),
        (["*"], True, ("*",)),
        (["*", "secret"], False, tuple(sorted(VOLUME_TYPES - {"hostPath"}))),
        (["secret", "nfs"], True, ("hostPath", "nfs", "secret")),
        (["secret", "hostPath"], False, ("secret",)),
        (["hostPath"], False, ()),
    ],
)
def test_volumes_are_defaulted_on_write(volumes: list[str] | None, host_dir: bool, stored: tuple[str, ...]) -> None:
    assert default_volumes(volumes, host_dir, 33) == stored


def test_image_volumes_are_not_known_before_4_20() -> None:
    assert "image" not in default_volumes(None, False, 30)
    assert "image" in default_volumes(None, False, 31)


def test_what_is_left_out_is_defaulted() -> None:
    made = scc(fsGroup=None, supplementalGroups={}, allowPrivilegeEscalation=None, priority=None, users=None)
    assert (made.fs_group, made.supplemental_groups) == ("RunAsAny", "RunAsAny")
    assert made.allow_privilege_escalation is True
    assert (made.priority, made.users, made.allowed_capabilities) == (0, (), ())


def test_missing_strategies_are_not_defaulted() -> None:
    made = scc(runAsUser=None, seLinuxContext={})
    assert (made.run_as_user, made.se_linux_context) == ("", "")


def test_user_namespace_level_is_unknown_before_4_20() -> None:
    assert scc(minor=32, userNamespaceLevel="RequirePodLevel").user_namespace_level == ""
    assert scc(minor=33, userNamespaceLevel="RequirePodLevel").user_namespace_level == "RequirePodLevel"


def test_whole_numbers_may_be_written_as_floats() -> None:
    made = scc(priority=10.0, runAsUser={"type": "MustRunAs", "uid": 1000.0}, fsGroup={"ranges": [{"min": 1.0, "max": 2.0}]})
    assert (made.priority, made.uid, made.fs_group_ranges) == (10, 1000, ((1, 2),))


def test_a_range_without_a_bound_has_zero() -> None:
    made = scc(fsGroup={**MUST, "ranges": [{"max": 5}, {"min": 7}]}, supplementalGroups={**MUST, "ranges": [{}]})
    assert (made.fs_group_ranges, made.supplemental_groups_ranges) == (((0, 5), (7, 0)), ((0, 0),))
