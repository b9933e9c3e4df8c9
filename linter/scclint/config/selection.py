"""Which rules run on a file, and how severe the user says that their problems are there."""

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from scclint.cluster.installed import patch_changes
from scclint.config.model import Config
from scclint.finding import Notice, Severity
from scclint.platform.releases import minor_release
from scclint.rule import AnyRule
from scclint.text import listed
from scclint.yaml.untyped import several

EXACT = 100
TAG = 0
ALL = -1

Selection = Mapping[str, Severity | None]
"""The ids of the rules that run on a file, each with the severity that the user gives its problems there; None if the user gives none."""


def exactness(selector: str, rule: AnyRule) -> int | None:
    """How well a selector names a rule: id or name, then the longer beginning of the id, a tag or kind, `ALL`; None for not at all.

    A beginning has all letters of the id: `SEC` names a family, and `S` names nothing, so that no comment covers more than it says.
    """
    if selector.upper() == rule.id or selector.lower() == rule.name:
        return EXACT
    if rule.id.startswith(selector) and selector.startswith(rule.id.rstrip("0123456789")):
        return len(selector)
    if selector == rule.kind or selector in rule.tags:
        return TAG
    return ALL if selector == "ALL" else None


def covers(selectors: Iterable[str], rule: AnyRule) -> bool:
    """Whether any of the selectors means the rule."""
    return any(exactness(s, rule) is not None for s in selectors)


def unknown_selector(selector: str, rules: Sequence[AnyRule]) -> str:
    """What to tell about a selector that means no rule at all; empty for one that does."""
    if selector == "ALL" or any(covers((selector,), rule) for rule in rules):
        return ""
    from scclint.config.schema import did_you_mean

    words = [word for r in rules for word in (r.id, r.name, r.kind, *r.tags)]
    return f"no rule is called {selector!r}{did_you_mean(selector, words) or '; `scclint rules` lists them'}"


def patches_of(config: Config) -> dict[str, int]:
    """Return the patch releases in the settings: 5 for `4.20` if they have `4.20.5`. Of several of one release, the oldest counts."""
    patches: dict[str, int] = {}
    for version in several(config.settings.get("cluster.openshift", ())):
        if patch := re.fullmatch(r"v?\d+\.\d+\.(\d{1,4})", version, re.ASCII):
            release = minor_release(version)
            patches[release] = min(patches.get(release, int(patch[1])), int(patch[1]))
    return patches


def patch_versions(config: Config) -> list[Notice]:
    """Return a note for each release in the settings that has a patch version: what is known of its difference from the newest one."""
    patches = patches_of(config)
    notes = []
    for version in several(config.settings.get("cluster.openshift", ())):
        if version.count(".") < 2:
            continue
        release = minor_release(version)
        missing = [change for change in patch_changes(release, config.platform) if change.is_missing(patches.get(release))]
        without = f" without what newer patch releases have: {listed([change.words for change in missing])}" if missing else ""
        notes.append(Notice("note", f"OpenShift {version} is judged as {release}{without}"))
    return notes


def selection(rules: Iterable[AnyRule], config: Config) -> Callable[[str], Selection]:
    """A function from a file's path (as opened from the working directory) to its selection."""
    candidates = tuple(rules)
    selections: dict[tuple[int, ...], Selection] = {}
    takes: list[Callable[[str], bool]] = []
    if config.per_path:
        from scclint.files.globs import path_filter

        takes = [path_filter(entry.paths) for entry in config.per_path]

    def of(path: str) -> Selection:
        layers: tuple[int, ...] = ()
        if takes:
            relative = os.path.relpath(path, config.root).replace(os.sep, "/")
            layers = tuple(i for i, takes_it in enumerate(takes) if takes_it(relative))
        if layers not in selections:
            selections[layers] = _select(candidates, config, layers)
        return selections[layers]

    return of


def _select(rules: Iterable[AnyRule], config: Config, layers: tuple[int, ...]) -> Selection:
    chosen: dict[str, Severity | None] = {}
    changes = [config.per_path[index] for index in layers]
    for rule in rules:
        severity = None
        for severities in (config.severity, *(change.severity for change in changes)) if rule.severity else ():
            severity = _severity(severities, rule) or severity
        wanted = _best((*(config.select or ("ALL",)), *config.extend_select), rule)
        runs = _outranks(wanted, _best(config.ignore, rule))
        for change in changes:
            wanted, unwanted = _best(change.select, rule), _best(change.ignore, rule)
            if wanted is not None or unwanted is not None:
                runs = _outranks(wanted, unwanted)
        if runs:
            chosen[rule.id] = severity
    return chosen


def selects_advice(config: Config, rules: Iterable[AnyRule]) -> bool:
    """Whether the settings select advice by more than `ALL`: by its kind, or by the ID or a tag of such a rule."""
    selectors = (*config.select, *config.extend_select)
    ranks = (exactness(s, rule) for s in selectors for rule in rules if rule.kind == "advice")
    return any(rank is not None and rank != ALL for rank in ranks)


def _best(selectors: Iterable[str], rule: AnyRule) -> int | None:
    return max((rank for s in selectors if (rank := exactness(s, rule)) is not None), default=None)


def _outranks(wanted: int | None, unwanted: int | None) -> bool:
    return wanted is not None and (unwanted is None or wanted > unwanted)


def _severity(severities: Mapping[str, Severity], rule: AnyRule) -> Severity | None:
    ranked = [(rank, severity) for s, severity in severities.items() if (rank := exactness(s, rule)) is not None]
    return max(ranked, key=lambda r: r[0])[1] if ranked else None
