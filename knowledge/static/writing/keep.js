// Nothing typed is lost: at once on this device, seconds later at the server as a working copy, and a line that always
// says how it stands. Without this file every save is a plain post.
const form = document.getElementById("write");
const device = await import(form.dataset.deviceUrl);
const words = JSON.parse(form.dataset.words);
const { who } = form.dataset;
const keep = ownStart();
const state = form.querySelector("[data-state]"), also = form.querySelector("[data-others]");
const tab = crypto.getRandomValues(new Uint32Array(2)).join("-");
const NOT_TYPED = new Set(["csrf_token", "action", "base", "start_key", "seen", "key", "against", "who", "whole"]);
const FLUSH = 1000, PAUSE = 3000, LONGEST = 20000, LOOK = 45000, PATIENCE = 3000;
const MOST_AT_LEAVING = 60000; // what a browser still sends of a page that goes away

let now = null; // what is in the form, as an entry of the device
let tried = []; // keys under which it was sent
let base = Number(form.dataset.base), clashed = "tagOfOther" in form.dataset, sending = null, timer, first = 0, wait = 5000, leaving = false;

const say = (text, ...parts) => text.replace(/\{(\d)\}/g, (_, n) => parts[n]);
const clock = (at) => new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const typed = () => [...new FormData(form)].filter(([name, value]) =>
  typeof value === "string" && !NOT_TYPED.has(name) && !name.startsWith("choose-"));
let before = JSON.stringify(typed()); // what was in it when that was last looked at
const same = (a, b) => JSON.stringify(a.map(tidy)) === JSON.stringify(b.map(tidy));
const tidy = ([name, value]) => [name, value.replace(/\s+/g, " ").trim()];

function tell(text, ...more) {
  if (state.dataset.said === text && !more.length) return; // heard once is enough
  state.dataset.said = text;
  state.replaceChildren(text, ...more.flatMap((element) => [" ", element]));
}
function key() {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(36)).join("");
}
function button(text, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: text });
  made.addEventListener("click", act);
  return made;
}
const comparing = () => button(words.compare, () => {
  const asked = Object.assign(document.createElement("button"), { name: "action", value: "compare", hidden: true });
  form.append(asked);
  form.requestSubmit(asked);
});

// ---- on the device

function entry() {
  const title = form.elements.title?.value || document.querySelector("h1").textContent;
  return { id: `${who}|${keep}|${tab}`, who, keep, page: page(), title, fields: typed(), base, tag: form.elements.seen.value,
           key: key(), at: Date.now(), sent: false, tried };
}
const page = () => form.elements.start_key.value
  ? `${location.pathname}?begun=${encodeURIComponent(form.elements.start_key.value)}` : form.getAttribute("action");

let put = Promise.resolve(), flush;
function keepHere() {
  now = entry();
  put = device.put(now).then(() => true, () => { tell(words.only_here); return false; });
  flush ??= setTimeout(() => { // not for each key: a phone's disk is slow
    flush = undefined;
    device.put(now, "strict").catch(() => {});
  }, FLUSH);
  return put;
}

function changed() {
  const text = JSON.stringify(typed());
  if (leaving || text === before) return; // looked at, not changed
  before = text;
  first ||= Date.now();
  keepHere();
  clearTimeout(timer);
  if (!clashed) timer = setTimeout(sendNow, Math.max(0, Math.min(PAUSE, first + LONGEST - Date.now())));
}

// ---- to the server

async function sendNow() {
  clearTimeout(timer);
  if (!now || now.sent || clashed || leaving) return;
  if (sending) return void sending.then(sendNow);
  const sent = now;
  first = 0;
  form.elements.key.value = sent.key;
  tried = [...tried.slice(-20), sent.key];
  sending = device.send(sent, form.elements.csrf_token.value).then((answer) => heard(answer, sent), away);
  await sending;
  sending = null;
}

async function heard(answer, sent) {
  if (answer.status >= 500 || answer.status === 429) return away();
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) {
    wait = 5000;
    form.elements.seen.value = told.tag;
    now.tag = told.tag;
    if (now === sent) now.sent = true;
    await device.put(now).catch(() => {});
    if (now.sent) tell(say(words.saved, clock(told.at))); else timer = setTimeout(sendNow, PAUSE);
    others(told);
    howFar(told.standing);
  } else if (answer.status === 401) {
    const link = Object.assign(document.createElement("a"), { textContent: words.sign_in });
    link.href = `/sign-in?next=${encodeURIComponent(page())}`;
    tell(words.ended, link);
  } else if (answer.status === 409) {
    clashed = true;
    others(told);
    tell(words.met, comparing());
  } else {
    tell(say(words.refused, told.error ?? answer.status));
  }
}

