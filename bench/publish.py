#!/usr/bin/env python3
"""publish.py RESULTS.json: writes the figures of a run of `make bench` into docs/benchmarks.md and README.md.

They stand between two comments each, and everything between these is written anew.
"""

import json
import os
import re
import sys

from machine import ROOT
from report import NAMES, judgements, megabytes, number, ratio, rows_side_by_side


def table(rows):
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "| --- |" + " ---: |" * (len(rows[0]) - 1))
    return "\n".join(lines)


def machine(results):
    machine = results["machine"]
    return f"{results['date']}, Linux {machine['kernel']}, {machine['cpus']} cores of {machine['model']}"


def side_by_side(result):
    churn = f", {result['churn']:.0%} replaced before each poll" if "churn" in result else ""
    heading = f"{result['sockets']:,} sockets ({result['load']}){churn}; {result['rounds']} rounds:"
    return heading + "\n\n" + table(rows_side_by_side(result))


def long_form(results):
    parts = [f"Seen: {machine(results)}. Load of the machine besides, when it began: {results['machine']['load']}."]
    held = [[promise, seen, "met" if holds else "**missed**"]
            for promise, seen, holds in judgements(results) if holds is not None]
    if held:
        parts.append(table([["promise", "seen", ""]] + held))
    for name, result in results["cases"].items():
        if "ms" in result:
            parts.append(f"### {name}\n\n{side_by_side(result)}")
    return "\n\n".join(parts)


def short_form(results):
    result = results["cases"].get("steady-100k")
    if not result or "ms" not in result:
        return None
    rows = [["CPU of one look at 100,000 sockets, nothing new", "ms", "to a bare walk in C", "resident MB"]]
    for tool, spread in result["ms"].items():
        memory = result["memory"].get(tool)
        rows.append([NAMES[tool], number(spread["median"]), ratio(result["to_one"].get(tool)) or "1",
                     megabytes(memory["rss"]) if memory else ""])
    return table(rows) + f"\n\n{machine(results)}."


def publish(path, text):
    with open(path) as file:
        old = file.read()
    new, found = re.subn(r"(<!-- figures of make bench -->\n).*?(<!-- end of figures -->)",
                         lambda m: m[1] + text + "\n" + m[2], old, flags=re.DOTALL)
    if found != 1:
        sys.exit(f"{path} has no place for figures")
    with open(path, "w") as file:
        file.write(new)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    with open(sys.argv[1]) as file:
        results = json.load(file)
    publish(os.path.join(ROOT, "docs/benchmarks.md"), long_form(results))
    short = short_form(results)
    if short:
        publish(os.path.join(ROOT, "README.md"), short)


if __name__ == "__main__":
    main()
