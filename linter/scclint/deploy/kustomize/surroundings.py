"""Looks at the kustomizations around the manifests, and at the files that built manifests say they come from."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cache, partial
from typing import TYPE_CHECKING

from scclint.deploy.kustomize import NAMES, ORIGIN
from scclint.errors import LoadError
from scclint.files import SUFFIXES, Reach, display, read
from scclint.finding import Notice
from scclint.objects.documents import load_file
from scclint.objects.documents.document import Document
from scclint.objects.expand import expand
from scclint.objects.kinds import SUBJECT_KINDS
from scclint.objects.types import ApiObject, Role, UnknownKind
from scclint.platform.releases import NEWEST_KUBERNETES, minor_of_kubernetes
from scclint.text import and_more
from scclint.validation.validate import validate

if TYPE_CHECKING:
    from scclint.deploy.kustomize.kustomization import Kustomization, Layout
    from scclint.deploy.origins.kustomizations import Named
    from scclint.deploy.outline import Outline


_NAMESPACE = "/metadata/namespace"
"""The field as JSON patches write it."""


class Surroundings:
    """The kustomizations around the files of a run, each looked for once. `outline` has what files hold."""

    def __init__(self, outline: "Outline") -> None:
        self._outline = outline
        # Caches of functions of `self`, so that they live as long as it does.
        self._in_folder = cache(_kustomizations_in)
        self.read = cache(outline.kustomization)

    def sets_namespace(self, path: str) -> bool:
        """Whether a file of the run has a JSON patch that sets a namespace."""
        shown = self._outline.shown(path)
        return self._outline.has(path) and self._outline.tells(shown, "sets namespace", lambda text: _NAMESPACE in text)

    def beside(self, files: Iterable[str]) -> Iterator[str]:
        """The kustomizations in the folders of the files and in those above, up to the folder the paths start from.

        Links to files out of the tree are none.
        """
        folders: set[str] = set()
        for file in files:
            folder = os.path.dirname(file)
            while folder not in folders:
                folders.add(folder)
                yield from self._in_folder(folder)
                folder = os.path.dirname(folder)


def with_kustomizations(
    objects: Sequence[ApiObject], documents: Iterable[Document], linted: Set[str], around: Surroundings, *, built: bool
) -> tuple[list[ApiObject], dict[str, str], list[Notice]]:
    """Return the objects with what kustomizations say of their files: a patch is partial, and a resource is not whole.

    Return also the namespaces that kustomizations set for the objects of files, and notices on files among `linted` that were not read.

    `built`: the files are those that kustomize builds together. Elsewhere a patch that could be applied as it is counts as an object.
    Kustomizations count that are among the documents, or in the folder of an object or above it.
    """
    named = (d.file for d in documents if os.path.basename(d.file) in NAMES)
    files = dict.fromkeys((*named, *around.beside({obj.file: None for obj in objects})))
    kustomizations = [kustomization for file in files if (kustomization := around.read(file)) is not None]
    if not kustomizations:
        return list(objects), {}, []
    from scclint.deploy.kustomize.kustomization import lay_out

    layout = lay_out(kustomizations)
    absolute = {obj.file: os.path.abspath(obj.file) for obj in objects}
    completed = [_completed(obj, absolute[obj.file], layout, built=built) for obj in objects]
    uncertain = _moved(objects, absolute, kustomizations, layout, around)
    placed = {file: path for file, path in absolute.items() if path in layout.namespaces and file not in uncertain}
    namespaces = {file: layout.namespaces[path] for file, path in placed.items()}
    return completed, namespaces, list(_not_read(kustomizations, linted))


def _moved(
    objects: Sequence[ApiObject],
    absolute: Mapping[str, str],
    kustomizations: "Sequence[Kustomization]",
    layout: "Layout",
    around: Surroundings,
) -> frozenset[str]:
    """The files of objects for which a patch may set another namespace than a kustomization. `absolute` are the paths of the files."""
    if not layout.namespaces or not any(k.patch_entries for k in kustomizations):
        return frozenset()
    entries = ((os.path.dirname(os.path.abspath(k.file)), entry) for k in kustomizations for entry in k.patch_entries)
    targets = [
        entry.target
        for folder, entry in entries
        if _NAMESPACE in entry.text
        or (entry.file and around.sets_namespace(os.path.normpath(os.path.join(folder, entry.file))))
    ]
    by_patches: dict[tuple[str, str], set[str]] = {}
    for obj in objects:
        if obj.namespace and absolute[obj.file] in layout.patches:
            by_patches.setdefault((obj.kind, obj.name), set()).add(obj.namespace)

    def may_move(obj: ApiObject) -> bool:
        others = by_patches.get((obj.kind, obj.name), set()) - {layout.namespaces.get(absolute[obj.file], "")}
        return bool(others) or any(
            target.get("kind") in (None, obj.kind) and target.get("name") in (None, obj.name) for target in targets
        )

    return frozenset(obj.file for obj in objects if may_move(obj))


def stands_alone(obj: ApiObject) -> bool:
    """Whether an object has all required fields, so that it can be applied without anything that it patches.

    Of kinds that scclint does not know, no object counts as one.
    """
    if isinstance(obj, UnknownKind):
        return False
    problems = validate(obj.manifest, obj.api_version, obj.kind, minor_of_kubernetes(NEWEST_KUBERNETES), openshift=True)
    return all(problem.code != "required" for problem in problems)


def _completed(obj: ApiObject, path: str, layout: "Layout", *, built: bool) -> ApiObject:
    """Return an object of the file at an absolute path with what the kustomizations say of that file."""
    changes: dict[str, object] = {}
    rules = obj.rules if path in layout.patches and isinstance(obj, Role) else ()
    # kustomize replaces the list of a role's rules, so that those of a patch apply as written.
    replaces = bool(rules) and not any(key.startswith("$") for rule in rules for key in rule.data)
    if path in layout.patches and not replaces and (built or not stands_alone(obj)):
        changes["partial"] = f"it is a patch listed in {layout.patches[path]}"
    if path in layout.resources or replaces:
        changes["whole"] = False
    return obj.with_provenance(**changes) if changes else obj


def _not_read(kustomizations: "Iterable[Kustomization]", linted: Set[str]) -> Iterator[Notice]:
    """Notices on resources and patches whose names do not end as those of manifests do, and which the run therefore did not read."""
    ours = [k for k in kustomizations if k.file in linted]
    named = {path: k.file for k in ours for path in (*k.resources, *k.patches) if not path.endswith(SUFFIXES)}
    read_by_name = {os.path.abspath(file) for file in linted} if named else set()
    missed = [(file, path) for path, file in named.items() if path not in read_by_name and os.path.isfile(path)]
    if missed:
        file = missed[0][0]
        folder = os.path.dirname(os.path.abspath(file))
        shown = and_more((display(os.path.relpath(path, folder)) for _, path in missed), 1)
        yield Notice("warning", f"takes in {shown}, not read for the name: call it .yaml, or name it on the command line", file)


def with_origins(
    objects: Sequence[ApiObject], documents: Iterable[Document], piped: Set[str], folders: Iterable[str]
) -> list[ApiObject]:
    """Return the objects with the origins of those in these documents.

    The annotations may say anything, so only files in these folders count as origins. For documents of the files `piped`, which are
    not on the disk, these are the working directory and the work tree around it. For other documents it is the one of the `folders`
    that contains their file, or else the folder of the file.
    """
    built = {id(document) for document in documents if ORIGIN in document.text}
    if not built:
        return list(objects)
    from scclint.deploy.origins.kustomizations import find_origin

    here = Reach(os.curdir)
    linted = [Reach(folder) for folder in folders]
    reaches = cache(partial(_reaches, here, linted))
    objects_of = cache(_objects_of)

    def traced(obj: ApiObject) -> ApiObject:
        within = [here] if obj.file in piped else reaches(os.path.dirname(obj.file) or os.curdir)
        # By the real path, because one file has many paths.
        origin = find_origin(
            obj, lambda file: objects_of(os.path.realpath(file)) if any(reach.has(file) for reach in within) else {}
        )
        return obj.with_provenance(origin=origin) if origin is not None else obj

    return [traced(obj) if id(obj.document) in built else obj for obj in objects]


def _reaches(here: Reach, linted: Iterable[Reach], folder: str) -> list[Reach]:
    """Where what is built into a folder may come from."""
    reaches = [reach for reach in linted if reach.has(folder)] or [Reach(folder)]
    # The work tree may ignore what is built in it.
    return [*reaches, here] if here.work_tree and here.has(folder) else reaches


def _kustomizations_in(folder: str) -> list[str]:
    paths = [path for name in NAMES if os.path.isfile(path := os.path.join(folder, name))]
    return [path for path in paths if not os.path.islink(path) or Reach(folder or os.curdir).has(path)]


def _objects_of(path: str) -> "Named":
    from scclint.deploy.origins.kustomizations import by_name

    file = display(os.path.relpath(path))
    try:
        return by_name(obj for document in load_file(file, read(path, file), SUBJECT_KINDS) for obj in expand(document))
    except LoadError:
        return {}