function away() {
  tell(words.device);
  clearTimeout(timer);
  timer = setTimeout(sendNow, wait);
  wait = Math.min(2 * wait, 60000);
}

function others({ others: list, latest, latest_by }) {
  const said = (list ?? []).map((o) => say(words.also, o.name, clock(o.since)));
  const newer = latest > Math.max(base, Number(form.elements.base.value));
  if (newer) said.push(say(words.newer, latest_by || words.somebody));
  if (also.dataset.said === said.join()) return;
  also.dataset.said = said.join();
  also.replaceChildren(said.join(" "), ...(newer && !clashed ? [" ", comparing()] : []));
}

// What is still missing, as of what was just kept; marks at fields that are mended go.
const shown = document.querySelector("[data-standing]");
function howFar({ html, places }) {
  const open = shown.querySelector("details")?.open;
  shown.innerHTML = html; // made by the server's own template
  const details = shown.querySelector("details");
  if (details && open !== undefined) details.open = open;
  for (const error of form.querySelectorAll(".error[id]")) {
    const place = error.id.replace(/-error\d*$/, ""), control = document.getElementById(place);
    if (places.some((each) => each === place || each.startsWith(`${place}-`))) continue;
    error.remove();
    control?.removeAttribute("aria-invalid");
    const said = (control?.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => document.getElementById(id));
    if (said.length) control.setAttribute("aria-describedby", said.join(" ")); else control?.removeAttribute("aria-describedby");
  }
}

async function look() {
  if (document.hidden || leaving) return;
  const answer = await fetch(keep, { headers: device.writer(who) }).catch(() => null);
  if (!answer?.ok) return;
  const told = await answer.json();
  form.elements.csrf_token.value = told.csrf;
  others(told);
  const other = told.copy?.tag ?? "";
  if (!sending && !clashed && other && other !== form.elements.seen.value && !tried.includes(told.copy.key)) {
    clashed = true;
    tell(words.met, comparing());
  }
}

// ---- what was kept before

function fill(fields) {
  const values = new Map();
  for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
  form.querySelectorAll("[data-held]").forEach((held) => held.remove());
  form.dispatchEvent(new CustomEvent("praxis:fill", { detail: [...values.keys()] }));
  for (const field of form.elements) {
    if (!field.name || NOT_TYPED.has(field.name) || field.name.startsWith("choose-") || field.type === "file") continue;
    const given = values.get(field.name) ?? [], [first = ""] = given;
    if (field.type === "checkbox" || field.type === "radio") field.checked = given.includes(field.value);
    else if (field.tagName === "SELECT" && ![...field.options].some((option) => option.value === first)) field.add(new Option(first, first, true, true));
    else if (field.tagName !== "BUTTON" && field.tagName !== "FIELDSET") field.value = first;
  }
  const there = new Set(typed().map(([name, value]) => `${name}=${boxes(name) ? value : ""}`));
  for (const [name, value] of fields) if (!there.has(`${name}=${boxes(name) ? value : ""}`)) hold(name, value);
  form.dispatchEvent(new CustomEvent("praxis:filled"));
}

// What this page has no place for stays all the same: rows with files that came after it was kept on the device, choices
// that it does not offer. It lies with its field, and goes with it when the site sends that anew.
const boxes = (name) => /^(checkbox|radio)$/.test(form.querySelector(`[name="${CSS.escape(name)}"]`)?.type);
function hold(name, value) {
  const field = document.getElementById(name.split("-")[0]), held = document.createElement("input");
  Object.assign(held, { type: "hidden", name, value }).dataset.held = "";
  (field?.tagName === "FIELDSET" && form.contains(field) ? field : form).append(held);
}

async function goOn(found) {
  fill(found.fields);
  tried = found.tried ?? [];
  base = found.base;
  form.elements.base.value = base;
  if (found.sent) {
    form.elements.seen.value = found.tag;
    form.elements.key.value = found.key;
    now = { ...found, id: `${who}|${keep}|${tab}` };
    before = JSON.stringify(typed());
    await device.put(now);
    tell(say(words.saved, clock(found.at)));
  } else {
    form.elements.seen.value = found.tag;
    before = "";
    changed();
    tell(say(words.back, clock(found.at)));
    await put;
  }
  await device.drop(found.id);
}

