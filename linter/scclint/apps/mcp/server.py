"""`scclint mcp`: the tools of the MCP server. Each runs one command of scclint in a process of its own, and returns what the command prints.

A call names files below the roots alone, and the tools write nothing. A command has the limits that it has on the command line: what a
file refers to, such as the base of a kustomization, may also be anywhere in the git work tree.
"""

import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field, ValidationError

from scclint import __version__
from scclint.console.status import OK, USAGE
from scclint.errors import UsageError
from scclint.limits import MAX_SHORT_TOOL_OUTPUT, MAX_TOOL_OUTPUT, MAX_TOOL_SECONDS
from scclint.platform.releases import DEFAULT
from scclint.text import closest_match, counted

_INSTRUCTIONS = """\
scclint tells from files alone what an OpenShift cluster does with each pod: which SCC admits it, whether Pod Security lets it pass, and
which seccomp profile each container runs with. Call `check` after you write or change a manifest. Call `explain_message` with an
error of a cluster. A change of an SCC, a role or a binding gives rights: show it to a person before it is applied."""

Paths = Annotated[
    list[str] | str,
    Field(
        description="Files or folders, relative to the folder of the server. Name the folder with all manifests of the "
        "application: its roles, bindings and namespaces count. `.` is the whole folder of the server."
    ),
]
Workload = Annotated[str, Field(description="KIND/NAME such as `deployment/web`, FILE, or FILE:LINE.")]
Release = Annotated[
    str,
    Field(description=f"OpenShift release of the cluster, such as `4.18`; several with commas. If empty: {DEFAULT}."),
]
InNamespace = Annotated[str, Field(description="Namespace of the objects that name none, as `oc apply -n` sets it.")]
Whole = Annotated[bool, Field(description="True: the whole answer. Else a long answer is cut, and says how much is left out.")]


def run(args: Namespace) -> int:
    """Serve an agent until it ends. Raises UsageError for a root that is no folder."""
    for root in args.roots:
        if not os.path.isdir(root):
            raise UsageError(f"{root} is no folder")
    make_server(args.roots).run("stdio")
    return OK


class _Server(MCPServer[object]):
    """Says what is wrong with a call in words that name the arguments of the tool."""

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        """Run a tool. Raises ToolError, with the reason alone."""
        tool = self._tool_manager.get_tool(name)
        if tool is not None:
            _check_names(name, arguments, tool.parameters)
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            if isinstance(error.__cause__, ValidationError):
                raise ToolError(_in_words(error.__cause__)) from None
            raise ToolError(str(error).removeprefix(f"Error executing tool {name}: ")) from None


def make_server(roots: Sequence[str]) -> MCPServer[object]:
    """Return the server. Paths are relative to the first of `roots`, and no call may name one outside of them."""
    folders = [os.path.realpath(root) for root in roots]
    server = _Server("scclint", instructions=_INSTRUCTIONS, version=__version__, log_level="WARNING")
    tool = server.tool(annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False), structured_output=False)

    def read(
        *arguments: str,
        release: str = "",
        namespace: str = "",
        names: Sequence[str] = (),
        paths: Sequence[str] | str = (),
        text: str = "",
        whole: bool = True,
    ) -> str:
        settings = [f"--openshift={release}"] if release else []
        settings += [f"--namespace={namespace}"] if namespace else []
        named_paths = [paths] if isinstance(paths, str) else paths
        try:
            # A workload or a revision may be a path as well, also one before a line.
            _inside([*names, *(name.rpartition(":")[0] for name in names)], folders)
            there = _inside(named_paths, folders)
            for path, real in zip(named_paths, there, strict=True):
                if not os.path.lexists(real):
                    raise ToolError(f"{path:.200}: no such file or directory in {folders[0]}")
            command = [
                *arguments[:1],
                "--no-cache",
                *settings,
                *arguments[1:],
                "--",
                *names,
                *(_as_named(path, folders[0]) for path in there),
            ]
            return _shortened(_output(command, folders[0], text), whole=whole)
        except (OSError, ValueError) as error:
            # A path or an argument has no NUL and no lone surrogate, and is not too long for the kernel.
            raise ToolError(f"scclint cannot take these arguments: {error}") from None

    @tool
    def check(paths: Paths, namespace: InNamespace = "", release: Release = "", whole: Whole = False) -> str:
        """Report the problems of manifests: rule, place, cause and fix of each. Call it after each change of a manifest."""
        return read("check", "--output=-", paths=paths, namespace=namespace, release=release, whole=whole)

    @tool
    def workloads(paths: Paths, namespace: InNamespace = "", release: Release = "", whole: Whole = False) -> str:
        """List all workloads, each with the SCC that admits it, its Pod Security level, and the seccomp profile of each container."""
        return read("review", "--output=-", paths=paths, namespace=namespace, release=release, whole=whole)

    @tool
    def explain(
        workload: Workload, paths: Paths = ".", namespace: InNamespace = "", release: Release = "", whole: Whole = False
    ) -> str:
        """Explain which SCC admits a workload and why each other SCC rejects it, in the words of the API server."""
        return read("explain", "--output=-", names=[workload], paths=paths, namespace=namespace, release=release, whole=whole)

    @tool
    def explain_message(
        message: Annotated[str, Field(description="The text as the cluster prints it: events, a condition, a log.")],
        paths: Annotated[
            list[str] | str, Field(description="The manifests of the pods, if known: the answer then names their lines.")
        ] = "",
        namespace: InNamespace = "",
        release: Release = "",
    ) -> str:
        """Explain the errors in a text of a cluster, such as the output of `oc get events`, and what to do."""
        return read(
            "explain",
            "--message=-",
            "--output=-",
            paths=paths or (),
            namespace=namespace,
            release=release,
            text=message,
            whole=False,
        )

    @tool
    def suggest(workload: Workload, paths: Paths = ".", namespace: InNamespace = "", release: Release = "") -> str:
        """Print the least SCC for a workload, with the role and the binding that grant it, as YAML. A person has to apply it."""
        return read("suggest", "--output=-", names=[workload], paths=paths, namespace=namespace, release=release)

    @tool
    def fix(
        paths: Paths,
        unsafe: Annotated[bool, Field(description="True: also fixes after which the pod runs differently.")] = False,
        namespace: InNamespace = "",
        release: Release = "",
    ) -> str:
        """Print the fixes that scclint has proved as a diff, and change no file. Apply the diff yourself, then call `check`."""
        more = ["--unsafe"] if unsafe else []
        return read("fix", "--diff", *more, paths=paths, namespace=namespace, release=release, whole=False)

    @tool
    def diff(
        before: Annotated[str, Field(description="The state before: a folder, a file or a git revision such as `main`.")],
        after: Annotated[
            str,
            Field(
                description="The state after, likewise. If empty: the files as they are, or with two releases the second one."
            ),
        ] = "",
        release: Release = "",
        whole: Whole = False,
    ) -> str:
        """Show what a change does to each workload: its SCC, user IDs, seccomp profiles and verdict."""
        return read("diff", "--output=-", names=[before, *filter(None, [after])], release=release, whole=whole)

    @tool
    def rule(name: Annotated[str, Field(description="ID or name of the rule, such as `SCC101`.")]) -> str:
        """Print the page of a rule: what it reports, why that is a problem, how to fix it, and an example."""
        return _output(["rule", "--", name], folders[0], "")

    return server


