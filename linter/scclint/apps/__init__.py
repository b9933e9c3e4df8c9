"""Programs on top of scclint: the language server, fleets, compliance controls, and evidence from clusters."""
