// Forms: fields with a label, a hint and a place for what is wrong. Nothing is validated here that the server
// validates, and no call may enter: what was typed stays until the caller says otherwise.

import { h } from './dom.js';
import { hush, tell } from './message.js';

let serial = 0;

function control({ name, label, kind = 'text', id, options, hint, required, rows, autocomplete, placeholder }) {
  serial += 1;
  const own = id ?? `${name}-${serial}`;
  const common = { id: own, name, required, autocomplete: autocomplete ?? 'off', placeholder, 'data-field': name };
  const error = h('p', { class: 'error', id: `${own}-error`, hidden: true });
  let input;
  if (kind === 'area') input = h('textarea', { ...common, rows: rows ?? 4 });
  else if (kind === 'choice') input = h('select', common, options.map(([value, text]) => h('option', { value }, text)));
  else input = h('input', { ...common, type: kind === 'check' ? 'checkbox' : kind });
  const described = [hint && `${own}-hint`, `${own}-error`].filter(Boolean).join(' ');
  input.setAttribute('aria-describedby', described);
  const text = h('label', { for: own }, label);
  const field = h('div', { class: `field field-${kind} field-${name}` },
    kind === 'check' ? [input, text] : [text, input],
    hint && h('p', { class: 'hint', id: `${own}-hint` }, hint), error);

  return {
    field,
    input,
    read() {
      if (kind === 'check') return input.checked;
      const optional = kind === 'date' || (kind === 'choice' && options[0][0] === '');
      return optional && input.value === '' ? null : input.value;
    },
    write(value) {
      if (kind === 'check') input.checked = Boolean(value);
      else {
        const wanted = value === null || value === undefined ? '' : String(value);
        if (kind === 'choice' && ![...input.options].some((option) => option.value === wanted)) {
          input.append(h('option', { value: wanted }, `${wanted.slice(0, 8)}… (not in the list)`));
        }
        input.value = wanted;
      }
    },
    wrong(message) {
      error.textContent = message ?? '';
      error.hidden = !message;
      if (message) input.setAttribute('aria-invalid', 'true');
      else input.removeAttribute('aria-invalid');
    },
  };
}

// actions: what stands below the fields, its submit button included. save: called with each submission, and waited for.
export function makeForm({ fields, actions, save, label, className = '' }) {
  const controls = new Map(fields.map((field) => [field.name, control(field)]));
  const each = [...controls];
  let loaded = {};
  let running = false;

  const element = h('form', { class: `form ${className}`, novalidate: true, 'aria-label': label, onsubmit },
    h('div', { class: 'fields' }, each.map(([, one]) => one.field)),
    actions && h('div', { class: 'actions' }, actions));

  async function onsubmit(event) {
    event.preventDefault();
    run(save);
  }
  // One at a time: a second Enter while the first is on its way does nothing.
  async function run(act) {
    if (running) return;
    each.forEach(([, one]) => one.wrong(null));
    const broken = each.find(([, one]) => one.input.validity.badInput);
    if (broken) {
      broken[1].wrong('This is not complete.');
      broken[1].input.focus();
      return;
    }
    running = true;
    hush();
    element.setAttribute('aria-busy', 'true');
    try {
      await act();
    } catch (problem) {
      fail(problem);
    } finally {
      running = false;
      element.removeAttribute('aria-busy');
    }
  }
  function fail(problem) {
    const at = (problem.errors ?? []).filter((error) => controls.has(error.field));
    const elsewhere = (problem.errors ?? []).filter((error) => !controls.has(error.field));
    if (elsewhere.length > 0) {
      problem.message += elsewhere.map((error) => ` ${error.field}: ${error.message}`).join('');
    }
    tell(problem);
    for (const { field, message } of at) controls.get(field).wrong(message);
    if (at.length > 0) controls.get(at[0].field).input.focus();
  }

  const read = () => Object.fromEntries(each.map(([name, one]) => [name, one.read()]));
  const write = (values) => each.forEach(([name, one]) => name in values && one.write(values[name]));
  return {
    element,
    run,
    read,
    write,
    input: (name) => controls.get(name).input,
    // Takes what the server holds, and shows it.
    load(values) {
      write(values);
      loaded = read();
      each.forEach(([, one]) => one.wrong(null));
    },
    // What differs from what the server holds.
    changes() {
      return Object.fromEntries(Object.entries(read()).filter(([name, value]) => value !== loaded[name]));
    },
  };
}
