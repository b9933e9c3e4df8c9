"""From findings to causes: which of them one decision makes, where it is made, and in which order people read them."""
