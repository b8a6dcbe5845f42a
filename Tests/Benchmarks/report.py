"""Turns results into docs/benchmarks.md."""

import datetime
import os
import pathlib
import platform
import statistics
import subprocess

BEST = "vfiofleet"


def text(results):
    """Of the parts that were measured, at whatever time: each brings the conditions it was measured under."""
    parts = [HEAD, about(results)]
    verdicts = []
    for part, render in (
            ("sweep", sweep), ("plan", plan), ("rollout", rollout), ("schedule", schedule), ("web", web),
            ("start", start)):
        if part in results:
            section, judged = render(results[part])
            parts.append(section)
            verdicts += judged
    parts.insert(2, targets(verdicts))
    return "\n".join(parts)


HEAD = """# How fast it is

Written by `make bench`, which builds with optimisation, runs everything below in one go and takes about half an hour
on two cores. Numbers are medians. It is no test: nothing fails when a number is bad.
"""


def about(results):
    measured = {part: results[part]["conditions"] for part in PARTS if part in results}
    rows = "".join(f"| {key} | {said(measured, key)} |\n" for key in next(iter(measured.values())))
    return f"| | |\n|---|---|\n{rows}"


def said(measured, key):
    """What holds for all parts, or for each of them where they differ."""
    values = {part: conditions[key] for part, conditions in measured.items()}
    if len(set(values.values())) == 1:
        return next(iter(values.values()))
    return "; ".join(f"{PARTS[part]}: {value}" for part, value in values.items())


PARTS = {
    "sweep": "sweeps", "plan": "planning", "rollout": "roll-outs", "schedule": "schedules", "web": "web page",
    "start": "starting",
}


def conditions():
    """When, where and with what something is measured, taken when it begins."""
    load = os.getloadavg()[0]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "measured": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
        "sources": sources(),
        "processor": f"{processor()}, {os.cpu_count()} cores",
        "memory": f"{memory:.0f} GiB",
        "other work": "none" if load <= 1 else f"load {load:.1f} before the start: wall times are too long",
        "system": f"{distribution()}, Linux {platform.release()}",
        "Swift": run("swift", "--version").splitlines()[0],
        "OpenSSH (nodes)": run("ssh", "-V", errors=True).split(",")[0],
        "Python (peers)": platform.python_version(),
    }


def sources():
    """The last commit of what is built and measured, and whether files in it were changed since."""
    measured = ["Sources", "Tests/Benchmarks", "Package.swift"]
    last = run("git", "log", "-1", "--format=%h of %cs", "--", *measured)
    changed = run("git", "status", "--porcelain", "--", *measured)
    return f"commit {last}" + (", with uncommitted changes" if changed else "")


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def distribution():
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()


def run(*command, errors=False):
    done = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT if errors else subprocess.DEVNULL,
        text=True, cwd=pathlib.Path(__file__).resolve().parents[2])
    return done.stdout.strip()


def targets(verdicts):
    rows = "".join(
        f"| {what} | {wanted} | {got} | {'met' if good else '**missed**'} |\n" for what, wanted, got, good in verdicts)
    return f"## What was to be reached\n\n| | to reach | measured | |\n|---|---|---|---|\n{rows}"


def median(rounds, key):
    return statistics.median(entry[key] for entry in rounds)


# The sweep


def sweep(result):
    nodes = result["nodes"]
    rows = {
        entry["name"]: {
            "entry": entry,
            "wall": median(entry["rounds"], "wall"),
            "cpu": median(entry["rounds"], "cpu") / nodes * 1000,
            "memory": max(measured["memory"] for measured in entry["rounds"]) / 1e6,
        }
        for entry in result["contestants"]
    }
    ours = rows[BEST]
    lines = "".join(
        f"| {row['entry']['name']} {row['entry']['version']} | {row['entry']['note']} | {row['wall']:.1f} s "
        f"| {row['wall'] / ours['wall']:.2f} | {row['cpu']:.2f} ms | {row['cpu'] / ours['cpu']:.1f} "
        f"| {row['memory']:.0f} MB | {row['memory'] / ours['memory']:.1f} |\n" for row in rows.values())
    rounds = len(result["contestants"][0]["rounds"])
    section = SWEEP.format(
        nodes=nodes, limit=result["limit"], script=result["script"] / 1000, answer=result["answer"] / 1000,
        rounds=rounds, lines=lines, floor=floor(rows), spread=spread(result, nodes))
    return section, list(sweep_targets(rows, ours, nodes))


