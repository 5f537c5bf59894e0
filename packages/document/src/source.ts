import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  visit,
} from 'yaml';
import { DocumentError, type Problem } from './document-error.ts';
import type { Path, Place } from './place.ts';
import { yamlMend } from './yaml-mends.ts';

/** More than anyone writes by hand, and little enough to read at once. */
const MAX_BYTES = 1 << 20;
/** Aliases that are resolved at most: a few lines can otherwise stand for billions. */
const MAX_ALIASES = 100;

/** A parsed YAML or JSON text: its value, and where each part of it stands. */
export class Source {
  readonly file: string;
  readonly value: unknown;
  readonly #lines: LineCounter;
  readonly #contents: ParsedNode | null;

  private constructor(file: string, value: unknown, lines: LineCounter, contents: ParsedNode | null) {
    this.file = file;
    this.value = value;
    this.#lines = lines;
    this.#contents = contents;
  }

  /** Parse one document of YAML 1.2, of which JSON is a part. An empty one is refused with `example`. Throws a DocumentError. */
  static parse(file: string, text: string, example?: string): Source {
    const start = { line: 1, column: 1 };
    const refuse = (place: Place, message: string, hint?: string): never => {
      throw new DocumentError(file, [{ ...place, path: [], message, ...(hint !== undefined && { hint }) }]);
    };
    if (text.length > MAX_BYTES) {
      return refuse(start, `${text.length} characters are too many`, `${MAX_BYTES} at most`);
    }
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
    const tooDeep = document.errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
    if (tooDeep) {
      return refuse(placeOf(lines, tooDeep.pos[0]), 'too many lists and maps are in one another');
    }
    const problems = document.errors.map(({ pos: [offset], message, code }): Problem => {
      const hint = yamlMend(code);
      return { ...placeOf(lines, offset), path: [], message: message.replace(/:$/, ''), hint };
    });
    if (problems.length > 0) throw new DocumentError(file, problems);
    const strange = keyThatIsNoText(document);
    if (strange !== undefined) {
      return refuse(
        placeOf(lines, strange),
        'a list, a map or an alias is no key',
        'a word and a colon: cycle: 1ms',
      );
    }
    if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
      return refuse(start, 'nothing is in it', example);
    }
    try {
      return new Source(file, document.toJS({ maxAliasCount: MAX_ALIASES }), lines, document.contents);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return refuse(start, why, 'write it out without so many aliases (*name)');
    }
  }

  /** Where the value of this path stands, or the nearest thing around it that is there. */
  placeOf(path: Path): Place {
    return placeOf(this.#lines, offsetOf(this.#contents, path) ?? 0);
  }

  /** Where a key of the map at this path stands. */
  placeOfKey(path: Path, key: string): Place {
    const map = nodeAt(this.#contents, path);
    const found = isMap(map) ? map.items.find((pair) => keyOf(pair.key) === key) : undefined;
    const offset = isPair(found) ? (found.key as Node | null)?.range?.[0] : undefined;
    return offset === undefined ? this.placeOf(path) : placeOf(this.#lines, offset);
  }
}

/** Where the first one stands. They would be written out to make a text of them, and a few bytes of that take hours. */
function keyThatIsNoText(document: Document): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key) || !isNode(key)) return;
      offset = key.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

function placeOf(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function offsetOf(contents: Node | null, path: Path): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const offset = nodeAt(contents, path.slice(0, length))?.range?.[0];
    if (offset !== undefined) return offset;
  }
  return undefined;
}

function nodeAt(contents: Node | null, path: Path): Node | undefined {
  let node: unknown = contents;
  for (const step of path) {
    if (isMap(node)) node = node.items.find((pair) => keyOf(pair.key) === String(step))?.value;
    else if (isSeq(node)) node = node.items[Number(step)];
    else return undefined;
  }
  return (node as Node | null | undefined) ?? undefined;
}

function keyOf(key: unknown): string | undefined {
  return isScalar(key) ? String(key.value) : undefined;
}
