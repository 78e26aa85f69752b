// paused-server.js HOST PORT : accepts connections and never begins to read from them.
'use strict';
const net = require('node:net');

const [host, port] = process.argv.slice(2);
net
  .createServer({ allowHalfOpen: true, pauseOnConnect: true }, () => {})
  .listen({ host, port: Number(port) }, () => console.log('ready'));
