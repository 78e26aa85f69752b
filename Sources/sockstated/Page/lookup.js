// The story of one connection, from the addresses in a log line.
import { byId, make, reconcile, setText } from './elements.js';

const ENDPOINT = /\[[0-9a-f:.]+(?:%[\w.-]+)?\]:\d{1,5}|(?:::ffff:)?(?:\d{1,3}\.){3}\d{1,3}(?:%[\w.-]+)?:\d{1,5}/gi;

/// The first two addresses with ports in a line, as programs print them; fewer if it has fewer.
export function endpoints(line) {
  return (line.match(ENDPOINT) ?? []).slice(0, 2);
}

async function story(ends) {
  const query = new URLSearchParams({ subject: ends.join(' '), width: '100' });
  try {
    const response = await fetch(`api/v1/explain?${query}`, {
      cache: 'no-store', headers: { Accept: 'text/plain' }, signal: AbortSignal.timeout(15000),
    });
    return await response.text();
  } catch {
    return 'The daemon does not answer.';
  }
}

async function tell(ends) {
  const output = byId('story');
  output.hidden = false;
  setText(output, ends.length < 2 ? 'There are no two addresses with ports, such as 10.0.0.5:40312 and [2001:db8::1]:443.' : '…');
  if (ends.length === 2) setText(output, (await story(ends)).trim());
}

export function offerLookup() {
  byId('ask').addEventListener('submit', (event) => {
    event.preventDefault();
    tell(endpoints(byId('line').value));
  });
  addEventListener('hashchange', tellLinked);
  tellLinked();
}

/// A page at the other end of a connection has linked to this one.
function tellLinked() {
  const ends = endpoints(location.hash);
  if (ends.length < 2) return;
  byId('line').value = ends.join(' ');
  tell(ends);
}

function createBroken({ ends }) {
  const text = make(ends ? 'button' : 'span', 'ends');
  if (ends) {
    text.type = 'button';
    text.addEventListener('click', () => {
      byId('line').value = ends;
      tell(endpoints(ends));
    });
  }
  return make('li', '', text, make('span', 'note'));
}

export function showBroken({ may_ask: mayAsk, broken }) {
  byId('lookup').hidden = !mayAsk;
  byId('broken').hidden = !broken.length;
  reconcile(byId('broken-list'), broken, ({ key }) => key, createBroken, (item, { text, note }) => {
    setText(item.firstChild, text);
    setText(item.lastChild, note);
  });
}
