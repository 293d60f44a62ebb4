"""The query language: expressions as values, the dict form that travels, the builder that writes it."""
