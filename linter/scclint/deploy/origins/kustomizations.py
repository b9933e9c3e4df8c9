"""From objects that kustomize built to the files of its sources: the resource, the patch, or the kustomization's entry for it.

`buildMetadata: [originAnnotations]` names the file of each object, and nothing more. Which patch wrote a field is found by what
the patches say: the last one that applies to the object and writes that value there.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

from scclint.deploy.kustomize import ORIGIN
from scclint.deploy.kustomize.kustomization import Closure, PatchEntry, read_kustomization
from scclint.deploy.unit import DEFAULT, Deployment
from scclint.errors import LoadError
from scclint.files import read
from scclint.finding import Located, Path, Related
from scclint.limits import MAX_RENAMED
from scclint.objects.documents import data_of, load_text
from scclint.objects.documents.document import text_at
from scclint.objects.types import ApiObject, Origin
from scclint.objects.view import Field, View
from scclint.record import record
from scclint.source import Span
from scclint.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode, locate, node_at, to_data
from scclint.yaml.untyped import as_list, as_mapping, as_text, value_at

LONGEST = 4096
"""Bytes of the longest path that Linux opens."""

_UPWARD = re.compile(r"^(?:\.\./)+")
_REPEATS, _MOST_REPEATS = re.compile(r"[*+{]"), 3
_GROUP = re.compile(r"\)[*+{]")
"""Repetitions in the regular expression of a target, and repeated groups."""

_FIELD_STEP = re.compile(r"\[[^\]]*\]|[^.\[\]]+")
"""A step of the path of a replacement: `containers.[name=web].image`."""

Named = Mapping[str, Mapping[str, Sequence[ApiObject]]]
"""Objects by kind and name."""


def find_origin(
    obj: ApiObject, objects_of: Callable[[str], Named], resolve: Callable[[str], Iterable[str]] | None = None
) -> Origin | None:
    """Where the annotation of a built object says that it comes from; None without one.

    `objects_of` gives the objects of a file, none if it cannot be read. `resolve` gives the files that an annotated path may
    mean. Without it, the path starts where kustomize ran, which may be any folder below: without its steps upward it then leads
    there from here.
    """
    annotated = _annotated(obj)
    path, repository = as_text(annotated.get("path")) or as_text(annotated.get("configuredIn")), as_text(annotated.get("repo"))
    if not path:
        return None
    if repository or os.path.isabs(path) or len(path) > LONGEST:
        return Origin(f"{repository}//{path}" if repository else path)
    files = list(dict.fromkeys(resolve(path) if resolve else (path, _UPWARD.sub("", path))))
    for file in files:
        named = objects_of(file).get(obj.kind, {})
        if exact := named.get(obj.name):
            return Origin(file, exact[0])
        # A prefix or suffix may have been added to the name.
        alike = [o for name, objects in islice(named.items(), MAX_RENAMED) if name in obj.name for o in objects]
        if not alike:
            # A patch may have given it any other name.
            alike = [o for objects in islice(named.values(), 2) for o in objects]
        if len(alike) == 1:
            return Origin(file, alike[0])
    return Origin(files[0])


_GENERATORS = {
    "HelmChartInflationGenerator": "helmCharts",
    "ConfigMapGenerator": "configMapGenerator",
    "SecretGenerator": "secretGenerator",
}
"""The fields of a kustomization that make objects, by what annotations call them."""


def configured_in(obj: ApiObject) -> tuple[str, str]:
    """The path of the kustomization that makes a built object, and the field that does; both empty where a file has the object."""
    annotated = _annotated(obj)
    field = _GENERATORS.get(as_text(as_mapping(annotated.get("configuredBy")).get("kind")), "")
    return (as_text(annotated.get("configuredIn")), field) if field else ("", "")


def generator_entry(root: Node, field: str, obj: ApiObject) -> Related | None:
    """The entry of a field of a kustomization that makes an object: the values file of a chart, if it names one."""
    listed = root.entry(field) if isinstance(root, MappingNode) else None
    if listed is None:
        return None
    items = listed.value.items if isinstance(listed.value, SequenceNode) else []
    entries = [item for item in items if isinstance(item, MappingNode)]
    named = [item for item in entries if text_at(item, "name") and text_at(item, "name") in obj.name]
    makers = entries if len(entries) == 1 else named
    if len(makers) != 1:
        return Related(f"{field} makes it", listed.key.span)
    entry = makers[0].entry("valuesFile") or makers[0].entry("name")
    return Related(f"this entry of {field} makes it", entry.span if entry is not None else makers[0].span)


def from_wrapper(base: str, root: str) -> Callable[[str], Iterable[str]]:
    """How to resolve the annotated paths of a rendering with origins: they start at its `base`; the results start at the root."""
    top = os.path.realpath(root)
    return lambda path: [os.path.relpath(os.path.normpath(os.path.join(base, path)), top).replace(os.sep, "/")]


def by_name(objects: Iterable[ApiObject]) -> Named:
    """The objects that have a name, by kind and name."""
    by_kind: dict[str, dict[str, list[ApiObject]]] = {}
    for obj in objects:
        if obj.name:
            by_kind.setdefault(obj.kind, {}).setdefault(obj.name, []).append(obj)
    return by_kind


def before_kustomize(obj: ApiObject, at: Located, patches: "Patches | None" = None) -> Related | None:
    """The place in kustomize's sources that corresponds to one of the built object.

    That is the same field of the object in its origin's file if it has the same value there; else the last patch that writes
    the field; else, if the patches are known, the field in the origin's file, which something other than a patch changed; else
    the object in that file.
    """
    origin = obj.provenance.origin
    if origin is None or origin.source is None or locate(obj.root, at.path)[0] != at.span:
        return None
    source, path = origin.source, at.path[len(obj.path) :]
    field = at.path[: len(obj.path)] == obj.path and path and at.path != obj.place.path
    if field:
        built, there = obj.field(*path), corresponding(obj.data, source.data, path)
        written = patches.writer(obj, source, path) if patches is not None else None
        if written is not None and written.same:
            # What is applied last decides, also where the resource has the same value.
            return Related("written by this patch", written.span)
        if there is not None and _same(built.present, built.value, source.field(*there)):
            return Related("written here, before kustomize", View(source.root, None, (*source.path, *there)).span)
        if written is not None:
            return Related("written by this patch, and changed again", written.span)
        if patches is not None and there is not None and source.field(*there).present:
            return Related("written here, and changed by kustomize", View(source.root, None, (*source.path, *there)).span)
    return Related(f"{source.named} before kustomize", source.place.span)


class Patches:
    """The patches of a closure, the one applied last first. Files are read when a patch is first looked for."""

    def __init__(
        self,
        closed: Closure,
        root: str,
        shown: Callable[[str], str] = str,
        text_of: Callable[[str, str], str] = read,
        deployment: Deployment = DEFAULT,
    ) -> None:
        """`shown` gives the path that places have for a file, from its path relative to the root. `text_of` reads a file, given
        its path and its name in errors. `deployment` adds patches to the outermost kustomization."""
        self._closed = closed
        self._shown = shown
        self._root = root
        self._text_of = text_of
        self._deployment = deployment

    def writer(self, obj: ApiObject, source: ApiObject, path: Path) -> "PatchWrite | None":
        """The patch that wrote the field at `path` of a built object, which comes from `source`.

        If no patch writes the built value, the last one that writes another: a transformer may have changed it again.
        """
        return _best(patch.writes(obj, source, path) for patch in self._all if patch.applies(obj, source))

    @cached_property
    def _all(self) -> "list[_Patch | _Replacement]":
        # The closure lists outer kustomizations before the inner ones, which are applied first.
        order = {folder: index for index, folder in enumerate(self._closed.folders)}
        files = sorted(self._closed.kustomizations, key=lambda file: order[os.path.dirname(file) or os.curdir])
        # kustomize replaces after it patches.
        changes: list[_Patch | _Replacement] = []
        for file in reversed(files):
            changes += (*self._patches_of(file), *self._replacements_of(file))
        return [*self._added(), *reversed(changes)]

    def _replacements_of(self, file: str) -> "Iterator[_Replacement]":
        _, root = self._load(file)
        for index, item in enumerate(as_list(as_mapping(to_data(root)).get("replacements"))):
            named = as_text(as_mapping(item).get("path"))
            name = os.path.normpath(os.path.join(os.path.dirname(file), named)).replace(os.sep, "/")
            if not named and root is not None:
                yield from _replacements(root, item, ("replacements", index))
            elif named and name in self._closed.files and (other := self._load(name)[1]) is not None:
                data = to_data(other)
                several = enumerate(data) if isinstance(data, list) else [(None, data)]
                for number, one in several:
                    yield from _replacements(other, one, () if number is None else (number,))

    def _added(self) -> "Iterator[_Patch]":
        """The patches that what deploys the kustomization adds, the last one first."""
        kustomization = read_kustomization("", json.loads(self._deployment.kustomization or "{}"))
        entries = kustomization.patch_entries if kustomization is not None else ()
        for entry, span in reversed(list(zip(entries, self._deployment.patch_spans, strict=False))):
            yield from (_Patch(entry, span, node) for node in _roots(span.file, entry.text))

    def _patches_of(self, file: str) -> "Iterator[_Patch]":
        text, root = self._load(file)
        kustomization = read_kustomization(os.path.join(self._root, file), to_data(root)) if root is not None else None
        if root is None or kustomization is None:
            return
        for entry in kustomization.patch_entries:
            place = locate(root, entry.path)[0]
            if entry.file:
                name = os.path.normpath(os.path.join(os.path.dirname(file), entry.file)).replace(os.sep, "/")
                if name in self._closed.files:
                    yield from (_Patch(entry, place, node) for node in _roots(self._shown(name), self._load(name)[0]))
            else:
                yield from (
                    _Patch(entry, place, node, _lines_of(root, entry, text)) for node in _roots(self._shown(file), entry.text)
                )

    def _load(self, name: str) -> tuple[str, Node | None]:
        try:
            text = self._text_of(os.path.join(self._root, name), name)
        except LoadError:
            return "", None
        return text, next(iter(_roots(self._shown(name), text)), None)


@record
class PatchWrite:
    """Where a patch writes a field, and whether that is the built value."""

    span: Span
    same: bool


def _best(writes: "Iterable[PatchWrite | None]") -> PatchWrite | None:
    """The first that writes the built value, else the first of all."""
    candidates = [write for write in writes if write is not None]
    return next((write for write in candidates if write.same), next(iter(candidates), None))


@record
class _Patch:
    """One document of a patch, and the place of the entry that applies it.

    `lines` are the line of the file before the first line of an inline patch, and how far it is indented; None if that is not known.
    """

    listed: PatchEntry
    entry: Span
    root: Node
    lines: tuple[int, int] | None = None

    def applies(self, obj: ApiObject, source: ApiObject) -> bool:
        target = self.listed.target
        if target:
            called = {"kind": (obj.kind,), "name": (obj.name, source.name), "namespace": (obj.namespace, source.namespace)}
            return all(_selects(target.get(key), names) for key, names in called.items())
        data = to_data(self.root)
        return value_at(data, ("kind",)) == obj.kind and value_at(data, ("metadata", "name")) in (obj.name, source.name)

    def writes(self, obj: ApiObject, source: ApiObject, path: Path) -> "PatchWrite | None":
        """Where the patch writes the field at `path` of the built object, or removes it; None if it does neither."""
        built = obj.field(*path)
        data = to_data(self.root)
        if isinstance(data, list):
            # A merge patch moves the items that it changes to the front of their list, before or after this patch counted them.
            orders = dict.fromkeys((path, corresponding(obj.data, source.data, path) or path))
            return _best(self._operation(data, order, built) for order in orders)
        there = corresponding(obj.data, data, path)
        if there is None:
            return None
        value = View(self.root, data).field(*there)
        if value.present:
            return PatchWrite(self._placed(there), value.value == built.value if built.present else value.value is None)
        removed = None if built.present else _removed(data, there)
        return None if removed is None else PatchWrite(self._placed(removed), True)

    def _operation(self, operations: list[Any], path: Path, built: Field[Any]) -> "PatchWrite | None":
        for index in range(len(operations) - 1, -1, -1):
            operation = operations[index]
            steps = _pointer(operation.get("path")) if isinstance(operation, dict) else None
            if steps is None or not _leads_to(steps, path):
                continue
            inside = path[len(steps) :]
            if operation.get("op") == "remove":
                if not built.present:
                    return PatchWrite(self._placed((index, "path")), True)
            elif operation.get("op") in ("add", "replace"):
                written = View(self.root, operation.get("value")).field(*inside)
                if written.present:
                    return PatchWrite(self._placed((index, "value", *inside)), _same(built.present, built.value, written))
        return None

    def _placed(self, path: Path) -> Span:
        span = locate(self.root, path)[0]
        if self.listed.file:
            return span
        if self.lines is None:
            return self.entry
        first, indent = self.lines
        return Span(self.entry.file, span.line + first, span.column + indent, span.end_line + first, span.end_column + indent)


@record
class _Replacement:
    """A target of a replacement: what it selects, the path of the field that it writes, and the place of that path."""

    select: Mapping[str, Any]
    field: str
    span: Span

    def applies(self, obj: ApiObject, source: ApiObject) -> bool:
        named = {"kind": (obj.kind,), "name": (obj.name, source.name), "namespace": (obj.namespace, source.namespace)}
        return all(self.select.get(key) in (None, "", *names) for key, names in named.items())

    def writes(self, obj: ApiObject, source: ApiObject, path: Path) -> "PatchWrite | None":
        """Where the replacement writes the field at `path` of the built object, or what holds it; None if it does not."""
        steps = [step.strip("[]") for step in _FIELD_STEP.findall(self.field)]
        if len(steps) > len(path) or not obj.field(*path).present:
            return None
        for number, (step, written) in enumerate(zip(steps, path, strict=False)):
            key, equal, value = step.partition("=")
            item = as_mapping(value_at(obj.data, path[: number + 1]))
            if step not in ("*", str(written)) and not (equal and item.get(key) == value):
                return None
        return PatchWrite(self.span, True)


def _replacements(root: Node, data: Any, at: Path) -> Iterator[_Replacement]:
    """The targets of a replacement that is written at a path of a document."""
    for number, target in enumerate(as_list(as_mapping(data).get("targets"))):
        select = as_mapping(as_mapping(target).get("select"))
        for index, field in enumerate(as_list(as_mapping(target).get("fieldPaths"))):
            if isinstance(field, str):
                yield _Replacement(select, field, locate(root, (*at, "targets", number, "fieldPaths", index))[0])


def _lines_of(root: Node, entry: PatchEntry, text: str) -> tuple[int, int] | None:
    """Return `_Patch.lines` of an inline patch; None if it is not a block whose lines are those of the file."""
    node = node_at(root, entry.text_path)
    lines = text.split("\n")[node.line :] if isinstance(node, ScalarNode) else []
    indent = len(lines[0]) - len(lines[0].lstrip(" ")) if lines else 0
    entry_lines = entry.text.rstrip("\n").split("\n")
    alike = all(theirs[indent:].rstrip("\r") == line for theirs, line in zip(lines, entry_lines, strict=False))
    return (node.line, indent) if len(lines) >= len(entry_lines) and alike else None


def _roots(file: str, text: str) -> list[Node]:
    return [document.root for document in load_text(file, text, frozenset()) if document.root is not None]


def _selects(pattern: Any, names: Iterable[str]) -> bool:
    """Whether the pattern of a target, a regular expression for the whole text, takes one of the names; an empty one takes all.

    One that could take Python forever, as it cannot take Go, counts as taking all: the value decides then.
    """
    if not isinstance(pattern, str) or not pattern or len(_REPEATS.findall(pattern)) > _MOST_REPEATS or _GROUP.search(pattern):
        return True
    try:
        return any(re.fullmatch(pattern, name) for name in names)
    except (re.error, OverflowError):
        return True


def corresponding(built: Any, other: Any, path: Path) -> Path | None:
    """The path in another object, or a patch of it, of the field at `path`: items of lists are known by their `name`.

    None if the other has no such item. Steps that are missing there are kept.
    """
    steps: list[str | int] = []
    for step in path:
        built = value_at(built, (step,))
        at = step
        if isinstance(step, int):
            items, name, index = as_list(other), value_at(built, ("name",)), step
            if name is not None:
                index = next((i for i, item in enumerate(items) if value_at(item, ("name",)) == name), -1)
            if index < 0 or (isinstance(other, list) and index >= len(items)):
                return None
            at = index
        other = value_at(other, (at,))
        steps.append(at)
    return tuple(steps)


def _removed(data: Any, path: Path) -> Path | None:
    """The place on the way where a strategic merge patch removes what holds the field."""
    for end, step in enumerate(path):
        if isinstance(data, dict):
            if data.get("$patch") in ("delete", "replace"):
                return (*path[:end], "$patch")
            if step in data and data[step] is None:
                return path[: end + 1]
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None
    return None


def _pointer(pointer: Any) -> tuple[str, ...] | None:
    """The steps of a JSON pointer; None if it is none."""
    if not isinstance(pointer, str) or not pointer.startswith("/"):
        return None
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/"))


def _leads_to(steps: tuple[str, ...], path: Path) -> bool:
    """Whether a pointer names the field or what holds it; `-` is the end of a list, and may be any item of it by now."""
    return len(steps) <= len(path) and all(
        step == str(field_step) or (step == "-" and isinstance(field_step, int))
        for step, field_step in zip(steps, path, strict=False)
    )


def _same(present: bool, value: Any, there: Any) -> bool:
    return bool(present == there.present and value == there.value)


def _annotated(obj: ApiObject) -> Mapping[str, Any]:
    annotation = obj.field("metadata", "annotations", ORIGIN).value
    if not isinstance(annotation, str):
        return {}
    return as_mapping(data_of(annotation))
