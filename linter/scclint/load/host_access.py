"""Words by which a text asks for access to the node or grants it, for texts that are not judged."""

import re

ACCESS = (
    ("privileged", re.compile(r"\bprivileged[\"']?: *+[\"']?true"), "privileged"),
    ("hostPath", re.compile(r"\bhostPath[\"']?:"), "hostPath"),
    ("hostPID", re.compile(r"\bhostPID[\"']?: *+[\"']?true"), "hostPID"),
    ("hostIPC", re.compile(r"\bhostIPC[\"']?: *+[\"']?true"), "hostIPC"),
    ("hostNetwork", re.compile(r"\bhostNetwork[\"']?: *+[\"']?true"), "hostNetwork"),
    ("SecurityContextConstraints", re.compile(r"\bSecurityContextConstraints\b"), "an SCC"),
    ("system:openshift:scc:", re.compile(r"\bsystem:openshift:scc:"), "an SCC"),
)
"""A word, which is quick to find, the pattern of the field that it is in, and what the field asks for."""


def host_access(text: str) -> str:
    """Return the access that the words of a manifest ask for, as `privileged and hostPath`; empty if it is none."""
    from scclint.text import listed

    return listed(dict.fromkeys(name for word, pattern, name in ACCESS if word in text and pattern.search(text)))
