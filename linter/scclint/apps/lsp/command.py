"""`scclint server`."""

import os
from argparse import Namespace

from scclint.cli.status import OK
from scclint.errors import UsageError


def run(args: Namespace) -> int:
    """Serve an editor until it ends."""
    try:
        from scclint.apps.lsp.messages import serve
    except ModuleNotFoundError as error:
        if error.name not in ("pygls", "lsprotocol"):
            raise
        raise UsageError("server needs pygls: pip install 'scclint[lsp]'") from None
    config = getattr(args, "config", "")
    serve(os.path.abspath(config) if config else "")
    return OK
