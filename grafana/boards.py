"""All dashboards."""

from __future__ import annotations

from grafana.network import NETWORK
from grafana.peers import PEERS
from grafana.stage import STAGE
from grafana.switching import SWITCHER

BOARDS = (STAGE, NETWORK, SWITCHER, PEERS)
