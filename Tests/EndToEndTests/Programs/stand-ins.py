"""stand-ins.py FILE COUNT : COUNT hosts that answer as daemons do, or do not; writes them to FILE for discovery.

The first twenty are ten pairs: a client whose peer does not read, and that peer. The others are well, slow, dead, old,
hostile or shy in turn.
"""

import asyncio
import json
import sys

path, count = sys.argv[1], int(sys.argv[2])
PORT = 9000


def finding(kind, process, direction, severity, pid, evidence):
    return {"kind": kind, "severity": severity, "responsible": "process", "process": process, "unit": "",
            "direction": direction, "port": 5432, "pid": pid, "evidence": evidence,
            "words": {"headline": f"{process} has {kind}."}}


def document(number, address, peer):
    if number >= 20:
        return {"findings": []}
    pair = number // 2
    if number % 2:
        return {"findings": [finding("unread_data", f"server-{pair}", "inbound", "fault", 2, [])]}
    socket = {"process": f"client-{pair}", "direction": "outbound", "port": 5432, "state": "established",
              "local": f"10.0.0.1:{40000 + pair}", "remote": f"{peer}:5432", "age_seconds": 9.5,
              "receive_queue": 0, "send_queue": 100}
    return {"findings": [finding("peer_not_reading", f"client-{pair}", "outbound", "notice", 1, [{"socket": socket}])]}


def hostile(number):
    text = "\u001b[2J\u202e\n" * 50
    return {"findings": [finding(text, text, "outbound", text, 1, [{"words": text}] * 5000)] * 3}


def head(status, kind, length):
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n".encode()


def serve(number, address, peer):
    role = (number - 20) % 16 if number >= 20 else None

    async def answer(reader, writer):
        try:
            await reader.readuntil(b"\r\n\r\n")
            body = json.dumps(document(number, address, peer)).encode()
            if role == 1:
                await asyncio.sleep(3600)
            elif role == 2:
                # A byte at a time, for ever.
                writer.write(head("200 OK", "application/json", 1 << 20))
                while True:
                    writer.write(b" ")
                    await writer.drain()
                    await asyncio.sleep(0.1)
            elif role == 3:
                body = b"Not found.\n"
                writer.write(head("404 Not Found", "text/plain", len(body)) + body)
            elif role == 4:
                writer.write(head("200 OK", "application/json", 1 << 40) + b" " * (4 << 20))
            elif role == 5:
                body = json.dumps(hostile(number)).encode()
                writer.write(head("200 OK", "application/json", len(body)) + body)
            elif role == 6:
                body = b"[" * 100000
                writer.write(head("200 OK", "application/json", len(body)) + body)
            elif role == 7:
                writer.write(b"\x00\xff not HTTP\r\n\r\n")
            elif role == 8:
                body = json.dumps({"addresses_hidden": True, "findings": []}).encode()
                writer.write(head("200 OK", "application/json", len(body)) + body)
            else:
                writer.write(head("200 OK", "application/json", len(body)) + body)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        writer.close()

    return answer


async def main():
    targets = []
    for number in range(count):
        address = f"10.66.{(number + 1) // 250}.{(number + 1) % 250}"
        peer = f"10.66.{(number + 2) // 250}.{(number + 2) % 250}"
        targets.append(f"{address}:{PORT}")
        # Of the dead nobody listens.
        if number < 20 or (number - 20) % 16 != 9:
            await asyncio.start_server(serve(number, address, peer), address, PORT, backlog=16)
    with open(path, "w") as file:
        json.dump([{"targets": targets, "labels": {"job": "test"}}], file)
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
