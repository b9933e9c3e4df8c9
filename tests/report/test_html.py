"""The `html` format: a page that shows everything, loads nothing, and takes no markup from manifests."""

import os
import re
import subprocess
from base64 import b64encode
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest

from scclint import __version__
from scclint.about import SITE
from scclint.finding import Crash, Fix, Notice, Subject, TextEdit
from scclint.record import replace
from scclint.report import Options, render
from scclint.report.html_page import prose, style_sheet
from scclint.run.report import Report
from tests.browser import dom, needs_chromium
from tests.cli.conftest import Cli, cli, here
from tests.running import report_on

__all__ = ["cli", "here"]

GOLDEN = Path(__file__).with_name("sample.html")
UPGRADE = Path(__file__).parents[2] / "fixtures" / "upgrade"
VOID = {"meta", "input", "br"}
SEARCH = (files("scclint.report.templates") / "search.js").read_text(encoding="utf-8")
HOSTILE = "</td></code><script>x</script><img src=http://evil.example onerror=x>\" ' & {{ 1 }}"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: %s, namespace: shop}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      containers:
      - {name: one, image: x}
      - {name: two, image: x%s}
"""


class Page(HTMLParser):
    """The elements of a page, each with its attributes, and the text of the body. Wrong nesting fails the test."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.code = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names)
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "script" in self._open:
            self.code += data
        elif "body" in self._open:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def full(sample: Report) -> Report:
    """The sample with a fix, in two files."""
    edits = (TextEdit("deploy/web.yaml", 14, 16, ""), TextEdit("rbac.yaml", 4, 4, "subjects: []\n"))
    first, *rest = sample.findings
    return replace(sample, findings=(replace(first, fix=Fix("Remove runAsUser: 0.", "It works.", "unsafe", edits)), *rest))


SHOWN = Options(show_suppressed=True)


