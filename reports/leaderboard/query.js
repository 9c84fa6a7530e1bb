// What a reader types into the search field: `backbone:densenet121 mae<11 -state:pruned "batch norm"`. All of it must
// hold of a row.
//
//   const { tests, problems } = boardQuery.parse("mae<11", keys);
//   rows.filter((row) => tests.every((holds) => holds(row)));
//
// keys: Map of name -> { column, numeric, example, values: (row) => texts }: whether it is a column or a parameter, has
// numbers, and a value as it would be typed. A word without a name is looked for in `row.text`, which is
// in lower case. What is not understood is no test and has a sentence in `problems`.
const boardQuery = (() => {
  // A minus that turns a test round, a name and a sign, and the values; or a word alone. Quotes hold anything but quotes.
  const BARE = String.raw`(?:(?!!=)[^\s:<>="])+`;
  const TERM = new RegExp(String.raw`(-?)(?:("[^"]*"|${BARE})?\s*(!=|<=|>=|[:=<>])\s*((?:"[^"]*"|[^\s",]|,)*)|("[^"]*"|${BARE}))`, "y");
  const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
  const COMPARISONS = {
    "<": (one, other) => one < other,
    "<=": (one, other) => one <= other,
    ">": (one, other) => one > other,
    ">=": (one, other) => one >= other,
  };

  const bare = (given) => given.replaceAll('"', "");
  // The number that a text is, NaN for any other; a minus sign is no hyphen.
  const number = (given) => {
    const plain = given.replace("−", "-");
    return NUMBER.test(plain) ? Number(plain) : NaN;
  };
  const listed = (given) => given.match(/(?:"[^"]*"|[^",])+/g)?.map(bare).filter(Boolean) ?? [];

  // What is written alike is equal, and so are numbers however they are written: `0.10` and `.1`.
  const equal = (value, wanted) => value.toLowerCase() === wanted || number(value) === number(wanted);
  const fits = (value, wanted) =>
    equal(value, wanted) ||
    ((Number.isNaN(number(value)) || Number.isNaN(number(wanted))) && value.toLowerCase().includes(wanted));

  // Names that begin alike, hold what was typed, or have its letters in another order.
  const sorted = (name) => [...name].sort().join("");
  const similar = (name, keys) => [...keys.keys()]
    .filter((key) => key.includes(name) || key.slice(0, 3) === name.slice(0, 3) || sorted(key) === sorted(name)).slice(0, 5);

  const unknown = (name, keys) => {
    const near = similar(name, keys);
    const columns = [...keys].filter(([, { column }]) => column).map(([key]) => key).join(", ");
    return `“${name}” is no name here${near.length ? `; do you mean ${near.join(" or ")}?` : "."} `
      + `Accepted are columns (${columns}) and every parameter; a colon that belongs to the text goes in quotes.`;
  };

  // A test of the rows, or the sentence that says why there is none.
  const test = (given, name, sign, wanted, keys) => {
    if (!name) return `“${given}” lacks a name before ${sign}, as in mae<11.`;
    const key = keys.get(name);
    if (!key) return unknown(name, keys);
    if (!wanted.length) return `“${given}” lacks what to compare with, as in ${key.numeric ? `${name}<11` : `${name}:word`}.`;
    const compare = COMPARISONS[sign];
    if (!compare) {
      const alike = sign === ":" ? fits : equal;
      const some = (row) => key.values(row).some((value) => wanted.some((each) => alike(value, each)));
      return sign === "!=" ? (row) => !some(row) : some;
    }
    const [limit] = wanted.map(number);
    if (wanted.length > 1 || Number.isNaN(limit)) return `“${given}”: ${sign} needs one number, as in ${name}${sign}11.`;
    if (!key.numeric) return `${name} holds words, no numbers: ${name}:${key.example}.`;
    return (row) => key.values(row).some((value) => compare(number(value), limit));
  };

  const parse = (typed, keys) => {
    const tests = [];
    const problems = [];
    let negated = false;
    const add = (holds) => {
      const turned = negated;
      negated = false;
      if (typeof holds === "string") problems.push(holds);
      else tests.push(turned ? (row) => !holds(row) : holds);
    };
    for (let at = 0; ;) {
      at += typed.slice(at).match(/^\s*/)[0].length;
      if (at >= typed.length) break;
      TERM.lastIndex = at;
      const found = TERM.exec(typed);
      if (!found) {
        // Whatever begins with another sign is a word or lacks a name.
        problems.push(`The quote that begins with ${typed.slice(at, at + 20)} does not end.`);
        break;
      }
      at = TERM.lastIndex;
      const [given, minus, name, sign, values, word] = found;
      const joint = minus ? "" : word?.toLowerCase();
      if (joint === "and") continue;
      if (joint === "or") {
        problems.push("“or” is not understood. One of several values is state:complete,pruned; the word goes in quotes.");
        continue;
      }
      if (minus || joint === "not") negated = !negated;
      if (joint === "not") continue;
      if (sign) {
        add(test(given.trim(), bare(name ?? "").toLowerCase(), sign, listed(values.toLowerCase()), keys));
      } else {
        const text = bare(word).toLowerCase();
        add((row) => row.text.includes(text));
      }
    }
    if (negated) problems.push("“not” needs something after it; the word itself goes in quotes.");
    return { tests, problems };
  };

  return { parse, number };
})();
