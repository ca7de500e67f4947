"""What `understudy check` looks at beyond the configuration file itself.

`read` asks Prometheus and Alertmanager, `answers` and `shipped` are what they and our own files
say, the other modules judge it and are pure; `examine` puts these together.
"""
