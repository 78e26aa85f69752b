// The page of sockstated: asks for /api/v1/overview while somebody looks, and shows what it says.
// Everything that comes from there is text of strangers: it goes into text nodes, never into markup.
'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const SVG = 'http://www.w3.org/2000/svg';

  // Elements. Setting what is there already is left out, so that nothing flickers and nothing that a
  // reader has selected or focused is lost.
  function make(tag, className, ...children) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.append(...children);
    return element;
  }
  function setText(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }
  function setAttribute(element, name, value) {
    if (value === null) element.removeAttribute(name);
    else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
  function svg(tag, attributes) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  // Brings the children of `parent` to be those of `items`, in their order; elements are kept by key.
  function reconcile(parent, items, keyOf, create, update) {
    const old = new Map();
    for (const child of parent.children) old.set(child.dataset.key, child);
    let place = parent.firstElementChild;
    for (const item of items) {
      const key = keyOf(item);
      let element = old.get(key);
      if (element) old.delete(key);
      else {
        element = create(item);
        element.dataset.key = key;
      }
      update(element, item);
      if (element === place) place = place.nextElementSibling;
      else parent.insertBefore(element, place);
    }
    for (const element of old.values()) element.remove();
  }

  // Amounts.
  const number = new Intl.NumberFormat('en');
  const count = (n) => number.format(n);
  const plural = (n, one, many = one + 's') => `${count(n)} ${n === 1 ? one : many}`;
  function bytes(n) {
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
    let unit = 0;
    let value = n;
    while (value >= 1024 && unit < units.length - 1) {
      value /= 1024;
      unit += 1;
    }
    return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
  }
  function duration(seconds) {
    const s = Math.floor(seconds);
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${Math.floor(s / 60)} min`;
    if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
    return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
  }
  const percent = (share) =>
    share > 0 && share < 0.001 ? '<0.1 %' : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
  const clock = (date) => date.toLocaleTimeString('en-GB');

  const STATES = [
    'established', 'listen', 'close_wait', 'time_wait', 'fin_wait1', 'fin_wait2', 'last_ack',
    'closing', 'syn_sent', 'syn_recv', 'close',
  ];
  const title = (state) => state === 'close' ? 'CLOSED' : state.toUpperCase().replaceAll('_', '-').replace(/WAIT(\d)/, 'WAIT-$1');
  const labelsKey = (group) =>
    JSON.stringify([group.process, group.unit, group.direction, group.port, group.pid ?? null,
      group.netns ?? null]);
  // Where the process is: its unit, and the network namespace where that tells more.
  const whereabouts = ({ unit, netns }) =>
    [unit, netns && netns !== unit ? `@${netns}` : ''].filter(Boolean).join(' ');
  const places = (group) =>
    group.direction === 'inbound' ? `on port ${group.port}` : `to port ${group.port}`;

  // What was found.
  const PROBLEMS = {
    close_wait: ['leaks CLOSE-WAIT', 'leak CLOSE-WAIT'],
    descriptors: ['runs out of descriptors', 'run out of descriptors'],
    unread_data: ['does not read', 'do not read'],
    peer_not_reading: ['waits for a peer that does not read', 'wait for peers that do not read'],
    dead_path: ['sends into nothing', 'send into nothing'],
    loss: ['loses segments', 'lose segments'],
    connects_unanswered: ['gets no answer to connects', 'get no answer to connects'],
    connects_refused: ['is refused', 'are refused'],
    connects_abandoned: ['gives connects up', 'give connects up'],
    accept_queue: ['does not accept', 'do not accept'],
    ephemeral_ports: ['runs out of local ports', 'run out of local ports'],
    peer_not_closing: ['waits for a peer to close', 'wait for peers to close'],
    end_unconfirmed: ['has ends that nobody confirms', 'have ends that nobody confirms'],
    small_send_buffer: ['is held up by its send buffer', 'are held up by their send buffers'],
  };
  const TURNS = {
    process: 'the process’s turn', peer: 'the peer’s turn', network: 'the network’s turn',
    kernel: 'the kernel’s turn',
  };

  function verdict(findings) {
    const faults = findings.filter((finding) => finding.weight === 'fault');
    if (!faults.length) return 'All quiet';
    const owners = new Map();
    for (const finding of faults) {
      if (!owners.has(finding.kind)) owners.set(finding.kind, new Set());
      owners.get(finding.kind).add(JSON.stringify([finding.process, whereabouts(finding)]));
    }
    const parts = [];
    for (const [kind, processes] of owners) {
      const words = PROBLEMS[kind];
      if (!words) parts.push('listeners of this host drop connections');
      else if (processes.size > 1) parts.push(`${processes.size} processes ${words[1]}`);
      else parts.push(`${faults.find((finding) => finding.kind === kind).process} ${words[0]}`);
    }
    const told = parts.slice(0, 3);
    if (parts.length > 3) told.push(`${parts.length - 3} more`);
    return told.join(', ');
  }

  // One socket's evidence stands in the list of peers, the rest in the figures and the list of facts.
  function figures(finding) {
    const shown = [];
    const pids = new Set();
    if (finding.pid !== undefined) pids.add(finding.pid);
    for (const evidence of finding.evidence) {
      if (evidence.socket?.pid) pids.add(evidence.socket.pid);
      if (evidence.sockets !== undefined && evidence.state)
        shown.push([title(evidence.state), count(evidence.sockets)]);
      else if (evidence.sockets !== undefined && evidence.of_connections !== undefined)
        shown.push(['connections stand still', `${count(evidence.sockets)} of ${count(evidence.of_connections)}`]);
      else if (evidence.oldest_age_seconds !== undefined)
        shown.push([evidence.is_lower_bound ? 'oldest, at least' : 'oldest', duration(evidence.oldest_age_seconds)]);
      else if (evidence.max_fds !== undefined)
        shown.push(['descriptors open', `${count(evidence.open_fds)} of ${count(evidence.max_fds)}`]);
      else if (evidence.accept_queue_limit !== undefined)
        shown.push(['accept queue', `${count(evidence.accept_queue_length)} of ${count(evidence.accept_queue_limit)}`]);
      else if (evidence.receive_queue_bytes !== undefined)
        shown.push(['unread', bytes(evidence.receive_queue_bytes)]);
      else if (evidence.send_queue_bytes !== undefined)
        shown.push(['unsent', bytes(evidence.send_queue_bytes)]);
      else if (evidence.connect_failures !== undefined)
        shown.push([`connects ${evidence.reason}`, count(evidence.connect_failures)]);
      else if (evidence.retransmitted_segments !== undefined)
        shown.push(['sent again', percent(evidence.retransmitted_segments / Math.max(evidence.sent_segments, 1))]);
      else if (evidence.ephemeral_ports_limit !== undefined)
        shown.push(['local ports taken', `${count(evidence.ephemeral_ports_used)} of ${count(evidence.ephemeral_ports_limit)}`]);
    }
    return { shown, pids: [...pids] };
  }

  // The first faults are told in full; the rest opens by a click.
  function createCard(finding) {
    const card = make('article', 'card');
    const trend = make('figure', 'trend');
    const drawing = svg('svg', {
      viewBox: '0 0 180 44', preserveAspectRatio: 'none', role: 'img', 'aria-label': '',
    });
    drawing.append(
      svg('line', { class: 'base', x1: 0, y1: 43.5, x2: 180, y2: 43.5 }),
      svg('path', { class: 'area' }), svg('path', { class: 'line' }));
    trend.append(drawing, make('figcaption'));
    card.append(
      make('header', '', make('h3'), make('p', 'place'), make('p', 'tag')),
      make('p', 'headline'),
      make('div', 'figures', make('dl'), trend),
      make('details', 'more', make('summary', '', 'Cause, and what to do'), make('div', 'columns',
        make('div', '', make('h4', '', 'Likely cause'), make('p', 'cause'),
          make('h4', '', 'Whose turn it is'), make('p', 'turn'),
          make('details', '', make('summary', '', 'What the state means, and what users notice'),
            make('p', 'meaning'), make('p', 'symptoms'))),
        make('div', '', make('h4', '', 'What to do'), make('ol', 'steps'),
          make('details', 'sockets', make('summary'), make('ul', 'peers'))))));
    card.querySelector('.more').open =
      finding.weight === 'fault' && document.querySelectorAll('.card .more[open]').length < 3;
    return card;
  }

  function updateCard(card, finding, trend) {
    const part = (selector) => card.querySelector(selector);
    const { shown, pids } = figures(finding);
    setAttribute(card, 'data-weight', finding.weight);
    setText(part('h3'), finding.process);
    const place = [whereabouts(finding), places(finding)];
    if (pids.length) place.push(`pid ${pids.slice(0, 3).join(', ')}${pids.length > 3 ? ', …' : ''}`);
    setText(part('.place'), place.filter(Boolean).join(' · '));
    setText(part('.tag'), `${finding.weight === 'fault' ? 'Fault' : 'Worth knowing'}, ${TURNS[finding.turn] ?? ''}`);
    setText(part('.headline'), finding.words.headline);
    setText(part('.cause'), finding.words.cause);
    setText(part('.turn'), finding.words.turn);
    setText(part('.meaning'), finding.words.meaning);
    setText(part('.symptoms'), finding.words.symptoms);
    reconcile(part('dl'), shown, ([name]) => name,
      () => make('div', '', make('dt'), make('dd')),
      (element, [name, value]) => {
        setText(element.children[0], name);
        setText(element.children[1], value);
      });
    reconcile(part('.steps'), finding.words.steps, (step) => step.text + (step.command ?? ''),
      (step) => {
        const item = make('li', '', step.text);
        if (step.command) item.append(make('code', 'command', step.command));
        return item;
      }, () => {});
    const peers = finding.evidence.filter((evidence) => evidence.words && evidence.socket);
    part('.sockets').hidden = !peers.length;
    setText(part('.sockets summary'), `${plural(peers.length, 'connection')} one by one`);
    reconcile(part('.peers'), peers.map((evidence, index) => ({ index, text: evidence.words })),
      ({ index }) => String(index), () => make('li'), (item, { text }) => setText(item, text));
    draw(part('.trend'), trend, finding);
  }

  function draw(figure, trend, finding) {
    const name = finding.kind === 'close_wait' || finding.kind === 'half_closed' || finding.kind === 'descriptors'
      ? 'close_wait' : trend?.waiting.some(Boolean) ? 'waiting' : 'sockets';
    const points = trend?.[name] ?? [];
    figure.hidden = points.length < 2;
    if (figure.hidden) return;
    const most = Math.max(...points, 1);
    const left = trend.length - points.length;
    const path = points
      .map((value, index) => `${index ? 'L' : 'M'}${left + index} ${(42 - (40 * value) / most).toFixed(1)}`)
      .join('');
    setAttribute(figure.querySelector('.line'), 'd', path);
    setAttribute(figure.querySelector('.area'), 'd', `${path}L${trend.length - 1} 43.5L${left} 43.5Z`);
    const what = { close_wait: 'CLOSE-WAIT', waiting: 'waiting', sockets: 'sockets' }[name];
    const least = Math.min(...points);
    const text = `${what}, last 30 min: ${count(least)} to ${count(most)}, now ${count(points.at(-1))}`;
    setText(figure.querySelector('figcaption'), text);
    setAttribute(figure.querySelector('svg'), 'aria-label', `Trend of ${text}`);
  }

  // The table. A column: its title, what it sorts by, and how a cell shows it.
  let sort = { column: 'faults', descending: true };
  let rates = new Map();

  const plain = (value) => (cell, group) => {
    const n = value(group);
    setText(cell, n === undefined ? '' : count(n));
    cell.classList.toggle('none', !n);
  };
  const FIXED = [
    { id: 'process', title: 'Process', isText: true, value: (g) => g.process,
      show: (cell, g) => { setText(cell, g.process); cell.title = g.process; } },
    { id: 'unit', title: 'Unit', isText: true, value: whereabouts,
      show: (cell, g) => { setText(cell, whereabouts(g)); cell.title = whereabouts(g); } },
    { id: 'side', title: 'Port', value: (g) => Number(g.port) || 0,
      show: (cell, g) => setText(cell, `${g.direction === 'inbound' ? '' : '→ '}${g.port}`) },
  ];
  const AFTER = [
    { id: 'unread', title: 'Unread', value: (g) => g.receive_queue_bytes ?? 0,
      show: (cell, g) => amount(cell, g.receive_queue_bytes, g.stalled?.local_reader) },
    { id: 'unsent', title: 'Unsent', value: (g) => g.send_queue_bytes ?? 0,
      show: (cell, g) => amount(cell, g.send_queue_bytes, (g.stalled?.peer_window ?? 0) + (g.stalled?.retransmission ?? 0)) },
    { id: 'accept', title: 'Accept queue',
      value: (g) => (g.accept_queue_limit ? g.accept_queue_length / g.accept_queue_limit : 0),
      show: (cell, g) => {
        const limit = g.accept_queue_limit;
        if (!limit) return bars(cell, '', []);
        const share = g.accept_queue_length / limit;
        bars(cell, `${count(g.accept_queue_length)} of ${count(limit)}`, [[share, share > 0.8 ? 'hot' : '']]);
      } },
    { id: 'again', title: 'Sent again', value: (g) => rates.get(labelsKey(g))?.again ?? -1,
      show: (cell, g) => {
        const rate = rates.get(labelsKey(g));
        const known = rate !== undefined && rate.segments > 0;
        setText(cell, known ? percent(rate.again) : '');
        cell.classList.toggle('none', !known || rate.again === 0);
        cell.classList.toggle('warn', known && rate.again > 0.05);
      } },
    { id: 'limited', title: 'Sending held up by', value: (g) => heldUp(rates.get(labelsKey(g))),
      show: (cell, g) => {
        const rate = rates.get(labelsKey(g));
        if (!rate || rate.busy <= 0) return bars(cell, '', []);
        const [name, share] = [['window', rate.window], ['buffer', rate.buffer], ['path', rate.network]]
          .reduce((most, each) => (each[1] > most[1] ? each : most));
        bars(cell, `${name} ${percent(share)}`, [
          [rate.window, 'window'], [rate.buffer, 'buffer'], [rate.network, 'network'],
        ]);
      } },
    { id: 'failures', title: 'Connects failed', value: (g) => failures(g) ?? -1,
      show: (cell, g) => {
        const n = failures(g);
        setText(cell, n === undefined ? '' : count(n));
        cell.classList.toggle('none', !n);
        cell.title = n ? Object.entries(g.connect_failures).map(([why, m]) => `${why} ${m}`).join(', ') : '';
      } },
  ];
  const heldUp = (rate) => (rate && rate.busy > 0 ? rate.window + rate.buffer : -1);
  const failures = (g) =>
    g.connect_failures && Object.values(g.connect_failures).reduce((sum, n) => sum + n, 0);
  function amount(cell, n, stalled) {
    setText(cell, n === undefined ? '' : bytes(n));
    cell.classList.toggle('none', !n);
    cell.classList.toggle('warn', Boolean(stalled));
    cell.title = stalled ? `${plural(stalled, 'connection')} without progress` : '';
  }
  function bars(cell, text, parts) {
    if (!cell.firstChild) cell.append('', make('span', 'meter'));
    if (cell.firstChild.data !== text) cell.firstChild.data = text;
    const meter = cell.lastChild;
    meter.hidden = !text;
    reconcile(meter, parts.map((part, index) => [index, ...part]), ([index]) => String(index),
      () => make('i'), (bar, [, share, kind]) => {
        const width = `${(Math.min(Math.max(share, 0), 1) * 100).toFixed(1)}%`;
        if (bar.style.width !== width) bar.style.width = width;
        if (bar.className !== kind) bar.className = kind;
      });
  }

  let columns = [];
  let columnsKey = '';
  function layOut(states) {
    const hasUnits = current.groups.some(whereabouts);
    const key = [...states, hasUnits].join();
    if (key === columnsKey) return;
    columnsKey = key;
    columns = [
      ...FIXED.filter(({ id }) => hasUnits || id !== 'unit'),
      ...states.map((state) => {
        const value = (g) => g.sockets[state] ?? 0;
        const show = plain((g) => g.sockets[state]);
        return { id: state, title: title(state), value, show: (cell, g) => {
          show(cell, g);
          if (state === 'close_wait')
            cell.classList.toggle('bad', Object.values(g.stuck ?? {}).some((n) => n > 0));
        } };
      }),
      ...AFTER,
    ];
    const row = make('tr');
    for (const column of columns) {
      const button = make('button', '', column.title);
      button.type = 'button';
      button.addEventListener('click', () => {
        sort = { column: column.id, descending: sort.column === column.id ? !sort.descending : !column.isText };
        showTable();
      });
      const cell = make('th', column.isText ? 'text' : '', button);
      cell.scope = 'col';
      cell.dataset.column = column.id;
      row.append(cell);
    }
    byId('head').replaceChildren(row);
    byId('rows').replaceChildren();
    const select = byId('state');
    const chosen = select.value;
    select.replaceChildren(new Option('all', ''), ...states.map((state) => new Option(title(state), state)));
    select.value = states.includes(chosen) ? chosen : '';
  }

  const total = (g) => Object.values(g.sockets).reduce((sum, n) => sum + n, 0);
  const weight = (g) => Object.values(g.stuck ?? {}).reduce((sum, n) => sum + n, 0) * 1e9 + total(g);
  const collator = new Intl.Collator('en', { numeric: true });

  function showTable() {
    if (!current) return;
    const states = STATES.filter((state) => current.groups.some((g) => state in g.sockets));
    layOut(states);
    const words = byId('search').value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const state = byId('state').value;
    const side = byId('side').value;
    const groups = current.groups.filter((g) => {
      if (state && !g.sockets[state]) return false;
      if (side && g.direction !== side) return false;
      const text = `${g.process} ${whereabouts(g)} ${g.port} ${g.pid ?? ''}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const column = columns.find((candidate) => candidate.id === sort.column);
    const value = column?.value ?? weight;
    const sign = sort.descending ? -1 : 1;
    const sorted = groups.map((g) => [value(g), g]).sort(([a, g], [b, h]) =>
      sign * (typeof a === 'string' ? collator.compare(a, b) : a - b)
        || collator.compare(labelsKey(g), labelsKey(h)));
    for (const cell of byId('head').querySelectorAll('th'))
      setAttribute(cell, 'aria-sort', cell.dataset.column === sort.column
        ? (sort.descending ? 'descending' : 'ascending') : null);
    const body = byId('rows');
    if (!sorted.length) {
      const cell = make('td', '', current.groups.length ? 'Nothing matches.' : 'No process has TCP sockets.');
      cell.colSpan = columns.length;
      body.replaceChildren(make('tr', 'empty', cell));
    } else {
      body.querySelector('.empty')?.remove();
      reconcile(body, sorted.map(([, g]) => g), labelsKey, () => {
        const row = make('tr');
        for (const { isText, id } of columns) {
          const cell = make(id === 'process' ? 'th' : 'td', isText ? 'text' : '');
          if (id === 'process') cell.scope = 'row';
          row.append(cell);
        }
        return row;
      }, (row, g) => columns.forEach((each, index) => each.show(row.children[index], g)));
    }
    setText(byId('shown'), groups.length === current.groups.length
      ? plural(groups.length, 'group') : `${count(groups.length)} of ${plural(current.groups.length, 'group')}`);
  }

  // Rates, from one answer to the next with another report.
  function measure(before, now) {
    if (!before || before.sequence === now.sequence) return;
    rates = new Map();
    if (now.sequence < before.sequence) return;
    const old = new Map(before.groups.map((g) => [labelsKey(g), g]));
    for (const g of now.groups) {
      const was = old.get(labelsKey(g));
      if (g.sent_segments === undefined || was?.sent_segments === undefined) continue;
      const busy = g.send_busy_seconds - was.send_busy_seconds;
      const held = (name) =>
        busy > 0 ? (g.send_limited_seconds[name] - was.send_limited_seconds[name]) / busy : 0;
      const segments = g.sent_segments - was.sent_segments;
      rates.set(labelsKey(g), {
        segments, busy,
        window: held('receive_window'), buffer: held('send_buffer'), network: held('network'),
        again: segments > 0 ? (g.retransmitted_segments - was.retransmitted_segments) / segments : 0,
      });
    }
  }

  function showFindings() {
    const told = current.findings.filter((finding) => finding.weight !== 'normal');
    const faults = told.filter((finding) => finding.weight === 'fault').length;
    setText(byId('verdict'), verdict(told));
    setAttribute(byId('verdict'), 'data-weight', faults ? 'fault' : 'quiet');
    document.title = faults ? `(${faults}) sockstated` : 'sockstated';
    const summary = [
      `${plural(current.tracked_sockets, 'socket')} in ${plural(current.groups.length, 'group')}, from ${current.source}`,
    ];
    if (!faults && told.length) summary.push(plural(told.length, 'thing') + ' worth knowing');
    setText(byId('summary'), summary.join('; '));
    byId('findings').hidden = !told.length;
    const trends = new Map(current.history.groups.map((group) => [
      labelsKey(group), { ...group, length: current.history.length }]));
    reconcile(byId('cards'), told, (f) => JSON.stringify([f.kind, f.cause ?? null, labelsKey(f)]),
      createCard, (card, finding) => updateCard(card, finding, trends.get(labelsKey(finding))));
    const leftOut = byId('left-out');
    leftOut.hidden = !current.findings_left_out;
    setText(leftOut, `${plural(current.findings_left_out, 'more finding')}; sockstated explain tells all.`);
  }

  function showPorts() {
    const ports = current.ephemeral_ports ?? [];
    byId('ports').hidden = !ports.length;
    reconcile(byId('port-list'), ports, (p) => `${p.source} ${p.destination}`, () => make('li'),
      (item, p) => bars(item,
        `${count(p.used)} of ${count(p.limit)} ports of ${p.source} towards ${p.destination}`,
        [[p.used / Math.max(p.limit, 1), p.used / p.limit > 0.8 ? 'hot' : '']]));
  }

  // Asking, and how old the answer is.
  let current = null;
  let receivedAt = 0;
  let failure = null;
  let timer = 0;
  let asking = false;

  function showFreshness() {
    const element = byId('freshness');
    const age = current ? current.age_seconds + (performance.now() - receivedAt) / 1000 : Infinity;
    const isOld = current !== null && age > 3 * current.interval_seconds + 2;
    const isStale = failure !== null || isOld;
    setAttribute(element, 'data-state', isStale ? 'stale' : current ? 'fresh' : 'waiting');
    const at = current ? clock(new Date(current.time * 1000)) : '';
    setText(byId('freshness-text'), !current ? 'Waiting for the first answer' : isStale ? `Stale, of ${at}` : `As of ${at}`);
    const warning = byId('stale');
    warning.hidden = !isStale;
    if (isStale) {
      const why = failure ?? 'The daemon answers, but has not polled since';
      setText(warning, current
        ? `Stale: what you see is of ${at}. ${why}.` : `${why}.`);
    }
    const main = document.querySelector('main');
    main.toggleAttribute('data-stale', isStale);
    if (isStale && !current) setText(byId('verdict'), 'Nothing is known yet');
  }

  async function ask() {
    if (asking || document.hidden) return;
    asking = true;
    clearTimeout(timer);
    try {
      const response = await fetch('api/v1/overview', {
        cache: 'no-store', signal: AbortSignal.timeout(15000),
      });
      if (!response.ok) throw new Error(`status ${response.status}`);
      const answer = await response.json();
      measure(current, answer);
      current = answer;
      receivedAt = performance.now();
      failure = null;
      showFindings();
      showTable();
      showPorts();
    } catch (error) {
      failure = error.message?.startsWith('status ')
        ? `The daemon answers with ${error.message}` : 'The daemon does not answer';
    }
    asking = false;
    showFreshness();
    timer = setTimeout(ask, Math.min(Math.max((current?.interval_seconds ?? 2) * 1000, 1000), 15000));
  }

  // The reader's wish for light or dark, kept where the browser lets it.
  const wish = matchMedia('(prefers-color-scheme: dark)');
  function stored() {
    try { return localStorage.getItem('theme'); } catch { return null; }
  }
  function showTheme(theme) {
    const isDark = theme ? theme === 'dark' : wish.matches;
    if (theme) document.documentElement.dataset.theme = theme;
    setAttribute(byId('theme'), 'aria-pressed', String(isDark));
  }
  let theme = stored();
  if (theme !== 'dark' && theme !== 'light') theme = null;
  showTheme(theme);
  wish.addEventListener('change', () => showTheme(theme));
  byId('theme').addEventListener('click', () => {
    const isDark = theme ? theme === 'dark' : wish.matches;
    theme = isDark ? 'light' : 'dark';
    try { localStorage.setItem('theme', theme); } catch { /* private windows keep nothing */ }
    showTheme(theme);
  });

  for (const id of ['search', 'state', 'side']) byId(id).addEventListener('input', showTable);
  document.addEventListener('visibilitychange', ask);
  setInterval(() => { if (!document.hidden) showFreshness(); }, 1000);
  ask();
})();
