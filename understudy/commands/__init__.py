"""The commands, one module a group; each imports what it runs only when it runs."""
