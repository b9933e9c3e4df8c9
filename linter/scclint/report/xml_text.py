"""Text from manifests as XML, in ASCII."""

from scclint.report.sanitize import one_line


def attribute(text: str) -> str:
    """Return the text on one line as the value of an attribute in double quotes."""
    return characters(one_line(text)).replace('"', "&quot;")


def characters(text: str) -> str:
    """Return character data of a text that is safe to show.

    Such a text has nothing that XML 1.0 cannot contain: it does not print, so `visible` replaced it.
    """
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")