def sweep_targets(rows, ours, nodes):
    yield "controller CPU for a node, parsed and stored", "at most 3 ms", f"{ours['cpu']:.2f} ms", ours["cpu"] <= 3
    for name, factor in (("pyinfra", 20), ("Ansible", 20), ("asyncssh", 2)):
        if name in rows:
            ratio = rows[name]["cpu"] / ours["cpu"]
            yield f"CPU against {name}", f"at least {factor} times less", f"{ratio:.2f} times less", ratio >= factor
    if "libssh in C" in rows:
        ratio = ours["wall"] / rows["libssh in C"]["wall"]
        yield "wall time against libssh in C", "at most 1.1 times", f"{ratio:.2f} times", ratio <= 1.1
    yield f"resident with {nodes} connections open", "under 60 MB", f"{ours['memory']:.0f} MB", ours["memory"] < 60


def floor(rows):
    """How far any program over libssh could get."""
    least = rows.get("libssh in C")
    if not least:
        return ""
    ratios = ", ".join(
        f"{row['cpu'] / least['cpu']:.1f} times less than {name}" for name, row in rows.items()
        if name not in (BEST, "libssh in C"))
    return f"- *libssh in C* is the floor for every program over this library. It takes {ratios}.\n"


def spread(result, nodes):
    lines = []
    for entry in result["contestants"]:
        walls = ", ".join(f"{measured['wall']:.1f}" for measured in entry["rounds"])
        cpus = ", ".join(f"{measured['cpu'] / nodes * 1000:.2f}" for measured in entry["rounds"])
        lines.append(f"- {entry['name']}: {walls} s; {cpus} ms\n")
    return "".join(lines)


SWEEP = """## A sweep over {nodes} nodes

Connect, log in with an ed25519 key against a strict `known_hosts`, send the detection script ({script:.0f} kB), read
the answer ({answer:.0f} kB). vfiofleet also parses the answer and stores it; nobody else does. The nodes are simulated
desktops (`intel-z390-rtx2070`), each behind its own sshd on loopback; {limit} connections may be under way at the same
time, with Ansible as many as it has forks.

| | | wall | to ours | CPU a node | to ours | peak memory | to ours |
|---|---|---|---|---|---|---|---|
{lines}
{floor}- *CPU a node*: user and system time of the controller's whole process tree, its start included, divided by the
  number of nodes. What nodes use is not in it: their processes are no children of the controller.
- *Wall* says little here: the nodes run on the same cores as the controller, and one look costs a node's own sshd and
  shell a hundred times what it costs us. It shows that nobody waits without need.
- *Peak memory*: of one process the kernel's own peak; of several the sum of their proportional set sizes, looked at
  twice a second.
- Contestants ran {rounds} times in random order; each round:

{spread}"""


# Planning


def plan(result):
    engine, command = result["engine"], result["command"]
    seconds = median(engine, "seconds")
    section = PLAN.format(
        nodes=result["nodes"], answers=result["answers"], bytes=result["bytes"] / 1000, change=engine[0]["change"],
        engine=seconds, rounds=len(engine), wall=median(command, "wall"),
        cpu=median(command, "cpu"), memory=max(measured["memory"] for measured in command) / 1e6)
    what = f"planning {result['nodes']:,} nodes from stored facts"
    return section, [(what, "under 2 s", f"{seconds:.2f} s", seconds < 2)]


PLAN = """## Planning {nodes:,} nodes

A database with {nodes:,} nodes, {answers:,} different answers of {bytes:.0f} kB, and `playbooks/gpu-passthrough.yaml`;
{change:,} nodes are to be changed. The engine reads the inventory and each node's answer from the database, parses it,
plans the node, and stores the plan under its digest: **{engine:.2f} s**. The whole command,
`vfiofleet plan --stored --quiet`: {wall:.2f} s, {cpu:.2f} s of CPU, {memory:.0f} MB at most. Medians of {rounds} runs,
each on a fresh copy of the database that the page cache holds and that has no plan in it yet.
"""


