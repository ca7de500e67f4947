"""Measurements that anyone can repeat: `make bench`, or `understudy bench NAME`.

Each module measures one thing on the real programs and prints what it measured, whatever it is.
"""
