// One's own tasks: the list with its filters, a field for the next one, and a checkbox to finish each. The filters live
// in the address, so that going back finds them. What a task has inside may not enter.

import { all, etagOf, get, patch, post } from './api.js';
import { button, date, empty, h, heading, later, today } from './dom.js';
import { makeForm } from './form.js';
import { makeList } from './list.js';
import { hush, say, tell } from './message.js';

export const STATUS = [['todo', 'To do'], ['in_progress', 'In progress'], ['done', 'Done']];
export const PRIORITY = [['low', 'Low'], ['medium', 'Medium'], ['high', 'High']];
const ORDER = [
  ['-created_at', 'Newest first'], ['created_at', 'Oldest first'], ['-updated_at', 'Last changed'],
  ['due_on', 'Due first'], ['-due_on', 'Due last'], ['title', 'Title, A to Z'], ['-title', 'Title, Z to A'],
];
const word = (words, value) => words.find(([key]) => key === value)?.[1] ?? value;

export async function tasks({ query, signal, memory, from }) {
  const projects = await all('/projects', { order: 'name' }, signal);
  const names = new Map(projects.items.map((project) => [project.id, project.name]));

  const add = makeForm({
    label: 'New task',
    className: 'adding',
    fields: [{ name: 'title', label: 'New task', id: 'new-task', placeholder: 'What is to be done?' }],
    actions: [h('button', { type: 'submit', id: 'add-task', class: 'primary' }, 'Add')],
    save: create,
  });
  const list = makeList({ path: '/tasks', label: 'Tasks', row, nothing, signal });

  const filters = {
    q: h('input', { type: 'search', id: 'filter-text', autocomplete: 'off', oninput: later(changed, 300) }),
    status: choice('filter-status', [['', 'Any'], ...STATUS]),
    priority: choice('filter-priority', [['', 'Any'], ...PRIORITY]),
    project_id: choice('filter-project', [['', 'Any'], ...projects.items.map(({ id, name }) => [id, name])]),
    order: choice('order', ORDER),
  };
  restore();

  function choice(id, options) {
    return h('select', { id, onchange: changed }, options.map(([value, text]) => h('option', { value }, text)));
  }
  function restore() {
    for (const [name, input] of Object.entries(filters)) {
      const value = query.get(name);
      if (value === null) continue;
      if (input.tagName === 'INPUT' || [...input.options].some((option) => option.value === value)) input.value = value;
    }
  }
  function wanted() {
    return Object.fromEntries(Object.entries(filters).map(([name, input]) => [name, input.value.trim()]));
  }
  function remember() {
    const usual = ([name, value]) => !value || (name === 'order' && value === ORDER[0][0]);
    const given = Object.entries(wanted()).filter((each) => !usual(each));
    const search = new URLSearchParams(given).toString();
    const hash = search ? `#/tasks?${search}` : '#/tasks';
    memory.set('tasks', hash);
    return hash;
  }
  function changed() {
    if (signal.aborted) return;
    history.replaceState(null, '', remember());
    list.change(wanted());
  }
  function clear() {
    for (const name of ['q', 'status', 'priority', 'project_id']) filters[name].value = '';
    filters.q.focus();
    changed();
  }
  function nothing() {
    const { order, ...narrowing } = wanted();
    return Object.values(narrowing).some(Boolean)
      ? empty(h('p', null, 'No task is like that.'), button('Show all', clear))
      : empty(h('p', null, 'Nothing to do. Type a title above to begin.'));
  }

  async function create() {
    const { title } = add.read();
    const { data } = await post('/tasks', { title, project_id: filters.project_id.value || null });
    add.load({ title: '' });
    list.prepend(data);
    add.input('title').focus();
    say(data.project_id ? `Added to ${names.get(data.project_id)}.` : 'Added.');
  }

  function row(task) {
    const li = h('li', { 'data-task': task.id, class: 'row' });
    fill(li, task);
    return li;
  }
  function fill(li, task) {
    const done = task.status === 'done';
    const late = !done && task.due_on && task.due_on < today();
    li.classList.toggle('done', done);
    li.replaceChildren(
      h('input', { type: 'checkbox', checked: done, 'aria-label': `Done: ${task.title}`,
        onchange: (event) => finish(li, task, event.target) }),
      h('div', { class: 'grow' },
        h('a', { class: 'title', href: `#/tasks/${task.id}` }, task.title),
        h('p', { class: 'meta' },
          h('span', { class: `badge status-${task.status}` }, word(STATUS, task.status)),
          task.priority !== 'medium' &&
            h('span', { class: `badge priority-${task.priority}` }, `${word(PRIORITY, task.priority)} priority`),
          task.due_on &&
            h('span', { class: late ? 'late' : null }, date(task.due_on, late ? 'Overdue since ' : 'Due ')),
          names.has(task.project_id) && h('span', null, names.get(task.project_id)))));
  }
  async function finish(li, task, box) {
    const again = (item) => {
      const focused = li.contains(document.activeElement);
      fill(li, item);
      if (focused) li.querySelector('input').focus();
    };
    if (li.getAttribute('aria-busy')) return;
    li.setAttribute('aria-busy', 'true');
    try {
      const status = box.checked ? 'done' : 'todo';
      again((await patch(`/tasks/${task.id}`, { status }, etagOf(task))).data);
      hush();
    } catch (problem) {
      box.checked = task.status === 'done';
      if (problem.status === 412) await renew(task, again);
      else tell(problem);
    } finally {
      li.removeAttribute('aria-busy');
    }
  }
  async function renew(task, again) {
    try {
      again((await get(`/tasks/${task.id}`)).data);
      say('This task has been changed elsewhere; it is now shown as it is. Try again.', true);
    } catch (problem) {
      tell(problem);
    }
  }

  remember();
  await list.load(wanted());
  // Back from a task, the keyboard goes on from its row.
  const came = /^#\/tasks\/([^/?]+)$/.exec(from ?? '');
  const left = came && [...list.element.querySelectorAll('li')].find((li) => li.dataset.task === came[1]);
  left?.querySelector('a').setAttribute('data-first-focus', '');

  const labelled = (text, input) => h('div', { class: 'field' }, h('label', { for: input.id }, text), input);
  return h('section', null,
    heading('Tasks'),
    add.element,
    h('div', { class: 'filters', role: 'search', 'aria-label': 'Filter and order' },
      labelled('Title contains', filters.q), labelled('Status', filters.status), labelled('Priority', filters.priority),
      labelled('Project', filters.project_id), labelled('Order', filters.order)),
    list.element);
}
