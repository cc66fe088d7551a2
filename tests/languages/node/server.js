// TCP echo server.
'use strict';

const net = require('node:net');

// The other side may close first and still want its answer.
const server = net.createServer({ allowHalfOpen: true }, (socket) => {
  console.log(`client ${socket.remoteAddress}:${socket.remotePort}`);
  socket.on('error', (problem) => console.error(problem.message));
  socket.pipe(socket);
});

server.on('error', (problem) => {
  console.error(`cannot listen: ${problem.message}`);
  process.exitCode = 1;
});

server.listen(65432, '127.0.0.1');
