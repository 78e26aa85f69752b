// service.js HOST PORT HOLD BYTES : sends so many BYTES on every connection, in ten parts over HOLD ms, and
// ends it; with HOLD `peer` it sends nothing and closes after the peer has.
'use strict';
const net = require('node:net');

const [host, port, hold, bytes] = process.argv.slice(2);
const part = Buffer.alloc(Number(bytes) / 10);

function serve(socket) {
  socket.on('error', () => {});
  socket.resume();
  if (hold === 'peer') return;
  let left = 10;
  const timer = setInterval(() => {
    socket.write(part);
    left -= 1;
    if (left > 0) return;
    clearInterval(timer);
    socket.end();
  }, Number(hold) / 10);
}

net
  .createServer(serve)
  .listen({ host, port: Number(port), backlog: 4096 }, () => console.log('ready'));
