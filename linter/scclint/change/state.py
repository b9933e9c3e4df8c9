"""One side of a comparison: a folder, a file, a git revision or a dump of a cluster, judged from its own root.

Its objects and workloads are those of a unit on one release, also with an object exchanged.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from functools import cached_property
from itertools import count
from typing import Any

from scclint.admission.verdict import ObjectRef
from scclint.change.copies import ClusterFiles, copy_of
from scclint.change.model import ObjectKey
from scclint.config.model import Config
from scclint.errors import UsageError
from scclint.files import STDIN, SourceFile, is_stream, read_stream
from scclint.files.dump import is_dump
from scclint.files.revision import resolve
from scclint.files.sources import find_sources
from scclint.finding import Applied, Notice
from scclint.objects.kinds import CLUSTER_SCOPED
from scclint.objects.types import WRITTEN, ApiObject, Provenance, Workload
from scclint.outcome.rows import WorkloadRow, workload_row
from scclint.outcome.world import World
from scclint.platform.releases import RELEASES, minor_release
from scclint.record import EMPTY, grouped, replace
from scclint.run.dumped import texts_to_judge
from scclint.run.judge import OpenUnit, open_unit
from scclint.run.notices import notices
from scclint.run.options import RunOptions
from scclint.run.rule_set import rules_of
from scclint.run.run import prepare
from scclint.run.store import RunStore
from scclint.run.stored_results import content_key
from scclint.run.worlds import describe, make_worlds
from scclint.source import Span
from scclint.yaml.untyped import Object

_DECIDING = frozenset(
    (
        *("SecurityContextConstraints", "Namespace", "Project", "ProjectRequest", "ServiceAccount", "Role", "ClusterRole"),
        *("RoleBinding", "ClusterRoleBinding", "ContainerRuntimeConfig", "KubeletConfig", "MachineConfig"),
        "MachineConfigPool",
    )
)
"""The kinds of objects, besides workloads, that a verdict depends on."""


class State:
    """A unit on one release. `workloads` are those to compare.

    `files` have the objects of the unit, without those of other units, and `applied` says how sure it is that it is applied.
    """

    def __init__(
        self,
        world: World,
        workloads: dict[ObjectKey, Workload],
        config: Config,
        files: frozenset[str] = frozenset(),
        applied: Applied = "unknown",
    ) -> None:
        self.world = world
        self.config = config
        self.workloads = workloads
        self.files = files
        self.applied = applied
        self._described = frozenset(map(id, world.described))

    @property
    def release(self) -> str:
        cluster = self.world.cluster
        return cluster.release or cluster.kubernetes_version

    @cached_property
    def objects(self) -> dict[ObjectKey, ApiObject]:
        """The objects that decide about verdicts, by name."""
        return {
            key_of(obj, self.world): obj
            for obj in self.world.objects
            if obj.kind in _DECIDING and not isinstance(obj, Workload) and not obj.partial
        }

    @cached_property
    def operator(self) -> Provenance:
        """The provenance of what OLM creates of the operator; without a name of an operator if there is none."""
        return next((o.provenance for o in self.world.objects if o.provenance.operator), WRITTEN)

    def row(self, key: ObjectKey, unit: str = "") -> WorkloadRow | None:
        """Return what the pods of a workload get here; None if the state does not have the workload."""
        workload = self.workloads.get(key)
        return workload_row(self.world, workload, unit) if workload is not None else None

    def exchanged(self, key: ObjectKey, replacement: ApiObject | None) -> "State":
        """Return the state with one object replaced, added, or removed if `replacement` is None."""
        new = [] if replacement is None else [self.at_home(replacement)]
        old, world = self.workloads.get(key), self.world
        # What describes the cluster stays, and objects of its name are applied to it.
        other_objects = [
            obj for obj in world.objects if (obj is not old if old else id(obj) in self._described or key_of(obj, world) != key)
        ]
        workloads = {name: workload for name, workload in self.workloads.items() if name != key}
        workloads.update((key, obj) for obj in new if isinstance(obj, Workload))
        return State(
            self._rebuilt([*other_objects, *new], world.namespace_asked), workloads, self.config, self.files, self.applied
        )

    def with_objects(self, more: Sequence[ApiObject]) -> "State":
        """Return the state with more objects, which replace those of the same name with all their pods. What describes the cluster stays."""
        gone = {key_of(obj, self.world)[:3] for obj in more}
        other_objects = [
            obj for obj in self.world.objects if id(obj) in self._described or key_of(obj, self.world)[:3] not in gone
        ]
        made = self._rebuilt([*other_objects, *more], self.world.namespace_asked)
        workloads = [workload for key, workload in self.workloads.items() if key[:3] not in gone]
        files = self.files.union(obj.file for obj in more)
        return State(
            made,
            keyed([*workloads, *(obj for obj in more if isinstance(obj, Workload))], made),
            self.config,
            files,
            self.applied,
        )

    def numbered_as(self, other: "State") -> "State":
        """Return the state with workloads of one name in the order of another state, those with the same run and file first."""
        mine = grouped(((key[:4], *_origin(workload)), key) for key, workload in reversed(self.workloads.items()))
        places = {}
        for key, workload in other.workloads.items():
            if same := mine.get((key[:4], *_origin(workload))):
                places[same.pop()] = key
        taken = {*places.values()}
        free: dict[tuple[str, ...], Iterator[int]] = {}
        for key in self.workloads:
            numbers = free.setdefault(key[:4], count())
            if key not in places:
                places[key] = next(place for number in numbers if (place := ObjectKey(*key[:4], number)) not in taken)
        return State(
            self.world,
            {places[key]: workload for key, workload in self.workloads.items()},
            self.config,
            self.files,
            self.applied,
        )

    def in_namespace_of(self, other: "State") -> "State":
        """Return the state with the objects that name no namespace in the one that another state names for the same objects.

        A chart that starts to write `metadata.namespace` renders the same objects. Where the other state has several such
        namespaces, nothing is taken for the same.
        """
        mine, theirs = ({*state.workloads, *state.objects} for state in (self, other))
        unnamed = {(key.kind, key.name) for key in mine - theirs if not key.namespace}
        namespaces = {key.namespace for key in theirs - mine if key.namespace and (key.kind, key.name) in unnamed}
        if len(namespaces) != 1 or self.world.namespace_asked:
            return self
        (namespace,) = namespaces
        made = self._rebuilt(self.world.objects, namespace)
        return State(made, keyed(self.workloads.values(), made), self.config, self.files, self.applied)

    def _rebuilt(self, objects: Sequence[ApiObject], namespace: str) -> World:
        """The world of the same cluster with these objects. `namespace` is that of objects that name none."""
        world = self.world
        described = describe(self.config, (world.cluster.as_installed,), world.described, namespace)
        creator = world.creator if world.creator_given else None
        (made,) = make_worlds(
            objects, self.config, described, namespace=namespace, other_units=world.other_units, creator=creator
        ).values()
        return made

    def at_home(self, obj: ApiObject) -> ApiObject:
        """Return an object of another state as if it belonged to this one: an operator's namespace and roles are named after its version."""
        of, mine = obj.provenance, self.operator
        if not of.operator or not mine.operator or (of.home, of.operator) == (mine.home, mine.operator):
            return obj
        placed = obj.with_provenance(home=mine.home, operator=mine.operator)
        if not obj.implied or not obj.name.startswith(of.operator):
            return placed
        return type(obj)(obj.document, replace(placed.item, manifest=_renamed(obj, mine.operator)))


