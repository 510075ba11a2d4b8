"""The second tier: Flask-SocketIO on gevent in front of the lobby.

Every user has a TCP connection to the lobby, a key of that connection agreed by an RSA-2048
exchange, and a greenlet that reads it, opens what comes and hands it to the user's socket.

python front.py PORT LOBBY_PORT
"""

from gevent import monkey

monkey.patch_all()

import socket  # noqa: E402  (after the patch, as gevent asks)
import sys  # noqa: E402

from flask import Flask, request  # noqa: E402
from flask_socketio import SocketIO, emit  # noqa: E402

from wire import Closed, Reader, accept, framed, open_sealed, seal  # noqa: E402

app = Flask(__name__)
socketio = SocketIO(app, async_mode="gevent", transports=["websocket"], http_compression=False)
users = {}


class User:
    def __init__(self, sid, name, lobby_port):
        self.sid = sid
        self.sock = socket.create_connection(("127.0.0.1", lobby_port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = Reader(self.sock)
        self.key = accept(self.sock, self.reader)
        self.send(name)
        self.reader.frame()  # the lobby's welcome: from here on this user hears everyone

    def send(self, text):
        self.sock.sendall(framed(seal(self.key, text.encode())))

    def read(self):
        try:
            while True:
                text = open_sealed(self.key, self.reader.frame()).decode()
                socketio.emit("new_message", {"message": text}, to=self.sid)
        except (Closed, OSError):
            pass


@socketio.on("login")
def login(data):
    user = User(request.sid, data["username"], int(sys.argv[2]))
    users[request.sid] = user
    socketio.start_background_task(user.read)
    emit("login_response", {"username": data["username"]})


@socketio.on("send_message")
def send_message(data):
    users[request.sid].send(data["message"])


@socketio.on("disconnect")
def disconnect(reason=None):
    user = users.pop(request.sid, None)
    if user is not None:
        user.sock.close()


if __name__ == "__main__":
    socketio.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_output=False)
