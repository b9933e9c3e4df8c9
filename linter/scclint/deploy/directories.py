"""Plain manifests that something deploys as they are: objects of Argo CD and Flux, and commands."""

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from scclint.deploy.deployed import deploys_file
from scclint.deploy.facts import Identity
from scclint.deploy.kustomize import NAMES
from scclint.deploy.plain import alternatives
from scclint.deploy.unit import Deployment, Unit
from scclint.files import SUFFIXES
from scclint.files.globs import path_filter

if TYPE_CHECKING:
    from scclint.deploy.commands import Commands
    from scclint.deploy.split import Split


def units(split: "Split") -> Iterator[Unit]:
    """The folders that something deploys as they are."""
    if not split.deployed.by_path:
        return
    # A folder and one below it can be deployed each, and one that is read as a directory has what kustomizations build as it is.
    left = sorted(split.left)
    built = {name for closure in split.closures.values() for name in closure.resources}
    all_files = sorted({*left, *(split.outline.shown(os.path.join(split.tree, name)) for name in built)})
    for path in sorted(split.deployed.by_path.keys() - split.configured_paths):
        shown = split.outline.shown(path)
        for deployment in (one for one in split.deployed.with_tool(path, "directory") if not one.builds_plain):
            below = split.below(shown, all_files if deployment.tool else left)
            taken = [file for file in below if deploys_file(deployment, os.path.relpath(file, shown))]
            files = tuple(file for file in taken if os.path.basename(file) not in NAMES)
            if files:
                split.take(taken)
                yield Unit(
                    *(split.unit_name(path, deployment), "directory", shown, files, deployment.reason),
                    deployment=deployment,
                )


def applied_by_commands(split: "Split", commands: "Commands", built: frozenset[Identity]) -> Iterator[Unit]:
    """The plain files that one script applies in one namespace. A variant of what a kustomization builds stays by itself."""
    outline = split.outline
    applied_by = _files_of_scripts(split, commands, built)
    for files, namespace in applied_by:
        # A script that applies only a part of the files makes no other deployment.
        if any(files < others and namespace == home for others, home in applied_by):
            continue
        parts = [scripts for (part, home), scripts in applied_by.items() if part <= files and home == namespace]
        context = sorted({script for scripts in parts for script in scripts if script in outline.files} - files)
        applying = tuple(command for scripts in parts for by_script in scripts.values() for command in by_script)
        for group in alternatives(files, lambda file: outline.facts(file).identities):
            path = group.path or os.path.commonpath(files if len(files) == 1 else [*map(os.path.dirname, files)]) or "."
            deployment = Deployment(namespace=namespace, commands=applying)
            yield Unit(
                *(split.unit_name(path, deployment), "directory", path, group.files, deployment.reason),
                (*group.shared, *context),
                deployment,
            )
    split.take(file for files, _ in applied_by for file in files)


_ScriptFiles = dict[tuple[frozenset[str], str], dict[str, Iterable[str]]]
"""The commands of scripts, by the files that they apply and their namespace, and by script."""


def _files_of_scripts(split: "Split", commands: "Commands", built: frozenset[Identity]) -> _ScriptFiles:
    outline, excluded = split.outline, path_filter(split.config.exclude)
    applied_by: _ScriptFiles = {}
    for (script, namespace), applied in commands.applied.items():
        named = {outline.shown(path): path for path in applied.files}
        # A file that is not read for its name counts if it holds objects, since a pipe may also begin with a program.
        unread = {
            name
            for name, path in named.items()
            if not name.endswith(SUFFIXES) and outline.has(path) and not excluded(outline.name(name))
        }
        left = [name for name in named if name in split.left or (name in unread and outline.facts(name).identities)]
        files = frozenset(name for name in left if built.isdisjoint(outline.facts(name).identities))
        stored = {name for name in files if not applied.files[named[name]] and _holds_template(split, name)}
        # Who processes a stored Template chooses the namespace of its objects.
        for home, there in ((namespace, files - stored), ("", files & stored)):
            if there:
                applied_by.setdefault((there, home), {})[script] = applied.commands
    return applied_by


def _holds_template(split: "Split", file: str) -> bool:
    return any(document.kind == "Template" for document in split.outline.documents(file))
