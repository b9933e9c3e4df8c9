"""What the commands of scripts, Makefiles and CI workflows, and files of helmfile, Fleet and Skaffold, deploy from the repository.

A path with a variable that the script does not set is not known, and not guessed. Sources: the flags of kubectl, kustomize and helm. A
script runs in the folder of its repository or in its own, and make in that of the Makefile.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from glob import escape, glob
from typing import NamedTuple

from scclint.deploy.helm import CHART_FILE
from scclint.deploy.kustomize import NAMES
from scclint.deploy.release_files import RELEASE_FILE, UNKNOWN, NamedRelease, releases
from scclint.deploy.unit import Deployment
from scclint.files import is_below, walk
from scclint.finding import Notice, shortened
from scclint.objects.commands import OWN, TOP, ScriptCommand
from scclint.record import replace

_UNKNOWN = re.compile(r"[$`]|\{\{")
_OPEN = re.compile(r"\$\{[^}]*+\}|\$\([^)]*+\)|\$\w++|`[^`]*+`|\{\{.*?\}\}")
_FIXED = re.compile(r"[\w-][\w.-]+")
"""A name of a path that a command gives in full."""
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,51}[a-z0-9])?")
_SETTINGS = ("set", "set-string", "set-json", "set-literal")
_MANIFESTS = (".yaml", ".yml", ".json")
_LONGEST = 200
"""Characters of a command that are shown."""


class AppliedFiles(NamedTuple):
    """The real paths of the files that a script applies in a namespace, and the commands that apply them, as people read them.

    The value of a file is True if a command makes objects of the Templates in it (`oc process`, `oc new-app`), and does not only store them.
    """

    files: dict[str, bool]
    commands: dict[str, None]


class Commands:
    """What commands deploy. `followed` finds it.

    `made` are the deployments of kustomizations and charts, with the commands that make them. `applied` are plain files, by the script
    that applies them and the namespace; empty if it is not known. `deleted` are the real paths of files that commands name to delete.
    `notices` name releases that are not followed. `open` are patterns of real paths that commands may deploy, which they name with a variable
    that nothing sets or with a values file that is not known, each with the command as people read it.
    """

    def __init__(self) -> None:
        self.made: dict[Deployment, dict[str, None]] = {}
        self.applied: dict[tuple[str, str], AppliedFiles] = {}
        self.deleted: list[str] = []
        self.notices: list[Notice] = []
        self.open: dict[str, str] = {}

    def deployments(self) -> Iterator[Deployment]:
        """Yield the deployments of kustomizations and charts."""
        return (replace(deployment, commands=tuple(shown)) for deployment, shown in self.made.items())


def followed(told: Iterable[tuple[str, str, Iterable[ScriptCommand]]], tree: str) -> Commands:
    """Find what commands deploy. `told` are the path of each file with commands, its text and its commands; `tree` is the repository."""
    found = Commands()
    for file, text, commands in told:
        script = _Script(file, os.path.dirname(os.path.realpath(file)), os.path.realpath(tree), found)
        applying = {command.line_end: command for command in commands if command.applies}
        for command in commands:
            line = " ".join(text[command.start : command.line_end].replace("\\\n", " ").split()).lstrip("@- ")
            shown = f"{file}:{command.line}: {shortened(line, _LONGEST)}"
            follow = _VERBS.get(command.match["verb"]) or (_Script.apply if command.applies else _Script.ignore)
            follow(script, command, applying.get(command.line_end, command), shown)
        for release in releases(file, text):
            script.release(release)
    return found


class _Script(NamedTuple):
    """A file with commands: its path, the real path of its folder, the repository, and what is found.

    What follows a command gets the command itself, the one of its line that applies its output or else the same, and how people read it.
    """

    file: str
    own: str
    tree: str
    found: Commands

    def install(self, command: ScriptCommand, applying: ScriptCommand, shown: str) -> None:
        """Follow a command of helm: of a whole chart, and no trial."""
        flags, folder = command.flags, command.folder
        is_whole = flags.keys().isdisjoint(("show-only", "s"))
        if command.is_trial or not (is_whole and 1 <= len(command.words) <= 2):
            return
        values = (value for listed in command.flag("filename", "values") for value in listed.split(","))
        settings = [f"{name}={value}" for name in _SETTINGS for value in flags.get(name, ())]
        self._leave_open(command.words[-1:], folder, shown)
        release, chart = (*command.words[:-1], "")[0], self._path(command.words[-1], folder)
        files = tuple(self._path(value, folder) for value in values)
        namespace = _namespace(command, applying)
        self._chart(Deployment("release", release, namespace, chart, values=files, settings=tuple(settings)), shown)

    def build(self, command: ScriptCommand, applying: ScriptCommand, shown: str) -> None:
        """Follow a command that builds a kustomization, if another one applies the result."""
        if applying.applies:
            self._kustomizations(command.words[:1] or ["."], command.folder, _namespace(command, applying), shown)

    def delete(self, command: ScriptCommand, applying: ScriptCommand, shown: str) -> None:
        """Follow a command that deletes what files name."""
        named = (self._path(value, command.folder) for listed in command.flag("filename") for value in listed.split(","))
        self.found.deleted.extend(filter(None, named))

    def apply(self, command: ScriptCommand, applying: ScriptCommand, shown: str) -> None:
        """Follow a command that applies a kustomization or files."""
        namespace, folder = _namespace(command, applying), command.folder
        self._kustomizations(command.flag("kustomize"), folder, namespace, shown)
        self._leave_open(command.flag("filename"), folder, shown)
        recursive = not command.flags.keys().isdisjoint(("R", "recursive"))
        named = (value for listed in command.flag("filename") for value in listed.split(","))
        paths = (path for value in named for path in self._paths(value, folder))
        files = [file for path in paths for file in _manifests(path, self.tree, recursive=recursive)]
        files += filter(os.path.isfile, (path for value in command.piped for path in self._paths(value, folder)))
        if files:
            applied = self.found.applied.setdefault((self.file, namespace), AppliedFiles({}, {}))
            is_processed = "process" in command.piped or command.match["verb"] == "new-app"
            applied.files.update({file: is_processed or applied.files.get(file, False) for file in files})
            applied.commands[shown] = None

    def ignore(self, command: ScriptCommand, applying: ScriptCommand, shown: str) -> None:
        """A command that deploys nothing."""

    def _leave_open(self, paths: Iterable[str], cd: str, shown: str) -> None:
        """Keep what paths with a variable may be: one that begins with it may be anywhere in the repository."""
        for path in paths:
            parts = _OPEN.split(path.replace(OWN, self.own).replace(TOP, self.tree))
            if len(parts) == 1 or not any(map(_FIXED.fullmatch, "\0".join(parts).split("/"))):
                continue
            # No file has this character in its name.
            text = "\0".join(parts)
            for base in (self.tree, self.own):
                if text.startswith("\0"):
                    pattern = f"{re.escape(self.tree)}/(?:.*/)?" + "[^/]+".join(map(re.escape, parts[1:])).lstrip("/")
                else:
                    pattern = "[^/]+".join(map(re.escape, os.path.normpath(os.path.join(base, cd, text)).split("\0")))
                self.found.open.setdefault(pattern, shown)

    def _kustomizations(self, folders: Iterable[str], cd: str, namespace: str, shown: str) -> None:
        folders = list(folders)
        self._leave_open(folders, cd, shown)
        for folder in (path for value in folders for path in self._paths(value, cd)):
            if any(os.path.isfile(os.path.join(folder, name)) for name in NAMES):
                self.found.made.setdefault(Deployment(namespace=namespace, path=folder), {})[shown] = None

    def _chart(self, deployment: Deployment, shown: str) -> None:
        """Take what deploys a chart, if the chart and its values are there. Its name and settings are as written."""
        folder, settings = deployment.path, deployment.settings
        if not folder or not os.path.isfile(os.path.join(folder, CHART_FILE)):
            return
        if not all(map(os.path.isfile, deployment.values)):
            # Without a values file that is not known, the chart would be another one.
            self.found.open.setdefault(re.escape(folder), shown)
            return
        known = [setting for setting in settings if not _UNKNOWN.search(setting)]
        if left_out := ", ".join(setting.split("=")[1] for setting in settings if setting not in known):
            shown += f" (without {left_out}: not known)"
        release, known_settings = _name(deployment.name), tuple(f"--{setting}" for setting in known)
        named = release or os.path.basename(self.file)
        deployment = replace(deployment, name=named, release=release, settings=known_settings)
        self.found.made.setdefault(deployment, {})[shown] = None

    def release(self, release: NamedRelease) -> None:
        """Take a release that a file names. A notice names it if its chart lies in the repository and cannot be judged so."""
        folder, files = self._path(release.chart), [self._path(value) for value in release.values]
        shown = f"{self.file}:{release.line}: the release {release.name}".rstrip()
        shown += f" (without {', '.join(release.left_out)}: not known)" if release.left_out else ""
        missing = [value for value, path in zip(release.values, files, strict=True) if not os.path.isfile(path)]
        if release.chart and os.path.isfile(os.path.join(folder, CHART_FILE)) and not missing:
            deployment = Deployment("release", release.name, _name(release.namespace), folder, values=tuple(files))
            self._chart(replace(deployment, inline=release.inline, settings=tuple(release.settings)), shown)
        elif release.is_local and release.chart != ".":
            why = (
                f"its values file {missing[0]} is not known"
                if folder and missing
                else f"its chart {release.chart} is not known"
            )
            text = f"release {release.name or os.path.basename(self.file)}: not judged as this file deploys it, because {why}"
            self.found.notices.append(Notice("note", text.replace(UNKNOWN, "{{ }}"), self.file, release.line))

    def _path(self, value: str, cd: str = "") -> str:
        """Return the real path of a file or folder of the repository that a command names; empty if it has none or it is not known."""
        bases = [self.tree, self.own]
        is_makefile = os.path.basename(self.file).startswith("Makefile") or self.file.endswith(".mk")
        if is_makefile or re.search(RELEASE_FILE, self.file.replace(os.sep, "/")):
            bases.reverse()
        paths = (self._at(self._at(base, folder), value) for folder in dict.fromkeys((cd, "")) for base in bases)
        return next((path for path in paths if value and path and os.path.exists(path)), "")

    def _paths(self, value: str, cd: str) -> list[str]:
        """Return the real paths that a command names: those that a pattern such as `deploy/*.yaml` matches, or the one of another name."""
        head, wildcard, tail = value.partition("*")
        folder, _, begin = head.rpartition("/")
        if not wildcard or not (below := self._path(folder or ".", cd)):
            return [path] if (path := self._path(value, cd)) else []
        found = glob(os.path.join(escape(below), f"{begin}*{tail}"))
        return [real for path in sorted(found) if is_below(real := os.path.realpath(path), self.tree)]

    def _at(self, base: str, value: str) -> str:
        path = os.path.realpath(os.path.join(base, value.replace(OWN, self.own).replace(TOP, self.tree)))
        return path if base and not _UNKNOWN.search(value) and is_below(path, self.tree) else ""


_VERBS: Mapping[str, Callable[[_Script, ScriptCommand, ScriptCommand, str], None]] = {
    **dict.fromkeys(("upgrade", "install", "template"), _Script.install),
    **dict.fromkeys(("build", "kustomize"), _Script.build),
    "delete": _Script.delete,
}
"""How commands are followed, by their verb. Any other one that applies something is followed as `apply` is."""


def _namespace(command: ScriptCommand, applying: ScriptCommand) -> str:
    """Return the namespace that a command names, or else the one that applies its output; empty if it is not known."""
    return _name((command.flag("namespace") or applying.flag("namespace") or [""])[-1])


def _manifests(path: str, tree: str, *, recursive: bool) -> Iterator[str]:
    """Yield the files that kubectl reads at a path."""
    if os.path.isfile(path):
        yield path
    elif path and path != tree:
        for at, _, files in walk(path):
            yield from (
                os.path.join(at, name) for name in sorted(files) if name.endswith(_MANIFESTS) and (recursive or at == path)
            )


def _name(value: str) -> str:
    """Return a name of a namespace or release; empty if it is not known."""
    return value if _NAME.fullmatch(value) else ""
