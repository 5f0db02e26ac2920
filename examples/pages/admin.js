// For administrators: who has accessed how much, and who has tried what. Nothing is asked of the server before there
// is a reason, which goes on record with each look. Contents of anybody's rows may not enter.

import { get, Problem } from './api.js';
import { empty, h, heading, short, table, time } from './dom.js';
import { makeForm } from './form.js';
import { accessChart } from './chart.js';

const DAYS = [['7', '7 days'], ['30', '30 days'], ['90', '90 days'], ['366', 'A year']];

const nameOf = (item) => item.username ?? `Unknown user ${String(item.user_id).slice(0, 8)}`;

export async function admin({ signal, user, memory }) {
  if (!user.administrator) {
    return empty(heading('This is for administrators.'),
      h('p', null, h('a', { href: '#/tasks' }, 'Back to your tasks')));
  }
  const form = makeForm({
    label: 'Reason', className: 'adding card', save,
    fields: [
      { name: 'reason', label: 'Why do you look?', id: 'reason', required: true,
        hint: 'Each look is on record with your name and this reason.' },
      { name: 'days', label: 'How far back', id: 'days', kind: 'choice', options: DAYS },
    ],
    actions: [h('button', { type: 'submit', id: 'show-audit', class: 'primary' }, 'Show')],
  });
  form.load({ reason: memory.get('reason') ?? '', days: '30' });
  const place = h('div', { class: 'stack' });

  async function save() {
    const { reason, days } = form.read();
    // As the server counts: it would answer in words for programs.
    if ((reason.match(/[\p{L}\p{N}]/gu) ?? []).length < 3) {
      throw new Problem(422, { detail: 'Say why you look.', errors: [{ field: 'reason', message: 'At least three letters.' }] });
    }
    const options = { reason: reason.trim(), signal };
    const patterns = (await get('/admin/audit/patterns', { days }, options)).data;
    const suspicious = (await get('/admin/audit/suspicious', null, options)).data;
    memory.set('reason', reason);
    place.replaceChildren(picture(patterns), attempts(suspicious));
    place.querySelector('h2').focus();
  }
  function picture({ items, receipt }) {
    const newest = [...items].sort((a, b) => b.day.localeCompare(a.day) || b.count - a.count);
    return h('section', { id: 'patterns', class: 'card' },
      h('h2', { tabindex: '-1' }, 'Accesses by user and day'),
      items.length === 0 ? empty(h('p', null, 'There were none.')) : h('div', { class: 'beside' },
        accessChart(items.map((item) => ({ ...item, name: nameOf(item) }))),
        table('Accesses by user and day', ['Day', 'User', 'Accesses'], newest.map((item) => h('tr', null,
          h('td', null, item.day), h('td', null, nameOf(item)), h('td', { class: 'number' }, item.count))))),
      record(receipt));
  }
  function attempts({ items, receipt }) {
    return h('section', { id: 'suspicious', class: 'card' },
      h('h2', null, 'Suspicious attempts'),
      h('p', { class: 'hint' }, 'The last hundred times that somebody asked for a row that is not theirs.'),
      items.length === 0 ? empty(h('p', null, 'There were none.'))
        : table('Suspicious attempts', ['When', 'User', 'Attempted', 'Entity', 'Row'], items.map((item) =>
          h('tr', { 'data-user': item.username ?? item.user_id, 'data-row': item.entity_id },
            h('td', null, time(item.timestamp)), h('td', null, nameOf(item)), h('td', null, item.attempted ?? '–'),
            h('td', null, item.entity_type), h('td', null, item.entity_id ? short(item.entity_id) : '–')))),
      record(receipt));
  }
  const record = (receipt) => receipt &&
    h('p', { class: 'hint' }, 'This look is on record: ', h('code', null, receipt));

  return h('section', null, heading('Audit of everybody'), form.element, place);
}
