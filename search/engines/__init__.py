"""One module per engine; only here may an engine's own library be imported."""
