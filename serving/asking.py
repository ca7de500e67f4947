"""How a client asks what is served here, where no answer may be lost."""

from __future__ import annotations

import httpx

ONE_CALL = httpx.Limits(max_keepalive_connections=0)
"""Each question by a connection of its own.

A server ends a connection of which it hears nothing for five seconds, and the next question may be
on its way just then: the client gets no answer, and can't know what became of an order.
"""
