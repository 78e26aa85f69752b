"""kept-alive.py HOST PORT AUTHORITY CERTIFICATE KEY : asks for /-/healthy over one TLS connection, once for each line of its input.

Says `STATUS on connection N`; if the server closes the connection instead, it opens the next and asks there,
and says `refused after connection N` if that fails too.
"""

import http.client
import ssl
import sys
import time

host, port, authority, certificate, key = sys.argv[1:]
context = ssl.create_default_context(cafile=authority)
context.load_cert_chain(certificate, key)


def connect():
    return http.client.HTTPSConnection(host, int(port), context=context, timeout=60)


def ask(connection):
    connection.request("GET", "/-/healthy")
    response = connection.getresponse()
    response.read()
    return response.status


count, connection = 1, connect()
while True:  # until it listens and has polled
    try:
        if ask(connection) == 200:
            break
    except ConnectionRefusedError:
        connection = connect()
    time.sleep(0.1)
print("ready", flush=True)
for line in sys.stdin:
    try:
        print(f"{ask(connection)} on connection {count}", flush=True)
    except (OSError, http.client.HTTPException):
        count, connection = count + 1, connect()
        try:
            print(f"{ask(connection)} on connection {count}", flush=True)
        except (OSError, http.client.HTTPException):
            print(f"refused after connection {count - 1}", flush=True)
