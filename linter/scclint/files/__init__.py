"""Which files a run reads, in a fixed order, and bytes to text, with every reason not to stated as a LoadError."""

import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import BinaryIO, NamedTuple

from scclint.errors import LoadError
from scclint.limits import GIT_PATIENCE, GIT_SECONDS, MAX_BYTES, MAX_CODE

TEMPLATE_SUFFIXES = (".j2", ".jinja", ".jinja2", ".tmpl", ".gotmpl", ".tpl", ".in")
"""What template files are called. Those without the keys of a manifest are left out of what folders hold."""

ASSET_FOLDERS = ("bindata", "assets")
"""Folders whose manifests the code of an operator fills in and applies."""

TEST_CODE = r"(?:^|/)(?:[^/]*_test\.go|test_[^/]*\.py|[^/]*_test\.py|conftest\.py|[^/]*\.bats|[^/]*Tests?\.java)$"
"""What `go test`, pytest, bats and Maven require code of tests to be called."""


USES_TESTS = r"(?m)^\s*(?:import\s+)?\"testing\"|onsi/gomega|stretchr/testify|^(?:import|from)\s+(?:pytest|unittest)\b"
"""Code of another name that is part of tests."""

SCRIPT_SUFFIXES = (
    *(".sh", ".bash", ".zsh", ".ksh", ".ps1", ".mk", ".groovy"),
    *("Makefile", "makefile", "Justfile", "justfile", "Jenkinsfile", "Containerfile", "Dockerfile"),
)
"""What scripts are called. The commands in them that grant, change or deploy something count."""

MAKEFILES = (".mk", "Makefile", "makefile")
"""What Makefiles are called."""

PACKED_SUFFIX = ".tgz"
"""What packed charts are called."""

TEXT_SUFFIXES = (*SCRIPT_SUFFIXES, ".go", ".md", ".adoc", ".py", ".bats", "Test.java", "Tests.java", PACKED_SUFFIX)
"""What is looked through for words, beside the files that hold manifests."""

SUFFIXES = (".yaml", ".yml", ".json", *TEMPLATE_SUFFIXES, "Kustomization")
"""What is taken from folders; files named one by one may be called anything."""

_NO_SUCH_FILE = "no such file or directory"
_WITH_LINE = r"(.+?)(?::\d+)+"
_NAME_THE_FILE = ": name the file or folder of the workload; `scclint explain` takes KIND/NAME"
_NO_PATHS = (
    (r"https?:|git@|ssh:|oci:", ": scclint reads files, so clone or download it, or pipe it to `scclint check -`"),
    (r"v?[45]\.\d+$", ": write several releases with commas, as in --openshift 4.18,4.20"),
    (r"[A-Z]{3}\d{3}$", ": write several rules with commas, as in --select SCC101,SEC201"),
    (r"[^/]*[*?\[]|.*/[^/]*[*?\[]", ": no file matches this pattern; name the folder"),
    (
        r"(po|pod|deploy|deployment|sts|statefulset|ds|daemonset|job|cj|cronjob)s?/[a-z0-9.-]+$",
        _NAME_THE_FILE,
    ),
)
"""Arguments that people write where a path belongs, and what to write instead."""

DANGLING = "is a link to a file that is not there"
_NO_TEXT = "has a name that is not UTF-8, and is not read: rename it"


class SourceFile(NamedTuple):
    """A file to read: `path` as the system knows it (`-` is standard input), `display` as people should see it."""

    path: str
    display: str


def discover(
    paths: Iterable[str],
    *,
    stdin_filename: str = "<stdin>",
    exclude: Sequence[str] = (),
    force_exclude: bool = False,
    tracked_only: bool = False,
    suffixes: tuple[str, ...] = SUFFIXES,
    left_out: list[str] | None = None,
) -> Iterator[SourceFile | LoadError]:
    """The files that `paths` name, each once: files, `-`, and what folders hold, sorted within each folder named.

    In folders, git-ignored files, `.git`, and linked folders are left out, and a link to a file counts where it stays in the tree
    (the folder named, or the git work tree that this is in); one that leads out of it is a LoadError. `exclude` takes patterns
    (see `globs`) for paths relative to the folder named, or as displayed. Files named one by one are excluded with
    `force_exclude` only.
    `tracked_only` leaves out of folders in a git work tree what git does not track. Of folders, files with these `suffixes` are found.
    What is excluded is added to `left_out`.
    A path that is missing, unreadable or no regular file is a LoadError among the files.
    """
    excluded: Callable[[str], bool] = _no
    if exclude:
        from scclint.files.globs import path_filter

        matches = path_filter(exclude)

        def excluded(path: str) -> bool:
            is_match = matches(path)
            if is_match and left_out is not None:
                left_out.append(path)
            return is_match

    identities: set[str] = set()
    here = os.getcwd()
    for path in paths:
        for item in _expand(path, stdin_filename, excluded, force_exclude, tracked_only, suffixes):
            if isinstance(item, SourceFile):
                identity = item.path if item.path == "-" else os.path.join(here, item.display)
                if identity in identities:
                    continue
                identities.add(identity)
            yield item


