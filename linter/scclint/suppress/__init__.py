"""Suppressions: how they are written, which findings they cover, and baselines."""
