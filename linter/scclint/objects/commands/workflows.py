"""Reads jobs of CI workflows, scripts and targets of Makefiles: which of their lines use a cluster that they create themselves."""

import re
from collections.abc import Iterator

from scclint.objects.documents import load_text
from scclint.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_CREATES = (
    r"\b(?i:kind[)}]?[ \t]+create[ \t]+cluster|minikube[)}]?[ \t]+start|k3d[)}]?[ \t]+cluster[ \t]+create)\b"
    r"|(?:^|/)(?:kind-action|setup-kind|setup-minikube|k3d-action)@"
)
"""A command that creates a cluster of kind, minikube or k3d, or the name of an action of GitHub that does."""
_SWITCHES = (
    r"\b(?:oc|kubectl)[ \t]+login\b|oc-login@|use-context|set-context|--(?:kube-)?context[= \t](?!kind-)|KUBECONFIG|--kubeconfig"
    r"|--server\b|get-credentials|update-kubeconfig|set-credentials"
)
"""What may lead to another cluster."""
_TARGETS = r"(?P<targets>[\w./% -]+)::?(?!=)(?P<needed>[^=;|]*)$"
"""The line of a Makefile that begins a rule, with its targets and what they need."""


def lines_on_own_cluster(file: str, text: str) -> Iterator[int]:
    """Yield the lines of a workflow of GitHub or GitLab behind a command of the same job that creates a cluster of kind, minikube or k3d.

    A job that may switch to another cluster has none. A step with a condition creates none.
    """
    if not re.search(_CREATES, text):
        return
    lines = text.split("\n")
    for document in load_text(file, text, frozenset()):
        for job in _jobs(document.root):
            steps = [[*_lines(step, lines)] for step in job]
            if any(re.search(_SWITCHES, line) for step in steps for _, line in step):
                continue
            is_created = False
            for node, step in zip(job, steps, strict=True):
                is_certain = not isinstance(node, MappingNode) or node.get("if") is None
                for number, line in step:
                    if is_created:
                        yield number
                    is_created = is_created or (is_certain and re.search(_CREATES, line) is not None)


def lines_of_script_on_own_cluster(text: str) -> Iterator[int]:
    """Yield the lines of a shell script behind a command that creates a cluster of kind, minikube or k3d, unless it may switch to another."""
    if not re.search(_CREATES, text):
        return
    lines = [re.sub(r"(?:^|\s)#.*", "", line) for line in text.split("\n")]
    if any(re.search(_SWITCHES, line) for line in lines):
        return
    first = next((number for number, line in enumerate(lines, 1) if re.search(_CREATES, line)), len(lines))
    yield from range(first + 1, len(lines) + 1)


def lines_of_makefile_on_own_cluster(text: str) -> Iterator[int]:
    """Yield the lines of the targets of a Makefile behind a command that creates a cluster of kind, minikube or k3d.

    A target that needs one that creates a cluster has only such lines. A target that may switch to another cluster has none.
    """
    if not re.search(_CREATES, text):
        return
    lines = [re.sub(r"(?:^|\s)#.*", "", line) for line in text.split("\n")]
    needed: dict[str, set[str]] = {}
    recipes: dict[str, list[int]] = {}
    targets: list[str] = []
    for number, line in enumerate(lines):
        if line.startswith("\t"):
            for target in targets:
                recipes[target].append(number)
        elif rule := re.match(_TARGETS, line):
            targets = rule["targets"].split()
            for target in targets:
                needed.setdefault(target, set()).update(rule["needed"].split())
                recipes.setdefault(target, [])
        elif line.strip():
            targets = []
    creating = {target for target, numbers in recipes.items() if any(re.search(_CREATES, lines[number]) for number in numbers)}
    for target, numbers in recipes.items():
        if any(re.search(_SWITCHES, lines[number]) for number in numbers):
            continue
        is_created = not creating.isdisjoint(needed[target] - {target})
        for number in numbers:
            if is_created:
                yield number + 1
            is_created = is_created or re.search(_CREATES, lines[number]) is not None


def _jobs(root: Node | None) -> Iterator[list[Node]]:
    """Yield the steps of each job of a workflow of GitHub, or the commands of each job of a pipeline of GitLab."""
    if not isinstance(root, MappingNode):
        return
    jobs = root.get("jobs")
    for job in (entry.value for entry in (jobs if isinstance(jobs, MappingNode) else root).entries):
        if isinstance(job, MappingNode):
            listed = (job.get(key) for key in (("steps",) if jobs is not None else ("before_script", "script")))
            yield [item for items in listed if isinstance(items, SequenceNode) for item in items.items]


def _lines(step: Node, lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines of the command that a step runs, or of the action that it uses, without comments."""
    parts: list[Node] = [step] if isinstance(step, ScalarNode) else []
    if isinstance(step, MappingNode):
        parts = [node for key in ("uses", "run", "env", "with") if (node := step.get(key)) is not None]
    for part in parts:
        for number in range(part.line, part.end_line + 1):
            line = re.sub(r"(?:^|\s)#.*", "", lines[number - 1])
            yield number, re.sub(r"^\s*(?:- )?(?:uses|run): *[\"']?", "", line)
