"""Results as a table for people, as JSON, and against their targets."""

import json
import os
import platform

NAMES = {
    "two": "C loop, two v2 dumps", "one": "C loop, one old-form walk", "sockstated": "sockstated, a poll",
    "ss": "ss -tanH", "ss-p": "ss -tanpH", "node_exporter": "node_exporter tcpstat, a scrape",
    "collectd": "collectd tcpconns, an interval",
}


def machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "")
    return {"kernel": platform.release(), "cpus": os.cpu_count(), "model": model}


def number(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def ratio(spread):
    return "" if spread is None else f"{number(spread['median'])} ({number(spread['min'])}..{number(spread['max'])})"


def table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  " + "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths))).rstrip())


def show(name, result):
    print(f"\n{name}: ", end="")
    if "failure" in result:
        print("not measured: " + result["failure"])
        return
    if "ms" in result:
        show_side_by_side(result)
    print(flush=True)


def show_side_by_side(result):
    churn = f"; {result['churn']:.0%} replaced before each poll" if "churn" in result else ""
    print(f"{result['sockets']:,} sockets ({result['load']}){churn}; {result['rounds']} rounds")
    rows = [["CPU of one look", "ms", "to two dumps", "to one walk", "RSS MB", "peak MB"]]
    for tool, spread in result["ms"].items():
        memory = result["memory"].get(tool)
        rows.append(
            [NAMES[tool], number(spread["median"])]
            + [ratio(result.get(base, {}).get(tool)) for base in ("to_two", "to_one")]
            + ([f"{memory[k] / 1e6:.1f}" for k in ("rss", "peak")] if memory else ["", ""]))
    table(rows)
    if "process_ms" in result:
        print(f"  sockstated by the kernel's account: {number(result['process_ms']['median'])} ms a poll, all threads;"
              f" a first scrape after it: {number(result['scrape_ms']['median'])} ms;"
              f" {result['bytes_per_socket']:.0f} bytes a socket over idle")
    for tool, reason in result["missing"].items():
        print(f"  {NAMES[tool]}: not measured: {reason}")


def judge(results):
    pass


def save(results, path):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w") as file:
        json.dump(results, file, indent=1)
    print(f"JSON: {os.path.relpath(path)}")
