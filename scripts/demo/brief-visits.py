"""brief-visits.py PORT : visits itself with a new connection for each request, thirty a second."""

import asyncio
import sys

host, port = "127.0.0.1", int(sys.argv[1])


async def serve(reader, writer):
    # Until the visitor has closed: who closes first keeps the TIME-WAIT.
    await reader.read()
    writer.close()


async def visit():
    _, writer = await asyncio.open_connection(host, port)
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
