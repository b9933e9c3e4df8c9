"""What the API server of a release refuses of an object."""
