"""A change of values or of a patch alone: every format for code hosts shows the finding on the changed line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.deploy.tools import needs_helm, needs_kustomize
from tests.repository import git
from tests.running import write_below

if TYPE_CHECKING:
    from tests.cli.conftest import Cli, Run

POD = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
"""
CONTAINER = "      containers:\n        - name: web\n          image: registry.example/web:1\n"
CHART = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    "web/templates/_helpers.tpl": '{{ define "context" }}{{ toYaml (omit .Values.pod.securityContext "enabled") }}{{ end }}\n',
    "web/templates/web.yaml": POD
    + '      securityContext: {{- include "context" . | nindent 8 }}\n      hostNetwork: {{ .Values.hostNetwork | default false }}\n'
    + CONTAINER,
    "web/values.yaml": "replicas: 1\npod:\n  securityContext:\n    enabled: true\nhostNetwork: false\n",
}
OVERLAY = {
    "base/kustomization.yaml": "resources: [web.yaml]\n",
    "base/web.yaml": POD + CONTAINER,
    "edge/kustomization.yaml": "resources: [../base]\npatches:\n  - path: pod.yaml\n",
    "edge/pod.yaml": POD + "      terminationGracePeriodSeconds: 10\n",
    "inline/kustomization.yaml": (
        "resources: [../base]\npatches:\n  - target: {kind: Deployment}\n    patch: |\n"
        "      - op: add\n        path: /spec/template/spec/terminationGracePeriodSeconds\n        value: 10\n"
    ),
}

CHANGES: dict[str, tuple[dict[str, str], str, str, str]] = {
    "a value": (CHART, "web/values.yaml", "    enabled: true\n", "    enabled: true\n    runAsUser: 1001\n"),
    "a value that was another": (CHART, "web/values.yaml", "hostNetwork: false", "hostNetwork: true"),
    "a patch": (OVERLAY, "edge/pod.yaml", "terminationGracePeriodSeconds: 10", "hostNetwork: true"),
    "a patch within a kustomization": (
        OVERLAY,
        "inline/kustomization.yaml",
        "terminationGracePeriodSeconds\n        value: 10",
        "hostNetwork\n        value: true",
    ),
}
"""The files of a repository, the file that changes, and a text in it before and after. The finding is about the last line that differs."""


def changed_line(file: str, before: str, after: str) -> set[tuple[str, int]]:
    """The lines of a file that differ, with the file."""
    old, new = before.split("\n"), after.split("\n")
    return {(file, number) for number, line in enumerate(new, 1) if line not in old}


def checked(cli: Cli) -> tuple[Run, dict[str, str]]:
    """A run over the last commit, and what it tells each code host."""
    names = ("github", "sarif", "gitlab", "json")
    words = (word for name in names for word in ("--format", name, "--output", f"written.{name}"))
    run = cli("check", "--diff-base", "HEAD~1", *words, ".")
    return run, {name: Path(f"written.{name}").read_text(encoding="utf-8") for name in names}


def shown(name: str, text: str) -> set[tuple[str, int]]:
    """The file and line of every refusal in a report of this format."""
    match name:
        case "github":
            found = re.findall(r"^::error file=([^,]*),line=(\d+).*SCC101", text, re.MULTILINE)
            return {(file, int(line)) for file, line in found}
        case "sarif":
            results = [result for result in json.loads(text)["runs"][0]["results"] if result["ruleId"] == "SCC101"]
            places = [result["locations"][0]["physicalLocation"] for result in results]
            return {(place["artifactLocation"]["uri"], place["region"]["startLine"]) for place in places}
        case "gitlab":
            issues = [issue for issue in json.loads(text) if issue["check_name"] == "SCC101"]
            return {(issue["location"]["path"], issue["location"]["lines"]["begin"]) for issue in issues}
        case _:
            problems = json.loads(text)["problems"]
            return {
                (problem["file"], problem["line"])
                for problem in problems
                if problem["rule"] == "SCC101" and not problem["suppressed"]
            }


@needs_helm
@needs_kustomize
@pytest.mark.parametrize("case", CHANGES)
def test_a_code_host_shows_the_finding_on_the_changed_line(case: str, here: Path, cli: Cli) -> None:
    files, file, before, after = CHANGES[case]
    write_below(here, files)
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "base")
    assert files[file].count(before) == 1
    changed = files[file].replace(before, after)
    write_below(here, {file: changed})
    git("commit", "-q", "-a", "-m", "change")
    run, texts = checked(cli)
    assert run.status == 1, run.err
    for name, text in texts.items():
        places = shown(name, text)
        assert places, name
        assert places <= changed_line(file, files[file], changed), name


@needs_helm
def test_a_change_beside_a_known_finding_shows_nothing(here: Path, cli: Cli) -> None:
    known = CHART["web/values.yaml"].replace("hostNetwork: false", "hostNetwork: true")
    write_below(here, {**CHART, "web/values.yaml": known})
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "base")
    write_below(here, {"web/values.yaml": known.replace("replicas: 1", "replicas: 2\nname: web")})
    git("commit", "-q", "-a", "-m", "change")
    run, texts = checked(cli)
    assert run.status == 0, texts
    assert not any(shown(name, text) for name, text in texts.items())
