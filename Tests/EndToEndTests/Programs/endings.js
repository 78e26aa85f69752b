"use strict";
// endings.js MODE PORT COUNT : connects to itself and ends the connections as Node does, when it is told.
//
// `open` opens COUNT connections, `end` ends them all, `each` opens and ends COUNT, a few at a time. Before the answer
// it says both addresses of the last one, the client's first.
//
// MODE `client` or `server`: that side ends first. `reset`: the client's resetAndDestroy(). `unread`: the server
// destroys its socket and leaves data unread. `late`: the client writes after the server's end.

const net = require("net");
const readline = require("readline");
const { once } = require("events");

const [mode, port, count] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const atOnce = 50;
const accepted = new Map();
let kept = [];
let last = "";

const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
  accepted.set(socket.remotePort, socket);
  socket.on("error", () => {});
  if (mode === "unread") {
    socket.write("the answer");
  } else {
    socket.once("data", () => socket.write("the answer"));
    socket.resume();
  }
});

async function pair() {
  const client = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  client.on("error", () => {});
  client.write("request...");
  await once(client, "data");
  last = `127.0.0.1:${client.localPort} 127.0.0.1:${port}`;
  const far = accepted.get(client.localPort);
  accepted.delete(client.localPort);
  return { client, server: far };
}

async function end({ client, server }) {
  const closed = [client, server].map((socket) => new Promise((resolve) => socket.once("close", resolve)));
  const [first, second] = mode === "server" ? [server, client] : [client, server];
  if (mode === "client" || mode === "server") {
    second.once("end", () => second.end());
    first.resume();
    first.end();
  } else if (mode === "reset") {
    client.resetAndDestroy();
  } else if (mode === "unread") {
    server.destroy();
  } else {
    client.once("end", () => {
      client.write("too late");
      setTimeout(() => client.write("and once more"), 20);
    });
    server.destroy();
  }
  await Promise.all(closed);
}

async function inTurns(work) {
  for (let done = 0; done < count; done += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, count - done) }, (_, index) => work(done + index));
    await Promise.all(some);
  }
}

async function obey(order) {
  if (order === "open") await inTurns(async () => kept.push(await pair()));
  if (order === "end") await inTurns((index) => end(kept[index]));
  if (order === "each") await inTurns(async () => end(await pair()));
  console.log("at " + last);
  console.log("did " + order);
}

server.listen(port, "127.0.0.1", () => {
  console.log("ready");
  readline.createInterface({ input: process.stdin }).on("line", obey).on("close", () => process.exit());
});