def display(path: str) -> str:
    """A path for people: POSIX separators, no `./` in front, undecodable bytes as `\\xNN`."""
    return _escaped(_plain(path))


def _escaped(path: str) -> str:
    shown = path.replace(os.sep, "/")
    return shown if shown.isascii() else os.fsencode(shown).decode("utf-8", "backslashreplace")


def is_text(path: str) -> bool:
    """Whether a path can be shown as it is, and found again by what is shown: it is UTF-8, and has no NUL."""
    try:
        if not path.isascii():
            os.fsencode(path).decode()
    except UnicodeError:
        return False
    return "\0" not in path


def _plain(path: str) -> str:
    """The path without detours, unless one leads through a link: `link/..` is not the folder that has the link."""
    plain = os.path.normpath(path)
    detour = os.pardir in path.split(os.sep) and "\0" not in path
    return path if detour and os.path.realpath(plain) != os.path.realpath(path) else plain


class Reach:
    """The files that a run over a folder may read and quote in a report: those in the folder and in the git work tree around it.

    The author of the tree must not make scclint read other files through links or paths that lead out of it. `.git` is excluded,
    because it can contain credentials.
    """

    def __init__(self, folder: str) -> None:
        self._named = folder
        self._folder = os.path.realpath(folder)
        self._folders: dict[str, bool] = {}

    def has(self, path: str) -> bool:
        """Whether the path leads to something within. One that is not text is none, as it may be shown like another's."""
        if not is_text(path):
            return False
        real = os.path.realpath(path)
        return is_below(real, self._folder) or (bool(self.work_tree) and is_below(real, self.work_tree))

    @cached_property
    def work_tree(self) -> str:
        """The top of the work tree that the folder is part of, empty without one."""
        # A repository that tracks nothing in the folder, such as one of a home directory, does not count.
        return work_tree(self._named) if listed_by_git(self._named, tracked_only=True) else ""

    def has_folder_of(self, path: str) -> bool:
        """Whether the folder that a path names is within."""
        folder = os.path.dirname(path)
        if folder not in self._folders:
            self._folders[folder] = self.has(folder or os.curdir)
        return self._folders[folder]


def is_below(real: str, top: str) -> bool:
    """Return whether a real path is a folder or is in it, and not in a `.git` of this folder."""
    if real == top:
        return True
    folder = top if top.endswith(os.sep) else top + os.sep
    # `.GIT` is the same folder on many a disk.
    return real.startswith(folder) and ".git" not in real[len(folder) :].lower().split(os.sep)


def _no(path: str) -> bool:
    return False


def _expand(
    path: str,
    stdin_filename: str,
    excluded: Callable[[str], bool],
    force_exclude: bool,
    tracked_only: bool,
    suffixes: tuple[str, ...],
) -> Iterator[SourceFile | LoadError]:
    if path == "-":
        yield SourceFile("-", stdin_filename)
        return
    shown = display(path)
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        yield not_there(path)
        return
    except (OSError, ValueError) as error:
        yield os_error(error, shown) if isinstance(error, OSError) else LoadError("is not a path", shown)
        return
    if stat.S_ISDIR(mode):
        yield from _folder(path, excluded, tracked_only, suffixes)
    elif not stat.S_ISREG(mode):
        yield LoadError(f"is {file_type(mode)}, not a regular file", shown)
    elif not (force_exclude and excluded(shown)):
        yield SourceFile(path, shown) if is_text(path) else LoadError(_NO_TEXT, shown)


def _folder(
    root: str, excluded: Callable[[str], bool], tracked_only: bool, suffixes: tuple[str, ...]
) -> Iterator[SourceFile | LoadError]:
    problems: list[LoadError] = []
    reach = Reach(root)
    names = _below(root, problems, tracked_only, reach, suffixes)
    items: list[SourceFile | LoadError] = []
    plain = _plain(root)
    # Names below a folder have no detours.
    above = "" if plain == os.curdir else os.path.join(plain, "")
    for name in names:
        relative = name.replace(os.sep, "/")
        path = os.path.join(root, name)
        shown = _escaped(above + name)
        if excluded(relative) or excluded(shown) or ("/vendor/" in f"/{relative}" and name.endswith(TEXT_SUFFIXES)):
            continue
        items.append(_checked(path, shown, reach))
    items += problems
    yield from sorted(items, key=lambda item: item.display if isinstance(item, SourceFile) else item.file)


