/**
 * What may be shown of an error's CONTEXT: the lines that name code. All others (rows and values of COPY, statements and
 * expressions with their values, what languages and extensions add) are passed over.
 */

const QUOTED = String.raw`"[^\n]+?"`;
/** How PostgreSQL's languages say where in the code an error arose; each takes a whole line. */
const CODE_LINES: readonly RegExp[] = [
  /^(PL\/pgSQL function [^\n]+? line \d+)( at [A-Za-z ]+| during [a-z ]+)?$/,
  /^(PL\/pgSQL function [^\n]+?)( during [a-z ]+| while [a-z' ]+)?$/,
  new RegExp(String.raw`^compilation of (PL/pgSQL function ${QUOTED} near line \d+)()$`),
  new RegExp(String.raw`^(SQL function ${QUOTED})( statement \d+| during startup| during inlining)?$`),
  new RegExp(String.raw`^(PL/(?:Python|Perl) (?:function|procedure) ${QUOTED})()$`),
  /^(PL\/(?:Python|Perl) anonymous code block)()$/,
  new RegExp(String.raw`^(?:in )?(PL/Tcl function ${QUOTED})()$`),
];
/** Statements of PL/pgSQL that run text which was put together while running. RETURN QUERY may be one. */
const DYNAMIC = /^ at (?:EXECUTE|FOR over EXECUTE statement|OPEN|RETURN QUERY)$/;

/** The code in which an error arose. */
export interface Routine {
  /** `PL/pgSQL function app.f(integer) line 3`. */
  title: string;
  /** True when the text of the statement is known to stand in the code: no value of a row can be part of it. */
  isFixedText: boolean;
}

/** The innermost code that a CONTEXT names, or null. */
export function routineOf(context: string | null): Routine | null {
  for (const line of (context ?? '').split('\n')) {
    for (const pattern of CODE_LINES) {
      const [, title, where = ''] = pattern.exec(line) ?? [];
      if (title === undefined) continue;
      const shown = title.startsWith('SQL') && where.startsWith(' statement') ? `${title}${where}` : title;
      return { title: shown, isFixedText: /^(?:PL\/pgSQL|SQL) /.test(title) && !DYNAMIC.test(where) };
    }
  }
  return null;
}

/** `COPY t, line 3, column a` of a context that goes on with the value. */
export function copyPosition(context: string | null): string | null {
  const match = /(?:^|\n)(COPY [^\n]*?, line \d+(?:, column [^\n:"]+)?)/.exec(context ?? '');
  return match?.[1]?.trim() ?? null;
}
