"""Walk the folders and files below a folder, at any depth."""

import os
from collections.abc import Callable, Iterator


def walk(top: str, refused: Callable[[OSError], object] = lambda error: None) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each folder from `top` down, with the names of its folders and of what else is in it.

    It works as `os.walk`, which in Python 3.11 is recursive and fails for deep folders. Folders that the caller removes from the list
    and linked folders are not entered. `refused` gets the errors of folders that cannot be read.
    """
    pending = [top]
    while pending:
        at = pending.pop()
        folders: list[str] = []
        links: set[str] = set()
        files: list[str] = []
        try:
            with os.scandir(at) as entries:
                for entry in entries:
                    if not is_folder(entry):
                        files.append(entry.name)
                    else:
                        folders.append(entry.name)
                        if entry.is_symlink():
                            links.add(entry.name)
        except OSError as error:
            refused(error)
            continue
        yield at, folders, files
        pending += (os.path.join(at, name) for name in reversed(folders) if name not in links)


def is_folder(entry: "os.DirEntry[str]") -> bool:
    """Whether an entry of a folder is a folder or a link to one."""
    try:
        return entry.is_dir()
    except OSError:
        # For example a link to itself. Opening it reports the error.
        return False
