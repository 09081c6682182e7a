// Which segments make which character, and back.
//
// Seven segments: a top, b c right, d bottom, e f left, g middle. Fourteen: g is the left half of the middle, h the
// right; i j k point from the centre up (left, straight, right), l m n down.

const SEVEN = {
  0: "abcdef", 1: "bc", 2: "abdeg", 3: "abcdg", 4: "bcfg", 5: "acdfg", 6: "acdefg", 7: "abc", 8: "abcdefg",
  9: "abcdfg", "-": "g", _: "d", "=": "dg", "°": "abfg",
  A: "abcefg", b: "cdefg", C: "adef", c: "deg", d: "bcdeg", E: "adefg", F: "aefg", G: "acdef", H: "bcefg", h: "cefg",
  I: "ef", J: "bcde", K: "acefg", L: "def", M: "ace", N: "abcef", n: "ceg", o: "cdeg", P: "abefg", Q: "abdfg",
  q: "abcfg", r: "eg", t: "defg", U: "bcdef", u: "cde", W: "bdf", y: "bcdfg",
  O: "abcdef", S: "acdfg", Z: "abdeg", X: "bcefg", V: "bcdef", v: "cde",
};

const FOURTEEN = {
  0: "abcdef", 1: "bc", 2: "abdegh", 3: "abcdgh", 4: "bcfgh", 5: "acdfgh", 6: "acdefgh", 7: "abc",
  8: "abcdefgh", 9: "abcdfgh", "-": "gh", "+": "ghjm", "*": "ghijklmn", "/": "kl", "\\": "in", _: "d", "=": "dgh",
  "(": "kn", ")": "il", "'": "j", '"': "fj", "°": "abfgh", "?": "abhm",
  A: "abcefgh", B: "abcdhjm", C: "adef", D: "abcdjm", E: "adefgh", F: "aefgh", G: "acdefh", H: "bcefgh", I: "adjm",
  J: "bcde", K: "efgkn", L: "def", M: "bcefik", N: "bcefin", O: "abcdef", P: "abefgh", Q: "abcdefn", R: "abefghn",
  S: "acdfgh", T: "ajm", U: "bcdef", V: "efkl", W: "bcefln", X: "ikln", Y: "ikm", Z: "adkl",
};

const backwards = (table) => {
  const found = new Map([["", " "]]);
  for (const [character, segments] of Object.entries(table)) {
    const key = [...segments].sort().join("");
    if (!found.has(key)) found.set(key, character);   // digits stand first: 5 before S
  }
  return found;
};

const SEVEN_BACK = backwards(SEVEN);
const FOURTEEN_BACK = backwards(FOURTEEN);

/** The segments of a character; a letter takes its other case where only that can be shown; else none. */
const segments = (table, character) =>
  table[character] ?? table[character.toUpperCase()] ?? table[character.toLowerCase()] ?? "";

export const sevenSegments = (character) => segments(SEVEN, character);
export const fourteenSegments = (character) => segments(FOURTEEN, character);

/** The character that lit segments show; "?" for a combination no character has. */
export const sevenCharacter = (lit) => SEVEN_BACK.get([...lit].sort().join("")) ?? "?";
export const fourteenCharacter = (lit) => FOURTEEN_BACK.get([...lit].sort().join("")) ?? "?";

/**
 * Split a text into cells: `[{character, mark}]`, where a "." or ":" marks the gap after its cell.
 * @param {string} text  @param {number} count  @param {"left"|"right"} align
 */
export function cellsOf(text, count, align) {
  const cells = [];
  for (const character of text) {
    const last = cells[cells.length - 1];
    if (character !== "." && character !== ":") cells.push({ character, mark: "" });
    else if (last && !last.mark) last.mark = character;
    else cells.push({ character: " ", mark: character });
  }
  const shown = cells.slice(0, count);
  const blanks = Array.from({ length: count - shown.length }, () => ({ character: " ", mark: "" }));
  return align === "right" ? [...blanks, ...shown] : [...shown, ...blanks];
}
