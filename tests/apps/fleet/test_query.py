"""SQL over a fleet: the views answer, and a query reaches nothing but the tables."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from scclint.apps.fleet.page import render_page
from scclint.apps.fleet.query import FORMATS, QueryResult, opened_database
from scclint.apps.fleet.store import Store
from scclint.apps.fleet.tables import TABLES
from scclint.apps.fleet.targets import FleetTarget
from scclint.apps.fleet.views import OF_TARGET, VIEWS
from scclint.errors import UsageError
from tests.apps.fleet.conftest import FIXTURES, rows, scan

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {containers: [{name: a, image: x%s}]}\n"
CONFINED = ", securityContext: {seccompProfile: {type: RuntimeDefault}}"
PRIVILEGED = ", securityContext: {privileged: true}"
PRIVILEGED_NAMESPACE = """
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: privileged}}
"""
EVERY_SCC = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: use-all}
rules:
  - {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], verbs: [use]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: use-all}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: use-all}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
"""


def ask(out: Path, sql: str) -> list[tuple[Any, ...]]:
    with opened_database(Store(str(out))) as database:
        return list(database.ask(sql).rows)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fleet with two scans: between them a pod became privileged, and a target came."""
    folder = tmp_path_factory.mktemp("fleet")
    for name in ("a", "b", "c"):
        (folder / name).mkdir()
        (folder / name / "web.yaml").write_text(POD % (PRIVILEGED if name == "b" else CONFINED))
    shutil.copytree(FIXTURES / "upgrade", folder / "upgrade")
    targets = [FleetTarget(str(folder / name), team) for name, team in (("a", "shop"), ("b", "shop"), ("upgrade", "pay"))]
    scan(folder / "fleet", [*targets, FleetTarget(str(folder / "missing"))], openshift=["4.22", "5.0"])
    (folder / "a" / "web.yaml").write_text(POD % PRIVILEGED)
    scan(folder / "fleet", [*targets, FleetTarget(str(folder / "c"))], openshift=["4.22", "5.0"])
    return folder / "fleet"


def test_tables_of_each_scan_have_the_rows_of_their_targets(fleet: Path) -> None:
    for name, table in TABLES.items():
        stored = len(rows(fleet, table))
        own = [column.name for column in table.columns]
        expected = ["scan", *own] if name == "targets" else [*(column.name for column in OF_TARGET), *own]
        with opened_database(Store(str(fleet))) as database:
            answer = database.ask(f"FROM {name}")
        assert list(answer.columns) == expected
        # The results of b and upgrade are stored once and belong to both scans.
        assert len(answer.rows) >= stored > 0
    assert ask(fleet, "SELECT count(*), count(DISTINCT (scan, target)) FROM targets") == [(8, 8)]
    assert ask(fleet, "SELECT count(DISTINCT target) FROM units GROUP BY scan ORDER BY scan") == [(3,), (4,)]


def test_unconfined(fleet: Path) -> None:
    found = ask(fleet, "SELECT split_part(target, '/', -1), container, new, unconfined_on FROM unconfined WHERE name = 'web'")
    # b is unconfined in both scans, and c, which is new, is confined.
    assert found == [("a", "a", True, ["4.22"]), ("b", "a", False, ["4.22"])]


def test_a_first_scan_and_a_release_that_is_judged_first_have_nothing_new(out: Path, tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(POD % PRIVILEGED + PRIVILEGED_NAMESPACE)
    for releases in (["4.22"], ["4.22", "5.0"]):
        scan(out, [tmp_path], openshift=releases)
        assert ask(out, "SELECT new, unconfined_on FROM unconfined") == [(False, releases)]


def test_rejected(fleet: Path) -> None:
    found = ask(fleet, "SELECT kind, name, breaks_on, rejected_on, admitted_on, rejected_by FROM rejected")
    assert ("DaemonSet", "agent", "5.0", ["5.0"], ["4.22"], "pod-security") in found
    assert [row[2] for row in found] == sorted((row[2] for row in found), reverse=True)
    stored = ask(
        fleet,
        "SELECT DISTINCT target, name, file, line FROM workloads JOIN scans USING (scan) WHERE latest AND result = 'rejected'",
    )
    assert len(found) == len(stored)


DEPLOYMENT = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: a, image: x, securityContext: {runAsUser: 7}}]}
"""


