"""Results of other scanners: which of them admission decides, and how."""
