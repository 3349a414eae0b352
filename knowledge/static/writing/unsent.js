// Texts that lie on this device and were not sent: listed on My work and sent from there; before a session ends, which
// clears the device, sent first.
const place = document.querySelector("[data-unsent]");
const device = await import(place.dataset.deviceUrl);
const { who } = place.dataset;

async function sendAll() {
  for (const text of await device.of(who)) {
    if (text.sent || device.saved().includes(text.key)) {
      await device.drop(text.id);
    } else {
      const answer = await device.send(text, "").catch(() => null);
      if (answer?.ok) await device.drop(text.id);
    }
  }
  return device.of(who);
}

const moment = new Intl.DateTimeFormat(document.documentElement.lang.replace(/^en$/, "en-GB"), { dateStyle: "long", timeStyle: "short", hourCycle: "h23" });
function list(texts) {
  const items = texts.map((text) => {
    const item = document.createElement("li"), link = document.createElement("a");
    link.href = text.page;
    link.textContent = text.title || text.page;
    link.dir = "auto";
    const drop = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: place.dataset.drop });
    drop.addEventListener("click", async () => { await device.drop(text.id); list(await device.of(who)); });
    item.append(link, ` · ${moment.format(text.at)} `, drop);
    return item;
  });
  const heading = Object.assign(document.createElement("p"), { textContent: place.dataset.heading });
  const all = document.createElement("ul");
  all.append(...items);
  place.className = "note wait";
  place.hidden = !items.length;
  place.replaceChildren(heading, all);
}

const out = document.querySelector("form[data-ends]");
let asked = false;
out?.addEventListener("submit", async (event) => {
  if (asked) return;
  event.preventDefault();
  asked = true;
  const left = await sendAll().catch(() => []);
  if (left.length) list(left); // pressing again signs out all the same
  else out.requestSubmit(event.submitter);
});
if (!out) {
  const refresh = async () => list(await sendAll());
  addEventListener("online", refresh);
  await refresh().catch(() => {});
  if (navigator.serviceWorker && !navigator.connection?.saveData) { // her newest drafts, before the line goes
    await navigator.serviceWorker.register("/worker.js").catch(() => {});
    const links = [...document.querySelectorAll("a[data-changed]")].slice(0, 10);
    const drafts = links.map((link) => ({ page: link.pathname, changed: Number(link.dataset.changed) * 1000 }));
    (await navigator.serviceWorker.ready).active?.postMessage({ drafts });
  }
}
