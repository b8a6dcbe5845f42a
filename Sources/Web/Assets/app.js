// Keeps pages up to date. Without it they are as they were when they were loaded.
"use strict";

(function () {
  let isPressed = false;
  document.addEventListener("pointerdown", () => { isPressed = true; });
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => { isPressed = false; });

  const address = (element) => element.form ? element.form.getAttribute("action") : element.getAttribute("href");

  // What somebody has opened stays open, and what has the focus keeps it.
  function replace(part, html) {
    const open = [...part.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent);
    const held = part.contains(document.activeElement) ? document.activeElement : null;
    const [tag, text, goal] = held ? [held.tagName, held.textContent, address(held)] : [];
    part.innerHTML = html;
    for (const summary of part.querySelectorAll("details > summary")) {
      if (open.includes(summary.textContent)) summary.parentElement.open = true;
    }
    if (tag) {
      const same = [...part.querySelectorAll(tag)].find((one) => one.textContent === text && address(one) === goal);
      if (same) same.focus({ preventScroll: true });
    }
    part.dataset.updated = String(Number(part.dataset.updated || 0) + 1);
  }

  async function load(url) {
    const answer = await fetch(url, { credentials: "same-origin" });
    if (answer.status === 401 || answer.redirected) location.reload();
    return answer.ok && !answer.redirected ? answer.text() : null;
  }

  function follow(live) {
    const source = new EventSource(live.dataset.events);
    let timer = null;
    async function refresh() {
      timer = null;
      const html = isPressed ? null : await load(live.dataset.part);
      // A press that has begun meanwhile is not taken away either.
      if (html === null || isPressed) return isPressed ? schedule() : undefined;
      replace(live, html);
    }
    // Many events may come at once.
    function schedule() {
      if (timer === null) timer = setTimeout(refresh, 500);
    }
    source.addEventListener("journal", schedule);
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) schedule();
    });
  }

  function renew(main) {
    let since = 0;
    setInterval(async () => {
      since += 1;
      const isBusy = isPressed || document.hidden || main.querySelector("input:focus, select:focus");
      if (since < Number(main.dataset.refresh) || isBusy) return;
      since = 0;
      const html = await load(location.href).catch(() => null);
      const fresh = html && new DOMParser().parseFromString(html, "text/html").getElementById("main");
      if (fresh && !isPressed) replace(main, fresh.innerHTML);
    }, 1000);
  }

  const [live, main] = [document.getElementById("live"), document.getElementById("main")];
  if (live && window.EventSource) follow(live);
  if (main && main.dataset.refresh) renew(main);
})();
