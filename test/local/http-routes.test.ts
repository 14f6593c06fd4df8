import { expect, test } from 'vitest';
import { bySpecificity, matchRoute, routeKey } from '#local/gateway/http-routes.ts';

const keys = [
  '$default',
  'ANY /{proxy+}',
  'ANY /pets/{id}',
  'GET /pets/{id}',
  'GET /pets/dog',
  'GET /pets/{proxy+}',
  'POST /pets',
  'GET /',
];

test.each([
  ['GET', '/pets/dog', 'GET /pets/dog'],
  ['GET', '/pets/cat', 'GET /pets/{id}'],
  ['DELETE', '/pets/cat', 'ANY /pets/{id}'],
  ['GET', '/pets/cat/1', 'GET /pets/{proxy+}'],
  ['POST', '/pets/cat/1', 'ANY /{proxy+}'],
  ['POST', '/pets', 'POST /pets'],
  ['GET', '/pets', 'ANY /{proxy+}'],
  ['GET', '/pets/', 'ANY /{proxy+}'],
  ['GET', '/', 'GET /'],
  ['POST', '/', '$default'],
])('%s %s takes the most specific route, %s', (method, path, expected) => {
  const sorted = keys.map(routeKey).sort(bySpecificity);

  const taken = sorted.find((each) => matchRoute(each, method, path));

  expect(taken?.key).toBe(expected);
});

test.each([
  ['GET /a/{x}/b/{y}', '/a/1%2F2/b/3', { x: '1%2F2', y: '3' }],
  ['GET /a/{rest+}', '/a/1/2/3', { rest: '1/2/3' }],
  ['GET /a', '/a', {}],
  ['GET /a/{x}', '/a/', undefined],
  ['GET /a/{x}', '/a/1/2', undefined],
  ['GET /a/{x}', '/b/1', undefined],
])('%s finds in %s the parameters %j', (key, path, expected) => {
  const parameters = matchRoute(routeKey(key), 'GET', path);

  expect(parameters).toEqual(expected);
});
