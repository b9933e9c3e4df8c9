"""Seccomp profile files: their schema, problems, differences, and where they come from."""
