"""json-patch.py FILE PATCH... : the last document of FILE with JSON patches (RFC 6902), as `kubectl patch --type json`
and kustomize apply them. Only `add` is known.
"""

import sys

import yaml


def add(document, path, value):
    *way, last = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
    for part in way:
        document = document[int(part)] if isinstance(document, list) else document[part]
    if not isinstance(document, list):
        document[last] = value
    elif last == "-":
        document.append(value)
    else:
        document.insert(int(last), value)


with open(sys.argv[1]) as file:
    document = list(yaml.safe_load_all(file))[-1]
for name in sys.argv[2:]:
    with open(name) as patch:
        for operation in yaml.safe_load(patch):
            assert operation.pop("op") == "add", operation
            add(document, **operation)
print(yaml.safe_dump(document))
