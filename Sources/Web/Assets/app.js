// Keeps a roll-out's page up to date. Without it the page is as it was when it was loaded.
"use strict";

(function () {
  const live = document.getElementById("live");
  if (!live || !window.EventSource) return;
  const source = new EventSource(live.dataset.events);
  let timer = null;

  async function refresh() {
    timer = null;
    // What somebody has opened or is about to press is not taken away.
    if (live.querySelector("details.danger[open]")) return schedule();
    const answer = await fetch(live.dataset.part, { credentials: "same-origin" });
    if (answer.status === 401) return location.reload();
    if (!answer.ok) return;
    const open = [...live.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent);
    const focused = document.activeElement && live.contains(document.activeElement);
    if (focused && document.activeElement.tagName === "BUTTON") return schedule();
    live.innerHTML = await answer.text();
    for (const summary of live.querySelectorAll("details > summary")) {
      if (open.includes(summary.textContent)) summary.parentElement.open = true;
    }
    live.dataset.updated = String(Number(live.dataset.updated || 0) + 1);
  }

  // Many events may come at once.
  function schedule() {
    if (timer === null) timer = setTimeout(refresh, 500);
  }

  source.addEventListener("journal", schedule);
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) schedule();
  });
})();
