"""What happens to the pods of each workload of a unit: the chain of admission, the world that holds it, and its rows for every view."""
