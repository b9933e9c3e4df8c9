"""The Common Expression Language: evaluates expressions in a process of its own."""
