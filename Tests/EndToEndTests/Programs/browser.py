"""browser.py CHROMIUM DIRECTORY : a headless Chromium, driven by the DevTools protocol over pipes.

Reads one JSON object a line and answers each with one line: {"open": URL}, {"evaluate": EXPRESSION}
(promises are awaited), {"size": [WIDTH, HEIGHT]}, {"scheme": "dark"|"light"}, {"press": KEY},
{"screenshot": PATH}, {"inject": FILE}, {"before": SCRIPT} (runs before those of every page that is opened
after it), {"seen": true} (errors of the console, requests, bytes received).
"""

import base64
import fcntl
import json
import os
import subprocess
import sys

KEYS = {"Tab": 9, "Enter": 13, " ": 32, "ArrowRight": 39}


class Browser:
    def __init__(self, program, directory):
        to_read, to_write = os.pipe()
        from_read, from_write = os.pipe()
        # The browser reads descriptor 3 and writes 4; ours may be these two, so they move away first.
        theirs = [fcntl.fcntl(to_read, fcntl.F_DUPFD, 20), fcntl.fcntl(from_write, fcntl.F_DUPFD, 20)]

        def arrange():
            os.dup2(theirs[0], 3)
            os.dup2(theirs[1], 4)

        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--disable-default-apps", "--hide-scrollbars",
             "--force-color-profile=srgb", "--remote-debugging-pipe",
             f"--user-data-dir={directory}/profile", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=(3, 4), preexec_fn=arrange)
        for descriptor in theirs:
            os.close(descriptor)
        self.sending, self.receiving = to_write, from_read
        os.close(to_read)
        os.close(from_write)
        self.buffer = b""
        self.number = 0
        self.errors, self.requests, self.received = [], [], 0
        self.session = None
        pages = self.call("Target.getTargets")["targetInfos"]
        page = next(each["targetId"] for each in pages if each["type"] == "page")
        attached = self.call("Target.attachToTarget", targetId=page, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def message(self):
        while b"\0" not in self.buffer:
            chunk = os.read(self.receiving, 1 << 20)
            if not chunk:
                raise SystemExit("the browser has ended")
            self.buffer += chunk
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        rest = json.dumps(request).encode() + b"\0"
        while rest:
            rest = rest[os.write(self.sending, rest):]
        while True:
            message = self.message()
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.note(message.get("method"), message.get("params", {}))

    def note(self, method, event):
        if method == "Runtime.exceptionThrown":
            self.errors.append(event["exceptionDetails"].get("exception", {}).get("description", "?"))
        elif method == "Runtime.consoleAPICalled" and event["type"] in ("error", "warning", "assert"):
            self.errors.append(str(event["args"]))
        elif method == "Log.entryAdded" and event["entry"]["level"] in ("error", "warning"):
            self.errors.append(f"{event['entry']['text']} {event['entry'].get('url', '')}")
        elif method == "Network.requestWillBeSent":
            self.requests.append(event["request"]["url"])
        elif method == "Network.loadingFinished":
            self.received += int(event["encodedDataLength"])

    def obey(self, command):
        (name, value), = command.items()
        if name == "open":
            self.call("Page.navigate", url=value)
        elif name == "evaluate":
            result = self.call(
                "Runtime.evaluate", expression=value, awaitPromise=True, returnByValue=True)
            if "exceptionDetails" in result:
                raise RuntimeError(str(result["exceptionDetails"]))
            return result["result"].get("value")
        elif name == "size":
            self.call("Emulation.setDeviceMetricsOverride", width=value[0], height=value[1],
                      deviceScaleFactor=1, mobile=value[0] < 600)
        elif name == "scheme":
            self.call("Emulation.setEmulatedMedia",
                      features=[{"name": "prefers-color-scheme", "value": value}])
        elif name == "press":
            text = {"Enter": "\r"}.get(value, value if len(value) == 1 else "")
            key = {"key": value, "windowsVirtualKeyCode": KEYS[value], "text": text}
            self.call("Input.dispatchKeyEvent", type="keyDown", **key)
            self.call("Input.dispatchKeyEvent", type="keyUp", **key)
        elif name == "screenshot":
            image = self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
            with open(value, "wb") as file:
                file.write(base64.b64decode(image))
        elif name == "inject":
            with open(value, encoding="utf-8") as file:
                self.call("Runtime.evaluate", expression=file.read())
        elif name == "before":
            self.call("Page.addScriptToEvaluateOnNewDocument", source=value)
        elif name == "seen":
            self.call("Runtime.evaluate", expression="0")
            return {"errors": self.errors, "requests": self.requests, "received": self.received}
        return None


browser = Browser(*sys.argv[1:3])
print("ready", flush=True)
try:
    for line in sys.stdin:
        try:
            answer = {"value": browser.obey(json.loads(line))}
        except RuntimeError as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)
finally:
    browser.process.kill()
    browser.process.wait()
