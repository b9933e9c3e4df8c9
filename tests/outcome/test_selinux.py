"""Which pods cannot mount one volume at the same time, as the SELinux warning controller decides it."""

import pytest

from scclint.outcome.selinux import MountedClaim, event

LEVEL, OTHER = ":::s0:c1,c2", ":::s0:c3,c4"
USER = "user_u::container_t:"


def mounted(*labels: str, recursive: bool = False) -> MountedClaim:
    return MountedClaim("data", labels, recursive, ())


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (mounted(LEVEL), mounted(LEVEL), None),
        (mounted(LEVEL), mounted(OTHER), "SELinuxLabelConflict"),
        (mounted(LEVEL), mounted(), "SELinuxLabelConflict"),
        (mounted(), mounted(), None),
        (mounted(LEVEL), mounted(OTHER, recursive=True), "SELinuxLabelConflict"),
        (mounted(LEVEL, recursive=True), mounted(OTHER, recursive=True), None),
        (mounted(LEVEL, recursive=True), mounted(), None),
        # A part that only one of the labels has is no conflict, except for the level.
        (mounted("::spc_t:s0:c1,c2"), mounted(LEVEL), None),
        (mounted("::spc_t:s0:c1,c2"), mounted("::container_t:s0:c1,c2"), "SELinuxLabelConflict"),
        # Without a level, the labels agree, but only one pod has a label to mount with.
        (mounted(USER), mounted(), "SELinuxChangePolicyConflict"),
        # The containers of one pod disagree: the pod is compared with no other.
        (mounted(LEVEL, OTHER), mounted(), None),
    ],
)
def test_two_pods_conflict_as_in_the_controller(first: MountedClaim, second: MountedClaim, expected: str | None) -> None:
    assert event(first, second) == expected
    assert event(second, first) == expected
