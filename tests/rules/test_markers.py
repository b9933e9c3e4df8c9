"""The markers in code that the rules about roles name."""

import re
from collections import Counter
from itertools import product
from pathlib import Path
from random import Random

from scclint import lint
from scclint.config.model import Config
from scclint.text import listed, shared_start

GROUPS = ("security.openshift.io", "", "apps", "batch")
RESOURCES = ("securitycontextconstraints", "jobs", "pods")
VERBS = ("create", "get", "update", "*")
ROLE = """---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: role-{}}}
rules: [{{apiGroups: [{}], resources: [{}], verbs: [{}]}}]
"""
FILES = ("a.go", "config/b.go", "config/rbac/c.go", "config/rbac/d.go", "pkg/e.go")
NAMED = re.compile(r"from the markers? \+kubebuilder:rbac at (.*): change it there")

Names = tuple[list[str], list[str], list[str]]


def some(random: Random, *needed: str) -> Names:
    """Some groups, resources and verbs, `needed` first."""
    names = [random.sample(names, random.randint(1, 3)) for names in (GROUPS, RESOURCES, VERBS)]
    groups, resources, verbs = (
        [*needed[i : i + 1], *(name for name in of if name not in needed)] for i, of in enumerate(names)
    )
    return groups, resources, verbs


def named_markers(rule: Names, markers: dict[str, Names]) -> str:
    """The markers with most of the rights, of these those whose paths are most like that of the rule; found by listing all rights."""
    rights = [[at for at, of in markers.items() if all(map(list.__contains__, of, right))] for right in product(*rule)]
    places: list[str] = []
    while rights and all(rights):
        counted = Counter(place for of_right in rights for place in of_right)
        places.append(max(counted, key=lambda at: (counted[at], shared_start(at.split("/"), ["config", "rbac", "role.yaml"]))))
        rights = [of_right for of_right in rights if places[-1] not in of_right]
    return "" if rights else listed(places)


def test_the_markers_are_those_that_give_the_rights_one_by_one(tmp_path: Path) -> None:
    random = Random(1)
    markers: dict[str, Names] = {}
    for file in FILES:
        lines = []
        for line in range(1, 5):
            markers[f"{file}:{line}"] = of = some(random)
            values = [";".join(name or random.choice(["core", '""']) for name in names) for names in of]
            lines.append("// +kubebuilder:rbac:groups={},resources={},verbs={}\n".format(*values))
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("".join(lines), encoding="utf-8")
    rules = [some(random, "security.openshift.io", "securitycontextconstraints", "create") for _ in range(40)]
    quoted = [[", ".join(f"'{name}'" for name in names) for names in rule] for rule in rules]
    roles = "".join(ROLE.format(number, *names) for number, names in enumerate(quoted))
    (tmp_path / "config/rbac/role.yaml").write_text(roles, encoding="utf-8")
    found = {}
    for finding in lint([str(tmp_path)], Config()).findings:
        if finding.rule_id == "RBA406" and (match := re.search(r"role-(\d+)", finding.message)):
            notes = filter(None, (NAMED.fullmatch(note.removeprefix("`make` writes this rule ")) for note in finding.notes))
            found[int(match[1])] = "".join(note[1] for note in notes).replace(f"{tmp_path}/", "")
    assert found == {number: named_markers(rule, markers) for number, rule in enumerate(rules)}
    counted = Counter(text.count(".go") for text in found.values())
    assert counted.keys() >= {0, 1, 2}, "rules without a marker, and with one and several"


def test_a_marker_with_very_many_rights(tmp_path: Path) -> None:
    """A product of its names would not fit into any memory."""
    names = [f"n{i}" for i in range(5_000)]
    axes = [[own, *names] for own in ("security.openshift.io", "securitycontextconstraints", "create")]
    marker = "groups={},resources={},verbs={}".format(*map(";".join, axes))
    (tmp_path / "a.go").write_text(f"// +kubebuilder:rbac:{marker}\n", encoding="utf-8")
    (tmp_path / "role.yaml").write_text(ROLE.format(0, *map(", ".join, axes)), encoding="utf-8")
    (note,) = (finding.notes[0] for finding in lint([str(tmp_path)], Config()).findings if finding.rule_id == "RBA406")
    assert note.endswith("a.go:1: change it there")
