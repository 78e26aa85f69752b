"""merge-patch.py FILE PATCH : the last document of FILE with a strategic merge patch, as kubectl makes it.

Objects are merged key by key, lists of objects with names by these names; all else is replaced.
"""

import sys

import yaml


def merge(old, new):
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {key: merge(old.get(key), value) for key, value in new.items()}
    if isinstance(new, list) and all(isinstance(item, dict) and "name" in item for item in new):
        items = {item["name"]: item for item in old or []}
        for item in new:
            items[item["name"]] = merge(items.get(item["name"]), item)
        return list(items.values())
    return new


with open(sys.argv[1]) as file, open(sys.argv[2]) as patch:
    print(yaml.safe_dump(merge(list(yaml.safe_load_all(file))[-1], yaml.safe_load(patch))))
