"""The command line and the one configuration file; composes the other packages."""

__version__ = "0.1.0"
