"""A session as a person sees it: the text with what the editor shows around it, step by step."""

import os
from pathlib import Path

import pytest

pytest.importorskip("pygls", reason="the extra lsp is not installed")

from lsprotocol import types

from tests.integration.lsp.editor import BINDING, WEB, Editor, with_editor

GOLDEN = Path(__file__).parent / "transcript.txt"
TEXT = WEB.replace("name: web\n", "name: web # 🦔\n", 1) + "          securityContext: {runAsUser: 0}\n"


async def screen(editor: Editor, name: str, text: str) -> str:
    """The text with lenses above their lines, hints behind them, and problems below."""
    problems = await editor.problems_of(name)
    lenses = dict(await editor.lenses(name))
    hints = {line: hint for line, _, hint in await editor.hints(name)}
    shown = []
    for number, line in enumerate(text.splitlines()):
        indent = " " * (len(line) - len(line.lstrip()))
        shown += [f"       {indent}[{lenses[number]}]"] if number in lenses else []
        shown.append(f"{number + 1:>4} | {line}" + (f"   «{hints[number]}»" if number in hints else ""))
        for problem in problems:
            if problem.range.start.line == number:
                shown.append(underlined(problem, line))
                shown += [
                    f"       {problem.severity and problem.severity.name} {problem.code}: {problem.message}".replace(
                        "\n", "\n         "
                    )
                ]
                shown += [
                    f"         see {one.location.uri.rpartition('/')[2]}:{one.location.range.start.line + 1}: {one.message}"
                    for one in problem.related_information or ()
                ]
    return "\n".join(shown)


def underlined(problem: types.Diagnostic, line: str) -> str:
    before = line.encode("utf-16-le")[: 2 * problem.range.start.character].decode("utf-16-le")
    return " " * (7 + len(before)) + "^" * max(problem.range.end.character - problem.range.start.character, 1)


def test_the_session_is_the_one_that_was_read(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(TEXT)

    async def session(editor: Editor) -> str:
        editor.open("web.yaml")
        steps = ["# A Deployment is opened.", await screen(editor, "web.yaml", TEXT)]
        steps += ["# Hover over runAsUser.", await editor.hover("web.yaml", 14, 32)]
        offered = await editor.actions("web.yaml", 14)
        steps += ["# Actions in this line.", "\n".join(f"- {action.title}" for action in offered)]
        fixed = editor.applied("web.yaml", offered[0])
        editor.type("web.yaml", fixed)
        steps += [f"# {offered[0].title.partition(' (')[0]}.", await screen(editor, "web.yaml", fixed)]
        steps += ["# Hover over the name.", await editor.hover("web.yaml", 3, 9)]
        (pin,) = await editor.actions("web.yaml", 3)
        pinned = editor.applied("web.yaml", pin)
        editor.type("web.yaml", pinned)
        steps += [f"# {pin.title}.", await screen(editor, "web.yaml", pinned)]
        editor.type("web.yaml", TEXT)
        (tmp_path / "binding.yaml").write_text(BINDING)
        editor.open("binding.yaml")
        editor.save("binding.yaml")
        await editor.problems_of("web.yaml", lambda found: all(problem.code != "SCC101" for problem in found))
        steps += [
            "# The old text again, and a new file grants anyuid to the service account.",
            await screen(editor, "web.yaml", TEXT),
        ]
        return "\n\n".join(steps) + "\n"

    found = with_editor(tmp_path, session)
    if os.environ.get("SCCLINT_WRITE_GOLDEN"):
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8")
