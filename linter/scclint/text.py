"""Wording that messages share: lists of names, and the known name that a misspelled one resembles."""

from collections.abc import Iterable


def listed(names: Iterable[str], word: str = "and") -> str:
    """Return the names as a phrase: `a`, `a and b`, or `a, b and c`; `word` joins the last two."""
    items = list(names)
    return f"{', '.join(items[:-1])} {word} {items[-1]}" if len(items) > 1 else "".join(items)


def and_more(names: Iterable[str], most: int) -> str:
    """Return the first `most` names as a phrase, and how many are left out: `a, b and 3 more`.

    A single name is never left out, because `1 more` takes as much room as the name.
    """
    items = list(names)
    left_out = len(items) - most
    return listed(items if left_out <= 1 else [*items[:most], f"{left_out:,} more"])


def closest_match(name: str, candidates: Iterable[str], cutoff: float = 0.75) -> str:
    """Return the candidate spelled most like `name`, whatever the case; empty if none is similar enough.

    `cutoff` is the least similarity, from 0 (any candidate) to 1 (the same letters).
    """
    from difflib import SequenceMatcher, get_close_matches

    spelled = name.lower()
    original = {candidate.lower(): candidate for candidate in candidates}
    similar = get_close_matches(spelled, original, n=max(len(original), 1), cutoff=cutoff)
    if not similar:
        return ""
    matcher = SequenceMatcher(b=spelled)

    def similarity(candidate: str) -> tuple[float, int]:
        matcher.set_seq1(candidate)
        # Of equally similar names, a wrong letter is likelier than one that moved: SEC302 means SEC202, not SEC203.
        return matcher.ratio(), sum(a == b for a, b in zip(spelled, candidate, strict=False))

    return original[max(similar, key=similarity)]
