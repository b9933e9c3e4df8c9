"""SCC admission, in OpenShift's own terms: pure functions over objects as the cluster has them."""
