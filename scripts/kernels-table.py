#!/usr/bin/env python3
"""kernels-table.py DOCUMENT RESULTS... : writes the table in DOCUMENT anew from what scripts/test-kernels.sh has seen."""
import sys

BEGIN, END = "<!-- begin: make test-kernels -->\n", "<!-- end -->\n"

kernels, rows = [], {}
for name in sys.argv[2:]:
    lines = [line.rstrip("\n").split("\t") for line in open(name) if line.count("\t") == 2]
    kernel = next(value for mark, _, value in lines if mark == "verdict")
    kernels.append(kernel)
    for mark, name, value in lines:
        if mark in ("holds", "lacks", "FAILED"):
            rows.setdefault(name, {})[kernel] = {"holds": "yes", "lacks": f"no: {value}", "FAILED": "**fails**"}[mark]

table = [f"| | {' | '.join(kernels)} |", "| --- |" + " --- |" * len(kernels)]
table += [f"| {name} | {' | '.join(cells.get(kernel, '') for kernel in kernels)} |" for name, cells in rows.items()]
with open(sys.argv[1]) as file:
    text = file.read()
before, rest = text.split(BEGIN)
after = rest.split(END)[1]
with open(sys.argv[1], "w") as file:
    file.write(before + BEGIN + "\n" + "\n".join(table) + "\n\n" + END + after)