def test_sample(full: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    text = render(full, "html", replace(SHOWN, paths=("deploy", "rbac.yaml")))
    if os.environ.get("SCCLINT_WRITE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_every_text_of_a_finding_is_there(full: Report) -> None:
    shown = Page(render(full, "html", SHOWN)).text
    for finding in full.findings:
        related = [one.message for one in (*finding.related, *finding.flow)]
        help = "" if finding.fix else finding.help
        for text in (finding.rule_id, finding.rule_name, *finding.message.split(": "), help, finding.span.file, *related):
            assert text in shown
    assert "(suppressed by comment: until the audit)" in shown
    assert "holds for 4.20, 4.21" in shown
    assert "unsafe fix: Remove runAsUser: 0. It works." in shown
    assert "deploy/web.yaml:14\n-        securityContext:\n-          runAsUser: 0\nrbac.yaml:4\n+subjects: []" in shown
    assert all(notice.message in shown for notice in full.notices)


def test_the_decisive_part_of_a_source_line_is_marked(sample: Report) -> None:
    text = render(sample, "html")
    assert '<span class="number">15 </span>          <mark>runAsUser: 0</mark></code></pre>' in text
    assert "{name: 🔥, securityContext: {<mark>privileged: true</mark>}}" in text


def test_the_chain_of_every_workload(here: Path, cli: Cli) -> None:
    root = ", securityContext: {runAsUser: 0}"
    Path("a.yaml").write_text(DEPLOYMENT % ("web", "") + "---\n" + DEPLOYMENT % ("root", root))
    text = cli("check", "--isolated", "--format", "html", "--openshift", "4.18,4.19", "a.yaml").out
    shown = words(text).partition("step by step. ")[2]
    assert shown.startswith(
        "Rejected 1 workload Deployment shop/root rejected a.yaml:15 "
        "Pod created by the controller in namespace shop as service account default "
        "SCC admission no SCC admits the pod "
        "restricted-v2: .containers[1].runAsUser: Invalid value: 0: must be in the ranges: [1000000000, 1000009999] "
        "Result no pod is created "
        "No problem 1 workload Deployment shop/web restricted-v2 a.yaml:3 "
    )
    granted = "through ClusterRoleBinding system:openshift:scc:restricted-v2 "
    policy = "Pod Security admits the pod the namespace enforces privileged the pod meets restricted "
    assert f"SCC admission restricted-v2 admits the pod usable by the creator, {granted}{policy}Containers " in shown
    assert (
        "Containers seccomp profile and user one: RuntimeDefault (SCC default) user: first of the range (namespace) two: "
        in shown
    )
    assert re.findall(r'<div class="node error"><div class="quiet">(.*?)<', text) == ["SCC admission", "Result"]


def test_a_workload_that_a_later_release_rejects_has_a_chain_for_each_release(cli: Cli) -> None:
    text = cli("check", "--isolated", "--format", "html", "--openshift", "5.0,4.22", str(UPGRADE)).out
    shown = words(text)
    assert "0 of 4 workloads rejected on 4.22 2 of 4 workloads break on 5.0 " in shown
    assert "Workloads by SCC on 4.22 anyuid 2 " in shown
    chains = shown.partition("Rejected by a later release 2 workloads ")[2].partition(" Unconfined 1 workload ")[0]
    before, _, after = chains.partition("Pod shop/shell ")[2].partition(" On 5.0: ")
    assert "breaks on 5.0" in before and "On 4.22: Pod created by kube:admin " in before and "rejects" not in before
    assert "Pod Security rejects the pod the namespace enforces restricted violates PodSecurity" in after
    assert "Result no pod is created" in after
    assert '<a href="#workloads-breaks">' in text and '<div id="workloads-breaks">' in text


def test_one_release_breaks_nothing(here: Path, cli: Cli) -> None:
    Path("a.yaml").write_text(DEPLOYMENT % ("root", ", securityContext: {runAsUser: 0}"))
    shown = words(cli("check", "--isolated", "--format", "html", "a.yaml").out)
    assert "1 of 1 workload rejected 0 of 2 containers unconfined" in shown and "break" not in shown


def test_verdicts_by_unit(here: Path) -> None:
    for name in ("base", "other"):
        Path(name).mkdir()
        Path(name, "web.yaml").write_text(DEPLOYMENT % (name, ""))
        Path(name, "kustomization.yaml").write_text("resources: [web.yaml]\n")
    text = render(report_on(["."], review=True), "html")
    assert re.findall(r'<span class="quiet">(in .*?)<', text) == ["in base", "in other"]
    assert "No problem 2 workloads Deployment shop/base restricted-v2 base/web.yaml:3 in base " in words(text)


def test_a_workload_of_plain_files_names_no_unit(here: Path) -> None:
    Path("base").mkdir()
    Path("base", "web.yaml").write_text(DEPLOYMENT % ("base", ""))
    Path("base", "kustomization.yaml").write_text("resources: [web.yaml]\n")
    Path("web.yaml").write_text(DEPLOYMENT % ("plain", ""))
    text = render(report_on(["."], review=True), "html")
    assert re.findall(r'<span class="quiet">(in .*?)<', text) == ["in base"]
    assert "other files</option>" in text


def test_markup_in_manifests_is_text(sample: Report, here: Path) -> None:
    plain = Page(render(sample, "html"))
    first = replace(sample.findings[0], message=HOSTILE, help=HOSTILE, rule_name=HOSTILE, notes=(HOSTILE,))
    texts = {first.span.file: sample.texts[first.span.file].replace("runAsUser: 0", HOSTILE)}
    hostile = Page(render(replace(sample, platform=HOSTILE, findings=(first, *sample.findings[1:]), texts=texts), "html"))
    assert {tag for tag, _ in hostile.elements} <= {tag for tag, _ in plain.elements}
    assert hostile.text.count(HOSTILE) == 6 and hostile.code == SEARCH
    Path("a.yaml").write_text(DEPLOYMENT.replace("one", f"'{HOSTILE.replace(chr(39), '')}'") % ("web", ""))
    page = Page(render(report_on(["a.yaml"], review=True), "html"))
    assert "<script>x</script>" in page.text
    assert page.code in ("", SEARCH) and not page.all("img")


def test_nothing_is_loaded(full: Report) -> None:
    text = render(full, "html", SHOWN)
    page = Page(text)
    assert "http:" not in text and "url(" not in text and "@import" not in text
    assert "javascript:" not in text
    assert page.code == SEARCH and len(page.all("script")) == 1 and page.all("script") == [{}]
    assert not {"link", "img", "iframe", "object", "form", "base"} & {tag for tag, _ in page.elements}
    ids = {f"#{attributes['id']}" for _, attributes in page.elements if "id" in attributes}
    assert all(link["href"] in ids or link["href"].startswith(SITE) for link in page.all("a"))
    allowed = {"class", "role", "scope", "rowspan", "id", "type", "checked", "open", "tabindex", "lang", "data-label"}
    allowed |= {"aria-labelledby", "aria-label", "colspan", "href", "charset", "http-equiv", "content", "name", "for"}
    allowed |= {"aria-describedby", "aria-hidden", "viewbox", "preserveaspectratio", "x", "y", "width", "height"}
    assert {name for _, attributes in page.elements for name in attributes} <= allowed


def test_only_the_style_sheet_and_the_script_of_the_page_are_allowed(sample: Report) -> None:
    text = render(sample, "html")
    style, script = (b64encode(sha256(part.encode()).digest()).decode() for part in (style_of(text), SEARCH))
    (policy,) = [meta["content"] for meta in Page(text).all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    sources = f"style-src 'sha256-{style}'; script-src 'sha256-{script}'"
    assert policy == f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'"
    assert "script" not in render(Report(), "html")


def style_of(text: str) -> str:
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    return str(style)


def test_headings_are_in_order(here: Path, cli: Cli) -> None:
    Path("a.yaml").write_text(DEPLOYMENT % ("web", ", securityContext: {runAsUser: 0}"))
    page = Page(cli("check", "--isolated", "--format", "html", "a.yaml").out)
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[:3] == [1, 2, 3] and all(after <= before + 1 for before, after in pairwise(levels))
    assert page.all("html") == [{"lang": "en"}]
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    assert {section["aria-labelledby"] for section in page.all("section")} <= set(ids)


def test_the_contents_lead_to_the_sections_and_a_finding_to_the_page_of_its_rule(sample: Report) -> None:
    text = render(sample, "html", SHOWN)
    links = [link["href"] for link in Page(text).all("a")]
    assert links[:2] == ["#findings", "#notices"]
    assert f"{SITE}rules/no-scc-admits/" in links


def test_a_finding_is_one_line_with_a_link_that_stays(sample: Report) -> None:
    def anchors(report: Report) -> dict[str, str]:
        found = Page(render(report, "html", SHOWN)).all("details")
        return {
            attributes["id"]: attributes["class"] for attributes in found if attributes.get("class", "").startswith("finding")
        }

    moved = replace(sample, findings=tuple(replace(f, span=f.span._replace(line=f.span.line + 1)) for f in sample.findings[1:]))
    assert len(anchors(sample)) == len(sample.findings)
    assert anchors(moved).items() < anchors(sample).items()
    assert [name.split()[1] for name in anchors(sample).values()] == ["error", "warning", "warning"]


def test_the_first_screen_counts_and_names_the_worst(here: Path, cli: Cli) -> None:
    root = (DEPLOYMENT % ("root", ", securityContext: {runAsUser: 0}")).replace("shop", "other")
    Path("a.yaml").write_text(GRANTS % "" + "---\n" + root)
    text = words(cli("check", "--isolated", "--format", "html", "--openshift", "4.12,4.20", "a.yaml").out)
    screen = text.partition(" Findings ")[0]
    assert "1 of 2 workloads rejected on 4.12 0 of 2 workloads break on 4.20 1 of 3 containers unconfined" in screen
    assert "0 of 3 containers run as root 1 grant of an SCC" in screen
    assert "rejected 1 anyuid 1" in screen


def test_more_than_five_findings_have_a_list_of_the_worst(sample: Report) -> None:
    first, second, *_ = sample.findings
    several = (
        *(replace(second, message=f"w{number}") for number in range(3)),
        *(replace(first, message=f"e{number}") for number in range(3)),
    )
    page = words(render(replace(sample, findings=several), "html"))
    worst = page.partition("The worst ")[2].partition(" Findings ")[0]
    assert worst.startswith("SCC101 e0 ") and "and 2 more of SCC101" in worst
    assert "The worst" not in words(render(sample, "html"))


def many(sample: Report) -> Report:
    """More findings than have a line of their own, of two rules."""
    first, second, *_ = sample.findings
    errors = (replace(first, message=f"e{number}") for number in range(20))
    return replace(sample, findings=(*(replace(second, message=f"w{number}") for number in range(20)), *errors))


def test_many_findings_are_behind_one_line_for_each_rule(sample: Report) -> None:
    page = Page(render(many(sample), "html"))
    groups = [details["class"] for details in page.all("details") if details["class"].startswith("group")]
    assert groups == ["group error", "group warning"]
    assert "SCC101 no-scc-admits 20 findings" in words(render(many(sample), "html"))
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_green_is_for_a_restricted_scc(here: Path, cli: Cli) -> None:
    Path("a.yaml").write_text(GRANTS % "" + "---\n" + DEPLOYMENT % ("root", ", securityContext: {runAsUser: 0}"))
    page = cli("check", "--isolated", "--format", "html", "a.yaml").out
    keys = re.findall(r'<rect class="([\w-]+)" width="12" height="12"/></svg> (\S+) ', page)
    assert keys == [("part-1", "anyuid")]


@pytest.mark.parametrize("path", [".", "a.yaml"])
def test_the_page_names_the_commit(here: Path, cli: Cli, path: str) -> None:
    Path("a.yaml").write_text(DEPLOYMENT % ("web", ""))
    assert "commit" not in cli("check", "--isolated", "--format", "html", path).out
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"]):
        subprocess.run(["git", *command], check=True)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert f"Input: {path}, commit {commit} " in words(cli("check", "--isolated", "--format", "html", path).out)


@needs_chromium
def test_the_search_hides_what_does_not_match(sample: Report, tmp_path: Path) -> None:
    page = render(sample, "html", SHOWN)
    typed = "search.value = 'SCC101 no scc'; search.dispatchEvent(new Event('input')); </script>"
    page = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", page).replace("</script>", typed)
    shown = dom(page, tmp_path)
    matched = re.findall(r'<details class="(finding [^"]*)"', shown)
    assert len(matched) == 3 and sum("unmatched" not in name for name in matched) == 1
    assert "1 of 3 findings<" in shown


@needs_chromium
def test_the_search_opens_the_rules_that_match(sample: Report, tmp_path: Path) -> None:
    page = render(many(sample), "html")
    typed = "search.value = 'w7'; search.dispatchEvent(new Event('input')); </script>"
    page = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", page).replace("</script>", typed)
    groups = re.findall(r'<details class="(group [^"]*)"([^>]*)>', dom(page, tmp_path))
    assert groups == [("group error unmatched", ""), ("group warning", ' open=""')]


def test_a_link_of_the_first_screen_leads_to_each_section(here: Path, cli: Cli) -> None:
    Path("a.yaml").write_text(GRANTS % "")
    page = Page(cli("check", "--isolated", "--format", "html", "a.yaml").out)
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert {"findings", "workloads", "grants"} <= ids
    assert {link["href"][1:] for link in page.all("a") if link["href"].startswith("#")} <= ids


def test_the_page_says_what_it_is_about_and_when_it_was_made(sample: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    text = words(render(sample, "html", Options(paths=("deploy", "rbac.yaml"))))
    assert "Input: deploy and rbac.yaml" in text
    assert f"scclint {__version__}, 2023-11-14" in text


def test_a_run_without_findings(sample: Report) -> None:
    page = Page(render(Report(), "html"))
    assert "Nothing judged" in page.text and not page.all("section")
    page = Page(render(Report(crashes=(Crash("X1", Subject(), "boom"),), notices=(Notice("error", "gone"),)), "html"))
    assert "internal error: rule X1 failed on a document: boom" in page.text and "error: gone" in page.text


def test_fixes_are_looked_for(here: Path, cli: Cli) -> None:
    Path("a.yaml").write_text(DEPLOYMENT % ("web", ", securityContext: {runAsUser: 0}"))
    assert "<del>-" in cli("check", "--isolated", "--format", "html", "a.yaml").out
    assert "<del>-" not in cli("check", "--isolated", "--format", "html", "--fixes", "never", "a.yaml").out


def test_a_failed_run_says_why(here: Path, cli: Cli) -> None:
    run = cli("check", "--config", "none.yaml", "--format", "html", "--output", "page.html", ".")
    assert run.status == 2
    page = Page(Path("page.html").read_text(encoding="utf-8"))
    assert "error:" in page.text and "none.yaml" in page.text


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("background", ["page", "panel", "mark", "added", "removed"])
def test_contrast(scheme: int, background: str) -> None:
    """Text has the contrast that WCAG 2.2, success criterion 1.4.3, asks for."""
    colors = dict(re.findall(r"--(\w+): (#\w{6})", style_sheet().split("@media screen")[scheme]))
    names = ("text", "quiet", "error", "warning", "info", "help") if background in ("page", "panel") else ("text",)
    for name in names:
        low, high = sorted((_luminance(colors[name]), _luminance(colors[background])))
        assert (high + 0.05) / (low + 0.05) >= 4.5, name


def _luminance(color: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    values = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in values]
    return sum(factor * value for factor, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


GRANTS = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: agents}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:privileged"}
subjects:
- {kind: ServiceAccount, name: web, namespace: shop}
%s
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:anyuid"}
subjects:
- {kind: Group, apiGroup: rbac.authorization.k8s.io, name: "system:serviceaccounts:shop"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {serviceAccountName: web, containers: [{name: a, image: x}]}
"""


def words(text: str) -> str:
    """The words of a page, in the order in which they are read."""
    return " ".join(unescape(re.sub("<[^>]+>", " ", text.partition("<body>")[2])).split())


def test_the_graph_of_grants(here: Path, cli: Cli) -> None:
    Path("a.yaml").write_text(GRANTS % "")
    text = cli("check", "--isolated", "--format", "html", "a.yaml").out
    page = Page(text)
    _, _, graph = words(text).rpartition("Who may use which SCC ")
    assert graph.startswith(
        "Each line shows subjects, what grants them the SCCs, and the SCCs. What OpenShift itself grants is left out. "
        "SCC privileged can take over the node 1 grant ServiceAccount shop/web runs Deployment web "
        "ClusterRoleBinding agents ClusterRole system:openshift:scc:privileged a.yaml:3:12 SCC privileged "
        "SCC anyuid 1 grant Group system:serviceaccounts:shop every service account of namespace shop "
        "RoleBinding shop/web ClusterRole system:openshift:scc:anyuid for pods in namespace shop a.yaml:11:12 SCC anyuid"
    )
    kinds = [attributes["class"] for attributes in page.all("div") if "class" in attributes]
    assert kinds.count("graph") == 2


def test_a_grant_to_many_subjects_shows_some_and_the_number_of_the_others(here: Path, cli: Cli) -> None:
    more = "".join(f"- {{kind: ServiceAccount, name: agent-{number}, namespace: ops}}\n" for number in range(99))
    Path("a.yaml").write_text(GRANTS % more)
    text = words(cli("check", "--isolated", "--format", "html", "--select", "SEC2", "a.yaml").out)
    assert "92 more" in text
    assert all(f"ServiceAccount ops/agent-{number} " in text for number in range(99))
    graph = text.partition("can take over the node 1 grant ")[2]
    assert graph.startswith("ServiceAccount shop/web runs Deployment web")


def test_a_grant_that_the_release_makes_is_left_out(here: Path, cli: Cli) -> None:
    Path("a.yaml").write_text(DEPLOYMENT % ("web", ""))
    assert "Who may use" not in cli("check", "--isolated", "--format", "html", "a.yaml").out


def test_filters_hide_what_does_not_belong_to_the_choice(here: Path) -> None:
    for name, more in (("a", ", securityContext: {runAsUser: 0}"), ("b", "")):
        Path(name).mkdir()
        Path(name, "kustomization.yaml").write_text("resources: [web.yaml]\n")
        Path(name, "web.yaml").write_text(DEPLOYMENT % (name, more))
    page = Page(text := render(report_on(["."], review=True), "html"))
    assert [select["id"] for select in page.all("select")] == ["unit"]
    assert "Unit all units a b " in words(text)
    assert "body:has(#unit option:nth-child(2):checked) .unit:not(.unit-0) { display: none; }" in text
    workloads = [one["class"] for one in page.all("details") if one["class"].startswith("workload")]
    assert [name.partition(" ")[2] for name in workloads] == ["unit unit-0", "unit unit-1"]
    findings = [attributes["class"] for attributes in page.all("details") if attributes.get("class", "").startswith("finding")]
    assert findings and all("unit-0" in name for name in findings)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("run `a <b>` again", "run <code>a &lt;b&gt;</code> again"),
        ("`a` and `b`", "<code>a</code> and <code>b</code>"),
        ("a ` alone <b>", "a ` alone &lt;b&gt;"),
        ("no code", "no code"),
    ],
)
def test_a_text_between_backticks_is_code(text: str, shown: str) -> None:
    assert prose(text) == shown
    page = render(Report(notices=(Notice("note", text),)), "html", Options())
    assert f"note: {shown}</li>" in page
