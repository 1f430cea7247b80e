export * from '../../testbed/meddling-proxy.js';
