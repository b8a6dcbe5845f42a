"""Runs a script on every node with asyncssh. Usage: asyncssh_sweep.py FLEET.json SCRIPT KEY KNOWN_HOSTS LIMIT"""

import asyncio
import json
import pathlib
import sys

import asyncssh


async def look(node, script, options, gate):
    async with gate, asyncssh.connect(node["address"], node["port"], username="root", **options) as connection:
        result = await connection.run("sh -s -- bench", input=script, encoding=None)
        return result.exit_status == 0 and b"\n@bench . " in result.stdout[-40:]


async def main(fleet, script, key, known_hosts, limit):
    nodes = json.loads(pathlib.Path(fleet).read_text())
    options = {
        "client_keys": [asyncssh.read_private_key(key)],
        "known_hosts": asyncssh.read_known_hosts(known_hosts),
        "config": None,
        "agent_path": None,
        "login_timeout": 300,
        "connect_timeout": 300,
    }
    gate = asyncio.Semaphore(int(limit))
    text = pathlib.Path(script).read_bytes()
    looks = await asyncio.gather(*(look(node, text, options, gate) for node in nodes), return_exceptions=True)
    for failure in (look for look in looks if isinstance(look, Exception)):
        print(failure, file=sys.stderr)
    good = sum(look is True for look in looks)
    print(f"{good} answered")
    return good != len(nodes)


sys.exit(asyncio.run(main(*sys.argv[1:])))
