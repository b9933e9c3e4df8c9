"""Findings point at one line: the field, or what it is missing from."""

import pytest

from scclint.yaml.compose import parse_yaml
from scclint.yaml.nodes import Node, locate

TEXT = """\
apiVersion: v1
kind: Pod
spec:
  containers:
  - image: x
    name: web
    securityContext:
      privileged: true
  - &c
    image: y
  - *c
  - z
  volumes: []
"""


@pytest.fixture
def root() -> Node:
    ((_, node),) = parse_yaml(TEXT, "f.yaml", 1)
    return node


@pytest.mark.parametrize(
    ("path", "region", "exact"),
    [
        ((), (2, 1, 2, 10), True),
        (("metadata",), (2, 1, 2, 10), False),
        (("metadata", "name"), (2, 1, 2, 10), False),
        (("spec",), (3, 1, 3, 5), True),
        (("spec", "hostPID"), (3, 1, 3, 5), False),
        (("spec", "containers", 0), (6, 5, 6, 14), True),
        (("spec", "containers", 0, "ports"), (6, 5, 6, 14), False),
        (("spec", "containers", 0, "securityContext", "privileged"), (8, 7, 8, 23), True),
        (("spec", "containers", 0, "securityContext", "capabilities", "add"), (7, 5, 7, 20), False),
        (("spec", "containers", 1, "name"), (10, 5, 10, 13), False),
        (("spec", "containers", 2), (11, 5, 11, 7), True),
        (("spec", "containers", 2, "image"), (10, 5, 10, 13), True),
        (("spec", "containers", 3), (12, 5, 12, 6), True),
        (("spec", "containers", 3, "name"), (12, 5, 12, 6), False),
        (("spec", "containers", 9, "name"), (4, 3, 4, 13), False),
        (("spec", "containers", "name"), (4, 3, 4, 13), False),
        (("spec", "volumes", 0), (13, 3, 13, 10), False),
        (("spec", 0), (3, 1, 3, 5), False),
    ],
)
def test_locate(root: Node, path: tuple[str | int, ...], region: tuple[int, int, int, int], exact: bool) -> None:
    span, found = locate(root, path)
    assert span[1:] == region and found is exact


def test_items_without_a_name() -> None:
    ((_, node),) = parse_yaml("items:\n- apiVersion: v1\n  kind: Pod\n- {}\n", "f.yaml", 1)
    assert locate(node, ("items", 0, "spec"))[0][1:] == (3, 3, 3, 12)
    assert locate(node, ("items", 1, "spec"))[0][1:] == (4, 3, 4, 5)