function offer(found) {
  const note = Object.assign(document.createElement("div"), { className: "note wait" });
  const text = Object.assign(document.createElement("p"), { textContent: say(words.found, clock(found.at)) });
  note.append(text, button(words.go_on, () => { note.remove(); goOn(found); }),
              button(words.drop, () => { note.remove(); device.drop(found.id); }));
  form.before(note);
}

async function recover() {
  const fromDevice = "fromDevice" in document.documentElement.dataset;
  const places = [keep, form.dataset.begun]; // one may lie there since before it was a record
  let found = (await device.of(who)).filter((text) => places.includes(text.keep));
  for (const text of found) {
    const done = device.saved().includes(text.key) || text.key === form.elements.key.value || (!fromDevice && text.sent);
    text.done = !fromDevice && (done || same(text.fields, typed()));
    if (text.done) await device.drop(text.id);
  }
  found = found.filter((text) => !text.done);
  if ("dirty" in form.dataset) {
    before = "";
    changed();
  } else if (found.length) {
    const [newest] = found;
    const plain = (fromDevice && newest.keep === keep) || (found.length === 1 && newest.base === base && newest.tag === form.elements.seen.value);
    if (plain) await goOn(found.shift());
  }
  found.filter((text) => !text.sent).forEach(offer);
}

// A new record's form may come from the device again and again: each time it is opened it is another record.
function ownStart() {
  const asked = new URLSearchParams(location.search).get("begun");
  const input = form.elements.start_key;
  if (!input.value) return form.dataset.keep;
  const own = asked || ("fromDevice" in document.documentElement.dataset ? key() : input.value);
  const address = form.dataset.keep.replace(encodeURIComponent(input.value), encodeURIComponent(own));
  input.value = own;
  const back = `${location.pathname}?begun=${encodeURIComponent(own)}`;
  form.setAttribute("action", back); // form.action is the buttons of that name
  history.replaceState(null, "", back);
  return address;
}

// ---- when

form.addEventListener("input", changed);
form.addEventListener("change", changed);
form.addEventListener("submit", async (event) => {
  if (leaving || !now || (now.sent && !sending)) return;
  event.preventDefault(); // first let what is under way arrive, so that the save finds it and nothing comes after it
  clearTimeout(timer);
  leaving = true;
  form.elements.key.value = now.key;
  await Promise.race([Promise.all([put, sending]), new Promise((go) => setTimeout(go, PATIENCE))]);
  setTimeout(() => form.requestSubmit(event.submitter)); // while the event lasts it would do nothing
});
addEventListener("pageshow", (event) => { if (event.persisted) leaving = false; });
addEventListener("pagehide", leave);
document.addEventListener("visibilitychange", () => (document.hidden ? leave() : look()));
addEventListener("online", () => { wait = 5000; sendNow(); });
addEventListener("focus", sendNow);

function leave() {
  if (!now || now.sent || leaving || clashed || sending) return;
  if (JSON.stringify(now.fields).length < MOST_AT_LEAVING) {
    const sent = now;
    form.elements.key.value = sent.key;
    tried = [...tried.slice(-20), sent.key];
    sending = device.send(sent, form.elements.csrf_token.value, { keepalive: true }).then((answer) => heard(answer, sent), away)
      .then(() => { sending = null; });
  }
}

await recover().catch(() => {});
if (!now && [...form.elements].some((e) => NOT_TYPED.has(e.name) ? false : e.type === "checkbox" || e.type === "radio"
  ? e.checked !== e.defaultChecked : e.tagName === "TEXTAREA" && e.value !== e.defaultValue)) {
  before = "";
  changed();
} // typed before we were here
if (clashed) tell(words.met);
form.dataset.kept = "ready";
setInterval(look, LOOK);

if (navigator.serviceWorker) {
  await navigator.serviceWorker.register("/worker.js").catch(() => {});
  const files = performance.getEntriesByType("resource").map((r) => r.name).filter((name) => name.includes("/static/"));
  const { active } = await navigator.serviceWorker.ready;
  active?.postMessage({ page: location.pathname, files: [...new Set(files)] });
}
