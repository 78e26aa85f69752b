"use strict";
// two-hosts.js server MODE HOST PORT : accepts connections and ends them as Node does, when it is told.
// two-hosts.js client MODE HOST PORT COUNT : opens COUNT connections when it is told `open`, and says the addresses of
// the last one, its own first.
//
// Told `end`, MODE `client`: the client ends. `server`: the server ends. `reset`: the client's resetAndDestroy().
// `unread`: the server destroys its sockets and leaves data unread. `late`: the server destroys its sockets after it has
// read all, then the client writes. `unacknowledged`: the client writes. `silent`: the client waits for its keep-alive
// probes to fail. Either side says `ended` when all its sockets are closed.

const net = require("net");
const readline = require("readline");

const [role, mode, host] = process.argv.slice(2, 5);
const [port, count] = process.argv.slice(5).map(Number);
const kept = new Set();
let opened = 0;
let begun = false;

function keep(socket) {
  kept.add(socket);
  socket.on("error", (error) => console.log("error " + error.code));
  socket.on("close", () => {
    kept.delete(socket);
    if (begun && kept.size === 0) console.log("ended");
  });
}

const orders = {
  open() {
    for (let number = 0; number < count; number++) {
      const socket = net.connect({ port, host, allowHalfOpen: true });
      keep(socket);
      socket.write("request...");
      socket.once("data", () => {
        if (++opened < count) return;
        console.log(`at ${socket.localAddress}:${socket.localPort} ${host}:${port}`);
        console.log("did open");
      });
      if (mode === "silent") socket.setKeepAlive(true, 1000);
      socket.once("end", () => mode === "server" && socket.end());
    }
  },
  end() {
    begun = true;
    for (const socket of kept) {
      if (role === "server") {
        if (mode === "server") socket.end();
        if (mode === "unread" || mode === "late") socket.destroy();
      } else {
        if (mode === "client") socket.end();
        if (mode === "reset") socket.resetAndDestroy();
        if (mode === "unacknowledged") socket.write("nobody");
        if (mode === "late") {
          socket.write("too late");
          setTimeout(() => socket.write("and once more"), 100);
        }
      }
    }
  },
};

readline.createInterface({ input: process.stdin }).on("line", (order) => orders[order]()).on("close", () => process.exit());
if (role === "client") {
  console.log("ready");
} else {
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    keep(socket);
    begun = mode !== "server" && mode !== "unread" && mode !== "late";
    socket.once("end", () => socket.end());
    if (mode === "unread") return socket.write("the answer");
    socket.once("data", () => socket.write("the answer"));
    socket.resume();
  });
  server.listen(port, host, () => console.log("ready"));
}
