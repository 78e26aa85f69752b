// The reader's choice of light or dark, remembered if the browser allows it.
import { byId, setAttribute, setText } from './elements.js';

const system = matchMedia('(prefers-color-scheme: dark)');
let chosen = stored();

function stored() {
  try {
    const theme = localStorage.getItem('theme');
    return theme === 'dark' || theme === 'light' ? theme : null;
  } catch {
    return null;
  }
}

const isDark = () => (chosen ? chosen === 'dark' : system.matches);

function show() {
  if (chosen) document.documentElement.dataset.theme = chosen;
  setAttribute(byId('theme'), 'aria-pressed', String(isDark()));
  setText(byId('theme-state'), isDark() ? ': on' : ': off');
}

export function offerTheme() {
  show();
  system.addEventListener('change', show);
  byId('theme').addEventListener('click', () => {
    chosen = isDark() ? 'light' : 'dark';
    try { localStorage.setItem('theme', chosen); } catch { /* a private window stores nothing */ }
    show();
  });
}
