"""`scclint server` over standard input and output, as an editor uses it."""

import asyncio
from pathlib import Path

import pytest

pytest.importorskip("pygls", reason="the extra lsp is not installed")

from lsprotocol import types

from scclint.apps.lsp.messages import EXPLAIN
from tests.integration.lsp.editor import BINDING, ROOT, WEB, Editor, codes, with_editor


def test_problems_while_typing(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(WEB)

    async def session(editor: Editor) -> None:
        editor.open("web.yaml")
        assert "SCC101" not in codes(await editor.problems_of("web.yaml"))
        editor.type("web.yaml", ROOT)
        (problem,) = [p for p in await editor.problems_of("web.yaml") if p.code == "SCC101"]
        assert problem.severity == types.DiagnosticSeverity.Error
        assert problem.range == types.Range(types.Position(14, 28), types.Position(14, 40))
        assert problem.source == "scclint"
        assert problem.code_description is not None
        assert problem.code_description.href.endswith("/rules/no-scc-admits/")
        editor.type("web.yaml", WEB)
        assert "SCC101" not in codes(await editor.problems_of("web.yaml"))

    with_editor(tmp_path, session)


def test_other_files_of_the_folder_give_context(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(ROOT)
    (tmp_path / "binding.yaml").write_text(BINDING)

    async def session(editor: Editor) -> None:
        editor.open("web.yaml")
        assert "SCC101" not in codes(await editor.problems_of("web.yaml"))
        assert await editor.lenses("web.yaml") == [(3, "anyuid · Unconfined · Pod Security: baseline")]
        # The binding changes in another unsaved file.
        editor.open("binding.yaml", BINDING.replace("name: default", "name: other"))
        found = await editor.problems_of("web.yaml", lambda found: "SCC101" in codes(found))
        assert "SCC101" in codes(found)

    with_editor(tmp_path, session)


def test_columns_count_utf_16_units(tmp_path: Path) -> None:
    """An emoji takes two units, and a CR is part of a line's end."""
    text = ROOT.replace("securityContext: {", 'securityContext: {windowsOptions: {gmsaCredentialSpecName: "🦔🦔"}, ').replace(
        "\n", "\r\n"
    )
    (tmp_path / "web.yaml").write_bytes(text.encode())

    async def session(editor: Editor) -> None:
        editor.open("web.yaml")
        (problem,) = [p for p in await editor.problems_of("web.yaml") if p.code == "SCC101"]
        line = text.split("\r\n")[14]
        start = len(line[: line.index("runAsUser")].encode("utf-16-le")) // 2
        assert problem.range == types.Range(types.Position(14, start), types.Position(14, start + 12))
        assert "**spec.containers[0].securityContext.runAsUser**".replace("[", "\\[").replace("]", "\\]") in await editor.hover(
            "web.yaml", 14, start + 3
        )

    with_editor(tmp_path, session)


def test_a_broken_document_keeps_the_other_problems(tmp_path: Path) -> None:
    text = f"{ROOT}---\nkind: Service\nmetadata: [\n"
    (tmp_path / "web.yaml").write_text(ROOT)

    async def session(editor: Editor) -> None:
        editor.open("web.yaml")
        before = codes(await editor.problems_of("web.yaml"))
        editor.type("web.yaml", text)
        found = codes(await editor.problems_of("web.yaml"))
        assert "MAN001" in found
        assert set(before) <= set(found)

    with_editor(tmp_path, session)


@pytest.mark.parametrize(
    "uri",
    ["file:///", "file:///dev/stdin", "file:///a%00b.yaml", "untitled:a%00b", "file:///\ud800.yaml", "file://[::1/web.yaml"],
)
def test_a_document_that_is_no_file_leaves_the_others_their_problems(tmp_path: Path, uri: str) -> None:
    (tmp_path / "web.yaml").write_text(ROOT)

    async def session(editor: Editor) -> list[str]:
        document = types.TextDocumentItem(uri, "yaml", 1, ROOT)
        editor.client.text_document_did_open(types.DidOpenTextDocumentParams(document))
        hover = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(3, 9))
        assert await editor.client.text_document_hover_async(hover) is None
        event = types.WorkspaceFoldersChangeEvent([types.WorkspaceFolder(uri, "folder")], [])
        editor.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
        editor.open("web.yaml")
        assert "SCC101" in codes(await editor.problems_of("web.yaml"))
        return editor.messages

    assert not any("bug of scclint" in message for message in with_editor(tmp_path, session))


def test_problems_say_where_else_to_look(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(ROOT.replace("runAsUser: 0", "privileged: true"))
    (tmp_path / "binding.yaml").write_text(BINDING.replace("scc:anyuid", "scc:privileged"))

    async def session(editor: Editor) -> None:
        editor.open("web.yaml")
        found = await editor.problems_of("web.yaml")
        related, *_ = [one for problem in found if problem.code == "SCC102" for one in problem.related_information or ()]
        assert related.location.uri == editor.uri("binding.yaml")
        assert related.location.range == types.Range(types.Position(2, 11), types.Position(2, 23))
        assert related.message == "RoleBinding anyuid binds ClusterRole system:openshift:scc:privileged"

    with_editor(tmp_path, session)


def test_an_unused_suppression_is_shown_as_unnecessary(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(WEB.replace("  name: web\n", "  name: web # scclint: ignore[SCC102] not needed\n", 1))

    async def session(editor: Editor) -> None:
        editor.open("web.yaml")
        found = await editor.problems_of("web.yaml", lambda found: "SUP901" in codes(found))
        assert [p.tags for p in found if p.code == "SUP901"] == [(types.DiagnosticTag.Unnecessary,)]

    with_editor(tmp_path, session)


def test_closing_a_file_removes_its_problems_and_its_unsaved_text(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(WEB)

    async def session(editor: Editor) -> None:
        editor.open("web.yaml", ROOT)
        assert "SCC101" in codes(await editor.problems_of("web.yaml"))
        editor.close("web.yaml")
        editor.open("web.yaml")
        assert "SCC101" not in codes(await editor.problems_of("web.yaml"))

    with_editor(tmp_path, session)


def test_wrong_settings_are_one_message_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(ROOT)
    (tmp_path / ".scclint.yaml").write_text("no-such-setting: 1\n")

    async def session(editor: Editor) -> list[str]:
        editor.open("web.yaml")
        while not editor.messages:
            await asyncio.sleep(0.05)
        (tmp_path / ".scclint.yaml").write_text("fail-on: error\n")
        editor.save("web.yaml")
        assert "SCC101" in codes(await editor.problems_of("web.yaml"))
        return editor.messages

    messages = with_editor(tmp_path, session)
    assert "no-such-setting" in messages[0]
    assert not any("Traceback" in message for message in messages)


def test_a_cancelled_request_does_not_keep_the_units_from_being_judged(tmp_path: Path) -> None:
    for number in range(400):
        (tmp_path / f"web{number}.yaml").write_text(ROOT.replace("name: web", f"name: web{number}"))
    (tmp_path / "binding.yaml").write_text(BINDING)

    async def session(editor: Editor) -> None:
        # Requests wait while the server reads the folder. They are cancelled before it answers them.
        editor.open("web1.yaml")
        hover = types.HoverParams(types.TextDocumentIdentifier(editor.uri("web1.yaml")), types.Position(3, 18))
        for number in range(4):
            editor.client.protocol.send_request(types.TEXT_DOCUMENT_HOVER, hover, msg_id=f"hover {number}")
            await asyncio.sleep(0.05)
        for number in range(4):
            editor.client.cancel_request(types.CancelParams(f"hover {number}"))
        assert "SCC101" not in codes(await editor.problems_of("web1.yaml"))
        editor.open("binding.yaml", BINDING.replace("name: default", "name: other"))
        assert "SCC101" in codes(await editor.problems_of("web1.yaml", lambda found: "SCC101" in codes(found)))

    with_editor(tmp_path, session)


def test_a_copied_error_message_is_explained(tmp_path: Path) -> None:
    async def session(editor: Editor) -> None:
        async def explained(text: str) -> str:
            answer = await editor.client.workspace_execute_command_async(types.ExecuteCommandParams(EXPLAIN, [text]))
            assert isinstance(answer, str)
            return answer

        denial = 'pods "web-1" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true'
        assert "Pod Security level restricted of the namespace rejects pod web-1." in await explained(denial)
        assert await explained("hello") == "scclint knows no error in this message.\n"

    with_editor(tmp_path, session)


def test_a_text_that_was_never_saved_is_judged(tmp_path: Path) -> None:
    async def session(editor: Editor) -> None:
        for language, number in (("yaml", 1), ("plaintext", 2)):
            document = types.TextDocumentItem(f"untitled:Untitled-{number}", language, 1, ROOT)
            editor.client.text_document_did_open(types.DidOpenTextDocumentParams(document))
        editor.open("web.yaml", WEB)
        await editor.problems_of("web.yaml")
        assert "SCC101" in codes(list(editor.problems["untitled:Untitled-1"].diagnostics))
        assert "untitled:Untitled-2" not in editor.problems

    with_editor(tmp_path, session)


def test_a_change_of_some_characters(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(ROOT)

    async def session(editor: Editor) -> None:
        editor.open("web.yaml")
        assert "SCC101" in codes(await editor.problems_of("web.yaml"))
        editor.replace("web.yaml", types.Range(types.Position(14, 28), types.Position(14, 40)), "")
        assert "SCC101" not in codes(await editor.problems_of("web.yaml"))

    with_editor(tmp_path, session)
