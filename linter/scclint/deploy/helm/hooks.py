"""Hooks of Helm and Argo CD in rendered text."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scclint.objects.documents import data_of
from scclint.yaml.untyped import as_mapping, as_text, value_at

_HOOK = "helm.sh/hook"
_TESTS = frozenset(("test", "test-success"))
_DOCUMENTS = re.compile(r"^(?=---$)", re.M)
_HOOK_OF_ARGO = "argocd.argoproj.io/hook"
_PHASES = frozenset(("PreSync", "Sync", "PostSync", "SyncFail", "PreDelete", "PostDelete"))
"""When Argo CD applies a hook. `Skip` is not among them."""


def without_tests(text: str, *, by_helm: bool) -> str:
    """The text without the objects that only `helm test` creates. A hook can be for more than one event, as in `test,post-install`.

    Unless it is known that Helm installs the chart (`by_helm`), an object with a hook of Argo CD counts: Argo CD then ignores the hooks of
    Helm. Source: `pkg/sync/hook/hook.go` of argoproj/gitops-engine.
    """
    if _HOOK not in text:
        return text
    return "".join(part for part in _DOCUMENTS.split(text) if not is_test(part, by_helm=by_helm))


def is_test(part: str, *, by_helm: bool = False) -> bool:
    """Whether only `helm test` creates the object in a rendered document."""
    if _HOOK not in part:
        return False
    annotations = as_mapping(value_at(data_of(part), ("metadata", "annotations")))
    events = {event.lower() for event in _events(annotations, _HOOK)}
    if not by_helm and not _PHASES.isdisjoint(_events(annotations, _HOOK_OF_ARGO)):
        return False
    return bool(events) and events <= _TESTS


def _events(annotations: Mapping[str, Any], key: str) -> Iterator[str]:
    """The events that an annotation lists."""
    return filter(None, map(str.strip, as_text(annotations.get(key)).split(",")))
