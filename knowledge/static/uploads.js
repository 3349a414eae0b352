// Files go up in chunks while one writes on: with progress, and after a cut line on from where it stopped. Choosing the
// same file again after the page was closed does the same. Without this file the button beside it sends them whole.
"use strict";
const LEAST = 64 * 1024, MOST = 1024 * 1024, SECONDS = 4;
const pause = (ms) => new Promise((resolve) => {
  const done = () => { removeEventListener("online", done); clearTimeout(timer); resolve(); };
  const timer = setTimeout(done, ms);
  addEventListener("online", done);
});

class Refused extends Error {}

class Line {
  // One file in the list below the chooser: its name, how far it is, and a button that stops it.
  constructor(panel, file) {
    this.file = file;
    this.stopped = new AbortController();
    this.item = document.createElement("li");
    const name = document.createElement("span");
    this.bar = document.createElement("progress");
    this.said = document.createElement("span");
    this.stop = document.createElement("button");
    name.textContent = file.name;
    name.dir = "auto";
    this.bar.className = "bar";
    this.bar.max = file.size || 1;
    this.bar.value = 0;
    this.bar.setAttribute("aria-label", file.name);
    this.said.setAttribute("role", "status");
    this.said.textContent = panel.dataset.waiting;
    this.stop.type = "button";
    this.stop.className = "quiet";
    this.stop.textContent = panel.dataset.stop;
    this.stop.addEventListener("click", () => { this.stopped.abort(); this.item.remove(); });
    this.item.append(name, this.bar, this.said, this.stop);
    panel.querySelector(".coming").append(this.item);
  }
  at(received) {
    this.bar.value = received;
    this.said.textContent = Math.floor((100 * received) / (this.file.size || 1)) + "\u00a0%";
  }
  over(sentence, bad) {
    this.bar.remove();
    this.stop.remove();
    this.said.textContent = sentence;
    if (bad) this.said.className = "error";
  }
}

async function ask(line, panel, address, options) {
  // An answer, however long the line is cut; Refused with the site's own sentence.
  const token = panel.closest("form").elements.csrf_token.value;
  for (let wait = 1000; ; wait = Math.min(2 * wait, 30000)) {
    let answer;
    try {
      answer = await fetch(address, {
        ...options, signal: line.stopped.signal, credentials: "same-origin", headers: { "X-CSRFToken": token },
      });
    } catch (error) {
      if (line.stopped.signal.aborted) throw error;
    }
    if (answer && answer.status < 500 && answer.status !== 429) {
      const told = await answer.json().catch(() => ({ error: panel.dataset.again }));
      if (answer.ok || "received" in told) return told;
      throw new Refused(told.error);
    }
    line.said.textContent = panel.dataset.cut;
    await pause(wait);
  }
}

async function send(line, panel) {
  const { file } = line, base = panel.dataset.upload;
  const key = [file.name, file.size, file.lastModified].join("|");
  const begun = await ask(line, panel, base + ".json", { method: "POST", body: new URLSearchParams({ name: file.name, size: file.size, key }) });
  if (begun.file) return begun.file;
  const here = base + "/" + begun.id;
  let { received } = begun, size = LEAST;
  for (;;) {
    while (received < file.size) {
      line.at(received);
      const started = performance.now();
      const chunk = file.slice(received, received + size);
      ({ received } = await ask(line, panel, here + ".json?offset=" + received, { method: "PUT", body: chunk }));
      const took = (performance.now() - started) / 1000;
      size = took < SECONDS / 2 ? Math.min(2 * size, MOST) : took > 2 * SECONDS ? Math.max(size / 2, LEAST) : size;
    }
    line.at(file.size);
    line.said.textContent = panel.dataset.looking;
    const done = await ask(line, panel, here + "/finish.json", { method: "POST" });
    if (done.file) return done.file;
    received = done.received; // something is missing after all
  }
}

const answers = (field) => JSON.stringify([...field.querySelectorAll("input, select, textarea")].map(({ value, checked }) => [value, checked]));

async function show(panel, ids) {
  // The field again from the site, with a row for each new file and everything that was typed; once more, if somebody
  // went on typing in it meanwhile.
  const form = panel.closest("form"), field = document.getElementById(panel.dataset.field);
  let fresh, before;
  do {
    before = answers(field);
    const typed = new FormData(form);
    typed.delete("files");
    typed.set("action", `use:${panel.dataset.field}:${ids.join(",")}`);
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: typed, credentials: "same-origin" });
    if (!answer.ok) return false;
    fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(panel.dataset.field);
    if (!fresh) return false;
  } while (answers(field) !== before);
  field.replaceWith(document.adoptNode(fresh));
  form.dispatchEvent(new Event("input", { bubbles: true })); // so that it is kept at once
  const added = ids.map((id) => fresh.querySelector(`input[value="${id}"]`)).find(Boolean);
  added?.closest("fieldset").querySelector("input:not([type=hidden]), select")?.focus();
  watch();
  return true;
}

function watch() {
  for (const panel of document.querySelectorAll("[data-upload]")) {
    const input = panel.querySelector("input[type=file]"), button = panel.querySelector("button[value^='attach:']");
    const queue = [], done = [];
    let busy = false;
    if (button) button.remove();
    panel.querySelector(".at-once").hidden = true;
    input.addEventListener("change", async () => {
      for (const file of input.files) {
        const line = new Line(panel, file);
        if (file.size > Number(panel.dataset.largest)) line.over(panel.dataset.large, true);
        else queue.push(line);
      }
      input.value = ""; // what is on its way must not be sent once more with the form
      if (busy) return;
      busy = true;
      for (let line; (line = queue.shift()); ) {
        try {
          done.push(await send(line, panel));
          line.over(panel.dataset.here);
        } catch (error) {
          if (!line.stopped.signal.aborted) line.over(error.message, true);
        }
      }
      busy = false;
      const wrong = [...panel.querySelectorAll(".coming .error")].map((each) => each.closest("li"));
      if (!done.length) return;
      if (await show(panel, done)) document.querySelector("[data-upload] .coming").append(...wrong);
      else for (const said of panel.querySelectorAll(".coming [role=status]:not(.error)")) said.textContent = panel.dataset.later;
    });
  }
}
watch();
