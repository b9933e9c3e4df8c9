"""What is known of images: from the settings, the Containerfiles that the repository builds them from, and the catalogue."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from scclint.deploy.image_catalogue import catalogued
from scclint.deploy.outline import Outline
from scclint.files import display
from scclint.finding import Notice
from scclint.objects.documents import load_text
from scclint.objects.image import Image, ImageFacts
from scclint.yaml.nodes import to_data
from scclint.yaml.untyped import as_mapping, as_text, mappings, texts, value_at

_NAMES = ("Containerfile", "Dockerfile")
_LOCAL = r"^(?:localhost/|(?:index\.)?docker\.io/(?:library/)?|image-registry\.openshift-image-registry\.svc(?:\.cluster\.local)?:5000/[^/]+/)"
"""What may be in front of the name of an image that was built under its bare name."""
_COMMAND = r"(?:\b(?:docker|podman|buildah)|\$[({]\w+[)}])[ \t]+(?:buildx[ \t]+)?(?:build|bud)\b([^;|&]*)"
_OPTIONS = {"-t": "tag", "--tag": "tag", "-f": "file", "--file": "file", "--target": "target"}
_DEFINED = r"(?m)^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w{0,99})[ \t]{0,9}(?:::=|:=|\?=|=|:)[ \t]{0,9}[\"']?([^\s\"'#]{1,300})[\"']?[ \t]*$"
_REFERENCE = r"\$(?:\((\w+)\)|\{(\w+)(?::[^{}]*)?\}|(\w+))"
_EXPRESSION = r"\$\{\{[ \t]{0,9}(?:\w+\.)*(\w+)[ \t]{0,9}\}\}"
_IMAGE = r"(?<![\w.-])image[\"']?:[ \t]*[\"']?([^\s\"'#,{}]+)"
_DECLARING = ("build:", "artifacts:", "uses:", "dockerfile:")
"""Keys of a document that declares a build."""
EVERY_IMAGE = "*"
"""The name below which the settings have a folder of saved configurations."""
_OPEN = "\0"
"""The text in place of a variable without a value."""
_LONGEST = 1000


class Images:
    """`described` is what the settings say, with files relative to `root`. `files` may name others, and what builds them."""

    def __init__(self, described: Iterable[ImageFacts], root: str, outline: Outline, files: Iterable[str]) -> None:
        self._described = {facts.name: facts for facts in described}
        self._root = root
        self._outline = outline
        self._files = files
        self._known: dict[tuple[str, str], Image | None] = {}

    @cached_property
    def notices(self) -> list[Notice]:
        """Return an error for each file of the settings that says nothing of an image."""
        described = (facts for facts in self._described.values() if facts.file)
        wrong = (facts for facts in described if not self._is_folder(facts) and self._of_settings(facts) is None)
        text = "is no Containerfile and no configuration of an image, or cannot be read"
        return [Notice("error", text, display(os.path.join(self._root, facts.file))) for facts in wrong]

    def _is_folder(self, facts: ImageFacts) -> bool:
        return facts.name == EVERY_IMAGE and os.path.isdir(os.path.join(self._root, facts.file))

    def of(self, reference: str, folder: str = "") -> Image | None:
        """Return what is known of an image that a manifest in `folder` names; None if nothing is, or if files disagree."""
        key = reference, folder
        if key not in self._known:
            self._known[key] = None  # an image that builds on itself ends here
            name = repository(reference)
            facts = self._described.get(reference) or self._described.get(name)
            self._known[key] = self._of_settings(facts) if facts else self._found(reference, name, folder)
        return self._known[key]

    def _found(self, reference: str, name: str, folder: str) -> Image | None:
        if (saved := self._saved(reference)) is not None:
            return saved
        if built := self._built(name):
            return self._agreed(built)

        return self._beside(name, folder) or catalogued(reference)

    def _of_settings(self, facts: ImageFacts) -> Image | None:
        image: Image | None = Image(None, source=facts.source)
        if facts.file:
            image = self._of_file(os.path.normpath(os.path.join(self._root, facts.file)))
        if image is not None and facts.user is not None:
            image = image._replace(user=str(facts.user).partition(":")[0], source=facts.source)
        return image and image._replace(
            ports=facts.ports or image.ports,
            own_user=facts.own_user or image.own_user,
            writes=facts.writes or image.writes,
        )

    def _of_file(self, path: str) -> Image | None:
        """What a Containerfile, a saved image configuration or an OCI layout says."""
        from scclint.deploy.image_configs import read_image_config, read_layout

        if os.path.isdir(path):
            return read_layout(path, display(path), self._text)
        return read_image_config(self._text(path), display(path)) or self._read(path)

    def _text(self, path: str) -> str:
        return self._outline.text(display(path))

    def _saved(self, reference: str) -> Image | None:
        """What the folder of saved configurations has of an image."""
        if (every := self._described.get(EVERY_IMAGE)) is None:
            return None
        from scclint.deploy.image_configs import key_of, read_layout

        folder = os.path.normpath(os.path.join(self._root, every.file))
        if os.path.isfile(os.path.join(folder, "index.json")):
            return read_layout(folder, display(folder), self._text, reference)
        name, _, digest = reference.partition("@")
        keys = (key_of(each) for each in (reference, digest, name, repository(reference)) if each)
        path = next((self._saved_files[key] for key in keys if key in self._saved_files), "")
        return self._of_file(path) if path else None

    @cached_property
    def _saved_files(self) -> Mapping[str, str]:
        from scclint.deploy.image_configs import saved_configs

        return saved_configs(os.path.normpath(os.path.join(self._root, self._described[EVERY_IMAGE].file)))

    def _built(self, name: str) -> list[tuple[str, str, str]]:
        """The path or the text, and the stage, of each Containerfile that builds an image of this name."""
        return [
            (path, text, target)
            for built, path, text, target in self._builds
            if built == name or (built.startswith("*/") and f"/{name}".endswith(built[1:]))
        ]

    def _agreed(self, built: list[tuple[str, str, str]]) -> Image | None:
        """What Containerfiles agree on."""
        found = [self._read(*each) for each in built]
        same = all(image and found[0] and image._replace(source=found[0].source) == found[0] for image in found)
        return found[0] if same else None

    def _beside(self, name: str, folder: str) -> Image | None:
        """What the only Containerfile in a folder says, if the manifests there name no other image and no command builds another."""
        paths = [path for each in _NAMES if folder and self._outline.has(path := os.path.join(folder, each))]
        if len(paths) != 1 or any(os.path.samefile(path, paths[0]) for _, path, *_ in self._builds if path):
            return None
        beside = (file for file in self._outline.files if os.path.dirname(file) == os.path.normpath(folder))
        named = {repository(image) for file in beside for image in re.findall(_IMAGE, self._outline.text(file))}
        image = self._read(paths[0]) if named == {name} else None
        return image if image and not re.search(rf"(?mi)^FROM\s.*{re.escape(name)}", self._outline.text(paths[0])) else None

    def _read(self, path: str, text: str = "", target: str = "") -> Image | None:
        from scclint.deploy.containerfile import read_containerfile

        shown = self._outline.shown(path) if not text else "line"
        return read_containerfile(text or self._outline.text(shown), shown, target, self.of)

    @cached_property
    def _builds(self) -> list[tuple[str, str, str, str]]:
        """The images that the files build: name, path of the Containerfile or its text, and stage."""
        found = []
        for file in self._files:
            folder = os.path.dirname(file)
            for name, context, path, target, inline in self._outline.tells(file, "builds", _builds):
                at = [
                    os.path.normpath(os.path.join(base, path or os.path.join(context, each)))
                    for base in {folder, folder.partition(".github")[0], os.path.relpath(self._outline.root)}
                    for each in _NAMES
                ]
                existing = {self._outline.paths.of(each): each for each in at if self._outline.has(each)}
                if inline or len(existing) == 1:
                    found.append((name, next(iter(existing.values()), ""), inline, target))
        return found


def repository(reference: str) -> str:
    """Return the name of an image without tag, digest, and the registries that a local name is filled in with."""
    head, slash, last = reference.partition("@")[0].rpartition("/")
    return re.sub(_LOCAL, "", f"{head}{slash}{last.partition(':')[0]}")


def _builds(text: str) -> list[list[str]]:
    """Return what a file says it builds: the name of the image, the context, the Containerfile, the stage, and a Containerfile's text."""
    if "uild" not in text:
        return []
    text = re.sub(_EXPRESSION, r"${\1}", text)
    builds = [*_commands(text), *_declared(text)]
    defined: dict[str, str] = {}
    for name, value in re.findall(_DEFINED, text) if builds else ():
        defined[name] = value if defined.get(name, value) == value else _OPEN
    found = []
    for names, *rest in builds:
        for name in filter(None, (_built_name(name, defined) for name in names)):
            found.append([name, *(_expanded(part, defined) for part in rest[:3]), rest[3]])
    return found


