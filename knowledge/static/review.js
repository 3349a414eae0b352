// The review page: remembers that it was seen, takes selected words into a comment, puts phrases in with one click.
const page = document.querySelector("#review");

if (page) {
  const body = new URLSearchParams({ seen: page.dataset.seen, csrf_token: page.dataset.token });
  fetch(page.dataset.look, { method: "POST", body, keepalive: true }).catch(() => {});
}

// words selected in an answer go into the comment that stands below it
document.addEventListener("selectionchange", () => {
  const selection = document.getSelection();
  const words = selection.toString().replace(/\s+/g, " ").trim().slice(0, 500);
  if (!words || !selection.rangeCount) return;
  const at = selection.getRangeAt(0).commonAncestorContainer;
  const place = (at.nodeType === Node.ELEMENT_NODE ? at : at.parentElement)?.closest(".commented, dd, .change");
  const comment = place?.querySelector(":scope > details.comment");
  if (!comment || comment.contains(at)) return;
  comment.querySelector("[name^=quote]").value = words;
});

for (const comment of document.querySelectorAll("details.comment")) {
  comment.addEventListener("toggle", () => {
    if (comment.open) comment.querySelector("textarea").focus();
  });
}

for (const row of document.querySelectorAll(".phrases")) {
  row.querySelector("button").addEventListener("click", (event) => {
    event.preventDefault();
    const target = event.currentTarget.form.elements[row.dataset.into];
    target.value = [target.value.trimEnd(), row.querySelector("select").value].filter(Boolean).join("\n\n");
    target.focus();
  });
}

// a weaker level asks for its reason at once
const level = document.querySelector("#level");
level?.addEventListener("change", () => {
  document.querySelector(".why").open ||= level.selectedIndex > 0;
});

// what is filled in for the decision outlives a reload, a link and other forms of the page: it comes back with the page
const decision = document.querySelector("#decision-form"), slot = `praxis-decision ${page?.dataset.look}`;
if (decision) {
  const kept = new Map(JSON.parse(sessionStorage.getItem(slot) ?? "[]"));
  sessionStorage.removeItem(slot);
  for (const field of decision.elements) {
    if (!kept.has(field.name) || field.type === "hidden") continue;
    if (field.type === "radio" || field.type === "checkbox") field.checked = field.value === kept.get(field.name);
    else field.value = kept.get(field.name);
    if (field.value) field.closest("details")?.setAttribute("open", "");
  }
  const typed = [...decision.elements].filter(({ type }) => type !== "hidden" && type !== "submit" && type !== "fieldset");
  const changed = (field) => {
    if (field.type === "radio" || field.type === "checkbox") return field.checked && !field.defaultChecked;
    if (!field.options) return field.value !== field.defaultValue;
    return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
  };
  let sent = false; // then it comes back from the server, if it does
  decision.addEventListener("submit", () => (sent = true));
  addEventListener("pagehide", () => {
    const kept = typed.filter(changed).map(({ name, value }) => [name, value]);
    if (!sent && kept.length) sessionStorage.setItem(slot, JSON.stringify(kept));
  });
}
