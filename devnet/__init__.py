"""A local network of simulated BitShares nodes, for demonstrations, tests and benchmarks.

One process holds all nodes. Blocks, transactions, signatures, schedule and pending state are
real; only the peer-to-peer network is simulated, so that it can be cut, slowed and healed.
Pure: `genesis`, `operations`, `state`, `evaluate`, `transition`, `ledger`, `forks` and the objects.
`launch.Devnet` is the way in.
The keys here are made of well-known words and are worth nothing.
"""
