const net = require('net');

const server = net.createServer((socket) => {
  console.log('Accepted connection from', socket.remoteAddress, socket.remotePort);
  socket.on('data', (data) => {
    const text = data.toString();
    console.log('Received: ' + text);
    if (text.toLowerCase() === 'close') {
      socket.end('closed');
    } else {
      socket.write('accepted');
    }
  });
  socket.on('end', () => console.log('client left'));
});

server.listen(8000, '127.0.0.1', () => console.log('Listening on port 8000'));
