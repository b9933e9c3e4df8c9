"""The MCP server, driven by the protocol's own client."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.types import TextContent

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
    'pods "web-5d9" is forbidden: unable to validate against any security context constraint: [provider "restricted-v2": Forbidden: '
    ".containers[0].runAsUser: Invalid value: 0: must be in the ranges: [1000650000, 1000659999]]"
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


def call(root: Path, tool: str, *, process: bool = False, **arguments: Any) -> tuple[bool, str]:
    """Return whether a tool failed, and its text. The server is a process of its own on demand."""
    command = StdioServerParameters(command=sys.executable, args=["-m", "scclint", "mcp", str(root)])

    async def session() -> tuple[bool, str]:
        async with Client(command if process else make_server([str(root)])) as client:
            assert {"check", "explain", "explain_message", "suggest", "diff"} == {
                t.name for t in (await client.list_tools()).tools
            }
            result = await client.call_tool(tool, arguments)
            (content,) = result.content
            assert isinstance(content, TextContent)
            return bool(result.is_error), content.text

    return anyio.run(session)


def test_check_reports_the_findings_as_json(folder: Path) -> None:
    failed, text = call(folder, "check", process=True, paths=["web.yaml"], openshift="4.22")
    report = json.loads(text)
    assert not failed
    assert call(folder, "check", paths=["web.yaml"], openshift="4.22") == (failed, text)
    assert "SCC101" in {finding["rule"] for finding in report["findings"]}


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
        ("check", {"paths": ["web.yaml"], "openshift": "\0"}),
        ("diff", {"before": "\0", "after": "web.yaml"}),
        ("check", {"paths": ["x" * 200_000]}),
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
        ("explain_message", {"message": DENIAL, "paths": ["web.yaml"]}, "runAsUser"),
        ("suggest", {"workload": "deployment/web", "paths": ["web.yaml"]}, "kind: RoleBinding"),
        ("diff", {"before": "web.yaml", "after": "web.yaml"}, '"workloads"'),
    ],
)
def test_each_tool_answers(folder: Path, tool: str, arguments: dict[str, Any], expected: str) -> None:
    failed, text = call(folder, tool, **arguments)
    assert not failed, text
    assert expected in text
