"""What the modules of units share while the files of a run are split into units: which files are left, and what is deployed."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from scclint.config.model import Config
from scclint.deploy.deployed import DeployedFolders, deployed_folders
from scclint.deploy.deployers import Repository
from scclint.deploy.helm import CHART_FILE, Charts
from scclint.deploy.kustomize import NAMES, NO_EXCLUSIONS, Exclusions
from scclint.deploy.outline import Outline
from scclint.deploy.unit import Deployment, Unit
from scclint.files import Reach
from scclint.finding import Notice
from scclint.objects.documents.document import Document
from scclint.text import and_more

if TYPE_CHECKING:
    from scclint.deploy.kustomize.kustomization import Closure, Kustomization, Kustomizations


class Split:
    """The files of a run that are split into units.

    `closures` are what the builds of kustomize units read, by the name of the unit. `rendered` are documents that units render to, and that
    may deploy folders as those in files do. `excluded` is what builds leave out. Raises ConfigError for a unit of the configuration that
    does not exist.

    Each module of units gets the split: it takes the files of its units from those that are `left`. `undeployed` are the files that belong
    to none, each with the reason, and `deleted` those that only name objects to delete.
    """

    def __init__(
        self,
        outline: Outline,
        config: Config,
        rendered: Sequence[Document] = (),
        excluded: Exclusions = NO_EXCLUSIONS,
    ) -> None:
        self.outline = outline
        self.rendered = rendered
        self.excluded = excluded
        self.config = config
        self.left = dict.fromkeys(sorted(outline.files))
        self._named: set[str] = set()
        self.undeployed: dict[str, str] = {}
        self.deleted: list[str] = []
        self.closures: dict[str, Closure] = {}
        self.units: list[Unit] = []

    @cached_property
    def tree(self) -> str:
        """The folder that no build may leave: the work tree, or else the root of the run."""
        return Reach(self.outline.root).work_tree or self.outline.root

    @cached_property
    def charts(self) -> Charts:
        """The charts of the repository."""
        files = (file for file in self.outline.files if os.path.basename(file) == CHART_FILE)
        return Charts({os.path.realpath(os.path.dirname(file) or os.curdir) for file in files})

    @cached_property
    def built(self) -> "Kustomizations":
        """What reads the kustomizations of the tree."""
        from scclint.deploy.kustomize.kustomization import Kustomizations

        return Kustomizations(self.tree, self.outline.kustomization_on_disk, self.outline.paths)

    @cached_property
    def kustomizations(self) -> "Mapping[str, Kustomization]":
        """The kustomizations among the files, by real path of their folder."""
        folders = {os.path.dirname(file) or os.curdir for file in self.outline.files}
        by_path = {}
        for folder in sorted(folders):
            if any(self.outline.has(os.path.join(folder, name)) for name in NAMES):
                real = self.outline.paths.of(folder)
                if (kustomization := self.built.read(real)[0]) is not None:
                    by_path[real] = kustomization
        return by_path

    @cached_property
    def deployed(self) -> DeployedFolders:
        """What is deployed from the repository. Files of bundles and of what the configuration names deploy nothing."""
        return deployed_folders(
            self.outline,
            Repository(self.tree, self.outline, self.rendered),
            list(self.left),
            built=self.excluded.resources,
            kustomizations=self.kustomizations.keys(),
        )

    def notices(self, units: Iterable[Unit]) -> Iterator[Notice]:
        """What is not followed of the deployment of these units, what is deployed that is not in the input."""
        for reason in dict.fromkeys(self.undeployed.values()):
            files = (file for file, why in self.undeployed.items() if why == reason)
            yield Notice("note", f"{and_more(files, 3)}: not judged, because {reason}; to judge one, name it")
        folders = {os.path.realpath(unit.path): unit for unit in units if unit.kind != "plain"}
        in_input = {os.path.realpath(unit.path) for unit in self.units}
        yield from self.deployed.notices(folders, in_input, self.configured_paths)

    @cached_property
    def configured_paths(self) -> frozenset[str]:
        """The real paths that the configuration has units for."""
        return frozenset(os.path.realpath(os.path.join(self.config.root, entry.path)) for entry in self.config.units)

    def text(self, file: str) -> str:
        """The text of a file of a unit; empty where it cannot be read."""
        return self.outline.text(file)

    def unit_name(self, folder: str, deployment: Deployment) -> str:
        """The name of the unit that something deploys: the name of what deploys it is added to the path of the folder."""
        name = candidate = self.outline.name(folder) + (f"#{deployment.name}" if deployment.kind else "")
        number = 1
        while candidate in self._named:
            number += 1
            candidate = f"{name}-{deployment.namespace}" if number == 2 and deployment.namespace else f"{name}-{number}"
        self._named.add(candidate)
        return candidate

    def take(self, files: Iterable[str]) -> tuple[str, ...]:
        """Those of the files that belong to no unit yet, and from now on to the caller's."""
        taken = tuple(sorted(file for file in set(files) if file in self.left))
        for file in taken:
            del self.left[file]
        return taken

    def below(self, shown: str, files: Iterable[str] | None = None) -> list[str]:
        """Those of the files that are at a path as displayed, or below it; of the files that belong to no unit yet, if none are given."""
        prefix = "" if shown in ("", ".") else shown.rstrip("/") + "/"
        return [file for file in (self.left if files is None else files) if file == shown or file.startswith(prefix)]
