"""A peer-chain node. Empty so far."""
