// What a page must keep so that everybody can use it; returns what it does not. After the rules of WCAG 2.2 level AA that
// a program can judge: names, labels, contrast, order of headings, unique ids, room on a narrow screen, targets to press.
(function () {
  "use strict";
  const flaws = [];
  const say = (rule, element) => flaws.push(rule + ": " + (element.outerHTML || "").slice(0, 160));
  const shown = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && getComputedStyle(element).visibility !== "hidden";
  };
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);
  const name = (element) => {
    const hidden = element.cloneNode(true);
    for (const part of hidden.querySelectorAll("[aria-hidden=true]")) part.remove();
    const label = element.id && document.querySelector("label[for='" + CSS.escape(element.id) + "']");
    return (element.getAttribute("aria-label") || (label && label.textContent) || hidden.textContent || element.title || "").trim();
  };

  if (!document.documentElement.lang) flaws.push("the page tells no language");
  if (!document.title) flaws.push("the page has no title");
  if (document.querySelectorAll("main").length !== 1) flaws.push("there is not exactly one main part");
  if (document.querySelectorAll("h1").length !== 1) flaws.push("there is not exactly one first heading");

  let level = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4, h5")) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) say("a heading leaves out a level", heading);
    level = own;
  }
  const ids = new Set();
  for (const element of document.querySelectorAll("[id]")) {
    if (ids.has(element.id)) say("an id stands twice", element);
    ids.add(element.id);
  }
  for (const element of all("a[href], button, summary, input:not([type=hidden]), select, textarea, progress")) {
    if (element.closest("svg")) continue;
    if (!name(element)) say("it has no name", element);
  }
  for (const picture of all("svg")) {
    if (picture.getAttribute("aria-hidden") === "true") continue;
    if (picture.getAttribute("role") !== "img") say("a picture has no role", picture);
    if (!picture.getAttribute("aria-label") && !picture.querySelector(":scope > title")) say("a picture has no name", picture);
  }
  for (const table of all("table")) if (!table.querySelector("th[scope=col]")) say("a table has no column headings", table);
  for (const box of all("*")) {
    const style = getComputedStyle(box);
    const scrolls = (style.overflowX === "auto" && box.scrollWidth > box.clientWidth + 1)
      || (style.overflowY === "auto" && box.scrollHeight > box.clientHeight + 1);
    if (scrolls && box.tabIndex < 0 && !box.querySelector("a, button, input") && box !== document.documentElement) {
      say("it scrolls, and no key gets there", box);
    }
  }
  if (document.documentElement.scrollWidth > innerWidth + 1) {
    const wide = all("body *").find((element) => element.getBoundingClientRect().right > innerWidth + 1
      && !element.closest(".wide, pre"));
    say("the page is wider than the screen", wide || document.body);
  }
  // What has to be scrolled to is not seen: of a calendar and a timeline the newest, of everything else all.
  for (const cell of innerWidth > 420 ? [] : all("main table:not(.heat) td, main table:not(.heat) th[scope=row], nav a, .functions li")) {
    const box = cell.getBoundingClientRect();
    if (box.right > innerWidth + 1 || box.left < -1) say("it is out of sight on a narrow screen", cell);
    if (cell.scrollWidth > cell.clientWidth + 1) say("it is cut off on a narrow screen", cell);
  }
  for (const target of all("button, select, input:not([type=hidden]), .top nav a, summary")) {
    const box = target.getBoundingClientRect();
    if (box.width < 24 || box.height < 24) say("it is too small to press", target);
  }

  const texts = all("svg text").map((element) => [element, element.getBoundingClientRect()]);
  for (const [element, box] of texts) {
    const other = texts.find(([one, its]) => one !== element && its.left < box.right - 2 && its.right > box.left + 2
      && its.top < box.bottom - 4 && its.bottom > box.top + 4);
    if (other) say("it stands over another text of the picture", element);
  }

  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colour = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const part = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = colour(getComputedStyle(at).backgroundColor);
      if (found[3] === 255) return found;
    }
    return [255, 255, 255, 255];
  };
  const seen = new Set();
  for (const element of all("body *")) {
    const inSVG = element.tagName === "text";
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || (element.closest("svg") && !inSVG) || element.closest(".vh")) continue;
    const style = getComputedStyle(element);
    const [front, back] = [colour(inSVG ? style.fill : style.color), ground(inSVG ? element.closest("svg").parentElement : element)];
    const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const wanted = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const key = [front, back].join();
    if ((a + 0.05) / (b + 0.05) < wanted && !seen.has(key)) {
      seen.add(key);
      say("its contrast is only " + ((a + 0.05) / (b + 0.05)).toFixed(2), element);
    }
  }
  return flaws;
})();
