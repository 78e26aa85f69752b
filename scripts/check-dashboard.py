#!/usr/bin/env python3
"""check-dashboard.py DASHBOARD [URL]: checks a Grafana dashboard; with the address of a Prometheus it also
runs every query of every panel, variable and annotation there, and wants data from each panel's.

Prints one line a problem and exits with 1 if there is any. Needs Python's standard library only.
"""

import json
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

RANGE_SECONDS = 10
BUILT_IN = {"$__rate_interval": "5s", "$__interval": "1s", "$__range": f"{RANGE_SECONDS}s"}

# Metrics that not every kernel has.
OPTIONAL = ("sockstate_host_conntrack_",)


def problems_of_layout(panels):
    """Panels that overlap, leave the grid of 24 columns, or share an id."""
    taken = {}
    ids = set()
    for panel in panels:
        name = panel["title"]
        if panel["id"] in ids:
            yield f"{name}: the id {panel['id']} is taken"
        ids.add(panel["id"])
        place = panel["gridPos"]
        if place["x"] + place["w"] > 24:
            yield f"{name}: wider than the grid"
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                if taken.setdefault((x, y), name) != name:
                    yield f"{name}: lies on {taken[x, y]}"
                    break


def problems_of_form(dashboard):
    """What Grafana would show wrongly: unknown variables, panels that say nothing, other data sources."""
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    for wanted in ["datasource", "instance", "process", "unit", "port"]:
        if wanted not in variables:
            yield f"no variable {wanted}"
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            continue
        name = panel["title"]
        if not panel.get("description"):
            yield f"{name}: no description"
        if not panel.get("targets"):
            yield f"{name}: no query"
        for target in panel.get("targets", []):
            if target["datasource"]["uid"] != "${datasource}":
                yield f"{name}: a data source of its own"
    for name, query in queries(dashboard):
        for variable in re.findall(r"\$\{?(\w+)", query):
            if variable not in variables and not variable.startswith("__"):
                yield f"{name}: unknown variable {variable}"


def queries(dashboard):
    """Every expression with the title of what holds it."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for annotation in dashboard["annotations"]["list"]:
        yield f"annotation {annotation['name']}", annotation["expr"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            selector = re.fullmatch(r"label_values\((.+), \w+\)", variable["query"]["query"])
            yield f"variable {variable['name']}", selector[1]


def expanded(query):
    """The query as Grafana sends it when everything is chosen."""
    for name, value in BUILT_IN.items():
        query = query.replace(name, value)
    return re.sub(r"\$\{?\w+\}?", ".*", query)


def run(url, query):
    """The number of series that the query yields now or did in the last seconds."""
    now = time.time()
    parameters = {"query": expanded(query), "start": now - RANGE_SECONDS, "end": now, "step": 1}
    address = f"{url}/api/v1/query_range?{urllib.parse.urlencode(parameters)}"
    with urllib.request.urlopen(address, timeout=30) as answer:
        return len(json.load(answer)["data"]["result"])


def problems_of_queries(dashboard, url):
    """Queries that Prometheus refuses, and those of panels and variables that find nothing."""
    for name, query in queries(dashboard):
        try:
            count = run(url, query)
        except urllib.error.HTTPError as error:
            yield f"{name}: {json.load(error)['error']}: {query}"
            continue
        if count == 0 and not name.startswith("annotation ") and not query.startswith(OPTIONAL):
            yield f"{name}: no data: {query}"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        dashboard = json.load(file)
    problems = [*problems_of_layout(dashboard["panels"]), *problems_of_form(dashboard)]
    if len(sys.argv) > 2:
        problems += problems_of_queries(dashboard, sys.argv[2])
    for problem in problems:
        print(problem)
    print(f"{len(list(queries(dashboard)))} queries, {len(problems)} problems")
    return bool(problems)


sys.exit(main())