def _check_names(tool: str, arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Raise ToolError for an argument that the tool does not have or that is missing."""
    known = list(schema.get("properties", {}))
    for name in arguments:
        if name not in known:
            meant = closest_match(name, known, cutoff=0.5)
            hint = f" (did you mean {meant}?)" if meant else ""
            raise ToolError(f"{tool} has no argument {name!r}{hint}: it takes {', '.join(known)}")
    for name in schema.get("required", ()):
        if name not in arguments:
            raise ToolError(f"{tool} needs the argument {name!r}: {schema['properties'][name].get('description', '')}")


def _in_words(error: ValidationError) -> str:
    """Name each argument once with what it may be."""
    reasons: dict[str, str] = {}
    for one in error.errors():
        reasons.setdefault(str(one["loc"][0]), one["msg"].removeprefix("Input should be ").lower())
    return "; ".join(f"the argument {name!r} must be {reason}" for name, reason in reasons.items())


def _inside(paths: Sequence[str], folders: Sequence[str]) -> list[str]:
    """Return the real paths. Raises ToolError for one outside of `folders`."""
    real = [os.path.realpath(os.path.join(folders[0], path)) for path in paths]
    for path, requested_path in zip(real, paths, strict=True):
        if not any(path == folder or path.startswith(os.path.join(folder, "")) for folder in folders):
            raise ToolError(f"{requested_path} is outside of the folders that this server may read: {', '.join(folders)}")
    return real


def _as_named(path: str, folder: str) -> str:
    """Return a real path as it is printed in places: relative to the folder, if it is in there."""
    relative = os.path.relpath(path, folder)
    if relative.startswith(os.pardir):
        return path
    return os.path.join(os.curdir, relative) if relative.startswith("-") else relative


def _output(arguments: Sequence[str], folder: str, text: str) -> str:
    """Run a command of scclint and return its output, with its notes below. Raises ToolError if it fails, or prints too much."""
    command = [sys.executable, "-P", "-m", "scclint", *arguments]
    try:
        done = subprocess.run(
            command, cwd=folder, input=text, capture_output=True, text=True, timeout=MAX_TOOL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise ToolError(f"scclint was ended after {MAX_TOOL_SECONDS} seconds: name fewer paths") from None
    notes = done.stderr.strip()
    if not done.stdout.strip() and done.returncode >= USAGE:
        raise ToolError(notes.removeprefix("scclint: "))
    if len(done.stdout) > MAX_TOOL_OUTPUT:
        raise ToolError(f"the answer has more than {MAX_TOOL_OUTPUT:,} characters: name fewer paths")
    return "\n".join(part for part in (done.stdout.rstrip("\n"), notes) if part) + "\n"


def _shortened(answer: str, *, whole: bool) -> str:
    """Return the first paragraphs of a long answer and the last one, which counts what there is."""
    if whole or len(answer) <= MAX_SHORT_TOOL_OUTPUT:
        return answer
    *parts, last = answer.split("\n\n")
    kept, length = 0, len(last)
    while kept < len(parts) and length + len(parts[kept]) <= MAX_SHORT_TOOL_OUTPUT:
        length += len(parts[kept]) + 2
        kept += 1
    left = f"{counted(len(parts) - kept, 'paragraph')} left out: name fewer paths, or pass whole: true."
    return "\n\n".join([*parts[:kept], left, last])
