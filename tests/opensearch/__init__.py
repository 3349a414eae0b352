"""The engine on a real OpenSearch cluster of three nodes: contract, oracle, accidents. `cluster.py` starts it."""
