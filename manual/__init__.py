"""How the documentation is made: its site, and the pages of reference written from the code.

For those who build the project; a wheel has none of it.
"""
