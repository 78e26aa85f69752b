// The page of sockstated: asks the daemon for its document while somebody looks, and draws it. The words and
// formats come from the daemon.
import { byId, drawMeter, make, reconcile, setAttribute, setText } from './elements.js';
import { showFindings } from './findings.js';
import { freshness, pause } from './freshness.js';
import { offerLookup, showBroken } from './lookup.js';
import { showTable, watchEdges } from './table.js';
import { offerTheme } from './theme.js';

let current = null;
let receivedAt = 0;
let failure = null;
let timer = 0;
let isAsking = false;

function showVerdict({ verdict, faults, summary }) {
  setText(byId('verdict'), verdict);
  setAttribute(byId('verdict'), 'data-severity', faults ? 'fault' : 'normal');
  setText(byId('summary'), summary);
  document.title = faults ? `(${faults}) sockstated` : 'sockstated';
}

function showPorts({ ports }) {
  byId('ports').hidden = !ports.length;
  reconcile(byId('port-list'), ports, ({ key }) => key,
    () => make('li', '', make('span'), make('span', 'meter')),
    (item, { text, bar }) => {
      setText(item.firstChild, text);
      drawMeter(item.lastChild, [bar]);
    });
}

function showFreshness() {
  const { state, text, warning } = freshness(current, (performance.now() - receivedAt) / 1000, failure);
  setAttribute(byId('freshness'), 'data-state', state);
  setText(byId('freshness-text'), text);
  byId('stale').hidden = !warning;
  setText(byId('stale'), warning);
  document.querySelector('main').toggleAttribute('data-stale', state === 'stale');
  if (!current && failure) setText(byId('verdict'), 'No data yet');
}

function show(answer) {
  current = answer;
  receivedAt = performance.now();
  showVerdict(answer);
  showFindings(answer);
  showTable(answer);
  showPorts(answer);
  showBroken(answer);
}

/// The daemon's document; null, with `failure` set, if there is none.
async function load() {
  try {
    const response = await fetch('_/page', { cache: 'no-store', signal: AbortSignal.timeout(15000) });
    failure = response.ok ? null : `The daemon answers with status ${response.status}`;
    return response.ok ? await response.json() : null;
  } catch {
    failure = 'The daemon does not answer';
    return null;
  }
}

async function ask() {
  if (isAsking || document.hidden) return;
  isAsking = true;
  clearTimeout(timer);
  try {
    const answer = await load();
    if (answer) show(answer);
  } finally {
    isAsking = false;
    showFreshness();
    timer = setTimeout(ask, pause(current));
  }
}

offerTheme();
offerLookup();
watchEdges();
document.addEventListener('visibilitychange', ask);
setInterval(() => { if (!document.hidden) showFreshness(); }, 1000);
ask();
