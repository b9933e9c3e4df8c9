"""Plain files that define the same object are alternatives; what is left is shared by all of them."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from scclint.deploy.facts import Identity
from scclint.deploy.plain import Group, alternatives

WEB: Identity = ("apps", "Deployment", "shop", "web")
DB: Identity = ("apps", "StatefulSet", "shop", "db")


def groups(files: Mapping[str, set[Identity]]) -> list[Group]:
    return alternatives(files, lambda file: frozenset(files[file]))


def test_without_an_object_in_common_there_is_one_group() -> None:
    assert groups({"a/web.yaml": {WEB}, "b/db.yaml": {DB}, "c.yaml": set()}) == [
        Group("", ("a/web.yaml", "b/db.yaml", "c.yaml"))
    ]


def test_no_files() -> None:
    assert groups({}) == []


def test_folders_with_an_object_in_common_are_alternatives_and_the_rest_is_shared() -> None:
    files = {"dev/web.yaml": {WEB}, "dev/rbac.yaml": set(), "prod/web.yaml": {WEB}, "common/db.yaml": {DB}}
    assert groups(files) == [
        Group("", ("common/db.yaml",)),
        Group("dev", ("dev/rbac.yaml", "dev/web.yaml"), ("common/db.yaml",)),
        Group("prod", ("prod/web.yaml",), ("common/db.yaml",)),
    ]


def test_paths_part_as_deep_as_they_can() -> None:
    """The folder that two files share is shared; their own folders are not."""
    files = {"apps/shop/dev/web.yaml": {WEB}, "apps/shop/prod/web.yaml": {WEB}, "apps/shop/sa.yaml": set()}
    assert [group.path for group in groups(files)] == ["apps/shop/dev", "apps/shop/prod", ""]
    assert {group.path: group.shared for group in groups(files)}["apps/shop/dev"] == ("apps/shop/sa.yaml",)


def test_files_of_one_folder() -> None:
    files = {"operator.yaml": {WEB}, "operator-openshift.yaml": {WEB}, "common.yaml": set()}
    assert {group.path: group.files for group in groups(files)} == {
        "": ("common.yaml",),
        "operator.yaml": ("operator.yaml",),
        "operator-openshift.yaml": ("operator-openshift.yaml",),
    }


def test_alternatives_within_an_alternative_have_what_is_around_them() -> None:
    files = {
        "dev/web.yaml": {WEB},
        "dev/small/db.yaml": {DB},
        "dev/large/db.yaml": {DB},
        "prod/web.yaml": {WEB},
        "sa.yaml": set(),
    }
    shared = {group.path: group.shared for group in groups(files)}
    assert shared["dev/small"] == ("dev/web.yaml", "sa.yaml")
    assert shared["dev"] == shared["prod"] == ("sa.yaml",)


def test_absolute_paths() -> None:
    assert {g.path for g in groups({"/r/dev/web.yaml": {WEB}, "/r/prod/web.yaml": {WEB}})} == {"/r/dev", "/r/prod"}


PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(lambda parts: "/".join(parts) + ".yaml")
FILES = st.dictionaries(PATHS, st.sets(st.sampled_from([WEB, DB])), max_size=12)


@given(FILES)
def test_every_file_is_in_one_group_and_no_group_defines_an_object_in_two_files(files: dict[str, set[Identity]]) -> None:
    found = groups(files)
    assert sorted(file for group in found for file in group.files) == sorted(files)
    for group in found:
        together = [identity for file in (*group.files, *group.shared) for identity in files[file]]
        assert len(together) == len(set(together))
        assert not set(group.files) & set(group.shared)


@given(FILES)
def test_files_are_shared_only_with_what_lies_beside_or_below_them(files: dict[str, set[Identity]]) -> None:
    by_file = {file: group for group in groups(files) for file in group.files}
    for group in groups(files):
        for file in group.shared:
            outer = by_file[file].path
            assert outer != group.path and (not outer or group.path.startswith(f"{outer}/"))
