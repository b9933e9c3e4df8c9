"""Which files a run reads, and their text."""
