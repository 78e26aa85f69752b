// visits.js HOST PORT COUNT PARALLEL [RATE] : makes COUNT connections, at most PARALLEL at a time and RATE a
// second, reads each to its end and closes it after its peer. Says `done` after the last; told `stop` it makes
// no more and says how many there were.
'use strict';
const net = require('node:net');

const [host, port, ...numbers] = process.argv.slice(2);
const [count, parallel, rate = Infinity] = numbers.map(Number);
let isStopped = false;
let [begun, open, finished, allowed] = [0, 0, 0, rate === Infinity ? Infinity : 0];

function visit() {
  const socket = net.connect({ host, port: Number(port) });
  socket.on('error', () => {});
  socket.resume();
  socket.on('close', () => {
    open -= 1;
    finished += 1;
    if (finished === count) console.log('done');
    tellIfStopped();
    visitMore();
  });
}

function visitMore() {
  if (isStopped) return;
  for (; begun < count && open < parallel && allowed >= 1; begun += 1, open += 1, allowed -= 1) visit();
}

function tellIfStopped() {
  if (isStopped && open === 0) console.log(`made ${finished}`);
}

console.log('ready');
if (rate === Infinity) {
  visitMore();
} else {
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    // What could not be made in time is not made up for in one burst.
    allowed = Math.min(allowed + ((now - last) * rate) / 1000, rate / 10);
    last = now;
    visitMore();
  }, 10);
}
process.stdin.once('data', () => {
  isStopped = true;
  tellIfStopped();
});
