"""`scclint diff`."""

import os
from argparse import Namespace
from functools import partial

from scclint.causes.join import joined
from scclint.change.compare import StateDifference, compare_releases, compare_sides
from scclint.cli.diff_base import settings_of
from scclint.config.model import Config
from scclint.config.selection import selects_advice
from scclint.console.arguments import cache_scope, color_wanted, settings, terminal_columns, write_formats
from scclint.console.status import is_partial, of_review, status_of_check
from scclint.errors import UsageError
from scclint.files import STDIN
from scclint.files.dump import is_dump
from scclint.files.revision import Revision, resolve
from scclint.record import replace
from scclint.registry import Registry
from scclint.report import Options, diff
from scclint.report.output import say
from scclint.report.text import notice_line

_WORKING_TREE = "."


def run(args: Namespace) -> int:
    """Compare two states, and end with 1 for a new fact that counts."""
    operands: list[str] = args.operands
    config, registry = _settings(args)
    comparison = _compare(operands, config, registry, args)
    comparison = replace(comparison, report=joined(comparison.report))
    options = Options(advice=selects_advice(config, registry.rules))

    def render(form: str, output: str | None) -> str:
        forms = {"json": diff.render_json, "markdown": diff.render_markdown, "sarif": diff.render_sarif}
        if form in forms:
            return forms[form](comparison, options)
        width = None if output else terminal_columns()
        return diff.render_text(comparison, replace(options, color=color_wanted(args, output), width=width))

    write_formats(args, render)
    for notice in comparison.report.notices:
        # The texts for people have the others.
        if notice.level == "error":
            say(notice_line(notice))
    report, counts = comparison.report, config.fail_on != "never"
    return status_of_check(report, of_review(config.fail_on), counts and is_partial(report, config.render), counts)


def _settings(args: Namespace) -> tuple[Config, Registry]:
    """The settings for both states: those of the first, because a change must not weaken its own review. A dump has none."""
    base = _base(args.operands)
    paths = [name for name in args.operands if os.path.isdir(name) or os.path.isfile(name)]
    args.paths = [name for name in paths if base is not None or not is_dump(name)][:1] or [_WORKING_TREE]
    config, registry = settings(args)
    if base is None:
        return config, registry
    args.paths = [_WORKING_TREE]
    return settings_of(base, args, config)


def _base(operands: list[str]) -> Revision | None:
    """The revision that is compared with something else; None if it is no revision."""
    first = operands[0] if operands else ""
    if not first or os.path.exists(first) or first == STDIN:
        return None
    name, dots, after = first.partition("...")
    if not dots:
        name, dots, _ = first.partition("..")
    try:
        return resolve((name or "HEAD") if dots else name, os.curdir, (after or "HEAD") if dots == "..." else "")
    except UsageError:
        # The comparison says what is wrong with it.
        return None


def _compare(operands: list[str], config: Config, registry: Registry, args: Namespace) -> StateDifference:
    # What a revision has of this folder is an earlier state of it.
    paths = [*filter(os.path.exists, operands)] or [_WORKING_TREE]
    scope = cache_scope(Namespace(**{**vars(args), "paths": paths}))
    sides = partial(compare_sides, config=config, registry=registry, scope=scope, jobs=getattr(args, "jobs", 0))
    if len(operands) > 2:
        raise UsageError(f"diff compares two states, not {len(operands)}")
    if operands == [STDIN, STDIN]:
        raise UsageError("standard input can be one state only, not both")
    if len(operands) == 2:
        # A path may have `..` as a folder.
        if ".." in operands[0] and ".." not in operands[0].split("/") and not os.path.exists(operands[0]):
            raise UsageError(
                f"{operands[0]} already names two states: leave out {operands[1]}, or run `scclint diff` in that folder"
            )
        return sides(operands[0], operands[1])
    first = operands[0] if operands else ""
    if len(config.openshift) > 1 and (not first or os.path.exists(first)):
        return compare_releases(first or _WORKING_TREE, config, registry)
    if not first:
        raise UsageError("say what to compare: two folders, files or git revisions, or two releases with --openshift")
    if os.path.exists(first):
        raise UsageError(f"{first} is one state: name a second one, or two releases with --openshift")
    if "..." in first:
        before, _, after = first.partition("...")
        return sides(before or "HEAD", after or "HEAD", merge_base=True)
    if ".." in first:
        before, _, after = first.partition("..")
        return sides(before or "HEAD", after or "HEAD")
    return sides(first, _WORKING_TREE)
