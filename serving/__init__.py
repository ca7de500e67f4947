"""Serving HTTP until a signal comes: what the services' servers have in common.

Knows nothing of chains, metrics or rotations, and imports no other package of this project.
"""
