"""A database opened durably: what the switcher's journal and the peer node's chain have in common.

Knows nothing of what is kept there, and imports no other package of this project.
"""
