"""Findings are marked, never dropped: what comments, annotations, the configuration and the baseline suppress."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from scclint import suppress
from scclint.config import Selection
from scclint.config.model import Config
from scclint.engine.check import check, order
from scclint.engine.inputs import Inputs
from scclint.finding import Crash, Finding, Notice
from scclint.ignore import Ignore
from scclint.load.document import Document
from scclint.model.objects import ApiObject
from scclint.registry import Registry
from scclint.world import World


def settle(
    findings: Sequence[Finding],
    subjects: Sequence[Any],
    inputs: Inputs,
    worlds: Mapping[str, World],
    config: Config,
    registry: Registry,
    select: Callable[[str], Selection],
    today: date | None,
) -> tuple[list[Finding], list[Crash], list[Notice]]:
    """The findings with those marked that something suppresses, and what the SUP rules say of the suppressions themselves."""

    def ran(rule_id: str, file: str) -> bool:
        return inputs.covers(file) and rule_id in select(file)

    marked = list(findings)
    crashes: list[Crash] = []
    notices: list[Notice] = []
    ignores = [*_written(subjects), *suppress.config_ignores(config)]
    if ignores:
        marked, judged = suppress.apply(marked, ignores, registry.rules, today or date.today(), root=config.root, ran=ran)
        more, crashes = check(dict(list(worlds.items())[:1]), judged, registry.rules, select)
        marked = sorted([*marked, *more], key=order)
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
    from scclint import baseline
    from scclint.load.read import read

    recorded = baseline.load_baseline(read(config.baseline), config.baseline)
    marked, stale = baseline.apply(findings, recorded, ran=ran)
    notices = []
    if stale:
        text = f"{len(stale)} baseline entries no longer match; --write-baseline {config.baseline} prunes them"
        notices.append(Notice("note", text, config.baseline))
    return marked, notices
