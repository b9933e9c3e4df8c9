"""Suppressions: how they are written, and which findings they cover."""
