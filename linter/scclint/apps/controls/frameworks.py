"""The frameworks and their controls, from frameworks.json."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from scclint.errors import UsageError
from scclint.files.package_data import read_json
from scclint.record import record
from scclint.text import meant_choice


@record
class Control:
    """A control. It fails if one of its `checks` (see `scclint.apps.controls.checks`) or `rules` finds something.

    `needs` are sets of kinds: the control can pass if the input has an object of each kind of one set. If it is empty, files show
    too little, so the control can only fail.
    """

    id: str
    title: str
    checks: Sequence[str]
    rules: Sequence[str]
    needs: Sequence[Sequence[str]]


@record
class Framework:
    """A framework in one version. `source` is where its IDs and titles come from."""

    name: str
    title: str
    version: str
    organization: str
    source: str
    controls: tuple[Control, ...]


def frameworks() -> tuple[Framework, ...]:
    """Return all frameworks."""
    return tuple(map(framework, _data()["frameworks"]))


def framework(name: str) -> Framework:
    """Return a framework by name. Raises UsageError for an unknown one."""
    entries = _data()["frameworks"]
    if name not in entries:
        meant = meant_choice(name, [*entries])
        hint = f" Did you mean {meant}?" if meant else ""
        raise UsageError(f"unknown framework {name!r}.{hint} Use one of {', '.join(entries)}.")
    controls = tuple(Control(**control) for control in entries[name]["controls"])
    return Framework(name, **{**entries[name], "controls": controls})


def controls_of(rule: str) -> tuple[tuple[str, str], ...]:
    """Return the controls that a rule is evidence for, as names of frameworks and IDs of controls."""
    return tuple(
        (framework.name, control.id) for framework in frameworks() for control in framework.controls if rule in control.rules
    )


@cache
def _data() -> Any:
    return read_json(__file__, "frameworks.json")
