import json
import re
from pathlib import Path
from typing import Any

import pytest

from scclint.about import rule_page
from scclint.finding import Crash, Finding, Severity, Subject
from scclint.record import replace
from scclint.registry import builtin
from scclint.report import Options, render, sarif
from scclint.report.sarif import line_hashes, precision
from scclint.run.report import Report
from scclint.source import Span


def run_of(report: Report, options: Options | None = None) -> dict[str, Any]:
    log = json.loads(render(report, "sarif", options))
    assert (log["$schema"], log["version"]) == ("https://json.schemastore.org/sarif-2.1.0.json", "2.1.0")
    (run,) = log["runs"]
    found: dict[str, Any] = run
    return found


def steps_of(result: Any) -> Any:
    return result["codeFlows"][0]["threadFlows"][0]["locations"]


def test_result(sample: Report) -> None:
    result = run_of(sample)["results"][0]
    for location in (*result["relatedLocations"], *(step["location"] for step in steps_of(result))):
        text = sample.texts[location["physicalLocation"]["artifactLocation"]["uri"]]
        assert location["physicalLocation"]["region"].pop("snippet")["text"] in text
        assert location["physicalLocation"].pop("contextRegion")["snippet"]["text"] in text
    line_hash = line_hashes(sample.texts["deploy/web.yaml"], [15])[15]
    assert re.fullmatch(r"[0-9a-f]{32}:1", result["partialFingerprints"].pop("scclint/v1"))
    assert result == {
        "ruleId": "SCC101",
        "ruleIndex": 0,
        "level": "error",
        "message": {
            "text": f"{sample.findings[0].message}. Leave runAsUser out. "
            "anyuid [of the release] allows no profile. See [deploy/web.yaml:11:9](1)."
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "deploy/web.yaml"},
                    "region": {
                        "startLine": 15,
                        "startColumn": 11,
                        "endLine": 15,
                        "endColumn": 23,
                        "snippet": {"text": "runAsUser: 0"},
                    },
                    "contextRegion": {
                        "startLine": 13,
                        "endLine": 15,
                        "snippet": {"text": "      - name: nginx\n        securityContext:\n          runAsUser: 0"},
                    },
                },
                "logicalLocations": [
                    {"name": "web", "fullyQualifiedName": "Deployment/shop/web", "kind": "resource"},
                    {
                        "name": "runAsUser",
                        "fullyQualifiedName": "Deployment/shop/web:spec.template.spec.containers[0].securityContext.runAsUser",
                        "kind": "property",
                    },
                ],
            }
        ],
        "relatedLocations": [
            {
                "id": 1,
                "physicalLocation": {
                    "artifactLocation": {"uri": "deploy/web.yaml"},
                    "region": {"startLine": 11, "startColumn": 9, "endLine": 11, "endColumn": 47},
                },
                "message": {"text": "the profile [asked] for"},
            }
        ],
        "codeFlows": [
            {
                "threadFlows": [
                    {
                        "locations": [
                            {
                                "location": {
                                    "physicalLocation": {
                                        "artifactLocation": {"uri": "deploy/web.yaml"},
                                        "region": {"startLine": 9, "startColumn": 7, "endLine": 9, "endColumn": 30},
                                    },
                                    "message": {"text": "service account shop/web"},
                                }
                            },
                            {
                                "location": {
                                    "physicalLocation": {
                                        "artifactLocation": {"uri": "rbac.yaml"},
                                        "region": {"startLine": 3, "startColumn": 3, "endLine": 3, "endColumn": 19},
                                    },
                                    "message": {"text": "RoleBinding shop/web-anyuid"},
                                }
                            },
                        ]
                    }
                ]
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": line_hash},
        "properties": {"kind": "problem", "releases": ["4.20", "4.21"]},
    }


def test_columns_are_utf16_code_units(sample: Report) -> None:
    run = run_of(sample)
    assert run["columnKind"] == "utf16CodeUnits"
    region = run["results"][1]["locations"][0]["physicalLocation"]["region"]
    text = region.pop("snippet")
    assert text == {"text": "privileged: true"}
    assert region == {"startLine": 4, "startColumn": 56, "endLine": 4, "endColumn": 72}


def test_a_region_has_one_line_and_always_a_start(sample: Report) -> None:
    findings = (
        replace(sample.findings[0], span=Span("deploy/web.yaml", 13, 9, 15, 23)),
        replace(sample.findings[0], span=Span("deploy/web.yaml", 0, 0, 0, 0)),
        replace(sample.findings[0], span=Span("missing.yaml", 3, 2, 5, 1)),
    )
    regions = [r["locations"][0]["physicalLocation"]["region"] for r in run_of(replace(sample, findings=findings))["results"]]
    assert regions == [
        {"startLine": 13, "startColumn": 9, "endLine": 13, "endColumn": 20, "snippet": {"text": "name: nginx"}},
        {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2, "snippet": {"text": "a"}},
        {"startLine": 3, "startColumn": 2},
    ]


def test_rules_with_findings_are_listed_with_githubs_properties(sample: Report) -> None:
    rules = run_of(sample, Options(show_suppressed=True))["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["SCC101", "SCC301", "SEC201"]
    assert rules[0] == {
        "id": "SCC101",
        "name": "NoSccAdmits",
        "shortDescription": {"text": "No SCC admits the pod."},
        "fullDescription": {"text": "Every SCC that the pod may use refuses it."},
        "helpUri": "https://scclint.github.io/scclint/rules/no-scc-admits/",
        "help": {"text": sample.rules[0].page.removeprefix("# ") + "\n\n- https://docs.redhat.com/"},
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "precision": "high",
            "problem.severity": "error",
            "security-severity": "8.0",
            "tags": ["security", "problem", "scc", "external/cwe/cwe-250"],
        },
    }
    assert rules[1]["help"]["text"] == "No profiles."
    assert "security-severity" not in rules[1]["properties"]
    assert run_of(replace(sample, findings=()))["tool"]["driver"]["rules"] == []
    failed = replace(sample, findings=(), crashes=(Crash("SCC101", Subject(), "boom"),))
    assert run_of(failed)["tool"]["driver"]["rules"] == rules[:1]


def test_a_message_has_at_most_300_characters(sample: Report) -> None:
    first = sample.findings[0]
    long = [replace(first, message=text) for text in ("x" * 400, "x" * 280, "short")]
    texts = [result["message"]["text"] for result in run_of(replace(sample, findings=tuple(long)))["results"]]
    assert texts[0] == "x" * 299 + "…" and texts[1] == "x" * 280 + "." and texts[2].startswith("short. Leave runAsUser out.")
    assert max(map(len, texts)) == 300


def test_help_is_plain_text(sample: Report) -> None:
    page = "# name\n\nSee [this](x.md) and `that`.\n\n## Why\n\n```yaml\n# a comment\na: 1\n```\n"
    rule = replace(sample.rules[0], page=page, references=())
    (entry,) = [rule for rule in run_of(replace(sample, rules=(rule,)))["tool"]["driver"]["rules"] if rule["id"] == "SCC101"]
    assert entry["help"] == {"text": f"name\n\nSee this ({rule_page('x')}) and that.\n\nWhy\n\n# a comment\na: 1\n"}


def test_precision_comes_from_the_study(sample: Report) -> None:
    rule = sample.rules[0]
    studies = {"high": ((0, 0), (19, 19)), "very-high": ((20, 20),), "medium": ((30, 29), (2, 1)), "low": ((5, 2),)}
    for word, counts in studies.items():
        assert {precision(replace(rule, study=count)) for count in counts} == {word}
    assert len({precision(one) for one in builtin()}) >= 3


def test_a_rule_of_others_leads_to_its_first_reference(sample: Report) -> None:
    rule = replace(sample.rules[0], id="ACME001", references=("RFC 1", "https://acme.example/1", "https://acme.example/2"))
    found = replace(sample, findings=(replace(sample.findings[0], rule_id="ACME001"),), rules=(rule,))
    (entry,) = run_of(found)["tool"]["driver"]["rules"]
    assert entry["helpUri"] == "https://acme.example/1"
    (entry,) = run_of(replace(found, rules=(replace(rule, references=()),)))["tool"]["driver"]["rules"]
    assert "helpUri" not in entry


def test_the_context_is_more_than_the_region_and_long_lines_are_not_quoted(sample: Report) -> None:
    texts = {"one.yaml": "a: 1\n", "long.yaml": f"a: {'x' * 1000}\nb: 2\nc: 3\n", "tab.yaml": "a: 1\nb:\t\x1b[31m\nc: 1\nd: 1"}
    findings = tuple(
        replace(sample.findings[1], span=span)
        for span in (Span("one.yaml", 1, 1, 1, 5), Span("long.yaml", 1, 1, 1, 2), Span("long.yaml", 2, 1, 2, 5))
    )
    findings += (replace(sample.findings[1], span=Span("tab.yaml", 2, 1, 2, 9)),)
    places = [
        result["locations"][0]["physicalLocation"]
        for result in run_of(replace(sample, findings=findings, texts=texts))["results"]
    ]
    assert places[0]["region"]["snippet"] == {"text": "a: 1"} and "contextRegion" not in places[0]
    assert "snippet" not in places[1]["region"] and "contextRegion" not in places[1]
    assert places[2]["contextRegion"] == {"startLine": 2, "endLine": 3, "snippet": {"text": "b: 2\nc: 3"}}
    assert places[3]["contextRegion"]["snippet"] == {"text": "a: 1\nb:\\t\\x1b[31m\nc: 1\nd: 1"}


def test_every_index_and_link_leads_somewhere(sample: Report) -> None:
    run = run_of(sample, Options(show_suppressed=True))
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        targets = [int(number) for number in re.findall(r"\]\((\d+)\)", result["message"]["text"])]
        assert targets == [location["id"] for location in result.get("relatedLocations", [])]


def test_links_of_manifests_lead_nowhere(sample: Report) -> None:
    finding = replace(sample.findings[0], message="see [here](1) and [there](http://x)", help="[a](2)")
    text = run_of(replace(sample, findings=(finding,)))["results"][0]["message"]["text"]
    assert text.startswith("see [here] (1) and [there] (http://x). [a] (2). anyuid [of the release] allows no profile. See [")


def test_suppressed_results_are_left_out_or_marked_in_all(sample: Report) -> None:
    assert [r["ruleId"] for r in run_of(sample)["results"]] == ["SCC101", "SEC201"]
    assert all("suppressions" not in r for r in run_of(sample)["results"])
    results = run_of(sample, Options(show_suppressed=True))["results"]
    assert [r["suppressions"] for r in results[:2]] == [[], []]
    (suppression,) = results[2]["suppressions"]
    assert suppression["location"]["physicalLocation"]["region"]["startLine"] == 2
    del suppression["location"]
    assert suppression == {"kind": "inSource", "status": "accepted", "justification": "until the audit"}
    assert results[2]["level"] == "warning"


def test_notifications(sample: Report) -> None:
    report = replace(sample, crashes=(Crash("SCC101", Subject("v1", "Pod", "", "b"), "KeyError: 'spec'"),))
    (invocation,) = run_of(report)["invocations"]
    assert invocation["executionSuccessful"] is False
    assert [(n["level"], n["message"]["text"]) for n in invocation["toolExecutionNotifications"]] == [
        ("warning", "a Helm template source is passed over"),
        ("note", "no cluster state"),
        ("error", "Rule SCC101 failed on Pod b: KeyError: 'spec'. This is a bug of scclint."),
        (
            "note",
            "OpenShift 4.22; 4 files, 6 documents: 3 linted (2 workloads), 1 of other kinds, 1 not judged, 1 unparsable.",
        ),
    ]
    assert invocation["toolExecutionNotifications"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 3
    assert invocation["toolExecutionNotifications"][2]["associatedRule"] == {"id": "SCC101", "index": 0}


def test_category(sample: Report) -> None:
    assert run_of(sample)["automationDetails"] == {"id": "scclint/"}
    assert run_of(sample, Options(sarif_category="nightly"))["automationDetails"] == {"id": "nightly/"}
    assert run_of(sample, Options(sarif_category="a/b/"))["automationDetails"] == {"id": "a/b/"}


def test_uris_are_from_the_repository_root(sample: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sub = tmp_path / "deep er" / "sub"
    (tmp_path / ".git").mkdir()
    sub.mkdir(parents=True)
    (tmp_path / "real.yaml").write_text("x")
    (sub / "link.yaml").symlink_to(tmp_path / "real.yaml")
    monkeypatch.chdir(sub)
    names = ["web.yaml", "../up.yaml", "./link.yaml", str(sub / "é[1].yaml"), "/elsewhere/a b.yaml"]
    findings = tuple(replace(sample.findings[1], span=Span(name, 1, 1, 1, 2)) for name in names)
    results = run_of(replace(sample, findings=findings))["results"]
    assert [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results] == [
        "deep%20er/sub/web.yaml",
        "deep%20er/up.yaml",
        "real.yaml",
        "deep%20er/sub/%C3%A9%5B1%5D.yaml",
        "file:///elsewhere/a%20b.yaml",
    ]


def test_no_text_is_empty(sample: Report) -> None:
    related = replace(sample.findings[0].related[1], message=" ")
    finding = replace(sample.findings[0], message="", help="\n", related=(related,))
    (result,) = run_of(replace(sample, findings=(finding,)))["results"]
    assert result["message"]["text"] == "SCC101 no-scc-admits. See [deploy/web.yaml:11:9](1)."
    assert result["relatedLocations"][0]["message"]["text"] == "deploy/web.yaml:11:9"


def many(number: int, message: str = "m") -> Report:
    severities = (None, Severity.WARNING, Severity.ERROR)
    return Report(
        tuple(
            Finding(
                f"X{n % 3}",
                "x",
                "problem" if n % 3 else "advice",
                severities[n % 3],
                message,
                Span("a.yaml", n + 1, 1, n + 1, 2),
            )
            for n in range(number)
        )
    )


def test_no_more_results_than_github_takes_the_most_severe_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sarif.MOST_RESULTS == 25_000
    monkeypatch.setattr(sarif, "MOST_RESULTS", 5)
    run = run_of(many(9), Options(advice=True))
    lines = [r["locations"][0]["physicalLocation"]["region"]["startLine"] for r in run["results"]]
    assert lines == [2, 3, 5, 6, 9]
    notice = run["invocations"][0]["toolExecutionNotifications"][0]
    assert notice["message"]["text"].startswith("4 findings that matter least left out")


def test_no_larger_file_than_github_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    assert sarif.LARGEST_GZIP == 10_000_000
    monkeypatch.setattr(sarif, "LARGEST_GZIP", 4_000)
    text = render(many(900), "sarif", Options(advice=True))
    assert len(gzip.compress(text.encode())) <= 4_000 + 100
    run = json.loads(text)["runs"][0]
    assert 0 < len(run["results"]) < 900
    levels = [r["level"] for r in run["results"]]
    assert levels.count("error") == min(300, len(levels)) and levels.count("note") == max(0, len(levels) - 600)
    left_out = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert left_out.startswith(f"{900 - len(run['results'])} findings ")


def test_links_between_manual_pages_have_addresses(sample: Report) -> None:
    """Code scanning shows the manual outside of the site."""
    findings = tuple(replace(sample.findings[0], rule_id=rule.id) for rule in builtin())
    rules = run_of(replace(sample, findings=findings, rules=builtin().rules))["tool"]["driver"]["rules"]
    assert len(rules) == len(builtin().rules)
    assert [rule["id"] for rule in rules if re.search(r"\]\(|\((?!https)[a-z0-9-]+\.md", rule["help"]["text"])] == []
