// Writing without a line. Strict about what stays on the device: static files, and pages that the server marks as the
// reader's own (X-Keep-On-Device: her forms and her list). Signing in or out, or a page that the server no longer gives,
// removes pages; nothing here sends or stores what was typed.
"use strict";
const PAGES = "praxis-pages-1", FILES = "praxis-files-1";
const MARK = "X-Keep-On-Device", MOST_PAGES = 40, DAYS = 14;
const OWN = /^\/work(?:\/new\/[a-z_-]+|\/[a-z0-9-]+\/edit)?$/;
const plain = (address) => new URL(address, location.origin).pathname;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST" && /^\/sign-(in|out)$/.test(url.pathname)) {
    event.waitUntil(caches.delete(PAGES));
    // the site's answer says Clear-Site-Data wherever a session ends; some older browsers do not know it
    if (url.pathname === "/sign-out") event.waitUntil(new Promise((done) => {
      Object.assign(indexedDB.deleteDatabase("praxis"), { onsuccess: done, onerror: done, onblocked: done });
    }));
  } else if (url.pathname.startsWith("/static/") && request.method === "GET") {
    event.respondWith(file(request));
  } else if (request.mode === "navigate" && OWN.test(url.pathname)) {
    if (request.method === "GET") event.respondWith(page(request, url));
    if (request.method === "POST") event.respondWith(posted(request, url));
  }
});

// The page of the form tells what it uses, on the first visit, when nothing passed through here yet; the list tells of
// drafts, and when each was changed, so that one that was never opened here can be written on without a line too.
self.addEventListener("message", (event) => {
  const { page: path, files = [], drafts = [] } = event.data ?? {};
  if (typeof path === "string" && OWN.test(path)) event.waitUntil(first(path, files));
  if (drafts.length) event.waitUntil(ahead(drafts.filter((draft) => OWN.test(draft.page))));
});

async function first(path, files) {
  await fetched(files);
  if (!(await (await caches.open(PAGES)).match(path))) await keep(path, await fetch(path));
}

async function ahead(drafts) { // one after the other: the line may be thin
  for (const { page: path, changed } of drafts) {
    const found = await (await caches.open(PAGES)).match(path);
    if (!found || Number(found.headers.get("X-Kept")) < changed) await keep(path, await fetch(path, { priority: "low", headers: { "X-Ahead": "1" } }));
    const html = await (await fromDevice(path))?.text();
    await fetched([...(html ?? "").matchAll(/"(\/static\/[^"]+)"/g)].map(([, address]) => address));
  }
}

// These static files, and the modules that they are made of.
async function fetched(files) {
  const kept = await caches.open(FILES);
  for (const file of new Set(files.filter((address) => plain(address).startsWith("/static/")))) {
    if (await kept.match(file)) continue;
    await kept.add(file);
    if (!plain(file).endsWith(".js")) continue;
    const text = await (await kept.match(file)).text();
    await fetched([...text.matchAll(/^import .* from "(\.[^"]+)"/gm)].map(([, path]) => new URL(path, new URL(file, location.origin)).href));
  }
}

async function file(request) {
  const kept = await caches.open(FILES), found = await kept.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok && new URL(request.url).search.startsWith("?v=")) kept.put(request, answer.clone()); // its content is in its address
  return answer;
}

async function page(request, url) {
  let answer;
  try {
    answer = await fetch(request);
  } catch (error) {
    return (await fromDevice(url.pathname)) ?? Promise.reject(error);
  }
  if (answer.status >= 500) return (await fromDevice(url.pathname)) ?? answer;
  if (!url.search || url.pathname !== "/work") await keep(url.pathname, answer.clone());
  return answer;
}

// A save that finds no line leads back to the form; its text lies on the device and is sent when the line is back.
async function posted(request, url) {
  const back = request.clone();
  try {
    return await fetch(back);
  } catch (error) {
    return (await fromDevice(url.pathname)) ? Response.redirect(url.pathname + url.search, 303) : Promise.reject(error);
  }
}

async function keep(path, answer) {
  const pages = await caches.open(PAGES), who = answer.headers.get(MARK);
  if (answer.type === "opaqueredirect" || answer.redirected) { // where to cannot be seen; who is signed out is sent away from her list too
    const list = await fetch("/work", { method: "HEAD", redirect: "manual" }).catch(() => null);
    return void (list?.type === "opaqueredirect" ? await caches.delete(PAGES) : await pages.delete(path));
  }
  if (!answer.ok || !who) return void (await pages.delete(path));
  for (const other of await pages.keys()) { // another person on the same device
    if ((await pages.match(other)).headers.get(MARK) !== who) await pages.delete(other);
  }
  const html = (await answer.text()).replace("<html ", "<html data-from-device ");
  const headers = { "Content-Type": "text/html; charset=utf-8", [MARK]: who, "X-Kept": String(Date.now()) };
  for (const name of ["Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy"]) {
    if (answer.headers.get(name)) headers[name] = answer.headers.get(name);
  }
  await pages.delete(path);
  await pages.put(path, new Response(html, { headers }));
  for (const old of (await pages.keys()).slice(0, -MOST_PAGES)) await pages.delete(old);
}

async function fromDevice(path) {
  const found = await (await caches.open(PAGES)).match(path);
  return found && Date.now() - Number(found.headers.get("X-Kept")) < DAYS * 86400000 ? found : undefined;
}
