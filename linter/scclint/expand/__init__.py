"""From documents to API objects: the objects that lists, templates and custom resources carry."""
