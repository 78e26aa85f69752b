"""Results as a table for people, as JSON, and against their targets."""

import json
import os
import platform
import sys

NAMES = {
    "two": "C loop, two v2 dumps", "one": "C loop, one old-form walk", "sockstated": "sockstated, a poll",
    "ss": "ss -tanH", "ss-p": "ss -tanpH", "node_exporter": "node_exporter tcpstat, a scrape",
    "collectd": "collectd tcpconns, an interval",
}


def machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "")
    return {"kernel": platform.release(), "cpus": os.cpu_count(), "model": model,
            "load": f"{os.getloadavg()[0]:.1f}"}


def number(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def megabytes(value):
    return f"{value / 1e6:.1f}"


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
    for key, print_result in PRINTERS.items():
        if key in result:
            print_result(result)
    sys.stdout.flush()


def heading(result, more=""):
    print(f"{result['sockets']:,.0f} sockets ({result['load']}){more}")


def rows_side_by_side(result):
    rows = [["CPU of one look", "ms", "to two dumps", "to one walk", "RSS MB", "peak MB"]]
    for tool, spread in result["ms"].items():
        memory = result["memory"].get(tool)
        rows.append(
            [NAMES[tool], number(spread["median"])]
            + [ratio(result.get(base, {}).get(tool)) for base in ("to_two", "to_one")]
            + ([megabytes(memory["rss"]), megabytes(memory["peak"])] if memory else ["", ""]))
    return rows


def show_side_by_side(result):
    churn = f"; {result['churn']:.0%} replaced before each poll" if "churn" in result else ""
    heading(result, f"{churn}; {result['rounds']} rounds")
    table(rows_side_by_side(result))
    if "process_ms" in result:
        print(f"  sockstated by the kernel's account: {number(result['process_ms']['median'])} ms a poll with all"
              f" threads; a scrape: {number(result['scrape_ms']['median'])} ms;"
              f" {result['bytes_per_socket']:.0f} bytes a socket over idle")
    for tool, reason in result["missing"].items():
        print(f"  {NAMES[tool]}: not measured: {reason}")


def show_first_poll(result):
    heading(result, f"; {result['rounds']} rounds")
    table([["CPU", "ms"], ["sockstated, the first poll", ratio(result["first_ms"])],
           ["C loop, one old-form walk", ratio(result["dump_ms"])],
           ["every descriptor link read once", ratio(result["links_ms"])],
           ["the first to the sum of the others", ratio(result["to_dump_and_links"])]])


def show_idle(result):
    heading(result)
    memory = result["memory"]
    print(f"  {result['percent']:.4f}% of a core over {result['seconds']} s (by /proc/PID/stat"
          f" {result['percent_by_stat']:.4f}%); resident {megabytes(memory['rss'])} MB, of that anonymous"
          f" {megabytes(memory['anonymous'])} MB; Pss {megabytes(memory['pss'])} MB; peak {megabytes(memory['peak'])} MB")


def show_latency(result):
    heading(result)
    print(f"  {result['scrapes']} scrapes of {result['groups']:.0f} groups, {result['missed']} missed, in"
          f" {result['polls']:.0f} polls that took {result['share_polling']:.0%} of the time: p50"
          f" {number(result['p50_ms'])} ms, p99 {number(result['p99_ms'])} ms, longest {number(result['max_ms'])} ms; /-/ready"
          f" in turn with it: p50 {number(result['plain_p50_ms'])} ms, p99 {number(result['plain_p99_ms'])} ms")


def show_renderings(result):
    print()
    rows = [["groups", "states", "samples", "kB", "ms"]]
    for name, found in result["renderings"].items():
        groups, states = name.split("/")
        rows.append([groups, states, str(found["samples"]), f"{found['bytes'] / 1e3:.0f}", ratio(found["ms"])])
    table(rows)


def show_allocations(result):
    print()
    rows = [["sockets", "allocations a poll", "bytes a poll"]]
    for sockets, found in result["allocations"].items():
        rows.append([f"{int(sockets):,}", ratio(found["calls"]), ratio(found["bytes"])])
    table(rows)


def show_namespaces(result):
    print()
    print(f"  a poll of {result['busy']} busy namespaces: {number(result['busy_ms'])} ms; with {result['quiet']} quiet"
          f" ones beside them: {number(result['all_ms'])} ms, {number(result['to_busy'])} times that;"
          f" resident {megabytes(result['memory']['rss'])} MB")


def show_story(result):
    print(f"\n  {result['connections']:,} connections have ended, {result['kept']:,} are remembered: the story of one takes"
          f" {ratio(result['story_ms'])} ms")


def show_connections(result):
    heading(result, f" opened and closed before each of three polls; {result['rounds']} rounds")
    table([["CPU of the daemon for one socket", "µs"],
           ["opened, used and closed before the poll", ratio(result["connection_us"]["brief"])],
           ["open from one poll to the next", ratio(result["connection_us"]["kept"])]])


def show_counters(result):
    print(f"a connection opened, used and closed; {result['rounds']} rounds")
    names = {"nothing": "nothing", "events": "destroy events, not decoded", "counters": "the kernel's counters"}
    table([["CPU of the machine", "µs a connection", "added"]] + [
        [words, ratio(result["cycle_us"][name]), ratio(result["added_us"].get(name))]
        for name, words in names.items()])
    print(f"  reading 1,000 groups: {ratio(result['read_ms'])} ms")
    print(f"  a snapshot of 100,000 sockets in 500 processes: owners by links {ratio(result['owners_ms']['links'])} ms,"
          f" from the kernel {ratio(result['owners_ms']['kernel'])} ms")


def show_minute(result):
    heading(result, f" {result['churn_a_second']:.0%} replaced a second; {result['rounds']} rounds of {result['seconds']} s,"
                    f" each looks every {result['interval']} s")
    rows = [["CPU of a minute, all looks", "ms", "to sockstated"]]
    names = {"C": "C loop, 1 whole walk, else light ones, and events"}
    for name, found in result["minute_ms"].items():
        rows.append([names.get(name, name), number(found["median"]), ratio(result["to_sockstated"].get(name))])
    table(rows)
    print(f"  30 connections that leak are on /metrics after {number(result['leak_delay_s']['median'])} s"
          f" ({number(result['leak_delay_s']['min'])}..{number(result['leak_delay_s']['max'])});"
          f" polls every {number(result['poll_interval'])} s; resident {megabytes(result['memory']['rss'])} MB")


PRINTERS = {
    "cycle_us": show_counters,
    "minute_ms": show_minute,
    "connection_us": show_connections,
    "story_ms": show_story,
    "to_busy": show_namespaces,
    "ms": show_side_by_side, "first_ms": show_first_poll, "percent": show_idle, "p99_ms": show_latency,
    "renderings": show_renderings, "allocations": show_allocations,
}


def judgements(results):
    """What the daemon promises of itself: the promise, what was seen, whether it holds; None where it was
    not measured."""
    of = results["cases"]

    def seen(case, *path):
        value = of.get(case, {})
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def at_most(text, limit, value, form=number, strict=False):
        holds = None if value is None else value < limit if strict else value <= limit
        return text, "" if value is None else form(value), holds

    def inverse(value):
        return None if not value else 1 / value

    def memory(case):
        found = seen(case, "memory", "sockstated", "rss")
        limit = 20e6 + 120 * (seen(case, "sockets") or 0)
        return at_most(
            f"resident at most 20 MB + 120 bytes a socket ({case}: {megabytes(limit)} MB)", limit, found, megabytes)

    def median(case, *path):
        return seen(case, *path, "median")

    def each(case):
        cpu, sockets = median(case, "ms", "sockstated"), seen(case, "sockets")
        return cpu / sockets if cpu and sockets else None

    calls = [median("allocations", "allocations", n, "calls") for n in ("1000", "100000")]
    small, million = each("steady-10k"), each("steady-1m")
    yield at_most("a steady poll of 100k to two dumps: at most 1.0", 1.0, median("steady-100k", "to_two", "sockstated"))
    yield at_most("a steady poll of 100k to one walk: at most 1.2", 1.2, median("steady-100k", "to_one", "sockstated"))
    yield at_most("1% new of 100k, to two dumps: at most 1.3", 1.3, median("churn-1-100k", "to_two", "sockstated"))
    for case in ("steady-100k", "time-wait-100k"):
        less = median(case, "to_sockstated", "ss-p")
        yield (f"{case}: at least 20 times less than ss -tanpH", f"{number(less)} times" if less else "",
               less >= 20 if less else None)
        yield at_most(f"{case}: less than 0.5 of node_exporter's tcpstat", 0.5,
                      inverse(median(case, "to_sockstated", "node_exporter")), strict=True)
        yield at_most(f"{case}: at most 1.4 of collectd's tcpconns", 1.4,
                      inverse(median(case, "to_sockstated", "collectd")))
    yield at_most("cost per socket at 1M to that at 10k: at most 1.25", 1.25,
                  million / small if small and million else None)
    yield at_most("a minute of 100k, 1% replaced a second: less than collectd's", 1.0,
                  inverse(median("minute-100k", "to_sockstated", "collectd")), strict=True)
    yield at_most("a minute of 100k, 1% replaced a second: less than a sixth of node_exporter's tcpstat", 1 / 6,
                  inverse(median("minute-100k", "to_sockstated", "node_exporter")), strict=True)
    yield at_most("the same with the kernel's counters: less than a quarter of collectd's", 1 / 4,
                  inverse(median("minute-100k-counters", "to_sockstated", "collectd")), strict=True)
    for case in ("minute-100k", "minute-100k-counters", "minute-1m"):
        delay, interval = seen(case, "leak_delay_s", "max"), seen(case, "interval")
        yield at_most(f"{case}: a leak is on /metrics within two intervals", 2, delay and delay / interval)
    million_ms = median("minute-1m", "minute_ms", "sockstated")
    yield at_most("a minute of 1M: at most 5% of a core", 3000, million_ms)
    for case in ("latency", "latency-1m"):
        yield at_most(f"{case}: missed scrapes", 0, seen(case, "missed"), str)
        yield at_most(f"{case}: p99 of /metrics under 50 ms", 50, seen(case, "p99_ms"), strict=True)
    yield at_most("resident on an idle host: under 18 MB", 18e6, seen("idle", "memory", "rss"), megabytes, strict=True)
    for case in ("steady-1k", "steady-10k", "steady-100k", "steady-1m"):
        yield memory(case)
    yield at_most("first poll of 100k to one walk and every link once: at most 1.5", 1.5,
                  median("first-poll", "to_dump_and_links"))
    yield at_most("idle host: under 0.1% of a core", 0.1, seen("idle", "percent"), "{:.4f}%".format, strict=True)
    yield at_most("10 busy and 490 quiet namespaces to the 10 alone: at most 2", 2, seen("namespaces", "to_busy"))
    yield at_most("the story of a connection among 100k that ended: under 50 ms", 50,
                  median("story", "story_ms"))
    yield at_most("the kernel's counters: at most 6 µs of the machine for a connection", 6,
                  median("counters", "added_us", "counters"))
    yield at_most("a snapshot with owners from the kernel to one by links: at most 0.7", 0.7,
                  median("counters", "to_links"))
    each_more = None if None in calls else (calls[1] - calls[0]) / 99_000
    yield ("allocations of a steady poll do not grow with the sockets: 1k, 100k",
           "" if None in calls else ", ".join(f"{c:.0f}" for c in calls),
           None if each_more is None else each_more < 0.001)


def judge(results):
    """Prints each promise with what was seen."""
    found = list(judgements(results))
    results["judgements"] = [
        {"promise": promise, "seen": seen, "holds": holds} for promise, seen, holds in found]
    print("\nPromises")
    table([[promise, seen, {True: "met", False: "MISSED", None: "not measured"}[holds]]
           for promise, seen, holds in found if holds is not None] or [["none was measured"]])
    rest = sum(1 for _, _, holds in found if holds is None)
    print(f"  {rest} more were not measured in this run.\n" if rest else "")


def save(results, path):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w") as file:
        json.dump(results, file, indent=1)
