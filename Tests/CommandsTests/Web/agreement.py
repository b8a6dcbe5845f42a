"""Holds a running server against its OpenAPI document.

Usage: agreement.py SPEC BASE TOKEN NODE PLAN ROLLOUT. Prints what does not agree, and exits with 1 when something does not.
Each GET is asked with a token (200, and what came is as the document says), without one (401), for something that is not
there (404 where it takes a name), and with the ETag it gave (304). Each POST is tried on something that is not there.
"""
import json, re, sys, urllib.error, urllib.request

import jsonschema

spec, base, token, node, plan, rollout = sys.argv[1:7]
with open(spec) as file:
    document = json.load(file)
jsonschema_root = {"components": document["components"]}
flaws, asked = [], 0


def ask(method, path, headers):
    request = urllib.request.Request(base + "/api/v1" + path, method=method, headers=headers)
    try:
        answer = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        answer = error
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


def check(method, path, real, operation, headers, wanted):
    global asked
    asked += 1
    status, fields, body = ask(method, real, headers)
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
bearer = {"Authorization": "Bearer " + token}
for path, operations in document["paths"].items():
    names = re.findall(r"{(\w+)}", path)
    real = re.sub(r"{(\w+)}", lambda match: known[match[1]], path)
    nothing = re.sub(r"{(\w+)}", lambda match: {"node": "nobody", "digest": "0" * 64, "id": "424242"}[match[1]], path)
    for method, operation in operations.items():
        method = method.upper()
        if method == "GET":
            fields = check(method, path, real, operation, bearer, [200])
            if operation.get("security") != []:
                check(method, path, real, operation, {}, [401])
            if "ETag" in fields and "304" in operation["responses"]:
                check(method, path, real, operation, {**bearer, "If-None-Match": fields["ETag"]}, [304])
            if "400" in operation["responses"] and any("limit" in str(p) for p in operation["parameters"]):
                check(method, path, real + "?limit=none", operation, bearer, [400])
        if names:
            check(method, path, nothing, operation, bearer, [404])
        if method == "POST":
            check(method, path, nothing, operation, {}, [401])

for flaw in flaws:
    print(flaw)
print(f"{asked} requests, {len(flaws)} flaws")
sys.exit(1 if flaws or asked < 60 else 0)
