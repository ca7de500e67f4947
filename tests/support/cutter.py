"""A relay before PostgreSQL that can lose the answer to a commit.

with Cutter(url) as cutter:
    ... = open_database(cutter.url)
    cutter.lose_next()
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Self

from sqlalchemy import make_url

_COMMIT = b"COMMIT\x00"
_MOST = 65_536


class Cutter:
    """Passes everything on; `url` is the database's by way of it.

    `lost` counts the commits that were done and whose answer was lost with the connection.
    """

    def __init__(self, url: str) -> None:
        target = make_url(url)
        assert target.host and target.port
        self._target = (target.host, target.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._accepting = threading.Thread(target=self._accept)
        self._pumps: list[threading.Thread] = []
        self._wires: list[socket.socket] = []
        self._armed = False
        self._losing: set[socket.socket] = set()
        own = target.set(host="127.0.0.1", port=self._listener.getsockname()[1])
        self.url = own.render_as_string(hide_password=False)
        self.lost = 0

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()
        for wire in self._wires:
            _end(wire)
        for pump in self._pumps:
            pump.join()
        for wire in self._wires:
            wire.close()

    def lose_next(self) -> None:
        """Pass the next commit on, and end its connection when the server answers."""
        self._armed = True

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self._wires += [client, server]
                for pump in (self._ask, self._answer):
                    self._pumps.append(threading.Thread(target=pump, args=(client, server)))
                    self._pumps[-1].start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(_MOST):
                if self._armed and _COMMIT in data:
                    self._armed = False
                    self._losing.add(server)
                server.sendall(data)
        _end(server)

    def _answer(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(_MOST):
                if server in self._losing:
                    self.lost += 1
                    break
                client.sendall(data)
        _end(client)
        _end(server)


def _end(wire: socket.socket) -> None:
    with suppress(OSError):
        wire.shutdown(socket.SHUT_RDWR)