def _checked(path: str, shown: str, reach: Reach) -> SourceFile | LoadError:
    if not is_text(path):
        return LoadError(_NO_TEXT, shown)
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            if not reach.has(path):
                return LoadError(
                    "is a link out of the tree, and not followed: name it on the command line to have it read", shown
                )
            mode = os.stat(path).st_mode
    except OSError as error:
        if isinstance(error, FileNotFoundError) and os.path.islink(path):
            return LoadError(DANGLING, shown)
        return os_error(error, shown)
    return SourceFile(path, shown) if stat.S_ISREG(mode) else LoadError(f"is {file_type(mode)}, not a regular file", shown)


def _below(root: str, problems: list[LoadError], tracked_only: bool, reach: Reach, suffixes: tuple[str, ...]) -> Iterator[str]:
    """The candidates below `root`, relative to it."""
    pending = [""]
    while pending:
        prefix = pending.pop()
        folder = os.path.join(root, prefix) if prefix else root
        # A submodule in the index can be a plain folder, which git cannot list.
        plain = prefix and not os.path.lexists(os.path.join(folder, ".git"))
        listed = None if plain else listed_by_git(folder, tracked_only=tracked_only)
        if listed is None:
            yield from _walk(root, folder, problems, suffixes)
            continue
        for name in listed:
            path = os.path.join(folder, name)
            # The index can contain any name, and a folder in it can be a link by now. Names that are not text are reported later.
            if is_text(path) and not reach.has_folder_of(path):
                continue
            # Before the name is checked, because a submodule may be called `x.yaml`.
            if os.path.isdir(path):
                # Within a submodule that was never checked out git lists the folder itself.
                if not os.path.islink(path) and os.path.normpath(name) != os.curdir:
                    pending.append(os.path.join(prefix, name.rstrip("/")))
            # Git also lists a file that was deleted from the work tree but not from the index.
            elif name.endswith(suffixes) and os.path.lexists(path):
                yield os.path.join(prefix, name)


def _walk(root: str, top: str, problems: list[LoadError], suffixes: tuple[str, ...]) -> Iterator[str]:

    def refuse(error: OSError) -> None:
        problems.append(os_error(error, display(os.fsdecode(error.filename or root))))

    start = "" if (below := os.path.relpath(top, root)) == os.curdir else below
    for folder, folders, files in walk(top, refuse):
        if ".git" in folders:
            folders.remove(".git")
        relative = os.path.join(start, folder[len(top) :].strip(os.sep))
        for name in files:
            if name.endswith(suffixes):
                yield os.path.join(relative, name)


STDIN = "-"
"""The path that means standard input."""

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


def read(path: str, name: str = "") -> str:
    """The text of a regular file; `name` is how errors call it. UTF-8, or UTF-16 and UTF-32 with a byte order mark.

    Raises LoadError for what is missing, unreadable, no regular file, larger than `MAX_BYTES` or not text.
    """
    return decode(read_bytes(path, name or path), name or path)


def read_bytes(path: str, name: str) -> bytes:
    """The content of a regular file. Raises LoadError as `read` does, but not for what is not text."""
    try:
        # Non-blocking, because a FIFO may have replaced the file since it was listed, and opening one waits for a writer.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise LoadError(f"is {file_type(status.st_mode)}, not a regular file", name)
            if status.st_size > MAX_BYTES:
                raise _too_large(name)
            data = os.read(descriptor, status.st_size + 1)
            if len(data) == status.st_size:
                return data
            # Another program is writing it, or the system says no size, as of `/proc`.
            with open(descriptor, "rb", buffering=0, closefd=False) as file:
                return read_all(file, name, start=data)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise os_error(error, name) from None
    except ValueError:
        # A NUL, which no path has.
        raise LoadError("is not a path", name) from None


def is_stream(path: str) -> bool:
    """Whether a path is standard input, written as `-`, or a FIFO such as the shell makes of `<(command)`."""
    if path == STDIN:
        return True
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def read_stream(path: str, name: str = "") -> str:
    """Return the text of a path for which `is_stream` is true; `name` is how errors call it.

    Raises LoadError if it cannot be read or is no text.
    """
    name = name or path
    try:
        if path != STDIN:
            with open(path, "rb", buffering=0) as file:
                return decode(read_all(file, name), name)
        if sys.stdin is None:
            raise LoadError("standard input is closed", name)
        return decode(read_all(sys.stdin.buffer, name), name)
    except OSError as error:
        raise os_error(error, name) from None


