/** Our own version: the same as in package.json, which a test compares. Not imported from there, for the bundle's sake. */
export const PHASELIFT_VERSION = '0.1.0';
