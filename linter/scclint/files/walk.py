"""The folders and files below a folder, however deep they lie."""

import os
from collections.abc import Callable, Iterator


def walk(top: str, refused: Callable[[OSError], object] = lambda error: None) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each folder from `top` down, with the names of its folders and of what else is in it.

    As `os.walk` does, which in Python 3.11 calls itself for each level and so ends at the limit of recursion: folders taken out of
    the list are not entered, linked ones never are, and those that cannot be read are told to `refused`.
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
                    if not _is_folder(entry):
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


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # As of a link to itself, which whoever opens it is told.
        return False
