// What a writer types, kept on her device: one entry for each open form, with what is needed to send it.
// Entries carry the number of the person they belong to; nobody else's page shows them. Signing out clears all.
import { openDB } from "../vendor/idb@8.0.4/index.js";

let opened;
const db = () => (opened ??= openDB("praxis", 1, {
  upgrade: (made) => made.createObjectStore("texts", { keyPath: "id" }).createIndex("who", "who"),
  terminated: () => { opened = undefined; },
}));

// `durability`: "strict" waits until it is on the disk, and outlives a power cut; else it outlives a closed tab.
export async function put(text, durability = "default") {
  const act = (await db()).transaction("texts", "readwrite", { durability });
  await Promise.all([act.store.put(text), act.done]);
}
export const drop = async (id) => (await db()).delete("texts", id);
export const of = async (who) =>
  (await (await db()).getAllFromIndex("texts", "who", who)).sort((a, b) => b.at - a.at);

// Whose text this is: the site takes and tells nothing of it once somebody else is signed in in this browser.
export const writer = (who) => ({ "X-Writer": who });

// Send an entry. The key makes the server keep it once, however often it arrives; the tag says what this form has
// seen. A token that is older than the session is renewed once. `tried`: keys of what was sent before and may have
// arrived unheard: a text of such a key at the server is no other text.
export async function send(text, csrf, more = {}) {
  const ask = (token) => fetch(text.keep, {
    method: "PUT",
    headers: {
      "Content-Type": "application/json", "X-CSRFToken": token, ...writer(text.who),
      ...(text.tag ? { "If-Match": `"${text.tag}"` } : { "If-None-Match": "*" }),
    },
    body: JSON.stringify({ fields: text.fields, base: text.base, key: text.key }),
    ...more,
  });
  text.tried = [...new Set([...(text.tried ?? []), text.key])].slice(-20);
  await put(text).catch(() => {});
  let answer = await ask(csrf);
  if (answer.status === 400) {
    const fresh = await fetch(text.keep, { headers: writer(text.who) });
    if (!fresh.ok) return fresh;
    csrf = (await fresh.json()).csrf;
    answer = await ask(csrf);
  }
  if (answer.status !== 409) return answer;
  const { theirs } = await answer.clone().json();
  if (!theirs || !text.tried.includes(theirs.key)) return answer;
  text.tag = theirs.tag;
  return ask(csrf);
}

// The keys of the last texts that became versions: they need not be kept any more.
export const saved = () => document.cookie.match(/(?:^|; )saved=([\w.-]+)/)?.[1].split(".") ?? [];
