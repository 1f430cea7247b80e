/** Hands out what has the smallest rank first. A binary heap: what very many units wait for costs each of them the logarithm of their number. */
export class RankHeap<Item extends { rank: number }> {
  private readonly items: Item[] = [];

  push(item: Item): void {
    const { items } = this;
    let at = items.push(item) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (this.rankAt(above) <= item.rank) break;
      this.move(above, at);
      at = above;
    }
    items[at] = item;
  }

  pop(): Item | undefined {
    const { items } = this;
    const [first] = items;
    const last = items.pop();
    if (last === undefined || items.length === 0) return first;
    let at = 0;
    for (let below = 1; below < items.length; below = 2 * at + 1) {
      if (this.rankAt(below + 1) < this.rankAt(below)) below++;
      if (last.rank <= this.rankAt(below)) break;
      this.move(below, at);
      at = below;
    }
    items[at] = last;
    return first;
  }

  /** Those that would come out first, at most `count`; they stay. */
  first(count: number): Item[] {
    const firsts: Item[] = [];
    while (firsts.length < count) {
      const item = this.pop();
      if (item === undefined) break;
      firsts.push(item);
    }
    for (const item of firsts) this.push(item);
    return firsts;
  }

  private rankAt(at: number): number {
    return this.items[at]?.rank ?? Infinity;
  }

  private move(from: number, to: number): void {
    const item = this.items[from];
    if (item !== undefined) this.items[to] = item;
  }
}
