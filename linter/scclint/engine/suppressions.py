"""Findings are marked, never dropped: what comments, annotations, the configuration and the baseline suppress."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from scclint.config import Selection
from scclint.config.model import Config
from scclint.engine.check import check, order
from scclint.engine.inputs import Inputs
from scclint.finding import Crash, Finding, Ignore, Notice
from scclint.load.document import Document
from scclint.model.object import ApiObject
from scclint.registry import Registry
from scclint.suppress import syntax as suppress
from scclint.world import World

if TYPE_CHECKING:
    from datetime import date

Move = Callable[[Sequence[Finding]], list[Finding]]


def settle(
    findings: Sequence[Finding],
    subjects: Sequence[Any],
    inputs: Inputs,
    worlds: Mapping[str, World],
    config: Config,
    registry: Registry,
    select: Callable[[str], Selection],
    today: "date | None",
    move: Move,
) -> tuple[list[Finding], list[Crash], list[Notice]]:
    """The findings with those marked that something suppresses, and what the SUP rules say of the suppressions themselves.

    `move` takes findings to the files that people mend. What is written beside a finding is looked for where it was read, what
    the configuration and the baseline say of paths holds for the place it is moved to.
    """

    def ran(rule_id: str, file: str) -> bool:
        return inputs.covers(file) and rule_id in select(file)

    marked = list(findings)
    crashes: list[Crash] = []
    notices: list[Notice] = []
    written, configured = list(_written(subjects)), suppress.config_ignores(config)
    judged: list[Ignore] = []
    if written or configured:
        from scclint.suppress.apply import apply

        judge = partial(apply, rules=registry.rules, today=today, root=config.root, ran=ran)
    if written:
        marked, judged = judge(marked, written)
    marked = move(marked)
    if configured:
        marked, more = judge(marked, configured)
        judged += more
    if judged:
        of_ignores, crashes = check(dict(list(worlds.items())[:1]), judged, registry.rules, select)
        marked += move(of_ignores)
    marked.sort(key=order)
    if config.baseline:
        marked, notices = _apply_baseline(marked, config, ran)
    return marked, crashes, notices


def _written(subjects: Sequence[Any]) -> Iterator[Ignore]:
    for subject in subjects:
        if isinstance(subject, Document):
            yield from suppress.comment_ignores(subject)
        elif isinstance(subject, ApiObject):
            yield from suppress.annotation_ignores(subject)


def _apply_baseline(
    findings: list[Finding], config: Config, ran: Callable[[str, str], bool]
) -> tuple[list[Finding], list[Notice]]:
    from scclint.files.read import read
    from scclint.suppress import baseline

    recorded = baseline.load_baseline(read(config.baseline), config.baseline)
    marked, stale = baseline.apply(findings, recorded, ran=ran)
    notices = []
    if stale:
        entries = "entry no longer matches" if len(stale) == 1 else "entries no longer match"
        text = f"{len(stale)} baseline {entries}; --write-baseline {config.baseline} prunes them"
        notices.append(Notice("note", text, config.baseline))
    return marked, notices
