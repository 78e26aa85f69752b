"use strict";
// pool-race.js server PORT HOST : an HTTP server with Node's keepAliveTimeout of 5 s.
// pool-race.js client PORT HOST COUNT : a pool of COUNT connections that is busy at the wrong moment: each of its requests
// but the first goes out just after the server has given the connection up. Says after which silence, at least and at most.

const fs = require("fs");
const http = require("http");

const [role, host] = [process.argv[2], process.argv[4]];
const [port, count] = [Number(process.argv[3]), Number(process.argv[5])];
const timeout = 5000;

if (role === "server") {
  const server = http.createServer((_, response) => response.end("answer"));
  server.keepAliveTimeout = timeout;
  server.listen(port, host, () => console.log("ready"));
} else {
  const agent = new http.Agent({ keepAlive: true, maxSockets: count, maxFreeSockets: count });
  const ask = () =>
    new Promise((resolve) => {
      const request = http.get({ port, host, agent }, (response) => {
        response.resume();
        response.on("end", () => resolve("answer"));
      });
      request.on("error", (error) => resolve(error.code));
    });
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const closeWait = new RegExp(`:${hex} 08 `, "g");
  const givenUp = () => (fs.readFileSync("/proc/self/net/tcp", "latin1").match(closeWait) ?? []).length;
  const askAll = () => Promise.all(Array.from({ length: count }, ask));

  console.log("ready");
  (async () => {
    const asked = Date.now();
    await askAll();
    const answered = Date.now();
    setTimeout(async () => {
      // An event loop that is busy does not see that the server has closed.
      while (givenUp() < count) continue;
      const least = Date.now() - answered;
      const errors = (await askAll()).filter((answer) => answer !== "answer");
      console.log(`lost ${errors.length} after ${least} ${Date.now() - asked}`);
      console.log("done");
    }, timeout - 2000);
  })();
  process.stdin.on("data", () => {}).on("end", () => process.exit());
}
