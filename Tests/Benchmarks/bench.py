"""Measures what docs/benchmarks.md reports. Run by `make bench`; see --help."""

import argparse
import asyncio
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile

import contestants
import measure
import report
import web

ROOT = pathlib.Path(__file__).resolve().parents[2]
MACHINE = "intel-z390-rtx2070"
PLAYBOOK = ROOT / "playbooks/gpu-passthrough.yaml"


def main():
    options = parse()
    options.work.mkdir(parents=True, exist_ok=True)
    results_file = options.work / "results.json"
    results = json.loads(results_file.read_text()) if results_file.exists() else {}
    for part in options.parts:
        conditions = report.conditions()
        results[part] = {**PARTS[part](options), "conditions": conditions}
        results_file.write_text(json.dumps(results, indent=1))
    text = report.text(results)
    print(text)
    if options.report:
        options.report.write_text(text)


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="default: all")
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="the directory of the release build")
    parser.add_argument("--work", type=pathlib.Path, required=True, help="a directory for everything that is made")
    parser.add_argument("--report", type=pathlib.Path, help="the Markdown file to write")
    parser.add_argument("--nodes", type=int, default=200, help="of the sweep")
    parser.add_argument("--rounds", type=int, default=3, help="of the sweep")
    parser.add_argument("--planned", type=int, default=10_000, help="nodes to plan")
    parser.add_argument("--scheduled", type=int, default=2_000, help="nodes under a schedule")
    parser.add_argument("--hours", type=int, default=24, help="of the schedule")
    parser.add_argument("--days", type=int, default=4, help="of history behind the web page")
    parser.add_argument("--clients", type=int, default=500, help="of the event stream")
    parser.add_argument("--seconds", type=int, default=8, help="each page is asked for")
    parser.add_argument("--only", action="append", help="sweep with this contestant alone; may be repeated")
    options = parser.parse_args()
    options.parts = options.parts or list(PARTS)
    options.bin, options.work = options.bin.resolve(), options.work.resolve()
    return options


# The sweep


def sweep(options):
    """Every round runs all contestants, in an order of its own, so that what else the machine does hits all alike."""
    with Lab(options, options.nodes) as fleet:
        runners = [
            runner for runner in (
                contestants.vfiofleet(fleet, options.bin / "vfiofleet", options.work),
                contestants.libssh(fleet, options.work),
                contestants.asyncssh(fleet, options.work),
                contestants.pyinfra(fleet, options.work),
                contestants.ansible(fleet, options.work),
            ) if not options.only or runner.name in options.only
        ]
        costs = {runner.name: [] for runner in runners}
        for number in range(options.rounds):
            for runner in random.sample(runners, len(runners)):
                cost = compete(runner, len(fleet.nodes), options.work)
                costs[runner.name].append(vars(cost))
                say(f"round {number + 1}: {runner.name}: {cost.wall:.1f} s, {cost.cpu / options.nodes * 1000:.2f} ms "
                    f"of CPU a node, {cost.memory / 1e6:.0f} MB")
        answer = (options.work / "answer").stat().st_size
    return {
        "nodes": options.nodes, "limit": contestants.LIMIT, "answer": answer,
        "script": fleet.script.stat().st_size,
        "contestants": [
            {"name": r.name, "version": r.version, "note": r.note, "rounds": costs[r.name]} for r in runners
        ],
    }


def compete(runner, nodes, work):
    for command in runner.prepare:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    log = work / f"{runner.name.replace(' ', '-')}.log"
    cost = measure.run(runner.command, runner.environment, runner.directory or work, log)
    if len(re.findall(runner.answered, log.read_text(errors="replace"), re.MULTILINE)) != runner.answers:
        raise measure.Failed(f"{runner.name}: not all of {nodes} nodes answered; see {log}")
    return cost


