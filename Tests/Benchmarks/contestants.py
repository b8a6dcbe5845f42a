"""Who is compared, and how each of them is asked to run the same script on the same nodes."""

import json
import pathlib
import shutil
import subprocess
import sys
from dataclasses import dataclass, field

HERE = pathlib.Path(__file__).resolve().parent
FORKS = 32
"""Ansible's processes."""
LIMIT = 200
"""Connections under way at the same time, for all who can."""


@dataclass(frozen=True)
class Fleet:
    """A lab's nodes, and the script that is run on them."""

    directory: pathlib.Path
    nodes: list
    script: pathlib.Path

    @property
    def key(self):
        return self.directory / "id_ed25519"

    @property
    def known_hosts(self):
        return self.directory / "known_hosts"

    @property
    def access(self):
        return [str(self.key), str(self.known_hosts), str(LIMIT)]


@dataclass(frozen=True)
class Contestant:
    name: str
    version: str
    note: str
    command: list
    answered: str
    """A pattern that what it prints fits when all nodes answered."""
    directory: pathlib.Path = None
    environment: dict = field(default_factory=dict)
    answers: int = 1
    """How often the pattern must fit."""
    prepare: list = field(default_factory=list)
    """Commands to run before each round, at no cost to it."""


def vfiofleet(fleet, program, work):
    database = work / "fleet.db"
    run = [str(program)]
    return Contestant(
        "vfiofleet", output(run + ["--version"]), "with parsing and storing",
        run + ["detect", "--quiet", "--db", str(database), "--known-hosts", str(fleet.known_hosts),
               "--ssh-config", "/dev/null", "--parallel", str(LIMIT)],
        rf"\b{len(fleet.nodes)} observed",
        prepare=[
            ["rm", "-f", f"{database}", f"{database}-wal", f"{database}-shm"],
            run + ["inventory", "import", "--quiet", "--db", str(database), str(fleet.directory / "inventory.yaml")],
        ])


def apply(fleet, program, work, playbook):
    """Applies a playbook to the lab's nodes."""
    database = work / "applied.db"
    for suffix in ("", "-wal", "-shm"):
        pathlib.Path(f"{database}{suffix}").unlink(missing_ok=True)
    subprocess.run(
        [program, "inventory", "import", "--quiet", "--db", database, fleet.directory / "inventory.yaml"], check=True)
    subprocess.run(
        [program, "apply", playbook, "--yes", "--quiet", "--db", database, "--known-hosts", fleet.known_hosts,
         "--ssh-config", "/dev/null"], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def libssh(fleet, work):
    program = work / "libssh_sweep"
    subprocess.run(
        ["cc", "-O2", "-Wall", "-Wextra", "-pthread", "-o", str(program), str(HERE / "Peers/libssh_sweep.c"), "-lssh"],
        check=True)
    nodes = work / "fleet.txt"
    nodes.write_text("".join(f"{node['address']} {node['port']}\n" for node in fleet.nodes))
    return Contestant(
        "libssh in C", output(["pkg-config", "--modversion", "libssh"]), "a thread for each connection",
        [str(program), str(nodes), str(fleet.script), *fleet.access], rf"^{len(fleet.nodes)} answered")


def asyncssh(fleet, work):
    nodes = work / "fleet.json"
    nodes.write_text(json.dumps(fleet.nodes))
    return Contestant(
        "asyncssh", package("asyncssh"), "one process, asyncio",
        [sys.executable, str(HERE / "Peers/asyncssh_sweep.py"), str(nodes), str(fleet.script), *fleet.access],
        rf"^{len(fleet.nodes)} answered")


def pyinfra(fleet, work):
    directory = work / "pyinfra"
    directory.mkdir(exist_ok=True)
    nodes = [
        (node["name"], {
            "ssh_hostname": node["address"], "ssh_port": node["port"], "ssh_user": "root",
            "ssh_key": str(fleet.key), "ssh_known_hosts_file": str(fleet.known_hosts),
            "ssh_strict_host_key_checking": "yes", "ssh_config_file": "/dev/null", "script": str(fleet.script),
        })
        for node in fleet.nodes
    ]
    (directory / "inventory.py").write_text(f"nodes = {nodes!r}\n")
    shutil.copy(HERE / "Peers/pyinfra_sweep.py", directory)
    return Contestant(
        "pyinfra", package("pyinfra"), "one process, gevent",
        [tool("pyinfra"), "-y", "--parallel", str(LIMIT), "inventory.py", "pyinfra_sweep.py"],
        rf"Grand total\s+{len(fleet.nodes)}\s+{len(fleet.nodes)}\s", directory)


def ansible(fleet, work):
    directory = work / "ansible"
    directory.mkdir(exist_ok=True)
    common = f"-F /dev/null -o UserKnownHostsFile={fleet.known_hosts} -o StrictHostKeyChecking=yes"
    hosts = {
        node["name"]: {"ansible_host": node["address"], "ansible_port": node["port"]} for node in fleet.nodes
    }
    variables = {
        "ansible_user": "root", "ansible_ssh_private_key_file": str(fleet.key), "ansible_ssh_common_args": common,
        "script": str(fleet.script),
    }
    (directory / "ansible.cfg").write_text("")
    (directory / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}))
    return Contestant(
        "Ansible", package("ansible-core"), f"raw, {FORKS} forks",
        [tool("ansible-playbook"), "-i", str(directory / "inventory.json"), str(HERE / "Peers/ansible_sweep.yaml")],
        r"ok=1\s+changed=0\s+unreachable=0\s+failed=0", directory,
        {
            "ANSIBLE_FORKS": str(FORKS), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_HOME": str(directory / "home"),
            "ANSIBLE_CONFIG": str(directory / "ansible.cfg"), "ANSIBLE_TIMEOUT": "300",
        },
        answers=len(fleet.nodes))


def tool(name):
    return str(pathlib.Path(sys.executable).parent / name)


def package(name):
    from importlib.metadata import version

    return version(name)


def output(command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
