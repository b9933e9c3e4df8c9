"""Files of targets."""

from pathlib import Path

import pytest

from scclint.apps.fleet.targets import FleetTarget, read_targets, unique
from scclint.errors import LoadError


def read(folder: Path, text: str) -> list[FleetTarget]:
    (folder / "targets.csv").write_text(text, encoding="utf-8")
    return read_targets(str(folder / "targets.csv"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web\n\n# the others\napi,shop\n", [FleetTarget("web"), FleetTarget("api", "shop")]),
        ("target,team\nweb,shop\n", [FleetTarget("web", "shop")]),
        ("target,cost centre,team\nweb,7,shop\napi\n", [FleetTarget("web", "shop"), FleetTarget("api")]),
        ("target,owner\nweb,shop\n", [FleetTarget("web")]),
        ("repository,team\nweb,shop\n", [FleetTarget("web", "shop")]),
        ("Team,Git URL,Target\nshop,git@x:web,web\n", [FleetTarget("web", "shop")]),
        ("repository,owner\nweb,shop\n", [FleetTarget("repository", "owner"), FleetTarget("web", "shop")]),
        ('"a,b",shop\n', [FleetTarget("a,b", "shop")]),
        ("", []),
    ],
)
def test_files_of_targets(tmp_path: Path, text: str, expected: list[FleetTarget]) -> None:
    assert read(tmp_path, text) == expected


def test_broken_csv_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="is not CSV"):
        read(tmp_path, '"web\n')


def test_an_address_counts_once_with_its_first_team() -> None:
    found = unique([FleetTarget("web"), FleetTarget("api", "shop"), FleetTarget("web", "pay"), FleetTarget("api", "pay")])
    assert list(found) == [FleetTarget("web", "pay"), FleetTarget("api", "shop")]
