// What the theme leaves out for keyboards and screen readers. tests/integration/browser/test_site_accessible.py checks all pages.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search")
  // The label of a section with an index page has no text, but the title inside the section has.
  for (const section of document.querySelectorAll("nav.md-nav[aria-labelledby]")) {
    section.setAttribute("aria-label", section.querySelector(".md-nav__title").textContent.trim())
    section.removeAttribute("aria-labelledby")
  }
  const article = document.querySelector("article")
  if (!article) return
  // The theme gives each code block a landmark, and what scrolls the focus only where a mouse can hover, or not at all.
  const complete = () => {
    for (const buttons of article.querySelectorAll("nav.md-code__nav")) buttons.setAttribute("role", "none")
    for (const box of article.querySelectorAll("pre > code, .md-typeset__scrollwrap")) {
      if (box.scrollWidth > box.clientWidth && !box.hasAttribute("tabindex")) box.setAttribute("tabindex", "0")
    }
  }
  new MutationObserver(complete).observe(article, { attributeFilter: ["tabindex"], childList: true, subtree: true })
  window.addEventListener("resize", () => setTimeout(complete, 500))
  complete()
})
