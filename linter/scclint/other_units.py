"""What a world asks about the other units of a run."""


class OtherUnits:
    """What other units of the run have, by name: nothing, as in a run with one unit. A subclass answers for several units.

    A rule that claims that something is not there asks first. An answer may be True for a unit that is never deployed beside this
    one: the rule then knows too little to claim anything.
    """

    def uses_account(self, namespace: str, name: str) -> bool:
        """Whether pods of another unit run as a service account, or may do so because no file names their namespace."""
        return False

    def defines_account(self, namespace: str, name: str) -> bool:
        """Whether another unit defines a ServiceAccount, or may do so because no file names its namespace."""
        return False

    def has_pods(self, namespace: str = "") -> bool:
        """Whether another unit has pods in a namespace, or pods whose namespace no file names; any pods where it is empty."""
        return False

    def requires_scc(self, name: str) -> bool:
        """Whether pods of another unit require an SCC by annotation."""
        return False

    def defines_scc(self, name: str) -> bool:
        """Whether another unit defines an SCC of that name."""
        return False

    def grants_scc(self, name: str) -> bool:
        """Whether another unit grants an SCC by name: by its lists, a role, or a binding to the release's role for the SCC."""
        return False

    def provides_profile(self, path: str) -> bool:
        """Whether another unit provides the file that `localhostProfile: PATH` names."""
        return False
