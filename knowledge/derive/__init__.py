"""One module per projection of a declared type: form, index, page, comparison, JSON, import and export."""
