"""SARIF as GitHub code scanning shows it, by the fields that its documentation names.

Source: docs.github.com, "SARIF support for code scanning".
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from scclint.record import replace
from scclint.registry import builtin
from scclint.report import render
from scclint.run.report import Report

Json = dict[str, Any]
_LONGEST_TITLE = 100


def alerts(report: Report) -> Iterator[str]:
    """Each alert of a report as text: title, severity, tags, place with the source, message, and the steps that led there."""
    (run,) = json.loads(render(report, "sarif"))["runs"]
    for result in run["results"]:
        rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
        lines = [
            f"{rule['shortDescription']['text']} [{severity(rule)}] {' '.join(rule['properties'].get('tags', ()))}".rstrip()
        ]
        lines.append(f"  {where(result['locations'][0])}")
        lines.append(f"  {shown(result)}")
        for flow in result.get("codeFlows", ()):
            for number, step in enumerate(flow["threadFlows"][0]["locations"], 1):
                lines.append(f"  {number}. {step['location']['message']['text']} ({where(step['location'])})")
        yield "\n".join(lines)


def severity(rule: Json) -> str:
    """The word that GitHub shows: that of the security severity, or else that of the problem."""
    score = float(rule["properties"].get("security-severity", 0))
    bounds = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"))
    return next((word for bound, word in bounds if score >= bound), rule["properties"]["problem.severity"])


def where(location: Json) -> str:
    place = location["physicalLocation"]
    region = place["region"]
    return f"{place['artifactLocation']['uri']}:{region['startLine']} {region['snippet']['text']}"


def shown(result: Json) -> str:
    """The message with each link to a related location replaced by its place."""
    places = {one["id"]: where(one) for one in result.get("relatedLocations", ())}
    return re.sub(
        r"\[((?:\\.|[^\]\\])+)\]\((\d+)\)", lambda found: f"{found[1]} <{places[int(found[2])]}>", result["message"]["text"]
    )


def test_an_alert_says_what_and_where_and_why(sample: Report) -> None:
    first, second = alerts(replace(sample, findings=sample.findings[:2]))
    assert first.splitlines() == [
        "No SCC admits the pod. [high] security problem scc external/cwe/cwe-250",
        "  deploy/web.yaml:15 runAsUser: 0",
        f"  {sample.findings[0].message}. Leave runAsUser out. "
        "anyuid [of the release] allows no profile. See deploy/web.yaml:11:9 <deploy/web.yaml:11 seccompProfile: {type: RuntimeDefault}>.",
        "  1. service account shop/web (deploy/web.yaml:9 serviceAccountName: web)",
        "  2. RoleBinding shop/web-anyuid (rbac.yaml:3 name: web-anyuid)",
    ]
    assert second.splitlines() == [
        "unconfined-by-default. [warning]",
        "  pod.yaml:4 privileged: true",
        "  Pod b: container 🔥 is privileged.",
    ]


def test_titles_are_sentences_that_fit_in_a_list() -> None:
    for rule in builtin():
        assert rule.title[0].isupper() and len(rule.title) <= _LONGEST_TITLE, rule.id
