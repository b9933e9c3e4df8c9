"""The names of releases."""

import pytest

from scclint.platform.releases import minor_release


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("4.20", "4.20"),
        ("v4.20", "4.20"),
        ("4.20.3", "4.20"),
        ("4.20.0-rc.1", "4.20"),
        ("4.20.3-x86_64", "4.20"),
        # These are no versions, and the error names them as they are.
        ("4", "4"),
        ("4.20.", "4.20."),
        ("latest", "latest"),
        ("", ""),
    ],
)
def test_the_release_of_a_version(version: str, release: str) -> None:
    assert minor_release(version) == release
