"""Holds a running server against its OpenAPI document.

Usage: agreement.py SPEC BASE TOKEN NODE PLAN ROLLOUT. BASE is http://ADDRESS:PORT, or unix:PATH for the control socket, where
no token is needed, and where alone the operations with x-socket-only are done. Prints what does not agree, and exits with 1 when something does not.
Each GET is asked with a token (200, and what came is as the document says), without one (401), for something that is not
there (404 where it takes a name), and with the ETag it gave (304). Each POST is tried on something that is not there.
"""
import http.client, json, re, socket, sys, urllib.parse

import jsonschema

spec, base, token, node, plan, rollout = sys.argv[1:7]
with open(spec) as file:
    document = json.load(file)
jsonschema_root = {"components": document["components"]}
flaws, asked = [], 0
at_socket = base.startswith("unix:")


class Connection(http.client.HTTPConnection):
    def connect(self):
        if not at_socket:
            return super().connect()
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(base[5:])


def ask(method, path, headers, body=None):
    connection = Connection("localhost" if at_socket else urllib.parse.urlsplit(base).netloc, timeout=60)
    if body is not None:
        headers = {**headers, "Content-Type": "application/json"}
    connection.request(method, "/api/v1" + path, body=body, headers={**headers, "Connection": "close"})
    answer = connection.getresponse()
    # A stream has no end of its own.
    body = answer.read(0 if "event-stream" in answer.headers.get("Content-Type", "") else -1)
    return answer.status, answer.headers, body


def resolved(part):
    while "$ref" in part:
        name = part["$ref"].split("/")[1:]
        part = document
        for step in name:
            part = part[step]
    return part


def check(method, path, real, operation, headers, wanted, sent=None):
    global asked
    asked += 1
    status, fields, body = ask(method, real, headers, sent)
    what = f"{method} {real}: "
    if status not in wanted:
        flaws.append(f"{what}answered {status} instead of {wanted}: {body[:200]}")
    if str(status) not in operation["responses"]:
        flaws.append(f"{what}{status} is not in the document")
        return fields
    content = resolved(operation["responses"][str(status)]).get("content", {})
    kind = fields.get("Content-Type", "").split(";")[0]
    if content and kind not in content:
        flaws.append(f"{what}{status} came as {kind}")
    elif content and "json" in kind:
        schema = {**jsonschema_root, **content[kind]["schema"]}
        for error in list(jsonschema.Draft202012Validator(schema).iter_errors(json.loads(body)))[:3]:
            flaws.append(f"{what}{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
    if status == 200 and "event-stream" not in kind and operation.get("security") != [] and not fields.get("ETag"):
        flaws.append(f"{what}there is no ETag")
    return fields


known = {"node": node, "digest": plan, "id": rollout}
bearer = {} if at_socket else {"Authorization": "Bearer " + token}
for path, operations in document["paths"].items():
    names = re.findall(r"{(\w+)}", path)
    # What somebody asked for or was proposed has a number, and the first one is there.
    here = {**known, "id": "1"} if path.startswith(("/requests", "/proposals")) else known
    real = re.sub(r"{(\w+)}", lambda match: here[match[1]], path)
    nothing = re.sub(r"{(\w+)}", lambda match: {"node": "nobody", "digest": "0" * 64, "id": "424242"}[match[1]], path)
    for method, operation in operations.items():
        method = method.upper()
        if operation.get("x-socket-only") and not at_socket:
            asked += 1
            if ask(method, real, bearer)[0] not in (404, 405):
                flaws.append(f"{method} {real} is done by token")
            continue
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            check(method, path, real, operation, {}, [400], "{")
            check(method, path, real, operation, {}, [400], json.dumps({"playbook": "x", "file": "x", "selector": "nobody"}))
        if method == "GET":
            fields = check(method, path, real, operation, bearer, [200])
            if operation.get("security") != [] and not at_socket:
                check(method, path, real, operation, {}, [401])
            if "ETag" in fields and "304" in operation["responses"]:
                check(method, path, real, operation, {**bearer, "If-None-Match": fields["ETag"]}, [304])
            if "400" in operation["responses"] and any("limit" in str(p) for p in operation["parameters"]):
                check(method, path, real + "?limit=none", operation, bearer, [400])
        if names and "404" in operation["responses"] and "stop" not in path:
            form = "application/x-www-form-urlencoded" in operation.get("requestBody", {}).get("content", {})
            check(method, path, nothing, operation, bearer, [400] if form else [404])
        if method == "POST" and not at_socket:
            check(method, path, nothing, operation, {}, [401])

for flaw in flaws:
    print(flaw)
print(f"{asked} requests, {len(flaws)} flaws")
sys.exit(1 if flaws or asked < 60 else 0)
