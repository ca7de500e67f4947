"""What `understudy check` looks at beyond the configuration file itself.

`ask` gets what Prometheus and Alertmanager say, in the shapes of `prometheus` and `alertmanager`;
`shipped` has our own files to compare with. `rules`, `targets`, `arrival`, `mutes` and `routing`
judge, and are pure; so do `nodes` and `peers`, of what these answered. `examine` puts all of it
together.
"""
