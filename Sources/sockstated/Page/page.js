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
  // These three as the commands say them: Words/Amount.swift.
  function bytes(n) {
    if (n < 1000) return `${n} B`;
    const units = ['kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
    let unit = 0;
    let tenths = Math.floor(n / 100);
    while (tenths >= 10000 && unit < units.length - 1) {
      tenths = Math.floor(tenths / 1000);
      unit += 1;
    }
    return `${Math.floor(tenths / 10)}.${tenths % 10} ${units[unit]}`;
  }
  function duration(seconds) {
    const two = (n) => String(n).padStart(2, '0');
    const s = Math.floor(seconds);
    if (s < 1) return `${Math.floor(seconds * 1000)}ms`;
    if (s < 60) return `${s}s`;
    if (s < 3600) return `${Math.floor(s / 60)}m${two(s % 60)}s`;
    if (s < 86400) return `${Math.floor(s / 3600)}h${two(Math.floor(s / 60) % 60)}m`;
    return `${Math.floor(s / 86400)}d${two(Math.floor(s / 3600) % 24)}h`;
  }
  function percent(share) {
    const permille = Math.round(Math.min(Math.max(share, 0), 1) * 1000);
    return permille < 100 && permille % 10
      ? `${Math.floor(permille / 10)}.${permille % 10}\u00a0%` : `${Math.floor((permille + 5) / 10)}\u00a0%`;
  }
  const clock = (date) => date.toLocaleTimeString('en-GB');

  const STATES = [
    'close_wait', 'established', 'syn_sent', 'time_wait', 'listen', 'fin_wait1', 'fin_wait2', 'last_ack',
    'closing', 'syn_recv', 'close',
  ];
  // As `ss` and the commands print them.
  const TITLES = { established: 'ESTAB', close: 'CLOSED', fin_wait1: 'FIN-WAIT-1', fin_wait2: 'FIN-WAIT-2' };
  const title = (state) => TITLES[state] ?? state.toUpperCase().replaceAll('_', '-');
  const sum = (counts) => Object.values(counts ?? {}).reduce((all, n) => all + n, 0);
  const total = (group) => sum(group.sockets);
  const leaked = (group) => sum(group.stuck);
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
  const RESPONSIBLE = {
    process: 'responsible: the process', peer: 'responsible: the peer', network: 'responsible: the network',
    kernel: 'responsible: the kernel',
  };

  function verdict(findings) {
    const faults = findings.filter((finding) => finding.severity === 'fault');
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
    // How many there are stands below.
    return parts.slice(0, 3).join(', ') + (parts.length > 3 ? ', and more' : '');
  }

  // What the cards tell. A leak's card says how many of all CLOSE-WAIT sockets are leaked: the others of
  // the same group need none of their own.
  function tellable(findings) {
    const leaking = new Set(findings.filter(({ kind }) => kind === 'close_wait').map(labelsKey));
    return findings.filter((finding) => finding.severity !== 'normal'
      && !(finding.kind === 'half_closed' && leaking.has(labelsKey(finding))));
  }

  const LEAKS = {
    not_closed: 'leaked', end_unread: 'forgotten', data_unread: 'left unread', not_accepted: 'not accepted',
  };
  // One socket's evidence stands in the list of peers, the rest in the figures and the list of facts.
  function figures(finding, group) {
    const shown = [];
    const pids = new Set();
    if (finding.pid !== undefined) pids.add(finding.pid);
    for (const evidence of finding.evidence) {
      if (evidence.socket?.pid) pids.add(evidence.socket.pid);
      if (evidence.sockets !== undefined && finding.kind === 'close_wait') {
        const all = Math.max(group?.sockets.close_wait ?? 0, evidence.sockets);
        shown.push([`${LEAKS[finding.cause] ?? 'leaked'}, of all in CLOSE-WAIT`, `${count(evidence.sockets)} of ${count(all)}`]);
      } else if (evidence.sockets !== undefined && finding.kind === 'half_closed')
        shown.push(['in CLOSE-WAIT, none leaked', count(evidence.sockets)]);
      else if (evidence.sockets !== undefined && evidence.state)
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
      else if (evidence.listen_drops !== undefined)
        shown.push(['connections dropped on this host', count(evidence.listen_drops)]);
      else if (evidence.ephemeral_ports_limit !== undefined)
        shown.push(['local ports taken', `${count(evidence.ephemeral_ports_used)} of ${count(evidence.ephemeral_ports_limit)}`]);
    }
    return { shown, pids: [...pids] };
  }

  function createCard() {
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
          make('h4', '', 'Responsible'), make('p', 'responsible'),
          make('details', '', make('summary', '', 'What the state means, and what users notice'),
            make('p', 'meaning'), make('p', 'symptoms'))),
        make('div', '', make('h4', '', 'What to do'), make('ol', 'steps'),
          make('details', 'sockets', make('summary'), make('ul', 'peers'))))));
    card.querySelector('.more > summary').addEventListener('click', () => { hasChosen = true; });
    return card;
  }

  // The first fault is told in full, until the reader opens or closes one.
  let hasChosen = false;
  function openFirst() {
    if (hasChosen) return;
    [...byId('cards').children].forEach((card, index) => {
      card.querySelector('.more').open = !index && card.dataset.severity === 'fault';
    });
  }

  function updateCard(card, finding, group, history) {
    const part = (selector) => card.querySelector(selector);
    const { shown, pids } = figures(finding, group);
    setAttribute(card, 'data-severity', finding.severity);
    setText(part('h3'), finding.process);
    const place = [whereabouts(finding), places(finding)];
    if (pids.length) place.push(`pid ${pids.slice(0, 3).join(', ')}${pids.length > 3 ? ', …' : ''}`);
    setText(part('.place'), place.filter(Boolean).join(' · '));
    setText(part('.tag'), `${finding.severity === 'fault' ? 'Fault' : 'Worth knowing'}, ${RESPONSIBLE[finding.responsible] ?? ''}`);
    setText(part('.headline'), finding.words.headline);
    setText(part('.cause'), finding.words.cause);
    setText(part('.responsible'), finding.words.responsible);
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
    draw(part('.trend'), finding, group, history);
  }

  // What a trend can count: its name in the history, its words, and what it comes to now.
  const TRENDS = {
    close_wait: ['all CLOSE-WAIT', (g) => g.sockets.close_wait ?? 0],
    waiting: ['connections that wait',
      (g) => sum(g.stalled) + (g.sockets.syn_sent ?? 0) + (g.accept_queue_length ?? 0)],
    sockets: ['all sockets', total],
  };
  // The line ends with what the table says now; it takes the width that a young daemon's minutes need.
  function draw(figure, finding, group, history) {
    const past = history.groups.get(labelsKey(finding));
    figure.hidden = !past || !group;
    if (figure.hidden) return;
    const name = ['close_wait', 'half_closed', 'descriptors'].includes(finding.kind)
      ? 'close_wait' : [...past.waiting, TRENDS.waiting[1](group)].some(Boolean) ? 'waiting' : 'sockets';
    const [what, now] = TRENDS[name];
    const points = [...past[name].slice(1 - history.length), now(group)];
    const steps = [30, 60].find((n) => points.length <= n + 1) ?? history.length;
    const most = Math.max(...points, 1);
    const x = (index) => (180 * (steps - points.length + 1 + index)) / steps;
    const path = points
      .map((value, index) => `${index ? 'L' : 'M'}${x(index).toFixed(1)} ${(42 - (40 * value) / most).toFixed(1)}`)
      .join('');
    setAttribute(figure.querySelector('.line'), 'd', path);
    setAttribute(figure.querySelector('.area'), 'd', `${path}L180 43.5L${x(0).toFixed(1)} 43.5Z`);
    const text = `${what}, last ${Math.round((steps * history.spacing_seconds) / 60)} min: `
      + `${count(Math.min(...points))} to ${count(most)}, now ${count(points.at(-1))}`;
    setText(figure.querySelector('figcaption'), text[0].toUpperCase() + text.slice(1));
    setAttribute(figure.querySelector('svg'), 'aria-label', `Trend of ${text}`);
  }

  // The table. A column: its title, what it sorts by, and how a cell shows it. What matters most comes
  // first: a phone shows that much. What is zero is left blank.
  let sort = { column: 'faults', descending: true };
  let rates = new Map();
  let ranks = new Map();

  // States that pass by share a column: one that nobody is in most of the time takes the place of others.
  const rest = (g) => STATES.slice(5).filter((state) => g.sockets[state]);
  const failures = (g) => sum(g.connect_failures);
  const again = (g) => rates.get(g.key)?.again ?? 0;
  const held = (g) => {
    const rate = rates.get(g.key);
    return rate?.isBusy ? rate : null;
  };
  const numbers = (id, name, value, kind = () => '') => ({
    id, name, value, show: (cell, g) => {
      const n = value(g);
      setText(cell, n ? count(n) : '');
      setClass(cell, n ? kind(g) : '');
    },
  });
  const amounts = (id, name, value, stalled) => ({
    id, name, value, show: (cell, g) => {
      const n = value(g);
      setText(cell, n ? bytes(n) : '');
      setClass(cell, stalled(g) ? 'warn' : '');
      setTitle(cell, stalled(g) ? `${plural(stalled(g), 'connection')} without progress` : '');
    },
  });
  const COLUMNS = [
    { id: 'process', name: 'Process', isText: true, value: (g) => g.process,
      show: (cell, g) => {
        lines(cell, g.process, whereabouts(g));
        setTitle(cell, [g.process, whereabouts(g)].filter(Boolean).join(', '));
      } },
    { id: 'side', name: 'Port', value: (g) => Number(g.port) || 0,
      show: (cell, g) => setText(cell, `${g.direction === 'inbound' ? '' : '→ '}${g.port}`) },
    { id: 'close_wait', name: 'CLOSE-WAIT', value: (g) => g.sockets.close_wait ?? 0,
      show: (cell, g) => {
        lines(cell, g.sockets.close_wait ? count(g.sockets.close_wait) : '',
          leaked(g) ? `${count(leaked(g))} leaked` : '');
        setClass(cell, leaked(g) ? 'bad' : '');
      } },
    numbers('all', 'All sockets', total),
    numbers('established', 'ESTAB', (g) => g.sockets.established),
    numbers('syn_sent', 'SYN-SENT', (g) => g.sockets.syn_sent,
      (g) => (g.syn_sent_oldest_age_seconds >= 1 ? 'warn' : '')),
    numbers('time_wait', 'TIME-WAIT', (g) => g.sockets.time_wait),
    numbers('listen', 'LISTEN', (g) => g.sockets.listen),
    { id: 'rest', name: 'Other states', value: (g) => rest(g).reduce((n, state) => n + g.sockets[state], 0),
      show: (cell, g) => reconcile(cell, rest(g), String, () => make('span', 'part'),
        (part, state) => setText(part, `${count(g.sockets[state])} ${title(state)}`)) },
    amounts('unread', 'Unread', (g) => g.receive_queue_bytes ?? 0, (g) => g.stalled?.local_reader),
    amounts('unsent', 'Unsent', (g) => g.send_queue_bytes ?? 0,
      (g) => (g.stalled?.peer_window ?? 0) + (g.stalled?.retransmission ?? 0)),
    { id: 'accept', name: 'Accept queue',
      value: (g) => (g.accept_queue_limit ? g.accept_queue_length / g.accept_queue_limit : 0),
      show: (cell, g) => {
        const length = g.accept_queue_length;
        const limit = g.accept_queue_limit;
        const share = length / Math.max(limit, 1);
        bars(cell, length ? `${count(length)} of ${count(limit)}` : '', [[share, share > 0.8 ? 'hot' : '']]);
        setClass(cell, length && share > 0.8 ? 'bad' : '');
      } },
    { id: 'again', name: 'Sent again', value: again,
      show: (cell, g) => {
        setText(cell, again(g) ? percent(again(g)) : '');
        setClass(cell, again(g) > 0.05 ? 'warn' : '');
      } },
    { id: 'limited', name: 'Sending held up by', value: (g) => (held(g) ? held(g).window + held(g).buffer : -1),
      show: (cell, g) => {
        const rate = held(g);
        if (!rate) return bars(cell, '', []);
        const [name, share] = [['window', rate.window], ['buffer', rate.buffer], ['path', rate.network]]
          .reduce((most, each) => (each[1] > most[1] ? each : most));
        bars(cell, `${name} ${percent(share)}`, [
          [rate.window, 'window'], [rate.buffer, 'buffer'], [rate.network, 'network'],
        ]);
      } },
    { ...numbers('failures', 'Connects failed', failures),
      show: (cell, g) => {
        setText(cell, failures(g) ? count(failures(g)) : '');
        setTitle(cell, Object.entries(g.connect_failures ?? {}).filter(([, n]) => n)
          .map(([why, n]) => `${count(n)} ${why}`).join(', '));
      } },
  ];
  function setClass(cell, name) {
    for (const each of ['bad', 'warn']) cell.classList.toggle(each, each === name);
  }
  function setTitle(cell, text) { setAttribute(cell, 'title', text || null); }
  function lines(cell, main, small) {
    if (!cell.firstChild) cell.append(make('span', 'main'), make('span', 'small'));
    setText(cell.firstChild, main);
    setText(cell.lastChild, small);
  }
  function bars(cell, text, parts) {
    if (!cell.firstChild) cell.append(make('span', 'main'), make('span', 'meter'));
    setText(cell.firstChild, text);
    const meter = cell.lastChild;
    meter.hidden = !text;
    reconcile(meter, parts.map((part, index) => [index, ...part]), ([index]) => String(index),
      () => make('i'), (bar, [, share, kind]) => {
        const width = `${(Math.min(Math.max(share, 0), 1) * 100).toFixed(1)}%`;
        if (bar.style.width !== width) bar.style.width = width;
        if (bar.className !== kind) bar.className = kind;
      });
  }

  function layOut() {
    const row = make('tr');
    for (const column of COLUMNS) {
      const button = make('button', '', column.name);
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
    byId('head').append(row);
    byId('state').append(...STATES.map((state) => new Option(title(state), state)));
  }

  // Faults first, as the cards stand, then who has the most sockets.
  const severityRank = (g) => (ranks.get(g.key)?.rank ?? 0) * 1e9 + total(g);
  const collator = new Intl.Collator('en', { numeric: true });
  // Groups that linger without a socket are left out, unless something is to be said of them.
  const isShown = (g) => total(g) > 0 || failures(g) > 0 || ranks.has(g.key);

  function showTable() {
    if (!current) return;
    const words = byId('search').value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const state = byId('state').value;
    const side = byId('side').value;
    const all = current.groups.filter(isShown);
    const groups = all.filter((g) => {
      if (state && !g.sockets[state]) return false;
      if (side && g.direction !== side) return false;
      const text = `${g.process} ${whereabouts(g)} ${g.port} ${g.pid ?? ''}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const column = COLUMNS.find((candidate) => candidate.id === sort.column);
    const value = column?.value ?? severityRank;
    const sign = sort.descending ? -1 : 1;
    const sorted = groups.map((g) => [value(g) ?? 0, g]).sort(([a, g], [b, h]) =>
      sign * (typeof a === 'string' ? collator.compare(a, b) : a - b)
        || collator.compare(g.key, h.key));
    for (const cell of byId('head').querySelectorAll('th'))
      setAttribute(cell, 'aria-sort', cell.dataset.column === sort.column
        ? (sort.descending ? 'descending' : 'ascending') : null);
    const body = byId('rows');
    if (!sorted.length) {
      const cell = make('td', '', all.length ? 'Nothing matches.' : 'No process has TCP sockets.');
      cell.colSpan = COLUMNS.length;
      body.replaceChildren(make('tr', 'empty', cell));
    } else {
      body.querySelector('.empty')?.remove();
      reconcile(body, sorted.map(([, g]) => g), (g) => g.key, () => {
        const row = make('tr');
        for (const { isText, id } of COLUMNS) {
          const cell = make(id === 'process' ? 'th' : 'td', isText ? 'text' : '');
          if (id === 'process') cell.scope = 'row';
          row.append(cell);
        }
        return row;
      }, (row, g) => {
        setAttribute(row, 'data-severity', ranks.get(g.key)?.severity ?? null);
        COLUMNS.forEach((each, index) => each.show(row.children[index], g));
      });
    }
    const shown = groups.length === all.length
      ? plural(all.length, 'group') : `${count(groups.length)} of ${plural(all.length, 'group')}`;
    setText(byId('shown'), shown + (column || !ranks.size ? '' : ', faults first'));
  }

  // Where columns are out of sight it is said; where all are in sight the head of the table can stay in view.
  function showEdges() {
    const scroller = byId('scroller');
    const hidden = scroller.scrollWidth - scroller.clientWidth;
    const isWhole = hidden <= 1;
    scroller.toggleAttribute('data-whole', isWhole);
    byId('scroll-hint').hidden = isWhole;
    const frame = scroller.parentElement;
    frame.toggleAttribute('data-before', !isWhole && scroller.scrollLeft > 1);
    frame.toggleAttribute('data-after', !isWhole && scroller.scrollLeft < hidden - 1);
  }

  // Rates, from one answer to the next with another report.
  function measure(before, now) {
    if (!before || before.sequence === now.sequence) return;
    rates = new Map();
    if (now.sequence < before.sequence) return;
    const between = now.time - before.time;
    const old = new Map(before.groups.map((g) => [g.key, g]));
    for (const g of now.groups) {
      const was = old.get(g.key);
      if (g.sent_segments === undefined || was?.sent_segments === undefined) continue;
      const busy = g.send_busy_seconds - was.send_busy_seconds;
      const share = (name) =>
        busy > 0 ? (g.send_limited_seconds[name] - was.send_limited_seconds[name]) / busy : 0;
      const segments = g.sent_segments - was.sent_segments;
      rates.set(g.key, {
        // What holds a few bytes up for a moment says nothing.
        isBusy: busy > 0.1 * between,
        window: share('receive_window'), buffer: share('send_buffer'), network: share('network'),
        again: segments > 0 ? (g.retransmitted_segments - was.retransmitted_segments) / segments : 0,
      });
    }
  }

  function showFindings() {
    const told = tellable(current.findings);
    const faults = told.filter((finding) => finding.severity === 'fault').length;
    ranks = new Map();
    told.forEach((finding, index) => {
      const key = labelsKey(finding);
      if (!ranks.has(key)) ranks.set(key, { rank: told.length - index, severity: finding.severity });
    });
    setText(byId('verdict'), verdict(told));
    setAttribute(byId('verdict'), 'data-severity', faults ? 'fault' : 'quiet');
    document.title = faults ? `(${faults}) sockstated` : 'sockstated';
    const summary = [];
    if (faults) summary.push(plural(faults, 'fault'));
    if (told.length > faults) summary.push(plural(told.length - faults, 'thing') + ' worth knowing');
    summary.push(`${plural(current.tracked_sockets, 'socket')} in ${plural(current.groups.filter(isShown).length, 'group')}, from ${current.source}`);
    setText(byId('summary'), summary.join(' · '));
    byId('findings').hidden = !told.length;
    const history = {
      ...current.history, groups: new Map(current.history.groups.map((group) => [labelsKey(group), group])),
    };
    const groups = new Map(current.groups.map((group) => [group.key, group]));
    reconcile(byId('cards'), told, (f) => JSON.stringify([f.kind, f.cause ?? null, labelsKey(f)]), createCard,
      (card, finding) => updateCard(card, finding, groups.get(labelsKey(finding)), history));
    openFirst();
    const leftOut = byId('left-out');
    leftOut.hidden = !current.findings_left_out;
    setText(leftOut, `${plural(current.findings_left_out, 'more finding')}; sockstated explain tells all.`);
  }

  // The fullest, and all others of which more than one in a hundred is taken.
  function showPorts() {
    const share = (p) => p.used / Math.max(p.limit, 1);
    const ports = (current.ephemeral_ports ?? []).toSorted((p, q) => share(q) - share(p))
      .filter((p, index) => !index || share(p) > 0.01);
    byId('ports').hidden = !ports.length;
    reconcile(byId('port-list'), ports, (p) => `${p.netns ?? ''} ${p.source} ${p.destination}`, () => make('li'),
      (item, p) => bars(item,
        `${count(p.used)} of ${count(p.limit)} from ${p.source} to ${p.destination}${p.netns ? ` @${p.netns}` : ''}`,
        [[share(p), share(p) > 0.8 ? 'hot' : '']]));
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
      for (const group of answer.groups) group.key = labelsKey(group);
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
    setText(byId('theme-state'), isDark ? ': on' : ': off');
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

  layOut();
  byId('scroller').addEventListener('scroll', showEdges, { passive: true });
  const sizes = new ResizeObserver(showEdges);
  sizes.observe(byId('scroller'));
  sizes.observe(byId('scroller').firstElementChild);
  for (const id of ['search', 'state', 'side']) byId(id).addEventListener('input', showTable);
  document.addEventListener('visibilitychange', ask);
  setInterval(() => { if (!document.hidden) showFreshness(); }, 1000);
  ask();
})();
