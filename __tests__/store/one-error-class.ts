/**
 * Jest runs tests in a realm of their own, where the errors of Node.js's network are no `instanceof Error`: the SDK then hides
 * their codes, as it never does outside of Jest. Import this before the SDK to make them what they are everywhere else.
 */
const inherited = Reflect.get(Function.prototype, Symbol.hasInstance) as (this: unknown, value: unknown) => boolean;

Object.defineProperty(Error, Symbol.hasInstance, {
  value(this: unknown, value: unknown) {
    return this === Error ? isErrorOfAnyRealm(value) || inherited.call(this, value) : inherited.call(this, value);
  },
});

function isErrorOfAnyRealm(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object Error]';
}
