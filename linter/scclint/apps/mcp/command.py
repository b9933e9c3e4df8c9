"""`scclint mcp`."""

import os
from argparse import Namespace

from scclint.cli.status import OK
from scclint.errors import UsageError


def run(args: Namespace) -> int:
    """Serve an agent until it ends. Raises UsageError for a root that is no folder."""
    try:
        from scclint.apps.mcp.server import make_server
    except ModuleNotFoundError as error:
        if error.name != "mcp":
            raise
        raise UsageError("mcp needs the package mcp: pip install 'scclint[mcp]'") from None
    for root in args.roots:
        if not os.path.isdir(root):
            raise UsageError(f"{root} is no folder")
    make_server(args.roots).run("stdio")
    return OK
