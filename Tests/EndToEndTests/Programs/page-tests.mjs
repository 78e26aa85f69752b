// Tests of the page's script: node --test page-tests.mjs, beside the modules of the page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reconcile } from './elements.js';
import { peerPage, trendPaths } from './findings.js';
import { freshness, pause } from './freshness.js';
import { endpoints } from './lookup.js';
import { cellOf, matches, sorted } from './table.js';

// As much of an element as reconcile() uses.
class Element {
  constructor(name) {
    this.name = name;
    this.dataset = {};
    this.children = [];
    this.inserted = 0;
  }
  get firstElementChild() { return this.children[0] ?? null; }
  get nextElementSibling() {
    const siblings = this.parent.children;
    return siblings[siblings.indexOf(this) + 1] ?? null;
  }
  insertBefore(child, place) {
    child.remove();
    child.parent = this;
    this.inserted += 1;
    this.children.splice(place ? this.children.indexOf(place) : this.children.length, 0, child);
  }
  remove() {
    const siblings = this.parent?.children ?? [];
    if (siblings.includes(this)) siblings.splice(siblings.indexOf(this), 1);
  }
}

function bring(parent, items) {
  reconcile(parent, items, ({ key }) => key, ({ key }) => new Element(key),
    (element, { text }) => { element.text = text; });
  return parent.children.map(({ name, text }) => `${name}${text}`);
}
const items = (text) => text.split(' ').filter(Boolean).map((item) => ({ key: item[0], text: item.slice(1) }));

test('children follow their items, and the same element stays for the same key', () => {
  const parent = new Element('list');
  assert.deepEqual(bring(parent, items('a1 b1 c1')), ['a1', 'b1', 'c1']);
  const [a, b, c] = parent.children;
  for (const next of ['c2 a2 d2 b2', 'b3 a3', 'a4 b4 c4', '', 'b5']) {
    assert.deepEqual(bring(parent, items(next)), next.split(' ').filter(Boolean));
    if (next.startsWith('c2')) assert.deepEqual(parent.children.filter((e) => [a, b, c].includes(e)), [c, a, b]);
  }
});

test('an update without changes moves nothing', () => {
  const parent = new Element('list');
  bring(parent, items('a1 b1 c1'));
  const { inserted } = parent;
  bring(parent, items('a2 b2 c2'));
  assert.equal(parent.inserted, inserted);
});

const row = (process, note, port, count, extra = {}) => ({
  key: process + cellOf(port).text, direction: 'inbound', states: ['listen'],
  cells: [{ value: process, text: process, note }, port, count], ...extra,
});
const rows = [
  row('leaky.js', 'shop.service', 8080, { value: 4096, text: '4,096' }, { states: ['close_wait', 'listen'] }),
  row('nginx', 'nginx.service, pid 17', 443, 12, { direction: 'outbound' }),
  row('nginx', '', { value: 9, text: '→ 9' }, 0),
];
const found = (filter) => rows.filter((each) => matches(each, { words: [], ...filter })).map(({ key }) => key);

test('a search needs every word, in the name, unit, pid or port', () => {
  assert.deepEqual(found({ words: [] }), ['leaky.js8080', 'nginx443', 'nginx→ 9']);
  assert.deepEqual(found({ words: ['nginx'] }).length, 2);
  assert.deepEqual(found({ words: ['nginx', '443'] }), ['nginx443']);
  assert.deepEqual(found({ words: ['17'] }), ['nginx443']);
  assert.deepEqual(found({ words: ['shop', '8080'] }), ['leaky.js8080']);
  // Counts are not searched.
  assert.deepEqual(found({ words: ['4,096'] }), []);
});

test('filters are by state and direction', () => {
  assert.deepEqual(found({ state: 'close_wait' }), ['leaky.js8080']);
  assert.deepEqual(found({ direction: 'outbound' }), ['nginx443']);
  assert.deepEqual(found({ direction: 'outbound', state: 'close_wait' }), []);
});

test('rows are sorted by value, not by text, and equal ones keep their order', () => {
  const order = (index, descending) => sorted(rows, { index, descending }).map(({ cells }) => cellOf(cells[1]).value);
  assert.deepEqual(order(2, true), [8080, 443, 9]);
  assert.deepEqual(order(2, false), [9, 443, 8080]);
  assert.deepEqual(order(1, false), [9, 443, 8080]);
  assert.deepEqual(order(0, false), [8080, 443, 9]);
  assert.deepEqual(order(0, true), [443, 9, 8080]);
  assert.equal(sorted(rows, null), rows);
  assert.deepEqual(rows.map(({ cells }) => cellOf(cells[1]).value), [8080, 443, 9]);
});

