"""The `markdown` format: a summary for a pull request or a job page, within the length of one comment."""

import os
import re
from collections.abc import Callable, Mapping
from itertools import accumulate

from scclint.report import Options, jinja
from scclint.report.paths import RepositoryPaths
from scclint.report.review import markdown_table
from scclint.report.text import (
    crash_label,
    findings_summary,
    judged_summary,
    one_line,
    visible_line,
)
from scclint.report.view import layout
from scclint.run.report import Report
from scclint.text import counted

LONGEST = 60_000
"""GitHub refuses comments beyond 65,536 characters."""

_GAP = "\u200b"
_MARKUP = re.compile(rf"[\\`*_\[\]|~$<>&{_GAP}]")
_REFERENCE = re.compile(
    r"([@#]|[!$&](?=\d)|[~%](?=[\w\"])|:(?=//)"
    r"|\b(?:www(?=\.)|GH(?=-)|(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{6}(?=[0-9a-f]+\b)))",
    re.IGNORECASE,
)
"""What code hosts link once Markdown is done, when escapes are gone; an unseen gap holds."""

_SHOWN = 10
"""Causes that are shown without a click, the widest reach first."""

_SIGNS = {"error": "🔴", "warning": "🟡", "advice": "🔵"}


def render(report: Report, options: Options) -> str:
    """A heading, what became of the input, the causes, access, gaps, and every workload's verdict."""
    table = {}
    if any(report.outcomes.values()):
        table = markdown_table([row for some in report.outcomes.values() for row in some])
    return from_template(
        "check",
        summary=findings_summary(report, options),
        judged=judged_summary(report),
        notices=report.notices,
        crashes=[(crash_label(crash), crash.error) for crash in report.crashes],
        signs=_SIGNS,
        **layout(report, options),
        shown=_SHOWN,
        table=table,
        longest=LONGEST,
    )


def from_template(name: str, **values: object) -> str:
    """Return templates/`name`.md.j2 rendered with `values`, whose texts are foreign."""
    paths, address = RepositoryPaths(), line_addresses(os.environ)

    def line(file: str, number: int) -> str:
        return link(f"{paths.path(file)}:{max(number, 1)}", address(file, max(number, 1)))

    return jinja.render(f"{name}.md", prose, {"code": code, "fit": fit, "link": link, "line": line, "fence": fence}, **values)


def fit(text: str, noun: str, note: str, room: int = LONGEST // 3) -> str:
    """Return the parts of a text that fit into `room` characters, each of which ends with a form feed.

    If parts are left out, the sentence `note` follows, with their number and `noun` for its braces.
    """
    *parts, _ = text.split("\f")
    number = sum(length <= room for length in accumulate(map(len, parts)))
    left_out = len(parts) - number
    return "".join(parts[:number]) + (f"\n{note.format(counted(left_out, noun))}\n" if left_out else "")


def line_addresses(environment: Mapping[str, str]) -> Callable[[str, int], str]:
    """Return what gives the address of a line of a file on the code host whose job this is; it gives none elsewhere.

    Source: the default variables of GitHub Actions and the predefined variables of GitLab CI.
    """
    server, repository, commit = (environment.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "SHA"))
    files = f"{server}/{repository}/blob/{commit}/" if server and repository and commit else ""
    project, commit = environment.get("CI_PROJECT_URL", ""), environment.get("CI_COMMIT_SHA", "")
    if project and commit:
        files = f"{project}/-/blob/{commit}/"
    paths = RepositoryPaths()

    def address(file: str, line: int) -> str:
        return f"{files}{paths.uri(file)}#L{line}" if files and not os.path.isabs(paths.path(file)) else ""

    return address


def fence(text: str) -> str:
    """Return what begins and ends a block of code that has this text: more backticks than the text has in a row."""
    return "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))


def link(text: str, address: str) -> str:
    """Return foreign text as a link; as it is without an address."""
    return f"[{prose(text)}](<{address}>)" if address and not set(address) & set("<>\n ") else prose(text)


def prose(text: str) -> str:
    """Return foreign text on one line, literally: without markup, HTML, table cells, links, mentions or issue references."""
    return _entities(_REFERENCE.sub(f"\\1{_GAP}", one_line(text)))


def code(text: str) -> str:
    """Text of others as inline code. A code span would not do: in a table a backslash before a pipe ends its cell."""
    return f"<code>{_entities(visible_line(text))}</code>"


def _entities(text: str) -> str:
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", text)
