"""Renders kustomizations and charts with the user's own kustomize and helm, confined. No other module starts a renderer.

One process, which has left the network, starts all renderers of a run (see `confine.serve`).

The tree may be anyone's. A renderer gets an environment of fixed variables with empty folders of its own, so that it finds no
plugins, credentials or git; limits of memory and time; and, where the kernel allows it, no network. Its text comes through
a pipe: a renderer that writes to a file of limited size ends with status 0 and half of its text.
"""

import json
import marshal
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from functools import cached_property
from itertools import takewhile

from scclint.deploy.confine import FAILED
from scclint.deploy.helm.hooks import without_tests
from scclint.deploy.helm.precheck import chart_problem
from scclint.deploy.helm.schema import outward_schema
from scclint.deploy.kustomize.kustomization import Closure, closure
from scclint.errors import LoadError
from scclint.files import decode, read
from scclint.files.programs import find_program
from scclint.finding import shortened
from scclint.limits import MAX_RENDERER_ERRORS, RENDER_CPU, RENDER_MEMORY, RENDER_OUTPUT, RENDER_SECONDS
from scclint.record import record, replace
from scclint.yaml.events import endless_alias

_CONFINE = os.path.join(os.path.dirname(__file__), "confine.py")
_LOCALE = ("LC_ALL", "LC_CTYPE", "LANG")
"""Variables by which Python decides how to encode paths."""
_LONGEST_MESSAGE = 300
_MOST_NOTICES = 3
_OUTER = re.compile(r"Error: .*: recursed (?:accumulation of|merging from) path (?='[^']*': )")
"""What kustomize says of the folders around the one in which a build fails, of which it names the cause last."""
_KLOG = re.compile(r'[EWI]\d{4} [\d:.]+ +\d+ \S+\] ".*?" err=<?"?')
"""What kubectl puts before an error: the time, its process, and a place in its code."""
_RELEASE_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?")
"""Release names that helm takes, dots apart."""
_DOUBLE_START = re.compile(r"^(---\n# Source: [^\n]*+\n)---[ \t]*+\n", re.M)
"""A document with a second `---`, as helm leaves one from a template with `---` twice in a row: it parts the object from its source."""
_MEMORY = ("out of memory", "cannot allocate memory", "failed to reserve", "failed to create new OS thread")
"""What the Go runtime says at the limit of memory."""


_KUSTOMIZE = (
    ("kustomize", ("build",), ("version",)),
    ("oc", ("kustomize",), ("version", "--client")),
    ("kubectl", ("kustomize",), ("version", "--client")),
)
_HELM = ("helm", ("template",), ("version", "--short"))
"""Programs that render, their arguments for that, and those that print their version."""


@record
class RendererOutput:
    """What a renderer made: the `text`, or the `error` that says in one line why there is none.

    `notices` are warnings that the renderer wrote, and `left_out` says what the text lacks.
    Paths in annotations of origin (`origins=True`) start at the folder `base`, and
    lead to files below `root`.
    """

    text: str = ""
    error: str = ""
    notices: tuple[str, ...] = ()
    base: str = ""
    root: str = ""
    left_out: str = ""


@record
class Program:
    """A renderer on this machine. `arguments` come before all others; `problem` says why it cannot be used, if so."""

    path: str = ""
    arguments: tuple[str, ...] = ()
    version: str = ""
    problem: str = ""


@record
class ChartRelease:
    """What a chart is rendered with.

    `values` are paths of values files, the last one wins; `inline` is the text of one more. `settings` are more options of helm, such as
    `--set=KEY=VALUE`. `by_helm` says that Helm installs the chart, and not Argo CD.
    """

    name: str
    namespace: str
    kube_version: str
    api_versions: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    inline: str = ""
    settings: tuple[str, ...] = ()
    by_helm: bool = False


