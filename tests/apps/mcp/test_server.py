"""The MCP server, driven by the protocol's own client."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.types import TextContent, Tool

from scclint.apps.mcp.server import make_server

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: registry.example/web:1, securityContext: {runAsUser: 0}}]
"""
DENIAL = (
    'pods "web-5d9f7c8b6d-" is forbidden: unable to validate against any security context constraint: [provider "anyuid": Forbidden: '
    "not usable by user or serviceaccount, provider restricted-v2: .containers[0].runAsUser: Invalid value: 0: must be in the ranges: "
    "[1000650000, 1000659999]]"
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    root = tmp_path / "app"
    root.mkdir()
    (root / "web.yaml").write_text(WEB, encoding="utf-8")
    (tmp_path / "secret.yaml").write_text(WEB, encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    yield root
    assert sorted(tmp_path.rglob("*")) == before, "a tool wrote a file"


def tools_of(root: Path) -> dict[str, Tool]:
    """The tools, by name, in the order in which the server lists them."""

    async def session() -> dict[str, Tool]:
        async with Client(make_server([str(root)])) as client:
            return {tool.name: tool for tool in (await client.list_tools()).tools}

    return anyio.run(session)


def call(root: Path, tool: str, *, process: bool = False, **arguments: Any) -> tuple[bool, str]:
    """Return whether a tool failed, and its text. The server is a process of its own on demand."""
    command = StdioServerParameters(command=sys.executable, args=["-m", "scclint", "mcp", str(root)])

    async def session() -> tuple[bool, str]:
        async with Client(command if process else make_server([str(root)])) as client:
            result = await client.call_tool(tool, arguments)
            (content,) = result.content
            assert isinstance(content, TextContent)
            return bool(result.is_error), content.text

    return anyio.run(session)


def test_check_reports_the_findings(folder: Path) -> None:
    failed, text = call(folder, "check", process=True, paths=["web.yaml"], release="4.18")
    assert not failed
    assert call(folder, "check", paths="web.yaml", release="4.18") == (failed, text)
    assert text.startswith("web.yaml:9:")
    assert "error[SCC101]" in text and "OpenShift 4.18; 1 file" in text


def test_every_tool_and_argument_is_described(folder: Path) -> None:
    tools = tools_of(folder)
    assert [*tools] == ["check", "workloads", "explain", "explain_message", "suggest", "fix", "diff", "rule"]
    for tool in tools.values():
        assert tool.description
        for argument in tool.input_schema["properties"].values():
            assert argument["description"], tool.name


def test_a_long_answer_is_cut_and_says_so(folder: Path) -> None:
    pods = (WEB.replace("web", f"web-{number}").replace("runAsUser: 0", f"unknown{number}: 0") for number in range(40))
    many = "---\n".join(pods)
    (folder / "many.yaml").write_text(many, encoding="utf-8")
    short, whole = (call(folder, "check", paths="many.yaml", whole=whole)[1] for whole in (False, True))
    (folder / "many.yaml").unlink()
    assert len(short) < 9_000 < len(whole)
    left = next(line for line in short.splitlines() if "left out" in line)
    assert left.endswith("paragraphs left out: name fewer paths, or pass whole: true.")
    assert short.splitlines()[-1] == whole.splitlines()[-1]


@pytest.mark.parametrize("path", ["../secret.yaml", "/etc/passwd", "link.yaml"])
def test_no_tool_reads_outside_of_the_folder(folder: Path, path: str) -> None:
    link = folder / "link.yaml"
    link.symlink_to(folder.parent / "secret.yaml")
    failed, text = call(folder, "check", paths=[path])
    link.unlink()
    assert failed
    assert "outside of the folders" in text


@pytest.mark.parametrize(
    ("tool", "workload"), [("explain", "../secret.yaml:3"), ("suggest", "../secret.yaml"), ("explain", "pods/link")]
)
def test_what_names_a_workload_is_no_path_outside_of_the_folder(folder: Path, tool: str, workload: str) -> None:
    (folder / "pods").mkdir()
    (folder / "pods" / "link").symlink_to(folder.parent / "secret.yaml")
    failed, text = call(folder, tool, workload=workload, paths=[])
    shutil.rmtree(folder / "pods")
    assert failed
    assert "outside of the folders" in text


def test_a_file_and_a_line_name_a_workload(folder: Path) -> None:
    failed, text = call(folder, "explain", workload="web.yaml:3", paths=[])
    assert not failed
    assert "Deployment shop/web" in text


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("check", {"paths": ["a\0b"]}),
        ("check", {"paths": ["web.yaml"], "release": "\0"}),
        ("diff", {"before": "\0", "after": "web.yaml"}),
        ("diff", {"before": "x" * 200_000, "after": "web.yaml"}),
    ],
)
def test_what_is_no_argument_of_a_program_is_an_error_of_the_call(folder: Path, tool: str, arguments: dict[str, Any]) -> None:
    failed, text = call(folder, tool, **arguments)
    assert failed
    assert "scclint cannot take these arguments" in text


