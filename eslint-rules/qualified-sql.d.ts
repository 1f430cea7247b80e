import type { Rule } from 'eslint';

/** See qualified-sql.js. */
export declare const qualifiedSql: Rule.RuleModule;
export declare function unqualifiedNames(text: string): string[];
