"""The files that a MachineConfig writes to nodes: Ignition's `storage.files`, with their content where the object spells it."""

import base64
import binascii
import io
import zlib
from collections.abc import Iterator, Mapping
from posixpath import normpath
from typing import Any

from scclint.finding import Path
from scclint.limits import MAX_INFLATED
from scclint.platform.labels import labels_of
from scclint.record import record
from scclint.yaml.untyped import as_list, as_mapping, value_at

MACHINE_CONFIG = "MachineConfig"
_ELSEWHERE = "its content is fetched from"
_FILES = ("spec", "config", "storage", "files")

ROLE_LABEL = "machineconfiguration.openshift.io/role"


@record
class NodeFile:
    """A file on the node. `text` is its content, None where it is not in the object or not text; `problem` then says why.

    `at` leads to the content's source within the MachineConfig. `broken`: Ignition cannot make the file either, or not as text.
    """

    path: str
    text: str | None
    at: Path
    problem: str = ""

    @property
    def broken(self) -> bool:
        return self.text is None and not self.problem.startswith(_ELSEWHERE)


def files_of(config: Mapping[str, Any], below: str = "") -> Iterator[NodeFile]:
    """The files of a MachineConfig whose path begins with `below`, in order.

    Entries without a path, or of another shape, are passed over.
    """
    for index, path in paths_of(config):
        if normpath(path).startswith(below):
            yield file_of(config, index)


def paths_of(config: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """The paths of a MachineConfig's files, each with its index among the entries."""
    for index, file in enumerate(_entries(config)):
        if isinstance(file, Mapping) and isinstance(path := file.get("path"), str):
            yield index, path


def file_of(config: Mapping[str, Any], index: int) -> NodeFile:
    """The file at an index that `paths_of` gives."""
    file = _entries(config)[index]
    is_appended = bool(file.get("append")) and not file.get("contents")
    at: Path = ("append", 0) if is_appended else ("contents",)
    texts = []
    for contents in map(as_mapping, [file.get("contents"), *as_list(file.get("append"))]):
        text, problem = _text(str(contents.get("source") or ""), str(contents.get("compression") or ""))
        if text is None:
            return NodeFile(file["path"], None, (*_FILES, index, *at, "source"), problem)
        texts.append(text)
    return NodeFile(file["path"], "".join(texts), (*_FILES, index, *at, "source"))


def _entries(config: Mapping[str, Any]) -> list[Any]:
    return as_list(value_at(config, _FILES))


def role_of(config: Mapping[str, Any]) -> str:
    """The machine config role (`worker`) of the pool that a MachineConfig is for; empty if it has none."""
    return str(labels_of(config).get(ROLE_LABEL) or "")


def _text(source: str, compression: str) -> tuple[str | None, str]:
    """The text of a `data:` URL (RFC 2397), or None and why there is none."""
    if not source:
        return "", ""
    # `url.Parse` of Go reads a scheme in letters of any case.
    if source[: len("data:")].lower() != "data:":
        return None, f"{_ELSEWHERE} {source.partition(':')[0]}:, not written in the MachineConfig"
    import gzip

    head, comma, body = source[len("data:") :].partition(",")
    if not comma:
        return None, "its data: URL has no comma"
    from urllib.parse import unquote_to_bytes

    raw = unquote_to_bytes(body)
    try:
        if head.split(";")[-1].strip() == "base64":
            raw = base64.b64decode(raw, validate=True)
        if compression == "gzip":
            raw = gzip.GzipFile(fileobj=io.BytesIO(raw)).read(MAX_INFLATED + 1)
            if len(raw) > MAX_INFLATED:
                return None, f"its content is not read, since it inflates to more than {MAX_INFLATED // 1024} KiB"
        return raw.decode("utf-8"), ""
    except binascii.Error:
        return None, "its data: URL is not valid base64"
    except (OSError, EOFError, zlib.error):
        return None, "its content is not gzip, as `compression` says"
    except UnicodeDecodeError:
        return None, "its content is not text"
