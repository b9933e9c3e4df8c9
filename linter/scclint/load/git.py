"""Where git is, for those that ask it about a folder."""

import os


def program() -> str:
    """The path of git, so that none is taken from the working directory, which may be the tree that is linted.

    A path at which there is nothing where no absolute folder of PATH has one.
    """
    name = "git.exe" if os.name == "nt" else "git"
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, name)
        if os.path.isabs(folder) and os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    return os.path.join(os.path.abspath(os.sep), "no", "git")
