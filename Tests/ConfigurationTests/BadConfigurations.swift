import Testing

/// A configuration that is refused, and the line that says why.
struct BadConfiguration: CustomTestStringConvertible {
  let name: String
  let yaml: String
  let line: String

  var testDescription: String { name }

  static let all = [
    Self(
      name: "unknown key with a close one",
      yaml: "poll:\n  intervall: 5s\n",
      line: "f.yaml:2:3: poll.intervall: unknown key (did you mean interval?)"
        + "; allowed: interval, max_cpu"),
    Self(
      name: "unknown key",
      yaml: "colour: red\n",
      line: "f.yaml:1:1: colour: unknown key"
        + "; allowed: poll, namespaces, source, procfs, destroy_events, kernel_counters, containers, web, log, limits, close_wait, ended, stalls, labels, processes, metrics, peers"
    ),
    Self(
      name: "unknown key in a list of rules",
      yaml: "processes:\n  - match: {exe: a}\n    nme: b\n",
      line: "f.yaml:3:5: processes[0].nme: unknown key (did you mean name?)"
        + "; allowed: match, name"),
    Self(
      name: "unknown key of match",
      yaml: "processes:\n  - match: {path: a}\n    name: b\n",
      line: "f.yaml:2:13: processes[0].match.path: unknown key"
        + "; allowed: exe, comm, cmdline, unit"),
    Self(
      name: "key that is empty",
      yaml: "\"\": 1\n",
      line: "f.yaml:1:1: unknown key"
        + "; allowed: poll, namespaces, source, procfs, destroy_events, kernel_counters, containers, web, log, limits, close_wait, ended, stalls, labels, processes, metrics, peers"
    ),
    Self(
      name: "key with a newline",
      yaml: "\"a\\nb\": 1\n",
      line: "f.yaml:1:1: a\\u{a}b: unknown key"
        + "; allowed: poll, namespaces, source, procfs, destroy_events, kernel_counters, containers, web, log, limits, close_wait, ended, stalls, labels, processes, metrics, peers"
    ),
    Self(
      name: "case of a key",
      yaml: "Poll: {}\n",
      line: "f.yaml:1:1: Poll: unknown key (did you mean poll?)"
        + "; allowed: poll, namespaces, source, procfs, destroy_events, kernel_counters, containers, web, log, limits, close_wait, ended, stalls, labels, processes, metrics, peers"
    ),
    Self(
      name: "the file is a list",
      yaml: "- poll\n",
      line: "f.yaml:1:1: a list is not a mapping"
        + "; allowed: a mapping with poll, namespaces, source, procfs, destroy_events, kernel_counters, containers, web, log, limits, close_wait, ended, stalls, labels, processes, metrics, peers"
    ),
    Self(
      name: "the file is a word",
      yaml: "poll\n",
      line: "f.yaml:1:1: \"poll\" is not a mapping"
        + "; allowed: a mapping with poll, namespaces, source, procfs, destroy_events, kernel_counters, containers, web, log, limits, close_wait, ended, stalls, labels, processes, metrics, peers"
    ),
    Self(
      name: "section is a word",
      yaml: "poll: fast\n",
      line: "f.yaml:1:7: poll: \"fast\" is not a mapping; allowed: a mapping with interval, max_cpu"
    ),
    Self(
      name: "section is a list",
      yaml: "web: [a]\n",
      line: "f.yaml:1:6: web: a list is not a mapping"
        + "; allowed: a mapping with listen_addresses, telemetry_path, max_requests"),
    Self(
      name: "duplicate key",
      yaml: "source: auto\nsource: procfs\n",
      line: "f.yaml:2:1: source: duplicate key, first at line 1, column 1"),
    Self(
      name: "duplicate key in a section",
      yaml: "log:\n  level: info\n  format: json\n  level: debug\n",
      line: "f.yaml:4:3: log.level: duplicate key, first at line 2, column 3"),
    Self(
      name: "duplicate section",
      yaml: "log: {}\npoll: {}\nlog: {}\n",
      line: "f.yaml:3:1: log: duplicate key, first at line 1, column 1"),
    Self(
      name: "duration without unit",
      yaml: "poll:\n  interval: 5\n",
      line: "f.yaml:2:13: poll.interval: \"5\" is not a duration"
        + "; allowed: 100ms to 1h, written as 500ms, 5s, 1m or 1h30m"),
    Self(
      name: "duration with a fraction",
      yaml: "poll:\n  interval: 1.5s\n",
      line: "f.yaml:2:13: poll.interval: \"1.5s\" is not a duration"
        + "; allowed: 100ms to 1h, written as 500ms, 5s, 1m or 1h30m"),
    Self(
      name: "duration out of order",
      yaml: "poll: {interval: 1s1m}\n",
      line: "f.yaml:1:18: poll.interval: \"1s1m\" is not a duration"
        + "; allowed: 100ms to 1h, written as 500ms, 5s, 1m or 1h30m"),
    Self(
      name: "duration with nothing",
      yaml: "poll:\n  interval:\nsource: auto\n",
      line: "f.yaml:2:12: poll.interval: has no value"
        + "; allowed: 100ms to 1h, written as 500ms, 5s, 1m or 1h30m"),
    Self(
      name: "duration is a list",
      yaml: "poll: {interval: [5s]}\n",
      line: "f.yaml:1:18: poll.interval: a list is not a duration"
        + "; allowed: 100ms to 1h, written as 500ms, 5s, 1m or 1h30m"),
    Self(
      name: "duration is a mapping",
      yaml: "poll: {interval: {s: 5}}\n",
      line: "f.yaml:1:18: poll.interval: a mapping is not a duration"
        + "; allowed: 100ms to 1h, written as 500ms, 5s, 1m or 1h30m"),
    Self(
      name: "namespaces to watch",
      yaml: "namespaces: {watch: some}\n",
      line: "f.yaml:1:21: namespaces.watch: \"some\" is not one of the choices; allowed: self, all"),
    Self(
      name: "namespaces to include",
      yaml: "namespaces: {include: docker}\n",
      line: "f.yaml:1:23: namespaces.include: \"docker\" is not a list"
        + "; allowed: a list of regular expressions"),
    Self(
      name: "namespaces to exclude",
      yaml: "namespaces:\n  exclude: ['a(']\n",
      line: "f.yaml:2:13: namespaces.exclude[0]: bad regular expression \"a(\": Unmatched ( or \\("
        + "; allowed: POSIX extended regular expressions"),
    Self(
      name: "percentage without sign",
      yaml: "poll: {max_cpu: 5}\n",
      line: "f.yaml:1:17: poll.max_cpu: \"5\" is not a percentage"
        + "; allowed: 0.1% to 100%, written as 5% or 2.5%"),
    Self(
      name: "percentage out of range",
      yaml: "poll: {max_cpu: 0%}\n",
      line: "f.yaml:1:17: poll.max_cpu: \"0%\" is out of range"
        + "; allowed: 0.1% to 100%, written as 5% or 2.5%"),
    Self(
      name: "percentage over all",
      yaml: "poll: {max_cpu: 101%}\n",
      line: "f.yaml:1:17: poll.max_cpu: \"101%\" is out of range"
        + "; allowed: 0.1% to 100%, written as 5% or 2.5%"),
    Self(
      name: "percentage with an exponent",
      yaml: "poll: {max_cpu: 1e1%}\n",
      line: "f.yaml:1:17: poll.max_cpu: \"1e1%\" is not a percentage"
        + "; allowed: 0.1% to 100%, written as 5% or 2.5%"),
    Self(
      name: "percentage of nothing",
      yaml: "poll: {max_cpu: \"%\"}\n",
      line: "f.yaml:1:17: poll.max_cpu: \"%\" is not a percentage"
        + "; allowed: 0.1% to 100%, written as 5% or 2.5%"),
    Self(
      name: "interval too short",
      yaml: "poll: {interval: 99ms}\n",
      line: "f.yaml:1:18: poll.interval: \"99ms\" is out of range"
        + "; allowed: 100ms to 1h, written as 500ms, 5s, 1m or 1h30m"),
    Self(
      name: "interval zero",
      yaml: "poll: {interval: 0}\n",
      line: "f.yaml:1:18: poll.interval: \"0\" is out of range"
        + "; allowed: 100ms to 1h, written as 500ms, 5s, 1m or 1h30m"),
    Self(
      name: "interval too long",
      yaml: "poll: {interval: 1h1ms}\n",
      line: "f.yaml:1:18: poll.interval: \"1h1ms\" is out of range"
        + "; allowed: 100ms to 1h, written as 500ms, 5s, 1m or 1h30m"),
    Self(
      name: "duration that overflows",
      yaml: "limits: {linger: 9999999999999999999y}\n",
      line: "f.yaml:1:18: limits.linger: \"9999999999999999999y\" is out of range"
        + "; allowed: 0s to 1y, written as 500ms, 5s, 1m or 1h30m"),
    Self(
      name: "linger beyond a year",
      yaml: "limits: {linger: 1y1s}\n",
      line: "f.yaml:1:18: limits.linger: \"1y1s\" is out of range"
        + "; allowed: 0s to 1y, written as 500ms, 5s, 1m or 1h30m"),
    Self(
      name: "stuck_after too short",
      yaml: "close_wait: {stuck_after: 999ms}\n",
      line: "f.yaml:1:27: close_wait.stuck_after: \"999ms\" is out of range"
        + "; allowed: 1s to 1y, written as 500ms, 5s, 1m or 1h30m"),
    Self(
      name: "source misspelt",
      yaml: "source: sockdiag\n",
      line: "f.yaml:1:9: source: \"sockdiag\" is not one of the choices (did you mean sock_diag?)"
        + "; allowed: auto, sock_diag, procfs"),
    Self(
      name: "source unknown",
      yaml: "source: ebpf\n",
      line: "f.yaml:1:9: source: \"ebpf\" is not one of the choices"
        + "; allowed: auto, sock_diag, procfs"),
    Self(
      name: "source is a list",
      yaml: "source: [auto]\n",
      line: "f.yaml:1:9: source: a list is not one of the choices"
        + "; allowed: auto, sock_diag, procfs"),
    Self(
      name: "destroy_events on",
      yaml: "destroy_events: on\n",
      line: "f.yaml:1:17: destroy_events: \"on\" is not one of the choices; allowed: auto, off"),
    Self(
      name: "procfs relative",
      yaml: "procfs: host/proc\n",
      line: "f.yaml:1:9: procfs: \"host/proc\" is not an absolute path"
        + "; allowed: a path that begins with /"),
    Self(
      name: "procfs null",
      yaml: "procfs: ~\n",
      line: "f.yaml:1:9: procfs: has no value; allowed: a path that begins with /"),
    Self(
      name: "log level misspelt",
      yaml: "log: {level: verbose}\n",
      line: "f.yaml:1:14: log.level: \"verbose\" is not one of the choices"
        + "; allowed: trace, debug, info, notice, warning, error, critical"),
    Self(
      name: "log level in capitals",
      yaml: "log: {level: INFO}\n",
      line: "f.yaml:1:14: log.level: \"INFO\" is not one of the choices"
        + "; allowed: trace, debug, info, notice, warning, error, critical"),
    Self(
      name: "log format unknown",
      yaml: "log: {format: xml}\n",
      line: "f.yaml:1:15: log.format: \"xml\" is not one of the choices; allowed: logfmt, json"),
    Self(
      name: "boolean of YAML 1.1",
      yaml: "labels: {pid: yes}\n",
      line:
        "f.yaml:1:15: labels.pid: \"yes\" is not true or false (write true, in lower case and without quotes)"
        + "; allowed: true, false"),
    Self(
      name: "boolean off",
      yaml: "labels: {pid: Off}\n",
      line:
        "f.yaml:1:15: labels.pid: \"Off\" is not true or false (write false, in lower case and without quotes)"
        + "; allowed: true, false"),
    Self(
      name: "boolean capitalised",
      yaml: "labels: {pid: True}\n",
      line:
        "f.yaml:1:15: labels.pid: \"True\" is not true or false (write true, in lower case and without quotes)"
        + "; allowed: true, false"),
    Self(
      name: "boolean quoted",
      yaml: "labels: {pid: \"true\"}\n",
      line:
        "f.yaml:1:15: labels.pid: \"true\" is not true or false (write true, in lower case and without quotes)"
        + "; allowed: true, false"),
    Self(
      name: "boolean as number",
      yaml: "labels: {pid: 1}\n",
      line: "f.yaml:1:15: labels.pid: \"1\" is not true or false; allowed: true, false"),
    Self(
      name: "number too small",
      yaml: "limits: {groups: 0}\n",
      line: "f.yaml:1:18: limits.groups: \"0\" is out of range; allowed: 1 to 1000000"),
    Self(
      name: "number negative",
      yaml: "limits: {destinations: -1}\n",
      line: "f.yaml:1:24: limits.destinations: \"-1\" is out of range; allowed: 0 to 10000"),
    Self(
      name: "more endings than there is memory for",
      yaml: "ended: {keep: 100001}\n",
      line: "f.yaml:1:15: ended.keep: \"100001\" is out of range; allowed: 0 to 100000"),
    Self(
      name: "endings that are logged as nobody knows",
      yaml: "ended: {log: error}\n",
      line: "f.yaml:1:14: ended.log: \"error\" is not one of the choices (did you mean errors?)"
        + "; allowed: none, errors, all"),
    Self(
      name: "number too large",
      yaml: "limits: {groups: 1000001}\n",
      line: "f.yaml:1:18: limits.groups: \"1000001\" is out of range; allowed: 1 to 1000000"),
    Self(
      name: "number that overflows",
      yaml: "limits: {groups: 99999999999999999999}\n",
      line: "f.yaml:1:18: limits.groups: \"99999999999999999999\" is out of range"
        + "; allowed: 1 to 1000000"),
    Self(
      name: "number quoted",
      yaml: "limits: {groups: \"10\"}\n",
      line:
        "f.yaml:1:18: limits.groups: \"10\" is not a whole number (write it without quotes, + and leading zeros); allowed: 1 to 1000000"
    ),
    Self(
      name: "number octal",
      yaml: "limits: {groups: 010}\n",
      line:
        "f.yaml:1:18: limits.groups: \"010\" is not a whole number (write it without quotes, + and leading zeros); allowed: 1 to 1000000"
    ),
    Self(
      name: "number hexadecimal",
      yaml: "limits: {groups: 0x10}\n",
      line: "f.yaml:1:18: limits.groups: \"0x10\" is not a whole number; allowed: 1 to 1000000"),
    Self(
      name: "number with a fraction",
      yaml: "web: {max_requests: 1.0}\n",
      line: "f.yaml:1:21: web.max_requests: \"1.0\" is not a whole number; allowed: 1 to 10000"),
    Self(
      name: "number with a separator",
      yaml: "web: {max_requests: 1_000}\n",
      line: "f.yaml:1:21: web.max_requests: \"1_000\" is not a whole number"
        + "; allowed: 1 to 10000"),
    Self(
      name: "number with nothing",
      yaml: "web:\n  max_requests:\n",
      line: "f.yaml:2:16: web.max_requests: has no value; allowed: 1 to 10000"),
    Self(
      name: "listen list empty",
      yaml: "web: {listen_addresses: []}\n",
      line: "f.yaml:1:25: web.listen_addresses: needs at least one address"
        + "; allowed: a list of :port, host:port, [IPv6 address]:port, unix:/path"),
    Self(
      name: "listen list null",
      yaml: "web:\n  listen_addresses:\nlog: {}\n",
      line: "f.yaml:2:20: web.listen_addresses: needs at least one address"
        + "; allowed: a list of :port, host:port, [IPv6 address]:port, unix:/path"),
    Self(
      name: "listen is a word",
      yaml: "web: {listen_addresses: \":1\"}\n",
      line: "f.yaml:1:25: web.listen_addresses: \":1\" is not a list"
        + "; allowed: a list of :port, host:port, [IPv6 address]:port, unix:/path"),
    Self(
      name: "listen without port",
      yaml: "web: {listen_addresses: [\":1\", localhost]}\n",
      line: "f.yaml:1:32: web.listen_addresses[1]: \"localhost\" is not a listen address"
        + "; allowed: :port, host:port, [IPv6 address]:port, unix:/path"),
    Self(
      name: "listen port too large",
      yaml: "web: {listen_addresses: [\":65536\"]}\n",
      line: "f.yaml:1:26: web.listen_addresses[0]: \":65536\" is not a listen address"
        + "; allowed: :port, host:port, [IPv6 address]:port, unix:/path"),
    Self(
      name: "listen link-local without its zone",
      yaml: "web: {listen_addresses: [\"[fe80::1]:80\"]}\n",
      line:
        "f.yaml:1:26: web.listen_addresses[0]: \"[fe80::1]:80\" is link-local and lacks its zone; allowed: [fe80::1%eth0]:port"
    ),
    Self(
      name: "listen bare IPv6",
      yaml: "web: {listen_addresses: [\"::1:80\"]}\n",
      line: "f.yaml:1:26: web.listen_addresses[0]: \"::1:80\" is not a listen address"
        + "; allowed: :port, host:port, [IPv6 address]:port, unix:/path"),
    Self(
      name: "listen brackets round a name",
      yaml: "web: {listen_addresses: [\"[localhost]:80\"]}\n",
      line: "f.yaml:1:26: web.listen_addresses[0]: \"[localhost]:80\" is not a listen address"
        + "; allowed: :port, host:port, [IPv6 address]:port, unix:/path"),
    Self(
      name: "listen with a scheme",
      yaml: "web: {listen_addresses: [\"http://a:80\"]}\n",
      line: "f.yaml:1:26: web.listen_addresses[0]: \"http://a:80\" is not a listen address"
        + "; allowed: :port, host:port, [IPv6 address]:port, unix:/path"),
    Self(
      name: "listen on a relative path",
      yaml: "web: {listen_addresses: [\"unix:run/a\"]}\n",
      line: "f.yaml:1:26: web.listen_addresses[0]: \"unix:run/a\" is not a listen address"
        + "; allowed: :port, host:port, [IPv6 address]:port, unix:/path"),
    Self(
      name: "listen entry is a mapping",
      yaml: "web:\n  listen_addresses:\n    - host: a\n",
      line: "f.yaml:3:7: web.listen_addresses[0]: a mapping is not a listen address"
        + "; allowed: :port, host:port, [IPv6 address]:port, unix:/path"),
    Self(
      name: "telemetry path is the root",
      yaml: "web: {telemetry_path: /}\n",
      line: "f.yaml:1:23: web.telemetry_path: \"/\" is not a telemetry path"
        + "; allowed: a path that begins with /, is longer, and has no blank, ? or #"),
    Self(
      name: "telemetry path without slash",
      yaml: "web: {telemetry_path: metrics}\n",
      line: "f.yaml:1:23: web.telemetry_path: \"metrics\" is not a telemetry path"
        + "; allowed: a path that begins with /, is longer, and has no blank, ? or #"),
    Self(
      name: "telemetry path with a query",
      yaml: "web: {telemetry_path: \"/m?a\"}\n",
      line: "f.yaml:1:23: web.telemetry_path: \"/m?a\" is not a telemetry path"
        + "; allowed: a path that begins with /, is longer, and has no blank, ? or #"),
    Self(
      name: "rules are a mapping",
      yaml: "processes: {match: a}\n",
      line: "f.yaml:1:12: processes: a mapping is not a list"
        + "; allowed: a list of rules with match and name"),
    Self(
      name: "rule is a word",
      yaml: "processes: [a]\n",
      line: "f.yaml:1:13: processes[0]: \"a\" is not a mapping; allowed: a mapping with match, name"
    ),
    Self(
      name: "rule without anything",
      yaml: "processes:\n  -\n  - name: a\n",
      line: "f.yaml:2:4: processes[0]: a rule needs patterns in match"
        + "; allowed: exe, comm, cmdline, unit"),
    Self(
      name: "rule without match",
      yaml: "processes:\n  - name: a\n",
      line: "f.yaml:2:5: processes[0]: a rule needs patterns in match"
        + "; allowed: exe, comm, cmdline, unit"),
    Self(
      name: "rule with empty match",
      yaml: "processes:\n  - match: {}\n    name: a\n",
      line: "f.yaml:2:5: processes[0]: a rule needs patterns in match"
        + "; allowed: exe, comm, cmdline, unit"),
    Self(
      name: "rule without name",
      yaml: "processes:\n  - match: {exe: a}\n",
      line:
        "f.yaml:2:5: processes[0]: a rule needs a name; allowed: text with $1 to $9 for groups, $$ for a dollar sign"
    ),
    Self(
      name: "rule with empty name",
      yaml: "processes: [{match: {exe: a}, name: \"\"}]\n",
      line: "f.yaml:1:37: processes[0].name: must not be empty"
        + "; allowed: text with $1 to $9 for groups, $$ for a dollar sign"),
    Self(
      name: "name with unknown group",
      yaml: "processes: [{match: {exe: (a), unit: b}, name: $2}]\n",
      line: "f.yaml:1:48: processes[0].name: uses group $2, but exe has 1"
        + "; allowed: text with $1 to $9 for groups, $$ for a dollar sign"),
    Self(
      name: "name with a group and no groups",
      yaml: "processes: [{match: {exe: a}, name: $1}]\n",
      line: "f.yaml:1:37: processes[0].name: uses group $1, but no pattern has groups"
        + "; allowed: text with $1 to $9 for groups, $$ for a dollar sign"),
    Self(
      name: "name with a lone dollar",
      yaml: "processes: [{match: {exe: a}, name: cost$}]\n",
      line: "f.yaml:1:37: processes[0].name: has a $ that starts no group"
        + "; allowed: text with $1 to $9 for groups, $$ for a dollar sign"),
    Self(
      name: "name with an open brace",
      yaml: "processes: [{match: {exe: (a)}, name: \"${1\"}]\n",
      line: "f.yaml:1:39: processes[0].name: has a $ that starts no group"
        + "; allowed: text with $1 to $9 for groups, $$ for a dollar sign"),
    Self(
      name: "bad regular expression",
      yaml: "processes:\n  - match:\n      exe: a(b\n    name: x\n",
      line:
        "f.yaml:3:12: processes[0].match.exe: bad regular expression \"a(b\": Unmatched ( or \\("
        + "; allowed: POSIX extended regular expressions"),
    Self(
      name: "bad bracket expression",
      yaml: "processes: [{match: {comm: \"[a\"}, name: x}]\n",
      line:
        "f.yaml:1:28: processes[0].match.comm: bad regular expression \"[a\": Unmatched [, [^, [:, [., or [="
        + "; allowed: POSIX extended regular expressions"),
    Self(
      name: "back-reference",
      yaml: "processes: [{match: {comm: (a)\\1}, name: x}]\n",
      line:
        "f.yaml:1:28: processes[0].match.comm: bad regular expression \"(a)\\1\": back-references (\\1) are not supported"
        + "; allowed: POSIX extended regular expressions"),
    Self(
      name: "pattern with nothing",
      yaml: "processes:\n  - match:\n      exe:\n    name: x\n",
      line:
        "f.yaml:3:11: processes[0].match.exe: has no value; allowed: POSIX extended regular expressions"
    ),
    Self(
      name: "metric with prefix",
      yaml: "metrics: {disable: [sockstate_rtt_seconds]}\n",
      line: "f.yaml:1:21: metrics.disable[0]: \"sockstate_rtt_seconds\" is not a metric"
        + "; allowed: rtt_seconds"),
    Self(
      name: "metric misspelt",
      yaml: "metrics: {disable: [rtt_second]}\n",
      line: "f.yaml:1:21: metrics.disable[0]: \"rtt_second\" is not a metric"
        + "; allowed: rtt_seconds"),
    Self(
      name: "metric unknown",
      yaml: "metrics: {disable: [temperature]}\n",
      line: "f.yaml:1:21: metrics.disable[0]: \"temperature\" is not a metric"
        + "; allowed: names of metrics without sockstate_"),
    Self(
      name: "metrics are a word",
      yaml: "metrics: {disable: rtt_seconds}\n",
      line: "f.yaml:1:20: metrics.disable: \"rtt_seconds\" is not a list"
        + "; allowed: a list of metric names without sockstate_"),
    Self(
      name: "anchor",
      yaml: "a: &x 1\nb: *x\n",
      line:
        "f.yaml:1:4: anchors (&name) are not supported; allowed: a value that begins with & in quotes"
    ),
    Self(
      name: "alias",
      yaml: "a: *x\n",
      line:
        "f.yaml:1:4: aliases (*name) are not supported; allowed: a value that begins with * in quotes"
    ),
    Self(
      name: "tag",
      yaml: "source: !!str auto\n",
      line:
        "f.yaml:1:9: tags (!name) are not supported; allowed: a value that begins with ! in quotes"),
    Self(
      name: "two documents",
      yaml: "source: auto\n---\nsource: auto\n",
      line: "f.yaml:2:1: a second document; one file holds one"),
    Self(
      name: "key is a list",
      yaml: "[a]: 1\n",
      line: "f.yaml:1:1: a key must be a word, not a collection"),
    Self(
      name: "tab as indentation",
      yaml: "poll:\n\tinterval: 5s\n",
      line:
        "f.yaml:2:1: not valid YAML: found character that cannot start any token while scanning for the next token"
    ),
    Self(
      name: "quote that does not end",
      yaml: "source: \"auto\n",
      line:
        "f.yaml:2:1: not valid YAML: found unexpected end of stream while scanning a quoted scalar"),
    Self(
      name: "bracket that does not end",
      yaml: "web: {listen_addresses: [\":1\"\n",
      line:
        "f.yaml:2:1: not valid YAML: did not find expected ',' or ']' while parsing a flow sequence"
    ),
    Self(
      name: "no colon",
      yaml: "source auto\npoll: {}\n",
      line: "f.yaml:2:5: not valid YAML: mapping values are not allowed in this context"),
    Self(
      name: "NUL",
      yaml: "source: a\0\n",
      line: "f.yaml:1:10: not valid YAML: control characters are not allowed"),
    Self(
      name: "control character in quotes",
      yaml: "source: \"\\e[2J\"\n",
      line: "f.yaml:1:9: source: \"\\u{1b}[2J\" is not one of the choices"
        + "; allowed: auto, sock_diag, procfs"),
    Self(
      name: "a range of addresses with bits beyond its length",
      yaml: "peers:\n  allow: [10.0.0.0/8, 10.0.0.1/8]\n",
      line: "f.yaml:2:23: peers.allow[1]: \"10.0.0.1/8\" is not a range of addresses"
        + "; allowed: ranges of addresses such as 10.0.0.0/8, fc00::/7"),
    Self(
      name: "a relative path of a peer's authority",
      yaml: "peers: {scheme: https, ca_file: ca.pem}\n",
      line: "f.yaml:1:33: peers.ca_file: \"ca.pem\" is not an absolute path"
        + "; allowed: a path that begins with /"),
    Self(
      name: "a password for peers without TLS",
      yaml: "source: auto\npeers:\n  user: me\n",
      line: "f.yaml:3:3: peers: user: only allowed with scheme https"),
    Self(
      name: "a client certificate without its key",
      yaml: "peers: {scheme: https, cert_file: /c.pem}\n",
      line: "f.yaml:1:8: peers: cert_file and key_file: one without the other"
        + "; allowed: both, or none"),
    Self(
      name: "first of several errors",
      yaml: "source: x\npoll: {interval: y}\n",
      line: "f.yaml:1:9: source: \"x\" is not one of the choices"
        + "; allowed: auto, sock_diag, procfs"),
  ]
}
