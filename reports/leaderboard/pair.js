// Two rows that the reader ticks, side by side: what of them differs, by how much one is ahead on the same films, how
// both learned, and the films that they answer most differently.
//
//   const pair = boardPair(board, heads, boardRows.read(board));
//   pair.offer(row);                 // gives a row its box; pair.status and pair.panel are to be put on the page
const boardPair = (board, heads, { rows, parameters, effective }) => {
  const make = boardMake;
  const { MISSING, rounded, visible } = boardRows;
  const known = JSON.parse(board.querySelector("script.pairs").textContent);
  const id = `${board.closest("section[id]").id}-pair`;
  const panel = make("section", { className: "pair", id, tabIndex: -1, hidden: true });
  const status = make("output", { className: "ticked", ariaLive: "polite" }, "Tick two rows to compare them.");
  panel.setAttribute("aria-label", "Comparison of two rows");
  let ticked = [];

  const name = (row) => row.boxes[1].firstChild.textContent.trim();
  const table = (caption, head, lines) => make("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: caption },
    make("table", {}, make("caption", {}, caption),
      make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col" }, make("bdi", {}, visible(text)))))),
      make("tbody", {}, ...lines.map(([first, ...others]) => make("tr", {}, make("th", { scope: "row" }, first),
        ...others.map((other) => make("td", {}, other)))))));
  const written = (text) => make("bdi", {}, visible(text));

  // What stands in the columns, the score first whether it differs or not; then the parameters.
  const properties = (one, other) => {
    const columns = heads.flatMap((head, column) =>
      (head.dataset.key && column > 1 && (column === 2 || one.cells[column] !== other.cells[column])
        ? [[head.textContent, written(one.cells[column]), written(other.cells[column])]] : []));
    const [own, others] = [one, other].map((row) => new Map(effective(row)));
    const names = [...new Set([...own.keys(), ...others.keys()])];
    const differing = names.filter((key) => own.get(key) !== others.get(key));
    const value = (of, key) => written(of.has(key) ? rounded(of.get(key)) : MISSING);
    return [
      make("h4", {}, "What differs"),
      table("What differs", ["", name(one), name(other)],
        [...columns, ...differing.map((key) => [written(key), value(own, key), value(others, key)])]),
      make("p", { className: "note" }, `${differing.length} of ${names.length} parameters that have an effect differ.`),
    ];
  };

  const verdict = (one, other, found) => {
    if (!found) {
      return make("p", {}, `How far they are apart on the same films is known of the best ${known.best} trials that were `
        + "trained in full and of the baselines, where their predictions lie beside the run.");
    }
    const [difference, holdsZero] = found;
    const said = holdsZero === null
      ? "They answer alike."
      : holdsZero ? "With other patients it might be the other way round." : "With other patients it would hardly be the other way round.";
    return make("p", {}, `${known.heading} of `, written(name(other)), " less that of ", written(name(one)), ", on the same films: ",
      make("strong", {}, `${difference} ${known.unit}`.trim()), `, with its 95 % interval from patients drawn again. ${said} `,
      make("span", { className: "note" }, "As if both had been named before: of many trials the best is lucky, which “tied” allows for; "
        + "another seed moves a score, too."));
  };

  const curves = (plot, both) => {
    const drawn = both.filter((row) => known.curves[row.place]);
    const data = drawn.flatMap((row, at) => {
      const [mean, low, high] = known.curves[row.place];
      const x = mean.map((_, epoch) => epoch + 1);
      const color = known.colours[at];
      const line = { x, type: "scatter", mode: "lines", legendgroup: String(at) };
      return [
        { ...line, y: low, line: { width: 0 }, hoverinfo: "skip", showlegend: false },
        { ...line, y: high, line: { width: 0 }, fill: "tonexty", fillcolor: `${color}40`, hoverinfo: "skip", showlegend: false },
        { ...line, y: mean, line: { color, width: 3, dash: at ? "dash" : "solid" }, name: visible(name(row)).replaceAll("<", "&lt;"),
          hovertemplate: "epoch %{x}: %{y}<extra></extra>" },
      ];
    });
    // The first epochs of an untrained network would flatten everything that follows.
    const scores = data.flatMap(({ y }) => y).filter((score) => score !== null).sort((one, other) => one - other);
    const [low, high] = [0.02, 0.98].map((share) => scores[Math.floor(share * (scores.length - 1))]);
    const pad = 0.08 * (high - low) || 0.01;
    const layout = structuredClone(known.figure.layout);
    layout.yaxis.range = [low - pad, high + pad];
    drawPlot(plot, { data, layout });
  };

  const films = (one, other, found) => {
    if (!found?.[2].length) return [];
    const lines = found[2].map(([film, answer, others]) => {
      const [title, labels, picture] = known.films[film];
      const shown = picture
        ? [make("img", { src: `data:image/png;base64,${picture}`, alt: "", width: 64, height: 64 }), make("br")] : [];
      return [make("span", {}, ...shown, `film ${title}`), ...[labels, answer, others].map((word) => written(known.words[word]))];
    });
    return [make("h4", {}, "Films on which they differ most"),
      table("Films on which they differ most", ["Film", "Label", name(one), name(other)], lines)];
  };

  const show = () => {
    panel.hidden = ticked.length < 2;
    panel.replaceChildren();
    if (ticked.length < 2) {
      status.textContent = ticked.length ? "Tick one more row to compare the two." : "Tick two rows to compare them.";
      return;
    }
    // The pair is kept in the order of the leaderboard.
    const [one, other] = [...ticked].sort((a, b) => a.place - b.place);
    const found = known.pairs[`${one.place} ${other.place}`];
    const title = `${visible(name(one))} and ${visible(name(other))}`;
    status.replaceChildren(make("a", { href: `#${id}` }, `Comparison of ${title}`));
    panel.append(make("h4", {}, title), verdict(one, other, found),
      make("div", { className: "apart" }, make("div", {}, ...properties(one, other)), make("div", {}, ...films(one, other, found))));
    if (!known.curves[one.place] && !known.curves[other.place]) return;
    const plot = make("div", { className: "plot", role: "img", ariaLabel: `Learning curves: ${known.heading} against epoch` });
    plot.style.minHeight = `${known.figure.layout.height}px`;
    panel.append(make("h4", {}, "Learning curves"), plot,
      make("p", { className: "note" }, "The mean over the folds, and a band from the lowest to the highest."));
    curves(plot, [one, other]);
  };

  // The link's place is no address of its own: one that was sent would lead to nothing.
  status.addEventListener("click", (event) => {
    if (!event.target.closest("a")) return;
    event.preventDefault();
    panel.scrollIntoView();
    panel.focus({ preventScroll: true });
  });

  const offer = (row) => {
    const box = make("input", { type: "checkbox", className: "pick", ariaLabel: `Compare ${visible(name(row))}` });
    box.addEventListener("change", () => {
      ticked = ticked.filter((other) => other !== row);
      if (box.checked) ticked.push(row);
      // A third one takes the place of the first.
      for (const left of ticked.splice(0, ticked.length - 2)) left.boxes[0].querySelector(".pick").checked = false;
      show();
    });
    row.boxes[0].prepend(box);
  };
  return { offer, status, panel };
};
