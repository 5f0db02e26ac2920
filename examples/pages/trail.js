// One's own audit trail: what one has done, newest first. Nobody else's accesses may enter, and nothing can be changed.

import { get } from './api.js';
import { button, empty, h, heading, short, table, time } from './dom.js';
import { say, tell } from './message.js';

const FIRST = 50;
const MOST = 100;

export async function trail({ signal }) {
  const { data } = await get('/audit', { limit: FIRST }, { signal });
  const place = h('div', { id: 'trail' });
  const more = button(`Show up to ${MOST}`, extend, { id: 'more', hidden: data.items.length < FIRST });

  async function extend() {
    try {
      const { data: longer } = await get('/audit', { limit: MOST }, { signal });
      show(longer.items);
      more.hidden = true;
      place.querySelector('[role=region]').focus();
      say(`${longer.items.length} accesses are shown.`);
    } catch (problem) {
      tell(problem);
    }
  }
  function show(items) {
    place.replaceChildren(items.length === 0
      ? empty(h('p', null, 'Nothing has been done yet.'))
      : table('What you have done', ['When', 'What', 'Entity', 'Row', 'Details'], items.map(row)));
  }
  function row(item) {
    return h('tr', null,
      h('td', null, time(item.timestamp)),
      h('td', null, h('span', { class: 'badge' }, item.operation)),
      h('td', null, item.entity_type),
      h('td', null, item.entity_id ? short(item.entity_id) : '–'),
      h('td', null, details(item)));
  }
  function details(item) {
    const nothing = item.details === null || item.details === undefined || Object.keys(item.details).length === 0;
    if (nothing && !item.entity_id) return '–';
    return h('details', null,
      h('summary', null, 'Show',
        h('span', { class: 'unseen' }, ` the details of ${item.operation}, ${item.entity_type}`)),
      item.entity_id && h('p', null, h('code', null, item.entity_id)),
      !nothing && h('pre', null, JSON.stringify(item.details, null, 2)));
  }

  show(data.items);
  return h('section', null,
    heading('Your trail'),
    h('p', { class: 'lead' }, 'Every access in your name is on record. Newest first.'),
    place, h('div', { class: 'center' }, more));
}
