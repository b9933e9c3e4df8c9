"""What admission does about the results of other scanners: it fills in what is missing, forbids it, or leaves it as it is."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Literal
from urllib.parse import unquote

from scclint.admission.field import FieldError
from scclint.deploy.kustomize import NAMES
from scclint.files.package_data import read_json
from scclint.finding import Path
from scclint.objects.documents import data_of
from scclint.outcome.chain import Outcome
from scclint.outcome.rows import WorkloadRow
from scclint.record import record
from scclint.text import full_name, shared_start, whole_number
from scclint.yaml.untyped import Object, as_list, as_mapping, as_text, mappings, value_at


@record
class Condition:
    """What a rule asks for. All of `groups` must hold, and a group holds if one of its tests does. `about` names it for people."""

    about: str
    groups: tuple[tuple[Object, ...], ...]

    def failed_by(self, reason: FieldError) -> bool:
        """Whether an SCC rejects a value that does not meet it."""
        names = [step for step in reason.path if isinstance(step, str)]
        tests = (test for group in self.groups for test in group if test["field"])
        return any(names[-len(test["field"]) :] == test["field"] and not _passes(test, reason.value) for test in tests)

    def met(self, pod: Object, containers: Sequence[Path]) -> bool:
        """Whether a pod meets it in each of the containers, whose paths lead from the pod."""
        return all(
            any(all(_passes(test, value) for value in _values(pod, path, test)) for test in group)
            for path in containers
            for group in self.groups
        )


Fate = Literal["filled in", "forbidden", "left", "other"]
"""`left` is what admission neither changes nor rejects, and `other` what it does not decide."""


@record
class Triaged:
    """A result of a scanner, what admission does about it, and why as a sentence. `index` are those of its run and of the result in the run."""

    index: tuple[int, int]
    tool: str
    rule: str
    file: str
    line: int
    fate: Fate
    why: str


_TEMPORARY = re.compile(r"^tmp\w{8}/")
_FOLDER_OF_CHART = re.compile(r"[^/]+/((?:templates|charts)/)")


JudgedRow = tuple[WorkloadRow, Outcome]
"""What a workload gets, and the outcome that this is from."""


def triage(log: Mapping[str, Any], rows: Sequence[JudgedRow], inputs: Mapping[str, Sequence[str]]) -> Iterator[Triaged]:
    """Yield what admission does about each result of a SARIF log, in order.

    `rows` are those of all workloads of the same files, and `inputs` are the files of each unit, by its name.
    """
    for number, run in enumerate(as_list(log.get("runs"))):
        driver = as_text(value_at(run, ("tool", "driver", "name")))
        for index, result in enumerate(mappings(value_at(run, ("results",)))):
            rule = as_text(result.get("ruleId")) or as_text(value_at(result, ("rule", "id")))
            physical = value_at(result, ("locations", 0, "physicalLocation"))
            file = unquote(as_text(value_at(physical, ("artifactLocation", "uri")))).removeprefix("file://")
            line = value_at(physical, ("region", "startLine"))
            line = line if isinstance(line, int) else 0
            condition = condition_of(driver, rule)
            # kube-linter names the object, and writes line 1. checkov quotes it, and writes the lines of what it has rendered.
            names = {as_text(part.get("name")) for part in mappings(value_at(result, ("locations", 0, "logicalLocations")))}
            if condition is not None and (quoted := as_text(value_at(physical, ("region", "snippet", "text")))):
                names |= _named_by(quoted)
            # A patch, or a kustomization that others include, is read by units. A patch that is not applied has no verdict.
            meant = _at(rows, file, line, names) or [
                (row, outcome)
                for row, outcome in rows
                if row.verdict and row.kind in names and row.name in names
                if any(_is_same(name, file) for name in inputs[row.unit])
            ]
            fate, why = _fate(condition, meant, 0 if names else line)
            yield Triaged((number, index), driver, rule, file, line, fate, why)


def _named_by(quoted: str) -> set[str]:
    """Return the kind and the name of an object that is quoted whole; empty if it is not."""
    found = as_mapping(data_of(quoted))
    names = {as_text(found.get("kind")), as_text(value_at(found, ("metadata", "name")))}
    return set() if "" in names else names


def _at(rows: Sequence[JudgedRow], file: str, line: int, names: set[str]) -> list[JudgedRow]:
    """Return the rows of the workload that is named, of the one at a line of a file, or else of all in the file."""
    inside = [each for each in rows if _is_in(each[0], file)]
    if not names:
        there = [each for each in inside if each[0].lines[0] <= line <= each[0].lines[1]]
        return there or inside
    # A scanner renders a chart as a release of another name, with which the names of its objects begin.
    of_kind = [each for each in inside if each[0].kind in names and (each[0].name in names or "/templates/" in f"/{file}")]
    shared = [(row.name in names, max(shared_start(name[::-1], row.name[::-1]) for name in names)) for row, _ in of_kind]
    return [each for each, alike in zip(of_kind, shared, strict=True) if alike == max(shared)]


def _is_in(row: WorkloadRow, file: str) -> bool:
    """Whether a scanner can mean a workload by the name of a file: that of the workload, or of the kustomization that it renders."""
    # The template of a packed dependency is no file of the repository.
    files = (row.place.file, row.file, row.source)
    folder, base = os.path.split(file)
    if base in NAMES:
        return any(_is_same(name, folder or ".") for name in (row.unit, *map(os.path.dirname, files)))
    # checkov renders a chart into a temporary folder: below the folder of the chart, in one with the name of the chart.
    rendered = _TEMPORARY.sub("", file)
    paths = {file, rendered, _FOLDER_OF_CHART.sub(r"\1", rendered, count=1)}
    return any(_is_same(name, path) for name in files for path in paths)


def _is_same(name: str, other: str) -> bool:
    """Whether two paths can name one file: scanners count from other folders."""
    ours, theirs = (os.path.normpath(path).split(os.sep) for path in (name, other.lstrip("/")))
    return bool(other) and ours[-len(theirs) :] == theirs[-len(ours) :]


def _fate(condition: Condition | None, rows: Sequence[JudgedRow], line: int) -> tuple[Fate, str]:
    """Return what admission does about a result, and why. What differs between units or releases is left."""
    if condition is None:
        return "other", "Admission does not decide what this rule is about."
    if not rows:
        return "left", "scclint judges no workload at this place: nothing deploys one there, or only `helm test` creates it."
    fates = [(_fate_of_row(condition, row, outcome, line), row) for row, outcome in rows]
    (fate, why), row = fates[0]
    other = next(((other, row) for other, row in fates if other[0] != fate), None)
    if other is None:
        return fate, f"{full_name(row.kind, row.namespace, row.name)}: {why}"
    which = f"{full_name(other[1].kind, other[1].namespace, other[1].name)} in {other[1].unit_title} on {other[1].release}"
    return "left", f"It differs for {which}: {other[0][1]}"


def _fate_of_row(condition: Condition, row: WorkloadRow, outcome: Outcome, line: int) -> tuple[Fate, str]:
    verdict = outcome.verdict
    if verdict is None:
        return "left", f"there is no verdict, because {outcome.unknown}."
    containers = _containers(row, outcome, line)
    if condition.met(verdict.submitted, containers):
        return "left", f"the manifest already sets {condition.about} as the rule asks."
    if row.result == "rejected":
        tried = [candidate for candidate in verdict.candidates if candidate.outcome == "too restrictive"]
        about = {
            candidate.scc: reason.text
            for candidate in tried
            for reason in reversed(candidate.reasons)
            if condition.failed_by(reason)
        }
        if tried and len(about) == len(tried):
            texts = "; ".join(f"{scc}: {text}" for scc, text in about.items())
            return "forbidden", f"each SCC that the pod may use rejects {condition.about}: {texts}."
        return "left", f"the cluster rejects the pod for another reason: {row.why}."
    if not row.scc:
        return "left", f"no SCC is tried: {outcome.skipped}."
    if not condition.met(verdict.pod, containers):
        return "left", f"SCC {row.scc} admits the pod and does not change {condition.about}."
    return "filled in", f"SCC {row.scc} sets {condition.about}. It is usable by the {row.grant}."


def _containers(row: WorkloadRow, outcome: Outcome, line: int) -> list[Path]:
    """Return the paths of the containers at a line, or else of all."""
    paths = [container.effective.path for container in row.containers]
    spans = {path: outcome.workload.pod.field(*path).span for path in paths}
    there = [path for path, span in spans.items() if span.file == row.file and span.line <= line <= span.end_line]
    return there or paths


def suppressed(log: dict[str, Any], triaged: Sequence[Triaged]) -> dict[str, Any]:
    """Return the SARIF log in which each result that admission decides has a suppression with the reason. The log is changed."""
    for item in triaged:
        result = mappings(as_mapping(log["runs"][item.index[0]]).get("results"))[item.index[1]]
        # SARIF wants the array in all results or in none.
        suppressions = result.setdefault("suppressions", [])
        if item.fate in ("filled in", "forbidden"):
            suppressions.append({"kind": "external", "status": "accepted", "justification": item.why})
    return log


TOOLS = {
    "trivy": "trivy",
    "checkov": "checkov",
    "kube-linter": "kube-linter",
    "kubescape": "kubescape",
    "bridgecrew": "checkov",
}
"""The scanners by how the name of their driver begins in SARIF."""


@cache
def _data() -> Any:
    return read_json(__file__, "rules.json")


def condition_of(driver: str, rule: str) -> Condition | None:
    """Return what a rule of a scanner asks for; None for a rule that is not about admission, or of an unknown scanner.

    `driver` is the name of the scanner and `rule` the ID of the rule as SARIF has them. Trivy writes one rule as `KSV001`,
    `KSV-0001` and `AVD-KSV-0001`.
    """
    tool = next((name for start, name in TOOLS.items() if driver.lower().startswith(start)), "")
    if tool == "trivy" and (number := rule.removeprefix("AVD-").removeprefix("KSV").lstrip("-")).isdecimal():
        rule = f"KSV-{whole_number(number):04}"
    name = _data()["rules"].get(tool, {}).get(rule)
    if name is None:
        return None
    entry = _data()["conditions"][name]
    return Condition(entry["about"], tuple(tuple(group["any"]) for group in entry["all"]))


def _values(pod: Object, container: Path, test: Object) -> Iterator[Any]:
    """Yield the values that a test looks at: fields of the pod, of its volumes, of a container or its ports, or a security context."""
    field = test["field"]
    match test["of"]:
        case "pod":
            yield value_at(pod, ("spec", *field))
        case "volumes":
            yield from (value_at(volume, field) for volume in mappings(value_at(pod, ("spec", "volumes"))))
        case "ports":
            yield from (value_at(port, field) for port in mappings(value_at(pod, (*container, "ports"))))
        case "container":
            yield value_at(pod, (*container, "securityContext", *field))
        case _:
            value = value_at(pod, (*container, "securityContext", *field))
            yield value if value is not None else value_at(pod, ("spec", "securityContext", *field))


def _passes(test: Object, value: Any) -> bool:
    names = set(map(str, value if isinstance(value, list) else filter(None, [value])))
    if "in" in test:
        return value in test["in"]
    if "above" in test:
        return isinstance(value, int) and value > test["above"]
    if "has" in test:
        return not names.isdisjoint(test["has"])
    if "only" in test:
        return names <= set(test["only"])
    return names.isdisjoint(test["without"]) if "without" in test else bool(as_mapping(value))
