"""Names: what they are made of, and that what they refer to is there."""

import pytest

from scclint.objects.unknown import UNKNOWN
from scclint.validation.validate import validate
from tests.validation.cases import Data, deployment, stateful_set


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (stateful_set(), []),
        (stateful_set(mount="cache"), []),
        (stateful_set(mount="log"), ['spec.template.spec.containers[0].volumeMounts[0].name: Not found: "log"']),
        (stateful_set(mount="${VOLUME}"), []),
        (stateful_set(mount=UNKNOWN), []),
        (stateful_set(claim=UNKNOWN, mount="log"), []),
        (stateful_set(claim="$(CLAIM)", mount="log"), []),
        (stateful_set(mount="log", namespace="${NAMESPACE}"), []),
        (stateful_set(name="s" * 254), [f'metadata.name: Invalid value: "{"s" * 99}...: must be no more than 253 characters']),
        (
            stateful_set(namespace="n" * 64),
            [f'metadata.namespace: Invalid value: "{"n" * 64}": must be no more than 63 characters'],
        ),
    ],
)
def test_names(data: Data, expected: list[str]) -> None:
    assert [problem.message for problem in validate(data, "apps/v1", "StatefulSet", 33)] == expected


def test_what_may_be_added_to_is_not_searched_for_what_it_refers_to() -> None:
    assert validate(stateful_set(mount="log"), "apps/v1", "StatefulSet", 33, whole=False) == []


@pytest.mark.parametrize(
    ("labels", "wanted", "fits"),
    [
        ({"app": "web", "tier": "front"}, {"app": "web"}, True),
        ({"app": "web"}, {"app": "api"}, False),
        ({}, {"app": "web"}, False),
        ({"app": "web"}, {"app": "${NAME}"}, True),
        ({"app": UNKNOWN}, {"app": "web"}, True),
        ({"${KEY}": "web"}, {"app": "web"}, True),
    ],
)
def test_labels_that_the_selector_asks_for(labels: Data, wanted: Data, fits: bool) -> None:
    data = deployment(selector={"matchLabels": wanted})
    data["spec"]["template"]["metadata"]["labels"] = labels
    problems = validate(data, "apps/v1", "Deployment", 33)
    assert [problem.path for problem in problems] == ([] if fits else [("spec", "template", "metadata", "labels")])
