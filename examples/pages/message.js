// Tells the user what has happened, in the one live region of the page. Questions may not enter: they belong where they
// arise, so that the keyboard finds them.

import { button, h } from './dom.js';

const place = document.getElementById('message');
let timer;
let afterwards = null;

export function hush() {
  clearTimeout(timer);
  place.replaceChildren();
}

// For an act that leads to another view, which says it on arrival.
export function sayThere(text) {
  afterwards = text;
}

export function arrive() {
  hush();
  if (afterwards !== null) say(afterwards);
  afterwards = null;
}

export function say(text, bad = false) {
  hush();
  place.append(h('div', { class: bad ? 'toast bad' : 'toast' },
    h('p', null, text), button('×', hush, { class: 'quiet', 'aria-label': 'Dismiss the message' })));
  if (!bad) timer = setTimeout(hush, 8000);
}

// What a call has failed with. Calls that were given up, and the end of the session, are told elsewhere.
export function tell(problem) {
  if (problem.name === 'AbortError' || problem.ended) return;
  const text = problem.message || 'Something went wrong in the page.';
  const untold = problem.retryAfter && !text.includes(problem.retryAfter);
  say(untold ? `${text} Try again in ${problem.retryAfter} seconds.` : text, true);
  if (problem.name !== 'Problem') console.error(problem);
}
