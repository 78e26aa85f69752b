#!/usr/bin/env python3
"""make bench: what a look at all TCP sockets costs, side by side. docs/benchmarks.md says how."""

import argparse
import os
import subprocess
import sys
import time

import cases
import report
from machine import HERE, ROOT, Failure, enter_namespace, new_network

KNOWN = cases.QUICK | cases.FULL | cases.SPECIAL


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default=os.path.join(ROOT, ".build/release/sockstated"),
                        help="the sockstated to measure (default: the release build)")
    parser.add_argument("--only", action="append", metavar="CASE", help="this case alone; repeatable")
    parser.add_argument("--tools", help="of the tools only these, by comma: " + ", ".join(cases.ALL))
    parser.add_argument("--rounds", type=int, default=5, help="alternated rounds (default 5)")
    parser.add_argument("--json", help="where the JSON goes (default bench/results/TIME.json)")
    parser.add_argument("--list", action="store_true", help="list the cases")
    options = parser.parse_args()
    if options.list:
        for what, group in (("", cases.QUICK), ("with BENCH_FULL=1", cases.FULL), ("only by name", cases.SPECIAL)):
            for name in group:
                print(f"{name:22}{what}".rstrip())
        sys.exit(0)
    for name in options.only or []:
        if name not in KNOWN:
            parser.error(f"no case {name}; there are: {', '.join(KNOWN)}")
    options.tools = options.tools.split(",") if options.tools else None
    for name in options.tools or []:
        if name not in cases.ALL:
            parser.error(f"no tool {name}; there are: {', '.join(cases.ALL)}")
    if options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    if not os.access(options.binary, os.X_OK):
        parser.error(f"{options.binary} is not there: make release, or --binary PATH")
    return options


def build_programs():
    """Compiles the C programs where they are older than their source."""
    built = os.path.join(ROOT, ".build", "bench")
    os.makedirs(built, exist_ok=True)
    for name, flags in {"load": [], "floor": ["-lmnl"], "links": [],
                        "allocations": ["-shared", "-fPIC"]}.items():
        source, target = os.path.join(HERE, name + ".c"), os.path.join(built, name)
        if not os.path.exists(target) or os.path.getmtime(target) < os.path.getmtime(source):
            compiler = os.environ.get("CC", "cc")
            command = [compiler, "-O2", "-Wall", "-Wextra", "-Werror", "-o", target, source, *flags]
            if subprocess.run(command).returncode != 0:
                sys.exit(f"bench: {source} was not compiled (make bench-deps installs what it needs)")
    return built


def unbounded(binary, directory):
    """Flags under which the daemon keeps its interval whatever a poll costs."""
    for value in ("100%", "1.0"):
        path = os.path.join(directory, "unbounded.yaml")
        with open(path, "w") as file:
            file.write(f"poll:\n  max_cpu: {value}\n")
        if subprocess.run([binary, "check-config", path], capture_output=True).returncode == 0:
            return [f"--config.file={path}"]
    return []


def main():
    options = arguments()
    built = build_programs()
    directory = enter_namespace()
    path = options.json or os.path.join(HERE, "results", time.strftime("%Y%m%dT%H%M%S.json"))
    is_full = os.environ.get("BENCH_FULL") == "1"
    bench = cases.Bench(
        binary=os.path.abspath(options.binary), built=built, directory=directory, rounds=options.rounds,
        tools=options.tools, is_full=is_full, unbounded=unbounded(options.binary, directory))
    names = options.only or list(cases.QUICK) + (list(cases.FULL) if is_full else [])
    results = {"date": time.strftime("%Y-%m-%d"), "binary": bench.binary, "machine": report.machine(), "cases": {}}
    new_network()
    idle = cases.idle_memory(bench)
    bench.idle_rss = idle["rss"]
    results["idle_memory"] = idle
    for name in names:
        print(f"… {name}", file=sys.stderr, flush=True)
        try:
            new_network()
            results["cases"][name] = KNOWN[name](bench)
        except Failure as failure:
            results["cases"][name] = {"failure": str(failure)}
        report.show(name, results["cases"][name])
        # A run that is broken off has what it has.
        report.save(results, path)
    report.judge(results)
    report.save(results, path)
    print(f"JSON: {os.path.relpath(path)}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
