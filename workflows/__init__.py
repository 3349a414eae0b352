"""The editorial workflow as data: states, transitions, roles and permissions. Standard library only."""
