"""What the switcher does about a node or a peer that left the longest valid chain."""
