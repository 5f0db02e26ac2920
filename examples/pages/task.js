// One task: everything that it has, and what hangs on it. One that is absent and one that is somebody else's look the
// same, byte for byte. How a list of tasks looks may not enter.

import { all, etagOf, get, remove } from './api.js';
import { confirming, h, heading, notFound, time } from './dom.js';
import { makeEditor } from './editor.js';
import { say, sayThere, tell } from './message.js';
import { dependencies } from './dependencies.js';
import { subtasks } from './subtasks.js';
import { PRIORITY, STATUS } from './tasks.js';

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export async function task({ parameter: id, signal, memory, retitle }) {
  const list = memory.get('tasks') ?? '#/tasks';
  const missing = () => notFound('There is no such task.', '#/tasks', 'Back to your tasks');
  if (!ID.test(id)) return missing();
  let item;
  try {
    item = (await get(`/tasks/${id}`, null, { signal })).data;
  } catch (problem) {
    if (problem.status === 404) return missing();
    throw problem;
  }
  const [projects, agents, below, needed] = await Promise.all([
    all('/projects', { order: 'name' }, signal), all('/agents', { order: 'name' }, signal),
    subtasks({ id, signal }), dependencies({ id, signal }),
  ]);
  const named = ({ items }) => [['', 'None'], ...items.map((each) => [each.id, each.name])];

  const title = heading(item.title);
  const changed = h('p', { class: 'meta' });
  const editor = makeEditor({
    path: `/tasks/${id}`, item, label: 'Task', className: 'task', show,
    submit: { id: 'save-task' },
    fields: [
      { name: 'title', label: 'Title', id: 'task-title', required: true },
      { name: 'description', label: 'Description', id: 'task-description', kind: 'area', rows: 6 },
      { name: 'status', label: 'Status', id: 'task-status', kind: 'choice', options: STATUS },
      { name: 'priority', label: 'Priority', id: 'task-priority', kind: 'choice', options: PRIORITY },
      { name: 'due_on', label: 'Due', id: 'task-due', kind: 'date' },
      { name: 'project_id', label: 'Project', id: 'task-project', kind: 'choice', options: named(projects) },
      { name: 'agent_id', label: 'Agent', id: 'task-agent', kind: 'choice', options: named(agents) },
    ],
    actions: confirming('Delete task', 'Delete this task, and its subtasks?', erase,
      { ask: { id: 'delete-task' }, yes: { id: 'confirm-delete' } }),
  });
  let current = item;

  function show(next) {
    current = next;
    title.textContent = next.title;
    changed.replaceChildren('Made ', time(next.created_at), ', last changed ', time(next.updated_at), '.');
    retitle();
  }
  async function erase() {
    try {
      await remove(`/tasks/${id}`, etagOf(current));
    } catch (problem) {
      if (problem.status === 412) {
        say('The task has been changed elsewhere since you loaded it, and was not deleted. Load it again first.', true);
      } else {
        tell(problem);
      }
      return false;
    }
    sayThere('The task is deleted.');
    location.replace(list);
    return true;
  }
  show(item);

  return h('article', null,
    h('p', { class: 'crumb' }, h('a', { href: list }, '← Tasks')),
    title, changed,
    h('div', { class: 'card' }, editor.element),
    h('div', { class: 'columns' }, below, needed));
}
