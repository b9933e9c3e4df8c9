"""YAML text to events and tokens, through ruamel.yaml: its scanner in C or, without one, its scanner in Python."""

from collections.abc import Callable, Iterator
from typing import Any

try:
    from ruamel.yaml.cyaml import CBaseLoader

    IN_C = True
except ModuleNotFoundError:
    IN_C = False

IN_PYTHON = (
    "no scanner in C is installed for YAML, so that reading takes ten times as long and some texts are refused "
    "that the cluster takes: pip install ruamel.yaml.clib"
)
"""What to tell the user unless `IN_C`."""


def event_source(text: str) -> Callable[[], Any]:
    """Return a function that returns the next event of the text. It raises YAMLError or UnicodeError."""
    source: Callable[[], Any] = CBaseLoader(text).get_event if IN_C else _scanner().parse(text).__next__
    return source


def tokens(text: str) -> Iterator[Any]:
    """Yield the tokens of the text. Raises YAMLError or UnicodeError."""
    return iter(CBaseLoader(text).get_token, None) if IN_C else iter(_scanner().scan(text))


def _scanner() -> Any:
    from ruamel.yaml import YAML

    scanner = YAML(typ="base", pure=True)
    scanner.version = (1, 1)
    return scanner