def key_of(obj: ApiObject, world: World) -> ObjectKey:
    """Return the key of the first object of its name, which is without the version of an operator."""
    version = obj.provenance.operator if obj.implied else ""
    namespace = "" if obj.kind in CLUSTER_SCOPED else world.namespace_known(obj)
    return ObjectKey(obj.kind, namespace, obj.name.removeprefix(version), obj.provenance.part)


def keyed(workloads: Iterable[Workload], world: World) -> dict[ObjectKey, Workload]:
    """Return workloads by key, in their order."""
    workloads_by_key: dict[ObjectKey, Workload] = {}
    numbers: dict[ObjectKey, int] = {}
    for workload in workloads:
        key = key_of(workload, world)
        numbers[key] = numbers.get(key, -1) + 1
        workloads_by_key[key._replace(number=numbers[key])] = workload
    return workloads_by_key


def _origin(workload: Workload) -> tuple[str, str]:
    """What runs the pods, and the name of the file."""
    return workload.provenance.run, os.path.basename(workload.file)


def content(obj: ApiObject) -> dict[str, Any]:
    """Return the manifest of an object, without the version of an operator in the names of its roles."""
    return _renamed(obj, "") if obj.implied and obj.name.startswith(obj.provenance.operator) else obj.manifest


def _renamed(obj: ApiObject, version: str) -> dict[str, Any]:
    """The manifest of a role or binding of an operator with the name of another version."""
    home_version, manifest = obj.provenance.operator, obj.manifest
    made = {**manifest, "metadata": {**manifest["metadata"], "name": version + obj.name.removeprefix(home_version)}}
    ref = manifest.get("roleRef")
    return {**made, "roleRef": {**ref, "name": version + ref["name"].removeprefix(home_version)}} if ref else made


