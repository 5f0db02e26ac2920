// Talks to the server: the token, the calls, the problems and the versions. No element may enter, and no knowledge of a
// view. The token lives in sessionStorage, so that two windows can be two users.

const KEY = 'user-scope-token';
const BASE = '/api/v2';
let ended = () => {};

export class Problem extends Error {
  constructor(status, body, retryAfter = null) {
    super(body?.detail || body?.title || `The server answered with ${status}, and did not say why.`);
    this.name = 'Problem';
    this.status = status;
    this.code = body?.code ?? null;
    this.errors = Array.isArray(body?.errors) ? body.errors : [];
    this.retryAfter = retryAfter;
    this.ended = false;
  }
}

// The act is called once when the server no longer takes the token.
export const whenEnded = (act) => { ended = act; };

export const hasToken = () => sessionStorage.getItem(KEY) !== null;
export const forget = () => sessionStorage.removeItem(KEY);

async function call(method, path, { json, form, etag, reason, signal } = {}) {
  const token = sessionStorage.getItem(KEY);
  const headers = { Accept: 'application/json, application/problem+json' };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (etag) headers['If-Match'] = etag;
  if (reason) headers['Access-Reason'] = encodeURIComponent(reason.toWellFormed?.() ?? reason);
  if (json !== undefined) headers['Content-Type'] = 'application/json';
  const body = form ? new URLSearchParams(form) : json !== undefined ? JSON.stringify(json) : undefined;

  let response;
  let text;
  try {
    response = await fetch(BASE + path, { method, headers, body, signal, cache: 'no-store', credentials: 'omit' });
    text = await response.text();
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, { detail: 'The server cannot be reached. Nothing that you typed is lost.' });
  }
  if (response.ok) return { data: parse(text), etag: response.headers.get('ETag') };

  const problem = new Problem(response.status, parse(text), response.headers.get('Retry-After'));
  if (response.status === 401 && token) {
    problem.ended = true;
    if (sessionStorage.getItem(KEY) === token) {
      forget();
      ended();
    }
  }
  throw problem;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function address(path, query) {
  const absent = (value) => value === null || value === undefined || value === '';
  const given = Object.entries(query ?? {}).filter(([, value]) => !absent(value));
  const search = new URLSearchParams(given).toString();
  return search ? `${path}?${search}` : path;
}

export const get = (path, query, options) => call('GET', address(path, query), options);
export const post = (path, json) => call('POST', path, { json });
export const patch = (path, json, etag) => call('PATCH', path, { json, etag });
export const remove = (path, etag) => call('DELETE', path, { etag });

// Every page of a list, up to a thousand rows; complete tells whether that was all.
export async function all(path, query, signal) {
  const items = [];
  let cursor = null;
  for (let pages = 0; pages < 10; pages += 1) {
    const { data } = await get(path, { ...query, limit: 100, cursor }, { signal });
    items.push(...data.items);
    cursor = data.next;
    if (!cursor) return { items, complete: true };
  }
  return { items, complete: false };
}

export const etagOf = (item) => `"${item.version}"`;

export async function signIn(username, password) {
  const form = { grant_type: 'password', username, password };
  const { data } = await call('POST', '/auth/token', { form });
  sessionStorage.setItem(KEY, data.access_token);
}

export const register = (username, password) => post('/auth/register', { username, password });
export const me = async () => (await get('/auth/me')).data;
