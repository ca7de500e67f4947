"""BitShares: node client, block verification and the follower.

`client`, `names`, `endpoint`, `sync` and `watch` talk to nodes; the others are pure: no I/O, no
clock. Times are whole seconds since the epoch, UTC, as on the chain.
"""
