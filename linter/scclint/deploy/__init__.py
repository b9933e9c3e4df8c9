"""Which files are deployed together, by what and where, and what kustomize and helm render of them."""
