"""An API object as a manifest states it: a view of a document that knows where each value was written, and how it came to be."""

from collections.abc import Mapping
from sys import intern
from typing import Any, ClassVar, NamedTuple, Self

from scclint.finding import Path, shortened
from scclint.limits import MAX_OBJECT_NAME
from scclint.load.document import Document
from scclint.model.view import View
from scclint.record import EMPTY, record, replace, set_fields
from scclint.untyped import as_mapping
from scclint.yaml.locate import node_at
from scclint.yaml.nodes import Node


class Parameter(NamedTuple):
    """A parameter of a Template: its value (None if unknown), the path of the value from the document's root, and in words where
    the value comes from.
    """

    name: str
    value: str | None
    path: Path
    how: str


@record
class Origin:
    """The file that kustomize built an object from, as its annotation has it, and the object in that file if it was found."""

    file: str
    source: "ApiObject | None" = None


@record
class Provenance:
    """Facts about an object besides its data. The defaults are for an object that is in its file as the cluster gets it.

    - `home`: the namespace the object goes to if it names none and the user asked for none; empty if it is not known.
    - `by_account`: whether `home` is the only namespace in which the unit has the service account of the object.
    - `label`: the name of the object in messages, if its author does not know its kind and name.
    - `part`: which of the pods of its object it is: `task build`; empty if the object has one pod.
    - `run`: the object that runs the pod, if that is another one: `PipelineRun build-1`.
    - `partial`: why the object is not a whole one, as a clause: it is a kustomize patch.
    - `unplaced`: whether it names namespace `default` only because Helm was given no namespace.
    - `whole`: False where a kustomization takes the object in, so that kustomize may add the fields that it lacks.
    - `elsewhere`: what decides about its pods and is not in the input, as a clause.
    - `beyond`: whether that is in the input but beyond a limit of scclint.
    - `template`: whether it was read from a template, so that expressions in it have no value, and it may have more fields.
    - `command`: the command in a script that creates it; empty if a manifest states it.
    - `static`: whether a kubelet runs it as a static pod, so that no admission looks at it.
    - `origin`: the file that kustomize built it from.
    - `moved`: for an object that was put together, where its author wrote each part, by the path of the part in the object.
    - `substitutions`: the Template parameters behind its values, by path, for each Template around it from the innermost on.
    """

    home: str = ""
    by_account: bool = False
    label: str = ""
    part: str = ""
    run: str = ""
    partial: str = ""
    unplaced: bool = False
    whole: bool = True
    elsewhere: str = ""
    beyond: bool = False
    template: bool = False
    command: str = ""
    static: bool = False
    origin: Origin | None = None
    moved: Mapping[Path, Path] = EMPTY
    substitutions: tuple[Mapping[Path, tuple[Parameter, ...]], ...] = ()

    @property
    def unfilled(self) -> bool:
        """Whether a value of the object can be `Unknown`."""
        return self.template or bool(self.substitutions)

    def within(self, outer: "Provenance") -> "Provenance":
        """Return the provenance of an object that an object of provenance `outer` carries."""
        if not (outer.home or outer.unfilled):
            return self
        return replace(
            self,
            home=self.home or outer.home,
            template=self.template or outer.template,
            whole=self.whole and outer.whole,
            substitutions=(*self.substitutions, *outer.substitutions),
        )


WRITTEN = Provenance()
"""The provenance of an object that is in its file as the cluster gets it."""


class ApiObject(View):
    """An object of the API as a manifest states it.

    `manifest` is what the cluster would be given, as plain values: `data` itself, except for objects that another object
    implies (the Role behind a ClusterServiceVersion's permissions). `namespace` is empty where none is written. `partial` says as
    a clause why the object is not a whole one (a kustomize patch), else it is empty.
    """

    __slots__ = ("api_version", "document", "kind", "manifest", "name", "namespace", "partial", "provenance")

    document: Document
    manifest: dict[str, Any]
    provenance: Provenance
    api_version: str
    kind: str
    name: str
    namespace: str
    partial: str
    why_partial: ClassVar[str] = ""
    """Why all objects of a class are partial; empty if they are not."""

    def __init__(
        self,
        document: Document,
        root: Node,
        data: dict[str, Any],
        path: Path = (),
        provenance: Provenance = WRITTEN,
        manifest: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(root, data, path)
        manifest = data if manifest is None else manifest
        metadata = as_mapping(manifest.get("metadata"))
        set_fields(
            self,
            document=document,
            manifest=manifest,
            provenance=provenance,
            # A run has many objects and few of these texts.
            api_version=intern(str(manifest.get("apiVersion") or "")),
            kind=intern(str(manifest.get("kind") or "")),
            name=str(metadata.get("name") or metadata.get("generateName") or ""),
            namespace=intern(str(metadata.get("namespace") or "")),
            partial=provenance.partial or self.why_partial,
        )

    def with_provenance(self, **changes: Any) -> Self:
        """Return the same object with these fields of its provenance changed."""
        return type(self)(
            self.document,
            self.root,
            self.data,
            self.path,
            replace(self.provenance, **changes),
            self.manifest,
            **self._made_with(),
        )

    def _made_with(self) -> dict[str, Any]:
        """The further arguments that a subclass is made with."""
        return {}

    def same_content(self, other: "ApiObject") -> bool:
        """Return whether two objects differ in nothing but their metadata."""
        return self is other or {**self.manifest, "metadata": None} == {**other.manifest, "metadata": None}

    @property
    def file(self) -> str:
        return self.document.file

    @property
    def group(self) -> str:
        """The API group, as `apps`; empty for the core's."""
        return self.api_version.rpartition("/")[0]

    @property
    def named(self) -> str:
        """What messages call it: `Deployment web`."""
        if self.provenance.command:
            return f"`{shortened(self.provenance.command, MAX_OBJECT_NAME)}`"
        if self.provenance.label:
            return shortened(self.provenance.label, MAX_OBJECT_NAME)
        return f"{self.kind} {shortened(self.name, MAX_OBJECT_NAME)}".strip() or "object"

    @property
    def implied(self) -> bool:
        """Whether no manifest states the object: another one implies it."""
        return self.manifest is not self.data

    def written(self, path: Path) -> Path:
        """The path, from the document's root, under which its author wrote what `path` leads to."""
        moved = self.provenance.moved
        for end in range(len(path), 0, -1) if moved else ():
            if (prefix := moved.get(path[:end])) is not None:
                return prefix + path[end:]
        return path

    @property
    def lines(self) -> tuple[int, int]:
        """The first and last line of the object in its file, the last one of its last value."""
        node = node_at(self.root, self.path)
        return node.line, node.end_line

    @property
    def place(self) -> View:
        """Where findings about the object as a whole point: its name (of a CSV's deployment, the entry's), else its kind."""
        for path in (("metadata", "name"), ("name",), ("kind",)):
            if self.field(*path).present:
                return View(self.root, None, self.path + path)
        return self


class UnknownKind(ApiObject):
    """An object that holds containers and is of a kind that scclint does not know. Of its data only what names it is kept."""

    why_partial = "scclint does not know which pods its kind makes"