def read_all(file: BinaryIO, name: str, start: bytes = b"") -> bytes:
    """Return the content of a binary stream, such as standard input, after the `start` that was read of it.

    Raises LoadError beyond `MAX_BYTES`.
    """
    parts = [start]
    size = len(start)
    while part := file.read(1 << 20):
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES:
            raise _too_large(name)
    return b"".join(parts)


def decode(data: bytes, name: str) -> str:
    """Raises LoadError at the line and column of the first byte that is no text."""
    mark, encoding = next((bom for bom in _BOMS if data.startswith(bom[0])), (b"", "utf-8"))
    data = data.removeprefix(mark)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "replace")
        raise _not_text(f"byte {data[error.start]:#04x} is not {encoding[:6].upper().rstrip('-')}", before, name) from None
    zero = text.find("\0")
    if zero >= 0:
        raise _not_text("it has a NUL character", text[:zero], name)
    return text


def encoded_like(data: bytes, text: str) -> bytes:
    """Return `text` in the encoding of `data`, which `decode` could read, with the same byte order mark."""
    mark, encoding = next((bom for bom in _BOMS if data.startswith(bom[0])), (b"", "utf-8"))
    return mark + text.encode(encoding)


def _not_text(problem: str, before: str, name: str) -> LoadError:
    line_start = before.rfind("\n") + 1
    return LoadError(f"not a text file: {problem}", name, before.count("\n") + 1, len(before) - line_start + 1)


def _too_large(name: str) -> LoadError:
    return LoadError(f"larger than {MAX_BYTES >> 20} MiB, which is not read", name)


def os_error(error: OSError, name: str) -> LoadError:
    """The operating system's refusal in plain words."""
    if isinstance(error, FileNotFoundError):
        return LoadError(_NO_SUCH_FILE, name)
    if isinstance(error, PermissionError):
        return LoadError("cannot be read: permission denied", name)
    return LoadError(f"cannot be read: {error.strerror or error}", name)


def folders_above(path: str) -> Iterator[str]:
    """Yield the folder of a file and those that it lies in, as far as the path names them: the root, or the working directory, last."""
    folder = os.path.dirname(path)
    while folder and folder != os.path.dirname(folder):
        yield folder
        folder = os.path.dirname(folder)
    yield folder or os.curdir


def not_there(path: str) -> LoadError:
    """The error for a path of the command line that does not exist, with what to write if the path looks like something else."""
    shown = _escaped(path) if "://" in path else display(path)
    folder = os.path.dirname(path)
    is_of_files = path.endswith(SUFFIXES) or (folder and os.path.isdir(folder))
    hints = (hint for looks, hint in _NO_PATHS if re.match(looks, path) and not (is_of_files and hint == _NAME_THE_FILE))
    hint = next(hints, "")
    line = re.fullmatch(_WITH_LINE, path)
    if line is not None and os.path.exists(line[1]):
        hint = f": name the file without the line, or use `scclint explain {shown}`"
    return LoadError(f"{_NO_SUCH_FILE}{hint}", shown)


def file_type(mode: int) -> str:
    """What a path is that is no regular file, with its article."""
    names = (
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISFIFO, "a FIFO (pipe text in with `-` instead)"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a character device"),
        (stat.S_ISBLK, "a block device"),
    )
    return next((name for test, name in names if test(mode)), "something special")


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


class RealPaths:
    """Resolves links like `os.path.realpath`, for a tree that does not change meanwhile."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def of(self, path: str) -> str:
        """Return the real path of a file or folder, whether it exists or not."""
        # Folders can be nested more deeply than Python's calls.
        unknown: list[str] = []
        while path not in self._known and path and (folder := os.path.dirname(path)) != path:
            unknown.append(path)
            path = folder
        if path not in self._known:
            self._known[path] = os.path.realpath(path)
        real = self._known[path]
        for below in reversed(unknown):
            real = self._known[below] = _below_folder(real, os.path.basename(below))
        return real


def _below_folder(folder: str, name: str) -> str:
    """Return the real path of a name in a real folder."""
    if name in ("", os.curdir):
        return folder
    if name == os.pardir:
        return os.path.dirname(folder)
    path = os.path.join(folder, name)
    return os.path.realpath(path) if os.path.islink(path) else path


def listed_by_git(folder: str, *, tracked_only: bool = False) -> list[str] | None:
    """The files below `folder` that git tracks or, without `tracked_only`, would add, relative to it; a nested repository is one.

    None where git does not apply: the folder is in no work tree, is itself ignored, or git is missing or refuses.
    """
    top = work_tree(folder)
    if not top or _would_wait(os.path.realpath(folder), top):
        return None
    from scclint.files.git import command

    listing = command(folder, "ls-files", "-z", "--cached")
    if not tracked_only:
        listing += ["--others", "--exclude-standard"]
    status, output = _run(listing, folder)
    # Git lists nothing in an ignored folder, but the user named this one.
    if status != 0 or (not output and _run(command(folder, "check-ignore", "-q", "."), folder)[0] == 0):
        return None
    return [os.fsdecode(name) for name in output.split(b"\0") if name]


def repository_names(folder: str) -> frozenset[str]:
    """What the remotes of a folder's repository call it, in lower case: the last parts of their URLs; empty without a remote."""
    return frozenset({repository_name(url) for url in remote_urls(folder)} - {""})


