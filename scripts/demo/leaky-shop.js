// leaky-shop.js PORT : answers, but has a path that never ends its side of the connection.
'use strict';
const net = require('node:net');

net
  .createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.write('sold out\n'));
  })
  .listen({ host: '127.0.0.1', port: Number(process.argv[2]) });
