"""Explains the errors in a text that people paste: the function that other programs call."""

import os

from scclint.config.model import Config
from scclint.files import not_there
from scclint.files.sources import Paths, find_sources
from scclint.message.answers import Explanation, answer
from scclint.message.incidents import incidents
from scclint.message.manifests import matches
from scclint.run.judge import OpenUnit, open_units
from scclint.run.options import RunOptions
from scclint.run.rule_set import rules_of
from scclint.run.run import prepare
from scclint.run.shared import Run
from scclint.yaml.untyped import several


def explain_message(text: str, paths: Paths = (), config: Config | None = None) -> tuple[Explanation, ...]:
    """Return the answer to each error in a text, in its order; none if scclint knows no error in it.

    `text` may be events, a condition, an audit record or a log, wrapped or cut. `paths` are the manifests or charts that make the pods:
    the answers then name the workload and have the findings that are the cause. Raises the errors of `lint` for the settings.
    """
    found = incidents(text)
    config = config or Config()
    targets = [os.fspath(path) for path in several(paths)]
    for path in targets:
        if not os.path.exists(path):
            raise not_there(path)
    if not found or not targets:
        return tuple(answer(incident, config) for incident in found)

    def load(config: Config) -> tuple[Run, list[OpenUnit]]:
        # The cluster knows no suppressions: the cause may be a finding that the repository accepts.
        run = prepare(find_sources(targets, config), config, rules_of(config), RunOptions(ignores=False))
        return run, list(open_units(run))

    matched, _, _ = matches(found, config, load)
    return tuple(answer(incident, config, match) for incident, match in zip(found, matched, strict=True))
