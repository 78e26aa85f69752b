"""brief-visits.py HOST PORT : visits itself with a new connection for each request, thirty a second."""

import asyncio
import errno
import sys

host, port = sys.argv[1], int(sys.argv[2])


async def serve(reader, writer):
    # Until the visitor has closed: who closes first keeps the TIME-WAIT.
    await reader.read()
    writer.close()


async def visit():
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            return  # no local port is left: that is what this is about
        raise
    # Long enough for a poll to see whose it is.
    await asyncio.sleep(3)
    writer.close()


async def main():
    await asyncio.start_server(serve, host, port)
    visits = set()
    while True:
        task = asyncio.create_task(visit())
        visits.add(task)
        task.add_done_callback(visits.discard)
        await asyncio.sleep(1 / 30)


asyncio.run(main())