# Roll-outs


def rollout(result):
    rounds = result["rounds"]
    made = [entry["makespan"] for entry in rounds]
    bound = statistics.median(entry["sliding"] / entry["bound"] for entry in made)
    lockstep = statistics.median(entry["lockstep"] / entry["sliding"] for entry in made)
    event, journal = ({key: statistics.median(entry[part][key] for entry in rounds) * 1000 for key in COST_KEYS}
                      for part in ("scheduling", "journal"))
    section = ROLLOUT.format(
        nodes=made[0]["nodes"], window=made[0]["window"], speed=made[0]["speed"], rounds=len(rounds), bound=bound,
        lockstep=lockstep, ideal=statistics.median(entry["ideal"] / entry["bound"] for entry in made),
        each="; ".join(f"{m['sliding']:.0f} s of at least {m['bound']:.0f} s, lockstep {m['lockstep']:.0f} s" for m in made),
        large=rounds[0]["scheduling"]["nodes"], events=rounds[0]["scheduling"]["events"],
        journalled=rounds[0]["journal"]["events"], event=event, journal=journal)
    return section, [
        ("makespan of a roll-out, to the lower bound", "at most 1.05", f"{bound:.3f}", bound <= 1.05),
        (f"scheduling an event with {rounds[0]['scheduling']['nodes']:,} nodes", "under 1 ms", f"{event['mean']:.3f} ms",
         event["high"] < 1),
    ]


COST_KEYS = ("mean", "median", "high", "worst")

ROLLOUT = """## Rolling out

{nodes} simulated nodes with rebuilds of 15 to 40 s and reboots of 75 to 260 s by chance, `max-unavailable: {window}`, under
the real driver, in a time that runs {speed} times faster than a clock. No order of the nodes can take less than the sum of
their times divided by {window}: it takes **{bound:.3f} times** that. A driver that costs nothing would take {ideal:.3f} times
that, because the last nodes end at different times. Batches of {window}, of which each waits for its slowest
node (as with Ansible's `serial`), take **{lockstep:.2f} times** as long as the window. {rounds} rounds: {each}.

One event of a roll-out with {large:,} nodes in clusters of ten, 1 % of them under way ({events:,} events):

| | mean | median | 99 of 100 below | worst |
|---|---|---|---|---|
| the state machine and its scheduler | {event[mean]:.3f} ms | {event[median]:.3f} ms | {event[high]:.3f} ms | {event[worst]:.3f} ms |
| its entry in the journal, on disk before anything is done ({journalled:,} events) | {journal[mean]:.2f} ms | {journal[median]:.2f} ms | {journal[high]:.2f} ms | {journal[worst]:.2f} ms |
"""


# Schedules


def schedule(result):
    nodes, hours = result["nodes"], result["hours"]
    cpu, wall = statistics.median(result["cpu"]), statistics.median(result["wall"])
    growth = (result["last"] - result["first"]) / hours * 24
    return SCHEDULE.format(
        nodes=nodes, hours=hours, speed=result["speed"], answer=result["answer"] / 1000, cpu=cpu, wall=wall,
        each=cpu / nodes * 1000, share=cpu / 3600 * 100, memory=result["memory"] / 1e6, changes=result["changes"],
        first=result["first"] / 1e6, growth=growth / 1e6, node=growth / nodes / 1000), []


SCHEDULE = """## Staying compliant

{nodes:,} nodes that the playbook was applied to are verified every hour for {hours} hours, under the runner of `serve`, in a
time that runs {speed} times faster than a clock. They answer from memory ({answer:.0f} kB each; what SSH costs is in the
sweep above): each answer is made, read, judged and kept. At each hour one node in a hundred has its card on another driver,
and is back at the next; each node has another boot once in 720 hours. In all, rules changed {changes:,} times.

| | |
|---|---|
| CPU of a run over all nodes | {cpu:.2f} s: {each:.2f} ms a node, {share:.2f} % of one core |
| wall time of a run | {wall:.2f} s |
| peak memory | {memory:.0f} MB |
| database after the first run | {first:.1f} MB |
| it grows in a day by | {growth:.1f} MB, {node:.1f} kB a node |
"""


