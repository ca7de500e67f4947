"""What `understudy init` writes, from what it was told and has seen on the chain.

`document` and `snippets` make the files' texts, `writing` puts them into place.
"""
