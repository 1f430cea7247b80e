import { describe, expect, test } from '@jest/globals';
import { evaluateCondition, evaluateExpression, Strict, type Scope } from '../../testbed/workflow/expressions.js';
import { inputsOf, secretsOf } from '../../testbed/workflow/inputs.js';
import { permissionsOf } from '../../testbed/workflow/permissions.js';
import { healthCommand } from '../../testbed/workflow/service-options.js';

function scope(status: 'success' | 'failure'): Scope {
  return {
    contexts: { inputs: new Strict('inputs', { yes: true, name: 'app' }), needs: { a: { result: status } } },
    functions: { success: () => status === 'success', failure: () => status === 'failure', always: () => true },
  };
}

describe('expressions', () => {
  test('expressions have the functions of GitHub', () => {
    const values = ["format('{0}!', inputs.name)", "contains(fromJSON('[1,2]'), 2)", "startsWith('abc', 'ab')"];
    expect(values.map((source) => evaluateExpression(source, scope('success')))).toEqual(['app!', true, true]);
    expect(evaluateExpression('toJSON(needs)', scope('success'))).toContain('"result": "success"');
    expect(evaluateExpression("inputs.none.deeper || 'x'", { contexts: { inputs: {} }, functions: {} })).toBe('x');
  });

  test('a name that an expression does not know is an error, not nothing', () => {
    expect(() => evaluateExpression('inputs.nmae', scope('success'))).toThrow(/inputs\.nmae is not known.*yes, name/);
    expect(() => evaluateExpression('nonsense()', scope('success'))).toThrow(/nonsense/);
  });

  test('a condition without a status function is bound to success', () => {
    const condition = (text: string, status: 'success' | 'failure') => evaluateCondition(text, scope(status));
    expect(condition('', 'failure')).toBe(false);
    expect(condition("inputs.name == 'app'", 'success')).toBe(true);
    expect(condition("inputs.name == 'app'", 'failure')).toBe(false);
    expect(condition("inputs.name != 'always()'", 'failure')).toBe(false);
    expect(condition("always() && inputs.name == 'app'", 'failure')).toBe(true);
    expect(condition('failure()', 'failure')).toBe(true);
    expect(condition('!inputs.yes', 'success')).toBe(false);
  });
});

describe('inputs and secrets', () => {
  const nothing: Scope = { contexts: {}, functions: {} };
  const declared = {
    port: { type: 'number' },
    loud: { type: 'boolean', default: true },
    name: { type: 'string', required: true },
    where: { type: 'choice', options: ['here', 'there'], default: 'here' },
  };
  const read = (given: Record<string, string | number | boolean>) => inputsOf(declared, given, nothing, 'test');

  test('the inputs of a call are what is given, else the default, else empty', () => {
    expect(read({ name: 'a' })).toEqual({ port: 0, loud: true, name: 'a', where: 'here' });
    expect(read({ name: '1', port: 5, loud: false, where: 'there' })).toMatchObject({ port: 5, loud: false });
  });

  test.each([
    [{}, /name is required/],
    [{ name: 'a', nmae: 'b' }, /no input nmae/],
    [{ name: 'a', port: '5432' }, /port: "5432" is no number/],
    [{ name: 'a', loud: 'true' }, /loud: "true" is no boolean/],
    [{ name: 'a', where: 'nowhere' }, /nowhere is none of here, there/],
  ])('the inputs %j of a call are refused', (given, message) => {
    expect(() => read(given as Record<string, string>)).toThrow(message);
  });

  test('secrets that are not declared are refused, those that are not given are empty', () => {
    expect(secretsOf({ a: null, b: { required: false } }, { a: 'x' }, 'test')).toEqual({ a: 'x', b: '' });
    expect(() => secretsOf({ a: null }, { b: 'x' }, 'test')).toThrow(/no secret b/);
    expect(() => secretsOf({ a: { required: true } }, {}, 'test')).toThrow(/a is required/);
  });
});

describe('permissions and options of services', () => {
  test('a called workflow may not ask for more than its caller has', () => {
    expect(permissionsOf([undefined, { contents: 'read' }], {}, false)).toEqual({ contents: 'read' });
    expect(permissionsOf([{}, { contents: 'read' }], {}, false)).toEqual({});
    expect(permissionsOf([undefined], { 'id-token': 'write' }, true)).toEqual({ 'id-token': 'write' });
    expect(() => permissionsOf([{ 'id-token': 'write' }], { contents: 'read' }, true)).toThrow(/id-token: none/);
  });

  test('the health command of a service is found, and an unknown option is refused', () => {
    expect(healthCommand('--health-cmd "pg_isready -h localhost" --health-interval 5s')).toBe(
      'pg_isready -h localhost',
    );
    expect(healthCommand('')).toBeNull();
    expect(() => healthCommand('--privileged')).toThrow(/--privileged/);
  });
});
