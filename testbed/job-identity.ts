/**
 * What stands behind a role that a job takes: the runner's endpoint for tokens, and an STS that hands out credentials of seconds
 * for one of these. Whoever plays S3 asks here whether a request's credentials hold.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** How an endpoint answers instead of doing its work. */
export interface Refusal {
  status: number;
  code: string;
}

/** What GitHub writes into the token of a job. */
export const SUBJECT = 'repo:me@12/app@34:ref:refs/heads/main';
export const ISSUER = 'https://github.example.com/_services/token';
export const ROLE_ARN = 'arn:aws:iam::123456789012:role/backups';

export class JobIdentity {
  /** Secrets that were handed out: tokens, keys, session tokens. */
  readonly secrets: string[] = [];
  readonly tokenCalls: URLSearchParams[] = [];
  readonly roleCalls: URLSearchParams[] = [];
  /** Called for the call of this number, from 1 on. */
  refuseToken: (call: number) => Refusal | null = () => null;
  refuseRole: (call: number) => Refusal | null = () => null;
  private readonly requestToken = randomUUID();
  private readonly tokens = new Set<string>();
  private readonly issued = new Map<string, { sessionToken: string; endsAtMs: number }>();
  private readonly server: Server;

  private constructor(private readonly lifeMs: number) {
    this.server = createServer((request, response) => {
      void this.answer(request).then(({ status, type, body }) => {
        response.writeHead(status, { 'content-type': type }).end(body);
      });
    });
  }

  /** Credentials live this long, whatever is asked for. */
  static async start(lifeMs: number): Promise<JobIdentity> {
    const identity = new JobIdentity(lifeMs);
    await new Promise<void>((resolve) => identity.server.listen(0, '127.0.0.1', resolve));
    return identity;
  }

  /** What a step of a job with `id-token: write` has in its environment. */
  get tokenEnv(): Record<string, string> {
    return {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${this.url}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: this.requestToken,
    };
  }

  /** Where the SDK of any step finds STS. */
  get stsEnv(): Record<string, string> {
    return { AWS_ENDPOINT_URL_STS: this.url };
  }

  /** Both. */
  get env(): Record<string, string> {
    return { ...this.tokenEnv, ...this.stsEnv };
  }

  /** The key that a request is signed with, and S3's code when that does not hold, else null. */
  verdict(headers: IncomingHttpHeaders): { key: string; code: string | null } {
    const key = /Credential=([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? '';
    const issued = this.issued.get(key);
    if (issued === undefined) return { key, code: 'InvalidAccessKeyId' };
    if (headers['x-amz-security-token'] !== issued.sessionToken) return { key, code: 'InvalidToken' };
    return { key, code: Date.now() < issued.endsAtMs ? null : 'ExpiredToken' };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  private async answer(request: IncomingMessage): Promise<{ status: number; type: string; body: string }> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const body = await text(request);
    return url.pathname === '/token'
      ? { type: 'application/json', ...this.token(url.searchParams, request.headers) }
      : { type: 'text/xml', ...this.role(new URLSearchParams(body)) };
  }

  private token(parameters: URLSearchParams, headers: IncomingHttpHeaders): { status: number; body: string } {
    const refusal = this.refuseToken(this.tokenCalls.push(parameters));
    const isAllowed = headers.authorization === `Bearer ${this.requestToken}`;
    const status = refusal?.status ?? (isAllowed && parameters.get('api-version') === '2.0' ? 200 : 401);
    if (status !== 200) return { status, body: '{}' };
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = [
      { alg: 'RS256' },
      { iss: ISSUER, sub: SUBJECT, aud: parameters.get('audience'), jti: randomUUID() },
      'signed',
    ]
      .map(part)
      .join('.');
    this.tokens.add(token);
    this.secrets.push(token);
    return { status, body: JSON.stringify({ value: token }) };
  }

  private role(parameters: URLSearchParams): { status: number; body: string } {
    const refusal = this.refuseRole(this.roleCalls.push(parameters)) ?? this.faultOf(parameters);
    if (refusal !== null) {
      const error = `<Type>Sender</Type><Code>${refusal.code}</Code><Message>Not authorized</Message>`;
      return { status: refusal.status, body: `<ErrorResponse><Error>${error}</Error></ErrorResponse>` };
    }
    const [key, secret, sessionToken] = [`ASIA${randomUUID().slice(0, 8)}`, randomUUID(), randomUUID()];
    const endsAtMs = Date.now() + this.lifeMs;
    this.issued.set(key, { sessionToken, endsAtMs });
    this.secrets.push(key, secret, sessionToken);
    const expiration = new Date(endsAtMs).toISOString();
    return {
      status: 200,
      body: `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
        <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/backups/phaselift</Arn><AssumedRoleId>A:b</AssumedRoleId></AssumedRoleUser>
        <Credentials><AccessKeyId>${key}</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey><SessionToken>${sessionToken}</SessionToken>
        <Expiration>${expiration}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
    };
  }

  /** Each token is good for one call, so that who keeps an old one is found out. */
  private faultOf(parameters: URLSearchParams): Refusal | null {
    if (parameters.get('Action') !== 'AssumeRoleWithWebIdentity') return { status: 400, code: 'InvalidAction' };
    if (!this.tokens.delete(parameters.get('WebIdentityToken') ?? '')) {
      return { status: 400, code: 'InvalidIdentityToken' };
    }
    return parameters.get('RoleArn') === ROLE_ARN ? null : { status: 403, code: 'AccessDenied' };
  }
}
