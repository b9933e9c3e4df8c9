"""What nodes and the API show about running containers, compared with what is predicted."""
