// The subtasks of one task: add, rename, finish, delete. The task itself may not enter, beside its id.

import { all, etagOf, get, patch, post, remove } from './api.js';
import { button, confirming, h } from './dom.js';
import { makeEditor } from './editor.js';
import { makeForm } from './form.js';
import { hush, say, tell } from './message.js';

export async function subtasks({ id, signal }) {
  const path = `/tasks/${id}/subtasks`;
  const { items, complete } = await all(path, { order: 'created_at' }, signal);
  const rows = h('ul', { class: 'rows', 'aria-label': 'Subtasks' });
  const count = h('p', { class: 'hint' });
  const add = makeForm({
    label: 'New subtask',
    className: 'adding',
    fields: [{ name: 'title', label: 'New subtask', id: 'new-subtask', placeholder: 'One step of it' }],
    actions: [h('button', { type: 'submit', id: 'add-subtask' }, 'Add')],
    save: create,
  });

  function settle() {
    const number = rows.children.length;
    const done = rows.querySelectorAll('.done').length;
    rows.hidden = number === 0;
    const rest = complete ? '' : '; more exist than are shown';
    count.textContent = number === 0 ? 'None yet.' : `${done} of ${number} done${rest}.`;
  }
  async function create() {
    const { data } = await post(path, { title: add.read().title });
    add.load({ title: '' });
    rows.append(row(data));
    settle();
    add.input('title').focus();
    say('Added.');
  }

  function row(subtask) {
    const li = h('li', { 'data-subtask': subtask.id, class: 'row' });
    fill(li, subtask);
    return li;
  }
  function fill(li, subtask) {
    li.classList.toggle('done', subtask.done);
    li.replaceChildren(
      h('input', { type: 'checkbox', checked: subtask.done, 'aria-label': `Done: ${subtask.title}`,
        onchange: (event) => finish(li, subtask, event.target) }),
      h('span', { class: 'title grow' }, subtask.title),
      h('span', { class: 'buttons' },
        button('Edit', () => edit(li, subtask),
          { class: 'quiet', 'aria-label': `Edit: ${subtask.title}`, 'data-test': 'edit' }),
        confirming('Delete', 'Delete it?', () => erase(li, subtask),
          { ask: { 'aria-label': `Delete: ${subtask.title}`, 'data-test': 'delete' } })));
  }
  async function finish(li, subtask, box) {
    if (li.getAttribute('aria-busy')) return;
    li.setAttribute('aria-busy', 'true');
    const again = (item) => {
      const focused = li.contains(document.activeElement);
      fill(li, item);
      if (focused) li.querySelector('input').focus();
      settle();
    };
    try {
      again((await patch(`${path}/${subtask.id}`, { done: box.checked }, etagOf(subtask))).data);
      hush();
    } catch (problem) {
      box.checked = subtask.done;
      if (problem.status !== 412) {
        tell(problem);
        return;
      }
      await get(`${path}/${subtask.id}`).then(({ data }) => again(data), tell);
      say('This subtask has been changed elsewhere; it is now shown as it is. Try again.', true);
    } finally {
      li.removeAttribute('aria-busy');
    }
  }
  function edit(li, subtask) {
    let current = subtask;
    const editor = makeEditor({
      path: `${path}/${subtask.id}`, item: subtask, label: 'Edit the subtask', className: 'inline',
      fields: [{ name: 'title', label: 'Title', required: true }],
      show: (item) => { current = item; },
      leave: () => {
        fill(li, current);
        settle();
        li.querySelector('[data-test=edit]').focus();
      },
    });
    li.replaceChildren(editor.element);
    editor.input('title').focus();
    editor.input('title').select();
  }
  async function erase(li, subtask) {
    try {
      await remove(`${path}/${subtask.id}`);
    } catch (problem) {
      tell(problem);
      return false;
    }
    const neighbour = li.nextElementSibling ?? li.previousElementSibling;
    li.remove();
    settle();
    (neighbour?.querySelector('input') ?? add.input('title')).focus();
    say('The subtask is deleted.');
    return true;
  }

  rows.append(...items.map(row));
  settle();
  return h('section', { class: 'card', 'aria-labelledby': 'subtasks-heading' },
    h('h2', { id: 'subtasks-heading' }, 'Subtasks'), count, rows, add.element);
}
