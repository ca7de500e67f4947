"""The status page: what people see of a running switcher, and what they may have it do there."""