class Lab:
    """Simulated nodes of one machine."""

    def __init__(self, options, count):
        self.program = options.bin / "vfiofleet-lab"
        self.directory = options.work / "lab"
        self.machines = options.work / "machines"
        self.answer = options.work / "answer"
        self.count = count

    def __enter__(self):
        self.machines.mkdir(exist_ok=True)
        shutil.copy(ROOT / f"Tests/TestSupport/Machines/{MACHINE}.yaml", self.machines)
        say(f"starting {self.count} nodes")
        self.call("up", "--machines", str(self.machines), "--count", str(self.count))
        nodes = json.loads(self.call("status", "--json"))
        fleet = contestants.Fleet(self.directory, nodes, ROOT / "Sources/Probe/probe.sh")
        self.answer.write_bytes(self.ask(fleet))
        return fleet

    def __exit__(self, *_):
        self.call("down")

    def call(self, verb, *options):
        return subprocess.run(
            [self.program, verb, *options, "--dir", str(self.directory)], check=True, stdout=subprocess.PIPE,
            text=True).stdout

    @staticmethod
    def ask(fleet):
        """One node's answer, for later; and the nodes have run the script once, so that nobody is the first."""
        node = fleet.nodes[0]
        command = ["ssh", "-F", "/dev/null", "-i", str(fleet.key), "-o", f"UserKnownHostsFile={fleet.known_hosts}"]
        command += ["-p", str(node["port"]), f"root@{node['address']}", "sh -s -- bench"]
        with open(fleet.script, "rb") as script:
            return subprocess.run(command, check=True, stdin=script, stdout=subprocess.PIPE).stdout


# Planning


def plan(options):
    """The engine alone, and the whole command; each from a database of its own that holds no plan yet."""
    if not (options.work / "answer").exists():
        with Lab(options, 1):
            pass
    filled, copy = options.work / "filled.db", options.work / "large.db"
    remove(filled)
    bench = [str(options.bin / "vfiofleet-bench")]
    say(f"storing {options.planned} nodes")
    subprocess.run(
        bench + ["fill", str(filled), str(options.work / "answer"), "--nodes", str(options.planned)], check=True)
    engine, whole = [], []
    command = [str(options.bin / "vfiofleet"), "plan", str(PLAYBOOK), "--stored", "--quiet", "--db", str(copy)]
    for number in range(options.rounds):
        renew(copy, filled)
        engine.append(json.loads(contestants.output(bench + ["plan", str(copy), str(PLAYBOOK)])))
        renew(copy, filled)
        whole.append(vars(measure.run(command, {}, options.work, options.work / "plan.log", expected=(0, 1, 2))))
        say(f"round {number + 1}: {engine[-1]['seconds']:.2f} s; the command {whole[-1]['wall']:.2f} s")
    answers, bytes_stored = stored_answers(filled)
    remove(copy)
    remove(filled)
    return {"nodes": options.planned, "answers": answers, "bytes": bytes_stored, "engine": engine, "command": whole}


