"""A unit: what one command or controller applies together, and so is judged together."""

from collections.abc import Iterable
from typing import Literal

from scclint.files import display
from scclint.record import record
from scclint.source import Span
from scclint.text import full_name

Kind = Literal["configured", "bundle", "hydrated", "kustomize", "chart", "directory", "operator", "ansible", "plain"]

RENDERED_KINDS: tuple[Kind, ...] = ("kustomize", "chart")
"""The kinds whose manifests a program makes."""

PLAIN = "."
"""Name of the unit of plain files."""


@record
class Deployment:
    """How a folder is deployed: by what, and with which changes to what it holds.

    `kind` and `name` are those of the object that deploys it, or `release` and the name of a release that a command makes; empty if nothing
    of the kind does. `path` is the real path of the folder. `files` are files outside the folder that the deployment depends on. `tool` is
    the kind of unit that the object says the folder is (`chart`, `kustomize`, `directory`), whatever files are in it; empty if it says
    nothing.

    Of a chart, the values files `values` are laid over its defaults in order, then the YAML text `inline`, then `settings`, which are
    options of helm (`--set=image.tag=1`). `release` is the name of the release, empty for the name of the chart. `upgrade` is True if the
    release is upgraded rather than installed. `post` is the text of a kustomization through which the rendered objects go.

    `kustomization` is the text of the fields that are laid over a kustomization, as JSON, and `patch_spans` are the places of its
    patches. `variables` replace `${NAME}` in what is built, and are all there are if `all_variables` is True; None if nothing is
    replaced. Of a folder of plain files, those below count if `recurse` is True, and only those whose path matches the glob
    `include`, if there is one, and not `exclude`.

    `cluster` is what the object calls the cluster that it deploys to; empty if it names none.

    `commands` are the commands of scripts that deploy it so, each as `FILE:LINE: COMMAND`. `user` is the name of the user as whom a
    controller deploys it, and `groups` are groups that this user has beside those of each service account.
    """

    kind: str = ""
    name: str = ""
    namespace: str = ""
    path: str = ""
    files: tuple[str, ...] = ()
    release: str = ""
    values: tuple[str, ...] = ()
    inline: str = ""
    settings: tuple[str, ...] = ()
    upgrade: bool = False
    post: str = ""
    kustomization: str = ""
    patch_spans: tuple[Span, ...] = ()
    variables: tuple[tuple[str, str], ...] | None = None
    all_variables: bool = True
    recurse: bool = False
    include: str = ""
    exclude: str = ""
    commands: tuple[str, ...] = ()
    cluster: str = ""
    user: str = ""
    groups: tuple[str, ...] = ()
    tool: str = ""

    @property
    def by_controller(self) -> bool:
        """Whether an object of the input says that a controller deploys the folder."""
        return self.kind not in ("", "release")

    @property
    def by(self) -> str:
        """The kind and name of what deploys the folder."""
        return f"{self.kind} {self.name}"

    @property
    def reason(self) -> str:
        """Why the folder is a unit; empty if nothing deploys it."""
        if self.by_controller:
            return f"{self.by} deploys it"
        return "the repository has a command that deploys it" if self.commands else ""

    @property
    def is_default(self) -> bool:
        """Whether a chart gets no values but its own."""
        return not (self.values or self.inline or self.settings)

    @property
    def builds_plain(self) -> bool:
        """Whether Flux changes a folder of plain manifests as a kustomization does."""
        return self.kind == "Kustomization" and bool(self.kustomization or self.variables is not None)


DEFAULT = Deployment()
"""What holds for a folder that no object of the input deploys."""


@record
class Placed:
    """The namespace of the objects of a unit that name none, and why, as a clause. Both are empty if nothing says so."""

    namespace: str = ""
    why: str = ""


UNPLACED = Placed()


@record
class FromUnit:
    """An object that a unit takes from the unit `unit`. `namespace` is empty where the object has none."""

    unit: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return full_name(self.kind, self.namespace, self.name)


@record
class Unit:
    """What is judged together.

    `name` is the path from the root of the run, with `#VIEW` for a view of a chart; `.` is the unit of plain files.
    `path` is its folder or file as displayed. `files` are the files that it is made of, and that findings about it point into;
    `shared` are plain files of other units that it has in full as context. Both are paths as displayed, sorted.
    `placed` is where its objects go that name no namespace (see `scclint.deploy.placed`). `reason` says in one sentence why this is a unit.
    `deployment` says how it is deployed. `unrendered` says why a kustomization or chart is judged by its raw files, empty otherwise.
    `incomplete` says whether its build would add objects that no file has, such as those of a remote resource, and `left_out` what was left
    out of the build for this reason.
    `reading` is the number, from 0, of the branches that count where its files are templates (see `scclint.objects.documents.templates`).
    `gives` is False for a unit that gives no context to others: a bundle, or a variant of what a rendered unit defines.
    `takes` is False for a unit that takes nothing from others. Once all units are known (`scclint.find_units`), `context` has what it
    takes, and `applied_by` says who applies it to a cluster.
    """

    name: str
    kind: Kind
    path: str
    files: tuple[str, ...]
    reason: str
    shared: tuple[str, ...] = ()
    deployment: Deployment = DEFAULT
    unrendered: str = ""
    incomplete: bool = False
    reading: int = 0
    left_out: str = ""
    gives: bool = True
    takes: bool = True
    context: tuple[FromUnit, ...] = ()
    applied_by: str = ""
    placed: Placed = UNPLACED

    @property
    def namespace(self) -> str:
        """The namespace of the objects that name none; empty if nothing says which."""
        return self.placed.namespace

    @property
    def title(self) -> str:
        """What people read in place of the name."""
        if self.name != PLAIN:
            return self.name
        return "other files" if self.kind == "plain" else display(self.path)

    @property
    def is_default_view(self) -> bool:
        """Whether this is the view of a chart with its default values alone."""
        return self.kind == "chart" and self.deployment == DEFAULT

    @property
    def needs_renderer(self) -> bool:
        """Whether a program makes the manifests of the unit from its files."""
        return self.kind in RENDERED_KINDS

    @property
    def rendered(self) -> bool:
        """Whether the unit is judged by what its kustomization or chart renders to."""
        return self.needs_renderer and not self.unrendered


def chart_views(units: Iterable[Unit]) -> dict[str, str]:
    """Return the path of the chart for each unit that is a view of one, by name. What something deploys is no view."""
    return {unit.name: unit.path for unit in units if unit.kind == "chart" and not unit.deployment.reason}


@record
class Rendering:
    """What a unit renders to. `file` is how messages call the text, which lies in no file. `error` says why there is no text.

    `notices` are what the renderer warned of. `left_out` says what the text lacks (see `Unit`).
    `marker` is the name that Helm was given in place of a namespace that is not known.
    """

    file: str
    text: str = ""
    error: str = ""
    notices: tuple[str, ...] = ()
    marker: str = ""
    left_out: str = ""
