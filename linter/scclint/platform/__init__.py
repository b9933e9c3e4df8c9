"""What Kubernetes and OpenShift define, whatever a manifest says: releases, names, selectors, ID ranges and the fields of objects.

This is a package of its own, because the verdict (SCC admission, Pod Security, validation, seccomp) needs it without any manifest.
"""
