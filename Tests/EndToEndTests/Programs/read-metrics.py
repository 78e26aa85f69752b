"""read-metrics.py : reads the text format from standard input with prometheus-client, writes its samples as JSON."""

import json
import sys

from prometheus_client.parser import text_string_to_metric_families

text = sys.stdin.buffer.read().decode("utf-8")
json.dump(
    [
        {"name": sample.name, "labels": sample.labels, "value": float(sample.value).hex()}
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    ],
    sys.stdout,
)
