"""The titles of fixes fit into the menus of editors; the effect of a fix is in the problem."""

import pytest

from scclint.apps.lsp import actions
from scclint.finding import Finding, Fix, Severity, TextEdit
from scclint.source import Span

LONG = "Set `securityContext: {runAsUser: null}` in your own values (with helm: `--set securityContext.runAsUser=null`), or, for all"
TEXT = """\
securityContext:
  runAsUser: 1000
  fsGroup: 2000
image: registry.example/a-repository-with-a-long-name/an-image-with-a-long-name:1.2.3
"""


@pytest.mark.parametrize(
    ("title", "edits", "shown"),
    [
        ("Remove runAsUser: 1000.", [TextEdit("values.yaml", 2, 3, "")], "Remove runAsUser: 1000"),
        (LONG, [TextEdit("values.yaml", 2, 3, "")], "Remove runAsUser: 1000"),
        (LONG, [TextEdit("values.yaml", 2, 4, "")], "Remove runAsUser: 1000 and 1 more line"),
        (LONG, [TextEdit("values.yaml", 2, 3, "  runAsUser: null\n")], "Write runAsUser: null"),
        (
            LONG,
            [TextEdit("values.yaml", 4, 4, "hostUsers: false\n"), TextEdit("b.yaml", 1, 1, "a: 1\n")],
            "Write hostUsers: false and 1 more line",
        ),
        (LONG, [TextEdit("other/values.yaml", 2, 3, "")], "Remove runAsUser: 1000 in values.yaml"),
        (LONG, [TextEdit("values.yaml", 4, 5, "")], "Remove image: registry.example/a-repository-with-a-long-nam…"),
        (LONG, [], "Set `securityContext: {runAsUser: null}` in your own values…"),
    ],
)
def test_a_title_is_short(title: str, edits: list[TextEdit], shown: str) -> None:
    fix = Fix(title, "SCC restricted-v2 then admits the pods.", "unsafe", tuple(edits))
    finding = Finding("SCC101", "no-scc-admits", "problem", Severity.ERROR, "no SCC", Span("values.yaml", 2, 3, 2, 18), fix=fix)
    (action,) = actions.fixes([finding], lambda file: TEXT)
    assert action.title == shown
    assert len(action.title) <= actions.MAX_TITLE
