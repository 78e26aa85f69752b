// Elements of the page. What is already there is not set again, so that nothing flickers and nothing that a
// reader has selected or focused is lost. Text from the daemon contains names that strangers choose: it goes
// into text nodes and attributes, never into markup.

export const byId = (id) => document.getElementById(id);

export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/// Without a value the attribute is removed.
export function setAttribute(element, name, value) {
  if (!value) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/// Makes the children of `parent` those of `items`, in their order; elements are kept by key.
export function reconcile(parent, items, keyOf, create, update) {
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

/// A small bar: each part is a share of 1 and a class for its colour.
export function drawMeter(meter, parts) {
  meter.hidden = !parts.length;
  reconcile(meter, parts.map((part, index) => [String(index), ...part]), ([index]) => index, () => make('i'),
    (bar, [, share, kind]) => {
      const width = `${(share * 100).toFixed(1)}%`;
      if (bar.style.width !== width) bar.style.width = width;
      if (bar.className !== kind) bar.className = kind;
    });
}
