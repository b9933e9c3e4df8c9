"""Rules that a configuration declares as CEL expressions."""
