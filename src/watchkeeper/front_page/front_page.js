"use strict";
// Every few seconds the page is read again, and sections that changed are put in place of the old ones.
const SECONDS = 5;
const stale = document.querySelector(".old");
const search = document.querySelector("input[type=search]");

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of document.querySelectorAll("#objectives tbody tr")) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }
}

function place(fresh) {
  document.title = fresh.title;
  for (const next of fresh.querySelectorAll("[data-live]")) {
    const old = document.getElementById(next.id);
    if (!old || old.outerHTML === next.outerHTML) continue;
    const active = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const scrolled = [...old.querySelectorAll(".scroll")].map((box) => box.scrollLeft);
    old.replaceWith(next);
    next.querySelectorAll(".scroll").forEach((box, index) => { box.scrollLeft = scrolled[index] || 0; });
    if (active) next.querySelector(`a[href="${CSS.escape(active)}"]`)?.focus({ preventScroll: true });
  }
  filter();
}

async function refresh() {
  if (document.hidden || !getSelection().isCollapsed) return;
  try {
    const answer = await fetch("/", { cache: "no-store", signal: AbortSignal.timeout(4000) });
    if (!answer.ok) throw new Error(answer.status);
    place(new DOMParser().parseFromString(await answer.text(), "text/html"));
    stale.hidden = true;
  } catch {
    if (stale.hidden) stale.textContent = `▲ This page is not live any more: its server has not answered since ${new Date().toISOString().slice(11, 19)} UTC. Run watchkeeper status.`;
    stale.hidden = false;
  }
}

search.addEventListener("input", filter);
document.addEventListener("visibilitychange", refresh);
// The first page may be older than what is being read for it.
setTimeout(refresh, 1000);
setInterval(refresh, 1000 * SECONDS);
