"""The command line towards a running switcher: ask, order, and follow what comes of it."""
