// The table of groups: search, filters, order, and its drawing.
import { byId, drawMeter, make, reconcile, setAttribute, setText } from './elements.js';

const collator = new Intl.Collator('en', { numeric: true });
let columns = [];
let rows = [];
let sort = null;

/// The daemon writes a cell that is only a number, or blank for 0, as that number.
export function cellOf(cell) {
  return typeof cell === 'object' ? cell : { value: cell, text: cell ? String(cell) : '' };
}

/// Whether a row has every word in its first two cells, the process and the port, and passes the filters.
export function matches(row, { words, state, direction }) {
  if (state && !row.states.includes(state)) return false;
  if (direction && row.direction !== direction) return false;
  const text = row.cells.slice(0, 2).map(cellOf).map(({ text, note }) => `${text} ${note ?? ''}`)
    .join(' ').toLowerCase();
  return words.every((word) => text.includes(word));
}

/// The rows by one column; equal ones, and all if no column is chosen, stay in the daemon's order.
export function sorted(rows, order) {
  if (!order) return rows;
  const sign = order.descending ? -1 : 1;
  const value = (row) => cellOf(row.cells[order.index]).value;
  return rows.slice().sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    return sign * (typeof x === 'string' ? collator.compare(x, y) : x - y);
  });
}

function filter() {
  return {
    words: byId('search').value.trim().toLowerCase().split(/\s+/).filter(Boolean),
    state: byId('state').value, direction: byId('side').value,
  };
}

function drawCell(element, cell) {
  const { text, note, tooltip, severity, bars } = cellOf(cell);
  const [main, small, meter] = element.children;
  setText(main, text);
  setText(small, note ?? '');
  drawMeter(meter, bars ?? []);
  setAttribute(element, 'title', tooltip);
  setAttribute(element, 'data-severity', severity);
}

function createRow() {
  const row = make('tr');
  for (const { is_text: isText } of columns) {
    const cell = make(isText ? 'th' : 'td', isText ? 'text' : '',
      make('span', 'main'), make('span', 'small'), make('span', 'meter'));
    if (isText) cell.scope = 'row';
    row.append(cell);
  }
  return row;
}

function createHead(column, index) {
  const button = make('button', '', column.title);
  button.type = 'button';
  button.addEventListener('click', () => {
    sort = { index, descending: sort?.index === index ? !sort.descending : !column.is_text };
    draw();
  });
  const cell = make('th', column.is_text ? 'text' : '', button);
  cell.scope = 'col';
  cell.dataset.column = column.id;
  return cell;
}

function layOut(document) {
  columns = document.columns;
  byId('head').append(make('tr', '', ...columns.map(createHead)));
  byId('state').append(...document.states.map(({ name, title }) => new Option(title, name)));
  for (const id of ['search', 'state', 'side']) byId(id).addEventListener('input', draw);
}

function showOrder() {
  [...byId('head').querySelectorAll('th')].forEach((cell, index) => {
    setAttribute(cell, 'aria-sort', sort?.index === index && (sort.descending ? 'descending' : 'ascending'));
  });
}

function drawRows(body, shown) {
  if (!shown.length) {
    const cell = make('td', '', rows.length ? 'No matches.' : 'No process has TCP sockets.');
    cell.colSpan = columns.length;
    body.replaceChildren(make('tr', 'empty', cell));
    return;
  }
  body.querySelector('.empty')?.remove();
  reconcile(body, shown, ({ key }) => key, createRow, (element, row) => {
    setAttribute(element, 'data-severity', row.severity);
    row.cells.forEach((cell, index) => drawCell(element.children[index], cell));
  });
}

function draw() {
  const wanted = filter();
  const shown = sorted(rows.filter((row) => matches(row, wanted)), sort);
  showOrder();
  drawRows(byId('rows'), shown);
  const count = shown.length === rows.length ? `${rows.length}` : `${shown.length} of ${rows.length}`;
  setText(byId('shown'), `${count} ${rows.length === 1 ? 'group' : 'groups'}`
    + (!sort && rows.some(({ severity }) => severity) ? ', findings first' : ''));
}

export function showTable(document) {
  if (!columns.length) layOut(document);
  rows = document.rows;
  draw();
}

/// Says if columns are out of sight; if none is, the head of the table can stay in view.
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

export function watchEdges() {
  byId('scroller').addEventListener('scroll', showEdges, { passive: true });
  const sizes = new ResizeObserver(showEdges);
  sizes.observe(byId('scroller'));
  sizes.observe(byId('scroller').firstElementChild);
}
