"""Places, heights and times of documents: geometry, and which fields of a document say where it is."""
