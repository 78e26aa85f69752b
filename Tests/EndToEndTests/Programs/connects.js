// connects.js HOST PORT COUNT [PATIENCE] : begins COUNT connects at once and says `done` when all have come
// to nothing; gives each up after PATIENCE ms.
'use strict';
const net = require('node:net');

const [host, port, count, patience] = process.argv.slice(2);
let left = Number(count);
for (let i = 0; i < Number(count); i += 1) {
  const socket = net.connect({ host, port: Number(port) });
  socket.on('error', () => {});
  socket.on('close', () => {
    left -= 1;
    if (left === 0) console.log('done');
  });
  if (patience) setTimeout(() => socket.destroy(), Number(patience));
}
console.log('ready');
process.stdin.resume();
