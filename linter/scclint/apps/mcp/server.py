"""`scclint mcp`: the tools of the MCP server. Each runs one command of scclint in a process of its own, and returns what the command prints.

A call names files below the roots alone, and the tools write nothing. A command has the limits that it has on the command line: what a
file refers to, such as the base of a kustomization, may also be anywhere in the git work tree.
"""

import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Sequence

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from scclint import __version__
from scclint.cli.status import OK
from scclint.errors import UsageError
from scclint.limits import MAX_TOOL_OUTPUT, MAX_TOOL_SECONDS

_INSTRUCTIONS = """\
scclint tells from files alone what an OpenShift cluster does with each pod: which SCC admits it, whether Pod Security lets it pass, and
which seccomp profile each container runs with. Call `check` after you write or change a manifest. Call `explain_message` with an
error of a cluster. A change of an SCC, a role or a binding gives rights: show it to a person before it is applied."""


def run(args: Namespace) -> int:
    """Serve an agent until it ends. Raises UsageError for a root that is no folder."""
    for root in args.roots:
        if not os.path.isdir(root):
            raise UsageError(f"{root} is no folder")
    make_server(args.roots).run("stdio")
    return OK


def make_server(roots: Sequence[str]) -> MCPServer[object]:
    """Return the server. Paths are relative to the first of `roots`, and no call may name one outside of them."""
    folders = [os.path.realpath(root) for root in roots]
    server: MCPServer[object] = MCPServer("scclint", instructions=_INSTRUCTIONS, version=__version__, log_level="WARNING")
    tool = server.tool(annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False), structured_output=False)

    def read(*arguments: str, openshift: str, names: Sequence[str] = (), paths: Sequence[str] = (), text: str = "") -> str:
        releases = [f"--openshift={openshift}"] if openshift else []
        try:
            # A workload or a revision may be a path as well, also one before a line.
            _inside([*names, *(name.rpartition(":")[0] for name in names)], folders)
            command = [*arguments[:1], "--no-cache", *releases, *arguments[1:], "--", *names, *_inside(paths, folders)]
            return _output(command, folders[0], text)
        except (OSError, ValueError) as error:
            # A path or an argument has no NUL and no lone surrogate, and is not too long for the kernel.
            raise ToolError(f"scclint cannot take these arguments: {error}") from None

    @tool
    def check(paths: list[str], openshift: str = "") -> str:
        """Report the problems of manifests as JSON: rule, place, message and fix of each.

        `openshift` names the releases to judge for, such as `4.20,5.0`.
        """
        return read("check", "--format=json", "--output=-", paths=paths, openshift=openshift)

    @tool
    def explain(workload: str, paths: list[str], openshift: str = "") -> str:
        """Explain which SCC admits a workload and why the others reject it. `workload` is `KIND/NAME`, such as `deployment/web`."""
        return read("explain", "--output=-", names=[workload], paths=paths, openshift=openshift)

    @tool
    def explain_message(message: str, paths: list[str] | None = None, openshift: str = "") -> str:
        """Explain the errors in events, conditions and logs, and what to do. `paths` are the manifests of the pods, if known."""
        return read("explain", "--message=-", "--output=-", paths=paths or (), openshift=openshift, text=message)

    @tool
    def suggest(workload: str, paths: list[str], openshift: str = "") -> str:
        """Print the least SCC for a workload, with the role and the binding that grant it, as YAML. `workload` is `KIND/NAME`."""
        return read("suggest", "--output=-", names=[workload], paths=paths, openshift=openshift)

    @tool
    def diff(before: str, after: str, openshift: str = "") -> str:
        """Show as JSON what a change does to each workload. `before` and `after` are folders, files or git revisions."""
        return read("diff", "--format=json", "--output=-", names=[before, after], openshift=openshift)

    return server


def _inside(paths: Sequence[str], folders: Sequence[str]) -> list[str]:
    """Return the real paths. Raises ToolError for one outside of `folders`."""
    real = [os.path.realpath(os.path.join(folders[0], path)) for path in paths]
    for path, requested_path in zip(real, paths, strict=True):
        if not any(path == folder or path.startswith(os.path.join(folder, "")) for folder in folders):
            raise ToolError(f"{requested_path} is outside of the folders that this server may read: {', '.join(folders)}")
    return real


def _output(arguments: Sequence[str], folder: str, text: str) -> str:
    """Run a command of scclint and return its output. Raises ToolError if it prints nothing, or too much."""
    command = [sys.executable, "-P", "-m", "scclint", *arguments]
    try:
        done = subprocess.run(
            command, cwd=folder, input=text, capture_output=True, text=True, timeout=MAX_TOOL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise ToolError(f"scclint was ended after {MAX_TOOL_SECONDS} seconds: name fewer paths") from None
    if not done.stdout:
        raise ToolError(done.stderr.strip())
    if len(done.stdout) > MAX_TOOL_OUTPUT:
        raise ToolError(f"the answer has more than {MAX_TOOL_OUTPUT:,} characters: name fewer paths")
    return done.stdout
