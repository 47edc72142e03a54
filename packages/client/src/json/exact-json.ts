// Reads integers with all their digits from JSON that is known to be valid. A reviver would work at a hundred times the cost,
// because the runtime then keeps the text of every value. So a text without long integers is recognised fast, and only one with
// them is read here.

/** The first integer that is not safe, and its length: below it a number has all digits. */
const firstUnsafe = '9007199254740992';
const unsafeLength = firstUnsafe.length;

const [quote, comma, dot, colon, zero, nine] = [0x22, 0x2c, 0x2e, 0x3a, 0x30, 0x39];
const [openBracket, backslash, closeBracket, openBrace, closeBrace] = [0x5b, 0x5c, 0x5d, 0x7b, 0x7d];
const [letterE, letterF, letterN, letterT, capitalE] = [0x65, 0x66, 0x6e, 0x74, 0x45];

function isDigit(code: number): boolean {
  return code >= zero && code <= nine;
}

/**
 * Whether `text` has digits that may be an integer beyond 2^53; digits inside a string count too. Only each sixteenth character
 * is looked at until one is a digit: a long run does not fit between.
 */
export function hasLongInteger(text: string): boolean {
  for (let at = unsafeLength - 1; at < text.length; at += unsafeLength) {
    if (!isDigit(text.charCodeAt(at))) continue;
    let start = at;
    while (start > 0 && isDigit(text.charCodeAt(start - 1))) start -= 1;
    while (isDigit(text.charCodeAt(at + 1))) at += 1;
    if (isUnsafe(text, start, at + 1)) return true;
  }
  return false;
}

function isUnsafe(text: string, start: number, end: number): boolean {
  const length = end - start;
  if (length < unsafeLength || text.charCodeAt(start - 1) === dot) return false;
  const next = text.charCodeAt(end);
  if (next === dot || next === letterE || next === capitalE) return false;
  return length > unsafeLength || text.slice(start, end) >= firstUnsafe;
}

/** As JSON.parse, and integers beyond 2^53 become bigints. `text` must be valid JSON. */
export function readExact(text: string): unknown {
  return new Reader(text).value();
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): unknown {
    switch (this.#next()) {
      case openBrace:
        return this.#object();
      case openBracket:
        return this.#array();
      case quote:
        return this.#string();
      case letterT:
        this.#at += 4;
        return true;
      case letterF:
        this.#at += 5;
        return false;
      case letterN:
        this.#at += 4;
        return null;
      default:
        return this.#number();
    }
  }

  /** The next character that is no space; it is not taken. */
  #next(): number {
    let code = this.#text.charCodeAt(this.#at);
    while (code === 0x20 || (code >= 0x09 && code <= 0x0d)) code = this.#text.charCodeAt(++this.#at);
    return code;
  }

  #skip(code: number): boolean {
    if (this.#next() !== code) return false;
    this.#at += 1;
    return true;
  }

  #object(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#at += 1;
    if (this.#skip(closeBrace)) return object;
    do {
      this.#next();
      const key = this.#string();
      this.#skip(colon);
      const value = this.value();
      if (key !== '__proto__') object[key] = value;
      // Assigned, it would become the prototype.
      else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
    } while (this.#skip(comma));
    this.#skip(closeBrace);
    return object;
  }

  #array(): unknown[] {
    const array: unknown[] = [];
    this.#at += 1;
    if (this.#skip(closeBracket)) return array;
    do array.push(this.value());
    while (this.#skip(comma));
    this.#skip(closeBracket);
    return array;
  }

  #string(): string {
    const text = this.#text;
    const start = this.#at + 1;
    let end = text.indexOf('"', start);
    const plain = text.slice(start, end);
    if (!plain.includes('\\')) {
      this.#at = end + 1;
      return plain;
    }
    end = start;
    for (let code = text.charCodeAt(end); code !== quote; code = text.charCodeAt(end))
      end += code === backslash ? 2 : 1;
    this.#at = end + 1;
    return JSON.parse(text.slice(start - 1, end + 1)) as string;
  }

  #number(): number | bigint {
    const text = this.#text;
    const start = this.#at;
    let isInteger = true;
    let at = start + 1;
    for (let code = text.charCodeAt(at); ; code = text.charCodeAt(++at)) {
      if (isDigit(code)) continue;
      // A plus or minus sign stands within a number only after an e.
      if (code !== dot && code !== letterE && code !== capitalE && code !== 0x2b && code !== 0x2d) break;
      isInteger = false;
    }
    this.#at = at;
    const digits = text.slice(start, at);
    const number = Number(digits);
    // Beyond the range of a double there is no number, and a bigint of a million digits would take a third of a second.
    return isInteger && !Number.isSafeInteger(number) && Number.isFinite(number) ? BigInt(digits) : number;
  }
}
