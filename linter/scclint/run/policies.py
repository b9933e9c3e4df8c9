"""The objects of the input that its ValidatingAdmissionPolicies take values from."""

from collections.abc import Iterable, Iterator

from scclint.deploy.unit import Unit
from scclint.objects.documents import load_text
from scclint.objects.expand.item import items_of
from scclint.objects.types import AdmissionPolicy, ApiObject, Item
from scclint.run.shared import Run
from scclint.yaml.untyped import Object, as_text, value_at


def parameters(objects: Iterable[ApiObject], unit: Unit, run: Run) -> list[Object]:
    """Return the objects from which the policies of a unit may take values: those of their kinds in the unit, and those that only other
    units define, if these agree.
    """
    kinds = {
        as_text(value_at(obj.manifest, ("spec", "paramKind", "kind"))) for obj in objects if isinstance(obj, AdmissionPolicy)
    }
    kinds.discard("")
    if not kinds:
        return []
    by_key: dict[tuple[str, str, str], dict[str, list[Object]]] = {}
    for name, data in parameters_of_input(run):
        if data.get("kind") in kinds:
            namespace, called = (as_text(value_at(data, ("metadata", key))) for key in ("namespace", "name"))
            by_key.setdefault((data["kind"], namespace, called), {}).setdefault(name, []).append(data)
    chosen: list[Object] = []
    for by_unit in by_key.values():
        first, *others = by_unit.values()
        chosen += by_unit.get(unit.name, [] if any(other != first for other in others) else first)
    return chosen


def parameters_of_input(run: Run) -> list[tuple[str, Object]]:
    """Return the objects of the kinds that policies in the input name for their parameters, each with the name of its unit."""
    return run.memo("parameters", lambda: list(_parameters_of_input(run)))


def _parameters_of_input(run: Run) -> Iterator[tuple[str, Object]]:
    outline, renderings = run.outline, run.rendered.renderings
    named = any(outline.tells(file, "paramKind", lambda text: "paramKind" in text) for file in outline.files)
    if not named and not any("paramKind" in rendering.text for rendering in renderings.values()):
        return
    texts: list[tuple[str, str]] = []
    for unit in run.rendered.units:
        rendering = renderings.get(unit.name)
        texts += ((unit.name, text) for text in ([rendering.text] if rendering else map(outline.text, unit.files)))
    kind = frozenset(("ValidatingAdmissionPolicy",))
    policies = (item.data for _, text in texts if "paramKind" in text for item in _items(text, kind))
    kinds = frozenset(filter(None, (as_text(value_at(data, ("spec", "paramKind", "kind"))) for data in policies)))
    for name, text in texts:
        if any(kind in text for kind in kinds):
            yield from ((name, item.data) for item in _items(text, kinds) if item.data.get("kind") in kinds)


def _items(text: str, kinds: frozenset[str]) -> Iterator[Item]:
    return (item for document in load_text("", text, kinds) for item in items_of(document))
