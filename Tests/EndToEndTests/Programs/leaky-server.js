// leaky-server.js HOST PORT [HOST PORT]... : reads every connection to its end and never ends its own
// side, so that each client that ends leaves a CLOSE-WAIT behind.
'use strict';
const net = require('node:net');

const places = process.argv.slice(2);
let waiting = places.length / 2;
for (let i = 0; i < places.length; i += 2) {
  net
    .createServer({ allowHalfOpen: true }, (socket) => socket.resume())
    .listen({ host: places[i], port: Number(places[i + 1]) }, () => {
      waiting -= 1;
      if (waiting === 0) console.log('ready');
    });
}
