"use strict";
const findings = [...document.querySelectorAll(".finding")];
const groups = [...document.querySelectorAll(".group")];
const texts = findings.map((finding) => finding.textContent.toLowerCase());
const search = document.getElementById("search");
const found = document.getElementById("found");

function show() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let number = 0;
  findings.forEach((finding, index) => {
    const matches = words.every((word) => texts[index].includes(word));
    finding.classList.toggle("unmatched", !matches);
    number += matches;
  });
  for (const group of groups) {
    const matches = group.querySelector(".finding:not(.unmatched)") !== null;
    group.classList.toggle("unmatched", !matches);
    if (words.length) group.open = matches;
  }
  found.textContent = words.length ? `${number} of ${findings.length} match` : "";
}

function open() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  (target.matches("details") ? target : target.closest("section")?.querySelector(":scope > details:only-of-type"))?.setAttribute("open", "");
  target.closest(".group")?.setAttribute("open", "");
  target.scrollIntoView();
}

search.addEventListener("input", show);
addEventListener("hashchange", open);
show();
open();
