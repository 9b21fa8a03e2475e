// Sphinx's own search, whose results lead to the section where the words stand, and which takes a
// word that no page has for the nearest one that some page has. It fetches nothing but what is here.
(() => {
  const pages = globalThis.courseSections;
  const stemmer = new Stemmer();
  const OTHER = ".headerlink, script, style, .katex-mathml, .ways-to-run"; // not to be quoted
  const stem = (word) => stemmer.stemWord(word.toLowerCase());

  // Opened as a file, a page cannot fetch others to quote them.
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

  // What chapters and the glossary say comes before the same kind of match in the reference: less
  // than half makes its best, a name that matches, less than a heading of theirs, but more than text.
  Scorer.score = ([page, , , , score]) => (page.startsWith("api/") ? 0.45 * score : score);

  /** The text of a section or page to quote from: without the theme's buttons, each formula once. */
  Search.htmlToText = (text, anchor) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const other of page.querySelectorAll(OTHER)) other.remove();
    const article = page.querySelector("article") ?? page.querySelector("[role=main]");
    const place = anchor ? article.querySelector(`#${CSS.escape(anchor.slice(1))}`) : null;
    const quoted = place?.textContent.trim() ? place : (place?.closest("section") ?? article);
    return quoted.textContent.replace(/\s+/g, " ");
  };

  /** The anchor of the section of a page that has most of the words. */
  function sectionOf(page, stems) {
    const counts = Object.entries(pages[page] ?? {}).map(([anchor, words]) => {
      const there = new Set(words.split(" ").map(stem));
      return [anchor, [...stems].filter((word) => there.has(word)).length];
    });
    const [best, count] = counts.reduce((a, b) => (b[1] > a[1] ? b : a), ["", 0]);
    return count ? best : "";
  }

  function titleOf(file, anchor) {
    for (const [title, places] of Object.entries(Search._index.alltitles))
      if (places.some(([at, id]) => at === file && id === anchor)) return title;
    return "";
  }

  /** A result that leads to a section and says so; what is no section stays as it is. */
  function placed([page, title, anchor, ...rest], section) {
    const { docnames, titles } = Search._index;
    const file = docnames.indexOf(page);
    const heading = section && titleOf(file, section);
    if (title !== titles[file] || !heading || heading === title)
      return [page, title, anchor, ...rest];
    return [page, `${title} > ${heading}`, `#${section}`, ...rest];
  }

  const searchTerms = Search.performTermsSearch;
  Search.performTermsSearch = (stems, excluded) =>
    searchTerms(stems, excluded).map((result) => placed(result, sectionOf(result[0], stems)));

  let count = 0;
  const perform = Search._performSearch;
  Search._performSearch = (...asked) => {
    const seen = new Set();
    const isNew = ([page, , anchor]) => seen.size < seen.add(page + anchor).size;
    const results = perform(...asked).map((result) => placed(result, result[2].slice(1)));
    const found = results.reverse().filter(isNew).reverse(); // the best one is the last
    count = found.length;
    return found;
  };

  /** How many letters must be added, left out, changed or swapped with the next, at most `most`. */
  function distance(a, b, most) {
    if (Math.abs(a.length - b.length) > most) return most + 1;
    let [before, last] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
    for (let i = 1; i <= a.length; i++) {
      const row = [i];
      for (let j = 1; j <= b.length; j++) {
        const changed = last[j - 1] + (a[i - 1] !== b[j - 1]);
        row[j] = Math.min(last[j] + 1, row[j - 1] + 1, changed);
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
          row[j] = Math.min(row[j], before[j - 2] + 1);
      }
      [before, last] = [last, row];
    }
    return last[b.length];
  }

  function isKnown(word) {
    const { terms, titleterms, objects } = Search._index;
    if (stopwords.has(word) || word.length < 4 || /^\d+$/.test(word)) return true;
    const stemmed = stem(word);
    return (
      [terms, titleterms].some((all) => Object.keys(all).some((term) => term.includes(stemmed))) ||
      JSON.stringify(objects).toLowerCase().includes(word)
    );
  }

  /** The word of the book that is nearest to one; of several, the one that most pages have. */
  function nearest(word) {
    const most = word.length < 7 ? 1 : 2;
    const found = new Map();
    for (const sections of Object.values(pages))
      for (const words of Object.values(sections))
        for (const other of words.split(" ")) {
          const far = found.get(other)?.far ?? distance(word, other, most);
          if (far <= most) found.set(other, { far, pages: (found.get(other)?.pages ?? 0) + 1 });
        }
    const order = ([, a], [, b]) => a.far - b.far || b.pages - a.pages;
    return [...found].sort(order)[0]?.[0];
  }

  const query = Search.query;
  Search.query = (asked) => {
    const quoted = { from: [], to: [] };
    const mended = asked.replace(/[\p{Letter}\p{Number}_]+/gu, (word) => {
      const near = isKnown(word.toLowerCase()) ? word : (nearest(word.toLowerCase()) ?? word);
      if (near !== word) {
        quoted.from.push(`“${word}”`);
        quoted.to.push(`“${near}”`);
      }
      return near;
    });
    query(mended);
    if (!count) {
      // Sphinx has said so, with a word on categories.
      Search.status.textContent = `No page has “${asked}”; try a shorter word, or fewer words.`;
    } else if (mended !== asked) {
      const told = document.createElement("p");
      told.setAttribute("role", "status");
      document.getElementById("search-results").prepend(told);
      const [from, to] = [quoted.from.join(" or "), quoted.to.join(" and ")];
      told.textContent = `No page says ${from}. Here is what says ${to}.`;
    }
  };
})();
