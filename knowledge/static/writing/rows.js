// Rows of a form added, removed and moved in place: by the buttons that also work as posts, and by dragging.
// Names and ids are counted anew each time, so that they stay the paths of problems.
const form = document.getElementById("write");
const words = JSON.parse(form.dataset.words);
const say = (text, ...parts) => text.replace(/\{(\d)\}/g, (_, n) => parts[n]);
const heard = Object.assign(document.createElement("p"), { className: "hide" });
heard.setAttribute("role", "status");
form.append(heard);

const listOf = (name) => form.querySelector(`[data-rows="${CSS.escape(name)}"]`);
const rowsOf = (list) => [...list.children].filter((row) => row.classList.contains("row"));
const blanks = new Map([...form.querySelectorAll("[data-rows]")].map((list) => [list, blank(list)]));

function blank(list) {
  const row = rowsOf(list)[0].cloneNode(true);
  for (const field of row.querySelectorAll("input, select, textarea")) {
    if (field.type === "checkbox" || field.type === "radio") field.checked = field.defaultChecked = false;
    else field.value = field.defaultValue = ""; // both: what was typed before we were here is copied too
    field.removeAttribute("aria-invalid");
  }
  row.querySelectorAll("option[selected]").forEach((option) => option.removeAttribute("selected"));
  row.querySelectorAll(".error").forEach((error) => error.remove());
  return row;
}

function count(list) {
  const name = list.dataset.rows, all = rowsOf(list), path = new RegExp(`^${name}-\\d+(?=-|$)`);
  all.forEach((row, place) => {
    for (const element of [row, ...row.querySelectorAll("*")]) {
      for (const attribute of ["id", "name", "for", "data-for", "aria-controls"]) {
        const value = element.getAttribute(attribute);
        if (value) element.setAttribute(attribute, value.replace(path, `${name}-${place}`));
      }
      const about = element.getAttribute("aria-describedby");
      if (about) element.setAttribute("aria-describedby", about.split(" ").map((id) => id.replace(path, `${name}-${place}`)).join(" "));
    }
    row.querySelectorAll("[data-n]").forEach((number) => { number.textContent = place + 1; });
    for (const button of row.querySelectorAll(".row-tools button[name=action]")) {
      const verb = button.value.split(":")[0];
      button.value = `${verb}:${name}:${place}`;
      button.hidden = (verb === "up" && !place) || (verb === "down" && place === all.length - 1);
    }
  });
}

function changed(list, text) {
  count(list);
  heard.textContent = text;
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

function add(list) {
  const row = blanks.get(list).cloneNode(true);
  list.append(row);
  handle(row);
  count(list);
  form.dispatchEvent(new CustomEvent("praxis:row", { detail: row }));
  return row;
}
const into = (row) => row.querySelector("input, select, textarea")?.focus();

const acts = {
  add(list) {
    const { what, most } = list.dataset;
    if (Number(most) && rowsOf(list).length >= Number(most)) return void (heard.textContent = say(words.most, most));
    into(add(list));
    changed(list, say(words.added, what, rowsOf(list).length));
  },
  remove(list, place) {
    const all = rowsOf(list);
    if (all.length === 1) add(list);
    all[place].remove();
    changed(list, say(words.removed, list.dataset.what, place + 1));
    into(rowsOf(list)[Math.min(place, rowsOf(list).length - 1)]);
  },
  up: (list, place, button) => move(list, place, place - 1, button),
  down: (list, place, button) => move(list, place, place + 1, button),
};

function move(list, from, to, button) {
  const all = rowsOf(list), row = all[from];
  if (!all[to]) return;
  all[to][to < from ? "before" : "after"](row);
  changed(list, say(words.moved, list.dataset.what, to + 1));
  if (button) (button.hidden ? row.querySelector(".row-tools button:not([hidden])") : button).focus();
}

form.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=action]");
  const [verb, name, place] = (button?.value ?? "").split(":");
  const list = name && listOf(name);
  if (!list || !acts[verb]) return;
  event.preventDefault();
  acts[verb](list, Number(place), button);
});

// ---- by pointer

function handle(row) {
  const grip = Object.assign(document.createElement("span"), { className: "grip", textContent: "⠿", title: words.drag });
  grip.setAttribute("aria-hidden", "true"); // the buttons beside it do the same by keyboard
  row.querySelector(".row-tools").prepend(grip);
  grip.addEventListener("pointerdown", (event) => {
    const list = row.parentElement, from = rowsOf(list).indexOf(row);
    event.preventDefault();
    grip.setPointerCapture(event.pointerId);
    row.classList.add("dragged");
    const drag = ({ clientY }) => {
      const over = rowsOf(list).find((other) => {
        const { top, bottom } = other.getBoundingClientRect();
        return other !== row && clientY > top && clientY < bottom;
      });
      if (over) over[over.compareDocumentPosition(row) & Node.DOCUMENT_POSITION_FOLLOWING ? "before" : "after"](row);
    };
    const end = () => {
      grip.removeEventListener("pointermove", drag);
      row.classList.remove("dragged");
      const to = rowsOf(list).indexOf(row);
      if (to !== from) changed(list, say(words.moved, list.dataset.what, to + 1));
    };
    grip.addEventListener("pointermove", drag);
    grip.addEventListener("lostpointercapture", end, { once: true });
  });
}
form.querySelectorAll("[data-rows] > .row").forEach(handle);

// ---- what was kept has as many rows as it has

form.addEventListener("praxis:fill", ({ detail: names }) => {
  for (const list of form.querySelectorAll("[data-rows]")) {
    const path = new RegExp(`^${list.dataset.rows}-(\\d+)(?:-|$)`);
    const most = names.reduce((n, name) => Math.max(n, 1 + Number(name.match(path)?.[1] ?? -1)), 0);
    while (rowsOf(list).length < Math.min(most, 60)) add(list);
    rowsOf(list).slice(Math.max(most, 1)).forEach((row) => row.remove());
    count(list);
  }
});

// ---- a long list of boxes gets a field that narrows it

for (const list of form.querySelectorAll("[data-narrow]")) {
  const words = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();
  const field = Object.assign(document.createElement("input"), { type: "search", className: "short" });
  field.setAttribute("aria-label", `${list.dataset.narrow}: ${list.getAttribute("aria-label")}`);
  field.placeholder = list.dataset.narrow;
  field.addEventListener("input", (event) => {
    event.stopPropagation(); // it is no part of the text
    const sought = words(field.value.trim());
    for (const label of list.querySelectorAll("label")) label.hidden = !words(label.textContent).includes(sought);
    for (const group of list.querySelectorAll("h4")) group.hidden = !group.nextElementSibling.querySelector("label:not([hidden])");
  });
  field.addEventListener("change", (event) => event.stopPropagation());
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  list.before(field);
}
