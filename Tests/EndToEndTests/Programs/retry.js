// retry.js LISTEN HOST PORT : listens on 127.0.0.1:LISTEN, and connects to HOST:PORT again and again.
'use strict';
const net = require('node:net');

const [listen, host, port] = process.argv.slice(2);
const retry = () => {
  const socket = net.connect({ host, port: Number(port) });
  socket.on('error', () => setTimeout(retry, 20));
};
net.createServer().listen({ host: '127.0.0.1', port: Number(listen) }, () => {
  console.log('ready');
  retry();
});