test('names with numbers are sorted as people count', () => {
  const names = ['worker10', 'Worker2', 'worker1'].map((name) => row(name, '', 1, 0));
  assert.deepEqual(sorted(names, { index: 0, descending: false }).map(({ cells }) => cells[0].value),
    ['worker1', 'Worker2', 'worker10']);
});

test('a bare number is its own text, and zero is blank', () => {
  assert.deepEqual(cellOf(0), { value: 0, text: '' });
  assert.deepEqual(cellOf(12), { value: 12, text: '12' });
  const cell = { value: 0.5, text: '50 %' };
  assert.equal(cellOf(cell), cell);
});

test('a trend ends at the right edge, its greatest point at the top', () => {
  assert.deepEqual(trendPaths([0, 2, 4], 4),
    { line: 'M90.0 42.0L135.0 22.0L180.0 2.0', area: 'M90.0 42.0L135.0 22.0L180.0 2.0L180 43.5L90.0 43.5Z' });
  // Full width, and a flat line at the bottom if there is nothing.
  assert.equal(trendPaths([0, 0, 0], 2).line, 'M0.0 42.0L90.0 42.0L180.0 42.0');
});

test('the page at the other end is linked with the connection, as this one is served', () => {
  const peer = { host: '[fd00::2]', remote: '[fd00::2]:8000', local: '[fd00::1]:40000' };
  const link = peerPage(peer, { protocol: 'https:', port: '10793' });
  assert.equal(link, 'https://[fd00::2]:10793/#[fd00::2]:8000,[fd00::1]:40000');
  assert.deepEqual(endpoints(new URL(link).hash), [peer.remote, peer.local]);
  assert.equal(peerPage(peer, { protocol: 'http:', port: '' }), 'http://[fd00::2]/#[fd00::2]:8000,[fd00::1]:40000');
});

test('the two addresses of a log line are found as programs print them', () => {
  const lines = {
    'read tcp 10.0.0.5:40312->10.0.0.9:5432: read: connection reset by peer': ['10.0.0.5:40312', '10.0.0.9:5432'],
    'Error: read ECONNRESET ::ffff:127.0.0.1:40000 [::1]:80': ['::ffff:127.0.0.1:40000', '[::1]:80'],
    'Connection[/192.0.2.1:40000 -> api.example/192.0.2.2:8080] broken': ['192.0.2.1:40000', '192.0.2.2:8080'],
    'ESTAB 0 0 [fe80::1%eth0]:22 [fe80::2%eth0]:51234': ['[fe80::1%eth0]:22', '[fe80::2%eth0]:51234'],
    'at 12:30:01 nothing of 10.0.0.5': [],
    'one 10.0.0.5:80 alone': ['10.0.0.5:80'],
  };
  for (const [line, found] of Object.entries(lines)) assert.deepEqual(endpoints(line), found);
});

test('a document is stale when three polls are missed or the last request failed', () => {
  const document = { time: 1_700_000_000, age_seconds: 1, interval_seconds: 5 };
  assert.equal(freshness(document, 15.9, null).state, 'fresh');
  assert.equal(freshness(document, 15.9, null).warning, '');
  const old = freshness(document, 16.1, null);
  assert.equal(old.state, 'stale');
  assert.match(old.warning, /^Stale: this is from \d\d:\d\d:\d\d\. The daemon answers, but has not polled since\.$/);
  assert.match(freshness(document, 0, 'The daemon does not answer').warning, /The daemon does not answer\.$/);
  assert.equal(freshness(null, 0, null).state, 'waiting');
  assert.equal(freshness(null, 0, 'The daemon does not answer').warning, 'The daemon does not answer.');
});

test('the next request comes with the next poll, within bounds', () => {
  assert.equal(pause(null), 2000);
  assert.equal(pause({ interval_seconds: 5 }), 5000);
  assert.equal(pause({ interval_seconds: 0.1 }), 1000);
  assert.equal(pause({ interval_seconds: 600 }), 15000);
});
