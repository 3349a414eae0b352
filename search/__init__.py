"""Finding: documents with an audience, queries, facets, and engines that all keep the same promises."""
