// Suggestions below the search box: a combobox as ARIA describes it. Without this file the box works all the same.
"use strict";
for (const input of document.querySelectorAll("input[data-suggest]")) {
  const list = document.createElement("ul");
  const said = document.createElement("p");
  list.id = input.id + "-suggestions";
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.dataset.suggestLabel);
  said.className = "hide";
  said.setAttribute("role", "status");
  input.after(list, said);
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
  })) input.setAttribute(name, value);

  let waiting, asking, here = -1;

  const close = () => {
    here = -1;
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const go = (number) => {
    const options = list.querySelectorAll("[role=option]");
    if (options[here]) options[here].setAttribute("aria-selected", "false");
    here = number < 0 ? options.length - 1 : number % options.length;
    options[here].setAttribute("aria-selected", "true");
    options[here].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[here].id);
  };

  const option = (found, number) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    const text = document.createElement("span");
    item.setAttribute("role", "presentation"); // the link itself is the option: nothing to press lies in another
    link.id = list.id + "-" + number;
    link.setAttribute("role", "option");
    link.setAttribute("aria-selected", "false");
    link.href = found.url;
    link.tabIndex = -1;
    text.textContent = found.text;
    if (found.language) text.lang = found.language;
    link.append(text);
    if (found.kind) {
      const kind = document.createElement("span");
      kind.className = "small soft";
      kind.textContent = `${found.kind} \u00b7 ${found.count}`;
      link.append(" ", kind);
    }
    item.append(link);
    return item;
  };

  const show = (found) => {
    close();
    list.replaceChildren(...found.map(option));
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(found.length > 0));
    said.textContent = input.dataset.suggestCount.replace("%n", found.length);
  };

  const ask = async () => {
    if (asking) asking.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(input.value)}`, { signal: asking.signal });
      if (answer.ok && document.activeElement === input) show((await answer.json()).suggestions);
    } catch (error) {
      close(); // typed on, or no line: the box goes on without
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    if (input.value.trim().length < 2) return close();
    waiting = setTimeout(ask, 120);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "ArrowDown" && list.children.length) {
      event.preventDefault();
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      go(here + 1);
    } else if (event.key === "ArrowUp" && !list.hidden) {
      event.preventDefault();
      go(here - 1);
    } else if (event.key === "Enter" && here >= 0 && !list.hidden) {
      event.preventDefault();
      list.children[here].firstChild.click();
    }
  });
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus until the click
  input.addEventListener("blur", () => { clearTimeout(waiting); close(); });
}
