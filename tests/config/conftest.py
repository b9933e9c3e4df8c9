"""Rules that exist only by what selections see of them, and configurations from text."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from scclint.config import Config, build_config
from scclint.config.raw import parse_config
from scclint.finding import Severity
from scclint.rule import AnyRule, Rule


def made_up(id: str, name: str, severity: Severity | None, *tags: str) -> AnyRule:
    return Rule(
        id,
        name,
        "A title",
        "problem" if severity else "advice",
        severity,
        None,
        object,
        lambda subject, world: (),
        "A page.",
        "0.1",
        tags,
    )


@pytest.fixture(scope="session")
def rules() -> Sequence[AnyRule]:
    return (
        made_up("RBA401", "use-of-every-scc", Severity.WARNING, "rbac"),
        made_up("SCC101", "no-scc-admits", Severity.ERROR, "admission"),
        made_up("SEC201", "unconfined-by-default", Severity.ERROR, "seccomp"),
        made_up("SEC202", "unconfined", Severity.ERROR, "seccomp"),
        made_up("SEC210", "relies-on-scc-defaulting", None, "seccomp"),
    )


@pytest.fixture(scope="session")
def configured(rules: Sequence[AnyRule]) -> Callable[..., Config]:
    """The configuration from a file's text, its name, and options."""

    def make(text: str, file: str = ".scclint.yaml", **options: Any) -> Config:
        return build_config(parse_config(text, file), rules, options)

    return make
