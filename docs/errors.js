// On the page of cluster error messages: list the entries whose messages occur in the text that the reader pastes.
document.addEventListener("DOMContentLoaded", () => {
  const input = document.getElementById("message")
  if (!input) return
  const article = input.closest("article")
  const found = document.getElementById("entries")
  const plain = (text) => text.toLowerCase().replace(/\s+/g, " ")
  // A heading is a message, or lists several in data-message. In a table, the fixed part of a message ends at the first quote.
  const headings = [...article.querySelectorAll("h2[data-message], h3")].map((heading) => {
    const title = heading.firstChild.textContent.trim()
    return { title, id: heading.id, messages: (heading.dataset.message || title).split("|"), common: heading.dataset.common }
  })
  const rows = [...article.querySelectorAll("tbody td:first-child > code:only-child")].map((code, index) => {
    code.id = `message-${index}`
    return { title: code.textContent, id: code.id, messages: [code.textContent.split('"')[0].trim()] }
  })
  const entries = [...headings, ...rows]

  input.addEventListener("input", () => {
    const text = plain(input.value)
    const matches = entries.filter((entry) => entry.messages.some((message) => text.includes(plain(message))))
    const list = document.createElement("ol")
    for (const entry of [...matches.filter((entry) => !entry.common), ...matches.filter((entry) => entry.common)]) {
      const link = document.createElement("a")
      link.href = `#${entry.id}`
      link.textContent = entry.title
      list.append(document.createElement("li"))
      list.lastChild.append(link)
    }
    found.replaceChildren(matches.length ? list : text.trim() ? "No entry has this message." : "")
  })
  input.closest(".find").hidden = false
})
