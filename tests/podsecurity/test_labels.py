"""What labels mean, and what a release does without them."""

import pytest

from scclint.podsecurity.defaults import ADVISING, ENFORCING, KUBERNETES, default_policy, enforces
from scclint.podsecurity.levels import Policy, policy_of, standard
from tests.podsecurity.build import labels


def policy(*texts: str) -> Policy:
    """The policy whose standards are written as `level:version`."""
    return Policy(*(standard(*text.split(":")) for text in texts))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ADVISING),
        ({"app": "shop"}, ADVISING),
        (labels(enforce="baseline"), policy("baseline:latest", "restricted:latest", "restricted:latest")),
        (
            labels(enforce="baseline", enforce_version="v1.25", audit="privileged", warn="privileged"),
            policy("baseline:v1.25", "privileged:latest", "privileged:latest"),
        ),
        (
            labels(enforce="Baseline", audit="x", warn="", enforce_version="1.25", audit_version="v1", warn_version="v1.3"),
            policy("restricted:latest", "privileged:latest", "privileged:v1.3"),
        ),
        (labels(enforce_version="v1.99"), policy("privileged:v1.99", "restricted:latest", "restricted:latest")),
    ],
)
def test_labels_over_the_defaults_of_a_release(given: dict[str, str], expected: Policy) -> None:
    assert policy_of(given, ADVISING, 33) == expected


@pytest.mark.parametrize(
    ("given", "warn"),
    [
        (labels(enforce="restricted", enforce_version="v1.25"), "restricted:v1.25"),
        (labels(enforce="baseline", enforce_version="v1.25", warn_version="v1.24"), "baseline:v1.24"),
        (labels(enforce="restricted", warn="baseline"), "baseline:latest"),
        (labels(enforce="nonsense"), "privileged:latest"),
        (labels(enforce="privileged"), "privileged:latest"),
    ],
)
def test_an_enforced_level_is_warned_about_from_1_26_on(given: dict[str, str], warn: str) -> None:
    assert str(policy_of(given, KUBERNETES, 26).warn) == warn
    written = given.get("pod-security.kubernetes.io/warn", "privileged")
    assert policy_of(given, KUBERNETES, 25).warn.level == written


def test_releases_enforce_from_4_23_on_and_with_tech_preview_from_4_12_on() -> None:
    assert [enforces(minor) for minor in (24, 35, 36)] == [False, False, True]
    assert [enforces(minor, tech_preview=True) for minor in (24, 25, 35)] == [False, True, True]
    assert [default_policy(minor) for minor in (24, 35, 36)] == [ADVISING, ADVISING, ENFORCING]