def _commands(text: str) -> Iterator[tuple[list[str], str, str, str, str]]:
    lines = (line for line in text.replace("\\\n", " ").split("\n") if " bu" in line or "\tbu" in line)
    for command in (command for line in lines for command in re.findall(_COMMAND, line)):
        words = iter(command.replace('"', "").replace("'", "").split())
        given: dict[str, list[str]] = {"tag": [], "file": [""], "target": [""], "context": [""]}
        for word in words:
            option, equals, value = word.partition("=")
            if option in _OPTIONS:
                given[_OPTIONS[option]].append(value if equals else next(words, ""))
            elif not word.startswith("-"):
                given["context"].append(word)
        yield given["tag"], given["context"][-1], given["file"][-1], given["target"][-1], ""


def _declared(text: str) -> Iterator[tuple[list[str], str, str, str, str]]:
    """Yield the builds of compose files, skaffold files, GitHub workflows and BuildConfigs with a Containerfile of their own."""
    # Few texts have such a word. In the others, a search for lines that begin with one would take longest of all.
    if not (any(key in text for key in _DECLARING) and re.search(rf"(?m)^[ \t]*(?:- )?(?:{'|'.join(_DECLARING)})", text)):
        return
    for document in load_text("", text, frozenset()):
        data = as_mapping(to_data(document.root))
        for service in map(as_mapping, as_mapping(data.get("services")).values()):
            build = service.get("build")
            made = as_mapping({"context": build} if isinstance(build, str) else build)
            if made:
                yield _declaration([service.get("image")], made, made.get("dockerfile"))
        for artifact in mappings(value_at(data, ("build", "artifacts"))):
            docker = as_mapping(artifact.get("docker"))
            yield _declaration([artifact.get("image")], {**docker, **artifact}, docker.get("dockerfile"))
        for job in map(as_mapping, as_mapping(data.get("jobs")).values()):
            for inputs in (
                as_mapping(step.get("with")) for step in mappings(job.get("steps")) if "build" in str(step.get("uses"))
            ):
                names = as_text(inputs.get("image") or inputs.get("tags")).replace(",", " ").split()
                file = as_text(inputs.get("file") or inputs.get("containerfiles"))
                yield names, as_text(inputs.get("context")), file, as_text(inputs.get("target")), ""
        if data.get("kind") == "BuildConfig" and (inline := as_text(value_at(data, ("spec", "source", "dockerfile")))):
            yield [as_text(value_at(data, ("spec", "output", "to", "name")))], "", "", "", inline


def _declaration(names: list[Any], build: Mapping[str, Any], file: object) -> tuple[list[str], str, str, str, str]:
    """A build whose Containerfile is in its context."""
    context = as_text(build.get("context"))
    return texts(names), context, os.path.join(context, as_text(file)) if file else "", as_text(build.get("target")), ""


def _expanded(text: str, defined: Mapping[str, str]) -> str:
    """Return a text with the values of its variables, and `_OPEN` for those that have none."""
    for _ in range(8):
        if "$" not in text or len(text) > _LONGEST:
            break
        text = re.sub(_REFERENCE, lambda match: defined.get(match[1] or match[2] or match[3], _OPEN), text)
    return text


def _built_name(text: str, defined: Mapping[str, str]) -> str:
    """Return the name under which an image is built, `*/web` if its registry has no value; empty if the name itself has none."""
    name = repository(_expanded(text, defined))
    if _OPEN in name:
        end = name[name.rindex(_OPEN) + 1 :]
        return f"*{end}" if end.startswith("/") else ""
    return name if len(name) < _LONGEST else ""
