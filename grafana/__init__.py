"""The code that writes the dashboards: `python -m grafana`, or `make dashboards`.

For development only: nothing of Understudy imports it, and no wheel carries it. What it writes is
committed in `grafana/dashboards`.
"""
