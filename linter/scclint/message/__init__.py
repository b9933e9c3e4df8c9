"""Texts of clusters, kubelets and programs that people paste: the incidents in them, the workloads that these are about, and the answers."""
