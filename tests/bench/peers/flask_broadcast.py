"""Flask-SocketIO's broadcast on gevent: whoever sends `msg` reaches everyone.

python flask_broadcast.py PORT
"""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402  (after the patch, as gevent asks)

from flask import Flask  # noqa: E402
from flask_socketio import SocketIO, emit  # noqa: E402

app = Flask(__name__)
socketio = SocketIO(app, async_mode="gevent", transports=["websocket"], http_compression=False)


@socketio.on("msg")
def msg(text):
    emit("msg", text, broadcast=True)


if __name__ == "__main__":
    socketio.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_output=False)
