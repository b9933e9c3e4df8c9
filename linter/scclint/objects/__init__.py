"""Documents to objects: a text becomes documents, and each document the objects that it states, contains or implies.

- `documents/`: the documents of a text, whose values know where they are written. Templates and cluster dumps are texts, too.
- `commands/`: the commands of scripts, and the documents of what they create or change.
- `expand/`: the objects of a document, with those that are in other objects, such as a List, a Template or a Tekton task.
- `kinds.py`: the kinds that scclint knows, and `custom_kinds.py` the pods of those whose controllers put pods together.
- `types.py`, `pod.py` and `view.py`: the objects as rules get them, such as workloads, SCCs, roles and namespaces.
- `unknown.py`, `image.py`, `ignition.py`: values that the input does not give, and what is known of images and files of nodes.

What Kubernetes and OpenShift define without any manifest is in `scclint.platform`.
"""
