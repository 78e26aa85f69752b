"""relay.py PORT TARGET : passes what comes to 127.0.0.1:PORT on to 127.0.0.1:TARGET and back, each side's end too."""

import socket
import sys
import threading


def pump(source, sink):
    while data := source.recv(65536):
        sink.sendall(data)
    sink.shutdown(socket.SHUT_WR)


def serve(client):
    server = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    back = threading.Thread(target=pump, args=(server, client), daemon=True)
    back.start()
    pump(client, server)
    back.join()
    client.close()
    server.close()


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128)
print("ready", flush=True)
while True:
    connection, _ = listener.accept()
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
