"""Hooks of Helm in rendered text."""

import re

from scclint.load import data_of
from scclint.untyped import as_text, value_at

_HOOK = "helm.sh/hook"
_TESTS = frozenset(("test", "test-success"))
_DOCUMENTS = re.compile(r"^(?=---$)", re.M)


def without_tests(text: str) -> str:
    """The text without the objects that only `helm test` creates. A hook can be for more than one event, as in `test,post-install`."""
    if _HOOK not in text:
        return text
    return "".join(part for part in _DOCUMENTS.split(text) if _HOOK not in part or not _is_test(part))


def _is_test(part: str) -> bool:
    hook = as_text(value_at(data_of(part), ("metadata", "annotations", _HOOK)))
    return bool(hook) and all(event.strip().lower() in _TESTS for event in hook.split(","))