def stored_answers(database):
    """How many different answers there are, and their mean length."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return connection.execute(
            "SELECT count(DISTINCT raw), avg(length(raw)) FROM answer WHERE id IN"
            " (SELECT answer_id FROM observation WHERE is_current = 1)").fetchone()


def renew(copy, filled):
    """A fresh copy, written out before the clock starts; the page cache holds it."""
    remove(copy)
    shutil.copy(filled, copy)
    os.sync()


def remove(database):
    for suffix in ("", "-wal", "-shm"):
        pathlib.Path(f"{database}{suffix}").unlink(missing_ok=True)


# Schedules


def schedule(options):
    """A day of hourly verifications in a time that runs faster than a clock. The nodes answer from memory what one that
    the playbook was applied to has answered over SSH."""
    answer, database = compliant(options), options.work / "schedule.db"
    remove(database)
    say(f"{options.scheduled} nodes under an hourly schedule for {options.hours} hours")
    log = options.work / "schedule.log"
    command = [str(options.bin / "vfiofleet-bench"), "schedule", str(database), str(answer), str(PLAYBOOK)]
    cost = measure.run(
        [*command, "--nodes", str(options.scheduled), "--hours", str(options.hours)], {}, options.work, log)
    result = json.loads(log.read_text())
    say(f"{sum(result['cpu']) / len(result['cpu']):.2f} s of CPU a run, {cost.memory / 1e6:.0f} MB; the database grows by "
        f"{(result['last'] - result['first']) / 1e6:.1f} MB")
    remove(database)
    return {**result, "answer": answer.stat().st_size, "memory": cost.memory}


def compliant(options):
    """What a node answers that the playbook was applied to."""
    answer = options.work / "compliant"
    with Lab(options, 1) as fleet:
        say("applying the playbook to a node")
        contestants.apply(fleet, options.bin / "vfiofleet", options.work, PLAYBOOK)
        answer.write_bytes(Lab.ask(fleet))
    return answer


# The web page


def web_page(options):
    """Pages, API and event stream over the nodes of `schedule` with some days behind them: alone, and while all nodes are
    verified again and again."""
    answer, database = compliant(options), options.work / "web.db"
    remove(database)
    say(f"{options.scheduled} nodes and {options.days} days")
    bench = options.bin / "vfiofleet-bench"
    with open(options.work / "web.log", "w") as log:
        subprocess.run(
            [bench, "schedule", database, answer, PLAYBOOK, "--nodes", str(options.scheduled), "--past", "--hours",
             str(options.days * 24), "--speed", "900"], check=True, stdout=log)
    serving = [bench, database, answer, PLAYBOOK, web.token(options.bin / "vfiofleet", database)]
    before, events, slow = 8_000, 40, 5
    teller = subprocess.Popen(
        [bench, "tell", database, "--before", str(before), "--events", str(events)], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True)
    if teller.stdout.readline() != f"{web.ROLLOUT}\n":
        raise measure.Failed("there is no roll-out to follow")
    with web.Server(*serving) as server:
        unread = {"first": server.seconds_of("/gpus"), "all": server.seconds_of("/api/v1/gpus")}
    first = {}
    for path in web.pages(options.scheduled):
        with web.Server(*serving) as server:
            first[path] = server.seconds_of(path)
    pages = {}
    for name, sweeping in (("alone", False), ("sweeping", True)):
        with web.Server(*serving, sweeping=sweeping) as server:
            pages[name] = pages_under_load(server, web.pages(options.scheduled), options.seconds)
    with web.Server(*serving) as server:
        heard = asyncio.run(web.streams(server, teller, options.clients, before, events, slow))
    teller.wait()
    say(f"{heard['clients']} clients: {heard['median'] * 1e3:.0f} ms, {heard['each'] / 1e3:.0f} kB each")
    size = database.stat().st_size
    remove(database)
    return {"nodes": options.scheduled, "days": options.days, "connections": CONNECTIONS, "seconds": options.seconds,
            "database": size, "unread": unread, "first": first, "streams": heard, **pages}


CONNECTIONS = 4
"""People who look at the same time."""


def pages_under_load(server, paths, seconds):
    for path in paths:
        server.seconds_of(path)
    figures, memory = {}, server.memory()
    for path in paths:
        figures[path] = web.load(server, path, seconds, CONNECTIONS)
        say(f"{path}: {figures[path]['median'] * 1e3:.0f} ms, 99 of 100 below {figures[path]['high'] * 1e3:.0f} ms, "
            f"{figures[path]['rate']:.1f} a second")
    return {"pages": figures, "memory": memory, "peak": server.memory("VmHWM")}


# Roll-outs


def rollout(options):
    """Each round has reboot times of its own. Makespans are measured on a memory disk, so that the time that runs faster
    than a clock counts what the driver waits for and not the disk; the journal's cost on the disk of --work."""
    rounds = []
    for number in range(options.rounds):
        with tempfile.TemporaryDirectory(dir=memory_disk(options)) as fast, \
                tempfile.TemporaryDirectory(dir=options.work) as disk:
            command = [str(options.bin / "vfiofleet-bench"), "rollout", fast, "--disk", disk, "--seed", str(number + 1)]
            rounds.append(json.loads(contestants.output(command)))
        made = rounds[-1]["makespan"]
        say(f"round {number + 1}: {made['sliding'] / made['bound']:.3f} times the bound, lockstep "
            f"{made['lockstep'] / made['sliding']:.2f} times that; an event {rounds[-1]['scheduling']['mean'] * 1e3:.3f} ms, "
            f"journalled in {rounds[-1]['journal']['mean'] * 1e3:.2f} ms")
    return {"rounds": rounds}


def memory_disk(options):
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else options.work


# Starting


def start(options):
    command = [str(options.bin / "vfiofleet"), "--version"]
    runs = [vars(measure.run(command, {}, options.work, options.work / "start.log")) for _ in range(21)][1:]
    say(f"--version: {statistics.median(run['wall'] for run in runs) * 1000:.1f} ms")
    return {"runs": runs, "size": os.stat(command[0]).st_size}


def say(text):
    print(text, file=sys.stderr, flush=True)


PARTS = {"sweep": sweep, "plan": plan, "rollout": rollout, "schedule": schedule, "web": web_page,
         "start": start}

main()
