"""The peer chain: its blocks, their verification, and what nodes say of theirs.

As everything in `chains`: nothing is written to a node, and no secret is held.
"""
