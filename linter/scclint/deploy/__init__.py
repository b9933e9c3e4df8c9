"""What is deployed together, and where rendered text comes from."""
