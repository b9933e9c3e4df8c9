"""What all commands share: the settings and files that arguments ask for, the exit status, and what a person at a terminal sees."""
