"""BitShares: node client, block verification and the follower.

`keys`, `blocks`, `transactions`, `schedule`, `objects` and `follower` are pure: no I/O, no clock.
`client` and `watch` talk to nodes. Times are whole seconds since the epoch, UTC, as on the chain.
"""
