/** The SQL that begins the sessions of a backup by several readers. */
import { identifier, literal } from '../postgres/sql.js';
import type { RowOptions } from './row-options.js';

/**
 * Begins the transaction whose snapshot all others share. It holds the locks as well. Settings come behind BEGIN: a pooler may
 * give what comes before it to another session of the server.
 */
export function holderStatements(options: RowOptions): string {
  const level = options.deferrable ? 'SERIALIZABLE READ ONLY DEFERRABLE' : 'REPEATABLE READ READ ONLY';
  return [`BEGIN ISOLATION LEVEL ${level};`, ...roleStatements(options)].join('\n');
}

/**
 * Begins a transaction that sees what the holder's sees, and whose COPY writes rows as pg_dump's does. `encoding` is the
 * archive's. Source: setup_connection of pg_dump.c.
 */
export function readerStatements(snapshot: string, encoding: string, options: RowOptions): string {
  return [
    'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;',
    `SET TRANSACTION SNAPSHOT ${literal(snapshot)};`,
    copySettings(encoding, options),
    ...roleStatements(options),
  ].join('\n');
}

/** With these COPY writes rows as pg_dump's does. */
export function copySettings(encoding: string, options: RowOptions): string {
  const settings: Record<string, string> = {
    search_path: '',
    client_encoding: encoding,
    DateStyle: 'ISO',
    IntervalStyle: 'postgres',
    extra_float_digits: options.extraFloatDigits ?? '3',
    synchronize_seqscans: 'off',
    row_security: options.rowSecurity ? 'on' : 'off',
    statement_timeout: '0',
    lock_timeout: '0',
    idle_in_transaction_session_timeout: '0',
    // A range of pages is read as such: whatever the statistics say, no plan reads the whole table for it.
    enable_seqscan: 'off',
    max_parallel_workers_per_gather: '0',
    jit: 'off',
    // Without the option pg_dump leaves it as the role has it.
    ...(options.quoteAll ? { quote_all_identifiers: 'on' } : {}),
  };
  return Object.entries(settings)
    .map(([name, value]) => `SET ${name} = ${literal(value)};`)
    .join('\n');
}

function roleStatements({ role }: RowOptions): string[] {
  return role === null ? [] : [`SET ROLE ${identifier(role)};`];
}
