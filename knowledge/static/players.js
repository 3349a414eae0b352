// A video elsewhere plays here once its reader asks for it; before that, nothing is fetched from its host.
"use strict";
for (const link of document.querySelectorAll("a[data-player]")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a new window was asked for
    event.preventDefault();
    const frame = document.createElement("iframe");
    frame.src = link.dataset.player;
    frame.title = link.textContent.trim();
    frame.allow = "autoplay; fullscreen; picture-in-picture; encrypted-media";
    frame.referrerPolicy = "strict-origin"; // some hosts play for nobody whom they cannot name
    frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-popups allow-presentation");
    link.replaceWith(frame);
    frame.focus();
  });
}
