"""Reading and verifying chains.

Nothing in this package holds a secret, signs, or writes to a chain, and it imports no other
package of this project.
"""
