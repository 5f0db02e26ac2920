// Edits one row that exists: sends what has changed with the version that it rests on, and asks when somebody was
// faster. What the row is may not enter: a task, a subtask and a rule are edited alike.

import { etagOf, get, patch } from './api.js';
import { button, h } from './dom.js';
import { makeForm } from './form.js';
import { say } from './message.js';

// show(item): told of the row as the server has it now, once saved or loaded again; leave, where there is one, closes
// the editor, and a save calls it too.
export function makeEditor({ path, item, fields, label, className, submit, actions, show, leave }) {
  let current = item;
  let etag = etagOf(item);
  let aside = null;

  const choice = h('div', { class: 'choice', role: 'group', 'aria-label': 'It has changed meanwhile', hidden: true },
    h('p', null, 'It has been changed elsewhere since you loaded it. What you typed is still here.'),
    h('div', { class: 'actions' },
      button('Load again', () => form.run(reload), { class: 'primary', 'data-test': 'load-again' }),
      button('Save mine over it', () => form.run(overwrite), { 'data-test': 'overwrite' })));
  const back = button('Put my text back', putBack, { hidden: true, 'data-test': 'put-back' });
  const form = makeForm({
    fields, label, className, save,
    actions: [
      h('button', { type: 'submit', class: 'primary', 'data-test': 'save', ...submit }, 'Save'),
      button(leave ? 'Cancel' : 'Undo changes', cancel, { 'data-test': 'cancel' }), back, actions,
    ],
  });
  form.element.append(choice);
  form.element.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.isComposing) return;
    event.stopPropagation();
    cancel();
  });
  form.load(item);

  const changed = () => Object.keys(form.changes()).length > 0;

  function take(answer) {
    current = answer.data;
    etag = answer.etag ?? etagOf(current);
    choice.hidden = true;
    form.load(current);
  }
  function setAside(values) {
    aside = values;
    back.hidden = values === null;
  }
  function putBack() {
    form.write(aside);
    setAside(null);
    fields[0] && form.input(fields[0].name).focus();
  }
  function cancel() {
    if (leave) {
      leave();
    } else if (changed()) {
      const mine = form.read();
      form.load(current);
      choice.hidden = true;
      setAside(mine);
      say('Your changes are undone.');
    }
  }
  async function save() {
    if (changed()) await send();
    else if (leave) leave();
    else say('There is nothing to save.');
  }
  async function send() {
    try {
      take(await patch(path, form.changes(), etag));
    } catch (problem) {
      if (problem.status !== 412) throw problem;
      choice.hidden = false;
      choice.querySelector('button').focus();
      return;
    }
    setAside(null);
    say('Saved.');
    show(current);
    if (leave) leave();
  }
  async function reload() {
    const mine = form.read();
    take(await get(path));
    setAside(mine);
    say('This is the newest version.');
    show(current);
    form.element.querySelector('[type=submit]').focus();
  }
  // What was changed here goes on top of what was changed elsewhere; the other fields stay as they are there.
  async function overwrite() {
    etag = (await get(path)).etag ?? etag;
    await send();
  }
  return form;
}
