"""One file per resource: parse, one call of a workflow, shape."""
