// Help with prose for people who do not know Markdown: a toolbar, a preview made by the server, a live count, and
// pasting that keeps headings, lists, links and tables. The text stays in its plain textarea.
const form = document.getElementById("write");
const words = JSON.parse(form.dataset.words);
const say = (text, ...parts) => text.replace(/\{(\d)\}/g, (_, n) => parts[n]);
const numbers = new Intl.NumberFormat(document.documentElement.lang);
const segmenter = globalThis.Intl?.Segmenter && new Intl.Segmenter(document.documentElement.lang, { granularity: "word" });

// ---- changing the text as typing does, so that it can be undone

function replace(area, from, to, text, selectFrom = text.length, selectTo = selectFrom) {
  area.focus();
  area.setSelectionRange(from, to);
  if (!document.execCommand("insertText", false, text)) area.setRangeText(text, from, to, "end");
  area.setSelectionRange(from + selectFrom, from + selectTo);
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

function around(area, sign) {
  const { selectionStart: from, selectionEnd: to, value } = area;
  const text = value.slice(from, to), n = sign.length;
  const outside = value.slice(from - n, from) === sign && value.slice(to, to + n) === sign;
  if (outside) return replace(area, from - n, to + n, text, 0, text.length);
  const inner = text || words.text;
  replace(area, from, to, sign + inner + sign, n, n + inner.length);
}

function lines(area, mark) {
  const { selectionStart, selectionEnd, value } = area;
  const from = value.lastIndexOf("\n", selectionStart - 1) + 1;
  const end = value.indexOf("\n", selectionEnd), to = end < 0 ? value.length : end;
  const all = value.slice(from, to).split("\n"), marked = /^(#{1,6} |[-*] |\d+[.)] )/;
  const there = all.every((line, n) => line.startsWith(mark(n)));
  const text = all.map((line, n) => (there ? "" : mark(n)) + line.replace(marked, "")).join("\n");
  const gap = !there && from > 1 && value[from - 2] !== "\n" && !marked.test(value.slice(value.lastIndexOf("\n", from - 2) + 1)) ? "\n" : "";
  replace(area, from, to, gap + text);
}

function link(area) {
  const { selectionStart: from, selectionEnd: to, value } = area;
  const text = value.slice(from, to) || words.text, address = "https://";
  replace(area, from, to, `[${text}](${address})`, text.length + 3, text.length + 3 + address.length);
}

const TOOLS = {
  bold: ["b", (area) => around(area, "**")], italic: ["i", (area) => around(area, "*")],
  heading: ["", (area) => lines(area, () => "## ")], list: ["", (area) => lines(area, () => "- ")],
  numbers: ["", (area) => lines(area, (n) => `${n + 1}. `)], link: ["k", link],
};

// ---- toolbar and preview

function toolbar(area) {
  const bar = document.createElement("div"), shown = document.createElement("div");
  bar.className = "prose-tools";
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", `${words.tools}: ${document.querySelector(`label[for="${area.id}"]`)?.firstChild.textContent.trim() ?? ""}`);
  bar.setAttribute("aria-controls", area.id);
  const tool = (text, act) => {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: text, tabIndex: -1 });
    made.addEventListener("click", act);
    bar.append(made);
    return made;
  };
  for (const [name, [, act]] of Object.entries(TOOLS)) tool(words[name], () => act(area)).dataset.tool = name;
  const look = tool(words.preview, async () => {
    const open = shown.hidden;
    if (open && !(await render(area, shown))) return;
    shown.hidden = !open;
    look.setAttribute("aria-expanded", open);
  });
  look.setAttribute("aria-expanded", "false");
  bar.firstChild.tabIndex = 0; // one stop for the whole bar; arrows go on within
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key] * (document.dir === "rtl" ? -1 : 1);
    if (!step) return;
    const all = [...bar.children], next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    all.forEach((one) => { one.tabIndex = one === next ? 0 : -1; });
    next.focus();
    event.preventDefault();
  });
  shown.className = "prose note";
  shown.hidden = true;
  shown.dir = "auto";
  shown.setAttribute("role", "status");
  area.before(bar);
  area.after(shown);
  let waiting;
  area.addEventListener("input", () => {
    if (shown.hidden) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => render(area, shown), 800);
  });
}

async function render(area, shown) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrf_token.value };
  const answer = await fetch(form.dataset.proseUrl, { method: "POST", headers, body: JSON.stringify({ text: area.value }) }).catch(() => null);
  const told = await answer?.json().catch(() => null);
  if (answer?.ok) shown.innerHTML = told.html; // rendered and sanitised by the server, as for the page
  else shown.textContent = told?.error ?? words.no_preview;
  return true;
}

// ---- counting

function tally(counter) {
  const text = document.getElementById(counter.dataset.for)?.value.trim() ?? "", { min, max } = counter.dataset;
  const found = segmenter && text.length < 20000 ? [...segmenter.segment(text)].filter((s) => s.isWordLike).length : text.split(/\s+/).filter(Boolean).length;
  const said = say(Number(min) ? words.count : words.count_max, ...[text.length, found, min, max].map((n) => numbers.format(n)));
  counter.textContent = text.length > Number(max) ? `${said} (${words.over})` : said;
}
const tallyAll = () => form.querySelectorAll(".counter[data-for]").forEach(tally);

// ---- all of it

const prepare = (within) => within.querySelectorAll("textarea[data-prose]").forEach(toolbar);
prepare(form);
tallyAll();
form.addEventListener("input", ({ target }) => {
  const counter = target.id && form.querySelector(`.counter[data-for="${CSS.escape(target.id)}"]`);
  if (counter) tally(counter);
});
form.addEventListener("praxis:filled", tallyAll);
form.addEventListener("praxis:row", ({ detail: row }) => prepare(row));
form.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || !("prose" in event.target.dataset)) return;
  const tool = Object.values(TOOLS).find(([letter]) => letter && letter === event.key.toLowerCase());
  if (!tool) return;
  event.preventDefault();
  tool[1](event.target);
});
form.addEventListener("paste", async (event) => {
  const area = event.target, html = event.clipboardData?.getData("text/html");
  if (!html || !("prose" in (area.dataset ?? {})) || !/<(h[1-6]|ul|ol|li|table|a|b|strong|i|em|p)[\s>]/i.test(html)) return;
  const plain = event.clipboardData.getData("text/plain");
  event.preventDefault();
  const { selectionStart: from, selectionEnd: to } = area;
  const text = await import(form.dataset.pasteUrl).then(({ markdown }) => markdown(html)).catch(() => plain);
  replace(area, from, to, text || plain);
});
