"""One module per record type: declarations only."""
