"""Replaces a file as a whole: a reader sees the old content or the new one."""

import os
from collections.abc import Callable


def replace_file(
    path: str, content: bytes, *, draft: str = "", mode: int = 0o600, finish: Callable[[int], None] | None = None
) -> None:
    """Write `content` to `path` by way of the file `draft` beside it, which is new and has the permissions `mode`.

    `finish` gets the descriptor of the draft before it takes the place of the file. It gets no path, because in a folder that others
    can write to the path may lead to another file by then. Raises OSError, and leaves no draft.
    """
    draft = draft or f"{path}.{os.getpid()}"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if finish is not None:
                finish(descriptor)
        os.replace(draft, path)
    except BaseException:
        if os.path.lexists(draft):
            os.unlink(draft)
        raise
