"""The seccomp profile that each container of an admitted pod runs with."""