# The web page


def web(result):
    alone, sweeping, streams = result["alone"], result["sweeping"], result["streams"]
    lines = "".join(
        f"| `{path}` | {figures['bytes'] / 1000:.0f} kB | {milliseconds(result['first'][path])} "
        f"| {milliseconds(figures['median'])} | {milliseconds(figures['high'])} | {figures['rate']:.0f} "
        f"| {milliseconds(beside['median'])} | {milliseconds(beside['high'])} | {beside['rate']:.0f} "
        f"| {beside['median'] / figures['median']:.1f} |\n"
        for path, figures in alone["pages"].items() for beside in [sweeping["pages"][path]])
    section = WEB.format(
        unread=milliseconds(result["unread"]["first"]), all=result["unread"]["all"], nodes=result["nodes"], days=result["days"], database=result["database"] / 1e6, seconds=result["seconds"],
        connections=result["connections"], lines=lines, memory=alone["memory"] / 1e6, peak=alone["peak"] / 1e6,
        during=sweeping["peak"] / 1e6)
    return section + heard(streams), list(web_targets(result))


def heard(streams):
    return STREAMS.format(
        **{key: streams[key] for key in ("clients", "slow", "events", "before")},
        median=streams["median"] * 1000, high=streams["high"] * 1000, worst=streams["worst"] * 1000,
        each=streams["each"] / 1000, memory=streams["memory"] / 1e6, cpu=streams["cpu"] / streams["wall"] * 100,
        message=streams["cpu"] / streams["events"] / streams["clients"] * 1e6)


def web_targets(result):
    first = max(*result["first"].values(), result["unread"]["first"])
    high = max(figures["high"] for figures in result["sweeping"]["pages"].values())
    nodes = f"{result['nodes']:,} nodes"
    yield f"slowest page of {nodes}, the first after a start", "under 1 s", f"{first:.2f} s", first < 1
    yield f"slowest page of {nodes} during a sweep, 99 of 100", "under 1 s", f"{high:.2f} s", high < 1


def milliseconds(seconds):
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.1f} ms"


WEB = """## Looking at it

The web server over a database with {nodes:,} nodes that were verified every hour for {days} days ({database:.0f} MB). wrk asks
for each page {seconds} s long over {connections} connections, on the same cores as the server: alone, and while all nodes are
verified again and again (they answer from memory after a second each, 128 at a time). *First*: the first thing that is
asked of a server that was just started. The ratio is that of the medians.

| | size | first | median | 99 of 100 below | a second | sweep: median | 99 of 100 below | a second | ratio |
|---|---|---|---|---|---|---|---|---|---|
{lines}
After another program was installed it reads all answers anew: the first `/gpus` took {unread} then, and said that some are
missing; all were read after {all:.1f} s. Resident memory: {memory:.0f} MB after each page was asked for once, at most {peak:.0f} MB under this load, at most {during:.0f} MB
with the sweep.
"""

STREAMS = """
{clients} clients follow a roll-out by its event stream while another process writes {events} events into its journal; {slow} more
ask for all {before:,} events before and read nothing. Every client gets every event: {median:.0f} ms (median), 99 of 100 within
{high:.0f} ms, the last after {worst:.0f} ms, from when the event was on disk. A client takes {each:.0f} kB; with all of them, and the
deaf ones, the server has {memory:.0f} MB at most and uses {cpu:.0f} % of a core, {message:.0f} µs an event and client.
"""


# Starting


def start(result):
    wall = median(result["runs"], "wall") * 1000
    section = START.format(
        wall=wall, cpu=median(result["runs"], "cpu") * 1000, best=min(run["wall"] for run in result["runs"]) * 1000,
        runs=len(result["runs"]), size=result["size"] / 1e6)
    return section, [("vfiofleet --version", "under 30 ms", f"{wall:.1f} ms", wall < 30)]


START = """## Starting

`vfiofleet --version`: {wall:.1f} ms ({cpu:.1f} ms of CPU; the best of {runs} runs {best:.1f} ms). The program has
{size:.0f} MB, debug information included.
"""
