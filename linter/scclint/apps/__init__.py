"""Programs on top of scclint: the servers for editors and agents, fleets, and evidence from clusters."""
