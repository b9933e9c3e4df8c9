// On the page of cluster error messages: list the entries of the text that the reader pastes, with the facts in it and what to do.
document.addEventListener("DOMContentLoaded", () => {
  const input = document.getElementById("message")
  if (!input) return
  const article = input.closest("article")
  const found = document.getElementById("entries")
  const plain = (text) => text.toLowerCase().replace(/\s+/g, "")
  // A heading is a message, or lists several in data-message. In a table, the fixed part of a message ends at the first quote.
  const headings = [...article.querySelectorAll("h2[data-message], h3")].map((heading) => ({
    title: heading.firstChild.textContent.trim(),
    id: heading.id,
    messages: (heading.dataset.message || heading.firstChild.textContent.trim()).split("|"),
    pattern: heading.dataset.pattern && new RegExp(decodeURIComponent(heading.dataset.pattern)),
    common: heading.dataset.common,
    fixes: fixesOf(heading),
  }))
  const rows = [...article.querySelectorAll("tbody td:first-child > code:only-child")].map((code, index) => {
    code.id = `message-${index}`
    return { title: code.textContent, id: code.id, messages: [code.textContent.split('"')[0].trim()] }
  })
  const entries = [...headings, ...rows]

  // What to do, below a heading: one paragraph, or alternatives in a list.
  function fixesOf(heading) {
    for (let next = heading.nextElementSibling; next && !/^H[23]$/.test(next.tagName); next = next.nextElementSibling) {
      if (next.tagName !== "P" || !next.textContent.startsWith("Fix")) continue
      const list = next.nextElementSibling
      return list && list.tagName === "UL" ? [...list.children] : [next]
    }
    return []
  }

  // As in `scclint explain`: folders with a folder for each program, and folders over which nothing can be mounted.
  const OF_MANY_FOLDERS = /^\/(home|mnt|opt|run|srv|usr|usr\/local|usr\/share|var|var\/(cache|lib|log|run|spool))\/[^/]+$/
  const OF_MANY_FILES = /^\/(bin|etc|lib|lib64|sbin|usr\/(local\/)?s?bin|usr\/lib(64)?)\/[^/]+$/
  const ERROR_NUMBERS = ["eacces", "enosys", "eperm"]

  // The folder that holds a file, but not one of the system: then the folder or file itself.
  function folderOf(path) {
    if (!path.startsWith("/")) return "DIRECTORY"
    const name = path.replace(/^.*\//, "")
    const isShared = OF_MANY_FILES.test(path) || (OF_MANY_FOLDERS.test(path) && !name.includes("."))
    return isShared ? path : path.replace(/\/?[^/]*$/, "") || path
  }

  // Other words contain the names of error numbers.
  function isIn(message, text, packed) {
    return ERROR_NUMBERS.includes(message) ? new RegExp(`(?<![a-z])${message}(?![a-z])`, "i").test(text) : packed.includes(plain(message))
  }

  // The facts that a text names, by the names of the groups of the pattern; null if the text has another error.
  function factsOf(entry, text, packed) {
    if (!entry.messages.some((message) => isIn(message, text, packed))) return null
    if (!entry.pattern) return {}
    const match = entry.pattern.exec(text)
    if (!match) return null
    const named = Object.entries(match.groups || {}).filter(([, value]) => value)
    const facts = Object.fromEntries(named.map(([name, value]) => [name.replace(/[234]$/, ""), value]))
    if (facts.path) {
      facts.path = facts.path.replace(/\.+$/, "")
      facts.dir = folderOf(facts.path.replace(/\/+$/, ""))
      if (facts.path.startsWith("/") && !OF_MANY_FILES.test(facts.path)) facts.mount = facts.dir
    }
    return facts
  }

  // The parts of a text that have the message of an entry, such as the reasons of SCCs: what they name are its facts.
  function partsOf(entry, text) {
    const known = entry.messages.map((message) => message.toLowerCase())
    const parts = text.split(/, (?=provider |\.|spec\.|pod\.|metadata\.)|constraint: \[?/)
    const found = parts.flatMap((part) => {
      const starts = known.map((message) => part.toLowerCase().indexOf(message)).filter((start) => start >= 0)
      if (!starts.length) return []
      const start = Math.min(...starts)
      const said = start < 160 ? part.slice(0, start + 600) : `...${part.slice(start - 40, start + 600)}`
      return [withoutEnd(said)]
    })
    return [...new Set(found)].slice(0, 3)
  }

  // A part without what follows the list that it is in.
  function withoutEnd(part) {
    let depth = 0
    for (const [index, letter] of [...part].entries()) {
      depth += (letter === "[") - (letter === "]")
      if (depth < 0) return part.slice(0, index)
    }
    return part
  }

  function shown(entry, facts, text) {
    const item = document.createElement("li")
    const link = document.createElement("a")
    link.href = `#${entry.id}`
    link.textContent = entry.title
    item.append(link)
    const named = Object.entries(facts).filter(([name]) => name !== "dir" && name !== "mount")
    if (named.length) item.append(`: ${named.map(([name, value]) => `${name} ${value}`).join(", ")}`)
    for (const part of entry.pattern ? [] : partsOf(entry, text)) {
      const quoted = document.createElement("pre")
      quoted.textContent = part.trim()
      item.append(quoted)
    }
    for (const original of entry.fixes || []) {
      const words = original.textContent
      if (!facts.mount && /\bMOUNT\b/.test(words)) continue
      const fix = document.createElement("p")
      fix.append(...original.cloneNode(true).childNodes)
      const texts = document.createTreeWalker(fix, NodeFilter.SHOW_TEXT)
      while (texts.nextNode()) {
        texts.currentNode.data = texts.currentNode.data.replace(/\b[A-Z]+\b/g, (name) => facts[name.toLowerCase()] || name)
      }
      item.append(fix)
    }
    return item
  }

  input.addEventListener("input", () => {
    const text = input.value.replaceAll('\\"', '"').replace(/\s+/g, " ")
    const packed = plain(text)
    const all = entries.map((entry) => [entry, factsOf(entry, text, packed)]).filter(([, facts]) => facts)
    // As in `scclint explain`: the first entry with facts is the most exact one, and a common entry counts only if there is no other.
    const exact = all.filter(([entry]) => entry.pattern).slice(0, 1)
    const others = all.filter(([entry]) => !entry.pattern && !entry.common)
    const matches = exact.length ? exact : others.length ? others : all
    const list = document.createElement("ol")
    list.append(...matches.map(([entry, facts]) => shown(entry, facts, text)))
    found.replaceChildren(matches.length ? list : text.trim() ? "No entry has this message." : "")
  })
  input.closest(".find").hidden = false
})
