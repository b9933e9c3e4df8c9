"""What helm and kustomize make, recorded by the content of all that they read, so that tests need not start them again.

`tests/renderings/FOLDER/test_MODULE.jsonl` holds what the tests of one module need. What is not recorded is rendered anew. SCCLINT_RENDERINGS
is `check` to render everything anew and compare it with what is recorded, or `write` to record it.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from threading import local
from typing import Any

from scclint.deploy.kustomize.kustomization import Closure, closure
from scclint.deploy.render import ChartRelease, Renderer, RendererOutput, _Ended, _Sandbox
from scclint.files.store import digest

TESTS = Path(__file__).parent
FOLDER = TESTS / "renderings"
MODE = os.environ.get("SCCLINT_RENDERINGS", "")

_RENDERERS = tuple(map(shutil.which, ("kustomize", "helm")))
_CHANGES = re.compile(rb"rand[A-Z]|gen[A-Z]|uuid|\bnow\b|htpasswd|bcrypt|shuffle|encrypt|derive")
"""Functions of templates that make something else each time."""
_VALUES = re.compile(r'--values=".+"')
_COPY = re.compile(r"/tmp\w{8}/")
"""A folder of any name, for the copy of a values file."""

# What the tests use as they are.
_run, _build, _template = Renderer._run, Renderer.build_kustomize, Renderer.template_chart
_isolated = Renderer.__dict__["isolated"].func


class Recording:
    """The renderings of one module, by the digest of what the renderer reads."""

    def __init__(self, module: Path) -> None:
        self._file = FOLDER / module.relative_to(TESTS).with_suffix(".jsonl")
        self._used: dict[str, dict[str, Any]] = {}
        self.differences: list[str] = []

    @cached_property
    def _known(self) -> dict[str, dict[str, Any]]:
        lines = self._file.read_text(encoding="utf-8").splitlines() if self._file.exists() else []
        return {entry.pop("input"): entry for entry in map(json.loads, lines)}

    def find(self, key: str) -> dict[str, Any] | None:
        return None if MODE else self._known.get(key)

    def keep(self, key: str, entry: dict[str, Any]) -> None:
        self._used[key] = entry
        if MODE == "check" and self._known.get(key, entry) != entry:
            self.differences.append(
                f"{self._file.relative_to(TESTS)}: {key} is {self._known[key]}, and now rendered as {entry}"
            )

    def save(self) -> None:
        if MODE != "write":
            return
        self._file.unlink(missing_ok=True)
        if self._used:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            lines = (json.dumps({"input": key} | entry) for key, entry in sorted(self._used.items()))
            self._file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


class _Reading(local):
    """What the renderer that this thread starts may read: the root, and the files below it; None if that is not known."""

    root = ""
    files: Sequence[str] | None = None


class RecordingRenderer:
    """The methods of `Renderer` that look into a recording first."""

    def __init__(self) -> None:
        self.recording: Recording | None = None
        self._reading = _Reading()
        self._versions: dict[tuple[str, ...], _Ended] = {}
        self._is_isolated: list[bool] = []

    def methods(self) -> dict[str, Any]:
        """What takes the place of the methods of `Renderer`, by name."""

        def run(renderer: Renderer, command: Sequence[str], sandbox: _Sandbox) -> _Ended:
            return self._run(renderer, command, sandbox)

        def build(renderer: Renderer, folder: str, root: str, *, checked: Closure | None = None, **more: Any) -> RendererOutput:
            checked = checked or closure(folder, root)
            self._reading.root = os.path.realpath(root)
            self._reading.files = None if checked.charts else [os.path.join(root, name) for name in checked.files]
            return _build(renderer, folder, root, checked=checked, **more)

        def template(renderer: Renderer, chart: str, release: ChartRelease, *, root: str, **more: Any) -> RendererOutput:
            self._reading.root = os.path.realpath(root)
            self._reading.files = [*_below(chart), *release.values]
            return _template(renderer, chart, release, root=root, **more)

        def isolated(renderer: Renderer) -> bool:
            if self.recording is None:
                return bool(_isolated(renderer))
            if not self._is_isolated:
                self._is_isolated.append(bool(_isolated(renderer)))
            return self._is_isolated[0]

        return {"_run": run, "build_kustomize": build, "template_chart": template, "isolated": property(isolated)}

    def _run(self, renderer: Renderer, command: Sequence[str], sandbox: _Sandbox) -> _Ended:
        if command[0] not in _RENDERERS:
            return _run(renderer, command, sandbox)
        if command[1] == "version":
            # Ask each renderer of this machine for its version once.
            if tuple(command) not in self._versions:
                self._versions[tuple(command)] = _run(renderer, command, sandbox)
            return self._versions[tuple(command)]
        key = self._key(command, sandbox)
        if self.recording is None or not key:
            return _run(renderer, command, sandbox)
        if known := self.recording.find(key):
            return _Ended(self._here(known["text"], sandbox), self._here(known["messages"], sandbox), known["status"])
        ended = _run(renderer, command, sandbox)
        texts = [self._anywhere(text, sandbox) for text in (ended.text, ended.messages)]
        if not ended.stopped and ended.status >= 0 and not any(tempfile.gettempdir() in text for text in texts):
            self.recording.keep(key, {"status": ended.status, "text": texts[0], "messages": texts[1]})
        return ended

    def _key(self, command: Sequence[str], sandbox: _Sandbox) -> str:
        """The digest of all that a renderer reads; empty if it makes something else each time."""
        files = self._reading.files
        if files is None:
            return ""
        read = []
        try:
            for file in (*files, *_below(sandbox.wrapper)):
                data = Path(file).read_bytes()
                if _CHANGES.search(data):
                    return ""
                read.append((self._anywhere(os.fsencode(os.path.realpath(file)), sandbox), self._anywhere(data, sandbox)))
        except OSError:
            return ""
        words = [self._anywhere(os.fsencode(_VALUES.sub("--values", word)), sandbox) for word in command[1:]]
        names = [_COPY.sub("/", name) for name, _ in read]
        return digest(repr((os.path.basename(command[0]), words, names, [text for _, text in read])))[:32]

    def _places(self, sandbox: _Sandbox) -> Iterator[tuple[str, str]]:
        """The names of folders that are others in each run."""
        root = self._reading.root
        yield os.path.relpath(root, sandbox.wrapper), "«relative»"
        yield root, "«root»"
        yield os.path.dirname(sandbox.home), "«sandbox»"

    def _anywhere(self, data: bytes, sandbox: _Sandbox) -> str:
        text = data.decode("utf-8", "surrogateescape")
        for path, name in self._places(sandbox):
            text = text.replace(path, name)
        return text

    def _here(self, text: str, sandbox: _Sandbox) -> bytes:
        for path, name in self._places(sandbox):
            text = text.replace(name, path)
        return text.encode("utf-8", "surrogateescape")


def _below(folder: str) -> list[str]:
    """The files below a folder, in order; links are followed, as helm does."""
    walk = os.walk(os.path.realpath(folder), followlinks=True)
    return sorted(os.path.join(above, name) for above, _, names in walk for name in names)
