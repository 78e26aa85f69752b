// The cards of what was found.
import { byId, make, reconcile, setAttribute, setText } from './elements.js';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 180;
const TEXTS = ['place', 'tag', 'headline', 'cause', 'responsible', 'meaning', 'symptoms'];
let readerHasChosen = false;

function svg(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/// The paths of a line through the points and of the area below it; the line ends at the right edge, and
/// `steps` steps fill the width.
export function trendPaths(points, steps) {
  const most = Math.max(...points, 1);
  const x = (index) => ((WIDTH * (steps - points.length + 1 + index)) / steps).toFixed(1);
  const line = points
    .map((value, index) => `${index ? 'L' : 'M'}${x(index)} ${(42 - (40 * value) / most).toFixed(1)}`)
    .join('');
  return { line, area: `${line}L${WIDTH} 43.5L${x(0)} 43.5Z` };
}

function createTrend() {
  const drawing = svg('svg', { viewBox: `0 0 ${WIDTH} 44`, preserveAspectRatio: 'none', role: 'img', 'aria-label': '' });
  drawing.append(
    svg('line', { class: 'base', x1: 0, y1: 43.5, x2: WIDTH, y2: 43.5 }),
    svg('path', { class: 'area' }), svg('path', { class: 'line' }));
  return make('figure', 'trend', drawing, make('figcaption'));
}

function createCard() {
  const card = make('article', 'card',
    make('header', '', make('h3'), make('p', 'place'), make('p', 'tag')),
    make('p', 'headline'),
    make('div', 'figures', make('dl'), createTrend()),
    make('details', 'more', make('summary', '', 'Cause and next steps'), make('div', 'columns',
      make('div', '', make('h4', '', 'Likely cause'), make('p', 'cause'),
        make('h4', '', 'Responsible'), make('p', 'responsible'),
        make('details', '', make('summary', '', 'What the state means, and its symptoms'),
          make('p', 'meaning'), make('p', 'symptoms'))),
      make('div', '', make('h4', '', 'What to do'), make('ol', 'steps'),
        make('details', 'sockets', make('summary'), make('ul', 'peers')),
        make('p', 'peer', 'The other end: ', make('a'))))));
  card.querySelector('.more > summary').addEventListener('click', () => { readerHasChosen = true; });
  return card;
}

function createStep({ text, command }) {
  const item = make('li', '', text);
  if (command) item.append(make('code', 'command', command));
  return item;
}

function updateCard(card, finding) {
  const part = (selector) => card.querySelector(selector);
  setAttribute(card, 'data-severity', finding.severity);
  card.classList.toggle('consequence', finding.is_consequence);
  setText(part('h3'), finding.title);
  for (const name of TEXTS) setText(part(`.${name}`), finding[name]);
  reconcile(part('dl'), finding.figures, ({ label }) => label, () => make('div', '', make('dt'), make('dd')),
    (element, { label, value }) => {
      setText(element.children[0], label);
      setText(element.children[1], value);
    });
  reconcile(part('.steps'), finding.steps, ({ text, command }) => text + (command ?? ''), createStep, () => {});
  const sockets = finding.sockets ?? [];
  part('.sockets').hidden = !sockets.length;
  setText(part('.sockets summary'), finding.sockets_title ?? '');
  reconcile(part('.peers'), sockets.map((text, index) => ({ key: String(index), text })), ({ key }) => key,
    () => make('li'), (item, { text }) => setText(item, text));
  updatePeer(part('.peer'), finding.peer);
  updateTrend(part('.trend'), finding.trend);
}

/// The address of the page at the other end, as far as that is served as this one is.
export function peerPage({ host, remote, local }, { protocol, port }) {
  return `${protocol}//${host}${port && `:${port}`}/#${remote},${local}`;
}

/// A link and no more: what is there only the reader asks.
function updatePeer(element, peer) {
  element.hidden = !peer;
  if (!peer) return;
  setText(element.lastChild, peer.remote);
  setAttribute(element.lastChild, 'href', peerPage(peer, location));
}

function updateTrend(figure, trend) {
  figure.hidden = !trend;
  if (!trend) return;
  const { line, area } = trendPaths(trend.points, trend.steps);
  setAttribute(figure.querySelector('.line'), 'd', line);
  setAttribute(figure.querySelector('.area'), 'd', area);
  setText(figure.querySelector('figcaption'), trend.caption);
  setAttribute(figure.querySelector('svg'), 'aria-label', `Trend: ${trend.caption}`);
}

/// The first fault is shown in full until the reader opens or closes one.
function openFirst(cards) {
  if (readerHasChosen) return;
  cards.forEach((card, index) => {
    card.querySelector('.more').open = !index && card.dataset.severity === 'fault';
  });
}

export function showFindings({ findings, left_out: leftOut }) {
  byId('findings').hidden = !findings.length;
  reconcile(byId('cards'), findings, ({ key }) => key, createCard, updateCard);
  openFirst([...byId('cards').children]);
  byId('left-out').hidden = !leftOut;
  setText(byId('left-out'), leftOut ?? '');
}