def test_a_workload_of_several_units_counts_once(out: Path, tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "web.yaml").write_text(POD % PRIVILEGED + DEPLOYMENT)
    (tmp_path / "base" / "kustomization.yaml").write_text("resources: [web.yaml]\n")
    for name in ("dev", "prod"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kustomization.yaml").write_text("resources: [../base]\n")
    scan(out, [tmp_path])
    assert ask(out, "SELECT count(*) FROM workloads") == [(4,)]
    assert ask(out, "SELECT workloads, rejected, containers, unconfined FROM by_repository") == [(2, 1, 2, 1)]
    for view in ("rejected", "unconfined"):
        assert ask(out, f"SELECT units FROM {view}") == [(["dev", "prod"],)]


def test_numbers_by_team_and_repository(fleet: Path) -> None:
    found = ask(fleet, "SELECT team, release, targets, workloads, rejected, unconfined FROM by_team")
    assert ("shop", "4.22", 2, 2, 0, 2) in found
    assert ("pay", "5.0", 1, 4, 2, 1) in found
    assert found[0][0] == "pay"
    repositories = ask(fleet, "SELECT split_part(target, '/', -1), release, rejected FROM by_repository")
    assert repositories[:2] == [("upgrade", "4.22", 0), ("upgrade", "5.0", 2)]
    assert len(repositories) == 8


def test_a_target_that_was_not_judged_has_no_numbers(out: Path, tmp_path: Path) -> None:
    scan(out, [FIXTURES / "demo", tmp_path / "missing"])
    found = ask(out, "SELECT status, release, workloads FROM by_repository")
    assert found == [("judged", "4.22", 3), ("failed", None, None)]
    assert ask(out, "SELECT targets, failed FROM trend") == [(1, 1)]


def test_shares_of_a_team_add_up(fleet: Path) -> None:
    found = ask(
        fleet,
        "SELECT team, release, round(sum(share), 2), sum(workloads)::INT FROM scc_share_by_team GROUP BY ALL ORDER BY ALL",
    )
    assert [row[2] for row in found] == [1.0] * len(found)
    assert ("shop", "5.0", 1.0, 2) in found


def test_grants_and_problems(out: Path, tmp_path: Path, fleet: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "grant.yaml").write_text(EVERY_SCC)
    scan(out, [FleetTarget(str(tmp_path / "app"))], openshift=["4.22", "5.0"])
    stored = ask(out, "SELECT DISTINCT release, subject, binding, scc FROM grants WHERE takes_node")
    found = ask(out, "SELECT releases, subject, binding, sccs FROM grants_that_open_the_node")
    assert sorted(stored) == sorted((release, *row[1:3], scc) for row in found for release in row[0] for scc in row[3])
    assert len(found) == 1
    assert ask(fleet, "SELECT count(*) FROM problem_targets") == [(0,)]


def test_findings_by_rule(fleet: Path) -> None:
    found = ask(fleet, "SELECT rule, severity, findings, targets, teams FROM findings_by_rule")
    latest = "findings JOIN scans USING (scan) WHERE latest AND suppressed_by = ''"
    assert sum(row[2] for row in found) == ask(fleet, f"SELECT count(*) FROM {latest}")[0][0]
    assert [row[1] for row in found] == sorted(
        (row[1] for row in found), key=["error", "warning", "access", "gap", "advice"].index
    )
    for rule, severity, *numbers in found:
        rows = ask(fleet, f"SELECT target, team FROM {latest} AND rule = '{rule}' AND severity = '{severity}'")
        targets, teams = {target for target, _ in rows}, {team for _, team in rows if team}
        assert numbers == [len(rows), len(targets), len(teams)]


def test_trend_has_a_row_for_each_scan_and_release(fleet: Path) -> None:
    found = ask(fleet, "SELECT scan, release, targets, failed, workloads FROM trend")
    assert [row[1:4] for row in found] == [("4.22", 3, 1), ("5.0", 3, 1), ("4.22", 4, 0), ("5.0", 4, 0)]
    assert all(row[4] > 0 for row in found)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_parquet('{out}/targets/*/*.parquet')",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM 'https://example.com/x.parquet'",
        "COPY (SELECT 1) TO '{out}/x.csv'",
        "ATTACH '{out}/x.db'",
        "EXPORT DATABASE '{out}/x'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SET temp_directory = '{out}'",
        "CALL enable_logging(storage_path = '{out}/log')",
        "PRAGMA enable_profiling",
        "SELECT * FROM database",
        "SELECT * FROM store",
        "SELEKT 1",
        "",
        "; -- nothing",
    ],
)
def test_queries_reach_nothing_else(fleet: Path, sql: str) -> None:
    before = {str(path) for path in fleet.rglob("*")}
    with pytest.raises(UsageError, match=r"^SQL: "):
        ask(fleet, sql.format(out=fleet))
    assert {str(path) for path in fleet.rglob("*")} == before


def test_no_finished_scan(out: Path) -> None:
    with pytest.raises(UsageError, match="has no finished scan"):
        ask(out, "FROM targets")


ANSWER = QueryResult(("name", "line", "list", "none"), (("=1+1", 7, ["a", "b"], None), ("\x1b[31m<b>", 8, [], None)))


def test_formats() -> None:
    assert FORMATS["table"](ANSWER).splitlines() == [
        "name         line  list  none",
        "=1+1         7     a, b",
        "\\x1b[31m<b>  8",
        "",
        "2 rows",
    ]
    assert json.loads(FORMATS["json"](ANSWER)) == [
        {"name": "=1+1", "line": 7, "list": ["a", "b"], "none": None},
        {"name": "\x1b[31m<b>", "line": 8, "list": [], "none": None},
    ]
    assert list(csv.reader(io.StringIO(FORMATS["csv"](ANSWER)))) == [
        ["name", "line", "list", "none"],
        ["'=1+1", "7", "a, b", ""],
        ["\\x1b[31m<b>", "8", "", ""],
    ]


