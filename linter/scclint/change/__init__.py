"""What a change of manifests, of the cluster or of the release changes for each workload, and who gains or loses an SCC."""
