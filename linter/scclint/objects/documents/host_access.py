"""Words by which a text asks for access to the node or grants it, for texts that are not judged."""

import re
from collections.abc import Iterator

_NO_SCHEMA = (
    r"(?![\s{]*+[\"']?(?:description|properties|type[\"']? *+: *+[\"']?(?:object|string))\b"
    r"(?![^\0]{0,500}?\bpath[\"']? *+: *+[\"']?[\w/.$]))"
)
"""After `hostPath`: a schema that describes the field does not follow. A schema gives its `path` no value."""

_WORDS = (
    ("privileged", r"\bprivileged\\?[\"']? *+: *+[\"']?true", "privileged"),
    ("--privileged", r"\b(?:oc|kubectl)\b[^\n;&|]{0,80}? run\b[^\n;&|]{0,200}? --privileged(?! *= *false)\b", "privileged"),
    ("hostPath", rf"\bhostPath[\"']? *+:(?!=){_NO_SCHEMA}", "hostPath"),
    ("hostPID", r"\bhostPID[\"']? *+: *+[\"']?true", "hostPID"),
    ("hostIPC", r"\bhostIPC[\"']? *+: *+[\"']?true", "hostIPC"),
    ("hostNetwork", r"\bhostNetwork[\"']? *+: *+[\"']?true", "hostNetwork"),
    ("SecurityContextConstraints", r"\bkind[\"']?\s*+:\s*+[^\n]{0,40}?\bSecurityContextConstraints\b", "an SCC"),
    ("system:openshift:scc:", r"\bsystem:openshift:scc:", "an SCC"),
)
"""A word, which is quick to find, the pattern of the field that it is in, and what the field asks for. Few runs compile them."""

_TRUE = r"(?:true\b|[\w.]*+\(true\)|&\w*+[tT]rue\b)"
_WORDS_OF_GO = (
    ("Privileged:", rf"\bPrivileged: *+{_TRUE}", "privileged"),
    ("HostPID:", rf"\bHostPID: *+{_TRUE}", "hostPID"),
    ("HostIPC:", rf"\bHostIPC: *+{_TRUE}", "hostIPC"),
    ("HostNetwork:", rf"\bHostNetwork: *+{_TRUE}", "hostNetwork"),
    ("HostPathVolumeSource{", r"\bHostPathVolumeSource\{(?!\})", "hostPath"),
    (
        "SecurityContextConstraints{",
        r"\bSecurityContextConstraints\{(?!\})|\bAllow(?:Privileged|Host)\w*+ *+=(?!=)",
        "an SCC",
    ),
    ('"securitycontextconstraints"', r"\bResources: *+[^\n]{0,80}\"securitycontextconstraints\"", "use of an SCC"),
    *_WORDS,
)
"""The same in Go code that builds objects, or that has manifests as text.

The client reads into an empty object; one that is filled in later is created.
"""

_WORDS_OF_PYTHON = (
    ("privileged", r"\bprivileged[\"'] *+: *+True|\bV1SecurityContext\([^)]{0,300}?\bprivileged=True", "privileged"),
    ("host_", r"\bhost_(?:pid|ipc|network)=True", "namespaces of the node"),
    ("V1HostPathVolumeSource(", r"\bV1HostPathVolumeSource\(", "hostPath"),
    ("hostPath", r"\bhostPath[\"'] *+: *+\{", "hostPath"),
    ("add-scc-to-", r"\badd-scc-to-(?:user|group)\b", "use of an SCC"),
    *_WORDS,
)
"""The same in Python code that creates objects of the API, or that has manifests and commands as text."""

_COMMENT = r"(?m)^[ \t]*+(?:#|//)[^\n]*+"


def access_words(text: str) -> tuple[str, ...]:
    """Return the access that a manifest asks for, each kind once: `("privileged", "hostPath")`."""
    return tuple(dict.fromkeys(name for _, name in lines_with_access(text)))


def lines_with_access(text: str, suffix: str = "") -> Iterator[tuple[int, str]]:
    """Yield the line of the first place of each kind of access in a manifest, a script, or code in a file with a suffix, and the access."""
    words = [item for item in {".go": _WORDS_OF_GO, ".py": _WORDS_OF_PYTHON}.get(suffix, _WORDS) if item[0] in text]
    text = re.sub(_COMMENT, "", text) if words else ""
    for _, pattern, name in words:
        if match := re.search(pattern, text):
            yield text.count("\n", 0, match.start()) + 1, name


_WORDS_OF_TEMPLATES = (
    *_WORDS,
    ("securitycontextconstraints", r"\bsecuritycontextconstraints\b", "use of an SCC"),
    ("cluster-admin", r"\bname[\"']? *+: *+[\"']?cluster-admin\b", "cluster-admin"),
    *((word, rf"\b{word}[\"']? *+: *+[\"']?(?=\{{\{{)", word) for word in ("privileged", "hostPID", "hostIPC", "hostNetwork")),
)
"""The same in templates, where an action may write the value of a field."""

_COMMENT_OF_TEMPLATE = r"(?ms)\{\{-?\s*/\*.*?(?:\*/\s*-?\}\}|\Z)|^[ \t]*+#[^\n]*+"


def access_in_template(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the beginning and the end of each text of a template that asks for access to the node or grants it, and the access."""
    words = [item for item in _WORDS_OF_TEMPLATES if item[0] in text]
    blank = re.sub(_COMMENT_OF_TEMPLATE, lambda match: re.sub(r"[^\n]", " ", match[0]), text) if words else ""
    for _, pattern, name in words:
        yield from ((match.start(), match.end(), name) for match in re.finditer(pattern, blank))
