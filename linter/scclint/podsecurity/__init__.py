"""Pod Security Admission: the standards by policy version, the labels of a namespace, and the controller that writes them."""
