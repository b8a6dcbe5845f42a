"""Drives headless Chromium by its debugging protocol over a pipe: no driver, no network but the page's own.

Usage: browser.py CHROMIUM FOLDER < STEPS
STEPS is a JSON array; each step is an array of a word and what it needs:
  ["open", URL]  ["size", WIDTH, HEIGHT]  ["scheme", "dark"]  ["scripts", false]  ["wait", EXPRESSION]
  ["value", EXPRESSION]  ["file", PATH]: runs a script, and its value is the step's
  ["shot", NAME]: the whole page as FOLDER/NAME.png
Prints a JSON array with the value of each step (null where it has none), then what the browser complained about.
"""
import base64, itertools, json, os, subprocess, sys, time


class Browser:
    def __init__(self, program, folder):
        commands, self.out = os.pipe()
        self.inn, answers = os.pipe()

        def place():
            os.dup2(commands, 63)
            os.dup2(answers, 64)
            os.dup2(63, 3)
            os.dup2(64, 4)

        arguments = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--remote-debugging-pipe", "--user-data-dir=" + folder + "/profile", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", "--disable-sync",
                     "--hide-scrollbars", "--ignore-certificate-errors", "about:blank"]
        self.process = subprocess.Popen(arguments, preexec_fn=place, close_fds=False,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)
        self.numbers, self.rest, self.complaints, self.session = itertools.count(1), b"", [], None
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Network"]:
            self.call(domain + ".enable")

    def call(self, method, **parameters):
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(method + ": " + answer["error"]["message"])
                return answer["result"]

    def read(self):
        while b"\0" not in self.rest:
            part = os.read(self.inn, 1 << 16)
            if not part:
                raise RuntimeError("the browser has ended")
            self.rest += part
        message, self.rest = self.rest.split(b"\0", 1)
        message = json.loads(message)
        method, parameters = message.get("method"), message.get("params", {})
        if method == "Log.entryAdded":
            self.complaints.append(parameters["entry"]["text"])
        if method == "Runtime.exceptionThrown":
            self.complaints.append(parameters["exceptionDetails"]["text"])
        return message

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(expression[:200] + ": " + json.dumps(result["exceptionDetails"])[:500])
        return result["result"].get("value")

    def wait(self, expression, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if self.value(expression):
                    return
            except RuntimeError:
                pass  # the page is just being replaced
            time.sleep(0.05)
        raise RuntimeError("in vain waited for " + expression + "\n" + str(self.value("document.body.innerText"))[:2000])

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    def shot(self, path):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 12000), "scale": 1}
        image = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        with open(path, "wb") as file:
            file.write(base64.b64decode(image["data"]))


def run(browser, step, folder):
    word, arguments = step[0], step[1:]
    if word == "open":
        browser.open(arguments[0])
    elif word == "size":
        browser.call("Emulation.setDeviceMetricsOverride", width=arguments[0], height=arguments[1],
                     deviceScaleFactor=1, mobile=arguments[0] < 600)
    elif word == "scheme":
        browser.call("Emulation.setEmulatedMedia",
                     features=[{"name": "prefers-color-scheme", "value": arguments[0]}])
    elif word == "scripts":
        browser.call("Emulation.setScriptExecutionDisabled", value=not arguments[0])
    elif word == "wait":
        browser.wait(arguments[0])
    elif word == "value":
        return browser.value(arguments[0])
    elif word == "file":
        with open(arguments[0]) as file:
            return browser.value(file.read())
    elif word == "shot":
        browser.shot(folder + "/" + arguments[0] + ".png")
    else:
        raise RuntimeError("unknown step " + word)


def main():
    program, folder = sys.argv[1:3]
    browser = Browser(program, folder)
    try:
        values = [run(browser, step, folder) for step in json.load(sys.stdin)]
        print(json.dumps({"values": values, "complaints": browser.complaints}))
    finally:
        browser.process.kill()
        browser.process.wait()


main()