class Side:
    """One side: its units by name, which are relative to `folder`.

    `prefix` is what leads from the working directory to the files of the side, empty for a revision. `texts` are its files if they
    are in a dump or a stream. A `stream` must have manifests: a command that failed prints none. `state` are the files of the cluster
    state if they are not to be read where the settings name them.
    """

    def __init__(
        self,
        folder: str,
        paths: Sequence[str],
        config: Config,
        prefix: str,
        texts: Mapping[str, str] = EMPTY,
        *,
        stream: bool = False,
        state: ClusterFiles | None = None,
        store: RunStore | None = None,
        jobs: int = 1,
    ) -> None:
        self.config = config
        self.state = state
        self._stream = stream
        self._folder = folder
        self._prefix = prefix
        self.notices: dict[Notice, None] = {}
        with chdir(folder):
            sources = find_sources(paths, config, state=state)
            if texts:
                sources = sources._replace(targets=tuple(SourceFile(file, file) for file in texts))
            self._run = prepare(sources, config, rules_of(config), RunOptions(overlay=texts, jobs=jobs), store)
        self._units = {unit.name: unit for unit in self._run.units}
        self._edited: Callable[[Span], Span] = lambda span: span
        self._edited_field: Callable[[Span], Span] = lambda span: span
        self.notices.update(dict.fromkeys(map(self._located, self._run.notices)))

    @property
    def units(self) -> Sequence[str]:
        return tuple(self._units)

    @property
    def places(self) -> Mapping[tuple[str, str], str]:
        """The names of the units by path and kind. The name has the kind as a suffix if a folder is more than one unit."""
        return {(unit.name.removesuffix(f"#{unit.kind}"), unit.kind): unit.name for unit in self._units.values()}

    @property
    def paths(self) -> Mapping[str, str]:
        """The names of the units by path, where a path has only one. An Application that deploys a folder gives its unit another name."""
        numbers = Counter(unit.path for unit in self._units.values())
        return {unit.path: unit.name for unit in self._units.values() if numbers[unit.path] == 1}

    def open(self, unit: str, last: Mapping[ObjectRef, Object] = EMPTY) -> OpenUnit | None:
        """Return the unit of that name; None if the side does not have it. `last` are the manifests that were applied before."""
        target = self._units.get(unit)
        if target is None:
            return None
        with chdir(self._folder):
            opened = open_unit(target, self._run, {unit: last})
        self._edited = opened.edited
        self._edited_field = opened.edited_field
        inputs = opened.inputs
        told = [
            *inputs.notices,
            *notices(inputs.unjudged, self._run.config),
            *(Notice("error", f"scclint failed: {crash.error}") for crash in inputs.crashes),
        ]
        for document in inputs.targets:
            if document.status == "unparsable" and document.error is not None:
                text = f"this document cannot be read: {document.error.message}"
                told.append(Notice("error", text, document.file, document.error.line))
        if self._stream and inputs.nothing:
            told += [Notice("error", "no manifest found", file) for file in inputs.read]
        self.notices.update(dict.fromkeys(map(self._located, told)))
        return opened

    def content_key(self, unit: str) -> str:
        """Return the key of all that a unit depends on, besides what is asked about other units; empty if that is not known."""
        with chdir(self._folder):
            return content_key(self._units[unit], self._run)

    def same_answers(self, unit: str, opened: OpenUnit) -> bool:
        """Whether what an opened unit of another side asked about other units has the same answers here."""
        with chdir(self._folder):
            return self._run.others.of(self._units[unit]).same_answers(opened.others.asked.items())

    def place(self, span: Span, *, field: bool = False) -> Span:
        """Return a place in the unit that was opened last as the user finds it from the working directory, in the file to edit.

        `field` asks for the value that sets the field at the place.
        """
        with chdir(self._folder):
            span = self._edited_field(span) if field else self._edited(span)
        return span._replace(file=self._shown(span.file))

    def places_in_opened(self, opened_by: "Side | None" = None) -> Callable[[Span], Span]:
        """Return what returns `place` for the unit that was opened last, also after another one is opened.

        `opened_by` is the side that opened the unit, if this one has the same and did not open it.
        """
        opener = opened_by or self
        edited, folder = opener._edited, opener._folder

        def place(span: Span) -> Span:
            with chdir(folder):
                moved = edited(span)
            return moved._replace(file=self._shown(moved.file))

        return place

    def inside(self, file: str) -> str:
        """Return the path of a file from the folder of the side."""
        return os.path.relpath(file, self._prefix) if self._prefix else file

    def _located(self, notice: Notice) -> Notice:
        return replace(notice, file=self._shown(notice.file)) if notice.file else notice

    def _shown(self, file: str) -> str:
        return os.path.normpath(os.path.join(self._prefix, file)) if self._prefix else file


