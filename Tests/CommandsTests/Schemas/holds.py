"""Holds JSON documents on standard input, one after the other, against a schema of docs/schema.

Usage: holds.py SCHEMA. Prints each error, and exits with 1 when there is one. The schemas allow keys they do not name,
for new ones may come; here they count as errors, so that a new key gets its place in the schema.
"""

import json
import pathlib
import sys

import jsonschema


def closed(schema):
    """The schema with no keys but those it names; conditions stay as they are."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: part if key in ("allOf", "if") else closed(part) for key, part in schema.items()}
    if "properties" in schema:
        result["properties"] = {name: closed(part) for name, part in schema["properties"].items()}
        result.setdefault("additionalProperties", False)
    return result


def documents(text):
    decoder = json.JSONDecoder()
    position = 0
    while position < len(text):
        value, end = decoder.raw_decode(text, position)
        yield value
        position = end + len(text[end:]) - len(text[end:].lstrip())


path = pathlib.Path(sys.argv[1]).resolve()
schemas = {file.name: closed(json.loads(file.read_text())) for file in path.parent.glob("*.json")}
for schema in schemas.values():
    jsonschema.Draft202012Validator.check_schema(schema)
base = path.parent.as_uri() + "/"
resolver = jsonschema.RefResolver(base, schemas[path.name], store={base + name: s for name, s in schemas.items()})
validator = jsonschema.Draft202012Validator(schemas[path.name], resolver=resolver)

found = list(documents(sys.stdin.read().lstrip()))
errors = [error for document in found for error in validator.iter_errors(document)]
for error in errors[:20]:
    print(f"{'/'.join(str(part) for part in error.absolute_path)}: {error.message[:300]}")
if not found:
    print("there is no document")
sys.exit(1 if errors or not found else 0)
