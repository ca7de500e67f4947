"""The demonstration: a host dies on an embedded devnet, and the real stack replaces it."""