def test_values_of_every_type_have_a_text(fleet: Path) -> None:
    sql = (
        "SELECT 1.5::DECIMAL(4, 2), DATE '2026-01-01', TRUE, 'nan'::DOUBLE, {'a': 1}, 'x'::BLOB, [NULL], now(), INTERVAL 1 DAY"
    )
    with opened_database(Store(str(fleet))) as database:
        answer = database.ask(sql)
    for render in FORMATS.values():
        assert render(answer)
    (values,) = json.loads(FORMATS["json"](answer))
    assert list(values.values())[:5] == [1.5, "2026-01-01", True, "nan", {"a": 1}]


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not {"src", "onload", "style"} & {name for name, _ in attrs}
        assert all(value and value.startswith("#") for name, value in attrs if name == "href")

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_has_each_view(fleet: Path) -> None:
    with opened_database(Store(str(fleet))) as database:
        text = render_page(database)
    page = Page(text)
    assert all(view.title in page.text for view in VIEWS)
    assert all(f"{title}\n" in page.text for title in ("Workloads that are rejected", "Containers that run unconfined"))
    # Of each line: the line, its dots and its key.
    assert text.count("<path") == 2 * 2 * 3
    assert text.index('id="trend"') < text.index('id="by-repository"')
    assert "DaemonSet agent/agent" in page.text
    assert not {"script", "img", "link", "iframe"} & set(page.tags)
    assert "default-src 'none'" in text.replace("&#x27;", "'")


def test_rows_that_differ_in_their_release_alone_are_one_on_the_page(fleet: Path) -> None:
    with opened_database(Store(str(fleet))) as database:
        text = render_page(database)
        shares = database.ask("SELECT release, team, scc, share FROM scc_share_by_team").rows
    by_share: dict[tuple[Any, ...], list[str]] = {}
    for release, *rest in shares:
        by_share.setdefault(tuple(rest), []).append(release)
    assert max(map(len, by_share.values())) == 2
    (section,) = (part for part in text.split("<section") if 'id="scc-share-by-team"' in part)
    assert section.count("<tr") - 1 == len(by_share)
    assert f"<summary>{len(by_share)} row" in section
    for (_, scc, share), releases in by_share.items():
        assert f">{', '.join(releases)}</td>" in section
        assert f">{scc}</td>" in section
        assert f">{share:.1%}</td>" in section


def test_names_from_manifests_are_text_on_the_page(out: Path, tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>"
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "web.yaml").write_text(POD.replace("name: web", f"name: '{hostile}'") % PRIVILEGED)
    for team in ("", hostile):
        scan(out, [FleetTarget(str(tmp_path / "app"), team), FleetTarget(f"memory://{hostile}", hostile)])
    with opened_database(Store(str(out))) as database:
        text = render_page(database)
    assert "script" not in Page(text).tags
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_an_empty_page(out: Path) -> None:
    scan(out, [])
    with opened_database(Store(str(out))) as database:
        # Without teams, there is no table of teams, and the trend says that it has one scan.
        assert Page(render_page(database)).text.count("None.") == len(VIEWS) - 2


def test_the_counters_lead_to_their_tables(fleet: Path) -> None:
    with opened_database(Store(str(fleet))) as database:
        text = render_page(database)
    counters = dict(re.findall(r'<li class="\w+"><a href="#([\w-]+)-rows"><b>([\d,]+)</b>', text))
    links = dict(re.findall(r'<li><a href="#([\w-]+?)(?:-rows)?">[^<]*</a> \(([\d,]+)\)', text))
    assert {"breaks", "unconfined"} <= set(counters) <= set(links)
    assert counters["breaks"] == links["breaks"] == "4"
    assert all(f'id="{section}"' in text for section in links)
    # A link leads into the fold, because a browser then opens it.
    assert all(f'</summary>\n<div class="rows" id="{section}-rows">' in text for section in counters)


def test_teams_can_be_chosen(fleet: Path) -> None:
    with opened_database(Store(str(fleet))) as database:
        text = render_page(database)
    assert re.findall(r"<option>([^<]*)</option>", text) == ["all teams", "no team", "pay", "shop"]
    (shop,) = re.findall(
        r'<tbody class="([^"]*)"[^>]*>\s*<tr[^>]*>\s*<th[^>]*>shop<', text.split('id="by-team"')[1].split("</section")[0]
    )
    assert f".team:not(.{shop.split()[1]})" in text.replace("&#x27;", "'")


def test_a_query_without_end_is_stopped(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scclint.apps.fleet.query.MAX_QUERY_SECONDS", 0.2)
    with opened_database(Store(str(fleet))) as database:
        with pytest.raises(UsageError, match=r"^SQL: the query took longer than 0\.2 seconds$"):
            database.ask("SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range * b.range = 7")
        assert database.ask("SELECT 1").rows == ((1,),)
