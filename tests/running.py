"""Runs over files or a text, for tests that ask for more than a report."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scclint.config.model import Config
from scclint.files import SourceFile
from scclint.files.sources import find_sources
from scclint.record import EMPTY
from scclint.registry import Registry, builtin
from scclint.run.judge import OpenUnit, open_units
from scclint.run.options import RunOptions
from scclint.run.report import Report
from scclint.run.run import prepare, report_of
from scclint.run.shared import Run


def write_files(files: Mapping[str, str]) -> None:
    """Write texts to files below the working directory, by path."""
    write_below("", files)


def write_below(folder: Path | str, files: Mapping[str, str]) -> str:
    """Write texts to files below a folder, by path. Return the folder."""
    for name, text in files.items():
        write_file(Path(folder, name), text)
    return str(folder)


def write_file(path: Path | str, text: str = "") -> str:
    """Write a text to a file. Return its path."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")
    return str(path)


def check_in(formats: Iterable[str], folder: Path, *words: str) -> tuple[int, dict[str, str]]:
    """The status of one `check`, and what it writes in each format, to files of a folder."""
    from scclint.cli import main

    files = {name: folder / f"written.{name}" for name in formats}
    status = main(
        ["check", *words, *(word for name, file in files.items() for word in ("--format", name, "--output", str(file)))]
    )
    return status, {name: file.read_text(encoding="utf-8") for name, file in files.items()}


def facts_of(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The facts of a report in the `json` format, whatever their kind: problems first, then access, gaps and advice."""
    return [fact for name in ("problems", "access", "gaps", "advice") for fact in report[name]]


def run_over(
    paths: Sequence[str] = (),
    config: Config | None = None,
    *,
    text: str | None = None,
    filename: str = "<stdin>",
    context: Sequence[str] = (),
    registry: Registry | None = None,
    **options: Any,
) -> Run:
    """A run over paths, or over a text as if it were the content of `filename`."""
    config = config or Config()
    sources = find_sources(paths, config, context=context)
    if text is not None:
        sources = sources._replace(targets=(*sources.targets, SourceFile("-", filename)))
    overlay = {filename: text} if text is not None else EMPTY
    return prepare(sources, config, registry or builtin(), RunOptions(overlay=overlay, **options))


def open_one(paths: Sequence[str] = (), config: Config | None = None, **more: Any) -> OpenUnit:
    """The one unit of a run (see `run_over`)."""
    (unit,) = open_units(run_over(paths, config, **more))
    return unit


def report_on(paths: Sequence[str] = (), config: Config | None = None, **more: Any) -> Report:
    """The report of a run (see `run_over`)."""
    return report_of(run_over(paths, config, **more))
