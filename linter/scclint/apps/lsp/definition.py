"""Where the object is defined that a field names: a service account, role, SCC or seccomp profile."""

from collections.abc import Iterator, Sequence
from typing import Any

from scclint.admission.verdict import ObjectRef
from scclint.apps.lsp.project import Cursor
from scclint.finding import Path
from scclint.objects.types import Workload
from scclint.outcome.world import World
from scclint.platform.terms import REQUIRED_SCC, SERVICE_ACCOUNT_PREFIX
from scclint.run.judge import OpenUnit
from scclint.source import Span
from scclint.yaml.nodes import to_data
from scclint.yaml.untyped import as_mapping, as_text, value_at

_SCC = "SecurityContextConstraints"


def definitions(cursor: Cursor, opened: OpenUnit, workloads: Sequence[Workload]) -> list[Span]:
    """Return the places in a unit of what the field under the cursor names. `workloads` are those of the unit around the cursor.

    For the service account of a workload, the grant of the SCC that admits it follows: the binding, the role and the SCC.
    """
    return list(dict.fromkeys(_places(cursor, opened.world, workloads)))


def _places(cursor: Cursor, world: World, workloads: Sequence[Workload]) -> Iterator[Span]:
    path = cursor.path
    if not path or cursor.document is None:
        return
    data = to_data(cursor.document.root)
    value = as_text(value_at(data, path))
    if path[-1] in ("serviceAccountName", "serviceAccount"):
        for workload in workloads:
            yield from _object(world, "ServiceAccount", world.namespace_of(workload), value)
            outcome = world.outcome(workload)
            if outcome.chosen is not None:
                yield from (step.span for step in world.steps.of_grant(outcome.chosen.grant, outcome.chosen.scc, workload))
    elif path[-1] in (REQUIRED_SCC, "localhostProfile"):
        yield from _object(world, _SCC, "", value) if path[-1] == REQUIRED_SCC else _profile(world, value)
    elif "roleRef" in path:
        yield from _role(world, data, path)
    elif "subjects" in path:
        yield from _subject(world, data, path)
    elif len(path) > 1 and path[-2] == "resourceNames":
        yield from _object(world, _SCC, "", value)
    elif value.startswith(SERVICE_ACCOUNT_PREFIX):
        namespace, _, name = value.removeprefix(SERVICE_ACCOUNT_PREFIX).partition(":")
        yield from _object(world, "ServiceAccount", namespace, name)


def _role(world: World, data: Any, path: Path) -> Iterator[Span]:
    holder = path[: path.index("roleRef")]
    role = as_mapping(value_at(data, (*holder, "roleRef")))
    namespace = _namespace(world, value_at(data, holder)) if role.get("kind") == "Role" else ""
    return _object(world, as_text(role.get("kind")), namespace, as_text(role.get("name")))


def _subject(world: World, data: Any, path: Path) -> Iterator[Span]:
    at = path.index("subjects")
    subject = as_mapping(value_at(data, path[: at + 2]))
    if subject.get("kind") == "ServiceAccount":
        namespace = as_text(subject.get("namespace")) or _namespace(world, value_at(data, path[:at]))
        yield from _object(world, "ServiceAccount", namespace, as_text(subject.get("name")))


def _profile(world: World, localhost_profile: str) -> Iterator[Span]:
    for provider in world.profiles.resolve(localhost_profile).providers:
        if (written := world.profiles.written(provider.source)) is not None:
            yield written.place.span
        elif provider.kind == "file":
            yield Span(provider.name, 1, 1, 1, 1)


def _object(world: World, kind: str, namespace: str, name: str) -> Iterator[Span]:
    if name and (obj := world.find(ObjectRef(kind, namespace, name))) is not None:
        yield obj.place.span


def _namespace(world: World, data: Any) -> str:
    return as_text(as_mapping(as_mapping(data).get("metadata")).get("namespace")) or world.namespace_asked
