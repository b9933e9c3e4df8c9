"""Captures of running containers, and their comparison with what scclint predicts."""
