// Starts the page, and leads from an address to its view: who is signed in, where the focus goes, and what happens when
// a session ends. What a view shows may not enter.

import { forget, hasToken, me, whenEnded } from './api.js';
import { button, empty, h, heading, loading, notFound } from './dom.js';
import { arrive, hush, say } from './message.js';
import { admin } from './admin.js';
import { signin } from './signin.js';
import { task } from './task.js';
import { tasks } from './tasks.js';
import { things } from './things.js';
import { trail } from './trail.js';

const routes = [
  [/^\/tasks$/, tasks],
  [/^\/tasks\/([^/]+)$/, task],
  [/^\/(projects|agents|rules)$/, things],
  [/^\/trail$/, trail],
  [/^\/admin$/, admin],
];
const HOME = '#/tasks';

const top = document.getElementById('top');
const main = document.getElementById('main');
const links = [...top.querySelectorAll('nav a')];

let user = null;
let memory = new Map(); // what views keep for as long as one user is signed in
let shown = null;       // { node, controller }
let kept = null;        // what was on the screen when the session ended: { user, hash, shown }
let controller = new AbortController();
let last = null;

function frame() {
  top.hidden = user === null;
  document.getElementById('signed-in-as').textContent = user?.username ?? '';
  links.find((link) => link.hash === '#/admin').hidden = !user?.administrator;
}

function mark() {
  const [, first] = location.hash.split(/[/?]/);
  for (const link of links) {
    if (link.hash === `#/${first}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

function put(node) {
  main.replaceChildren(node);
  retitle();
}

function retitle() {
  const first = main.querySelector('h1');
  document.title = first ? `${first.textContent} – user-scope` : 'user-scope';
}

// A view is a function of where and for whom, and makes its node; it throws what it cannot go on without.
async function navigate() {
  if (user === null) return;
  if (location.hash !== '' && !location.hash.startsWith('#/')) return;
  if (location.hash === '' || location.hash === '#/') history.replaceState(null, '', HOME);
  controller.abort();
  const mine = controller = new AbortController();
  const { hash } = location;
  const [path, search] = hash.slice(1).split(/\?(.*)/s);
  mark();
  arrive();
  const slow = setTimeout(() => main.replaceChildren(loading()), 200);
  const found = routes.map(([pattern, view]) => [pattern.exec(path), view]).find(([match]) => match);
  let node;
  try {
    node = found
      ? await found[1]({
        parameter: found[0][1], query: new URLSearchParams(search ?? ''), signal: mine.signal, user, memory, retitle,
        from: last,
      })
      : notFound('There is no such page.', HOME, 'To your tasks');
  } catch (problem) {
    node = mine.signal.aborted || problem.ended ? null : failed(problem);
  }
  clearTimeout(slow);
  if (mine !== controller || user === null || node === null) return;
  last = hash;
  show({ node, controller: mine });
}

function show(next) {
  shown = next;
  put(next.node);
  window.scrollTo(0, 0);
  const first = next.node.querySelector('[data-first-focus]') ?? next.node.querySelector('h1') ?? main;
  first.removeAttribute('data-first-focus');
  first.focus({ preventScroll: first.matches('h1') });
}

function failed(problem, again = navigate) {
  if (problem.name !== 'Problem') console.error(problem);
  return empty(heading('This could not be loaded.'), h('p', null, problem.message), button('Try again', again));
}

function ask() {
  controller.abort();
  controller = new AbortController();
  user = null;
  frame();
  put(signin({ entered }));
  main.querySelector('#username').focus();
}

async function entered() {
  const next = await me();
  const same = kept !== null && kept.user.id === next.id;
  const before = same && kept.hash === location.hash ? kept.shown : null;
  if (!same) {
    memory = new Map();
    last = null;
    // Somebody else's address tells what they were looking at.
    if (kept !== null) history.replaceState(null, '', HOME);
  }
  kept = null;
  user = next;
  frame();
  hush();
  if (before !== null) {
    controller = before.controller;
    mark();
    show(before);
  } else {
    await navigate();
  }
}

// What was typed is kept for whoever typed it, out of the document, until somebody signs in.
whenEnded(() => {
  if (user !== null) {
    // A view that was not there yet is asked for again.
    kept = { user, hash: location.hash, shown: shown?.controller === controller ? shown : null };
    controller = new AbortController();
  }
  ask();
  say('Your session has ended. Sign in again to go on where you were.', true);
});

function leave() {
  forget();
  shown = kept = last = null;
  memory = new Map();
  history.replaceState(null, '', HOME);
  ask();
  say('You are signed out.');
}

document.getElementById('sign-out').addEventListener('click', leave);
document.getElementById('skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
window.addEventListener('hashchange', navigate);

async function start() {
  if (!hasToken()) {
    ask();
    return;
  }
  put(loading());
  try {
    await entered();
  } catch (problem) {
    if (!problem.ended) put(failed(problem, start));
  }
}

start();
