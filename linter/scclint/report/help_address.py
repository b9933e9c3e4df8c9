"""Where the manual page of a rule is on the web."""

from collections.abc import Iterable

from scclint.about import rule_page
from scclint.registry import builtin
from scclint.rule import AnyRule


def help_addresses(rules: Iterable[AnyRule]) -> dict[str, str]:
    """Return the address of each rule's manual page by the rule's ID.

    The page of a built-in rule is on the site. A rule from elsewhere has its first reference; one without references is left out.
    """
    builtin_ids = {rule.id for rule in builtin()}
    addresses = {}
    for rule in rules:
        if rule.id in builtin_ids:
            addresses[rule.id] = rule_page(rule.name)
        elif reference := next((link for link in rule.references if link.startswith("https://")), ""):
            addresses[rule.id] = reference
    return addresses
