"use strict";
const groups = [...document.querySelectorAll(".group")];
const entries = [...document.querySelectorAll(".finding, .workload")];
const texts = entries.map((entry) => entry.textContent.toLowerCase());
const search = document.getElementById("search");
const found = document.getElementById("found");

function matching(kind) {
  const all = document.querySelectorAll(`.${kind}`).length;
  return all ? [`${all - document.querySelectorAll(`.${kind}.unmatched`).length} of ${all} ${kind}s`] : [];
}

function show() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  entries.forEach((entry, index) => entry.classList.toggle("unmatched", !words.every((word) => texts[index].includes(word))));
  for (const group of groups) {
    const matches = group.querySelector(":is(.finding, .workload):not(.unmatched)") !== null;
    group.classList.toggle("unmatched", !matches);
    if (words.length) group.open = matches;
  }
  found.textContent = words.length ? [...matching("finding"), ...matching("workload")].join(", ") : "";
}

function open() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let details = target.closest("details"); details; details = details.parentElement.closest("details")) details.open = true;
  target.scrollIntoView();
}

search.addEventListener("input", show);
addEventListener("hashchange", open);
show();
open();
