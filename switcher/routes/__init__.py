"""The switcher's HTTP addresses, a file for each kind of caller."""
