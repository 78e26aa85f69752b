#!/usr/bin/env python3
"""screenshots.py BINARY [PORT]: makes docs/images/page.png and docs/images/terminal.png from a run of the demo.

Starts scripts/demo.sh, waits until its faults show in /metrics, photographs the page's findings with a headless
Chromium, and runs `sockstated explain` on a pseudo-terminal whose output, colours included, it draws as HTML. Ends
all that it started. Takes about two minutes, and fails after four. The demo needs its network namespace (unshare).
"""

import fcntl
import html
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs/images"
LEAK_PORT = 18080
COLUMNS, ROWS = 100, 60
# Each fault of the demo, as a line of /metrics with a value above zero.
FAULTS = {
    "stuck CLOSE-WAIT": rf'sockstate_close_wait_stuck_sockets{{[^}}]*port="{LEAK_PORT}"[^}}]*}} [1-9]',
    "a process that does not read": r'sockstate_stalled_sockets{[^}]*reason="local_reader"[^}]*} [1-9]',
    "a peer that does not read": r'sockstate_stalled_sockets{[^}]*reason="peer_window"[^}]*} [1-9]',
    "a full accept queue": rf'sockstate_accept_queue_length{{[^}}]*port="{LEAK_PORT + 2}"[^}}]*}} [1-9]',
    "an unanswered connection attempt": r'sockstate_syn_sent_oldest_age_seconds{[^}]*} [1-9]',
    # Of the thousand that the demo's namespace has.
    "ephemeral ports that run out": rf'sockstate_ephemeral_ports_used{{[^}}]*:{LEAK_PORT + 3}"}} (?:[89]\d\d|1000)',
}
# The classes of TerminalStyle.Emphasis, by their SGR parameters, on a light background.
STYLES = {"1": "font-weight:bold", "2": "color:#6b7280", "1;31": "font-weight:bold;color:#b42318",
          "33": "color:#8a5a00", "32": "color:#15713a", "7": "background:#1f2937;color:#fff"}


def wait_for(what, condition, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (value := condition()):
            return value
        time.sleep(0.5)
    sys.exit(f"{what}: not within {seconds} s")


class Browser:
    """The tests' Chromium (Tests/EndToEndTests/Programs/browser.py), told one command a line."""

    def __init__(self, directory):
        names = ["chromium", "chromium-browser", "google-chrome"]
        program = next(filter(None, map(shutil.which, names)), None) or sys.exit("There is no chromium.")
        driver = ROOT / "Tests/EndToEndTests/Programs/browser.py"
        self.process = subprocess.Popen([sys.executable, driver, program, directory], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        # A pid may come before it.
        while (line := self.process.stdout.readline()) and line.strip() != "ready":
            pass

    def tell(self, name, value):
        self.process.stdin.write(json.dumps({name: value}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            sys.exit(f"the browser, {name}: {answer['error']}")
        return answer["value"]

    def end(self):
        self.process.stdin.close()
        self.process.wait(timeout=20)


def on_a_terminal(command):
    """What a command writes to a terminal of COLUMNS by ROWS."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "NO_COLOR": ""}
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    output = b""
    try:
        while chunk := os.read(ours, 65536):
            output += chunk
    except OSError:
        pass  # EIO: the other end is closed.
    os.close(ours)
    process.wait(timeout=30)
    return output.decode().replace("\r\n", "\n")


def as_html(text):
    """A terminal's text with SGR sequences as a page."""
    parts, is_open = [], False
    for index, part in enumerate(re.split(r"\x1b\[([\d;]*)m", text)):
        if index % 2 == 0:
            parts.append(html.escape(part))
            continue
        if is_open:
            parts.append("</span>")
        is_open = part in STYLES
        if is_open:
            parts.append(f'<span style="{STYLES[part]}">')
    return f"""<!doctype html><meta charset="utf-8"><style>
      body {{ margin: 0; background: #fff; }}
      pre {{ margin: 0; padding: 14px 18px; width: max-content; color: #1f2937;
             font: 13px/1.35 "DejaVu Sans Mono", "Liberation Mono", monospace; }}
      </style><pre>{"".join(parts)}</pre>"""


def faults_missing(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            metrics = answer.read().decode()
    except OSError:
        return ["an answer"]
    return [name for name, line in FAULTS.items() if not re.search(line, metrics)]


def save(browser, name):
    path = IMAGES / name
    browser.tell("screenshot", str(path))
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--force", "--skip-if-larger", "--strip", "--output", path, "64", path])
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} kB")


def photograph(binary, port, directory):
    browser = Browser(directory)
    try:
        browser.tell("scheme", "light")
        browser.tell("size", [1200, 1000])
        browser.tell("open", f"http://127.0.0.1:{port}/")
        wait_for("the page", lambda: "CLOSE-WAIT" in (browser.tell("evaluate", "document.body?.innerText") or ""), 30)
        time.sleep(1)
        # Cut above the table of groups.
        browser.tell("evaluate", """(() => {
            const heading = document.querySelectorAll('h2')[1];
            if (!heading) return;
            const height = Math.floor(heading.getBoundingClientRect().top + scrollY) - 16;
            document.documentElement.style.cssText += `height: ${height}px; overflow: hidden`;
            document.body.style.cssText += `height: ${height}px; min-height: 0; overflow: hidden`;
        })()""")
        save(browser, "page.png")

        command = ["explain", f":{LEAK_PORT}", "--connect", f"http://127.0.0.1:{port}"]
        output = on_a_terminal([binary, *command])
        if "CLOSE-WAIT" not in output:
            sys.exit(f"explain does not speak of CLOSE-WAIT:\n{output}")
        prompt = f"\x1b[2m$ \x1b[0m\x1b[1msockstated {' '.join(command)}\x1b[0m\n"
        page = pathlib.Path(directory, "terminal.html")
        # The summary and the first finding.
        parts = output.rstrip("\n").split("\n\n")
        shown = "\n\n".join(parts[:2]) + ("\n\n\x1b[2m[…]\x1b[0m" if len(parts) > 2 else "")
        page.write_text(as_html(prompt + shown))
        browser.tell("open", page.as_uri())
        size = "[Math.ceil(document.querySelector('pre').offsetWidth), document.querySelector('pre').offsetHeight]"
        measured = wait_for("the terminal", lambda: browser.tell(
            "evaluate", f"document.readyState == 'complete' && document.querySelector('pre') ? {size} : null"), 30)
        browser.tell("size", measured)
        save(browser, "terminal.png")
    finally:
        browser.end()


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__.strip())
    binary, port = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) == 3 else 10793
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            sys.exit(f"Something listens on port {port} already; use make screenshots PORT=…")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGALRM, lambda *_: sys.exit("not done within four minutes"))
    signal.alarm(240)
    IMAGES.mkdir(exist_ok=True)
    demo = subprocess.Popen([ROOT / "scripts/demo.sh", binary, str(port)], stdout=subprocess.DEVNULL,
                            env={**os.environ, "DEMO_BASE_PORT": str(LEAK_PORT)})
    try:
        def ready():
            if demo.poll() is not None:
                sys.exit("the demo has ended")
            return not faults_missing(port)
        wait_for("the demo's faults", ready, 150)
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
            photograph(binary, port, directory)
    finally:
        demo.terminate()
        demo.wait(timeout=30)


if __name__ == "__main__":
    main()
