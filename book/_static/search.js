// Sphinx's own search, whose results lead to the section where the words stand, and which takes a
// word that no page has for the nearest one that some page has. It fetches nothing but what is here.
(() => {
  const pages = globalThis.courseSections;
  const stemmer = new Stemmer();
  const stem = (word) => stemmer.stemWord(word.toLowerCase());

  // Opened as a file, a page cannot fetch others to quote them.
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

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

  const searchTerms = Search.performTermsSearch;
  Search.performTermsSearch = (stems, excluded) => {
    const { docnames, titles } = Search._index;
    return searchTerms(stems, excluded).map(([page, title, anchor, ...rest]) => {
      const file = docnames.indexOf(page);
      const section = sectionOf(page, stems);
      const heading = section && titleOf(file, section);
      if (!heading || heading === titles[file]) return [page, title, anchor, ...rest];
      return [page, `${title} > ${heading}`, `#${section}`, ...rest];
    });
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
    const mended = asked.replace(/[\p{Letter}\p{Number}_]+/gu, (word) =>
      isKnown(word.toLowerCase()) ? word : (nearest(word.toLowerCase()) ?? word),
    );
    if (mended !== asked) {
      const told = document.createElement("p");
      told.setAttribute("role", "status");
      document.getElementById("search-results").prepend(told);
      told.textContent = `No page says “${asked}”. Here is what says “${mended}”.`;
    }
    query(mended);
  };
})();
