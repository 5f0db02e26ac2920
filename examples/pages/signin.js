// Sign in and register. The password is in its field, and nowhere else; no other view may enter.

import { register, signIn } from './api.js';
import { button, h, heading } from './dom.js';
import { makeForm } from './form.js';
import { say } from './message.js';

const DEMO = 'On the demo database: alice / alice-demo-1, bob / bob-demo-1, ada / ada-demo-1 (administrator)';

// entered: called once the token is there.
export function signin({ entered }) {
  const demo = document.querySelector('meta[name="demo"][content="yes"]') !== null;
  const form = makeForm({
    label: 'Sign in',
    fields: [
      { name: 'username', label: 'User name', id: 'username', required: true, autocomplete: 'username' },
      { name: 'password', label: 'Password', id: 'password', kind: 'password', required: true,
        autocomplete: 'current-password', hint: 'A new one has at least 8 characters.' },
    ],
    actions: [
      h('button', { type: 'submit', id: 'sign-in', class: 'primary' }, 'Sign in'),
      button('Register', () => form.run(join), { id: 'register' }),
    ],
    save: enter,
  });
  const username = form.input('username');
  username.setAttribute('autocapitalize', 'none');
  username.setAttribute('spellcheck', 'false');

  async function enter() {
    const { username: name, password } = form.read();
    try {
      await signIn(name, password);
    } catch (problem) {
      if (problem.code === 'invalid_grant') form.input('password').select();
      throw problem;
    }
    await entered();
  }
  async function join() {
    const { username: name, password } = form.read();
    await register(name, password);
    await enter();
    say(`Welcome, ${name}.`);
  }

  return h('section', { class: 'signin' },
    heading('Sign in'),
    h('p', { class: 'lead' }, 'Your tasks, and nobody else’s.'),
    h('div', { class: 'card' }, form.element),
    demo && h('p', { class: 'hint', id: 'demo' }, DEMO));
}
