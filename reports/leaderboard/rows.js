// The rows of a leaderboard as they stand on the page, with the parameters that are packed beside them.
//
//   const { rows, keys, parameters, effective, withEffect, commandOf } = boardRows.read(board);
//
// A row: line, its place, boxes and texts of its cells by column, and `text`, in which words are searched. keys(): what the
// search field knows by name (query.js), columns under the names that they have in the file beside the page. withEffect:
// names of the parameters that have an effect in some row.
const boardRows = (() => {
  const MISSING = "–";

  // A parameter's name or value must not turn round the text that it stands in.
  const visible = (given) => given.replace(/[\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

  // The number that a cell begins with, as text; thousands are set apart by commas.
  const leading = (shown) => shown.replaceAll(",", "").match(/^[−-]?\d+(\.\d+)?/)?.[0];

  const rounded = (value) => (/^-?\d*\.?\d+(e-?\d+)?$/i.test(value) ? String(Number(Number(value).toPrecision(3))) : value);

  // The word of a cell that is chosen from: what belongs to it is small.
  const choice = (column) => (row) => [...row.boxes[column].childNodes]
    .filter((node) => node.nodeName !== "SMALL" && node.className !== "mark")
    .map((node) => node.textContent).join("").trim();

  const read = (board) => {
    const table = board.querySelector("table");
    const packed = JSON.parse(board.querySelector("script.packed").textContent);
    const rows = [...table.tBodies[0].rows].map((line, place) => ({
      line,
      place,
      boxes: [...line.cells],
      cells: [...line.cells].map((cell) => cell.textContent.trim()),
      text: line.textContent.toLowerCase(),
    }));
    const valueOf = (row, column) => packed.values[column][packed.rows[column][row.place]];
    const parameters = (row) => packed.keys.flatMap((key, column) => {
      const value = valueOf(row, column);
      return value === undefined ? [] : [[key, value]];
    });
    // Those that have an effect, in the order in which they were asked for.
    const effective = (row) =>
      packed.patterns[packed.effective[row.place]].map((column) => [packed.keys[column], valueOf(row, column)]);
    const commandOf = (row) => {
      const [start, trial] = packed.commands.rows[row.place];
      return packed.commands.starts[start] ? visible(`${packed.commands.starts[start]} ${trial}`) : "";
    };
    let known;
    const keys = () => (known ??= named(table, packed, rows, valueOf));
    const withEffect = [...new Set(packed.patterns.flat())].sort((one, other) => one - other).map((column) => packed.keys[column]);
    return { rows, parameters, effective, withEffect, commandOf, keys };
  };

  const named = (table, packed, rows, valueOf) => {
    const keys = new Map();
    const add = (name, column, values) => {
      const some = rows.flatMap(values);
      const numeric = some.some((value) => !Number.isNaN(boardQuery.number(value)));
      const example = some.length ? some[0] : "word";
      keys.set(name, { column, numeric, example: /[\s",]/.test(example) ? `"${example.replaceAll('"', "")}"` : example, values });
    };
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const { key, sort } = head.dataset;
      const cell = (row) => (row.cells[column] === MISSING ? "" : row.cells[column]);
      const values = {
        number: (row) => [leading(cell(row))].filter(Boolean),
        // `trial 42, default` is found by its number and by its label.
        word: (row) => cell(row).match(/^(?:trial (\d+))?(.*)$/s).slice(1).filter(Boolean),
        choice: (row) => [choice(column)(row)].filter((value) => value && value !== MISSING),
      }[sort];
      if (key && values) add(key, true, values);
    });
    const patterns = packed.patterns.map((columns) => new Set(columns));
    packed.keys.forEach((key, column) => {
      if (keys.has(key.toLowerCase())) return;
      // One without an effect would say something of a trial that it did not do.
      const counts = (row) => patterns[packed.effective[row.place]].has(column) && packed.rows[column][row.place] >= 0;
      add(key.toLowerCase(), false, (row) => (counts(row) ? [valueOf(row, column)] : []));
    });
    return keys;
  };

  return { read, choice, leading, rounded, visible, MISSING };
})();
