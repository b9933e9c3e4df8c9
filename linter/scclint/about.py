"""The addresses that reports, editors and the site link to. A fork or a mirror changes them here."""

import re

REPOSITORY = "https://github.com/scclint/scclint"
IMAGE = "ghcr.io/scclint/scclint"
SITE = "https://scclint.github.io/scclint/"


def rule_page(name: str) -> str:
    """Return the address of the manual page of a built-in rule, such as `unconfined-by-default`."""
    return f"{SITE}rules/{name}/"


def with_addresses(manual: str) -> str:
    """Return a manual page with the address of each rule's page that it links to, for readers outside of the site."""
    return re.sub(r"\]\(([a-z0-9-]+)\.md\)", lambda link: f"]({rule_page(link[1])})", manual)


def site_page(name: str) -> str:
    """Return the address of a page of the site, such as `compare-changes`."""
    return f"{SITE}{name}/"
