"""healthy.py ROLE ARGUMENT... : what well-behaved programs do that looks like a fault at a glance. Each role is a
process of its own, named as services are, and goes on until its standard input ends.

`service PORT` answers: /events without end, a line every five seconds; /poll after 40 s; /work after 100 s, to
clients too that have closed their half; /file with 32 MiB; everything else at once.
`watchers PORT` reads /events, asks /poll again and again, and reads /file as a phone does: 100 kB every 4 s.
`uploaders PORT` asks for /work, closes its half and waits for the answer, as `nc -N` does.
`relay PORT TARGET` copies between its clients and TARGET, each direction on its own, as docker-proxy does.
`tunnels PORT` keeps connections through a relay, says a word now and then, or has said its last.
`visitors PORT COUNT` asks once a connection, COUNT times a second.
`subscribers PORT` waits for what Redis publishes, once a minute, and keeps idle connections in a pool.
"""

import asyncio
import signal
import socket
import sys
import threading

HOST = "127.0.0.1"


async def answer(reader, writer):
    try:
        while line := await reader.readline():
            path = line.split()[1]
            while (await reader.readline()).strip():
                pass
            if path == b"/events":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
                while not writer.is_closing():
                    writer.write(b"data: tick\n\n")
                    await writer.drain()
                    await asyncio.sleep(5)
            body = b"ok\n"
            if path == b"/poll":
                await asyncio.sleep(40)
            elif path == b"/work":
                await asyncio.sleep(100)
            elif path == b"/file":
                body = bytes(32 << 20)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
            writer.write(body)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def service(port):
    await asyncio.start_server(answer, HOST, int(port), backlog=512)
    print("ready", flush=True)
    await asyncio.Event().wait()


async def get(port, path, then):
    reader, writer = await asyncio.open_connection(HOST, int(port), limit=1 << 16)
    try:
        writer.write(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path)
        await then(reader, writer)
    finally:
        writer.close()


async def again(port, path, then):
    while True:
        await get(port, path, then)
        await asyncio.sleep(0.2)


async def listen_on(reader, writer):
    while await reader.readline():
        pass


async def read_one(reader, writer):
    await reader.readuntil(b"ok\n")


async def read_slowly(reader, writer):
    while await reader.read(100_000):
        await asyncio.sleep(4)


async def watchers(port):
    print("ready", flush=True)
    await asyncio.gather(
        *(again(port, b"/events", listen_on) for _ in range(10)),
        *(again(port, b"/poll", read_one) for _ in range(10)),
        *(again(port, b"/file", read_slowly) for _ in range(2)),
    )


async def half_close(reader, writer):
    writer.write_eof()
    await reader.readuntil(b"ok\n")


async def uploaders(port):
    print("ready", flush=True)
    await asyncio.gather(*(again(port, b"/work", half_close) for _ in range(5)))


def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def carry(client, target):
    with client, socket.create_connection((HOST, int(target))) as upstream:
        there = threading.Thread(target=copy, args=(client, upstream), daemon=True)
        there.start()
        copy(upstream, client)
        there.join()


def relay(port, target):
    listener = socket.create_server((HOST, int(port)), backlog=128)
    print("ready", flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=carry, args=(client, target), daemon=True).start()


async def chat(reader, writer):
    while True:
        await reader.readuntil(b"ok\n")
        await asyncio.sleep(10)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")


async def tunnels(port):
    print("ready", flush=True)
    await asyncio.gather(
        *(again(port, b"/", chat) for _ in range(3)),
        *(again(port, b"/work", half_close) for _ in range(3)),
        *(again(port, b"/events", listen_on) for _ in range(3)),
    )


async def visitors(port, count):
    print("ready", flush=True)
    while True:
        await asyncio.gather(*(get(port, b"/", read_one) for _ in range(int(count))))
        await asyncio.sleep(1)


async def subscribe(port):
    reader, writer = await asyncio.open_connection(HOST, int(port))
    writer.write(b"SUBSCRIBE news\r\n")
    while await reader.readline():
        pass


async def subscribers(port):
    idle = [await asyncio.open_connection(HOST, int(port)) for _ in range(5)]
    waiting = [asyncio.create_task(subscribe(port)) for _ in range(10)]
    publisher = idle[0][1]
    print("ready", flush=True)
    while not any(task.done() for task in waiting):
        publisher.write(b"PUBLISH news hello\r\n")
        await asyncio.sleep(60)


def end_with_input():
    sys.stdin.read()
    signal.raise_signal(signal.SIGKILL)


threading.Thread(target=end_with_input, daemon=True).start()
role, arguments = globals()[sys.argv[1]], sys.argv[2:]
if role is relay:
    relay(*arguments)
else:
    asyncio.run(role(*arguments))
