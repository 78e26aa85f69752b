"""brief-connect.py ADDRESS PORT: a connect() that does not block, and it is gone."""
import select
import socket
import sys

client = socket.socket()
client.setblocking(False)
client.connect_ex((sys.argv[1], int(sys.argv[2])))
select.select([], [client], [])
