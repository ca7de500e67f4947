"""A node of the peer chain: it keeps a chain in a database, serves it, and adopts longer ones.

Alone, as `understudy node`, it also mines, takes transactions and lets nodes be registered. As the
replica within the switcher it does none of that, and replaces only so many blocks by itself.
"""
