"use strict";
// The search: an alert stays if it contains every word.
const search = document.querySelector("input[type=search]");
if (search) {
  const alerts = [...document.querySelectorAll(".alerts li")].map((item) => [item, item.textContent.toLowerCase()]);
  const sections = [...document.querySelectorAll("section")];
  const status = document.querySelector("[role=status]");
  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const [item, text] of alerts) {
      const service = item.closest("section").dataset.words;
      item.hidden = !words.every((word) => text.includes(word) || service.includes(word));
      found += item.hidden ? 0 : 1;
    }
    for (const section of sections) section.hidden = !section.querySelector("li:not([hidden])");
    status.textContent = `${found} of ${alerts.length} alerts`;
  };
  search.addEventListener("input", show);
  show();
}
// A button at each command and query that copies it.
for (const block of document.querySelectorAll("pre")) {
  const button = document.createElement("button");
  const text = block.textContent.trimEnd();
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(block.querySelector("code"));
    }
  });
  block.append(button);
}
