"""Random edits of every fixture and of real manifests are applied, whatever their style."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scclint.errors import LoadError
from scclint.files import read
from scclint.objects.documents import load_text
from scclint.yaml.nodes import to_data
from tests.conftest import shared
from tests.yaml.test_edit import check, operation_at, paths

FIXTURES = Path(__file__).parents[3] / "fixtures"


def documents(folder: Path) -> Iterator[tuple[str, int, Any]]:
    """The text, index and data of each document below a folder."""
    for file in sorted(folder.rglob("*")):
        if file.suffix not in (".yaml", ".yml", ".json") or not file.is_file():
            continue
        try:
            text = read(str(file))
        except LoadError:
            continue
        for document in load_text("a.yaml", text, frozenset())[:10]:
            data = to_data(document.root)
            if isinstance(data, dict | list) and document.status == "parsed" and document.text:
                yield text, document.index, data


VARIANTS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "CRLF": lambda text: text.replace("\r\n", "\n").replace("\n", "\r\n"),
    "cut": str.rstrip,
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_random_edits_of_every_fixture(variant: str) -> None:
    assert_edits(FIXTURES, variant, seed=1, edits=1, share=0.97)


def test_random_edits_of_the_corpus() -> None:
    assert_edits(shared() / "corpus", "as it is", seed=2, edits=1, share=0.95)


def assert_edits(folder: Path, variant: str, seed: int, edits: int, share: float) -> None:
    """Random edits of every document are applied, all but a small share."""
    choose = random.Random(seed)
    applied = tried = 0
    for written, index, data in documents(folder):
        text = VARIANTS[variant](written)
        places = list(paths(data))
        for path, value in choose.sample(places, min(edits, len(places))):
            tried += 1
            applied += check(text, index, operation_at(path, value, choose.randrange(6)))
    assert tried > 100
    assert applied / tried > share
