"use strict";
// Every few seconds the page is read again, and sections that changed are put in place of the old ones.
const SECONDS = 5;
const stale = document.querySelector(".old");
const filters = document.querySelector("#filters");
const search = filters.querySelector("input");
const choices = filters.querySelector("#choices");
const summary = filters.querySelector("#shown");
// No label has this name, so the text of the search box can stand beside labels in the address.
const TEXT = "find-text";
// More choices are no help; the search box finds name=value as well.
const MOST_LABELS = 6;
const MOST_VALUES = 200;
const chosen = new Map(new URLSearchParams(location.search));
const shown = new Map([...document.querySelectorAll("[data-live]")].map((one) => [one.id, one.outerHTML]));

function rows() {
  return [...document.querySelectorAll("#objectives tbody tr")].map((row) => ({ row, tags: JSON.parse(row.dataset.tags) }));
}

// The values of an objective are in tables of their own, below that of the objectives.
function isListed(row) {
  return row.closest("details") === null;
}

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = [...chosen].filter(([name]) => name !== TEXT).map(([name, value]) => `${name}=${value}`);
  const every = rows();
  let count = 0;
  for (const { row, tags } of every) {
    const text = `${row.textContent} ${tags.join(" ")}`.toLowerCase();
    row.hidden = !(wanted.every((tag) => tags.includes(tag)) && words.every((word) => text.includes(word)));
    if (isListed(row)) count += !row.hidden;
  }
  // What was found in the values of an objective must not stay folded.
  if (words.length + wanted.length) for (const one of document.querySelectorAll("#objectives details")) one.open = one.querySelector("tbody tr:not([hidden])") !== null;
  const sentence = words.length + wanted.length ? `${count} of ${every.filter(({ row }) => isListed(row)).length} objectives fit` : "";
  if (summary.textContent !== sentence) summary.textContent = sentence;
}

// A list for each label that tells objectives apart, for that of the team in any case.
function offer() {
  const values = new Map([...chosen.keys()].filter((name) => name !== TEXT).map((name) => [name, new Set()]));
  const every = rows();
  for (const { tags } of every) {
    for (const tag of tags) {
      const [name, value] = halves(tag);
      if (!values.has(name)) values.set(name, new Set());
      values.get(name).add(value);
    }
  }
  const isOffered = ([name, found]) => chosen.has(name) || found.size <= MOST_VALUES && (name === "team" || found.size > 1 || every.some(({ tags }) => !tags.some((tag) => halves(tag)[0] === name)));
  const first = (name) => (name === "team" ? 0 : chosen.has(name) ? 1 : 2);
  const offered = [...values].filter(isOffered).sort(([a], [b]) => first(a) - first(b) || (a < b ? -1 : 1)).slice(0, MOST_LABELS);
  const state = JSON.stringify(offered.map(([name, found]) => [name, [...found].sort()]));
  if (choices.dataset.state === state) return;
  choices.dataset.state = state;
  const focused = document.activeElement?.closest("#choices select")?.name;
  choices.replaceChildren(...offered.map(list));
  if (focused) choices.querySelector(`select[name="${CSS.escape(focused)}"]`)?.focus();
}

function halves(tag) {
  const at = tag.indexOf("=");
  return [tag.slice(0, at), tag.slice(at + 1)];
}

function list([name, found]) {
  const label = document.createElement("label");
  const select = document.createElement("select");
  select.name = name;
  // A choice from the address stays, although no objective has it now.
  const values = new Set([...found, ...(chosen.has(name) ? [chosen.get(name)] : [])]);
  const options = [...values].sort().map((value) => new Option(value, value, false, chosen.get(name) === value));
  select.append(new Option("all", "", true, !chosen.has(name)), ...options);
  label.append(name[0].toUpperCase() + name.slice(1), " ", select);
  return label;
}

function remember() {
  if (search.value) chosen.set(TEXT, search.value);
  else chosen.delete(TEXT);
  const query = new URLSearchParams([...chosen]).toString();
  history.replaceState(null, "", `${location.pathname}${query ? `?${query}` : ""}${location.hash}`);
  filter();
}

function place(fresh) {
  document.title = fresh.title;
  for (const next of fresh.querySelectorAll("[data-live]")) {
    const old = document.getElementById(next.id);
    const html = next.outerHTML;
    if (!old || shown.get(next.id) === html) continue;
    shown.set(next.id, html);
    const active = old.contains(document.activeElement) ? document.activeElement : null;
    const boxes = [...old.querySelectorAll(".scroll")];
    const opened = [...old.querySelectorAll("details[open]")].map((one) => one.firstChild.textContent);
    const scrolled = boxes.map((box) => box.scrollLeft);
    const focused = boxes.indexOf(active);
    old.replaceWith(next);
    for (const one of next.querySelectorAll("details")) one.open = opened.includes(one.firstChild.textContent);
    const placed = [...next.querySelectorAll(".scroll")];
    placed.forEach((box, index) => { box.scrollLeft = scrolled[index] || 0; });
    const link = active?.getAttribute("href");
    (focused >= 0 ? placed[focused] : link && next.querySelector(`a[href="${CSS.escape(link)}"]`))?.focus({ preventScroll: true });
  }
  offer();
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

search.value = chosen.get(TEXT) ?? "";
filters.hidden = false;
offer();
filter();
search.addEventListener("input", remember);
choices.addEventListener("change", ({ target }) => {
  if (target.value) chosen.set(target.name, target.value);
  else chosen.delete(target.name);
  remember();
});
filters.querySelector("button").addEventListener("click", () => {
  chosen.clear();
  delete choices.dataset.state;
  search.value = "";
  offer();
  remember();
});
document.addEventListener("visibilitychange", refresh);
// The first page may be older than what is being read for it.
setTimeout(refresh, 1000);
setInterval(refresh, 1000 * SECONDS);
