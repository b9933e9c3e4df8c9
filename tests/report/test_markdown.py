import pytest

from scclint.finding import Crash, Finding, Notice, Severity, Subject
from scclint.record import replace
from scclint.report import render
from scclint.report.markdown import code, line_addresses, link, prose
from scclint.run.report import Report
from scclint.source import Span


def test_markdown(sample: Report) -> None:
    assert render(sample, "markdown") == (
        "## scclint: 1 error, 1 warning (1 suppressed)\n\n"
        "1 of 2 workloads rejected, 1 container unconfined\n\n"
        "OpenShift 4.22; 4 files, 6 documents: 3 linted (2 workloads), 1 of other kinds, 1 not judged, 1 unparsable.\n\n"
        "- 🔴 deploy/web.yaml:15 **Deployment shop/web: no SCC that it may use admits the pod** "
        "([SCC101](<https://scclint.github.io/scclint/rules/no-scc-admits/>))\n"
        "  - holds for 4.20, 4.21\n"
        "  - runAsUser=0 is outside 1000660000..1000669999, and anyuid refuses seccompProfile.type=RuntimeDefault\n"
        "  - anyuid &#91;of the release&#93; allows no profile\n"
        "  - and 3 more: <code>scclint explain 4d54cb1a</code>\n"
        "  - **help:** Leave runAsUser out.\n\n"
        "- 🟡 pod.yaml:4 **Pod b: container 🔥 is privileged** (SEC201)\n\n"
        "<details><summary>2 notices</summary>\n\n"
        "- warning: <code>charts/x.yaml</code>: a Helm template source is passed over\n"
        "- note: no cluster state\n\n</details>\n"
    )


HOSTS = {
    "GitHub": (
        {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/shop", "GITHUB_SHA": "abc"},
        "[deploy/web.yaml:15](<https://github.com/acme/shop/blob/abc/deploy/web.yaml#L15>)",
    ),
    "GitLab": (
        {"CI_PROJECT_URL": "https://gitlab.com/acme/shop", "CI_COMMIT_SHA": "abc"},
        "[deploy/web.yaml:15](<https://gitlab.com/acme/shop/-/blob/abc/deploy/web.yaml#L15>)",
    ),
    "none": ({"GITHUB_REPOSITORY": "acme/shop"}, "deploy/web.yaml:15"),
}


@pytest.mark.parametrize("host", HOSTS)
def test_a_line_is_a_link_in_a_job_of_a_code_host(sample: Report, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment, shown = HOSTS[host]
    for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_SHA", "CI_PROJECT_URL", "CI_COMMIT_SHA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert f"- 🔴 {shown} **Deployment shop/web" in render(sample, "markdown")


def test_a_file_outside_of_the_repository_is_no_link(sample: Report) -> None:
    address = line_addresses(HOSTS["GitHub"][0])
    assert address("/elsewhere/web.yaml", 3) == "" and address("a b.yaml", 3).endswith("/a%20b.yaml#L3")


@pytest.mark.parametrize("address", ["https://x/> [y](z)", "https://x/\n", "https://x y"])
def test_an_address_that_could_end_its_link_is_left_out(address: str) -> None:
    assert link("[a]", address) == "&#91;a&#93;"


def test_an_error_of_the_run_comes_first(sample: Report) -> None:
    text = render(replace(sample, notices=(*sample.notices, Notice("error", "gone"))), "markdown")
    assert text.index("> error: gone") < text.index("SCC101") < text.index("2 notices")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("containers[0].name", "containers&#91;0&#93;.name"),
        ("[x](http://y) ![i](z)", "&#91;x&#93;(http:&#8203;//y) !&#91;i&#93;(z)"),
        (
            "a|b \\| `c` *d* _e_ ~f~ $g$",
            "a&#124;b &#92;&#124; &#96;c&#96; &#42;d&#42; &#95;e&#95; &#126;&#8203;f&#126; &#36;g&#36;",
        ),
        ("<script>&amp;", "&#60;script&#62;&#38;amp;"),
        ("@team #12 www.x.y GH-3", "@&#8203;team #&#8203;12 www&#8203;.x.y GH&#8203;-3"),
        ("a\n\n| b", "a  &#124; b"),
        ("\x1b[1m", "\\x1b[1m".replace("\\", "&#92;").replace("[", "&#91;")),
    ],
)
def test_prose_is_literal(text: str, shown: str) -> None:
    assert prose(text) == shown


def test_prose_renders_as_written() -> None:
    markdown_it = pytest.importorskip("markdown_it")
    text = "a|b [x](http://y) `c` *d* <b> &amp; \\| __e__ ![i](j)"
    html = markdown_it.MarkdownIt("commonmark").render(f"> {prose(text)} {code(text)}")
    assert "<a " not in html and "<em>" not in html and "<img" not in html and "<b>" not in html
    assert html.count("*d*") == 2 and html.count("&amp;amp;") == 2 and html.count("`c`") == 2


def test_code_keeps_table_cells_whole() -> None:
    assert code("a|b\\|`c`\n<i>") == "<code>a&#124;b&#92;&#124;&#96;c&#96;&#92;n&#60;i&#62;</code>"


def test_a_crash_shows() -> None:
    text = render(Report(crashes=(Crash("X1", Subject(), "boom"),)), "markdown")
    assert "## scclint: Nothing judged, 1 internal error\n" in text
    assert "> internal error: rule X1 failed: boom\n" in text


def test_a_comment_has_a_longest_length(sample: Report) -> None:
    findings = tuple(
        Finding("X1", "x", "problem", Severity.ERROR, f"{n}" * 400, Span(f"{n:03}.yaml", 1, 1, 1, 2), help=f"{n}" * 400)
        for n in range(200)
    )
    text = render(replace(sample, findings=findings), "markdown")
    assert 50_000 < len(text) < 65_536
    shown = text.count("\n- 🔴")
    assert f"\n{200 - shown} more causes left out for length.\n" in text
    # What is folded ends before the note.
    assert text.count("<details>") == text.count("</details>")


def test_causes_with_the_same_sentence_name_their_places(sample: Report) -> None:
    def named(name: str) -> Finding:
        subject = Subject("v1", "Pod", "", name, name)
        return replace(
            sample.findings[1], message=f"Pod {name}: it is privileged", span=Span(f"{name}.yaml", 3, 1, 3, 2), subject=subject
        )

    text = render(replace(sample, findings=tuple(named(f"p{number}") for number in range(7))), "markdown")
    assert text.count("SEC201") == 1
    assert "\n  - the same in 6 other places: p1.yaml:3 (Pod p1, container p1), p2.yaml:3 (Pod p2, " in text
    assert "p4.yaml:3 (Pod p4, container p4) and 2 more\n" in text
