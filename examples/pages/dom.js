// Makes elements, and the few parts that every view shares. Text enters as text nodes, attributes and values: nothing
// that parses HTML may enter here, or anywhere. Neither may calls to the server, nor a word about one view.

const SVG = 'http://www.w3.org/2000/svg';
const PROPERTIES = new Set(['value', 'checked', 'disabled', 'hidden']);
const REFUSED = /^(style|srcdoc|src|action|formaction)$/i;

function build(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.replace(/^on/, ''), value);
    else if (PROPERTIES.has(name)) element[name] = value;
    else if (REFUSED.test(name) || /^on/i.test(name)) throw new TypeError(`${name} is not for attributes`);
    else if (name === 'href' && !String(value).startsWith('#')) throw new TypeError('links stay on this page');
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

export const h = (tag, props, ...children) => build(document.createElement(tag), props, children);
export const svg = (tag, props, ...children) => build(document.createElementNS(SVG, tag), props, children);

export const button = (text, onclick, props) => h('button', { type: 'button', onclick, ...props }, text);

export const heading = (text, props) => h('h1', { tabindex: '-1', ...props }, text);

export const loading = () => h('p', { class: 'loading', role: 'status' }, 'Loading…');

export const empty = (...children) => h('div', { class: 'empty' }, ...children);

// What is shown in place of something that is absent, or somebody else's: the two cannot be told apart.
export const notFound = (sentence, href, back) => h('section', { id: 'not-found', class: 'empty' },
  heading(sentence), h('p', null, h('a', { href }, back)));

// A table that scrolls by itself where it is too wide, by the keyboard as well.
export function table(caption, columns, rows) {
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    h('table', null,
      h('caption', { class: 'unseen' }, caption),
      h('thead', null, h('tr', null, columns.map((column) => h('th', { scope: 'col' }, column)))),
      h('tbody', null, rows)));
}

// A button that asks, in its own place, before it does something that cannot be taken back.
export function confirming(text, question, act, { ask = {}, yes = {} } = {}) {
  const place = h('span', { class: 'confirming' });
  const opener = button(text, open, { class: 'danger quiet', ...ask });
  let running = false;

  function open() {
    const keep = button('Keep it', close, { class: 'quiet', 'data-test': 'keep' });
    const group = h('span', { class: 'question', role: 'group', 'aria-label': question, onkeydown },
      h('span', null, question), keep,
      button('Delete', confirm, { class: 'danger', 'data-test': 'confirm', ...yes }));
    place.replaceChildren(group);
    keep.focus();
  }
  function close() {
    place.replaceChildren(opener);
    opener.focus();
  }
  function onkeydown(event) {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    close();
  }
  async function confirm() {
    if (running) return;
    running = true;
    const done = await act();
    running = false;
    if (!done && place.isConnected) close();
  }
  place.append(opener);
  return place;
}

export function later(act, milliseconds) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, milliseconds);
  };
}

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

export const time = (text) => h('time', { datetime: text }, moment.format(new Date(text)));

// A date has no zone: it is the same day everywhere.
export function date(text, before = '') {
  const [year, month, of] = text.split('-').map(Number);
  return h('time', { datetime: text }, before, day.format(new Date(year, month - 1, of)));
}

export function today() {
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
}

export const short = (id) => h('code', { title: id }, String(id).slice(0, 8));
