"""Messages of a cluster that people paste: the known errors in them, and what they reveal."""