class Renderer:
    """The renderers on PATH. Each is looked for when it is first needed, because to ask a program for its version takes time.

    `options` are options for each build of a kustomization.
    """

    def __init__(self, options: tuple[str, ...] = ()) -> None:
        self._options = options
        self._starters: dict[int, _Starter] = {}

    @property
    def _starter(self) -> "_Starter":
        """What starts renderers for this process, which may be forked from another one."""
        here = os.getpid()
        if here not in self._starters:
            self._starters[here] = _Starter()
        return self._starters[here]

    @cached_property
    def kustomize(self) -> Program:
        """kustomize, else `oc kustomize`, else `kubectl kustomize`."""
        best = Program(problem=_cannot_confine() or "kustomize not found")
        for name, arguments, version in _KUSTOMIZE:
            program = self._find(name, arguments, version)
            # What is said of the first one that lies there is of more use than that the others are not found.
            best = program if program.path and (not best.path or not program.problem) else best
            if best.path and not best.problem:
                break
        return best

    @cached_property
    def helm(self) -> Program:
        return self._find(*_HELM)

    @cached_property
    def isolated(self) -> bool:
        """Whether the kernel gives renderers a network namespace of their own."""
        return not _cannot_confine() and self._starter.isolated

    def build_kustomize(
        self, folder: str, root: str, *, origins: bool = False, checked: Closure | None = None
    ) -> RendererOutput:
        """Build the kustomization in `folder`, which must not read outside `root`.

        `checked` is its closure, if the caller has it. With `origins`, each object is annotated with the file it comes from.
        """
        program = self.kustomize
        known = closure(folder, root) if checked is None else checked
        if refused := program.problem or known.problem or (known.charts and self.helm.problem) or _endless(known, root):
            return RendererOutput(error=refused)
        charts = ("--enable-helm", f"--helm-command={self.helm.path}") if known.charts else ()
        with _sandbox() as sandbox:
            entry = os.path.realpath(folder)
            if origins:
                sandbox.write_wrapper(entry)
                entry = sandbox.wrapper
            command = [program.path, *program.arguments, *self._options, *charts, entry]
            ended = self._run(command, sandbox)
            made = ended.rendering("kustomize build", {os.path.realpath(root): "", **sandbox.names})
            return replace(made, base=entry, root=root) if origins else made

    def template_chart(
        self, chart: str, release: ChartRelease, *, root: str, trusted: Set[str] = frozenset()
    ) -> RendererOutput:
        """Render the chart in the folder `chart`, which must not read outside `root`, with its CRDs and without its tests.

        The CRDs are all objects in `crds/`, of whatever kind, of the chart and its dependencies: `helm install` creates them.
        `trusted` are the real paths of values files that may lie anywhere, because the user names them.
        """
        checked = [path for path in release.values if os.path.realpath(path) not in trusted]
        refused = self.helm.problem or chart_problem(chart, root, checked)
        if not refused and not _RELEASE_NAME.fullmatch(release.name):
            refused = f'"{shortened(release.name, _LONGEST_MESSAGE)}" is not a release name'
        schema = "" if refused else outward_schema(chart)
        if schema and not can_skip_schemas(self.helm.version):
            refused = f"{schema} may name other files, which helm before 3.16 would read"
        if refused:
            return RendererOutput(error=refused)
        with _sandbox() as sandbox:
            files = [os.path.realpath(path) for path in release.values]
            if release.inline:
                files.append(sandbox.write("values.yaml", release.inline))
            command = [
                self.helm.path,
                *self.helm.arguments,
                release.name,
                os.path.realpath(chart),
                f"--namespace={release.namespace}",
                f"--kube-version={release.kube_version}",
                *([f"--api-versions={','.join(release.api_versions)}"] if release.api_versions else []),
                # helm splits this value at commas that are not in quotes.
                *(f'--values="{path.replace(chr(34), 2 * chr(34))}"' for path in files),
                *([] if "--skip-crds" in release.settings else ["--include-crds"]),
                *(["--skip-schema-validation"] if schema else []),
                *release.settings,
            ]
            ended = self._run(command, sandbox)
            made = ended.rendering("helm template", {os.path.realpath(root): "", **sandbox.names})
            return replace(made, text=without_tests(_DOUBLE_START.sub(r"\1", made.text), by_helm=release.by_helm))

    def _run(self, command: Sequence[str], sandbox: "_Sandbox") -> "_Ended":
        return _run_by(self._starter, command, sandbox)

    def _find(self, name: str, arguments: tuple[str, ...], version: tuple[str, ...]) -> Program:
        if problem := _cannot_confine():
            return Program(problem=problem)
        path = find_program(name)
        if not path:
            return Program(problem=f"{name} not found")
        with _sandbox() as sandbox:
            said = self._run([path, *version], sandbox).rendering(f"{name} {version[0]}", sandbox.names)
        if said.error:
            return Program(path, arguments, problem=said.error)
        return Program(path, arguments, " ".join(said.text.split()))


def can_skip_schemas(version: str) -> bool:
    """Whether helm of a version has an option to leave out the schemas of values."""
    numbers = re.match(r"v?(\d+)\.(\d+)", version)
    return numbers is not None and (int(numbers[1]), int(numbers[2])) >= (3, 16)


