"""What is known of facts beyond one run: what they are known by, and which of them are new."""
