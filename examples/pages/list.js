// A list that comes in pages: loads, shows "More", and gives up what is no longer wanted. What a row looks like, and
// what its filters are, may not enter.

import { get } from './api.js';
import { button, empty, h, loading } from './dom.js';
import { say, tell } from './message.js';

// row(item) makes an li; nothing() makes what is shown when there is none.
export function makeList({ path, label, row, nothing, signal }) {
  const rows = h('ul', { class: 'rows', 'aria-label': label });
  const more = button('More', next, { id: 'more', hidden: true });
  const state = h('div', null);
  const element = h('div', { class: 'list' }, rows, state, h('div', { class: 'center' }, more));
  let query = {};
  let cursor = null;
  let pending = null;

  async function page(from) {
    pending?.abort();
    const mine = pending = new AbortController();
    const given = AbortSignal.any ? AbortSignal.any([signal, mine.signal]) : mine.signal;
    element.setAttribute('aria-busy', 'true');
    try {
      const { data } = await get(path, { ...query, cursor: from }, { signal: given });
      if (from === null) rows.replaceChildren();
      const made = data.items.map(row);
      rows.append(...made);
      cursor = data.next;
      more.hidden = cursor === null;
      settle();
      return made;
    } finally {
      if (pending === mine) element.removeAttribute('aria-busy');
    }
  }
  async function next() {
    try {
      const [first] = await page(cursor);
      first?.querySelector('a, button, input')?.focus();
    } catch (problem) {
      tell(problem);
    }
  }
  function settle() {
    const none = rows.children.length === 0;
    rows.hidden = none;
    state.replaceChildren(...(none ? [nothing()] : []));
  }

  return {
    element,
    settle,
    // Throws what the call fails with; the rows that were there stay.
    async load(wanted) {
      query = wanted;
      if (rows.children.length === 0) state.replaceChildren(loading());
      await page(null);
    },
    // Loads with another filter, and says how it went.
    async change(wanted) {
      query = wanted;
      try {
        const { length } = await page(null);
        say(cursor ? `The first ${length} are shown.` : `${length} ${length === 1 ? 'is' : 'are'} shown.`);
      } catch (problem) {
        if (problem.name === 'AbortError') return;
        tell(problem);
        if (rows.children.length === 0) {
          state.replaceChildren(empty(button('Try again', () => this.change(query))));
        }
      }
    },
    prepend(item) {
      const made = row(item);
      rows.prepend(made);
      settle();
      return made;
    },
    // Takes a row out, and moves the focus to its neighbour, or to where the caller says.
    drop(li, otherwise) {
      const neighbour = li.nextElementSibling ?? li.previousElementSibling;
      li.remove();
      settle();
      (neighbour?.querySelector('a, button, input') ?? otherwise).focus();
    },
  };
}
