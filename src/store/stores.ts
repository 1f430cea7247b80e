import type { Logger } from '../foundation/logger.js';
import { createStore, type StoreSettings } from './create-store.js';
import type { Store } from './store.js';

/** The stores of a run, each made when it is first asked for. */
export class Stores {
  private readonly made = new Map<string, Store>();

  constructor(private readonly log: Logger) {}

  /** The same settings give the same store. */
  at(settings: StoreSettings): Store {
    const key = JSON.stringify(settings);
    const store = this.made.get(key) ?? createStore(settings, this.log);
    this.made.set(key, store);
    return store;
  }

  close(): void {
    for (const store of this.made.values()) store.close();
  }
}
