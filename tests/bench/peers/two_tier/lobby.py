"""The first tier: a lobby over raw TCP, a thread a client.

A message is opened with its sender's key and sealed again for every client, under that client's
key and a fresh IV.

python lobby.py PORT
"""

import socket
import sys
import threading

from Crypto.PublicKey import RSA

from wire import Closed, Reader, framed, offer, open_sealed, seal


class Client:
    def __init__(self, sock, key):
        self.sock = sock
        self.key = key
        self.sending = threading.Lock()

    def send(self, plain):
        frame = framed(seal(self.key, plain))
        with self.sending:
            self.sock.sendall(frame)


class Lobby:
    def __init__(self):
        self.private = RSA.generate(2048)
        self.clients = ()
        self.changing = threading.Lock()

    def enter(self, client):
        with self.changing:
            self.clients = (*self.clients, client)

    def leave(self, client):
        with self.changing:
            self.clients = tuple(other for other in self.clients if other is not client)

    def broadcast(self, plain):
        for client in self.clients:
            try:
                client.send(plain)
            except OSError:
                self.leave(client)

    def serve(self, sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = Reader(sock)
        client = None
        try:
            client = Client(sock, offer(sock, reader, self.private))
            name = open_sealed(client.key, reader.frame())
            self.enter(client)
            client.send(b"welcome, " + name)
            while True:
                self.broadcast(name + b": " + open_sealed(client.key, reader.frame()))
        except (Closed, OSError):
            pass
        finally:
            if client is not None:
                self.leave(client)
            sock.close()


def main():
    lobby = Lobby()
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=1024)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=lobby.serve, args=(sock,), daemon=True).start()


if __name__ == "__main__":
    main()
