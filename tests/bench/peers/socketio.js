// socket.io's broadcast, as its documentation shows it: whoever sends `msg` reaches everyone.
// node socketio.js PORT

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
// WebSocket only: nobody here starts with long polling. Compression is off by default.
const io = new Server(http, { transports: ["websocket"], serveClient: false });

io.on("connection", (socket) => {
  socket.on("msg", (text) => io.emit("msg", text));
});

http.listen(Number(process.argv[2]), "127.0.0.1");
