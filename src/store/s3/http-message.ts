/** What middleware of the SDK is handed as a request or a response, whose types it leaves open. */

interface HttpMessage {
  headers: Record<string, string>;
}

/** A request or a response of HTTP. */
export function isHttpMessage(value: unknown): value is HttpMessage {
  return typeof value === 'object' && value !== null && 'headers' in value && typeof value.headers === 'object';
}

/** A request that is about to be sent; its protocol is `https:` or `http:`. */
export function isHttpRequest(value: unknown): value is HttpMessage & { protocol: string } {
  return isHttpMessage(value) && 'protocol' in value && typeof value.protocol === 'string';
}
