"""Other engines put to the same questions: each a module with `Peer`, run in a process of its own by `bench.search`."""
