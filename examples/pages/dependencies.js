// The tasks that one task depends on: choose one of one's own, or take one away. The task itself may not enter, beside
// its id; neither may other users' tasks, of which the server tells nothing.

import { all, get, post, remove } from './api.js';
import { button, h, later } from './dom.js';
import { makeForm } from './form.js';
import { say, tell } from './message.js';

export async function dependencies({ id, signal }) {
  const path = `/tasks/${id}/dependencies`;
  const known = new Map();
  const chosen = new Set();
  const rows = h('ul', { class: 'rows', 'aria-label': 'Tasks that it depends on' });
  const count = h('p', { class: 'hint' });
  const find = h('input', { type: 'search', id: 'find-dependency', autocomplete: 'off', oninput: later(offer, 300),
    onkeydown: (event) => event.key === 'Enter' && event.preventDefault() });
  const add = makeForm({
    label: 'New dependency',
    className: 'adding',
    fields: [{
      name: 'depends_on_id', label: 'Depends on', id: 'new-dependency', kind: 'choice',
      options: [['', 'Choose a task']],
    }],
    actions: [h('button', { type: 'submit', id: 'add-dependency' }, 'Add')],
    save: create,
  });
  add.element.prepend(h('div', { class: 'field' }, h('label', { for: 'find-dependency' }, 'Find a task'), find));
  const select = add.input('depends_on_id');

  async function offer() {
    try {
      const { data } = await get('/tasks', { q: find.value.trim(), order: '-updated_at', limit: 50 }, { signal });
      for (const task of data.items) known.set(task.id, task);
      const others = data.items.filter((task) => task.id !== id && !chosen.has(task.id));
      const before = select.value;
      select.replaceChildren(
        h('option', { value: '' }, others.length === 0 ? 'No task is like that' : 'Choose a task'),
        ...others.map((task) => h('option', { value: task.id }, task.title)));
      select.value = others.some((task) => task.id === before) ? before : '';
      // A single hit is chosen already.
      if (find.value.trim() && others.length === 1) select.value = others[0].id;
    } catch (problem) {
      tell(problem);
    }
  }
  async function create() {
    const { depends_on_id: other } = add.read();
    if (!other) {
      say('Choose a task first.', true);
      select.focus();
      return;
    }
    const { data } = await post(path, { depends_on_id: other });
    chosen.add(other);
    rows.append(row(data));
    settle();
    select.querySelector('option:checked').remove();
    select.focus();
    say('Added.');
  }
  function settle() {
    rows.hidden = rows.children.length === 0;
    count.textContent = rows.hidden ? 'It waits for nothing.' : 'These come first.';
  }
  function row(dependency) {
    const other = known.get(dependency.depends_on_id);
    const done = other?.status === 'done';
    const title = other?.title ?? `Task ${dependency.depends_on_id.slice(0, 8)}`;
    const li = h('li', { 'data-dependency': dependency.id, class: done ? 'row done' : 'row' },
      h('div', { class: 'grow' },
        h('a', { class: 'title', href: `#/tasks/${dependency.depends_on_id}` }, title),
        h('p', { class: 'meta' }, h('span', null, done ? 'Done' : 'Not done yet'),
          dependency.note && h('span', null, dependency.note))),
      h('span', { class: 'buttons' },
        button('Remove', () => erase(li, dependency),
          { class: 'quiet', 'aria-label': `Remove: ${title}`, 'data-test': 'remove' })));
    return li;
  }
  async function erase(li, dependency) {
    try {
      await remove(`${path}/${dependency.id}`);
    } catch (problem) {
      tell(problem);
      return;
    }
    const neighbour = li.nextElementSibling ?? li.previousElementSibling;
    li.remove();
    settle();
    (neighbour?.querySelector('a') ?? select).focus();
    chosen.delete(dependency.depends_on_id);
    offer();
    say('It no longer depends on that task.');
  }

  const { items } = await all(path, { order: 'created_at' }, signal);
  for (const item of items) chosen.add(item.depends_on_id);
  await offer();
  const unknown = [...chosen].filter((other) => !known.has(other));
  await Promise.all(unknown.map((other) => get(`/tasks/${other}`, null, { signal }).then(
    ({ data }) => known.set(other, data),
    (problem) => { if (problem.status !== 404) throw problem; })));
  rows.append(...items.map(row));
  settle();
  return h('section', { class: 'card', 'aria-labelledby': 'dependencies-heading' },
    h('h2', { id: 'dependencies-heading' }, 'Depends on'), count, rows, add.element);
}
