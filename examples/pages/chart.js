// Draws accesses per day, stacked by user, as SVG. What the numbers mean, and where they come from, may not enter.

import { h, svg } from './dom.js';

const SERIES = 7;
const HEIGHT = 260;
const EDGE = { top: 16, right: 44, bottom: 28, left: 4 };
const DAY = 86_400_000;
const label = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });

const number = (day) => Math.round(Date.parse(`${day}T00:00:00Z`) / DAY);
const text = (day) => label.format(new Date(day * DAY));

// The users with the most accesses have a colour each; the others share the last.
function ranked(items) {
  const sums = new Map();
  for (const { user_id: id, name, count } of items) {
    sums.set(id, { id, name, sum: (sums.get(id)?.sum ?? 0) + count });
  }
  const users = [...sums.values()].sort((a, b) => b.sum - a.sum);
  const own = users.slice(0, SERIES);
  const rest = users.slice(SERIES);
  const index = new Map(users.map((user, place) => [user.id, Math.min(place, SERIES)]));
  const names = own.map((user) => user.name);
  if (rest.length > 0) names.push(`${rest.length} others`);
  return { names, index };
}

function stacked(items, { names, index }) {
  const days = new Map();
  for (const { user_id: id, day, count } of items) {
    const at = number(day);
    if (!days.has(at)) days.set(at, names.map(() => 0));
    days.get(at)[index.get(id)] += count;
  }
  return days;
}

// 1, 2 or 5 and zeros: about four lines up to the highest bar.
function ticks(highest) {
  const rough = Math.max(highest / 4, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough);
  const lines = Math.ceil(highest / step);
  return Array.from({ length: lines + 1 }, (_, line) => line * step);
}

function draw(width, days, names) {
  const last = Math.max(Math.floor(Date.now() / DAY), ...days.keys());
  const first = Math.min(last - 6, ...days.keys());
  const shown = last - first + 1;
  const whole = Math.max(width, shown * 8 + EDGE.left + EDGE.right);
  const band = (whole - EDGE.left - EDGE.right) / shown;
  const sum = (counts) => counts.reduce((total, count) => total + count, 0);
  const lines = ticks(Math.max(...[...days.values()].map(sum)));
  const bottom = HEIGHT - EDGE.bottom;
  const y = (count) => bottom - (count / lines.at(-1)) * (bottom - EDGE.top);
  const x = (day) => EDGE.left + (day - first) * band;

  const picture = svg('svg', {
    width: whole, height: HEIGHT, viewBox: `0 0 ${whole} ${HEIGHT}`, role: 'img', class: 'chart',
    'aria-label': `Accesses per day from ${text(first)} to ${text(last)}, by user. The table has the same numbers.`,
  });
  for (const count of lines) {
    picture.append(
      svg('line', {
        x1: EDGE.left, x2: whole - EDGE.right, y1: y(count), y2: y(count), class: count ? 'grid' : 'axis',
      }),
      svg('text', { x: whole - EDGE.right + 8, y: y(count) + 4, class: 'label' }, count));
  }
  const gap = Math.min(band * 0.2, 10);
  const thick = Math.min(band - gap, 56);
  const every = Math.max(1, Math.ceil(56 / band));
  for (let day = last; day >= first; day -= 1) {
    const middle = x(day) + band / 2;
    if ((last - day) % every === 0) {
      const close = middle - EDGE.left < 26;
      picture.append(svg('text', {
        x: close ? EDGE.left : middle, y: HEIGHT - 8, class: 'label', 'text-anchor': close ? 'start' : 'middle',
      }, text(day)));
    }
    let below = 0;
    for (const [place, count] of (days.get(day) ?? []).entries()) {
      if (count === 0) continue;
      picture.append(svg('rect', {
        x: middle - thick / 2, y: y(below + count), width: thick, height: Math.max(y(below) - y(below + count), 1),
        class: `bar series-${place}`,
      }, svg('title', null, `${names[place]}, ${text(day)}: ${count}`)));
      below += count;
    }
    if (below > 0 && band >= 28) {
      picture.append(svg('text', { x: middle, y: y(below) - 5, class: 'label total', 'text-anchor': 'middle' }, below));
    }
  }
  return picture;
}

// items: [{ user_id, name, day, count }…]
export function accessChart(items) {
  const users = ranked(items);
  const days = stacked(items, users);
  const place = h('div', { class: 'scroll', role: 'group', 'aria-label': 'Picture' });
  const render = (width) => {
    place.replaceChildren(draw(width, days, users.names));
    // The newest day is at the right; a focus stop only where there is something to scroll.
    place.scrollLeft = place.scrollWidth;
    if (place.scrollWidth > place.clientWidth + 1) place.tabIndex = 0;
    else place.removeAttribute('tabindex');
  };
  let before = 0;
  render(320);
  new ResizeObserver(([entry]) => {
    const width = Math.floor(entry.contentRect.width);
    if (width === before || width === 0) return;
    before = width;
    render(width);
  }).observe(place);
  return h('figure', null, place, h('figcaption', { class: 'legend' }, h('ul', null, users.names.map((name, index) =>
    h('li', null, h('span', { class: `swatch series-${index}`, 'aria-hidden': 'true' }), name)))));
}