def repository_name(url: str) -> str:
    """Return the last part of the URL of a git repository, in lower case: `shop` for `git@git.example.com:Team/Shop.git`.

    As Argo CD does to compare URLs, this assumes that code hosts ignore case, `.git` and slashes at the end. A host name, a user, a port and a
    query tell no repositories apart that have the same name: a fork or a mirror is the same repository.
    """
    path = url.strip().partition("#")[0].partition("?")[0].replace("\\", "/")
    if "%" in path:
        from urllib.parse import unquote

        path = unquote(path)
    parts = [part for part in path.casefold().replace(":", "/").split("/") if part not in ("", ".", ".git")]
    return parts[-1].removesuffix(".git") if parts else ""


def remote_urls(folder: str) -> list[str]:
    """The URLs of the remotes of a folder's repository; none if it is in no repository."""
    from scclint.files.git import command

    _, listed = _run(command(folder, "config", "-z", "--get-regexp", r"^remote\..*\.url$"), folder)
    return [entry.partition("\n")[2] for entry in listed.decode("utf-8", "surrogateescape").split("\0") if entry]


def _run(command: Sequence[str], folder: str) -> tuple[int | None, bytes]:
    """Run git. Return its status and output; None as the status if it cannot run, takes too long, or waits for ever."""
    from subprocess import DEVNULL, PIPE, Popen, SubprocessError, TimeoutExpired

    from scclint.files.git import environment

    try:
        with Popen(command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, env=environment()) as git:
            try:
                try:
                    output, _ = git.communicate(timeout=GIT_PATIENCE)
                except TimeoutExpired:
                    # Only now does it pay to look through all folders.
                    if _waits_below(folder, command):
                        git.kill()
                    output, _ = git.communicate(timeout=GIT_SECONDS)
            except BaseException:
                git.kill()
                raise
            return git.returncode, output
    except (OSError, SubprocessError):
        return None, b""


def _would_wait(folder: str, top: str) -> bool:
    """Whether git would read its rules for `folder` from something else than regular files, such as a FIFO, and wait for ever."""
    rules = [os.path.join(top, ".git", "info", "exclude"), os.path.join(top, ".gitignore")]
    while folder != top:
        rules.append(os.path.join(folder, ".gitignore"))
        folder = os.path.dirname(folder)
    return any(map(_is_odd, rules))


def _waits_below(folder: str, command: Sequence[str]) -> bool:
    """Whether a folder below `folder` has something else than a regular file for rules, or the repository names such a file."""
    from subprocess import DEVNULL, SubprocessError, run

    from scclint.files.git import environment

    named = [*command[: command.index(folder) + 1], "config", "--path", "core.excludesFile"]
    try:
        done = run(named, stdin=DEVNULL, capture_output=True, timeout=GIT_PATIENCE, check=False, env=environment())
    except (OSError, SubprocessError):
        return True
    if done.stdout and _is_odd(os.path.join(folder, os.fsdecode(done.stdout.rstrip(b"\n")))):
        return True
    return any(".gitignore" in files and _is_odd(os.path.join(at, ".gitignore")) for at, _, files in walk(folder))


def _is_odd(path: str) -> bool:
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def work_tree(folder: str) -> str:
    """The top of the git work tree that `folder` is in, as a real path; empty where it is in none. No process is started."""
    at = os.path.realpath(folder)
    while not os.path.lexists(os.path.join(at, ".git")):
        parent = os.path.dirname(at)
        if parent == at:
            return ""
        at = parent
    return at


def text_of(file: SourceFile) -> str:
    """The text of a file on the disk; empty where it cannot be read or is longer than code is."""
    try:
        return read(file.path, file.display) if os.path.getsize(file.path) <= MAX_CODE else ""
    except (LoadError, OSError):
        return ""
