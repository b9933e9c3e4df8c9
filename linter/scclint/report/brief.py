"""A finding in short texts: its headline, the evidence, the fix and a link. The formats of code hosts and CI systems say these."""

from collections.abc import Iterable, Mapping

from scclint.finding import Finding
from scclint.record import record
from scclint.report.text import sentences
from scclint.text import capitalized


@record
class Brief:
    """The texts are sentences on one line, safe to show, and empty if there is nothing to say.

    `evidence` is the first cause, `fix` the proved fix or the remedy before it, `effect` what it changes besides, and `link` the
    address of the page of the rule.
    """

    headline: str
    evidence: str
    fix: str
    effect: str
    link: str

    @property
    def text(self) -> str:
        """All texts on one line."""
        return " ".join(filter(None, (self.headline, self.evidence, self.fix, self.effect, self.link)))


def brief(finding: Finding, pages: Mapping[str, str]) -> Brief:
    """Return the texts of a finding. `pages` has the address of the page of each rule by its ID."""
    fix, effect = finding.help, ""
    if finding.remedies:
        fix, effect = finding.remedies[0].title, capitalized("; ".join(finding.remedies[0].effects))
    if first := finding.first_fix:
        fix, effect = first.title, first.whole_effect
    return Brief(
        sentences(finding.message) or sentences(f"{finding.rule_id} {finding.rule_name}"),
        sentences(*finding.notes[:1]),
        sentences(fix),
        sentences(effect),
        pages.get(finding.rule_id, ""),
    )


def fitting(parts: Iterable[str], longest: int) -> str:
    """Return the parts that fit into so many characters in their order, joined by spaces. The first one is cut if it is longer."""
    first, *others = filter(None, parts)
    text = first if len(first) <= longest else first[: longest - 1] + "…"
    for part in others:
        if len(text) + 1 + len(part) <= longest:
            text += f" {part}"
    return text