def test_a_path_is_never_an_option(folder: Path) -> None:
    failed, text = call(folder, "explain", workload="--output=stolen.txt", paths=["web.yaml"])
    assert failed
    assert "--output=stolen.txt" in text


@pytest.mark.parametrize(
    ("tool", "arguments", "expected"),
    [
        ("explain", {"workload": "deployment/web", "paths": ["."]}, "restricted-v2"),
        ("explain", {"workload": "web", "namespace": "other"}, "restricted-v2"),
        ("workloads", {"paths": "."}, "REJECTED"),
        ("rule", {"name": "SCC101"}, "no-scc-admits"),
        ("rule", {"name": "no-scc-admits"}, "SCC101"),
        ("fix", {"paths": ".", "unsafe": True}, "-      containers: [{name: web"),
        ("fix", {"paths": "."}, "0 findings"),
        ("explain_message", {"message": DENIAL, "paths": ["web.yaml"]}, "web.yaml:9"),
        ("explain_message", {"message": DENIAL}, "runAsUser"),
        ("suggest", {"workload": "deployment/web", "paths": ["web.yaml"]}, "kind: RoleBinding"),
        ("diff", {"before": "web.yaml", "after": "web.yaml"}, "No problems found"),
    ],
)
def test_each_tool_answers(folder: Path, tool: str, arguments: dict[str, Any], expected: str) -> None:
    failed, text = call(folder, tool, **arguments)
    assert not failed, text
    assert expected in text


@pytest.mark.parametrize(
    ("tool", "arguments", "expected"),
    [
        ("check", {"paths": "none.yaml"}, "none.yaml: no such file or directory in /"),
        ("check", {}, "check needs the argument 'paths': Files or folders, relative to the folder of the server."),
        ("check", {"paths": 3}, "the argument 'paths' must be a valid list"),
        ("check", {"path": "web.yaml"}, "check has no argument 'path' (did you mean paths?): it takes paths, namespace, "),
        (
            "check",
            {"paths": ".", "openshift": "4.18"},
            "check has no argument 'openshift': it takes paths, namespace, release, ",
        ),
        ("check", {"paths": ".", "release": "4.2"}, "OpenShift '4.2' is not a release scclint knows. Use one of 4.11, "),
        ("check", {"paths": ".", "namespace": "Shop_1"}, "'Shop_1' is no name of a namespace"),
        ("explain", {"workload": "deployment/none"}, "deployment/none: no such workload. There are: deployment/web."),
        ("explain_message", {"message": "all is well"}, "scclint knows no error in this text."),
        ("rule", {"name": "SCC9999"}, "no rule is called 'SCC9999'."),
        ("diff", {"before": "none"}, "none is no file, no folder and no git revision"),
    ],
)
def test_an_error_says_in_words_what_is_wrong(folder: Path, tool: str, arguments: dict[str, Any], expected: str) -> None:
    failed, text = call(folder, tool, **arguments)
    assert failed
    assert expected in text
    assert "validation error" not in text and "Error executing" not in text