def _endless(known: Closure, root: str) -> str:
    """Why kustomize would never end: an alias in the value of its own anchor, in a file of objects or patches; empty if there is none."""
    for name in (*known.resources, *known.patches):
        with suppress(LoadError):
            if problem := endless_alias(name, read(os.path.join(root, name))):
                return problem
    return ""


def installed() -> tuple[str, ...]:
    """Return the paths, sizes and times of the renderers on PATH, without starting any: as part of the key of a cache, which
    must not hold what another program or version rendered.
    """
    renderers = []
    for name, _, _ in (*_KUSTOMIZE, _HELM):
        if path := find_program(name):
            status = os.stat(path)
            renderers.append(f"{path} {status.st_size} {status.st_mtime_ns}")
    return tuple(renderers)


def _cannot_confine() -> str:
    if os.name != "posix":
        return "kustomize and helm are not run on this system, which has no way to limit them"
    if not sys.executable or not os.path.isfile(_CONFINE):
        return "kustomize and helm are not run, because this Python cannot start a process that limits them"
    return ""


@record
class _Sandbox:
    """Folders of one run of a renderer: its HOME, TMPDIR, and an empty one that serves as PATH, plugin home and working directory."""

    home: str
    temporary: str
    empty: str
    wrapper: str

    @property
    def environment(self) -> dict[str, str]:
        # Go's proxy settings leave out 127.0.0.1 and localhost; they shut the rest where there is no network namespace.
        nowhere = "http://127.0.0.1:9"
        return {
            "HOME": self.home,
            "TMPDIR": self.temporary,
            "PATH": self.empty,
            "LC_ALL": "C",
            "KUBECONFIG": os.devnull,
            "HELM_PLUGINS": self.empty,
            "KUSTOMIZE_PLUGIN_HOME": self.empty,
            "GIT_ALLOW_PROTOCOL": "none",
            "HTTP_PROXY": nowhere,
            "HTTPS_PROXY": nowhere,
        }

    @property
    def names(self) -> dict[str, str]:
        """The replacements in messages for paths that differ from run to run."""
        return {os.path.dirname(self.home): "TEMPORARY"}

    def write_wrapper(self, entry: str) -> None:
        """Write the kustomization that includes `entry` and asks for origins, which only the outermost one can.

        kustomize takes no absolute path of a folder. JSON is YAML in which any path can be quoted.
        """
        wrapper = {"resources": [os.path.relpath(entry, self.wrapper)], "buildMetadata": ["originAnnotations"]}
        self.write("kustomization.yaml", json.dumps(wrapper))

    def write(self, name: str, text: str) -> str:
        """Write a file, and return its path."""
        path = os.path.join(self.wrapper, name)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return path


@contextmanager
def _sandbox() -> Iterator[_Sandbox]:
    with tempfile.TemporaryDirectory(prefix="scclint-", ignore_cleanup_errors=True) as folder:
        folders = [os.path.join(os.path.realpath(folder), name) for name in ("home", "temporary", "empty", "wrapper")]
        for path in folders:
            os.mkdir(path)
        yield _Sandbox(*folders)


@record
class _Ended:
    """How a renderer ended. `stopped` says why it was killed, if it was; `status` is negative for a signal, as in `subprocess`."""

    text: bytes
    messages: bytes
    status: int
    stopped: str = ""

    def rendering(self, called: str, names: Mapping[str, str]) -> RendererOutput:
        lines = list(_lines(self.messages, names))
        if self.stopped or self.status:
            return RendererOutput(error=f"{called} {self.stopped or self._failure(lines)}")
        try:
            text = decode(self.text, called)
        except LoadError as error:
            return RendererOutput(error=f"{called} wrote text that is {error.message}")
        # kustomize warns about each deprecated field of each folder. Admission does not depend on that. Helm warns in random order.
        warnings = sorted({line for line in lines if "warning" in line.lower() and "deprecated" not in line})
        return RendererOutput(text, "", tuple(warnings[:_MOST_NOTICES]))

    def _failure(self, lines: Sequence[str]) -> str:
        if any(word in line for line in lines for word in _MEMORY):
            return f"needs more than {RENDER_MEMORY >> 30} GiB of memory"
        if self.status in (-signal.SIGKILL, -signal.SIGXCPU):
            return f"was killed, most likely at its limit of {RENDER_CPU} seconds of processor time"
        if self.status == FAILED and lines:
            return lines[0]
        said = next((line for line in lines if line.startswith(("Error: ", "error: "))), "")
        said = said or next((line for line in lines if "warning" not in line.lower()), "")
        if said.endswith(":"):
            # A chart's own message may begin in the next line; helm's advice ends it.
            own = takewhile(lambda line: not line.startswith("Use --debug"), lines[lines.index(said) :])
            said = shortened(" ".join(own), _LONGEST_MESSAGE)
        return f"failed: {said.split('rror: ', 1)[-1] or f'exit status {self.status}'}"


