"use strict";
// pool-race.js server PORT HOST : an HTTP server with Node's keepAliveTimeout of 5 s.
// pool-race.js client PORT HOST COUNT : a pool of COUNT connections that is busy at the wrong moment: each of its requests
// but the first goes out just after the server has given the connection up. Says after which silence.

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
  const askAll = () => Promise.all(Array.from({ length: count }, ask));
  // In CLOSE-WAIT: the event loop need not run to know that.
  const givenUp = RegExp(` \\S+:${port.toString(16).toUpperCase()} 08 `, "g");
  const isGivenUp = () => fs.readFileSync("/proc/self/net/tcp", "latin1").match(givenUp)?.length === count;

  console.log("ready");
  (async () => {
    await askAll();
    const answered = Date.now();
    setTimeout(async () => {
      // An event loop that is busy does not see that the server has closed.
      while (!isGivenUp()) continue;
      const silence = Date.now() - answered;
      const errors = (await askAll()).filter((answer) => answer !== "answer");
      console.log(`lost ${errors.length} after ${silence}`);
      console.log("done");
    }, timeout - 2000);
  })();
  process.stdin.on("data", () => {}).on("end", () => process.exit());
}
