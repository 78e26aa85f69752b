"""call-once.py ADDRESS PORT: sends five bytes, closes first, and is gone when the other side has closed too."""
import socket
import sys

client = socket.create_connection((sys.argv[1], int(sys.argv[2])))
client.sendall(b"hello")
client.shutdown(socket.SHUT_WR)
while client.recv(100):
    pass
