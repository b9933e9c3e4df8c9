"""What an editor shows of a rule that a suppression names."""

import re

from scclint.about import with_addresses
from scclint.apps.lsp.convert import page_of
from scclint.apps.lsp.verdict import escaped
from scclint.registry import Registry
from scclint.rule import AnyRule
from scclint.suppress.syntax import ANNOTATION, DIRECTIVES

_WORD = re.compile(r"[A-Za-z0-9-]+")
_COMMENT = re.compile(rf"#[ \t]*scclint:[ \t]*(?:{'|'.join(DIRECTIVES)})[ \t]*\[(?P<rules>[^\]]*)")
_ANNOTATION = re.compile(rf"{re.escape(ANNOTATION)}[\"']?:[ \t]*(?P<rules>.*)")


def rule_at(line: str, index: int, rules: Registry) -> AnyRule | None:
    """Return the rule that a suppression in a line names at an index; None if there is none."""
    directive = _COMMENT.search(line) or _ANNOTATION.search(line)
    if directive is None or not directive.start("rules") <= index <= directive.end("rules"):
        return None
    words = _WORD.finditer(line, directive.start("rules"), directive.end("rules"))
    word = next((word[0] for word in words if word.start() <= index <= word.end()), "")
    return rules.find(word) if word else None


def rule_hover(rule: AnyRule) -> str:
    """Return what a rule reports, as Markdown.

    This is the title and, for a rule of scclint, the first paragraph of its manual page and a link to the page.
    """
    title = f"**{escaped(rule.id)} {escaped(rule.name)}** ({rule.severity.value}): {escaped(rule.title)}."
    page = page_of(rule.id)
    if not page:
        # The page of a rule from a configuration is text that comes with the folder.
        return title
    return "\n\n".join([title, with_addresses(rule.page.strip().partition("\n\n")[0]), f"[The manual page]({page})"])
