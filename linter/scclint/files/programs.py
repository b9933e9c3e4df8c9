"""Find the programs on PATH."""

import os


def find_program(name: str) -> str:
    """Return the absolute path of a program on PATH, empty if there is none.

    Only absolute folders of PATH are searched, so that no program comes from the working directory, which may be the tree
    that is linted.
    """
    file = f"{name}.exe" if os.name == "nt" else name
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, file)
        if os.path.isabs(folder) and os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    return ""
