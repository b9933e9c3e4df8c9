"""YAML and JSON text to nodes that know where every value was written."""