@contextmanager
def open_side(
    name: str,
    config: Config,
    base_with: str = "",
    *,
    state: ClusterFiles | None = None,
    store: RunStore | None = None,
    jobs: int = 1,
) -> Iterator[Side]:
    """Open a file, a folder, a dump, a stream or a git revision. `base_with` is the other revision if `name` is to be their merge base.

    `state` are the files of the cluster state, if another side has found them. A store that two sides share has what both render to.
    `jobs` is the number of programs that render at the same time.
    Raises UsageError if `name` is none of these, and LoadError if it cannot be read.
    """
    if is_stream(name) and not base_with:
        shown = "<stdin>" if name == STDIN else name
        yield Side(os.curdir, [], _from_root(config), "", {shown: read_stream(name)}, stream=True)
        return
    if os.path.exists(name) and not base_with:
        if is_dump(name):
            of_dump = replace(_from_root(config), cluster_state=(name,))
            yield Side(os.curdir, [], of_dump, "", dict(texts_to_judge(name)))
            return
        folder, file = (name, os.curdir) if os.path.isdir(name) else os.path.split(name)
        if folder in ("", os.curdir):
            side = Side(os.curdir, [file], replace(config, baseline=""), "", state=state, store=store, jobs=jobs)
        else:
            side = Side(folder, [file], _from_root(config), folder, state=state, store=store, jobs=jobs)
        if _is_revision(name):
            text = f"{name} is a path and a git revision, and the path is compared; write heads/{name} or tags/{name} for the revision"
            side.notices[Notice("note", text)] = None
        yield side
        return
    try:
        revision = resolve(name, os.curdir, base_with)
    except UsageError as error:
        hint = "; to compare releases, write --openshift 4.18,4.20" if minor_release(name) in RELEASES else f": {error}"
        raise UsageError(f"{name} is no file, no folder and no git revision{hint}") from error
    with copy_of(revision) as copy:
        # The part of the revision that lies in the working directory.
        settings = replace(copy.settings(config), baseline="")
        files = copy.state(config) if state is None else state
        yield Side(copy.folder, [os.curdir], settings, "", state=files, store=store, jobs=jobs)


def _is_revision(name: str) -> bool:
    """Return whether git could take a path for a revision. Names of revisions neither begin with a dot or a slash nor end with one."""
    if name.startswith((".", "/")) or name.endswith("/"):
        return False
    try:
        resolve(name, os.curdir, "")
    except UsageError:
        return False
    return True


def _from_root(config: Config) -> Config:
    """Return the settings for a run from another folder: paths are absolute, except those within the side."""

    def absolute(paths: Sequence[str]) -> tuple[str, ...]:
        return tuple(map(os.path.abspath, paths))

    return replace(
        config,
        root=os.curdir,
        cluster_state=absolute(config.cluster_state),
        profile_dirs=absolute(config.profile_dirs),
        helm_values=absolute(config.helm_values),
        baseline="",
    )
