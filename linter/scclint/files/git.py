"""How git is asked about a folder, whose own configuration must not make it run anything or go anywhere.

That can come with the tree that is linted: in an archive with its `.git`, or as a bare repository among the files.
"""

import os

from scclint.files.programs import find_program


def program() -> str:
    """The path of git, so that none is taken from the working directory, which may be the tree that is linted.

    A path at which there is nothing where no absolute folder of PATH has one.
    """
    return find_program("git") or os.path.join(os.path.abspath(os.sep), "no", "git")


def command(folder: str, *arguments: str) -> list[str]:
    """Return the command line that runs git in a folder.

    It switches off `core.fsmonitor`, which names a program that git starts, and repositories that are plain folders (bare).
    """
    switched_off = ("core.fsmonitor=false", "safe.bareRepository=explicit")
    return [program(), *(part for setting in switched_off for part in ("-c", setting)), "-C", folder, *arguments]


def environment(*, index: bool = False) -> dict[str, str]:
    """The environment for `command`. With `index`, git reads the index of the commit that runs this program as its hook.

    It keeps git from fetching the missing objects of a partial clone, because its configuration can name any program. An older git does
    not know this variable, so no protocol is allowed either. The variables that git sets for a hook point to the hook's repository.
    """
    dropped = ("GIT_DIR", "GIT_WORK_TREE", *(() if index else ("GIT_INDEX_FILE",)))
    variables = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**variables, "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
