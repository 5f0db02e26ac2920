// Projects, agents and rules: three lists of one make, told apart by the table below. What is true of only one of them
// may enter nowhere else.

import { all, etagOf, post, remove } from './api.js';
import { button, confirming, empty, h, heading, later } from './dom.js';
import { makeEditor } from './editor.js';
import { makeForm } from './form.js';
import { makeList } from './list.js';
import { say, tell } from './message.js';

const name = { name: 'name', label: 'Name', required: true };
const project = { name: 'project_id', label: 'Project', kind: 'project' };

const KINDS = {
  projects: {
    one: 'project', many: 'Projects', lead: 'What tasks, agents and rules belong to.',
    fields: [name, { name: 'description', label: 'Description', kind: 'area' }],
    about: (item) => [item.description && h('p', { class: 'text' }, item.description)],
  },
  agents: {
    one: 'agent', many: 'Agents', lead: 'Who does the work.',
    fields: [name, { name: 'role', label: 'Role' }, project],
    about: (item, projects) => [
      h('p', { class: 'meta' }, item.role && h('span', null, item.role), projectOf(item, projects)),
    ],
  },
  rules: {
    one: 'rule', many: 'Rules', lead: 'What the work has to keep to.',
    fields: [
      name, { name: 'content', label: 'Content', kind: 'area' },
      { name: 'globs', label: 'Files', hint: 'Patterns such as src/**/*.rs' }, project,
      { name: 'active', label: 'Active', kind: 'check' },
    ],
    fresh: { active: true },
    about: (item, projects) => [
      item.content && h('p', { class: 'text' }, item.content),
      h('p', { class: 'meta' },
        h('span', { class: item.active ? 'badge status-in_progress' : 'badge' }, item.active ? 'Active' : 'Not active'),
        item.globs && h('code', null, item.globs), projectOf(item, projects)),
    ],
  },
};

const projectOf = (item, projects) => projects.has(item.project_id) && h('span', null, projects.get(item.project_id));

export async function things({ parameter, signal }) {
  const kind = KINDS[parameter];
  const path = `/${parameter}`;
  const projects = new Map();
  if (kind.fields.includes(project)) {
    const { items } = await all('/projects', { order: 'name' }, signal);
    for (const item of items) projects.set(item.id, item.name);
  }
  const fields = (prefix) => kind.fields.map((field) => ({
    ...field,
    ...(prefix && { id: `${prefix}-${field.name}` }),
    ...(field.kind === 'project' && { kind: 'choice', options: [['', 'None'], ...projects] }),
  }));

  const list = makeList({ path, label: kind.many, row, nothing, signal });
  const find = h('input', { type: 'search', id: 'filter-text', autocomplete: 'off',
    oninput: later(() => signal.aborted || list.change(wanted()), 300) });
  const opener = button(`New ${kind.one}`, open, { id: 'new-thing', class: 'primary', 'aria-expanded': 'false' });
  const place = h('div', null);

  function wanted() {
    return { q: find.value.trim(), order: 'name' };
  }
  function nothing() {
    return empty(h('p', null, find.value.trim() ? `No ${kind.one} is like that.` : `No ${kind.one} yet.`));
  }
  function open() {
    if (place.firstChild) {
      place.querySelector('input').focus();
      return;
    }
    const form = makeForm({
      label: `New ${kind.one}`, fields: fields('new'), className: 'thing',
      actions: [
        h('button', { type: 'submit', id: 'add-thing', class: 'primary' }, 'Add'),
        button('Cancel', close, { 'data-test': 'cancel' }),
      ],
      async save() {
        const { data } = await post(path, form.read());
        list.prepend(data);
        close();
        say(`The ${kind.one} is added.`);
      },
    });
    form.load(kind.fresh ?? {});
    place.append(h('div', { class: 'card', onkeydown: (event) => event.key === 'Escape' && close() }, form.element));
    opener.setAttribute('aria-expanded', 'true');
    form.input('name').focus();
  }
  function close() {
    place.replaceChildren();
    opener.setAttribute('aria-expanded', 'false');
    opener.focus();
  }

  function row(item) {
    const li = h('li', { 'data-thing': item.id, class: 'row' });
    fill(li, item);
    return li;
  }
  function fill(li, item) {
    li.replaceChildren(
      h('div', { class: 'grow' }, h('h2', { class: 'title' }, item.name), kind.about(item, projects)),
      h('span', { class: 'buttons' },
        button('Edit', () => edit(li, item),
          { class: 'quiet', 'aria-label': `Edit: ${item.name}`, 'data-test': 'edit' }),
        confirming('Delete', 'Delete it?', () => erase(li, item),
          { ask: { 'aria-label': `Delete: ${item.name}`, 'data-test': 'delete' } })));
  }
  function edit(li, item) {
    let current = item;
    const editor = makeEditor({
      path: `${path}/${item.id}`, item, fields: fields(), label: `Edit the ${kind.one}`, className: 'thing',
      show: (next) => { current = next; },
      leave: () => {
        fill(li, current);
        li.querySelector('[data-test=edit]').focus();
      },
    });
    li.replaceChildren(editor.element);
    editor.input('name').focus();
  }
  async function erase(li, item) {
    try {
      await remove(`${path}/${item.id}`, etagOf(item));
    } catch (problem) {
      tell(problem);
      return false;
    }
    list.drop(li, opener);
    say(`The ${kind.one} is deleted.`);
    return true;
  }

  await list.load(wanted());
  return h('section', null,
    h('div', { class: 'headline' }, heading(kind.many), opener),
    h('p', { class: 'lead' }, kind.lead),
    place,
    h('div', { class: 'filters' },
      h('div', { class: 'field' }, h('label', { for: 'filter-text' }, 'Name contains'), find)),
    list.element);
}
