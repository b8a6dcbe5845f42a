"""The web page under load: one server, its pages asked by wrk, and many clients of its event stream."""

import asyncio
import contextlib
import json
import os
import pathlib
import re
import secrets
import socket
import statistics
import subprocess
import time
import urllib.request

import measure

HERE = pathlib.Path(__file__).resolve().parent
ROLLOUT = "bench-told"


def pages(nodes):
    """What people and programs ask for."""
    return [
        "/", f"/nodes/node{nodes // 2}", "/gpus", "/compliance", "/rollouts", f"/rollouts/{ROLLOUT}", "/api/v1/nodes",
        "/api/v1/gpus", "/api/v1/compliance", "/api/v1/rollouts",
    ]


class Server:
    """`vfiofleet-bench serve`, until the end of the block."""

    def __init__(self, bench, database, answer, playbook, token, sweeping=False):
        self.port = free_port()
        self.token = token
        self.command = [str(bench), "serve", str(database), str(answer), str(playbook), "--port", str(self.port)]
        self.command += ["--sweeping"] if sweeping else []

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "listening\n":
            raise measure.Failed(f"{self.command} does not listen")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def header(self):
        return f"Authorization: Bearer {self.token}"

    def seconds_of(self, path):
        """One request, from its first byte to its last."""
        begun = time.monotonic()
        request = urllib.request.Request(self.url(path), headers=dict([self.header.split(": ", 1)]))
        with urllib.request.urlopen(request, timeout=300) as answer:
            answer.read()
        return time.monotonic() - begun

    def memory(self, field="VmRSS"):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)[1]) * 1024

    def cpu(self):
        """User and system seconds so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def token(program, database):
    """Of a user who may look."""
    run = [str(program)]
    data = ["--db", str(database)]
    subprocess.run(
        run + ["user", "add", "bench", "--role", "viewer", *data], check=True, text=True, stdout=subprocess.DEVNULL,
        input=secrets.token_hex(16) + "\n")
    made = subprocess.run(
        run + ["token", "create", "bench", "--for", "bench", *data], check=True, text=True, stdout=subprocess.PIPE)
    return made.stdout.strip()


def load(server, path, seconds, connections):
    """wrk's figures in seconds; every answer must be a good one."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-H", server.header]
    command += ["-s", str(HERE / "wrk.lua"), server.url(path)]
    output = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout
    figures = json.loads(output.strip().splitlines()[-1])
    if figures["errors"] or not figures["requests"]:
        raise measure.Failed(f"{path}: {figures}")
    return figures


# Event streams


class Listener:
    """One client of the event stream: when each event came, by its number."""

    def __init__(self):
        self.heard = {}

    async def follow(self, server, after, until, ready):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request(server, after))
        try:
            while line := await reader.readline():
                if line.startswith(b"retry:"):
                    ready.release()
                if line.startswith(b"id: "):
                    number = int(line[4:])
                    self.heard[number] = time.time()
                    if number >= until:
                        return
        finally:
            writer.close()


def request(server, after):
    path = f"/api/v1/rollouts/{ROLLOUT}/events?after={after}"
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{server.header}\r\n\r\n".encode()


def deaf(server):
    """A client that asks for the whole journal, and reads nothing of it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", server.port))
    client.sendall(request(server, 0))
    return client


async def streams(server, teller, clients, before, events, slow):
    """`teller` appends events once it is told to, and says when each was on disk."""
    quiet = server.memory()
    listeners = [Listener() for _ in range(clients)]
    ready = asyncio.Semaphore(0)
    tasks = [asyncio.create_task(one.follow(server, before, before + events, ready)) for one in listeners]
    for _ in listeners:
        await asyncio.wait_for(ready.acquire(), 60)
    await asyncio.sleep(2)
    connected = server.memory()
    with contextlib.ExitStack() as stack:
        for _ in range(slow):
            stack.enter_context(contextlib.closing(deaf(server)))
        begun, cpu = time.monotonic(), server.cpu()
        teller.stdin.write("\n")
        teller.stdin.flush()
        told = [(await asyncio.to_thread(teller.stdout.readline)).split() for _ in range(events)]
        await asyncio.wait_for(asyncio.gather(*tasks), 60)
        wall, cpu = time.monotonic() - begun, server.cpu() - cpu
    late = [one.heard[int(number)] - float(at) for number, at in told for one in listeners if int(number) in one.heard]
    if len(late) != clients * events:
        raise measure.Failed(f"{clients * events - len(late)} of {clients * events} events did not come")
    late = sorted(late)
    return {
        "clients": clients, "slow": slow, "events": events, "before": before, "wall": wall, "cpu": cpu,
        "each": (connected - quiet) / clients, "memory": server.memory("VmHWM"),
        "median": statistics.median(late), "high": late[len(late) * 99 // 100], "worst": late[-1],
    }