def _lines(messages: bytes, names: Mapping[str, str]) -> Iterator[str]:
    """The lines that a renderer wrote, in printable characters, without paths of this machine."""
    text = messages.decode("utf-8", "replace")
    for path, name in names.items():
        text = text.replace(f"{path}/", f"{name}/" if name else "").replace(path, name or ".")
    for line in text.splitlines():
        printable = "".join(c if c.isprintable() else " " for c in line).strip()
        if logged := _KLOG.match(printable):
            printable = printable[logged.end() :].rstrip('"')
        printable = _OUTER.sub("Error: ", printable)
        if printable:
            yield shortened(printable, _LONGEST_MESSAGE)


class _Starter:
    """The process that starts renderers. `isolated` says whether it is in a network namespace of its own."""

    def __init__(self) -> None:
        for self.isolated in (True, False):
            self._socket, theirs = socket.socketpair()
            limits = (str(int(self.isolated)), str(RENDER_MEMORY), str(RENDER_CPU))
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", _CONFINE, *limits],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in _LOCALE if name in os.environ},
                start_new_session=True,
            )
            theirs.close()
            self.stop = weakref.finalize(self, _stop, self._socket, process)
            # It answers once it is isolated, if the kernel does not forbid that.
            if self._socket.recv(1):
                break
            self.stop()

    def start(self, command: Sequence[str], sandbox: _Sandbox, text: int, messages: int) -> socket.socket:
        """Start a command that writes its text and its messages to two descriptors, and return the socket of `confine.serve`."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._socket, [b"1"], [theirs.fileno(), text, messages])
            ours.sendall(marshal.dumps((sandbox.empty, sandbox.environment, [*command])))
        except OSError:
            ours.close()
            raise
        return ours


def _stop(requests: socket.socket, process: "subprocess.Popen[bytes]") -> None:
    requests.close()
    process.wait()


def _run_by(starter: _Starter, command: Sequence[str], sandbox: _Sandbox) -> _Ended:
    deadline = time.monotonic() + RENDER_SECONDS
    (text, text_end), (messages, messages_end) = os.pipe(), os.pipe()
    with open(text, "rb", 0), open(messages, "rb", 0):
        try:
            with open(text_end, "wb", 0), open(messages_end, "wb", 0):
                started = starter.start(command, sandbox, text_end, messages_end)
        except OSError as error:
            return _Ended(b"", f"the process that starts {command[0]} ended: {error.strerror}".encode(), FAILED)
        # Closed also if this process is interrupted, which ends the renderer.
        with started:
            written, said, stopped = _collect(text, messages, deadline)
            if not stopped:
                started.settimeout(max(deadline - time.monotonic(), 0.001))
                try:
                    status = started.recv(16)
                except TimeoutError:
                    stopped = _too_long()
            if stopped:
                started.settimeout(None)
                started.shutdown(socket.SHUT_WR)
                status = started.recv(16)
    return _Ended(written, said, int(status or FAILED), stopped)


def _collect(out: int, err: int, deadline: float) -> tuple[bytes, bytes, str]:
    """What is written to two pipes, and why the writer must be stopped: empty once it has closed both."""
    parts: dict[int, list[bytes]] = {out: [], err: []}
    sizes = dict.fromkeys(parts, 0)
    most = {out: RENDER_OUTPUT, err: MAX_RENDERER_ERRORS}
    stopped = ""
    with selectors.DefaultSelector() as pipes:
        for pipe in parts:
            pipes.register(pipe, selectors.EVENT_READ)
        while pipes.get_map() and not stopped:
            timeout = deadline - time.monotonic()
            if timeout <= 0:
                stopped = _too_long()
            for key, _ in pipes.select(max(timeout, 0.0)):
                part = os.read(key.fd, 1 << 16)
                if not part:
                    pipes.unregister(key.fd)
                elif sizes[key.fd] <= most[key.fd]:
                    parts[key.fd].append(part)
                    sizes[key.fd] += len(part)
            if sizes[out] > RENDER_OUTPUT:
                stopped = f"wrote more than {RENDER_OUTPUT >> 20} MiB"
    return b"".join(parts[out]), b"".join(parts[err]), stopped


def _too_long() -> str:
    return f"took longer than {RENDER_SECONDS} seconds"
