// What Word or a web page puts on the clipboard as Markdown. Loaded when somebody first pastes such a thing. The HTML
// is parsed into a document of its own: nothing in it runs or is fetched.
import TurndownService from "../vendor/turndown@7.2.5/turndown.js";
import { strikethrough, tables } from "../vendor/turndown-plugin-gfm@1.0.2/gfm.js";

const turn = new TurndownService({ headingStyle: "atx", bulletListMarker: "-", emDelimiter: "*", codeBlockStyle: "fenced" });
turn.use([strikethrough, tables]);
turn.remove(["style", "script", "title", "meta", "link", "noscript", "img", "svg", "object", "iframe"]);
turn.addRule("address", { // only addresses that the page would show as links
  filter: (node) => node.nodeName === "A" && !/^(https?:\/\/|mailto:)/i.test(node.getAttribute("href") ?? ""),
  replacement: (content) => content,
});

export function markdown(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  wordLists(page);
  wordHeadings(page);
  headed(page);
  // Google Docs wraps all in a bold that is none
  page.querySelectorAll('b[style*="font-weight:normal"], b[style*="font-weight: normal"]').forEach((b) => b.replaceWith(...b.childNodes));
  return turn.turndown(page.body).replace(/\u00a0/g, " ").replace(/[ \t]+$/gm, "").replace(/\n{3,}/g, "\n\n").trim();
}

// Word writes a list as paragraphs with the sign in front: "mso-list:l0 level2 lfo1".
function wordLists(page) {
  let open = [];
  for (const item of [...page.querySelectorAll("[style*='mso-list:' i]")]) {
    const level = Number(/mso-list:[^;]*level(\d)/i.exec(item.getAttribute("style"))?.[1]);
    if (!level || !item.parentElement) continue;
    const sign = [...item.querySelectorAll("[style*='mso-list' i]")].find((s) => /ignore/i.test(s.getAttribute("style")));
    const kind = /^[\s(]*[\da-z]{1,4}[.)]/i.test(sign?.textContent ?? item.textContent) ? "ol" : "ul";
    sign?.remove();
    const last = open[0]?.list;
    if (!last || item.previousElementSibling !== last) open = [];
    open = open.filter((one) => one.level <= level);
    let here = open.at(-1);
    if (here?.level !== level) {
      here = { level, list: page.createElement(kind) };
      const parent = open.at(-1)?.list.lastElementChild;
      if (parent) parent.append(here.list);
      else item.before(here.list);
      open.push(here);
    }
    const entry = page.createElement("li");
    entry.append(...item.childNodes);
    here.list.append(entry);
    item.remove();
  }
}

function wordHeadings(page) {
  for (const line of page.querySelectorAll("p[class*='MsoTitle'], p[class*='Heading']")) {
    const level = /Heading(\d)/.exec(line.className)?.[1] ?? 1;
    const made = page.createElement(`h${Math.min(Number(level), 6)}`);
    made.append(...line.childNodes);
    line.replaceWith(made);
  }
}

// A table of Word has no head; Markdown needs one: its first row. Paragraphs in its cells become their words.
function headed(page) {
  for (const table of page.querySelectorAll("table")) {
    table.querySelectorAll("td p, th p, td div, th div").forEach((p) => p.replaceWith(...p.childNodes, " "));
    table.querySelectorAll("th, td").forEach((cell) => { cell.innerHTML = cell.innerHTML.replace(/\s*\n\s*/g, " "); });
    if (table.querySelector("th") || !table.rows[0]) continue;
    for (const cell of [...table.rows[0].cells]) {
      const head = page.createElement("th");
      head.append(...cell.childNodes);
      cell.replaceWith(head);
    }
  }
}
