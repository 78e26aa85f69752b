#!/usr/bin/env python3
"""make bench: what a look at all TCP sockets costs, side by side. docs/benchmarks.md says how."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import cases
import report
from machine import HERE, ROOT, Failure, enter_namespace

CASES = {
    "steady-1k": cases.steady(1_000),
    "steady-10k": cases.steady(10_000),
    "steady-100k": cases.steady(100_000),
}
FULL = {}
SPECIAL = {"smoke": cases.steady(200, processes=2)}


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
    known = CASES | FULL | SPECIAL
    if options.list:
        print("\n".join(known))
        sys.exit(0)
    for name in options.only or []:
        if name not in known:
            parser.error(f"no case {name}; there are: {', '.join(known)}")
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
            subprocess.run(
                [compiler, "-O2", "-Wall", "-Wextra", "-Werror", "-o", target, source, *flags], check=True)
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
    enter_namespace()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    directory = tempfile.mkdtemp(prefix="sockstated-bench-")
    try:
        bench = cases.Bench(
            binary=os.path.abspath(options.binary), built=built, directory=directory, rounds=options.rounds,
            tools=tuple(options.tools.split(",")) if options.tools else None,
            unbounded=unbounded(options.binary, directory))
        known = CASES | FULL | SPECIAL
        names = options.only or list(CASES) + (list(FULL) if os.environ.get("BENCH_FULL") == "1" else [])
        results = {"binary": bench.binary, "machine": report.machine(), "cases": {}}
        idle = cases.idle_memory(bench)
        bench.idle_rss = idle["rss"]
        results["idle_memory"] = idle
        for name in names:
            print(f"… {name}", file=sys.stderr, flush=True)
            try:
                results["cases"][name] = known[name](bench)
            except Failure as failure:
                results["cases"][name] = {"failure": str(failure)}
            report.show(name, results["cases"][name])
        report.judge(results)
        path = options.json or os.path.join(HERE, "results", time.strftime("%Y%m%dT%H%M%S.json"))
        report.save(results, path)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
