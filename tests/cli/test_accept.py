"""`scclint accept`, and what `.scclint-accepted.yaml` does in `check` and in reviews."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.manifests import GRANT, PRIVILEGED, WEB
from tests.repository import git
from tests.running import write_file

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

FILE = ".scclint-accepted.yaml"
AGENT = PRIVILEGED + GRANT.replace(":anyuid", ":privileged")
WITH_HOST_PID = AGENT.replace("      serviceAccountName: web\n", "      serviceAccountName: web\n      hostPID: true\n")


@pytest.fixture
def accepted(here: Path, cli: Cli) -> Path:
    """A repository whose access is accepted."""
    git("init", "-q", "-b", "main")
    write_file("agent.yaml", AGENT)
    write_file(".scclint.yaml", "fail-on: access\n")
    assert cli("check").status == 1
    run = cli("accept", "--reason", "manages the node")
    assert (run.status, run.err) == (0, "scclint: .scclint-accepted.yaml: 4 facts added\n")
    commit("base")
    return here


def commit(message: str) -> None:
    git("add", "-A")
    git("commit", "-q", "--allow-empty", "-m", message)


def test_the_file_is_grouped_by_object(accepted: Path) -> None:
    assert Path(FILE).read_text().partition("accepted:\n")[2] == (
        "  apps/Deployment shop/web:\n"
        "    reason: manages the node\n"
        "    facts:\n"
        "    - {rule: SCC102, what: SCC privileged}\n"
        "    - {rule: SCC102, part: web, what: privileged}\n"
        "    - {rule: SEC203, part: web, what: unconfined}\n"
        "  rbac.authorization.k8s.io/RoleBinding shop/web:\n"
        "    reason: manages the node\n"
        "    facts:\n"
        "    - {rule: RBA402, what: SCC privileged, who: service account shop/web}\n"
    )


def test_what_is_accepted_is_not_said(accepted: Path, cli: Cli) -> None:
    assert cli("check").status == 0
    assert cli("check", "--no-ignores").status == 1
    git("mv", "agent.yaml", "moved.yaml")
    assert cli("check").status == 0
    assert cli("check", "--show-suppressed").out.count("(suppressed by accepted: manages the node)") == 2


def test_another_word_of_the_same_pod_is_said_alone(accepted: Path, cli: Cli) -> None:
    write_file("agent.yaml", WITH_HOST_PID)
    run = cli("check")
    assert run.status == 1
    (line,) = (line for line in run.out.splitlines() if line.startswith("  node "))
    assert line.split("  ")[-3:] == [" Deployment shop/web", "hostPID (SCC privileged by RoleBinding web)", "agent.yaml:10:7"]
    assert cli("check", "--show-suppressed").out.count("Deployment shop/web") == 2


def test_more_of_the_same_is_new(accepted: Path, cli: Cli) -> None:
    write_file("second.yaml", AGENT.replace("namespace: shop", "namespace: dev"))
    run = cli("check")
    assert run.status == 1
    assert "dev/web" in run.out and "shop/web" not in run.out


def test_acceptances_of_another_folder_do_not_count(accepted: Path, cli: Cli) -> None:
    write_file("other/.scclint.yaml", "fail-on: access\n")
    git("mv", "agent.yaml", "other/agent.yaml")
    assert cli("check", "other").status == 1
    assert cli("accept", "other").err.endswith("other/.scclint-accepted.yaml: 4 facts added\n")
    assert cli("check", "other").status == 0


def test_a_stale_entry_is_a_problem(accepted: Path, cli: Cli) -> None:
    write_file("agent.yaml", WEB)
    run = cli("check")
    assert run.status == 1
    assert run.out.count("[SUP901]") == 4 and ".scclint-accepted.yaml:7" in run.out
    assert cli("accept").err == "scclint: .scclint-accepted.yaml: 0 facts added, 4 facts removed\n"
    assert cli("check").status == 0


def test_comments_and_reasons_are_kept(accepted: Path, cli: Cli) -> None:
    text = (
        Path(FILE)
        .read_text()
        .replace("    reason: manages the node\n    facts:\n    - {rule: RBA", "    facts:\n    # ours\n    - {rule: RBA")
    )
    write_file(FILE, text)
    write_file("agent.yaml", WITH_HOST_PID)
    assert cli("accept").err == "scclint: .scclint-accepted.yaml: 1 fact added\n"
    assert Path(FILE).read_text() == text.replace(
        "    - {rule: SCC102, part: web", "    - {rule: SCC102, what: hostPID}\n    - {rule: SCC102, part: web"
    )


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("accepted: [\n", ":1: not valid YAML"),
        ("accept: {}\n", ":1: the file has the key `accepted` alone"),
        ("accepted: {a: {rules: []}}\n", ":1: an object has the list `facts`"),
        ("accepted:\n  a:\n    facts:\n    - {what: privileged}\n", ":4: a fact is a mapping with a `rule`"),
        ("accepted:\n  a:\n    facts:\n    - {rule: SCC102, container: web}\n", ":4: unknown field 'container' of a fact"),
        ("accepted:\n  a:\n    facts:\n    - {rule: SCC102, count: 0}\n", ":4: `count` is a number from 1"),
    ],
)
def test_a_file_that_is_wrong(accepted: Path, cli: Cli, text: str, mistake: str) -> None:
    write_file(FILE, text)
    for command in ("check", "accept"):
        run = cli(command)
        assert (run.status, run.out) == (2, "")
        assert f"{FILE}{mistake}" in run.err
        assert Path(FILE).read_text() == text


def test_standard_input_cannot_be_accepted(here: Path, cli: Cli) -> None:
    run = cli("accept", "-")
    assert (run.status, "standard input" in run.err) == (2, True)


def test_what_cannot_be_read_keeps_the_file(accepted: Path, cli: Cli) -> None:
    before = Path(FILE).read_text()
    assert cli("accept", "agent.yaml", "nowhere.yaml").status == 2
    assert Path(FILE).read_text() == before


def test_problems_and_gaps_are_accepted_and_advice_is_not(here: Path, cli: Cli) -> None:
    write_file("web.yaml", WEB.replace("securityContext: {}", "securityContext: {runAsUser: 0}"))
    assert cli("check").status == 1
    cli("accept")
    assert [line for line in Path(FILE).read_text().splitlines() if "rule" in line] == [
        "    - {rule: SCC101, what: spec.template.spec.containers.securityContext.runAsUser}",
        "    - {rule: SCC102, part: web, what: runAsUser 0}",
    ]
    assert cli("check").status == 0


def reviews(cli: Cli) -> list[int]:
    """The status of both reviews of the last commit."""
    return [cli("check", "--diff-base", "HEAD~1").status, cli("diff", "HEAD~1", "HEAD").status]


@pytest.mark.parametrize(
    ("base", "change", "status"),
    [("", "", 1), ("acceptances: owned\n", "", 0), ("", "acceptances: owned\n", 1)],
    ids=["without an owner", "with an owner", "an owner that the change sets"],
)
def test_a_change_that_accepts_its_own_access(accepted: Path, cli: Cli, base: str, change: str, status: int) -> None:
    write_file(".scclint.yaml", f"fail-on: access\n{base}")
    commit("settings")
    write_file(".scclint.yaml", f"fail-on: access\n{base}{change}")
    write_file("agent.yaml", WITH_HOST_PID)
    cli("accept")
    commit("access")
    assert reviews(cli) == [status, status]
    for run in (cli("check", "--diff-base", "HEAD~1"), cli("diff", "HEAD~1", "HEAD")):
        told = "the change itself accepts SCC102 hostPID of apps/Deployment shop/web"
        assert told in " ".join((run.out + run.err).split())
    assert cli("check").status == 0
