"""The contract every engine keeps, and the words it stands on."""
