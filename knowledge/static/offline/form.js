// The form to take along: rows, counters, saving to a file and going on with one. Written into its one file.
"use strict";
const form = document.forms[0], said = document.getElementById("said"), words = JSON.parse(form.dataset.words);
const fresh = () => "offline-" + [...crypto.getRandomValues(new Uint8Array(12))].map((n) => (n % 36).toString(36)).join("");
let id = fresh(), changed = false;
const all = (box, what) => [...box.querySelectorAll(what)];
const parts = (box) => all(box, "[data-f]").filter((f) => (f.parentElement.closest("[data-f], li") ?? form) === box);
const READ = {
  choices: (f) => { const boxes = all(f, "input"); if (boxes.length) return boxes.filter((b) => b.checked).map((b) => b.value);
    return all(f, "select").flatMap((s) => [...s.selectedOptions].map((o) => o.value)).filter(Boolean); },
  lines: (f) => all(f, "ol > li > textarea").map((t) => t.value),
  table: (f) => all(f, "ol > li").map(read).filter((row) => JSON.stringify(row).match(/:"[^"]|:true|:\["/)),
  flag: (f) => ({ yes: f.querySelector("input").checked, note: f.querySelector("textarea").value }),
  contact: (f) => Object.fromEntries(all(f, "[name]").map((i) => [i.name, i.value])),
  partialdate: (f) => [f.querySelector("input").value, f.querySelector("[type=checkbox]")?.checked ? "ongoing" : ""].filter(Boolean).join(" "),
};
const WRITE = {
  choices: (f, v) => { const boxes = all(f, "input"), selects = all(f, "select"); boxes.forEach((b) => { b.checked = v.includes(b.value); });
    if (selects.length === 1) [...selects[0].options].forEach((o) => { o.selected = v.includes(o.value); }); else selects.forEach((s, n) => { s.value = v[n] ?? ""; }); },
  lines: (f, v) => { rows(f, v.length); all(f, "ol > li > textarea").forEach((t, n) => { t.value = v[n] ?? ""; }); },
  table: (f, v) => { rows(f, v.length); all(f, "ol > li").forEach((li, n) => write(li, v[n] ?? {})); },
  flag: (f, v) => { f.querySelector("input").checked = v.yes; f.querySelector("textarea").value = v.note ?? ""; },
  contact: (f, v) => all(f, "[name]").forEach((i) => { if (v[i.name]) i.value = v[i.name]; }),
  partialdate: (f, v) => { f.querySelector("input").value = v.replace("ongoing", "").trim(); const box = f.querySelector("[type=checkbox]"); if (box) box.checked = v.includes("ongoing"); },
};
const plain = (f) => f.querySelector("input, textarea, select");
function read(box) { return Object.fromEntries(parts(box).map((f) => [f.dataset.f, (READ[f.dataset.k] ?? ((g) => plain(g).value))(f)])); }
function write(box, values) { for (const f of parts(box)) if (values[f.dataset.f] !== undefined) (WRITE[f.dataset.k] ?? ((g, v) => { plain(g).value = v; }))(f, values[f.dataset.f]); }
function row(list) { const li = document.createElement("li"); li.append(list.previousElementSibling.content.cloneNode(true)); fillLists(li); list.append(li); return li; }
function rows(f, n) { const list = f.querySelector("ol"); while (list.children.length < n) row(list); }
function fillLists(box) { for (const s of all(box, "select[data-v]")) s.append(document.getElementById("v-" + s.dataset.v).content.cloneNode(true)); }
fillLists(form);
for (const list of all(form, "ol[data-least]")) for (let n = 0; n < list.dataset.least; n++) row(list);
form.addEventListener("click", (event) => { if ("add" in event.target.dataset) row(event.target.previousElementSibling).querySelector("input, textarea, select").focus(); });
form.addEventListener("input", ({ target }) => { changed = true; const small = target.nextElementSibling;
  if (target.dataset.max && small) small.textContent = words.count.replace("{0}", target.value.length).replace("{1}", target.dataset.min).replace("{2}", target.dataset.max); });
document.getElementById("save").addEventListener("click", () => {
  const line = { id, kind: form.dataset.kind, ...read(form) };
  for (const [name, value] of Object.entries(line)) if (value === "" || (Array.isArray(value) && !value.length)) delete line[name];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(line) + "\n"], { type: "application/json" }));
  link.download = "praxis-" + id + ".json";
  link.click();
  changed = false;
  said.textContent = words.saved;
});
document.getElementById("open").addEventListener("change", async ({ target }) => {
  try { const line = JSON.parse(await target.files[0].text()); id = line.id || fresh(); write(form, line); said.textContent = words.opened; }
  catch { said.textContent = words.broken; }
});
addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
