"""Words by which a text asks for access to the node or grants it, for texts that are not judged."""

import re

ACCESS = (
    (re.compile(r"\bprivileged[\"']?: *+[\"']?true"), "privileged"),
    (re.compile(r"\bhostPath[\"']?:"), "hostPath"),
    (re.compile(r"\bhostPID[\"']?: *+[\"']?true"), "hostPID"),
    (re.compile(r"\bhostIPC[\"']?: *+[\"']?true"), "hostIPC"),
    (re.compile(r"\bhostNetwork[\"']?: *+[\"']?true"), "hostNetwork"),
    (re.compile(r"(?i)\b(?:SecurityContextConstraints\b|system:openshift:scc:)"), "an SCC"),
)


def host_access(text: str) -> str:
    """Return the access that the words of a manifest ask for, as `privileged and hostPath`; empty if it is none."""
    from scclint.text import listed

    return listed([name for pattern, name in ACCESS if pattern.search(text)])
