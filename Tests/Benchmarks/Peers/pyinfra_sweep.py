"""A pyinfra deploy that runs the script of the host data `script`, sent as one command."""

import pathlib
import shlex

from pyinfra.context import host
from pyinfra.operations import server

script = pathlib.Path(host.data.script).read_text()
server.shell(name="Probe", commands=[f"sh -c {shlex.quote(script)} sh bench"])
