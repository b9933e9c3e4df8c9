"""The addresses that reports, editors and the site link to. A fork or a mirror changes them here."""

REPOSITORY = "https://github.com/scclint/scclint"
IMAGE = "ghcr.io/scclint/scclint"
SITE = "https://scclint.github.io/scclint/"


def rule_page(name: str) -> str:
    """Return the address of the manual page of a built-in rule, such as `unconfined-by-default`."""
    return f"{SITE}rules/{name}/"


def site_page(name: str) -> str:
    """Return the address of a page of the site, such as `compare-changes`."""
    return f"{SITE}{name}/"
